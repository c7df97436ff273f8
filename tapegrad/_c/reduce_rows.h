/* What is done with rows that lie packed: see short_rows.c. Steps are counted in elements. */
#ifndef TG_REDUCE_ROWS_H
#define TG_REDUCE_ROWS_H

#include <stdint.h>

/* Lanes in which a sum is made, and up to where it is not. */
enum { TG_SUM_LANES = 16, TG_FEW_ELEMENTS = 8 };

/* to[i * pace + r] = from[r * step + i] for i < n of each row r. */
void tg_turn_float32(const float *from, int64_t step, int64_t n_rows, int64_t n, float *to,
                     int64_t pace);
void tg_turn_float64(const double *from, int64_t step, int64_t n_rows, int64_t n, double *to,
                     int64_t pace);

/* to[r * to_step] = the reduction of n elements from from[r * step] on; n is at most a block. */
#define TG_REDUCES_ROWS(name)                                                                     \
    void tg_##name##_rows_float32(const float *from, int64_t step, int64_t n_rows, int64_t n,     \
                                  float *to, int64_t to_step);                                    \
    void tg_##name##_rows_float64(const double *from, int64_t step, int64_t n_rows, int64_t n,    \
                                  double *to, int64_t to_step);
TG_REDUCES_ROWS(sum)
TG_REDUCES_ROWS(sum_of_squares)
TG_REDUCES_ROWS(max)
TG_REDUCES_ROWS(min)

#endif
