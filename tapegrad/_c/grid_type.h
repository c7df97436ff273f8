/* Reading at the positions of a grid, for one element type T: included by grid.h once for each, whose
 * definitions it takes back at its end.
 *
 * AT_ONCE positions are read together: what lies where along each axis, then the corners where axes
 * meet, then channel by channel. Numbers are rounded to T after each operation, as those of tensors
 * are. */

/* Elements along one axis, of which those outside have place -1. */
typedef struct {
    int n;
    int32_t place[MOST_TAPS][AT_ONCE];
    T weight[MOST_TAPS][AT_ONCE], slope[MOST_TAPS][AT_ONCE]; /* of the weight in the position */
} NAME(taps);

/* Where the taps of all axes meet, row by row along the last one: offsets in a plane, the first
 * where it is outside, and weights as the product of that along a row and that across rows. */
typedef struct {
    int n, n_along;
    int32_t offset[MOST_CORNERS][AT_ONCE], is_there[MOST_CORNERS][AT_ONCE];
    T weight[MOST_CORNERS][AT_ONCE], slope[AXES][MOST_CORNERS][AT_ONCE];
    T along[MOST_TAPS][AT_ONCE], across[MOST_TAPS][AT_ONCE];
} NAME(corners);

static TG_INLINE T NAME(floored)(T x, const int fused)
{
    return fused ? (T)FLOOR_OF(x) : (T)floor_of((double)x);
}

/* The nearest position within; `bend` is 0 where it was beyond. What is no number is the first of a
 * plane, and the last of a volume. */
static TG_INLINE T NAME(clipped)(T x, T last, int in_volume, T *bend)
{
    *bend = x > 0 && x < last ? *bend : 0;
    return x <= 0 ? 0 : x > last ? last : x == x ? x : in_volume ? last : 0;
}

/* Reflected at the borders as often as it takes; `bend` is the sign of the slope. */
static TG_INLINE T NAME(reflected)(T x, T low, T span, T *bend, const int fused)
{
    const T distance = x - low, away = distance < 0 ? -distance : distance;
    const T flips = NAME(floored)(away / span, fused), rest = away - flips * span;
    const int is_even = flips - 2 * NAME(floored)(flips / 2, fused) == 0;
    *bend = (distance >= 0) == is_even ? 1 : -1;
    return is_even ? rest + low : span - rest + low;
}

/* Positions as the padding has them, and how steep that is. */
static TG_INLINE void NAME(keep_inside)(T *restrict x, T *restrict bend, tg_intp size,
                                        const grid_params *p, int in_volume, const int fused)
{
    const int aligned = p->aligned != 0;
    const T low = aligned ? 0 : (T)-0.5, span = (T)(aligned ? size - 1 : size);
    FOR_ALL(i)
        bend[i] = 1;
    if (p->padding == PAD_REFLECTION && span == 0)
        FOR_ALL(i)
            x[i] = bend[i] = x[i] * 0;
    else if (p->padding == PAD_REFLECTION)
        FOR_ALL(i)
            x[i] = NAME(reflected)(x[i], low, span, &bend[i], fused);
    if (p->padding != PAD_ZEROS)
        FOR_ALL(i)
            x[i] = NAME(clipped)(x[i], (T)(size - 1), in_volume, &bend[i]);
}

/* Numbers of elements. */
static TG_INLINE void NAME(put_places)(const T *x, tg_intp size, int k, NAME(taps) *to)
{
    FOR_ALL(i) {
        const T within = x[i] >= 0 && x[i] < (T)0x1p31 ? x[i] : (T)-1;
        const int32_t place = (int32_t)within;
        to->place[k][i] = place >= 0 && place < size ? place : -1;
    }
}

/* The cubic convolution of Keys 1981 at a distance of less than 1 or 2, and its slope. */
static TG_INLINE T NAME(cubic)(T d, int is_near, T *slope)
{
    const T a = (T)-0.75;
    *slope = is_near ? (3 * (a + 2) * d - 2 * (a + 3)) * d : (3 * a * d - 10 * a) * d + 8 * a;
    return is_near ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

static TG_INLINE void NAME(read_cubic)(const T *position, T factor, tg_intp size,
                                       const grid_params *p, const int with_slopes,
                                       NAME(taps) *to, const int fused)
{
    T first[AT_ONCE], at[AT_ONCE], bend[AT_ONCE];
    FOR_ALL(i)
        first[i] = NAME(floored)(position[i], fused);
    to->n = MOST_TAPS;
    for (int k = 0; k < MOST_TAPS; k++) {
        FOR_ALL(i) {
            const T t = position[i] - first[i];
            const T d = k == 0 ? t + 1 : k == 1 ? t : k == 2 ? 1 - t : 2 - t;
            T slope;
            to->weight[k][i] = NAME(cubic)(d, k == 1 || k == 2, &slope);
            if (with_slopes)
                to->slope[k][i] = slope * (k < 2 ? factor : -factor);
            at[i] = first[i] + (T)(k - 1);
        }
        NAME(keep_inside)(at, bend, size, p, 0, fused);
        FOR_ALL(i)
            at[i] = RINT_OF(at[i]);
        NAME(put_places)(at, size, k, to);
    }
}

/* What grid numbers from -1 to 1 read along one axis. */
static TG_INLINE void NAME(read_axis)(const T *x, tg_intp size, const grid_params *p,
                                      int in_volume, const int with_slopes, NAME(taps) *to,
                                      const int fused)
{
    const int aligned = p->aligned != 0;
    const T factor = (T)((double)(aligned ? size - 1 : size) / 2);
    T position[AT_ONCE], bend[AT_ONCE];
    FOR_ALL(i) {
        const T from_one = x[i] + 1;
        position[i] = aligned ? from_one * factor
                              : (T)((double)from_one * ((double)size / 2) - 0.5);
    }
    if (p->mode == AT_BICUBIC) {
        NAME(read_cubic)(position, factor, size, p, with_slopes, to, fused);
        return;
    }
    NAME(keep_inside)(position, bend, size, p, in_volume, fused);
    if (in_volume) /* where PyTorch puts it outside, and so reads 0; of a plane nan */
        FOR_ALL(i)
            position[i] = position[i] - position[i] == 0 ? position[i] : -100;
    to->n = p->mode == AT_NEAREST ? 1 : 2;
    FOR_ALL(i) {
        const T first = p->mode == AT_NEAREST ? RINT_OF(position[i])
                                              : NAME(floored)(position[i], fused);
        const T t = p->mode == AT_NEAREST ? 0 : position[i] - first;
        const T steep = p->mode == AT_NEAREST ? 0 : bend[i] * factor;
        to->weight[0][i] = 1 - t;
        to->weight[1][i] = t;
        if (with_slopes) {
            to->slope[0][i] = -steep;
            to->slope[1][i] = steep;
        }
        position[i] = first;
        bend[i] = first + 1;
    }
    NAME(put_places)(position, size, 0, to);
    if (to->n == 2)
        NAME(put_places)(bend, size, 1, to);
}

/* What `n` positions read; those that fill up the block lie in the middle of the image. */
static TG_INLINE void NAME(read_block)(const char *grid, tg_intp n, tg_intp step, tg_intp axis_step,
                                       tg_intp n_axes, tg_intp item, const grid_params *p,
                                       const int with_slopes, NAME(corners) *to, const int fused)
{
    const int32_t row = (int32_t)(p->size[2] * item), plane = (int32_t)p->size[1] * row;
    NAME(taps) by_axis[AXES], *z = by_axis, *y = by_axis + 1, *x = by_axis + 2;
    z->n = 1; /* of a plane */
    FOR_ALL(i) {
        z->place[0][i] = 0;
        z->weight[0][i] = 1;
        z->slope[0][i] = 0;
    }
    for (int a = 0; a < (n_axes == AXES ? AXES : 2); a++) {
        T numbers[AT_ONCE] = {0};
        for (tg_intp i = 0; i < n; i++)
            numbers[i] = TG_AT(const T, grid, i * step + a * axis_step);
        NAME(read_axis)(numbers, (tg_intp)p->size[AXES - 1 - a], p, n_axes == AXES,
                        with_slopes, by_axis + AXES - 1 - a, fused);
    }
    to->n = 0;
    to->n_along = x->n;
    for (int c = 0; c < x->n; c++)
        memcpy(to->along[c], x->weight[c], sizeof to->along[c]);
    for (int a = 0; a < z->n; a++)
        for (int b = 0; b < y->n; b++) {
            T across[AT_ONCE];
            FOR_ALL(i)
                to->across[to->n / x->n][i] = across[i] = z->weight[a][i] * y->weight[b][i];
            for (int c = 0; c < x->n; c++, to->n++)
                FOR_ALL(i) {
                    const int32_t at_z = z->place[a][i], at_y = y->place[b][i];
                    const int32_t at_x = x->place[c][i];
                    const int32_t offset = at_z * plane + at_y * row + at_x * (int32_t)item;
                    const int32_t is_there = (at_z | at_y | at_x) >= 0;
                    to->is_there[to->n][i] = is_there;
                    to->offset[to->n][i] = is_there ? offset : 0;
                    to->weight[to->n][i] = across[i] * x->weight[c][i];
                    if (!with_slopes)
                        continue;
                    to->slope[0][to->n][i] = across[i] * x->slope[c][i];
                    to->slope[1][to->n][i] = z->weight[a][i] * y->slope[b][i] * x->weight[c][i];
                    to->slope[2][to->n][i] = z->slope[a][i] * y->weight[b][i] * x->weight[c][i];
                }
        }
}

/* What a channel has at one corner of each position. */
static TG_INLINE void NAME(elements)(const NAME(corners) *c, int at, const T *plane,
                                     T *restrict x)
{
    FOR_ALL(i)
        x[i] = plane[c->offset[at][i]];
    FOR_ALL(i)
        x[i] = c->is_there[at][i] ? x[i] : 0;
}

static TG_INLINE void NAME(add_products)(const T *x, const T *weight, T *restrict sums)
{
    FOR_ALL(i)
        sums[i] += x[i] * weight[i];
}

static TG_INLINE T NAME(element)(const NAME(corners) *c, int at, int i, const T *plane)
{
    const T found = plane[c->offset[at][i]];
    return c->is_there[at][i] ? found : 0;
}

/* Adds what four corners of each position hold, by their weights: in registers. */
static TG_INLINE void NAME(add_four)(const NAME(corners) *c, int at, T (*weight)[AT_ONCE],
                                     const T *plane, T *restrict sums)
{
    FOR_ALL(i) {
        T sum = sums[i];
        sum += NAME(element)(c, at, i, plane) * weight[0][i];
        sum += NAME(element)(c, at + 1, i, plane) * weight[1][i];
        sum += NAME(element)(c, at + 2, i, plane) * weight[2][i];
        sum += NAME(element)(c, at + 3, i, plane) * weight[3][i];
        sums[i] = sum;
    }
}

/* The sums of weighted elements of one channel; cubic ones along rows first, as PyTorch's are. */
static TG_INLINE void NAME(sum_corners)(NAME(corners) *c, const T *plane, int by_rows,
                                        T *restrict sums)
{
    if (c->n == 1) {
        FOR_ALL(i)
            sums[i] = NAME(element)(c, 0, i, plane) * c->weight[0][i];
        return;
    }
    for (int at = 0; at < c->n; at += 4) {
        T row[AT_ONCE] = {0};
        NAME(add_four)(c, at, by_rows ? c->along : c->weight + at, plane, by_rows ? row : sums);
        if (by_rows)
            NAME(add_products)(row, c->across[at / 4], sums);
    }
}

GRID_LOOP(NAME(grid_sample))
{
    const tg_intp channels = dims[1], n = dims[3];
    const grid_params *p = params;
    for (tg_intp b = 0; b < dims[0]; b++)
        for (tg_intp i = 0; i < n; i += AT_ONCE) {
            const tg_intp n_now = n - i < AT_ONCE ? n - i : AT_ONCE;
            NAME(corners) c;
            NAME(read_block)(args[1] + b * steps[1] + i * steps[5], n_now, steps[5], steps[6],
                             dims[4], steps[4] / (tg_intp)sizeof(T), p, 0, &c, FUSED);
            for (tg_intp k = 0; k < channels; k++) {
                const T *plane = (const T *)(args[0] + b * steps[0] + k * steps[3]);
                char *out = args[2] + b * steps[2] + k * steps[7] + i * steps[8];
                T sums[AT_ONCE] = {0};
                NAME(sum_corners)(&c, plane, p->mode == AT_BICUBIC, sums);
                if (n_now == AT_ONCE && steps[8] == sizeof(T))
                    memcpy(out, sums, sizeof sums);
                else
                    for (tg_intp j = 0; j < n_now; j++)
                        TG_AT(T, out, j * steps[8]) = sums[j];
            }
        }
}

/* What the gradients of a block's outputs give to one channel, and how far they agree with what
 * each corner held there. */
static TG_INLINE void NAME(channel_slopes)(const NAME(corners) *c, tg_intp n, const T *given,
                                           const T *plane, T *to,
                                           T (*restrict agreement)[AT_ONCE])
{
    for (int at = 0; at < c->n; at++) {
        T x[AT_ONCE];
        NAME(elements)(c, at, plane, x);
        NAME(add_products)(x, given, agreement[at]);
    }
    for (tg_intp i = 0; i < n; i++)
        for (int at = 0; at < c->n; at++)
            if (c->is_there[at][i])
                to[c->offset[at][i]] += given[i] * c->weight[at][i];
}

/* g, input, grid -> the gradients of both; that of the input lies as the input does. */
GRID_LOOP(NAME(grid_sample_backward))
{
    const tg_intp channels = dims[1], n = dims[2];
    for (tg_intp b = 0; b < dims[0]; b++) {
        const char *g = args[0] + b * steps[0], *from = args[1] + b * steps[1];
        char *to = args[3] + b * steps[3];
        for (tg_intp k = 0; k < channels; k++)
            for (tg_intp j = 0; j < dims[3]; j++)
                TG_AT(T, to, k * steps[11] + j * steps[12]) = 0;
        for (tg_intp i = 0; i < n; i += AT_ONCE) {
            const tg_intp n_now = n - i < AT_ONCE ? n - i : AT_ONCE;
            T agreement[MOST_CORNERS][AT_ONCE] = {{0}};
            NAME(corners) c;
            NAME(read_block)(args[2] + b * steps[2] + i * steps[9], n_now, steps[9], steps[10],
                             dims[4], steps[8] / (tg_intp)sizeof(T), params, 1, &c, FUSED);
            for (tg_intp k = 0; k < channels; k++) {
                T given[AT_ONCE] = {0};
                for (tg_intp j = 0; j < n_now; j++)
                    given[j] = TG_AT(const T, g, k * steps[5] + (i + j) * steps[6]);
                NAME(channel_slopes)(&c, n_now, given, (const T *)(from + k * steps[7]),
                                     (T *)(to + k * steps[11]), agreement);
            }
            for (tg_intp a = 0; a < dims[4]; a++) {
                T totals[AT_ONCE] = {0};
                for (int at = 0; at < c.n; at++)
                    NAME(add_products)(agreement[at], c.slope[a][at], totals);
                for (tg_intp j = 0; j < n_now; j++)
                    TG_AT(T, args[4], b * steps[4] + (i + j) * steps[13] + a * steps[14]) =
                        totals[j];
            }
        }
    }
}

#undef T
#undef NAME
#undef GRID_LOOP
#undef FUSED
#undef FLOOR_OF
#undef RINT_OF
