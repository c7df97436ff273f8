/* A factor packed as tiles of rows, and its products with panels of the other's columns.
 * Included once per element type and instruction set: see tile.h. */
#include "tile.h"

#include "turn.h"
#include "weights.h"

TARGET static void NAME(pack_rows)(const T *a, int64_t row, int64_t step, int64_t n, int64_t k, T *to)
{
    const NAME(given) given = {a, row, step, 1};
    const int64_t n_tiles = (n + ROWS - 1) / ROWS;
    if (n % ROWS != 0) /* what rows that are missing leave is read as well */
        memset(to, 0, (size_t)(n_tiles * k * NAME(packed_rows)) * sizeof(T));
    NAME(pack_weights)(to, &given, n, 1, k);
}

/* The first n of two vectors; the others are zero. */
TARGET static TG_INLINE void NAME(copy_pair)(T *to, const T *from, int64_t n)
{
    NAME(store)(to, NAME(load_part)(from, tg_least(n, LANES)));
    NAME(store)(to + LANES, n > LANES ? NAME(load_part)(from + LANES, n - LANES) : (V){0});
}

/* (depth, n) of b, to two vectors a row. */
TARGET static void NAME(pack_panel)(const tg_factors *now, const T *b, int64_t depth, int64_t n,
                                    T *panel)
{
    if (now->b_step != 1) {
        if (n < NAME(width))
            memset(panel, 0, (size_t)(depth * NAME(width)) * sizeof(T));
        NAME(turn_rows)(panel, NAME(width), b, now->b_step, n, depth);
    } else if (n == NAME(width))
        for (int64_t k = 0; k < depth; k++)
            NAME(copy)(panel + k * NAME(width), b + k * now->b_row, NAME(width));
    else
        for (int64_t k = 0; k < depth; k++)
            NAME(copy_pair)(panel + k * NAME(width), b + k * now->b_row, n);
}

/* Add the products of a tile and a panel to some rows and columns of c, or write the first ones. */
TARGET static void NAME(meet)(int64_t depth, int is_first, const T *tile, const T *panel,
                              int64_t n_rows, int64_t n, T *c, int64_t c_row)
{
    const NAME(line) line = {0, 0, LANES};
    const NAME(chain) chain = {&line, 1, depth, NAME(packed_rows), NAME(width), NAME(width)};
    _Alignas(64) T sums[ROWS * NAME(width)];
    const int is_whole = n_rows == ROWS && n == NAME(width);
    T *to = is_whole ? c : sums;
    const int64_t step = is_whole ? c_row : NAME(width);
    for (int64_t i = 0; i < ROWS; i++) {
        if (is_first || !is_whole) {
            NAME(store)(to + i * step, (V){0});
            NAME(store)(to + i * step + LANES, (V){0});
        } else {
            PREFETCH(to + i * step);
            PREFETCH(to + i * step + LANES);
        }
    }
    NAME(tile)(ROWS, 1, &chain, tile, panel, to, step);
    for (int64_t i = 0; i < n_rows && !is_whole; i++)
        for (int64_t j = 0; j < n; j++)
            c[i * c_row + j] = (is_first ? 0 : c[i * c_row + j]) + sums[i * NAME(width) + j];
}

/* All rows of the columns that a panel has, for some of the depth from `start` on. */
TARGET static void NAME(meet_all)(const tg_factors *now, int64_t start, int64_t depth, const T *a,
                                  const T *panel, int64_t n, T *c)
{
    for (int64_t row = 0; row < now->n; row += TG_BLOCK_ROWS, a += now->block) {
        const int64_t rows = tg_least(now->n - row, TG_BLOCK_ROWS);
        const T *tile = a + start * NAME(packed_rows);
        for (int64_t done = 0, n_rows; done < rows; done += n_rows) {
            n_rows = tg_equal_part(rows - done, ROWS);
            NAME(meet)(depth, start == 0, tile, panel, n_rows, n, c, now->c_row);
            tile += now->k * NAME(packed_rows);
            c += n_rows * now->c_row;
        }
    }
}

TARGET static void NAME(multiply_packed)(tg_factors now, const T *a, const T *b, T *c)
{
    _Alignas(64) T panel[TG_DEPTH * NAME(width)];
    for (int64_t j = 0; j < now.m; j += NAME(width)) {
        const int64_t n = tg_least(now.m - j, NAME(width));
        for (int64_t k = 0, depth; k < now.k; k += depth) {
            depth = tg_equal_part(now.k - k, TG_DEPTH);
            NAME(pack_panel)(&now, b + k * now.b_row + j * now.b_step, depth, n, panel);
            NAME(meet_all)(&now, k, depth, a, panel, n, c + j);
        }
    }
}

#include "end_of_type.h"
