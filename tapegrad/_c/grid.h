/* Images and volumes read at the positions of a grid, and both gradients.
 *
 * The derivatives that can be differentiated again are written in ops/spatial/grid.py, which also
 * says what is computed: positions, paddings and weights are named as there. */
#ifndef TG_GRID_H
#define TG_GRID_H

#include "vectors.h"

#include <math.h>
#include <string.h>

enum { AT_BILINEAR, AT_NEAREST, AT_BICUBIC };
enum { PAD_ZEROS, PAD_BORDER, PAD_REFLECTION };
enum { AXES = 3, MOST_TAPS = 4, MOST_CORNERS = 16, AT_ONCE = 32 };

typedef struct {
    int64_t mode, padding, aligned, size[AXES]; /* of the depth, the rows and the columns */
} grid_params;

/* The C library's function is a call where the processor need not have the instruction. */
static inline double floor_of(double x)
{
    const double cut = fabs(x) < 0x1p52 ? (double)(int64_t)x : x;
    return cut - (cut > x);
}

/* Do the same with each position of a block. */
#define FOR_ALL(i) TG_SIDE_BY_SIDE for (int i = 0; i < AT_ONCE; i++)

#define T float
#define NAME(name) name##_float32
#define GRID_LOOP TG_VECTOR_LOOP_OF
#define FUSED fused
#define FLOOR_OF floorf
#define RINT_OF rintf
#include "grid_type.h"

/* Once: grids of doubles are rare. */
#define T double
#define NAME(name) name##_float64
#define GRID_LOOP TG_LOOP
#define FUSED TG_BASELINE_IS_FUSED
#define FLOOR_OF floor
#define RINT_OF rint
#include "grid_type.h"

#undef FOR_ALL

#define GRID_ROWS(dtype, number, x)                                                               \
    {"grid_sample", "(c,s),(n,a)->(c,n)", x x x, number, grid_sample_##dtype, "qqqqqq",           \
     sizeof(grid_params), 0},                                                                     \
    {"grid_sample_backward", "(c,n),(c,s),(n,a)->(c,s),(n,a)", x x x x x, number,                 \
     grid_sample_backward_##dtype, "qqqqqq", sizeof(grid_params), 0},

#endif
