/* Rows that lie packed: turned into columns, or reduced one after the other. */
#include "vectors.h"

#include "reduce_rows.h"

#define LOOPS "packed_rows.h"
#define ROWS_OF_32 8
#define ROWS_OF_16 4
#include "each_float.h"

#define FOR_TYPE(T, dtype)                                                                        \
    void tg_turn_##dtype(const T *from, int64_t step, int64_t n_rows, int64_t n, T *to,           \
                         int64_t pace)                                                            \
    {                                                                                             \
        TG_BEST(turn_rows_##dtype, to, pace, from, step, n_rows, n);                              \
    }                                                                                             \
    REDUCE(sum, T, dtype)                                                                         \
    REDUCE(sum_of_squares, T, dtype)                                                              \
    REDUCE(max, T, dtype)                                                                         \
    REDUCE(min, T, dtype)

#define REDUCE(name, T, dtype)                                                                    \
    void tg_##name##_rows_##dtype(const T *from, int64_t step, int64_t n_rows, int64_t n, T *to,  \
                                  int64_t to_step)                                                \
    {                                                                                             \
        TG_BEST(name##_rows_##dtype, from, step, n_rows, n, to, to_step);                         \
    }

FOR_TYPE(float, float32)
FOR_TYPE(double, float64)
