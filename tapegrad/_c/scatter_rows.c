/* Rows put or added where an index says. Several may go to one place, so no launch is shared. */
#include "vectors.h"

/* out[j] moved by offsets[i] bytes = NEW, an expression in x = values[i, j] and in the y that was
 * there, in the order of i: the last one stays. */
#define INTO_ROWS(name, T, NEW)                                                         \
    static inline void name##_packed(const T *restrict values, T *restrict out, tg_intp n) \
    {                                                                                   \
        for (tg_intp j = 0; j < n; j++) {                                               \
            const T x = values[j], y = out[j];                                          \
            (void)y;                                                                    \
            out[j] = NEW;                                                               \
        }                                                                               \
    }                                                                                   \
    TG_LOOP(name)                                                                       \
    {                                                                                   \
        const tg_intp n_rows = dims[0], n = dims[1];                                    \
        const tg_intp value_step = steps[3], out_step = steps[4];                       \
        const int is_packed =                                                           \
            n > 1 && value_step == (tg_intp)sizeof(T) && out_step == value_step;        \
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
                (void)y;                                                                \
                *to = NEW;                                                              \
            }                                                                           \
        }                                                                               \
    }

INTO_ROWS(scatter_1, uint8_t, x)
INTO_ROWS(scatter_2, uint16_t, x)
INTO_ROWS(scatter_4, uint32_t, x)
INTO_ROWS(scatter_8, uint64_t, x)

#define SCATTER_ADD_BOOL(op, dtype, T, ...) INTO_ROWS(op##_##dtype, T, ((x | y) != 0))
#define SCATTER_ADD_INTEGER(op, dtype, T, ...) \
    INTO_ROWS(op##_##dtype, T, (T)((uint64_t)y + (uint64_t)x))
#define SCATTER_ADD_FLOAT(op, dtype, T, C, load, store, ...) \
    INTO_ROWS(op##_##dtype, T, store(load(y) + load(x)))

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
