/* Rows put or added where an index says. Several may go to one place, so no launch is shared. */
#include "vectors.h"

#include <string.h>

/* out[j] moved by offsets[i] bytes = values[i, j], in the order of i: the last one stays */
#define SCATTER(name, T)                                                                \
    TG_LOOP(name)                                                                       \
    {                                                                                   \
        const tg_intp n_rows = dims[0], n = dims[1];                                    \
        const tg_intp value_step = steps[3], out_step = steps[4];                       \
        const int is_packed = value_step == (tg_intp)sizeof(T) && out_step == value_step; \
        (void)params;                                                                   \
        for (tg_intp i = 0; i < n_rows; i++) {                                          \
            const tg_intp offset = (tg_intp)TG_AT(const int64_t, args[1], i * steps[1]); \
            const char *values = args[0] + i * steps[0];                                \
            char *out = args[2] + i * steps[2] + offset;                                \
            if (is_packed && n > 1)                                                     \
                memcpy(out, values, (size_t)n * sizeof(T));                             \
            else                                                                        \
                for (tg_intp j = 0; j < n; j++)                                         \
                    TG_AT(T, out, j * out_step) = TG_AT(const T, values, j * value_step); \
        }                                                                               \
    }

/* The same with values added; SUM is an expression in the old y and the value x. */
#define SCATTER_ADD(name, T, SUM)                                                       \
    static inline void name##_packed(const T *restrict values, T *restrict out, tg_intp n) \
    {                                                                                   \
        for (tg_intp j = 0; j < n; j++) {                                               \
            const T x = values[j], y = out[j];                                          \
            out[j] = SUM;                                                               \
        }                                                                               \
    }                                                                                   \
    TG_LOOP(name)                                                                       \
    {                                                                                   \
        const tg_intp n_rows = dims[0], n = dims[1];                                    \
        const tg_intp value_step = steps[3], out_step = steps[4];                       \
        const int is_packed = value_step == (tg_intp)sizeof(T) && out_step == value_step; \
        (void)params;                                                                   \
        for (tg_intp i = 0; i < n_rows; i++) {                                          \
            const tg_intp offset = (tg_intp)TG_AT(const int64_t, args[1], i * steps[1]); \
            const char *values = args[0] + i * steps[0];                                \
            char *out = args[2] + i * steps[2] + offset;                                \
            if (is_packed) {                                                            \
                name##_packed((const T *)values, (T *)out, n);                          \
                continue;                                                               \
            }                                                                           \
            for (tg_intp j = 0; j < n; j++) {                                           \
                const T x = TG_AT(const T, values, j * value_step);                     \
                T *to = &TG_AT(T, out, j * out_step);                                   \
                const T y = *to;                                                        \
                *to = SUM;                                                              \
            }                                                                           \
        }                                                                               \
    }

SCATTER(scatter_1, uint8_t)
SCATTER(scatter_2, uint16_t)
SCATTER(scatter_4, uint32_t)
SCATTER(scatter_8, uint64_t)

#define SCATTER_ADD_BOOL(op, dtype, T, ...) SCATTER_ADD(op##_##dtype, T, ((x | y) != 0))
#define SCATTER_ADD_INTEGER(op, dtype, T, ...) \
    SCATTER_ADD(op##_##dtype, T, (T)((uint64_t)y + (uint64_t)x))
#define SCATTER_ADD_FLOAT(op, dtype, T, C, load, store, ...) \
    SCATTER_ADD(op##_##dtype, T, store(load(y) + load(x)))

TG_BOOLS(SCATTER_ADD_BOOL, scatter_add_rows)
TG_INTEGERS(SCATTER_ADD_INTEGER, scatter_add_rows)
TG_FLOATS(SCATTER_ADD_FLOAT, scatter_add_rows)

#define ROW_SCATTER(op, dtype, T, C, load, store, number, letter) \
    {#op, "(m),()->(m)", letter "l" letter, number, TG_OF_SIZE_OF(T, scatter), NULL, 0, 0},
#define ROW_SCATTER_ADD(op, dtype, T, C, load, store, number, letter) \
    {#op, "(m),()->(m)", letter "l" letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_scatter_rows_kernels[] = {
    TG_ALL(ROW_SCATTER, scatter_rows)
    TG_ALL(ROW_SCATTER_ADD, scatter_add_rows)
    TG_TABLE_END
};
