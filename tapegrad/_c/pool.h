/* Where the windows of pools lie.
 *
 * A plane is one channel of one sample, (depth, height, width) row-major; what has fewer
 * dimensions has ones in front. An output's box is the product of one window an axis. */
#ifndef TG_POOL_H
#define TG_POOL_H

#include "loops.h"

/* A kernel size of 0 stands for adaptive windows, which share the axis out evenly. */
typedef struct {
    int64_t n_in, n_out, kernel, stride, padding, dilation;
} pool_axis;

typedef struct {
    int64_t status;
    pool_axis axes[3];
    int64_t counts_padding; /* whether a mean divides by places beyond the borders too */
    int64_t divisor;        /* what a mean divides by instead; 0 for the count */
} pool_params;

/* The row of a kernel with these params in its family's table. */
#define TG_POOL_ROW(op, signature, types, number, loop) \
    {op, signature, types, number, loop, "21q", sizeof(pool_params), 1},

typedef struct {
    int64_t start, end, step; /* the places inside the plane */
    int64_t count;            /* how many there are, with those in the padding */
} window;

static inline window window_of(const pool_axis *axis, int64_t o)
{
    window w = {0, 0, 1, 0};
    if (axis->kernel == 0) {
        w.start = o * axis->n_in / axis->n_out;
        w.end = ((o + 1) * axis->n_in + axis->n_out - 1) / axis->n_out;
        w.count = w.end - w.start;
        return w;
    }
    w.step = axis->dilation;
    w.start = o * axis->stride - axis->padding;
    w.end = w.start + (axis->kernel - 1) * axis->dilation + 1;
    if (w.end > axis->n_in + axis->padding)
        w.end = axis->n_in + axis->padding;
    w.count = w.end - w.start;
    if (w.start < 0)
        w.start += (-w.start + w.step - 1) / w.step * w.step;
    if (w.end > axis->n_in)
        w.end = axis->n_in;
    return w;
}

static inline int64_t length(const window *w) { return w->end > w->start ? w->end - w->start : 0; }

/* How many outputs of a line are found together, of windows with how many taps, how far apart: of
 * more or further ones a line's places are read one by one. */
enum { TOGETHER = 256, MOST_TAPS = 32, MOST_STRIDE = 2 };

/* Where the outputs are, from `first` up to `end`, in whose windows a tap lies inside the plane; that
 * of output o reads the place o * stride + offset. */
typedef struct {
    int64_t first, end, offset;
} tap_range;

/* Whether outputs of a line can be found tap by tap: of packed planes, with windows that are the
 * same for all of them, or become so: adaptive ones that share an axis out evenly. */
static inline int goes_by_taps(pool_axis *across, const tg_intp *core, tg_intp item)
{
    if (core[0] != item || core[1] != item)
        return 0;
    if (across->kernel == 0 && across->n_out > 1 && across->n_in % across->n_out == 0) {
        across->kernel = across->stride = across->n_in / across->n_out;
        across->padding = 0;
        across->dilation = 1;
    }
    return across->kernel > 0 && across->kernel <= MOST_TAPS && across->stride <= MOST_STRIDE;
}

static inline void find_taps(const pool_axis *axis, tap_range *taps)
{
    for (int64_t k = 0; k < axis->kernel; k++) {
        const int64_t offset = k * axis->dilation - axis->padding, last = axis->n_in - 1 - offset;
        const int64_t beyond = last < 0 ? 0 : last / axis->stride + 1;
        taps[k].offset = offset;
        taps[k].first = offset < 0 ? (-offset + axis->stride - 1) / axis->stride : 0;
        taps[k].end = beyond < axis->n_out ? beyond : axis->n_out;
    }
}

/* Runs BODY for the outputs o from `first` up to `end`, among n from `start` on, that have a tap in a
 * row of the plane, which begins at place `row`, with the tap's offset; taps in an order. */
#define FOR_TAPS(axes, w0, w1, taps, start, n, from, by, BODY)                                     \
    for (int64_t i0 = (w0).start; i0 < (w0).end; i0 += (w0).step)                                  \
        for (int64_t i1 = (w1).start; i1 < (w1).end; i1 += (w1).step) {                            \
            const int64_t row = (i0 * (axes)[1].n_in + i1) * (axes)[2].n_in;                       \
            for (int64_t tap = (from); tap >= 0 && tap < (axes)[2].kernel; tap += (by)) {          \
                const tap_range range = (taps)[tap];                                               \
                const int64_t offset = range.offset, last = start + n;                             \
                const int64_t first = range.first < start ? start : range.first;                   \
                const int64_t end = range.end < last ? range.end : last;                           \
                BODY                                                                               \
            }                                                                                      \
        }

/* Whether the operands have the sizes that the params promise. */
static inline int sizes_agree(pool_params *p, tg_intp n_in, tg_intp n_out)
{
    const pool_axis *a = p->axes;
    if (a[0].n_in * a[1].n_in * a[2].n_in == n_in && a[0].n_out * a[1].n_out * a[2].n_out == n_out)
        return 1;
    p->status = 1;
    return 0;
}

#endif
