/* Maxima over windows of a plane whose places a random number along each axis shares out unevenly.
 *
 * Graham 2014, Fractional Max-Pooling. Planes have three axes, the first of them of size 1 where
 * there are fewer. The caller has checked that windows fit. */
#include <math.h>

#include "loops.h"

typedef struct {
    int64_t size[3], count[3], kernel[3];
} fractional_params;

/* Truncation; what no integer holds becomes the least of them. */
static inline int64_t truncated(double x)
{
    return x > -9e18 && x < 9e18 ? (int64_t)x : INT64_MIN;
}

/* Where window i of an axis starts, rounded to T at every step; the last one ends with the axis.
 * Samples outside 0 to 1 do not lead out of it. */
#define START(dtype, T, C, load, store)                                                        \
    static int64_t start_##dtype(C sample, int64_t i, int64_t size, int64_t count, int64_t k)  \
    {                                                                                          \
        const int64_t last = size - k;                                                         \
        if (i == count - 1)                                                                    \
            return last;                                                                       \
        const C alpha = load(store(load(store((C)last)) / load(store((C)(count - 1)))));       \
        const C shifted = load(store(load(store((C)i)) + sample));                             \
        const int64_t start = (int64_t)(                                                       \
            (uint64_t)truncated((double)load(store(shifted * alpha))) -                        \
            (uint64_t)truncated((double)load(store(sample * alpha))));                         \
        return start < 0 ? 0 : start > last ? last : start;                                    \
    }

/* (i),(n)->(o),(o): the maxima, of which the last NaN is one, and their numbers in the plane. */
#define FRACTIONAL_POOL(op, dtype, T, C, load, store, number, letter)                          \
    START(dtype, T, C, load, store)                                                            \
    static void window_##dtype(const char *plane, tg_intp step, const int64_t *start,          \
                               const fractional_params *p, T *value, int64_t *place)           \
    {                                                                                          \
        const int64_t *size = p->size, *k = p->kernel;                                         \
        C best = -INFINITY;                                                                    \
        *place = (start[0] * size[1] + start[1]) * size[2] + start[2];                         \
        for (int64_t z = start[0]; z < start[0] + k[0]; z++)                                   \
            for (int64_t y = start[1]; y < start[1] + k[1]; y++)                               \
                for (int64_t x = start[2]; x < start[2] + k[2]; x++) {                         \
                    const int64_t at = (z * size[1] + y) * size[2] + x;                        \
                    const C one = load(TG_AT(const T, plane, (tg_intp)at * step));             \
                    if (one > best || one != one)                                              \
                        best = one, *place = at;                                               \
                }                                                                              \
        *value = store(best);                                                                  \
    }                                                                                          \
    static void plane_##dtype(const char *plane, tg_intp step, const C *samples,               \
                              const fractional_params *p, char *values, tg_intp value_step,    \
                              char *places, tg_intp place_step)                                \
    {                                                                                          \
        const int64_t *size = p->size, *n = p->count, *k = p->kernel;                          \
        int64_t start[3];                                                                      \
        for (int64_t z = 0, o = 0; z < n[0]; z++) {                                            \
            start[0] = start_##dtype(samples[0], z, size[0], n[0], k[0]);                      \
            for (int64_t y = 0; y < n[1]; y++) {                                               \
                start[1] = start_##dtype(samples[1], y, size[1], n[1], k[1]);                  \
                for (int64_t x = 0; x < n[2]; x++, o++) {                                      \
                    start[2] = start_##dtype(samples[2], x, size[2], n[2], k[2]);              \
                    window_##dtype(plane, step, start, p,                                      \
                                   &TG_AT(T, values, (tg_intp)o * value_step),                 \
                                   &TG_AT(int64_t, places, (tg_intp)o * place_step));          \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }                                                                                          \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            C samples[3] = {0, 0, 0};                                                          \
            for (tg_intp a = 0; a < dims[2]; a++)                                              \
                samples[3 - dims[2] + a] =                                                     \
                    load(TG_AT(const T, args[1], b * steps[1] + a * steps[5]));                \
            plane_##dtype(args[0] + b * steps[0], steps[4], samples, params,                   \
                          args[2] + b * steps[2], steps[6], args[3] + b * steps[3], steps[7]); \
        }                                                                                      \
    }

TG_FLOATS(FRACTIONAL_POOL, fractional_max_pool)

#define ROW(op, dtype, T, C, load, store, number, letter)                                  \
    {#op, "(i),(n)->(o),(o)", letter letter letter "l", number, op##_##dtype, "9q",        \
     sizeof(fractional_params), 0},

const tg_kernel tg_fractional_pool_kernels[] = {
    TG_FLOATS(ROW, fractional_max_pool)
    TG_TABLE_END
};
