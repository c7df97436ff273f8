/* Products of small matrices: a tile of sums in registers, and the factors read where they lie.
 * Included by each_float.h, which says what the names here are; where there is one, TURN_4 turns
 * four by four floats. */
#include "load_store.h"

#include "turn.h"

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
#define ADD_OLD(i)                                                      \
    if (i < rows) {                                                     \
        l##i += NAME(load_first)(c + i * now.c_row, left);              \
        if (is_wide)                                                    \
            r##i += NAME(load_first)(c + i * now.c_row + LANES, right); \
    }
#define END(i)                                                          \
    if (i < rows) {                                                     \
        NAME(store_first)(c + i * now.c_row, l##i, left);               \
        if (is_wide)                                                    \
            NAME(store_first)(c + i * now.c_row + LANES, r##i, right);  \
    }
    EACH(BEGIN)
    for (int64_t k = 0, at = 0; k < now.k; k++, at += now.a_step, b += now.b_row) {
        const V b_left = NAME(load_first)(b, left);
        V b_right = b_left;
        if (is_wide)
            b_right = NAME(load_first)(b + LANES, right);
        EACH(STEP)
    }
    if (now.adds) {
        EACH(ADD_OLD)
    }
    EACH(END)
#undef EACH
#undef BEGIN
#undef STEP
#undef ADD_OLD
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
TARGET static TG_INLINE void NAME(turn_few)(int64_t n, int64_t k, const T *from, int64_t row,
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

/* Two vectors of k rows, put together. */
TARGET static void NAME(gather)(int64_t k, const T *from, int64_t row, T *to)
{
    for (int64_t i = 0; i < k; i++, from += row, to += 2 * LANES) {
        NAME(store)(to, NAME(load)(from));
        NAME(store)(to + LANES, NAME(load)(from + LANES));
    }
}

/* Rows of b lie packed. Where many rows of c meet a deep strip of its columns, that is gathered
 * first: lines that lie far apart share few places of a cache. */
TARGET static void NAME(packed)(tg_small now, const T *a, const T *b, T *c)
{
    const int is_gathered = now.n >= TG_MANY_ROWS && now.k >= TG_DEEP && now.m > 2 * LANES;
    T gathered[TG_SMALL_DEPTH * 2 * LANES];
    for (int64_t j = 0; j < now.m; j += 2 * LANES) {
        const int64_t width = now.m - j < 2 * LANES ? now.m - j : 2 * LANES;
        if (is_gathered && width == 2 * LANES) {
            tg_small part = now;
            part.b_row = width;
            NAME(gather)(now.k, b + j, now.b_row, gathered);
            NAME(strip)(width, part, a, gathered, c + j);
        } else {
            NAME(strip)(width, now, a, b + j, c + j);
        }
    }
}

/* Columns of b lie packed: they are turned. */
TARGET static void NAME(with_turned_b)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_SMALL_DEPTH * 2 * LANES];
    for (int64_t j = 0; j < now.m; j += 2 * LANES) {
        tg_small part = now;
        part.b_row = now.m - j < 2 * LANES ? now.m - j : 2 * LANES;
        NAME(turn_few)(part.b_row, now.k, b + j * now.b_row, now.b_row, 1, turned, part.b_row);
        NAME(strip)(part.b_row, part, a, turned, c + j);
    }
}

/* c[i, j] = the sum over k of a[k, i] * b[j, k] for a vector of j and at most one of i, whose sums
 * are turned in registers. Few pointers reach all columns of b. */
TARGET static TG_INLINE void NAME(square)(int64_t n, tg_small now, const T *a, const T *b, T *c)
{
    enum { REACH = 5, POINTERS = (LANES + REACH - 1) / REACH };
    const T *column[POINTERS];
    V sums[LANES];
    TG_UNROLLED
    for (int i = 0; i < LANES; i++)
        sums[i] = (V){0};
    for (int i = 0; i < POINTERS; i++)
        column[i] = b + i * REACH * now.b_row;
    for (int64_t k = 0; k < now.k; k++, a += LANES) {
        const V row = NAME(load)(a);
        TG_UNROLLED
        for (int i = 0; i < LANES; i++)
            sums[i] = MULADD(column[i / REACH][i % REACH * now.b_row], row, sums[i]);
        for (int i = 0; i < POINTERS; i++)
            column[i]++;
    }
    NAME(turn)(sums);
    for (int64_t i = 0; i < n; i++)
        NAME(store)(c + i * now.c_row, sums[i]);
}

/* Where a is smaller, of at most a vector of rows, and b has one of columns: c.T = b.T @ a.T. The
 * last square begins where it ends with them. */
TARGET static void NAME(in_squares)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_SMALL_DEPTH * LANES];
    if (now.n < LANES) /* what lies there might be slow to multiply */
        memset(turned, 0, (size_t)(now.k * LANES) * sizeof(T));
    NAME(turn_few)(now.n, now.k, a, now.a_row, now.a_step, turned, LANES);
    for (int64_t j = 0; j < now.m; j += LANES) {
        const int64_t at = j + LANES <= now.m ? j : now.m - LANES;
        NAME(square)(now.n, now, turned, b + at * now.b_row, c + at);
    }
}

/* The same of more rows, or of few columns. */
TARGET static void NAME(with_turned_a)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_SMALL_DEPTH * 2 * LANES], sums[ROWS * 2 * LANES];
    for (int64_t i = 0; i < now.n; i += 2 * LANES) {
        const int64_t n = now.n - i < 2 * LANES ? now.n - i : 2 * LANES;
        NAME(turn_few)(n, now.k, a + i * now.a_row, now.a_row, now.a_step, turned, n);
        for (int64_t j = 0; j < now.m; j += ROWS) {
            const int64_t m = now.m - j < ROWS ? now.m - j : ROWS;
            const tg_small part = {m, n, now.k, now.b_row, 1, n, n, 0, 0};
            NAME(strip)(n, part, b + j * now.b_row, turned, sums);
            NAME(turn_few)(m, n, sums, n, 1, c + i * now.c_row + j, now.c_row);
        }
    }
}

/* Sums of lanes are those of 64 bytes whatever a vector has, so that all instruction sets give the same
 * bits but the plain one. AT_ONCE: columns whose sums fill the registers. */
enum {
    NAME(chains) = LANES * sizeof(T) == 32 ? 2 : 1,
    NAME(at_once) = LANES * sizeof(T) == 32 ? 4 : 8,
};

/* c[j] = the sum over k of a[k] * b[j, k], for at most `n` packed columns of b. */
TARGET static TG_INLINE void NAME(columns)(const int n, int64_t m, tg_small now, const T *a,
                                           const T *b, T *c)
{
    enum { STEP = NAME(chains) * LANES };
    const T *column[NAME(at_once)];
    V sums[NAME(chains)][NAME(at_once)] = {{{0}}};
    T found[NAME(at_once)];
    int64_t at = 0;
    for (int j = 0; j < n; j++)
        column[j] = b + (j < m ? j : 0) * now.b_row;
    for (; at + STEP <= now.k; at += STEP)
        for (int s = 0; s < NAME(chains); s++) {
            const V x = NAME(load)(a + at + s * LANES);
            for (int j = 0; j < n; j++)
                sums[s][j] += x * NAME(load)(column[j] + at + s * LANES);
        }
    if (NAME(chains) == 2 && at + LANES <= now.k) {
        const V x = NAME(load)(a + at);
        for (int j = 0; j < n; j++)
            sums[0][j] += x * NAME(load)(column[j] + at);
        at += LANES;
    }
    if (at < now.k) {
        const V x = NAME(load_part)(a + at, now.k - at);
        const int s = NAME(chains) == 2 && at / LANES % 2 == 1;
        for (int j = 0; j < n; j++)
            sums[s][j] += x * NAME(load_part)(column[j] + at, now.k - at);
    }
    for (int j = 0; j < n && NAME(chains) == 2; j++)
        sums[0][j] += sums[NAME(chains) - 1][j];
    for (int j = 0; j < n; j += 4)
        NAME(totals)(sums[0] + j, found + j);
    memcpy(c, found, (size_t)(m < n ? m : n) * sizeof(T));
}

/* The sum over k of a[k] * b[k], in chains of 64 bytes, four of them side by side. */
TARGET static TG_INLINE T NAME(inner_product)(int64_t k, const T *a, const T *b)
{
    enum { SIDE_BY_SIDE = 4 * NAME(chains), STEP = SIDE_BY_SIDE * LANES };
    V sums[SIDE_BY_SIDE], total[4];
    T found[4];
    int64_t at = 0;
    TG_UNROLLED
    for (int s = 0; s < SIDE_BY_SIDE; s++)
        sums[s] = (V){0};
    for (; at + STEP <= k; at += STEP)
        TG_UNROLLED
        for (int s = 0; s < SIDE_BY_SIDE; s++)
            sums[s] += NAME(load)(a + at + s * LANES) * NAME(load)(b + at + s * LANES);
    for (int s = 0; at < k; s++, at += LANES)
        sums[s] += NAME(load_first)(a + at, k - at) * NAME(load_first)(b + at, k - at);
    for (int half = 0; half < NAME(chains); half++)
        total[half] = (sums[half] + sums[half + NAME(chains)]) +
                      (sums[half + 2 * NAME(chains)] + sums[half + 3 * NAME(chains)]);
    if (NAME(chains) == 2)
        total[0] += total[1];
    total[1] = total[2] = total[3] = total[0];
    NAME(totals)(total, found);
    return found[0];
}

TARGET static void NAME(put_inner_product)(int64_t k, const T *a, const T *b, T *c)
{
    *c = NAME(inner_product)(k, a, b);
}

/* Columns of b lie packed, and there are too few rows for turning them to pay. */
TARGET static void NAME(row_by_row)(tg_small now, const T *a, const T *b, T *c)
{
    for (int64_t i = 0; i < now.n; i++, a += now.a_row, c += now.c_row) {
        int64_t j = 0;
        for (; j + NAME(at_once) <= now.m; j += NAME(at_once))
            NAME(columns)(NAME(at_once), NAME(at_once), now, a, b + j * now.b_row, c + j);
        for (; j < now.m; j += 4)
            NAME(columns)(4, now.m - j, now, a, b + j * now.b_row, c + j);
    }
}

/* Columns of b lie packed, and there are few of them: each meets some rows at once. */
TARGET static void NAME(column_by_column)(tg_small now, const T *a, const T *b, T *c)
{
    const int64_t b_row = now.b_row;
    T found[NAME(at_once)];
    now.b_row = now.a_row;
    for (int64_t i = 0; i < now.n; i += NAME(at_once))
        for (int64_t j = 0; j < now.m; j++) {
            const int64_t n = now.n - i < NAME(at_once) ? now.n - i : NAME(at_once);
            NAME(columns)(NAME(at_once), n, now, b + j * b_row, a + i * now.a_row, found);
            for (int64_t r = 0; r < n; r++)
                c[(i + r) * now.c_row + j] = (now.adds ? c[(i + r) * now.c_row + j] : 0) + found[r];
        }
}

/* The same where rows of b lie packed: they are turned. */
TARGET static void NAME(few_columns)(tg_small now, const T *a, const T *b, T *c)
{
    T turned[TG_FEW_COLUMNS * TG_SMALL_DEPTH];
    const int64_t k = now.k, b_row = now.b_row;
    now.b_row = TG_SMALL_DEPTH;
    for (int64_t done = 0; done < k; done += now.k, a += now.k, b += now.k * b_row) {
        now.k = k - done < TG_SMALL_DEPTH ? k - done : TG_SMALL_DEPTH;
        now.adds |= done > 0;
        NAME(turn_few)(now.k, now.m, b, b_row, 1, turned, TG_SMALL_DEPTH);
        NAME(column_by_column)(now, a, turned, c);
    }
}

/* One row by rows of b that lie packed: these are read one after the other, four at a time, and added
 * to some columns, which stay in the nearest cache. */
TARGET static void NAME(one_row)(tg_small now, const T *a, const T *b, T *c)
{
    enum { COLUMNS = 16384 / sizeof(T) };
    if (!now.adds)
        memset(c, 0, (size_t)now.m * sizeof(T));
    for (int64_t first = 0; first < now.m; first += COLUMNS, b += COLUMNS, c += COLUMNS) {
        const int64_t m = now.m - first < COLUMNS ? now.m - first : COLUMNS;
        const T *row = b, *x = a;
        int64_t k = 0;
        for (; k + 4 <= now.k; k += 4, row += 4 * now.b_row, x += 4 * now.a_step)
            for (int64_t j = 0; j < m; j += LANES) {
                V sum = NAME(load_first)(c + j, m - j);
                TG_UNROLLED
                for (int i = 0; i < 4; i++)
                    sum = MULADD(x[i * now.a_step], NAME(load_first)(row + i * now.b_row + j, m - j),
                                 sum);
                NAME(store_first)(c + j, sum, m - j);
            }
        for (; k < now.k; k++, row += now.b_row, x += now.a_step)
            for (int64_t j = 0; j < m; j += LANES)
                NAME(store_first)(c + j, MULADD(*x, NAME(load_first)(row + j, m - j),
                                                NAME(load_first)(c + j, m - j)), m - j);
    }
}

/* A product whose factors are deeper is one of parts, added up. */
TARGET static void NAME(deep_product)(tg_small now, const T *a, const T *b, T *c)
{
    const int64_t k = now.k;
    for (int64_t done = 0; done < k; done += now.k) {
        now.k = k - done < TG_SMALL_DEPTH ? k - done : TG_SMALL_DEPTH;
        now.adds |= done > 0;
        if (now.is_turned)
            NAME(with_turned_b)(now, a, b, c);
        else
            NAME(packed)(now, a, b, c);
        a += now.k * now.a_step;
        b += now.k * (now.is_turned ? 1 : now.b_row);
    }
}

TARGET static void NAME(product)(tg_small now, const T *a, const T *b, T *c)
{
    const int is_turned = now.is_turned;
    const int is_narrow = now.m <= TG_FEW_COLUMNS && now.n > now.m && now.k >= TG_LONG_COLUMN;
    if (now.n == 1 && now.m == 1 && now.a_step == 1 && (is_turned || now.b_row == 1))
        *c = (now.adds ? *c : 0) + NAME(inner_product)(now.k, a, b);
    else if (is_turned && now.n < 4 && now.a_step == 1)
        NAME(row_by_row)(now, a, b, c);
    else if (is_narrow && is_turned && now.a_step == 1)
        NAME(column_by_column)(now, a, b, c);
    else if (is_narrow && now.a_step == 1)
        NAME(few_columns)(now, a, b, c);
    else if (!is_turned && now.n == 1 && now.m > 2 * LANES)
        NAME(one_row)(now, a, b, c);
    else if (now.k > TG_SMALL_DEPTH)
        NAME(deep_product)(now, a, b, c);
    else if (!is_turned)
        NAME(packed)(now, a, b, c);
    else if (now.n * (now.k + now.m) >= now.m * now.k)
        NAME(with_turned_b)(now, a, b, c);
    else if (now.n <= LANES && now.m >= LANES)
        NAME(in_squares)(now, a, b, c);
    else
        NAME(with_turned_a)(now, a, b, c);
}

#include "end_of_type.h"
