/* Resampling along one axis: which elements each output reads, and with what weights.
 *
 * `axis_places` and `axis_taps` make these tables from a few numbers; `select_rows` and
 * `weigh_rows` read along them, `add_rows_at` and `spread_rows` are their transposes. Several
 * axes are resampled one after the other. */
#include "grid.h"

#include <math.h>
#include <string.h>

enum { NEAREST, NEAREST_EXACT, LINEAR, CUBIC, LINEAR_SMOOTH, CUBIC_SMOOTH,
       REFLECT, REPLICATE, CIRCULAR };

typedef struct {
    int64_t mode, n_in;
    int64_t padding;       /* elements added in front */
    int64_t aligns_corners;
    int64_t halves;        /* whether weights are rounded to half precision */
    double scale;          /* how far two neighbouring outputs lie apart in the input */
} axis_params;

static int64_t clamped(int64_t i, int64_t n) { return i < 0 ? 0 : i >= n ? n - 1 : i; }

static int64_t wrapped(int64_t i, int64_t n)
{
    i %= n;
    return i < 0 ? i + n : i;
}

/* Positions in single precision, whatever the tensor: PyTorch rounds them so. */
static int64_t nearest(const axis_params *p, int64_t o, int64_t n_out, float shift)
{
    if (shift == 0 && n_out == p->n_in)
        return o;
    if (shift == 0 && n_out == 2 * p->n_in)
        return o >> 1;
    return clamped((int64_t)floorf(((float)o + shift) * (float)p->scale), p->n_in);
}

/* places[o] for the modes that read one element */
TG_LOOP(axis_places)
{
    const axis_params *p = params;
    const int64_t n = p->n_in, n_out = dims[1];
    for (tg_intp outer = 0; outer < dims[0]; outer++)
        for (int64_t o = 0; o < n_out; o++) {
            int64_t place = 0, i = o - p->padding;
            switch (p->mode) {
            case NEAREST: place = nearest(p, o, n_out, 0.0f); break;
            case NEAREST_EXACT: place = nearest(p, o, n_out, 0.5f); break;
            case REFLECT: place = i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; break;
            case CIRCULAR: place = wrapped(i, n); break;
            default: place = i; break;
            }
            TG_AT(int64_t, args[0], outer * steps[0] + o * steps[1]) = clamped(place, n);
        }
}

/* The cubic convolution kernel of Keys 1981 at a distance, with slope a at 1. */
#define CUBIC_NEAR(C, a, x) ((((C)(a) + 2) * (x) - ((C)(a) + 3)) * (x) * (x) + 1)
#define CUBIC_FAR(C, a, x) ((((C)(a) * (x) - 5 * (C)(a)) * (x) + 8 * (C)(a)) * (x) - 4 * (C)(a))

/* places[o, t], weights[o, t]; as many taps t as the second dimension has */
#define AXIS_TAPS(dtype, C)                                                                        \
    static C smooth_weight_##dtype(int64_t mode, C x)                                              \
    {                                                                                              \
        if (x < 0)                                                                                 \
            x = -x;                                                                                \
        if (mode == LINEAR_SMOOTH)                                                                 \
            return x < 1 ? 1 - x : 0;                                                              \
        return x < 1 ? CUBIC_NEAR(C, -0.5, x) : x < 2 ? CUBIC_FAR(C, -0.5, x) : 0;                 \
    }                                                                                              \
    TG_LOOP(axis_taps_##dtype)                                                                     \
    {                                                                                              \
        const axis_params *p = params;                                                             \
        const int64_t n = p->n_in, n_taps = dims[2];                                               \
        const C scale = (C)p->scale;                                                               \
        const int is_smooth = p->mode == LINEAR_SMOOTH || p->mode == CUBIC_SMOOTH;                 \
        const C reach = (p->mode == LINEAR_SMOOTH ? 1 : 2) * (scale > 1 ? scale : 1);              \
        const C narrowed = scale > 1 ? 1 / scale : 1;                                              \
        for (tg_intp o = 0; o < dims[1]; o++) {                                                    \
            char *places = args[0] + o * steps[2], *weights = args[1] + o * steps[4];              \
            const C centre = scale * ((C)o + (C)0.5);                                              \
            C x = p->aligns_corners                                                                \
                      ? scale * (C)o                                                               \
                      : (C)fma((double)scale, (double)o + 0.5, -0.5); /* rounded once */           \
            if (p->mode == LINEAR && x < 0)                                                        \
                x = 0;                                                                             \
            int64_t first = (int64_t)floor(x);                                                     \
            if (p->mode == LINEAR && first > n - 1)                                                \
                first = n - 1;                                                                     \
            C t = x - (C)first, total = 0;                                                         \
            t = t < 0 ? 0 : t > 1 ? 1 : t;                                                         \
            if (p->halves && p->mode == LINEAR)                                                    \
                t = (C)tg_half_to_float(tg_float_to_half((float)t));                               \
            int64_t end = first + 2;                                                               \
            if (p->mode == CUBIC)                                                                  \
                first -= 1;                                                                        \
            if (is_smooth) {                                                                       \
                first = (int64_t)(centre - reach + (C)0.5);                                        \
                first = first < 0 ? 0 : first;                                                     \
                end = (int64_t)(centre + reach + (C)0.5);                                          \
                end = end > n ? n : end;                                                           \
            }                                                                                      \
            const C cubic[4] = {CUBIC_FAR(C, -0.75, 1 + t), CUBIC_NEAR(C, -0.75, t),               \
                                CUBIC_NEAR(C, -0.75, 1 - t), CUBIC_FAR(C, -0.75, 2 - t)};          \
            for (tg_intp k = 0; k < n_taps; k++) {                                                 \
                C weight;                                                                          \
                if (is_smooth)                                                                     \
                    weight = first + k >= end                                                      \
                                 ? 0                                                               \
                                 : smooth_weight_##dtype(                                          \
                                       p->mode, ((C)(first + k) - centre + (C)0.5) * narrowed);    \
                else if (p->mode == CUBIC)                                                         \
                    weight = k < 4 ? cubic[k] : 0;                                                 \
                else                                                                               \
                    weight = k == 0 ? 1 - t : k == 1 ? t : 0;                                      \
                total += weight;                                                                   \
                if (p->halves)                                                                     \
                    weight = (C)tg_half_to_float(tg_float_to_half((float)weight));                 \
                TG_AT(int64_t, places, k * steps[3]) = clamped(first + k, n);                      \
                TG_AT(C, weights, k * steps[5]) = weight;                                          \
            }                                                                                      \
            if (is_smooth && total != 0)                                                           \
                for (tg_intp k = 0; k < n_taps; k++)                                               \
                    TG_AT(C, weights, k * steps[5]) /= total;                                      \
        }                                                                                          \
    }

AXIS_TAPS(float32, float)
AXIS_TAPS(float64, double)

typedef struct {
    int64_t status;
} row_params;

/* All below read and write lines of an axis, or rows of `inner` elements for each place on it, that
 * lie side by side: ops/spatial/axes.py sees to it. Places and weights are the same for each
 * outermost element. */
static int places_are_valid(const int64_t *places, tg_intp n, tg_intp size, row_params *p)
{
    for (tg_intp o = 0; o < n && p->status == 0; o++)
        p->status = places[o] < 0 || places[o] >= size;
    return p->status == 0;
}

/* The longest stretch of places that follow each other: most of a line that is padded. */
typedef struct {
    tg_intp first, n;
} stretch;

static stretch longest_stretch(const int64_t *places, tg_intp n)
{
    stretch longest = {0, 0}, current = {0, 0};
    for (tg_intp o = 0; o < n; o++) {
        const int follows = current.n > 0 && places[o] == places[o - 1] + 1;
        current = follows ? (stretch){current.first, current.n + 1} : (stretch){o, 1};
        longest = current.n > longest.n ? current : longest;
    }
    return longest;
}

/* out[o, r] = in[places[o], r] */
#define SELECT_ROWS(name, T)                                                                       \
    static void name##_apart(const T *in, const int64_t *places, T *out, tg_intp first,            \
                             tg_intp end, tg_intp inner)                                           \
    {                                                                                              \
        if (inner == 1)                                                                            \
            for (tg_intp o = first; o < end; o++)                                                  \
                out[o] = in[places[o]];                                                            \
        else                                                                                       \
            for (tg_intp o = first; o < end; o++)                                                  \
                memcpy(out + o * inner, in + places[o] * inner, (size_t)inner * sizeof(T));        \
    }                                                                                              \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        const int64_t *places = (const int64_t *)args[1];                                          \
        const tg_intp inner = dims[2], n_out = dims[3];                                            \
        if (!places_are_valid(places, n_out, dims[1], params))                                     \
            return;                                                                                \
        const stretch side_by_side = longest_stretch(places, n_out);                               \
        const tg_intp first = side_by_side.first, end = first + side_by_side.n;                    \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const T *in = (const T *)(args[0] + outer * steps[0]);                                 \
            T *out = (T *)(args[2] + outer * steps[2]);                                            \
            name##_apart(in, places, out, 0, first, inner);                                        \
            if (first < end)                                                                       \
                memcpy(out + first * inner, in + places[first] * inner,                            \
                       (size_t)((end - first) * inner) * sizeof(T));                               \
            name##_apart(in, places, out, end, n_out, inner);                                      \
        }                                                                                          \
    }

/* out = zeros, then out[places[o], r] += g[o, r]. Where several in turn add to one element, it is
 * kept at hand. */
#define ADD_ROWS_AT(op, dtype, T, C, load, store, ...)                                             \
    static void op##_apart_##dtype(const T *g, const int64_t *places, T *out, tg_intp first,       \
                                   tg_intp end)                                                    \
    {                                                                                              \
        for (tg_intp o = first; o < end;) {                                                        \
            const int64_t place = places[o];                                                       \
            T sum = out[place];                                                                    \
            for (; o < end && places[o] == place; o++)                                             \
                sum = store(load(sum) + load(g[o]));                                               \
            out[place] = sum;                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void op##_together_##dtype(const T *g, T *out, tg_intp n)                               \
    {                                                                                              \
        TG_INDEPENDENT                                                                             \
        for (tg_intp r = 0; r < n; r++)                                                            \
            out[r] = store(load(out[r]) + load(g[r]));                                             \
    }                                                                                              \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const int64_t *places = (const int64_t *)args[1];                                          \
        const tg_intp n = dims[1], inner = dims[2];                                                \
        if (!places_are_valid(places, n, dims[3], params))                                         \
            return;                                                                                \
        const stretch side_by_side = longest_stretch(places, n);                                   \
        const tg_intp first = side_by_side.first, end = first + side_by_side.n;                    \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const T *g = (const T *)(args[0] + outer * steps[0]);                                  \
            T *out = (T *)(args[2] + outer * steps[2]);                                            \
            memset(out, 0, (size_t)(dims[3] * inner) * sizeof(T));                                 \
            if (inner == 1) {                                                                      \
                op##_apart_##dtype(g, places, out, 0, first);                                      \
                if (first < end)                                                                   \
                    op##_together_##dtype(g + first, out + places[first], end - first);            \
                op##_apart_##dtype(g, places, out, end, n);                                        \
            } else                                                                                 \
                for (tg_intp o = 0; o < n; o++)                                                    \
                    op##_together_##dtype(g + o * inner, out + places[o] * inner, inner);          \
        }                                                                                          \
    }

/* out[o, r] = the sum over t of weights[o, t] * in[places[o, t], r]; a weight of 0 hides what is not
 * finite. */
#define WEIGH_ROWS(op, dtype, T, C, load, store, ...)                                              \
    static inline void op##_line_##dtype(const T *in, const int64_t *places, const C *weights,     \
                                         T *out, tg_intp n_out, tg_intp n_taps)                    \
    {                                                                                              \
        for (tg_intp o = 0; o < n_out; o++) {                                                      \
            C sum = 0;                                                                             \
            for (tg_intp k = o * n_taps; k < (o + 1) * n_taps; k++)                                \
                sum += weights[k] != 0 ? weights[k] * load(in[places[k]]) : 0;                     \
            out[o] = store(sum);                                                                   \
        }                                                                                          \
    }                                                                                              \
    static void op##_row_##dtype(const T *in, const int64_t *places, const C *weights, T *out,     \
                                 tg_intp inner, tg_intp n_taps)                                    \
    {                                                                                              \
        C sums[TG_BLOCK];                                                                          \
        for (tg_intp first = 0, m; first < inner; first += m) {                                    \
            m = inner - first < TG_BLOCK ? inner - first : TG_BLOCK;                               \
            memset(sums, 0, sizeof sums);                                                          \
            for (tg_intp k = 0; k < n_taps; k++) {                                                 \
                const T *row = in + places[k] * inner + first;                                     \
                const C weight = weights[k];                                                       \
                for (tg_intp r = 0; r < m && weight != 0; r++)                                     \
                    sums[r] += weight * load(row[r]);                                              \
            }                                                                                      \
            for (tg_intp r = 0; r < m; r++)                                                        \
                out[first + r] = store(sums[r]);                                                   \
        }                                                                                          \
    }                                                                                              \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const int64_t *places = (const int64_t *)args[1];                                          \
        const C *weights = (const C *)args[2];                                                     \
        const tg_intp inner = dims[2], n_out = dims[3], n_taps = dims[4];                          \
        if (!places_are_valid(places, n_out * n_taps, dims[1], params))                            \
            return;                                                                                \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const T *in = (const T *)(args[0] + outer * steps[0]);                                 \
            T *out = (T *)(args[3] + outer * steps[3]);                                            \
            if (inner == 1 && n_taps == 2)                                                         \
                op##_line_##dtype(in, places, weights, out, n_out, 2);                             \
            else if (inner == 1)                                                                   \
                op##_line_##dtype(in, places, weights, out, n_out, n_taps);                        \
            else                                                                                   \
                for (tg_intp o = 0; o < n_out; o++)                                                \
                    op##_row_##dtype(in, places + o * n_taps, weights + o * n_taps,                \
                                     out + o * inner, inner, n_taps);                              \
        }                                                                                          \
    }

/* out = zeros, then out[places[o, t], r] += weights[o, t] * g[o, r] */
#define SPREAD_ROWS(op, dtype, T, C, load, store, ...)                                             \
    static void op##_row_##dtype(const T *g, C weight, T *out, tg_intp inner)                      \
    {                                                                                              \
        TG_INDEPENDENT                                                                             \
        for (tg_intp r = 0; r < inner; r++)                                                        \
            out[r] = store(load(out[r]) + weight * load(g[r]));                                    \
    }                                                                                              \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const int64_t *places = (const int64_t *)args[1];                                          \
        const C *weights = (const C *)args[2];                                                     \
        const tg_intp n = dims[1], inner = dims[2], n_taps = dims[3];                              \
        if (!places_are_valid(places, n * n_taps, dims[4], params))                                \
            return;                                                                                \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const T *g = (const T *)(args[0] + outer * steps[0]);                                  \
            T *out = (T *)(args[3] + outer * steps[3]);                                            \
            memset(out, 0, (size_t)(dims[4] * inner) * sizeof(T));                                 \
            for (tg_intp k = 0; k < n * n_taps; k++) {                                             \
                const T *row = g + k / n_taps * inner;                                             \
                T *to = out + places[k] * inner;                                                   \
                if (weights[k] != 0 && inner == 1)                                                 \
                    *to = store(load(*to) + weights[k] * load(*row));                              \
                else if (weights[k] != 0)                                                          \
                    op##_row_##dtype(row, weights[k], to, inner);                                  \
            }                                                                                      \
        }                                                                                          \
    }

/* The same for bytes, with weights as whole numbers of 1 / 2**precision; `precision` is the last
 * field of the params. */
typedef struct {
    row_params rows;
    int64_t precision;
} byte_params;

TG_LOOP(weigh_bytes)
{
    byte_params *p = params;
    const int64_t half = (int64_t)1 << (p->precision - 1), n_taps = dims[4];
    if (!places_are_valid((const int64_t *)args[1], dims[3] * n_taps, dims[1], &p->rows))
        return;
    for (tg_intp outer = 0; outer < dims[0]; outer++)
        for (tg_intp o = 0; o < dims[3]; o++) {
            const char *in = args[0] + outer * steps[0];
            const char *places = args[1] + outer * steps[1] + o * steps[6];
            const char *weights = args[2] + outer * steps[2] + o * steps[8];
            char *out = args[3] + outer * steps[3] + o * steps[10];
            for (tg_intp r = 0; r < dims[2]; r++) {
                int64_t sum = half;
                for (tg_intp k = 0; k < n_taps; k++) {
                    const int64_t place = TG_AT(const int64_t, places, k * steps[7]);
                    double weight = TG_AT(const double, weights, k * steps[9]);
                    /* What falls on a border more than once is rounded together. */
                    while (k + 1 < n_taps &&
                           TG_AT(const int64_t, places, (k + 1) * steps[7]) == place)
                        weight += TG_AT(const double, weights, ++k * steps[9]);
                    sum += (int64_t)round(ldexp(weight, (int)p->precision)) *
                           TG_AT(const uint8_t, in, place * steps[4] + r * steps[5]);
                }
                sum = sum < 0 ? 0 : sum >> p->precision;
                TG_AT(uint8_t, out, r * steps[11]) = (uint8_t)(sum > 255 ? 255 : sum);
            }
        }
}

SELECT_ROWS(select_1, uint8_t)
SELECT_ROWS(select_2, uint16_t)
SELECT_ROWS(select_4, uint32_t)
SELECT_ROWS(select_8, uint64_t)
TG_NUMBERS(ADD_ROWS_AT, add_rows_at)
TG_FLOATS(WEIGH_ROWS, weigh_rows)
TG_FLOATS(SPREAD_ROWS, spread_rows)

#define ROW_SELECT_ROWS(op, dtype, T, C, load, store, number, letter)                   \
    {#op, "(i,r),(o)->(o,r)", letter "l" letter, number, TG_OF_SIZE_OF(T, select), "q", sizeof(row_params), 1},
#define ROW_ADD_ROWS_AT(op, dtype, T, C, load, store, number, letter)                   \
    {#op, "(o,r),(o)->(i,r)", letter "l" letter, number, op##_##dtype, "q", sizeof(row_params), 1},
#define ROW_WEIGH(op, types, number, loop) \
    {op, "(i,r),(o,t),(o,t)->(o,r)", types, number, loop, "q", sizeof(row_params), 1},
#define ROW_SPREAD(op, types, number, loop) \
    {op, "(o,r),(o,t),(o,t)->(i,r)", types, number, loop, "q", sizeof(row_params), 1},

const tg_kernel tg_resample_kernels[] = {
    {"axis_places", "->(o)", "l", TG_INT64, axis_places, "qqqqqd", sizeof(axis_params), 0},
    {"axis_taps", "->(o,t),(o,t)", "lf", TG_FLOAT32, axis_taps_float32, "qqqqqd",
     sizeof(axis_params), 0},
    {"axis_taps", "->(o,t),(o,t)", "ld", TG_FLOAT64, axis_taps_float64, "qqqqqd",
     sizeof(axis_params), 0},
    TG_ALL(ROW_SELECT_ROWS, select_rows)
    TG_NUMBERS(ROW_ADD_ROWS_AT, add_rows_at)
    ROW_WEIGH("weigh_rows", "elfe", TG_FLOAT16, weigh_rows_float16)
    ROW_WEIGH("weigh_rows", "flff", TG_FLOAT32, weigh_rows_float32)
    ROW_WEIGH("weigh_rows", "dldd", TG_FLOAT64, weigh_rows_float64)
    {"weigh_bytes", "(i,r),(o,t),(o,t)->(o,r)", "BldB", TG_UINT8, weigh_bytes, "2q",
     sizeof(byte_params), 1},
    ROW_SPREAD("spread_rows", "elfe", TG_FLOAT16, spread_rows_float16)
    ROW_SPREAD("spread_rows", "flff", TG_FLOAT32, spread_rows_float32)
    ROW_SPREAD("spread_rows", "dldd", TG_FLOAT64, spread_rows_float64)
    GRID_ROWS(float32, TG_FLOAT32, "f")
    GRID_ROWS(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
