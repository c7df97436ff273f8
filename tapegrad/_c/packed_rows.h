/* Reductions of rows that lie packed. Included once per element type and instruction set: see
 * packed_rows.c. */
#include "load_store.h"

#include "turn.h"

/* As many vectors as reduce.c has lanes of a sum, and so many rows at once that each addition need
 * not wait for the last. */
enum { NAME(vectors) = TG_SUM_LANES / LANES,
       NAME(sums_at_once) = NAME(vectors) < 4 ? 4 / NAME(vectors) : 1,
       NAME(chains) = 4, NAME(sum_chains) = 16 / sizeof(T) };

/* A vector whose lanes are those of v from the one of this number on, and then any. */
TARGET static TG_INLINE V NAME(from_lane)(V v, const int lane)
{
#if defined(__GNUC__) && !defined(__clang__)
    NAME(places) order;
    TG_UNROLLED
    for (int l = 0; l < LANES; l++)
        order[l] = (l + lane) % LANES;
    return __builtin_shuffle(v, order);
#else
    T lanes[2 * LANES];
    NAME(store)(lanes, v);
    NAME(store)(lanes + LANES, v);
    return NAME(load)(lanes + lane);
#endif
}

/* All lanes of v joined in its first, in halves. */
#define HALF(v, lane, JOIN) \
    if (LANES > (lane))     \
        v = JOIN(v, NAME(from_lane)(v, lane));
#define HALVES(v, JOIN) HALF(v, 8, JOIN) HALF(v, 4, JOIN) HALF(v, 2, JOIN) HALF(v, 1, JOIN)

#define ADD(a, b) ((a) + (b))

TARGET static TG_INLINE T NAME(sum_of_lanes)(V *sums)
{
    for (int half = NAME(vectors) / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sums[i] += sums[i + half];
    HALVES(sums[0], ADD)
    return sums[0][0];
}

/* The sums of TERM(x) over some rows, in the order in which reduce.c adds turned ones. */
#define SUM_ROWS(name, TERM)                                                                      \
    TARGET static TG_INLINE void NAME(name)(const T *p, int64_t step, int64_t n, T *to,           \
                                            int64_t to_step, const int n_rows)                    \
    {                                                                                             \
        V sums[NAME(sums_at_once)][NAME(vectors)];                                                \
        for (int r = 0; r < n_rows; r++)                                                          \
            for (int i = 0; i < NAME(vectors); i++)                                               \
                sums[r][i] = (V){0};                                                              \
        for (; n >= TG_SUM_LANES; n -= TG_SUM_LANES, p += TG_SUM_LANES)                           \
            for (int r = 0; r < n_rows; r++)                                                      \
                for (int i = 0; i < NAME(vectors); i++) {                                         \
                    const V x = NAME(load)(p + r * step + i * LANES);                             \
                    sums[r][i] += TERM(x);                                                        \
                }                                                                                 \
        for (int r = 0; r < n_rows; r++) {                                                        \
            for (int i = 0; i < NAME(vectors) && i * LANES < n; i++) {                            \
                const V x = NAME(load_first)(p + r * step + i * LANES, n - i * LANES);            \
                sums[r][i] += TERM(x);                                                            \
            }                                                                                     \
            to[r * to_step] = NAME(sum_of_lanes)(sums[r]);                                        \
        }                                                                                         \
    }                                                                                             \
    /* The sum over a long row, whose lanes are several times as many. */                         \
    TARGET static TG_INLINE T NAME(name##_of_many)(const T *p, int64_t n)                         \
    {                                                                                             \
        enum { PACE = NAME(sum_chains) * TG_SUM_LANES };                                          \
        V sums[NAME(sum_chains)][NAME(vectors)];                                                  \
        for (int r = 0; r < NAME(sum_chains); r++)                                                \
            for (int i = 0; i < NAME(vectors); i++)                                               \
                sums[r][i] = (V){0};                                                              \
        for (; n >= PACE; n -= PACE, p += PACE)                                                   \
            for (int r = 0; r < NAME(sum_chains); r++)                                            \
                for (int i = 0; i < NAME(vectors); i++) {                                         \
                    const V x = NAME(load)(p + r * TG_SUM_LANES + i * LANES);                     \
                    sums[r][i] += TERM(x);                                                        \
                }                                                                                 \
        for (int r = 0; r * TG_SUM_LANES < n; r++)                                                \
            for (int i = 0; i < NAME(vectors); i++) {                                             \
                const int64_t at = r * TG_SUM_LANES + i * LANES;                                  \
                const V x = NAME(load_first)(p + at, n - at);                                     \
                sums[r][i] += TERM(x);                                                            \
            }                                                                                     \
        for (int half = NAME(sum_chains) / 2; half > 0; half /= 2)                                \
            for (int r = 0; r < half; r++)                                                        \
                for (int i = 0; i < NAME(vectors); i++)                                           \
                    sums[r][i] += sums[r + half][i];                                              \
        return NAME(sum_of_lanes)(sums[0]);                                                       \
    }                                                                                             \
    TARGET static TG_INLINE T NAME(name##_of_few)(const T *p, int64_t n)                          \
    {                                                                                             \
        T total = 0;                                                                              \
        for (int64_t i = 0; i < n; i++)                                                           \
            total += TERM(p[i]);                                                                  \
        return total;                                                                             \
    }                                                                                             \
    TARGET static void NAME(name##_rows)(const T *from, int64_t step, int64_t n_rows, int64_t n,  \
                                         T *to, int64_t to_step)                                  \
    {                                                                                             \
        enum { AT_ONCE = NAME(sums_at_once) };                                                    \
        int64_t i = 0;                                                                            \
        for (; n < TG_FEW_ELEMENTS && i < n_rows; i++)                                            \
            to[i * to_step] = NAME(name##_of_few)(from + i * step, n);                            \
        for (; n >= TG_MANY_ELEMENTS && i < n_rows; i++)                                          \
            to[i * to_step] = NAME(name##_of_many)(from + i * step, n);                           \
        for (; i + AT_ONCE <= n_rows; i += AT_ONCE)                                               \
            NAME(name)(from + i * step, step, n, to + i * to_step, to_step, AT_ONCE);             \
        for (; i < n_rows; i++)                                                                   \
            NAME(name)(from + i * step, step, n, to + i * to_step, to_step, 1);                   \
    }

#define ITSELF(x) (x)
#define SQUARE(x) ((x) * (x))
SUM_ROWS(sum, ITSELF)
SUM_ROWS(sum_of_squares, SQUARE)

/* The best element of a row of any length; NaN is above all. In some chains, of which none waits for
 * another. */
#define BEST_ROW(name, IS_BETTER)                                                                 \
    TARGET static TG_INLINE V NAME(name##_of_two)(V best, V x)                                    \
    {                                                                                             \
        const NAME(places) takes = IS_BETTER(x, best);                                            \
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
        V best[NAME(chains)], x = NAME(load)(p + n - LANES);                                      \
        NAME(places) is_nan[NAME(chains)];                                                        \
        for (int r = 0; r < NAME(chains); r++)                                                    \
            best[r] = x, is_nan[r] = x != x;                                                      \
        for (; n > NAME(chains) * LANES; n -= NAME(chains) * LANES, p += NAME(chains) * LANES)    \
            for (int r = 0; r < NAME(chains); r++) {                                              \
                x = NAME(load)(p + r * LANES);                                                    \
                is_nan[r] |= x != x;                                                              \
                best[r] = NAME(name##_of_two)(best[r], x);                                        \
            }                                                                                     \
        for (; n > LANES; n -= LANES, p += LANES) {                                               \
            x = NAME(load)(p);                                                                    \
            is_nan[0] |= x != x;                                                                  \
            best[0] = NAME(name##_of_two)(best[0], x);                                            \
        }                                                                                         \
        for (int r = 0; r < NAME(chains); r++) {                                                  \
            is_nan[0] |= is_nan[r];                                                               \
            best[0] = NAME(name##_of_two)(best[0], best[r]);                                      \
        }                                                                                         \
        V nan = (V)is_nan[0]; /* whose bits are those of NaN, or zero */                          \
        HALVES(nan, ADD)                                                                          \
        HALVES(best[0], NAME(name##_of_two))                                                      \
        return nan[0] != nan[0] ? nan[0] : best[0][0];                                            \
    }                                                                                             \
    TARGET static void NAME(name##_rows)(const T *from, int64_t step, int64_t n_rows, int64_t n,  \
                                         T *to, int64_t to_step)                                  \
    {                                                                                             \
        for (int64_t i = 0; i < n_rows; i++)                                                      \
            to[i * to_step] = NAME(name)(from + i * step, n);                                     \
    }

#define IS_ABOVE(a, b) ((a) > (b))
#define IS_BELOW(a, b) ((a) < (b))
BEST_ROW(max, IS_ABOVE)
BEST_ROW(min, IS_BELOW)

#undef HALF
#undef HALVES
#undef ADD
#undef SUM_ROWS
#undef ITSELF
#undef SQUARE
#undef BEST_ROW
#undef IS_ABOVE
#undef IS_BELOW

#include "end_of_type.h"
