/* What is done with rows that lie packed: see packed_rows.c. Steps are counted in elements. */
#ifndef TG_REDUCE_ROWS_H
#define TG_REDUCE_ROWS_H

#include <stdint.h>

/* Lanes in which a sum is made, up to where it is not, and from where on there are more. */
enum { TG_SUM_LANES = 16, TG_FEW_ELEMENTS = 8, TG_MANY_ELEMENTS = 256 };

/* to[i * pace + r] = from[r * step + i] for i < n of each row r. */
void tg_turn_float32(const float *from, int64_t step, int64_t n_rows, int64_t n, float *to,
                     int64_t pace);
void tg_turn_float64(const double *from, int64_t step, int64_t n_rows, int64_t n, double *to,
                     int64_t pace);

static inline void tg_turn_nothing(const void *from, int64_t step, int64_t n_rows, int64_t n,
                                   void *to, int64_t pace)
{
    (void)from, (void)step, (void)n_rows, (void)n, (void)to, (void)pace;
}

/* The same by the type, which may be one that has no such function. */
#define CAN_TURN(T) _Generic((T)0, float: 1, double: 1, default: 0)
#define TURN_ROWS(from, ...)                                                                       \
    _Generic((from), const float *: tg_turn_float32, const double *: tg_turn_float64,              \
             default: tg_turn_nothing)(from, __VA_ARGS__)

/* to[r * to_step] = the reduction of n elements from from[r * step] on; n is at most a block, but for
 * a choice of any number. */
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
