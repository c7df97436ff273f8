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

static int places_are_valid(const char *places, tg_intp step, tg_intp n, tg_intp size,
                            row_params *p)
{
    for (tg_intp o = 0; o < n; o++) {
        const int64_t place = TG_AT(const int64_t, places, o * step);
        if (place < 0 || place >= size) {
            p->status = 1;
            return 0;
        }
    }
    return 1;
}

/* out[o, r] = in[places[o], r] */
#define SELECT_ROWS(name, T)                                                                       \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        const tg_intp in_step = steps[4], out_step = steps[7];                                     \
        const int is_packed = in_step == (tg_intp)sizeof(T) && out_step == in_step && dims[2] > 4; \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const char *places = args[1] + outer * steps[1];                                       \
            if (!places_are_valid(places, steps[5], dims[3], dims[1], params))                     \
                return;                                                                            \
            for (tg_intp o = 0; o < dims[3]; o++) {                                                \
                const char *in = args[0] + outer * steps[0] +                                      \
                                 TG_AT(const int64_t, places, o * steps[5]) * steps[3];            \
                char *out = args[2] + outer * steps[2] + o * steps[6];                             \
                if (is_packed)                                                                     \
                    memcpy(out, in, (size_t)dims[2] * sizeof(T));                                  \
                else                                                                               \
                    for (tg_intp r = 0; r < dims[2]; r++)                                          \
                        TG_AT(T, out, r * out_step) = TG_AT(const T, in, r * in_step);             \
            }                                                                                      \
        }                                                                                          \
    }

/* out = zeros, then out[places[o], r] += g[o, r] */
#define ADD_ROWS_AT(op, dtype, T, C, load, store, ...)                                             \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const tg_intp g_step = steps[4], out_step = steps[7];                                      \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            const char *places = args[1] + outer * steps[1];                                       \
            char *out = args[2] + outer * steps[2];                                                \
            if (!places_are_valid(places, steps[5], dims[1], dims[3], params))                     \
                return;                                                                            \
            for (tg_intp i = 0; i < dims[3]; i++)                                                  \
                for (tg_intp r = 0; r < dims[2]; r++)                                              \
                    TG_AT(T, out, i * steps[6] + r * out_step) = 0;                                \
            for (tg_intp o = 0; o < dims[1]; o++) {                                                \
                const char *g = args[0] + outer * steps[0] + o * steps[3];                         \
                char *to = out + TG_AT(const int64_t, places, o * steps[5]) * steps[6];            \
                for (tg_intp r = 0; r < dims[2]; r++)                                              \
                    TG_AT(T, to, r * out_step) = store(load(TG_AT(const T, to, r * out_step)) +    \
                                                       load(TG_AT(const T, g, r * g_step)));       \
            }                                                                                      \
        }                                                                                          \
    }

/* out[o, r] = the sum over t of weights[o, t] * in[places[o, t], r] */
#define WEIGH_ROWS(op, dtype, T, C, load, store, ...)                                              \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const tg_intp in_step = steps[5], out_step = steps[11], n_taps = dims[4];                  \
        for (tg_intp outer = 0; outer < dims[0]; outer++)                                          \
            for (tg_intp o = 0; o < dims[3]; o++) {                                                \
                const char *in = args[0] + outer * steps[0];                                       \
                const char *places = args[1] + outer * steps[1] + o * steps[6];                    \
                const char *weights = args[2] + outer * steps[2] + o * steps[8];                   \
                char *out = args[3] + outer * steps[3] + o * steps[10];                            \
                if (!places_are_valid(places, steps[7], n_taps, dims[1], params))                  \
                    return;                                                                        \
                for (tg_intp r = 0; r < dims[2]; r++) {                                            \
                    C sum = 0;                                                                     \
                    for (tg_intp k = 0; k < n_taps; k++) {                                         \
                        const C weight = TG_AT(const C, weights, k * steps[9]);                    \
                        const int64_t place = TG_AT(const int64_t, places, k * steps[7]);          \
                        if (weight != 0)                                                           \
                            sum += weight * load(TG_AT(const T, in, place * steps[4] + r * in_step)); \
                    }                                                                              \
                    TG_AT(T, out, r * out_step) = store(sum);                                      \
                }                                                                                  \
            }                                                                                      \
    }

/* out = zeros, then out[places[o, t], r] += weights[o, t] * g[o, r] */
#define SPREAD_ROWS(op, dtype, T, C, load, store, ...)                                             \
    TG_LOOP(op##_##dtype)                                                                          \
    {                                                                                              \
        const tg_intp g_step = steps[5], out_step = steps[11], n_taps = dims[3];                   \
        for (tg_intp outer = 0; outer < dims[0]; outer++) {                                        \
            char *out = args[3] + outer * steps[3];                                                \
            for (tg_intp i = 0; i < dims[4]; i++)                                                  \
                for (tg_intp r = 0; r < dims[2]; r++)                                              \
                    TG_AT(T, out, i * steps[10] + r * out_step) = 0;                               \
            for (tg_intp o = 0; o < dims[1]; o++) {                                                \
                const char *g = args[0] + outer * steps[0] + o * steps[4];                         \
                const char *places = args[1] + outer * steps[1] + o * steps[6];                    \
                const char *weights = args[2] + outer * steps[2] + o * steps[8];                   \
                if (!places_are_valid(places, steps[7], n_taps, dims[4], params))                  \
                    return;                                                                        \
                for (tg_intp k = 0; k < n_taps; k++) {                                             \
                    const C weight = TG_AT(const C, weights, k * steps[9]);                        \
                    char *to = out + TG_AT(const int64_t, places, k * steps[7]) * steps[10];       \
                    if (weight == 0)                                                               \
                        continue;                                                                  \
                    for (tg_intp r = 0; r < dims[2]; r++)                                          \
                        TG_AT(T, to, r * out_step) =                                               \
                            store(load(TG_AT(const T, to, r * out_step)) +                         \
                                  weight * load(TG_AT(const T, g, r * g_step)));                   \
                }                                                                                  \
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
    for (tg_intp outer = 0; outer < dims[0]; outer++)
        for (tg_intp o = 0; o < dims[3]; o++) {
            const char *in = args[0] + outer * steps[0];
            const char *places = args[1] + outer * steps[1] + o * steps[6];
            const char *weights = args[2] + outer * steps[2] + o * steps[8];
            char *out = args[3] + outer * steps[3] + o * steps[10];
            if (!places_are_valid(places, steps[7], n_taps, dims[1], &p->rows))
                return;
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

#define OF_SIZE_OF(T) \
    (sizeof(T) == 1 ? select_1 : sizeof(T) == 2 ? select_2 : sizeof(T) == 4 ? select_4 : select_8)

#define ROW_SELECT_ROWS(op, dtype, T, C, load, store, number, letter)                   \
    {#op, "(i,r),(o)->(o,r)", letter "l" letter, number, OF_SIZE_OF(T), "q", sizeof(row_params), 1},
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
