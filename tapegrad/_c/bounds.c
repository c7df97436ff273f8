/* Whether all elements of a row lie between two bounds: "(n)->()". */
#include "vectors.h"

typedef struct {
    double low, high; /* rounded to the dtype, as numbers beside tensors are */
    int64_t has_low, has_high; /* whether the bounds themselves lie inside */
    int64_t is_whole; /* whether only whole numbers do */
} bounds_params;

static TG_INLINE int64_t to_int64(double x)
{
    return x >= 0x1p63 ? INT64_MAX : x < -0x1p63 ? INT64_MIN : (int64_t)x;
}

/* Infinity has no fraction, but what is left of it by 1 is no number. */
#define FLOAT_IS_WHOLE(x) ((x) - truncf(x) == 0)
#define DOUBLE_IS_WHOLE(x) ((x) - trunc(x) == 0)
#define INTEGER_IS_WHOLE(x) ((void)(x), 1)

/* Elements of a row for which a condition does not hold are counted in numbers as wide as they are,
 * a block at a time, so that they fill vectors alike. */
enum { BLOCK = 1 << 14 };

#define COUNT_OUTSIDE(T, COUNT, CONDITION)                                                    \
    for (tg_intp first = 0; first < n; first += BLOCK) {                                      \
        const T *block = (const T *)row + first;                                              \
        const tg_intp m = n - first < BLOCK ? n - first : BLOCK;                              \
        COUNT n_in_block = 0;                                                                 \
        for (tg_intp i = 0; i < m; i++) {                                                     \
            const T x = block[i];                                                             \
            n_in_block += (CONDITION) ? 0 : 1;                                                \
        }                                                                                     \
        n_outside += n_in_block;                                                              \
    }

#define BETWEEN(name, T, COUNT, as_bound, IS_WHOLE)                                           \
    TG_VECTOR_LOOP(name)                                                                      \
    {                                                                                         \
        const bounds_params *p = params;                                                      \
        const T low = as_bound(p->low), high = as_bound(p->high);                             \
        const tg_intp n = dims[1];                                                            \
        (void)fused;                                                                          \
        for (tg_intp k = 0; k < dims[0]; k++) {                                               \
            const char *row = args[0] + k * steps[0];                                         \
            int64_t n_outside = 0;                                                            \
            if (p->has_low && p->has_high)                                                    \
                COUNT_OUTSIDE(T, COUNT, (x >= low) & (x <= high))                             \
            else if (p->has_low)                                                              \
                COUNT_OUTSIDE(T, COUNT, (x >= low) & (x < high))                              \
            else if (p->has_high)                                                             \
                COUNT_OUTSIDE(T, COUNT, (x > low) & (x <= high))                              \
            else                                                                              \
                COUNT_OUTSIDE(T, COUNT, (x > low) & (x < high))                               \
            if (p->is_whole)                                                                  \
                COUNT_OUTSIDE(T, COUNT, IS_WHOLE(x))                                          \
            TG_AT(uint8_t, args[1], k * steps[1]) = n_outside == 0;                           \
        }                                                                                     \
    }

BETWEEN(all_between_float32, float, int32_t, (float), FLOAT_IS_WHOLE)
BETWEEN(all_between_float64, double, int64_t, TG_AS_IS, DOUBLE_IS_WHOLE)
BETWEEN(all_between_int64, int64_t, int64_t, to_int64, INTEGER_IS_WHOLE)

#define ROW(dtype, number, letter)                                                            \
    {"all_between", "(n)->()", letter "?", number, all_between_##dtype, "ddqqq",              \
     sizeof(bounds_params), 0},

const tg_kernel tg_bounds_kernels[] = {
    ROW(float32, TG_FLOAT32, "f")
    ROW(float64, TG_FLOAT64, "d")
    ROW(int64, TG_INT64, "l")
    TG_TABLE_END
};
