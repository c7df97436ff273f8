/* What is done with whole rows of a matrix. */
#include "vectors.h"

/* A row added to every row: what a bias is to a product. */

#define ADD_ROW(T, dtype)                                                        \
    TG_VECTOR_LOOP(add_row_##dtype)                                              \
    {                                                                            \
        const tg_intp width = dims[1], n = dims[2], step = steps[3];             \
        (void)params, (void)fused;                                               \
        for (tg_intp k = 0; k < dims[0]; k++) {                                  \
            const T *restrict row = (const T *)(args[0] + k * steps[0]);         \
            for (tg_intp i = 0; i < n; i++) {                                    \
                T *restrict target = (T *)(args[1] + k * steps[1] + i * step);   \
                for (tg_intp j = 0; j < width; j++)                              \
                    target[j] += row[j];                                         \
            }                                                                    \
        }                                                                        \
    }

ADD_ROW(float, float32)
ADD_ROW(double, float64)

/* One triangle, zeros elsewhere: of row i what lies up to column `first` + i, or from there on. */
typedef struct {
    int64_t first;
    int64_t is_below;
} triangle_params;

static tg_intp within(tg_intp x, tg_intp most) { return x < 0 ? 0 : x < most ? x : most; }

#define TRIANGLE(T, size)                                                                         \
    TG_LOOP(triangle_##size)                                                                      \
    {                                                                                             \
        const triangle_params *p = params;                                                        \
        const tg_intp n = dims[1], width = dims[2], in_step = steps[3], out_step = steps[5];      \
        const int is_packed = in_step == size && out_step == size;                                \
        for (tg_intp row = 0; row < dims[0] * n; row++) {                                         \
            const tg_intp k = row / n, i = row % n;                                               \
            const char *in = args[0] + k * steps[0] + i * steps[2];                               \
            char *out = args[1] + k * steps[1] + i * steps[4];                                    \
            const tg_intp border = within(p->first + i + (p->is_below != 0), width);              \
            const tg_intp start = p->is_below ? 0 : border, end = p->is_below ? border : width;   \
            if (is_packed) {                                                                      \
                memset(out, 0, (size_t)(start * size));                                           \
                memmove(out + start * size, in + start * size, (size_t)((end - start) * size));   \
                memset(out + end * size, 0, (size_t)((width - end) * size));                      \
            }                                                                                     \
            for (tg_intp j = 0; j < width && !is_packed; j++) {                                   \
                const int is_kept = j >= start && j < end;                                        \
                TG_AT(T, out, j * out_step) = is_kept ? TG_AT(const T, in, j * in_step) : 0;      \
            }                                                                                     \
        }                                                                                         \
    }

TRIANGLE(uint8_t, 1)
TRIANGLE(uint16_t, 2)
TRIANGLE(uint32_t, 4)
TRIANGLE(uint64_t, 8)

#define ROW_TRIANGLE(op, dtype, T, C, load, store, number, letter)                         \
    {#op, "(n,m)->(n,m)", letter letter, number, TG_OF_SIZE_OF(T, triangle), "2q",            \
     sizeof(triangle_params), 0},

const tg_kernel tg_rows_kernels[] = {
    {"add_row", "(m)->(n,m)", "ff", TG_FLOAT32, add_row_float32, NULL, 0, 0},
    {"add_row", "(m)->(n,m)", "dd", TG_FLOAT64, add_row_float64, NULL, 0, 0},
    TG_ALL(ROW_TRIANGLE, triangle)
    TG_TABLE_END
};
