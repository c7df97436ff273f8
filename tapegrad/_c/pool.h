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
