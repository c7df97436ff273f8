/* Products of small matrices: a tile of sums in registers, and the factors read where they lie.
 * Included by each_float.h, which says what the names here are; where there is one, TURN_4 turns
 * four by four floats. */
TARGET static TG_INLINE V NAME(load)(const T *from, int64_t n)
{
    V v = {0};
    if (n == LANES)
        memcpy(&v, from, sizeof v);
    else {
#ifdef PART_LOAD
        v = PART_LOAD(from, n);
#else
        memcpy(&v, from, (size_t)n * sizeof(T));
#endif
    }
    return v;
}

TARGET static TG_INLINE void NAME(store)(T *to, V v, int64_t n)
{
    if (n == LANES)
        memcpy(to, &v, sizeof v);
    else {
#ifdef PART_STORE
        PART_STORE(to, v, n);
#else
        memcpy(to, &v, (size_t)n * sizeof(T));
#endif
    }
}

/* c[i, j] = the sum over k of a[i, k] * b[k, j], for `rows` rows and for `left` columns and, behind
 * them, `right` others: at most a vector each. */
TARGET static TG_INLINE void NAME(tile)(const int rows, const int is_wide, int64_t left,
                                        int64_t right, tg_small now, const T *a, const T *b, T *c)
{
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#define BEGIN(i)                                        \
    V l##i = {0}, r##i = {0};                           \
    const T *a##i = a + (i < rows ? i : 0) * now.a_row;
#define STEP(i)                                         \
    if (i < rows) {                                     \
        const T x = a##i[at];                           \
        l##i = MULADD(x, b_left, l##i);                 \
        if (is_wide)                                    \
            r##i = MULADD(x, b_right, r##i);            \
    }
#define END(i)                                          \
    if (i < rows) {                                     \
        NAME(store)(c + i * now.c_row, l##i, left);     \
        if (is_wide)                                    \
            NAME(store)(c + i * now.c_row + LANES, r##i, right); \
    }
    EACH(BEGIN)
    for (int64_t k = 0, at = 0; k < now.k; k++, at += now.a_step, b += now.b_row) {
        const V b_left = NAME(load)(b, left);
        V b_right = b_left;
        if (is_wide)
            b_right = NAME(load)(b + LANES, right);
        EACH(STEP)
    }
    EACH(END)
#undef EACH
#undef BEGIN
#undef STEP
#undef END
}

TARGET static TG_INLINE void NAME(rows)(const int is_wide, int64_t left, int64_t right,
                                        tg_small now, const T *a, const T *b, T *c)
{
    int64_t i = 0;
    for (; i + ROWS <= now.n; i += ROWS)
        NAME(tile)(ROWS, is_wide, left, right, now, a + i * now.a_row, b, c + i * now.c_row);
    if (ROWS > 4 && now.n & 4) {
        NAME(tile)(4, is_wide, left, right, now, a + i * now.a_row, b, c + i * now.c_row);
        i += 4;
    }
    if (now.n & 2) {
        NAME(tile)(2, is_wide, left, right, now, a + i * now.a_row, b, c + i * now.c_row);
        i += 2;
    }
    if (now.n & 1)
        NAME(tile)(1, is_wide, left, right, now, a + i * now.a_row, b, c + i * now.c_row);
}

/* At most two vectors of columns of all rows. */
TARGET static void NAME(strip)(int64_t width, tg_small now, const T *a, const T *b, T *c)
{
    if (width == 2 * LANES)
        NAME(rows)(1, LANES, LANES, now, a, b, c);
    else if (width > LANES)
        NAME(rows)(1, LANES, width - LANES, now, a, b, c);
    else
        NAME(rows)(0, width, 0, now, a, b, c);
}

/* (n, k) to (k, n), whose rows lie `pace` apart; four by four where there are instructions. */
TARGET static TG_INLINE void NAME(turn)(int64_t n, int64_t k, const T *from, int64_t row,
                                        int64_t step, T *to, int64_t pace)
{
    int64_t i = 0;
#ifdef TURN_4
    for (; sizeof(T) == sizeof(float) && step == 1 && i + 4 <= n; i += 4) {
        int64_t j = 0;
        for (; j + 4 <= k; j += 4)
            TURN_4((const float *)from + i * row + j, row, (float *)to + j * pace + i, pace);
        for (; j < k; j++)
            for (int64_t l = i; l < i + 4; l++)
                to[j * pace + l] = from[l * row + j];
    }
#endif
    for (; i < n; i++)
        for (int64_t j = 0; j < k; j++)
            to[j * pace + i] = from[i * row + j * step];
}

/* Rows of b lie packed. */
TARGET static void NAME(packed)(tg_small now, const T *a, const T *b, T *c)
{
    for (int64_t j = 0; j < now.m; j += 2 * LANES)
        NAME(strip)(now.m - j < 2 * LANES ? now.m - j : 2 * LANES, now, a, b + j, c + j);
}

/* Columns of b lie packed: they are turned. */
TARGET static void NAME(with_turned_b)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_SMALL_DEPTH * 2 * LANES];
    for (int64_t j = 0; j < now.m; j += 2 * LANES) {
        tg_small part = now;
        part.b_row = now.m - j < 2 * LANES ? now.m - j : 2 * LANES;
        NAME(turn)(part.b_row, now.k, b + j * now.b_row, now.b_row, 1, turned, part.b_row);
        NAME(strip)(part.b_row, part, a, turned, c + j);
    }
}

/* The same where a is smaller: c.T = b.T @ a.T. */
TARGET static void NAME(with_turned_a)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_SMALL_DEPTH * 2 * LANES], sums[ROWS * 2 * LANES];
    for (int64_t i = 0; i < now.n; i += 2 * LANES) {
        const int64_t n = now.n - i < 2 * LANES ? now.n - i : 2 * LANES;
        NAME(turn)(n, now.k, a + i * now.a_row, now.a_row, now.a_step, turned, n);
        for (int64_t j = 0; j < now.m; j += ROWS) {
            const int64_t m = now.m - j < ROWS ? now.m - j : ROWS;
            const tg_small part = {m, n, now.k, now.b_row, 1, n, n};
            NAME(strip)(n, part, b + j * now.b_row, turned, sums);
            NAME(turn)(m, n, sums, n, 1, c + i * now.c_row + j, now.c_row);
        }
    }
}

/* c[j] = the sum over k of a[k] * b[j, k], for at most `n` packed columns of b. */
TARGET static TG_INLINE void NAME(columns)(const int n, int64_t m, tg_small now, const T *a,
                                           const T *b, T *c)
{
    const T *column[8];
    V sums[8] = {{0}};
    T found[8];
    int64_t at = 0;
    for (int j = 0; j < n; j++)
        column[j] = b + (j < m ? j : 0) * now.b_row;
    for (; at + LANES <= now.k; at += LANES) {
        const V x = NAME(load)(a + at, LANES);
        for (int j = 0; j < n; j++)
            sums[j] += x * NAME(load)(column[j] + at, LANES);
    }
    if (at < now.k) {
        const V x = NAME(load)(a + at, now.k - at);
        for (int j = 0; j < n; j++)
            sums[j] += x * NAME(load)(column[j] + at, now.k - at);
    }
    for (int j = 0; j < n; j += 4)
        NAME(totals)(sums + j, found + j);
    memcpy(c, found, (size_t)(m < n ? m : n) * sizeof(T));
}

/* Columns of b lie packed, and there are too few rows for turning them to pay. */
TARGET static void NAME(row_by_row)(tg_small now, const T *a, const T *b, T *c)
{
    for (int64_t i = 0; i < now.n; i++, a += now.a_row, c += now.c_row) {
        int64_t j = 0;
        for (; j + 8 <= now.m; j += 8)
            NAME(columns)(8, 8, now, a, b + j * now.b_row, c + j);
        for (; j < now.m; j += 4)
            NAME(columns)(4, now.m - j, now, a, b + j * now.b_row, c + j);
    }
}

TARGET static void NAME(product)(tg_small now, int is_turned, const T *a, const T *b, T *c)
{
    if (!is_turned)
        NAME(packed)(now, a, b, c);
    else if (now.n < 4 && now.a_step == 1)
        NAME(row_by_row)(now, a, b, c);
    else if (now.n * (now.k + now.m) < now.m * now.k)
        NAME(with_turned_a)(now, a, b, c);
    else
        NAME(with_turned_b)(now, a, b, c);
}

#include "end_of_type.h"
