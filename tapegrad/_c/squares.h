/* How convolutions are put together of 3x3 weights under squares of two by two outputs, whatever
 * their stride, dilation and number of weights: see winograd.h.
 *
 * Along one dimension the two outputs of a pair meet up to three taps in four elements, all as far
 * apart as stride and dilation allow; the taps are cut into such parts. A stride of 2 has one part
 * for the even taps and one for the odd ones, five taps have one of three and one of two.
 *
 * What has one dimension is no plane, but four outputs beside each other are a square as well: two
 * that are two apart make a pair, which meets every other tap, and the other two lie one behind. Then
 * the two taps beside each other are the square's rows, one element apart, and nine taps take 21
 * products for four outputs instead of 36. */
#ifndef TG_SQUARES_H
#define TG_SQUARES_H

#include "convolve.h"

/* What runs once a block is compiled for size. It is not called cold: whatever calls it would be taken
 * to be cold as well, loops of products among it. */
#if defined(__GNUC__) && !defined(__clang__)
#define TG_PLAN static __attribute__((noinline, unused, optimize("Os")))
#else
#define TG_PLAN static inline
#endif

/* TG_LEAST_PAIRS: along a side, so that vectors are not left half empty; of a line, so that they are
 * not put together. TG_PART_COST: of the sums of what a square reads, in products. TG_LEAST_SAVED: of
 * eight products. */
enum {
    TG_MOST_PARTS = 4,
    TG_KINDS = 16,
    TG_LEAST_PAIRS = 4,
    TG_LEAST_OF_LINE = 16,
    TG_PART_COST = 160,
    TG_LEAST_SAVED = 3,
};

/* Up to three taps: how many are read before each, or -1, and where the first of four elements lies.
 * Of the four sums of these, `kinds` are those by which a tap is multiplied, a bit each. */
typedef struct {
    int64_t from, taps[3];
    int kinds;
} tg_part;

/* The pairs of a pass: `apart` in the images that are written, of which they cover `whole` with what
 * lies between, and their parts; more than there may be say that the taps are too many. */
typedef struct {
    tg_axis axis; /* whose outputs are pairs */
    int64_t n_phases, apart, whole;
    int n_parts;
    tg_part parts[TG_MOST_PARTS];
} tg_pairs;

TG_PLAN int64_t tg_common_multiple(int64_t a, int64_t b)
{
    int64_t multiple = a;
    while (multiple % b != 0)
        multiple += a;
    return multiple;
}

/* Whether images have one dimension. */
static inline int tg_is_line(const tg_sliding *p)
{
    return p->in[1] == 1 && p->out[1] == 1 && p->kernel[1] == 1;
}

static inline int64_t tg_remainders(const tg_sliding *p, int d)
{
    return p->is_turned ? p->stride[d] : 1;
}

/* The outputs of a pass, whose taps are named so that they read forwards. */
TG_PLAN tg_axis tg_forwards(const tg_sliding *p, int d, int64_t remainder)
{
    tg_axis axis = tg_axis_of(p, d, remainder);
    if (axis.from_step < 0) {
        axis.from_first += (axis.n_taps - 1) * axis.from_step;
        axis.tap_first += (axis.n_taps - 1) * axis.tap_step;
        axis.tap_step = -axis.tap_step;
    }
    axis.from_step = p->is_turned
                         ? tg_common_multiple(p->stride[d], p->dilation[d]) / p->stride[d]
                         : p->dilation[d];
    return axis;
}

/* `n` taps from `tap` on, `tap_step` apart. One lies in the middle, where two sums are enough. */
TG_PLAN tg_part tg_part_of(const tg_axis *axis, int64_t tap, int64_t n, int64_t tap_step)
{
    static const int kinds[4] = {0, 6, 7, 15};
    const int64_t slot = n == 1;
    tg_part part = {(tap - slot * tap_step) * axis->from_step, {-1, -1, -1}, kinds[n]};
    for (int64_t j = 0; j < n; j++)
        part.taps[slot + j] = tap + j * tap_step;
    return part;
}

/* Of a line: two outputs beside each other and their two taps. */
TG_PLAN tg_pairs tg_neighbours(const tg_sliding *p)
{
    tg_pairs pairs = {tg_axis_of(p, 1, 0), 1, 1, 1, 1, {{0, {0, 1, -1}, 7}}};
    pairs.axis.from_step = 1;
    return pairs;
}

/* The pairs of one phase: neighbours may be of different phases, as far as pairs are apart. */
TG_PLAN tg_pairs tg_pairs_of(const tg_sliding *p, int d, int64_t remainder, int64_t phase)
{
    const int is_line = tg_is_line(p);
    if (is_line && d == 1)
        return tg_neighbours(p);
    const tg_axis axis = tg_forwards(p, d, remainder);
    const int64_t apart = is_line ? 2 : tg_common_multiple(axis.step, axis.from_step);
    const int64_t n_phases = apart / axis.step, tap_step = apart / axis.from_step;
    const int64_t n_outputs = (axis.n - phase + n_phases - 1) / n_phases;
    const int64_t out_apart = n_phases * axis.out_step, n_firsts = is_line ? 1 : tap_step;
    tg_pairs pairs = {axis, is_line ? 1 : n_phases, out_apart, 2 * out_apart, 0, {{0}}};
    int64_t lowest = 0, highest = 0;
    for (int64_t first = 0; first < n_firsts && first < axis.n_taps; first++) {
        int64_t left = (axis.n_taps - first + tap_step - 1) / tap_step;
        for (int64_t tap = first, n; left > 0; left -= n, tap += n * tap_step) {
            n = tg_equal_part(left, 3);
            if (pairs.n_parts++ >= TG_MOST_PARTS)
                return pairs;
            const tg_part part = tg_part_of(&axis, tap, n, tap_step);
            lowest = part.from < lowest ? part.from : lowest;
            highest = part.from > highest ? part.from : highest;
            pairs.parts[pairs.n_parts - 1] = part;
        }
    }
    pairs.axis.n = n_outputs > 0 ? (n_outputs + 1) / 2 : 0;
    pairs.axis.out_first += phase * axis.out_step;
    pairs.axis.out_step = 2 * pairs.apart;
    pairs.axis.n_taps = 4;
    pairs.axis.step = 2 * apart;
    pairs.axis.from_first += phase * axis.step;
    pairs.axis.from_step = apart;
    pairs.axis.lowest = pairs.axis.from_first + lowest;
    pairs.axis.highest = pairs.axis.from_first + highest + 3 * apart + (is_line ? 3 : 0);
    return pairs;
}

/* What all pairs read, as if they were one pass. */
TG_PLAN tg_axis tg_all_pairs(const tg_sliding *p, int d)
{
    tg_axis all = tg_pairs_of(p, d, 0, 0).axis;
    for (int64_t remainder = 0; remainder < tg_remainders(p, d); remainder++)
        for (int64_t phase = 0; phase < tg_pairs_of(p, d, 0, 0).n_phases; phase++) {
            const tg_axis axis = tg_pairs_of(p, d, remainder, phase).axis;
            all.n = axis.n > all.n ? axis.n : all.n;
            all.lowest = axis.lowest < all.lowest ? axis.lowest : all.lowest;
            all.highest = axis.highest > all.highest ? axis.highest : all.highest;
        }
    return all;
}

TG_PLAN int tg_bits_set(int kinds)
{
    int n = 0;
    for (; kinds != 0; kinds &= kinds - 1)
        n++;
    return n;
}

/* How many sums along a dimension, of all remainders, are multiplied for a pair, and of how many
 * parts; 0 if there are too few pairs or too many parts. */
TG_PLAN int64_t tg_sums_of_pairs(const tg_sliding *p, int d, int64_t *n_parts)
{
    const int64_t least = !tg_is_line(p) ? TG_LEAST_PAIRS : d == 1 ? 1 : TG_LEAST_OF_LINE;
    int64_t n = 0;
    *n_parts = 0;
    for (int64_t remainder = 0; remainder < tg_remainders(p, d); remainder++) {
        const tg_pairs pairs = tg_pairs_of(p, d, remainder, 0);
        if (pairs.n_parts == 0 || pairs.n_parts > TG_MOST_PARTS || pairs.axis.n < least)
            return 0;
        for (int i = 0; i < pairs.n_parts; i++)
            n += tg_bits_set(pairs.parts[i].kinds);
        *n_parts += pairs.n_parts;
    }
    return n;
}

/* Of eight products how many must be saved. Three taps at a stride of 2, where a square reads 25
 * elements for 36 products, do not save so many: they are worth it where sums are made beside
 * products, if images have at least `large` lines, so that the sums of weights are few beside them. */
static inline int tg_least_saved(const tg_sliding *p, int64_t large)
{
    return tg_is_zen() && tg_least(p->out[1], p->out[2]) >= large ? 2 : TG_LEAST_SAVED;
}

/* Whether so many sums instead of products are worth it. Fewer taps of a line than eight gain a
 * twentieth, and they and more than twelve are less exact than PyTorch's. */
TG_PLAN int tg_saves_enough(const tg_sliding *p, int64_t n, int least_saved)
{
    const int64_t by_sliding = 4 * tg_product(p->kernel), saved = by_sliding - n;
    return tg_is_line(p) ? p->kernel[2] >= 8 && p->kernel[2] <= 12
                         : saved * 8 >= by_sliding * least_saved;
}

/* How many sums of all passes are multiplied for a square of outputs, if it is worth it for images
 * in one plane; else 0. */
TG_PLAN int64_t tg_sums_of_squares(const tg_sliding *p, int least_saved)
{
    int64_t parts[2];
    if (p->in[0] != 1 || p->out[0] != 1 || p->kernel[0] != 1 || p->stride[0] != 1 ||
        p->stride[1] > 2 || p->stride[2] > 2 || p->dilation[1] > 2 || p->dilation[2] > 2 ||
        (tg_is_line(p) && (p->stride[2] > 1 || p->dilation[2] > 1)))
        return 0;
    const int64_t rows = tg_sums_of_pairs(p, 1, &parts[0]);
    const int64_t n = rows * tg_sums_of_pairs(p, 2, &parts[1]);
    const int64_t saved = 4 * tg_product(p->kernel) - n;
    return n > 0 && tg_saves_enough(p, n, least_saved) &&
                   saved * p->n_rows >= parts[0] * parts[1] * TG_PART_COST
               ? n
               : 0;
}

/* 3x3 weights: their numbers or -1, where in a block of images the 4x4 elements lie that a square
 * reads, and the place of each kind among all sums; behind the last of these where it is not needed. `side`:
 * of the elements and kinds that are needed, 3 for two taps. */
typedef struct {
    int64_t taps[9], from[TG_KINDS], at[TG_KINDS];
    int side;
} tg_nine;

/* The number of the weight that a square's taps name together, or -1. */
TG_PLAN int64_t tg_weight_of(const tg_sliding *p, const tg_axis axes[2], int64_t row,
                             int64_t column)
{
    if (row < 0 || column < 0 || (tg_is_line(p) && row + column >= p->kernel[2]))
        return -1;
    if (tg_is_line(p))
        return axes[1].tap_first + (row + column) * axes[1].tap_step;
    return (axes[0].tap_first + row * axes[0].tap_step) * p->kernel[2] + axes[1].tap_first +
           column * axes[1].tap_step;
}

/* The squares of a pass. */
typedef struct {
    tg_axis axes[2];
    int64_t apart[2]; /* the outputs of a square */
    int n, side;      /* the longest of theirs */
    tg_nine each[TG_MOST_PARTS * TG_MOST_PARTS];
    int64_t first[TG_KINDS + 1]; /* of each kind among all sums */
} tg_squares;

/* `lowest`, `line`, `part`: of a block of images, the first row and column, and the steps between
 * rows and between the remainders of a stride. */
TG_PLAN void tg_set_squares(tg_squares *squares, const tg_sliding *p,
                                  const int64_t remainder[2], const int64_t phase[2],
                                  const int64_t lowest[2], int64_t line, int64_t part)
{
    const tg_pairs rows = tg_pairs_of(p, 1, remainder[0], phase[0]);
    const tg_pairs columns = tg_pairs_of(p, 2, remainder[1], phase[1]);
    const int64_t step = columns.axis.step, row_step = tg_is_line(p) ? 0 : line;
    const int64_t row_columns = tg_is_line(p) ? 1 : 0;
    int64_t n = 0;
    squares->axes[0] = rows.axis;
    squares->axes[1] = columns.axis;
    squares->apart[0] = rows.apart;
    squares->apart[1] = columns.apart;
    squares->n = rows.n_parts * columns.n_parts;
    for (int k = 0; k < TG_KINDS; k++) {
        squares->first[k] = n;
        for (int i = 0; i < squares->n; i++) {
            const tg_part *row = &rows.parts[i / columns.n_parts];
            const tg_part *column = &columns.parts[i % columns.n_parts];
            const int is_needed = row->kinds >> k / 4 & column->kinds >> k % 4 & 1;
            const int64_t y = rows.axis.from_first + row->from + k / 4 * rows.axis.from_step - lowest[0];
            const int64_t x = columns.axis.from_first + column->from +
                              k % 4 * columns.axis.from_step - lowest[1] + y * row_columns;
            squares->each[i].at[k] = is_needed ? n++ : -1;
            squares->each[i].from[k] = y * row_step + x % step * part + x / step;
        }
    }
    squares->first[TG_KINDS] = n;
    squares->side = 3;
    for (int i = 0; i < squares->n; i++) {
        const tg_part *row = &rows.parts[i / columns.n_parts];
        const tg_part *column = &columns.parts[i % columns.n_parts];
        tg_nine *nine = squares->each + i;
        nine->side = (row->kinds | column->kinds) >> 3 & 1 ? 4 : 3;
        squares->side = nine->side > squares->side ? nine->side : squares->side;
        for (int t = 0; t < 9; t++)
            nine->taps[t] =
                tg_weight_of(p, squares->axes, row->taps[t / 3], column->taps[t % 3]);
        for (int k = 0; k < TG_KINDS; k++)
            nine->at[k] = nine->at[k] < 0 ? n : nine->at[k];
    }
}

#endif
