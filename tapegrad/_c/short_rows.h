/* Reductions of rows of at most a block. Included once per element type and instruction set: see
 * short_rows.c. */
#include "load_store.h"

#include "turn.h"

/* As many vectors as reduce.c has lanes of a sum. */
enum { NAME(vectors) = TG_SUM_LANES / LANES };

/* lanes[0] = all lanes joined, in halves. */
#define HALVES(JOIN)                                              \
    for (int half = LANES / 2; half > 0; half /= 2)               \
        for (int k = 0; k < half; k++)                            \
            lanes[k] = JOIN(lanes[k], lanes[k + half]);

#define ADD(a, b) ((a) + (b))

/* The sum of TERM(x) in the order in which reduce.c adds. */
#define SUM_ROW(name, TERM)                                                                       \
    TARGET static TG_INLINE T NAME(name)(const T *p, int64_t n)                                   \
    {                                                                                             \
        V sums[NAME(vectors)];                                                                    \
        T lanes[LANES], total = 0;                                                                \
        if (n < TG_FEW_ELEMENTS) {                                                                \
            for (int64_t i = 0; i < n; i++)                                                       \
                total += TERM(p[i]);                                                              \
            return total;                                                                         \
        }                                                                                         \
        for (int i = 0; i < NAME(vectors); i++)                                                   \
            sums[i] = (V){0};                                                                     \
        for (; n >= TG_SUM_LANES; n -= TG_SUM_LANES, p += TG_SUM_LANES)                           \
            for (int i = 0; i < NAME(vectors); i++) {                                             \
                const V x = NAME(load)(p + i * LANES);                                            \
                sums[i] += TERM(x);                                                               \
            }                                                                                     \
        for (int i = 0; i < NAME(vectors) && i * LANES < n; i++) {                                \
            const V x = NAME(load_first)(p + i * LANES, n - i * LANES);                           \
            sums[i] += TERM(x);                                                                   \
        }                                                                                         \
        for (int half = NAME(vectors) / 2; half > 0; half /= 2)                                   \
            for (int i = 0; i < half; i++)                                                        \
                sums[i] += sums[i + half];                                                        \
        NAME(store)(lanes, sums[0]);                                                              \
        HALVES(ADD)                                                                               \
        return lanes[0];                                                                          \
    }

#define ITSELF(x) (x)
#define SQUARE(x) ((x) * (x))
SUM_ROW(sum, ITSELF)
SUM_ROW(sum_of_squares, SQUARE)

/* The best element; NaN is above all. */
#define BEST_ROW(name, IS_BETTER)                                                                 \
    TARGET static TG_INLINE V NAME(name##_of)(V best, V x, NAME(places) *is_nan)                  \
    {                                                                                             \
        const NAME(places) takes = IS_BETTER(x, best);                                            \
        *is_nan |= x != x;                                                                        \
        return (V)(((NAME(places))x & takes) | ((NAME(places))best & ~takes));                    \
    }                                                                                             \
    TARGET static TG_INLINE T NAME(name)(const T *p, int64_t n)                                   \
    {                                                                                             \
        if (n < LANES) {                                                                          \
            T best = p[0];                                                                        \
            for (int64_t i = 1; i < n; i++)                                                       \
                best = IS_BETTER(p[i], best) | (p[i] != p[i]) ? p[i] : best;                      \
            return best;                                                                          \
        }                                                                                         \
        NAME(places) is_nan = (NAME(places))(V){0};                                                \
        T lanes[LANES], flags[LANES], nan = 0;                                                    \
        V best = NAME(load)(p + n - LANES);                                                       \
        is_nan |= best != best;                                                                   \
        for (int64_t i = 0; i + LANES < n; i += LANES)                                            \
            best = NAME(name##_of)(best, NAME(load)(p + i), &is_nan);                             \
        NAME(store)(lanes, best);                                                                 \
        NAME(store)(flags, (V)is_nan);                                                            \
        for (int k = 0; k < LANES; k++)                                                           \
            nan += flags[k]; /* whose bits are those of NaN */                                    \
        if (nan != nan)                                                                           \
            return nan;                                                                           \
        HALVES(name##_OF_TWO)                                                                     \
        return lanes[0];                                                                          \
    }

#define IS_ABOVE(a, b) ((a) > (b))
#define IS_BELOW(a, b) ((a) < (b))
#define max_OF_TWO(a, b) ((b) > (a) ? (b) : (a))
#define min_OF_TWO(a, b) ((b) < (a) ? (b) : (a))
BEST_ROW(max, IS_ABOVE)
BEST_ROW(min, IS_BELOW)

#define OF_ROWS(name)                                                                              \
    TARGET static void NAME(name##_rows)(const T *from, int64_t step, int64_t n_rows, int64_t n,  \
                                         T *to, int64_t to_step)                                  \
    {                                                                                             \
        for (int64_t i = 0; i < n_rows; i++, from += step, to += to_step)                         \
            *to = NAME(name)(from, n);                                                            \
    }

OF_ROWS(sum)
OF_ROWS(sum_of_squares)
OF_ROWS(max)
OF_ROWS(min)

#undef HALVES
#undef ADD
#undef SUM_ROW
#undef ITSELF
#undef SQUARE
#undef BEST_ROW
#undef IS_ABOVE
#undef IS_BELOW
#undef max_OF_TWO
#undef min_OF_TWO
#undef OF_ROWS

#include "end_of_type.h"
