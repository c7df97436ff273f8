/* Images and volumes read at the positions of a grid, and both gradients.
 *
 * The derivatives that can be differentiated again are written in ops/spatial/grid.py, which also
 * says what is computed: positions, paddings and weights are named as there. */
#ifndef TG_GRID_H
#define TG_GRID_H

#include "loops.h"

#include <math.h>

enum { AT_BILINEAR, AT_NEAREST, AT_BICUBIC };
enum { PAD_ZEROS, PAD_BORDER, PAD_REFLECTION };
enum { AXES = 3, MOST_TAPS = 4, MOST_CORNERS = 16 };

typedef struct {
    int64_t mode, padding, aligned, size[AXES]; /* of the depth, the rows and the columns */
} grid_params;

/* Elements along one axis, of which those outside have place -1; weights, and how steep they are
 * in the position. */
typedef struct {
    int n;
    tg_intp place[MOST_TAPS];
    double weight[MOST_TAPS], slope[MOST_TAPS];
} taps;

/* Elements where the taps of all axes meet, by their numbers in a plane. */
typedef struct {
    int n;
    tg_intp offset[MOST_CORNERS];
    double weight[MOST_CORNERS], slope[AXES][MOST_CORNERS];
    double along[MOST_CORNERS], across[MOST_CORNERS]; /* the weight's two factors */
    int ends_row[MOST_CORNERS];
} corners;

/* The C library's function is a call where the processor need not have the instruction. */
static inline double floor_of(double x)
{
    const double cut = fabs(x) < 0x1p52 ? (double)(int64_t)x : x;
    return cut - (cut > x);
}

static inline tg_intp inside(double place, tg_intp size)
{
    return place >= 0 && place <= (double)(size - 1) ? (tg_intp)place : -1;
}

/* Numbers are rounded to T after each operation, as those of tensors are. */
#define GRID_LOOPS(op, dtype, T, C, load, store, number, letter)                                  \
    static T unnormalized_##dtype(T x, tg_intp size, int aligned, T *factor)                      \
    {                                                                                             \
        const T from_one = x + 1;                                                                 \
        *factor = (T)((double)(aligned ? size - 1 : size) / 2);                                   \
        return aligned ? from_one * *factor                                                       \
                       : (T)((double)from_one * ((double)size / 2) - 0.5);                        \
    }                                                                                             \
    static T clipped_##dtype(T x, tg_intp size, T *bend)                                          \
    {                                                                                             \
        const T last = (T)(size - 1);                                                             \
        *bend = x > 0 && x < last ? *bend : 0;                                                    \
        return x < 0 ? 0 : x > last ? last : x;                                                   \
    }                                                                                             \
    static T reflected_##dtype(T x, tg_intp size, int aligned, T *bend)                           \
    {                                                                                             \
        const T low = aligned ? 0 : (T)-0.5, span = (T)(aligned ? size - 1 : size);               \
        if (span == 0) {                                                                          \
            *bend = x * 0;                                                                        \
            return x * 0;                                                                         \
        }                                                                                         \
        const T distance = (T)fabs((double)(x - low));                                            \
        const T flips = (T)floor_of((double)(T)(distance / span));                                \
        const T rest = distance - flips * span;                                                   \
        const int is_even = fmod((double)flips, 2) == 0;                                          \
        *bend = (x - low >= 0) == is_even ? 1 : -1;                                               \
        return is_even ? rest + low : span - rest + low;                                          \
    }                                                                                             \
    static T kept_inside_##dtype(T x, tg_intp size, const grid_params *p, T *bend)                \
    {                                                                                             \
        *bend = 1;                                                                                \
        if (p->padding == PAD_ZEROS)                                                              \
            return x;                                                                             \
        if (p->padding == PAD_REFLECTION)                                                         \
            x = reflected_##dtype(x, size, p->aligned != 0, bend);                                \
        return clipped_##dtype(x, size, bend);                                                    \
    }                                                                                             \
    static void cubic_##dtype(T t, T factor, taps *to)                                            \
    {                                                                                             \
        const T a = (T)-0.75, at[MOST_TAPS] = {t + 1, t, 1 - t, 2 - t};                           \
        for (int k = 0; k < MOST_TAPS; k++) {                                                     \
            const T d = at[k], sign = k < 2 ? 1 : -1;                                             \
            const int is_near = k == 1 || k == 2;                                                 \
            const T slope = is_near ? (3 * (a + 2) * d - 2 * (a + 3)) * d                         \
                                    : (3 * a * d - 10 * a) * d + 8 * a;                           \
            to->weight[k] = is_near ? ((a + 2) * d - (a + 3)) * d * d + 1                         \
                                    : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;                  \
            to->slope[k] = slope * sign * factor;                                                 \
        }                                                                                         \
    }                                                                                             \
    static void read_axis_##dtype(T x, tg_intp size, const grid_params *p, taps *to)              \
    {                                                                                             \
        T factor, bend;                                                                           \
        const T position = unnormalized_##dtype(x, size, p->aligned != 0, &factor);               \
        if (p->mode == AT_BICUBIC) {                                                              \
            const T first = (T)floor_of((double)position);                                        \
            to->n = MOST_TAPS;                                                                    \
            cubic_##dtype(position - first, factor, to);                                          \
            for (int k = 0; k < MOST_TAPS; k++)                                                   \
                to->place[k] = inside(                                                            \
                    rint((double)kept_inside_##dtype(first + (T)(k - 1), size, p, &bend)), size); \
            return;                                                                               \
        }                                                                                         \
        const T kept = kept_inside_##dtype(position, size, p, &bend);                             \
        if (p->mode == AT_NEAREST) {                                                              \
            to->n = 1;                                                                            \
            to->place[0] = inside(rint((double)kept), size);                                      \
            to->weight[0] = 1;                                                                    \
            to->slope[0] = 0;                                                                     \
            return;                                                                               \
        }                                                                                         \
        const T first = (T)floor_of((double)kept), t = kept - first, steep = bend * factor;       \
        to->n = 2;                                                                                \
        to->place[0] = inside((double)first, size);                                               \
        to->place[1] = inside((double)first + 1, size);                                           \
        to->weight[0] = (T)(1 - t);                                                               \
        to->weight[1] = t;                                                                        \
        to->slope[0] = -steep;                                                                    \
        to->slope[1] = steep;                                                                     \
    }                                                                                             \
    /* What one position reads. */                                                                \
    static void read_##dtype(const char *position, tg_intp step, tg_intp n_axes,                  \
                             const grid_params *p, corners *to)                                   \
    {                                                                                             \
        const tg_intp columns = (tg_intp)p->size[2], plane = (tg_intp)p->size[1] * columns;       \
        taps by_axis[AXES];                                                                       \
        by_axis[0].n = 1; /* of a plane */                                                        \
        by_axis[0].place[0] = 0;                                                                  \
        by_axis[0].weight[0] = 1;                                                                 \
        by_axis[0].slope[0] = 0;                                                                  \
        for (tg_intp k = 0; k < n_axes; k++)                                                      \
            read_axis_##dtype(TG_AT(const T, position, k * step), (tg_intp)p->size[AXES - 1 - k], \
                              p, &by_axis[AXES - 1 - k]);                                         \
        const taps *z = &by_axis[0], *y = &by_axis[1], *x = &by_axis[2];                          \
        to->n = 0;                                                                                \
        for (int i = 0; i < z->n; i++)                                                            \
            for (int j = 0; j < y->n; j++) {                                                      \
                for (int k = 0; k < x->n; k++) {                                                  \
                    if (z->place[i] < 0 || y->place[j] < 0 || x->place[k] < 0)                    \
                        continue;                                                                 \
                    const T wz = (T)z->weight[i], wy = (T)y->weight[j], wx = (T)x->weight[k];     \
                    to->offset[to->n] = z->place[i] * plane + y->place[j] * columns + x->place[k];\
                    to->along[to->n] = wx;                                                        \
                    to->across[to->n] = wz * wy;                                                  \
                    to->ends_row[to->n] = 0;                                                      \
                    to->weight[to->n] = wz * wy * wx;                                             \
                    to->slope[0][to->n] = wz * wy * (T)x->slope[k];                               \
                    to->slope[1][to->n] = wz * (T)y->slope[j] * wx;                               \
                    to->slope[2][to->n++] = (T)z->slope[i] * wy * wx;                             \
                }                                                                                 \
                if (to->n > 0)                                                                    \
                    to->ends_row[to->n - 1] = 1;                                                  \
            }                                                                                     \
    }                                                                                             \
    TG_LOOP(grid_sample_##dtype)                                                                  \
    {                                                                                             \
        const tg_intp channels = dims[1], n = dims[3];                                            \
        const int by_rows = ((const grid_params *)params)->mode == AT_BICUBIC; /* as PyTorch */   \
        for (tg_intp b = 0; b < dims[0]; b++)                                                     \
            for (tg_intp i = 0; i < n; i++) {                                                     \
                corners c;                                                                        \
                read_##dtype(args[1] + b * steps[1] + i * steps[5], steps[6], dims[4], params,    \
                             &c);                                                                 \
                for (tg_intp k = 0; k < channels; k++) {                                          \
                    const char *plane = args[0] + b * steps[0] + k * steps[3];                    \
                    T sum = 0, row = 0;                                                           \
                    for (int j = 0; j < c.n; j++) {                                               \
                        const T x = TG_AT(const T, plane, c.offset[j] * steps[4]);                \
                        if (!by_rows) {                                                           \
                            sum += x * (T)c.weight[j];                                            \
                            continue;                                                             \
                        }                                                                         \
                        row += x * (T)c.along[j];                                                 \
                        if (c.ends_row[j]) {                                                      \
                            sum += row * (T)c.across[j];                                          \
                            row = 0;                                                              \
                        }                                                                         \
                    }                                                                             \
                    TG_AT(T, args[2], b * steps[2] + k * steps[7] + i * steps[8]) = sum;          \
                }                                                                                 \
            }                                                                                     \
    }                                                                                             \
    /* g, input, grid -> the gradients of both. */                                                \
    TG_LOOP(grid_sample_backward_##dtype)                                                         \
    {                                                                                             \
        const tg_intp channels = dims[1], n = dims[2];                                            \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                   \
            const char *g = args[0] + b * steps[0], *from = args[1] + b * steps[1];               \
            char *to = args[3] + b * steps[3];                                                    \
            for (tg_intp k = 0; k < channels; k++)                                                \
                for (tg_intp j = 0; j < dims[3]; j++)                                             \
                    TG_AT(T, to, k * steps[11] + j * steps[12]) = 0;                              \
            for (tg_intp i = 0; i < n; i++) {                                                     \
                corners c;                                                                        \
                T totals[AXES] = {0};                                                             \
                read_##dtype(args[2] + b * steps[2] + i * steps[9], steps[10], dims[4], params,   \
                             &c);                                                                 \
                for (int j = 0; j < c.n; j++) {                                                   \
                    const tg_intp at = c.offset[j];                                               \
                    T agreement = 0;                                                              \
                    for (tg_intp k = 0; k < channels; k++) {                                      \
                        const T slope = TG_AT(const T, g, k * steps[5] + i * steps[6]);           \
                        TG_AT(T, to, k * steps[11] + at * steps[12]) += slope * (T)c.weight[j];   \
                        agreement += TG_AT(const T, from, k * steps[7] + at * steps[8]) * slope;  \
                    }                                                                             \
                    for (int a = 0; a < AXES; a++)                                                \
                        totals[a] += agreement * (T)c.slope[a][j];                                \
                }                                                                                 \
                for (tg_intp a = 0; a < dims[4]; a++)                                             \
                    TG_AT(T, args[4], b * steps[4] + i * steps[13] + a * steps[14]) = totals[a];  \
            }                                                                                     \
        }                                                                                         \
    }

GRID_LOOPS(grid_sample, float32, float, float, TG_AS_IS, TG_AS_IS, TG_FLOAT32, "f")
GRID_LOOPS(grid_sample, float64, double, double, TG_AS_IS, TG_AS_IS, TG_FLOAT64, "d")

#define GRID_ROWS(dtype, number, x)                                                               \
    {"grid_sample", "(c,s),(n,a)->(c,n)", x x x, number, grid_sample_##dtype, "qqqqqq",           \
     sizeof(grid_params), 0},                                                                     \
    {"grid_sample_backward", "(c,n),(c,s),(n,a)->(c,s),(n,a)", x x x x x, number,                 \
     grid_sample_backward_##dtype, "qqqqqq", sizeof(grid_params), 0},

#endif
