/* Pools: means over boxes of a plane, and picking from and placing into planes; see pool.h. */
#include "pool.h"
#include "vectors.h"

static int64_t divisor_of(const pool_params *p, const window w[3])
{
    if (p->divisor != 0)
        return p->divisor;
    if (p->counts_padding)
        return w[0].count * w[1].count * w[2].count;
    return length(&w[0]) * length(&w[1]) * length(&w[2]);
}

/* Runs BODY for each output o of one plane, with its windows w. */
#define FOR_EACH_OUTPUT(p, o, w, BODY)                                                             \
    {                                                                                              \
        const pool_axis *axes = (p)->axes;                                                         \
        window w[3];                                                                               \
        int64_t o = 0;                                                                             \
        for (int64_t o0 = 0; o0 < axes[0].n_out; o0++) {                                           \
            w[0] = window_of(&axes[0], o0);                                                        \
            for (int64_t o1 = 0; o1 < axes[1].n_out; o1++) {                                       \
                w[1] = window_of(&axes[1], o1);                                                    \
                for (int64_t o2 = 0; o2 < axes[2].n_out; o2++, o++) {                              \
                    w[2] = window_of(&axes[2], o2);                                                \
                    BODY                                                                           \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

/* Runs BODY for each place i of the plane inside the windows w. */
#define FOR_EACH_PLACE(p, w, i, BODY)                                                              \
    for (int64_t i0 = w[0].start; i0 < w[0].end; i0 += w[0].step)                                  \
        for (int64_t i1 = w[1].start; i1 < w[1].end; i1 += w[1].step)                              \
            for (int64_t i2 = w[2].start; i2 < w[2].end; i2 += w[2].step) {                        \
                const int64_t i = (i0 * (p)->axes[1].n_in + i1) * (p)->axes[2].n_in + i2;          \
                BODY                                                                               \
            }

/* n zeros, whatever the dtype */
static void clear(char *to, tg_intp n, tg_intp step, size_t size)
{
    if (step == (tg_intp)size)
        memset(to, 0, (size_t)n * size);
    else
        for (tg_intp i = 0; i < n; i++)
            memset(to + i * step, 0, size);
}

/* What the windows of n outputs count across: what the mean is divided by, with how many places
 * their lines and layers count; 1 for an empty window, whose sum is 0. */
static void fill_counts(double *counts, const pool_params *p, const pool_axis *across,
                        const tap_range *taps, int64_t start, int64_t n)
{
    const tap_range first_tap = taps[0], last_tap = taps[across->kernel - 1];
    for (int64_t j = 0; j < n; j++) {
        if (start + j >= first_tap.first && start + j < last_tap.end) {
            counts[j] = (double)(p->divisor ? p->divisor : across->kernel);
            continue;
        }
        const window w = window_of(across, start + j);
        const int64_t inside = length(&w);
        counts[j] = inside == 0 ? 1 : p->divisor ? (double)p->divisor
                    : (double)(p->counts_padding ? w.count : inside);
    }
}

static double count_of_lines(const pool_params *p, const window *w0, const window *w1)
{
    const int64_t inside = length(w0) * length(w1);
    return p->divisor || inside == 0 ? 1 : (double)(p->counts_padding ? w0->count * w1->count : inside);
}

/* Runs BODY for n <= TOGETHER outputs of a line, from `start` on, whose windows across count so many
 * places, as often as there are such in a plane of one line of windows w0 and w1 a time. */
#define FOR_LINES(p, axes, taps, line, start, n, counts, BODY)                                     \
    {                                                                                              \
        double counts[TOGETHER];                                                                   \
        const int64_t n_across = (axes)[2].n_out;                                                  \
        for (int64_t line = 0; line < (axes)[0].n_out * (axes)[1].n_out; line++) {                 \
            const window w0 = window_of(&(axes)[0], line / (axes)[1].n_out);                       \
            const window w1 = window_of(&(axes)[1], line % (axes)[1].n_out);                       \
            const double of_lines = count_of_lines(p, &w0, &w1);                                   \
            for (int64_t start = 0, n; start < n_across; start += n) {                             \
                n = n_across - start < TOGETHER ? n_across - start : TOGETHER;                     \
                if (line == 0 || n_across > TOGETHER)                                              \
                    fill_counts(counts, p, &(axes)[2], taps, start, n);                            \
                BODY                                                                               \
            }                                                                                      \
        }                                                                                          \
    }

/* The loop over lines, which knows the step from window to window. */
#define BY_STRIDE(lines, from, to, p, axes, taps)                                                  \
    {                                                                                              \
        if ((axes)[2].stride == 1)                                                                 \
            lines(from, to, p, axes, taps, 1);                                                     \
        else                                                                                       \
            lines(from, to, p, axes, taps, 2);                                                     \
    }

#define AVG_LINES(dtype, T, C, load, store)                                                        \
    static TG_INLINE void avg_lines_##dtype(const T *in, T *out, const pool_params *p,             \
                                            const pool_axis *axes, const tap_range *taps,          \
                                            const int64_t stride)                                  \
    {                                                                                              \
        FOR_LINES(p, axes, taps, line, start, n, counts, {                                         \
            double sums[TOGETHER];                                                                 \
            for (int64_t j = 0; j < n; j++)                                                        \
                sums[j] = 0;                                                                       \
            FOR_TAPS(axes, w0, w1, taps, start, n, 0, 1, {                                         \
                TG_INDEPENDENT                                                                     \
                for (int64_t o = first; o < end; o++)                                              \
                    sums[o - start] += (double)load(in[row + o * stride + offset]);                \
            })                                                                                     \
            T *to = out + line * n_across + start;                                                 \
            for (int64_t j = 0; j < n; j++)                                                        \
                to[j] = store((C)(sums[j] / (of_lines * counts[j])));                              \
        })                                                                                         \
    }                                                                                              \
    static TG_INLINE void avg_lines_back_##dtype(const T *g, T *in, const pool_params *p,          \
                                                 const pool_axis *axes, const tap_range *taps,     \
                                                 const int64_t stride)                             \
    {                                                                                              \
        FOR_LINES(p, axes, taps, line, start, n, counts, {                                         \
            const T *from = g + line * n_across + start;                                           \
            C shares[TOGETHER];                                                                    \
            for (int64_t j = 0; j < n; j++)                                                        \
                shares[j] = load(from[j]) / (C)(of_lines * counts[j]);                             \
            FOR_TAPS(axes, w0, w1, taps, start, n, axes[2].kernel - 1, -1, {                       \
                TG_INDEPENDENT                                                                     \
                for (int64_t o = first; o < end; o++) {                                            \
                    T *to = &in[row + o * stride + offset];                                        \
                    *to = store(load(*to) + shares[o - start]);                                    \
                }                                                                                  \
            })                                                                                     \
        })                                                                                         \
    }

/* out[o] = sum over the box / divisor; an empty box gives 0 */
#define MEANS_BY_OUTPUTS(name, T, C, SUM, load, store)                                             \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        pool_params *p = params;                                                                   \
        if (!sizes_agree(p, dims[1], dims[2]))                                                     \
            return;                                                                                \
        const tg_intp in_step = steps[2], out_step = steps[3];                                     \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const char *in = args[0] + plane * steps[0];                                           \
            char *out = args[1] + plane * steps[1];                                                \
            FOR_EACH_OUTPUT(p, o, w, {                                                             \
                SUM sum = 0;                                                                       \
                FOR_EACH_PLACE(p, w, i, sum += load(TG_AT(const T, in, i * in_step));)             \
                if (length(&w[0]) * length(&w[1]) * length(&w[2]) != 0)                            \
                    sum /= (SUM)divisor_of(p, w);                                                  \
                TG_AT(T, out, o * out_step) = store((C)sum);                                       \
            })                                                                                     \
        }                                                                                          \
    }

/* in[i] = the sum of g[o] / divisor over the boxes that hold i */
#define SHARES_BY_OUTPUTS(name, T, C, load, store)                                                 \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        pool_params *p = params;                                                                   \
        if (!sizes_agree(p, dims[2], dims[1]))                                                     \
            return;                                                                                \
        const tg_intp g_step = steps[2], in_step = steps[3];                                       \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const char *g = args[0] + plane * steps[0];                                            \
            char *in = args[1] + plane * steps[1];                                                 \
            clear(in, dims[2], in_step, sizeof(T));                                                \
            FOR_EACH_OUTPUT(p, o, w, {                                                             \
                const int64_t divisor = divisor_of(p, w);                                          \
                const C share = load(TG_AT(const T, g, o * g_step)) / (C)divisor;                  \
                FOR_EACH_PLACE(p, w, i, {                                                          \
                    T *to = &TG_AT(T, in, i * in_step);                                            \
                    *to = store(load(*to) + share);                                                \
                })                                                                                 \
            })                                                                                     \
        }                                                                                          \
    }

/* The loops of a dtype, there and back: by taps where that can be, else output by output. */
#define AVG_POOL(op, dtype, T, C, load, store, ...)                                                \
    AVG_LINES(dtype, T, C, load, store)                                                            \
    MEANS_BY_OUTPUTS(op##_by_outputs_##dtype, T, C, double, load, store)                           \
    SHARES_BY_OUTPUTS(op##_back_by_outputs_##dtype, T, C, load, store)                             \
    TG_VECTOR_LOOP(op##_##dtype)                                                                   \
    {                                                                                              \
        (void)fused;                                                                               \
        pool_params *p = params;                                                                   \
        pool_axis axes[3] = {p->axes[0], p->axes[1], p->axes[2]};                                  \
        tap_range taps[MOST_TAPS];                                                                 \
        if (!goes_by_taps(&axes[2], steps + 2, sizeof(T))) {                                       \
            op##_by_outputs_##dtype(args, dims, steps, params);                                    \
            return;                                                                                \
        }                                                                                          \
        if (!sizes_agree(p, dims[1], dims[2]))                                                     \
            return;                                                                                \
        find_taps(&axes[2], taps);                                                                 \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const T *in = (const T *)(args[0] + plane * steps[0]);                                 \
            T *out = (T *)(args[1] + plane * steps[1]);                                            \
            BY_STRIDE(avg_lines_##dtype, in, out, p, axes, taps)                                   \
        }                                                                                          \
    }                                                                                              \
    TG_VECTOR_LOOP(op##_backward_##dtype)                                                          \
    {                                                                                              \
        (void)fused;                                                                               \
        pool_params *p = params;                                                                   \
        pool_axis axes[3] = {p->axes[0], p->axes[1], p->axes[2]};                                  \
        tap_range taps[MOST_TAPS];                                                                 \
        if (!goes_by_taps(&axes[2], steps + 2, sizeof(T))) {                                       \
            op##_back_by_outputs_##dtype(args, dims, steps, params);                               \
            return;                                                                                \
        }                                                                                          \
        if (!sizes_agree(p, dims[2], dims[1]))                                                     \
            return;                                                                                \
        find_taps(&axes[2], taps);                                                                 \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const T *g = (const T *)(args[0] + plane * steps[0]);                                  \
            T *in = (T *)(args[1] + plane * steps[1]);                                             \
            clear((char *)in, dims[2], sizeof(T), sizeof(T));                                      \
            BY_STRIDE(avg_lines_back_##dtype, g, in, p, axes, taps)                                \
        }                                                                                          \
    }

typedef struct {
    int64_t status;
    int64_t bad_place;
} place_params;

/* A place outside has a sign bit, or what it lacks to the last one: a few instructions a vector. */
static inline int any_is_outside(const char *places, tg_intp step, tg_intp n, tg_intp size)
{
    int64_t signs = 0;
    for (tg_intp o = 0; o < n; o++) {
        const uint64_t place = (uint64_t)TG_AT(const int64_t, places, o * step);
        signs |= (int64_t)(place | ((uint64_t)size - 1 - place));
    }
    return signs < 0;
}

static int places_are_valid(const char *places, tg_intp step, tg_intp n, tg_intp size,
                            place_params *p)
{
    const int is_packed = step == (tg_intp)sizeof(int64_t);
    if (!(is_packed ? any_is_outside(places, sizeof(int64_t), n, size)
                    : any_is_outside(places, step, n, size)))
        return 1;
    for (tg_intp o = 0; o < n; o++) {
        const int64_t place = TG_AT(const int64_t, places, o * step);
        if (place < 0 || place >= size) {
            p->status = 1;
            p->bad_place = place;
            return 0;
        }
    }
    return 1;
}

static int all_places_are_valid(char **args, const tg_intp *dims, const tg_intp *steps,
                                tg_intp step, tg_intp n, tg_intp size, place_params *p)
{
    for (tg_intp plane = 0; plane < dims[0]; plane++)
        if (!places_are_valid(args[1] + plane * steps[1], step, n, size, p))
            return 0;
    return 1;
}

/* out[o] = in[places[o]] */
#define PICK(name, T)                                                                              \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        if (!all_places_are_valid(args, dims, steps, steps[4], dims[2], dims[1], params))          \
            return;                                                                                \
        for (tg_intp plane = 0; plane < dims[0]; plane++)                                          \
            for (tg_intp o = 0; o < dims[2]; o++) {                                                \
                const int64_t place =                                                              \
                    TG_AT(const int64_t, args[1], plane * steps[1] + o * steps[4]);                \
                TG_AT(T, args[2], plane * steps[2] + o * steps[5]) =                               \
                    TG_AT(const T, args[0], plane * steps[0] + place * steps[3]);                  \
            }                                                                                      \
    }

/* out = zeros, then out[places[o]] = RESULT, which is an expression in the old y and x = in[o] */
#define PLACE(name, T, RESULT)                                                                     \
    static TG_INLINE void name##_plane(const char *in, const char *places, char *out, tg_intp n,   \
                                       tg_intp size, tg_intp in_step, tg_intp place_step,          \
                                       tg_intp out_step)                                           \
    {                                                                                              \
        clear(out, size, out_step, sizeof(T));                                                     \
        for (tg_intp o = 0; o < n; o++) {                                                          \
            T *to = &TG_AT(T, out, TG_AT(const int64_t, places, o * place_step) * out_step);       \
            const T x = TG_AT(const T, in, o * in_step), y = *to;                                  \
            (void)y;                                                                               \
            *to = RESULT;                                                                          \
        }                                                                                          \
    }                                                                                              \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        const tg_intp n = dims[1], size = dims[2], item = sizeof(T), wide = sizeof(int64_t);       \
        const int is_packed = steps[3] == item && steps[4] == wide && steps[5] == item;            \
        if (!all_places_are_valid(args, dims, steps, steps[4], n, size, params))                   \
            return;                                                                                \
        for (tg_intp plane = 0; plane < dims[0]; plane++) {                                        \
            const char *in = args[0] + plane * steps[0], *places = args[1] + plane * steps[1];     \
            char *out = args[2] + plane * steps[2];                                                \
            if (is_packed)                                                                         \
                name##_plane(in, places, out, n, size, sizeof(T), sizeof(int64_t), sizeof(T));     \
            else                                                                                   \
                name##_plane(in, places, out, n, size, steps[3], steps[4], steps[5]);              \
        }                                                                                          \
    }

PICK(pick_1, uint8_t)
PICK(pick_2, uint16_t)
PICK(pick_4, uint32_t)
PICK(pick_8, uint64_t)
PLACE(place_1, uint8_t, x)
PLACE(place_2, uint16_t, x)
PLACE(place_4, uint32_t, x)
PLACE(place_8, uint64_t, x)

#define PLACE_SUM(op, dtype, T, C, load, store, ...) \
    PLACE(op##_##dtype, T, store(load(y) + load(x)))
TG_SINGLE_AND_DOUBLE(AVG_POOL, avg_pool)
MEANS_BY_OUTPUTS(avg_pool_float16, tg_half, float, double, tg_half_to_float, tg_float_to_half)
MEANS_BY_OUTPUTS(avg_pool_int64, int64_t, int64_t, int64_t, TG_AS_IS, TG_AS_IS)
SHARES_BY_OUTPUTS(avg_pool_backward_float16, tg_half, float, tg_half_to_float, tg_float_to_half)
TG_FLOATS(PLACE_SUM, place_sums)

#define ROW_AVG_POOL(op, dtype, T, C, load, store, number, letter) \
    TG_POOL_ROW(#op, "(i)->(o)", letter letter, number, op##_##dtype)
#define ROW_AVG_POOL_BACKWARD(op, dtype, T, C, load, store, number, letter) \
    TG_POOL_ROW(#op, "(o)->(i)", letter letter, number, op##_##dtype)
#define ROW_PICK(op, dtype, T, C, load, store, number, letter)                              \
    {#op, "(i),(o)->(o)", letter "l" letter, number, TG_OF_SIZE_OF(T, pick), "2q",             \
     sizeof(place_params), 1},
#define ROW_PLACE(op, dtype, T, C, load, store, number, letter)                             \
    {#op, "(o),(o)->(i)", letter "l" letter, number, TG_OF_SIZE_OF(T, place), "2q",            \
     sizeof(place_params), 1},
#define ROW_PLACE_SUMS(op, dtype, T, C, load, store, number, letter)                        \
    {#op, "(o),(o)->(i)", letter "l" letter, number, op##_##dtype, "2q", sizeof(place_params), 1},

const tg_kernel tg_pool_kernels[] = {
    TG_FLOATS(ROW_AVG_POOL, avg_pool)
    TG_POOL_ROW("avg_pool", "(i)->(o)", "ll", TG_INT64, avg_pool_int64)
    TG_FLOATS(ROW_AVG_POOL_BACKWARD, avg_pool_backward)
    TG_ALL(ROW_PICK, pick_in_plane)
    TG_ALL(ROW_PLACE, place_in_plane)
    TG_FLOATS(ROW_PLACE_SUMS, place_sums)
    TG_TABLE_END
};
