/* The product of some rows with all columns: the rows packed as tiles, some of their depth at a time,
 * and the columns as panels of two vectors, which meet all tiles. Included once per element type and
 * instruction set: see tile.h. */
#include "tile.h"

#include "turn.h"
#include "weights.h"

/* Some depth of the rows, as tiles of about as many rows each. */
TARGET static void NAME(pack_rows)(const tg_factors *now, const T *a, int64_t depth, T *tiles)
{
    const NAME(given) given = {a, now->a_row, now->a_step, 1};
    if (now->n < ROWS) /* what rows that are missing leave is read as well */
        memset(tiles, 0, (size_t)(depth * NAME(packed_rows)) * sizeof(T));
    NAME(pack_weights)(tiles, &given, now->n, 1, depth);
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

/* to = or += from, the first n of two vectors. */
TARGET static TG_INLINE void NAME(put_pair)(int is_first, T *to, const T *from, int64_t n)
{
    for (int64_t lane = 0; lane < n; lane += LANES) {
        const V old = is_first ? (V){0} : NAME(load_first)(to + lane, n - lane);
        NAME(store_first)(to + lane, old + NAME(load)(from + lane), n - lane);
    }
}

/* Add the products of a tile and a panel to some rows and columns of c, or write the first ones. Many
 * rows make tiles of all ROWS or a few less, whose loops are compiled each; one of fewer multiplies
 * what lies behind them as well. */
TARGET static void NAME(meet)(int64_t depth, int is_first, const T *tile, const T *panel,
                              int64_t n_rows, int64_t n, T *c, int64_t c_row)
{
    const NAME(line) line = {0, 0, LANES};
    const NAME(chain) chain = {&line, 1, depth, NAME(packed_rows), NAME(width), NAME(width)};
    enum { FEW_LESS = 3 };
    _Alignas(64) T sums[ROWS * NAME(width)];
    const int is_direct = !is_first && n_rows >= ROWS - FEW_LESS && n == NAME(width);
    T *to = is_direct ? c : sums;
    const int64_t step = is_direct ? c_row : NAME(width);
    for (int64_t i = 0; i < (is_direct ? n_rows : ROWS); i++) {
        if (i < n_rows) {
            PREFETCH(c + i * c_row);
            PREFETCH(c + i * c_row + LANES);
        }
        if (!is_direct) {
            NAME(store)(to + i * step, (V){0});
            NAME(store)(to + i * step + LANES, (V){0});
        }
    }
    switch (ROWS - n_rows) {
#define LESS(rows) NAME(tile)(rows, 1, &chain, tile, panel, to, step)
    case 1: LESS(ROWS - 1); break;
    case 2: LESS(ROWS - 2); break;
    case 3: LESS(ROWS - 3); break;
    default: LESS(ROWS);
#undef LESS
    }
    for (int64_t i = 0; i < n_rows && !is_direct; i++)
        NAME(put_pair)(is_first, c + i * c_row, sums + i * NAME(width), n);
}

TARGET static void NAME(multiply_rows)(tg_factors now, const T *a, const T *b, T *tiles, T *c)
{
    _Alignas(64) T panel[TG_DEPTH * NAME(width)];
    for (int64_t k = 0, depth; k < now.k; k += depth) {
        depth = tg_equal_part(now.k - k, TG_DEPTH);
        NAME(pack_rows)(&now, a, depth, tiles);
        for (int64_t j = 0; j < now.m; j += NAME(width)) {
            const int64_t n = tg_least(now.m - j, NAME(width));
            const T *tile = tiles;
            NAME(pack_panel)(&now, b + j * now.b_step, depth, n, panel);
            for (int64_t done = 0, rows; done < now.n; done += rows) {
                rows = tg_equal_part(now.n - done, ROWS);
                NAME(meet)(depth, k == 0, tile, panel, rows, n, c + done * now.c_row + j,
                           now.c_row);
                tile += depth * NAME(packed_rows);
            }
        }
        a += depth * now.a_step;
        b += depth * now.b_row;
    }
}

/* As many rows at once as the second cache holds, or, without memory for them, a tile of them. */
TARGET static void NAME(multiply_large)(tg_factors now, const T *a, const T *b, T *c)
{
    enum { MOST_ROWS = 504 };
    _Alignas(64) T own[TG_DEPTH * NAME(packed_rows)];
    const int64_t n = now.n, at_once = tg_equal_part(n, MOST_ROWS);
    const int64_t n_tiles = (at_once + ROWS - 1) / ROWS, depth = tg_least(now.k, TG_DEPTH);
    T *memory = tg_take_scratch((size_t)(n_tiles * depth * NAME(packed_rows)) * sizeof(T));
    for (int64_t done = 0; done < n; done += now.n) {
        now.n = tg_least(n - done, memory == NULL ? ROWS : at_once);
        NAME(multiply_rows)(now, a + done * now.a_row, b, memory == NULL ? own : memory,
                            c + done * now.c_row);
    }
    if (memory != NULL)
        tg_give_scratch(memory);
}

#include "end_of_type.h"
