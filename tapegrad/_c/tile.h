/* The one loop that multiplies: a tile of sums held in registers, at most ROWS of two vectors.
 * Included once per element type and instruction set: each_float.h says what the names here are. */
#include "load_store.h"

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

enum { NAME(width) = 2 * LANES, NAME(line_items) = 64 / sizeof(T) }; /* of a tile; of a cache line */

#if defined(__GNUC__)
#define PREFETCH(to) __builtin_prefetch(to, 1)
#define PREFETCH_READ(from) __builtin_prefetch(from, 0)
#else
#define PREFETCH(to) (void)(to)
#define PREFETCH_READ(from) (void)(from)
#endif

TARGET static TG_INLINE void NAME(copy)(T *to, const T *from, int64_t n)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        NAME(store)(to + i, NAME(load)(from + i));
    if (i < n)
        NAME(store_part)(to + i, NAME(load_part)(from + i, n - i), n - i);
}

/* Where the products of a tile lie: in `n_lines` lines, which begin at these places, of `length`
 * products each. One apart, the factors lie `a_step` and, in the left and the right one of two
 * vectors, `b_step` and `right_step` apart. */
typedef struct {
    int64_t a, b, right;
} NAME(line);

typedef struct {
    const NAME(line) *lines;
    int64_t n_lines, length, a_step, b_step, right_step;
} NAME(chain);

#define BEGIN(i)                                                  \
    V left##i = {0}, right##i = {0};
#define ADD(i, x)                                                 \
    if (i < rows) {                                               \
        left##i = MULADD(x, left, left##i);                       \
        if (is_wide)                                              \
            right##i = MULADD(x, right, right##i);                \
    }
#define END(i)                                                    \
    if (i < rows) {                                               \
        T *to = c + i * c_step;                                   \
        NAME(store)(to, NAME(load)(to) + left##i);                \
        if (is_wide)                                              \
            NAME(store)(to + LANES, NAME(load)(to + LANES) + right##i); \
    }

/* c[i, j] += the sum over a chain of a[i] * b[j], for `rows` and for one or two vectors. */
TARGET static TG_INLINE void NAME(tile)(const int rows, const int is_wide, const NAME(chain) *chain,
                                        const T *a, const T *b, T *c, int64_t c_step)
{
    EACH_ROW(BEGIN)
    for (int64_t l = 0; l < chain->n_lines; l++) {
        const T *a_now = a + chain->lines[l].a, *b_now = b + chain->lines[l].b;
        const T *right_now = b + chain->lines[l].right;
        for (int64_t k = 0; k < chain->length; k++) {
            const V left = NAME(load)(b_now);
            V right = left;
            if (is_wide)
                right = NAME(load)(right_now);
#define STEP(i) ADD(i, a_now[i])
            EACH_ROW(STEP)
#undef STEP
            a_now += chain->a_step;
            b_now += chain->b_step;
            right_now += chain->right_step;
        }
    }
    EACH_ROW(END)
}

/* The same for one vector and a single lane of the second one, of which the rows are made lanes: they
 * lie packed, a vector of them at least. The sums are the same. */
#define END_LEFT(i)                                               \
    if (i < rows) {                                               \
        T *to = c + i * c_step;                                   \
        NAME(store)(to, NAME(load)(to) + left##i);                \
        to[LANES] += turned[i];                                   \
    }

TARGET static TG_INLINE void NAME(tile_and_lane)(const int rows, const NAME(chain) *chain,
                                                 const T *a, const T *b, T *c, int64_t c_step)
{
    const int is_wide = 0;
    const V right = {0};
    V lane = {0};
    T turned[LANES];
    EACH_ROW(BEGIN)
    for (int64_t l = 0; l < chain->n_lines; l++) {
        const T *a_now = a + chain->lines[l].a, *b_now = b + chain->lines[l].b;
        const T *lane_now = b + chain->lines[l].right;
        for (int64_t k = 0; k < chain->length; k++) {
            const V left = NAME(load)(b_now);
#define STEP(i) ADD(i, a_now[i])
            EACH_ROW(STEP)
#undef STEP
            lane = MULADD(*lane_now, NAME(load)(a_now), lane);
            a_now += chain->a_step;
            b_now += chain->b_step;
            lane_now += chain->right_step;
        }
    }
    NAME(store)(turned, lane);
    EACH_ROW(END_LEFT)
}

/* c[i, j] += the sum over n of a[i, k] * b[k, j], for ROWS and two vectors: `a` has a line a row, and
 * few pointers reach them all. Lines that follow at `next` are asked for. */
TARGET static TG_APART void NAME(multiply_lines)(int64_t n, const T *a, int64_t a_step, const T *b,
                                                 T *c, const T *next)
{
    enum { REACH = 5 };
    const int rows = ROWS, is_wide = 1, c_step = NAME(width);
    const T *a_now[3] = {a};
    for (int i = 1; i < 3; i++)
        a_now[i] = a + (i * REACH < rows ? i * REACH : 0) * a_step;
    EACH_ROW(BEGIN)
    for (int64_t k = 0; k < n; k++, b += NAME(width), next += ROWS) {
        PREFETCH_READ(next);
        const V left = NAME(load)(b), right = NAME(load)(b + LANES);
#define STEP(i) ADD(i, a_now[i / REACH][i % REACH * a_step])
        EACH_ROW(STEP)
#undef STEP
        a_now[0]++;
        a_now[1]++;
        a_now[2]++;
    }
    EACH_ROW(END)
}

#undef BEGIN
#undef ADD
#undef END
#undef END_LEFT

/* The tile of as many rows as there are, each compiled by itself. */
TARGET static void NAME(multiply)(int64_t rows, int64_t lanes, const NAME(chain) *chain, const T *a,
                                  const T *b, T *c, int64_t c_step)
{
    switch (rows * 2 + (lanes > LANES)) {
#define CASE(i)                                                   \
    case 2 * (i + 1):                                             \
        if (i < ROWS)                                             \
            NAME(tile)(i + 1, 0, chain, a, b, c, c_step);         \
        return;                                                   \
    case 2 * (i + 1) + 1:                                         \
        if (i < ROWS)                                             \
            NAME(tile)(i + 1, 1, chain, a, b, c, c_step);         \
        return;
        EACH_ROW(CASE)
#undef CASE
    }
}

/* The tile of packed rows. Where lanes do not fill the second vector it is one lane that is left
 * behind most often: of 7x7 places, and of as many squares. Equal parts of many rows are tiles of all
 * ROWS or a few less: no others are compiled. */
TARGET static void NAME(multiply_packed_rows)(int64_t rows, int64_t lanes, const NAME(chain) *chain,
                                              const T *a, const T *b, T *c, int64_t c_step)
{
    enum { MOST = ROWS <= LANES ? ROWS : 0, FEW_LESS = 3 };
    if (lanes == LANES + 1)
        switch (rows) {
#define CASE(i)                                                   \
        case i + 1:                                               \
            if (i < MOST && i >= MOST - FEW_LESS) {               \
                NAME(tile_and_lane)(i + 1, chain, a, b, c, c_step); \
                return;                                           \
            }                                                     \
            break;
            EACH_ROW(CASE)
#undef CASE
        }
    NAME(multiply)(rows, lanes, chain, a, b, c, c_step);
}

#undef EACH_ROW
