/* What the loops of a convolution share, whatever their dtype: see convolve.c. */
#ifndef TG_CONVOLVE_H
#define TG_CONVOLVE_H

#include "vectors.h"

/* How weights slide over the images that are read, `in`, to give those that are written, `out`.
 * Turned, it is the transpose of sliding: element x of the images meets weight k of the result's
 * x * stride - padding + k * dilation. */
typedef struct {
    int64_t status;
    int64_t in[3], kernel[3], stride[3], padding[3], dilation[3], out[3], is_turned;
    int64_t n_rows; /* output channels, of which a thread may have a share */
} tg_sliding;

enum { TG_MISFIT = 1, TG_NO_MEMORY, TG_SPOILT };

static inline int64_t tg_product(const int64_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

/* Whether there is one tap, which each place of the images meets at its own. */
static inline int tg_is_pointwise(const tg_sliding *p)
{
    int is_pointwise = 1;
    for (int d = 0; d < 3; d++)
        is_pointwise &= p->kernel[d] == 1 && p->stride[d] == 1 && p->padding[d] == 0;
    return is_pointwise;
}

/* Along one dimension, the outputs that meet the same weights: output `out_first + i * out_step`
 * is the sum over j of weight `tap_first + j * tap_step` times the element at
 * `i * step + from_first + j * from_step`, which is zero beyond the borders. */
typedef struct {
    int64_t n, out_first, out_step;
    int64_t n_taps, tap_first, tap_step;
    int64_t step, from_first, from_step;
    int64_t lowest, highest; /* of the elements that output 0 reads */
} tg_axis;

static inline tg_axis tg_with_reach(tg_axis axis)
{
    const int64_t reach = axis.n_taps > 0 ? (axis.n_taps - 1) * axis.from_step : 0;
    axis.lowest = axis.from_first + (reach < 0 ? reach : 0);
    axis.highest = axis.from_first + (reach > 0 ? reach : 0);
    return axis;
}

/* The outputs of one pass, a number a dimension. Turned, each remainder of the stride is a pass. */
static inline tg_axis tg_axis_of(const tg_sliding *p, int d, int64_t remainder)
{
    const int64_t stride = p->stride[d], dilation = p->dilation[d], out = p->out[d];
    tg_axis axis = {out, 0, 1, p->kernel[d], 0, 1, stride, -p->padding[d], dilation, 0, 0};
    if (!p->is_turned)
        return tg_with_reach(axis);
    axis.n = out > remainder ? (out - remainder + stride - 1) / stride : 0;
    axis.out_first = remainder;
    axis.out_step = stride;
    axis.step = 1;
    /* Weights k for which remainder + padding - k * dilation is a multiple of the stride. */
    int64_t first = -1, second = -1;
    for (int64_t k = 0; k < p->kernel[d] && second < 0; k++)
        if ((remainder + p->padding[d] - k * dilation) % stride == 0) {
            if (first < 0)
                first = k;
            else
                second = k;
        }
    axis.tap_step = second < 0 ? 1 : second - first;
    axis.n_taps = first < 0 ? 0 : (p->kernel[d] - 1 - first) / axis.tap_step + 1;
    if (second < 0 && first >= 0)
        axis.n_taps = 1;
    axis.tap_first = first < 0 ? 0 : first;
    axis.from_first = (remainder + p->padding[d] - axis.tap_first * dilation) / stride;
    axis.from_step = -(axis.tap_step * dilation) / stride;
    return tg_with_reach(axis);
}

/* What all passes read, as if it were one pass. */
static inline tg_axis tg_all_of(const tg_sliding *p, int d)
{
    tg_axis all = tg_axis_of(p, d, 0);
    for (int64_t remainder = 1; p->is_turned && remainder < p->stride[d]; remainder++) {
        const tg_axis axis = tg_axis_of(p, d, remainder);
        if (axis.n_taps == 0 || axis.n == 0)
            continue;
        all.lowest = all.n_taps == 0 || axis.lowest < all.lowest ? axis.lowest : all.lowest;
        all.highest = all.n_taps == 0 || axis.highest > all.highest ? axis.highest : all.highest;
        all.n_taps = axis.n_taps > all.n_taps ? axis.n_taps : all.n_taps;
    }
    return all;
}

static inline int64_t tg_least(int64_t a, int64_t b) { return a < b ? a : b; }

/* The next of the fewest parts, as equal as may be, of at most `limit` that make up `n`. */
static inline int64_t tg_equal_part(int64_t n, int64_t limit)
{
    const int64_t n_parts = (n + limit - 1) / limit;
    return (n + n_parts - 1) / n_parts;
}

/* A chain of additions gathers the error of each, and the sum of several chains less of it: how
 * many products of `n` to add one after another. Few are one chain, as PyTorch's. */
enum { TG_LONGEST_CHAIN = 96, TG_SHORTEST_CHAIN = 32 };

static inline int64_t tg_chain_length(int64_t n)
{
    const int64_t length = n / 4 < TG_LONGEST_CHAIN ? n / 4 : TG_LONGEST_CHAIN;
    return length > TG_SHORTEST_CHAIN ? length : TG_SHORTEST_CHAIN;
}

/* The elements that some of an axis's outputs read: from `first` on, `size` of them. */
typedef struct {
    int64_t first, size;
} tg_span;

static inline tg_span tg_span_of(const tg_axis *axis, int64_t start, int64_t n)
{
    const tg_span span = {start * axis->step + axis->lowest,
                          (n - 1) * axis->step + axis->highest - axis->lowest + 1};
    return span;
}

/* Samples, and along one dimension outputs, whose elements fit into the nearest caches. */
typedef struct {
    int64_t n_samples, length;
    int along;
} tg_blocks;

enum { TG_BLOCK_BYTES = 1 << 20, TG_LEAST_LINES = 4 };

/* Of images that are woven: their longest rows, and the least products of an output. */
enum { TG_MOST_WOVEN = 7, TG_LEAST_WOVEN_PRODUCTS = 128 };

static inline tg_blocks tg_blocks_of(const tg_axis axes[3], int64_t n_samples, int64_t channels,
                                     int64_t item, int64_t limit)
{
    int64_t bytes = channels * item;
    tg_blocks blocks = {1, 0, 0};
    while (blocks.along < 2 && axes[blocks.along].n <= 1)
        blocks.along++;
    for (int d = 0; d < 3; d++)
        bytes *= tg_span_of(&axes[d], 0, axes[d].n).size;
    blocks.length = axes[blocks.along].n;
    if (bytes <= limit) {
        blocks.n_samples = limit / (bytes > 0 ? bytes : 1);
        blocks.n_samples = blocks.n_samples < n_samples ? blocks.n_samples : n_samples;
    } else {
        const int64_t fits = (int64_t)((double)blocks.length * (double)limit / (double)bytes);
        const int64_t least = blocks.length < TG_LEAST_LINES ? blocks.length : TG_LEAST_LINES;
        const int64_t n = fits > least ? fits : least;
        /* Equal blocks rather than a short one at the end. */
        const int64_t n_blocks = (blocks.length + n - 1) / n;
        blocks.length = (blocks.length + n_blocks - 1) / n_blocks;
    }
    return blocks;
}

#endif
