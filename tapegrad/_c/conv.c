/* The patches that a kernel of a convolution covers, and back: im2col and col2im.
 *
 * A plane is one channel of one sample, (depth, height, width) row-major and without gaps; what
 * has fewer dimensions has ones in front. Row k of the patches holds, for each output position,
 * the element that the kernel's k-th weight meets there; beyond the borders it is zero. Products
 * with the weights are matrix products, which are not this file's. */
#include "loops.h"

#include <string.h>

typedef struct {
    int64_t status;
    int64_t in[3], kernel[3], stride[3], padding[3], dilation[3], out[3];
} patch_params;

static int64_t product(const int64_t *sizes) { return sizes[0] * sizes[1] * sizes[2]; }

/* Whether the operands have the sizes that the params promise. */
static int sizes_agree(patch_params *p, tg_intp n_in, tg_intp n_kernel, tg_intp n_out)
{
    if (product(p->in) == n_in && product(p->kernel) == n_kernel && product(p->out) == n_out)
        return 1;
    p->status = 1;
    return 0;
}

/* The outputs o, of n, for which o * stride + offset lies in a line of `size` elements. */
static void outputs_inside(int64_t n, int64_t stride, int64_t offset, int64_t size, int64_t *first,
                           int64_t *end)
{
    *first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    *end = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
    if (*end > n)
        *end = n;
    if (*first > *end)
        *first = *end;
}

/* One line of outputs for one weight: where it starts among the patches and in the plane, and
 * which of its outputs meet the plane. */
typedef struct {
    int64_t row;    /* of the patches: the number of the weight */
    int64_t column; /* of the patches: the number of the line's first output */
    int64_t from;   /* in the plane: where the output 0 of the line would read */
    int64_t first, end;
} line;

/* Steps to the next line; 0 when all have been seen. `at` counts weight and line. */
static int next_line(const patch_params *p, int64_t at[5], line *now)
{
    const int64_t limits[5] = {p->kernel[0], p->kernel[1], p->kernel[2], p->out[0], p->out[1]};
    int axis = 4;
    if (at[0] < 0) {
        for (int k = 0; k < 5; k++) {
            at[k] = 0;
            if (limits[k] == 0)
                return 0;
        }
    } else {
        while (axis >= 0 && ++at[axis] == limits[axis])
            at[axis--] = 0;
        if (axis < 0)
            return 0;
    }
    const int64_t z = at[3] * p->stride[0] - p->padding[0] + at[0] * p->dilation[0];
    const int64_t y = at[4] * p->stride[1] - p->padding[1] + at[1] * p->dilation[1];
    const int64_t x = at[2] * p->dilation[2] - p->padding[2];
    now->row = (at[0] * p->kernel[1] + at[1]) * p->kernel[2] + at[2];
    now->column = (at[3] * p->out[1] + at[4]) * p->out[2];
    now->from = (z * p->in[1] + y) * p->in[2] + x;
    now->first = now->end = 0;
    if (z >= 0 && z < p->in[0] && y >= 0 && y < p->in[1])
        outputs_inside(p->out[2], p->stride[2], x, p->in[2], &now->first, &now->end);
    return 1;
}

/* patches[k, l] = plane[position of weight k at output l], or zero */
#define IM2COL(name, T)                                                                            \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        patch_params *p = params;                                                                  \
        const tg_intp in_step = steps[2], row_step = steps[3], out_step = steps[4];                \
        const int64_t stride = p->stride[2];                                                       \
        if (!sizes_agree(p, dims[1], dims[2], dims[3]))                                            \
            return;                                                                                \
        const int is_packed =                                                                      \
            stride == 1 && in_step == (tg_intp)sizeof(T) && out_step == (tg_intp)sizeof(T);        \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const char *in = args[0] + plane * steps[0];                                           \
            int64_t at[5] = {-1, 0, 0, 0, 0};                                                      \
            line now;                                                                              \
            while (next_line(p, at, &now)) {                                                       \
                char *out = args[1] + plane * steps[1] + now.row * row_step + now.column * out_step; \
                for (int64_t o = 0; o < now.first; o++)                                            \
                    TG_AT(T, out, o * out_step) = 0;                                               \
                if (is_packed && now.end > now.first)                                              \
                    memcpy(out + now.first * out_step, in + (now.from + now.first) * in_step,      \
                           (size_t)(now.end - now.first) * sizeof(T));                             \
                else                                                                               \
                    for (int64_t o = now.first; o < now.end; o++)                                  \
                        TG_AT(T, out, o * out_step) =                                              \
                            TG_AT(const T, in, (now.from + o * stride) * in_step);                 \
                for (int64_t o = now.end; o < p->out[2]; o++)                                      \
                    TG_AT(T, out, o * out_step) = 0;                                               \
            }                                                                                      \
        }                                                                                          \
    }

/* plane[i] = the sum of all patches[k, l] that im2col would have read there */
#define COL2IM(name, T, SUM)                                                                       \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        patch_params *p = params;                                                                  \
        const tg_intp row_step = steps[2], in_step = steps[3], out_step = steps[4];                \
        const int64_t stride = p->stride[2];                                                       \
        if (!sizes_agree(p, dims[3], dims[1], dims[2]))                                            \
            return;                                                                                \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            char *out = args[1] + plane * steps[1];                                                \
            int64_t at[5] = {-1, 0, 0, 0, 0};                                                      \
            line now;                                                                              \
            for (tg_intp i = 0; i < dims[3]; i++)                                                  \
                TG_AT(T, out, i * out_step) = 0;                                                   \
            while (next_line(p, at, &now)) {                                                       \
                const char *in =                                                                   \
                    args[0] + plane * steps[0] + now.row * row_step + now.column * in_step;        \
                for (int64_t o = now.first; o < now.end; o++) {                                    \
                    T *to = &TG_AT(T, out, (now.from + o * stride) * out_step);                    \
                    const T x = TG_AT(const T, in, o * in_step), y = *to;                          \
                    *to = SUM;                                                                     \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

IM2COL(im2col_1, uint8_t)
IM2COL(im2col_2, uint16_t)
IM2COL(im2col_4, uint32_t)
IM2COL(im2col_8, uint64_t)

#define COL2IM_BOOL(op, dtype, T, ...) COL2IM(op##_##dtype, T, ((x | y) != 0))
#define COL2IM_INTEGER(op, dtype, T, ...) COL2IM(op##_##dtype, T, (T)((uint64_t)y + (uint64_t)x))
#define COL2IM_FLOAT(op, dtype, T, C, load, store, ...) \
    COL2IM(op##_##dtype, T, store(load(y) + load(x)))

TG_BOOLS(COL2IM_BOOL, col2im)
TG_INTEGERS(COL2IM_INTEGER, col2im)
TG_FLOATS(COL2IM_FLOAT, col2im)

#define ROW_IM2COL(op, dtype, T, C, load, store, number, letter)                         \
    {#op, "(i)->(k,l)", letter letter, number, TG_OF_SIZE_OF(T, im2col), "19q", sizeof(patch_params), 1},
#define ROW_COL2IM(op, dtype, T, C, load, store, number, letter)                         \
    {#op, "(k,l)->(i)", letter letter, number, op##_##dtype, "19q", sizeof(patch_params), 1},

const tg_kernel tg_conv_kernels[] = {
    TG_ALL(ROW_IM2COL, im2col)
    TG_ALL(ROW_COL2IM, col2im)
    TG_TABLE_END
};
