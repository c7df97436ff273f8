/* Maxima over boxes of a plane, and where they are.
 *
 * Which places the taps of the windows read is the same for every plane. So it is put down once, in
 * a table with a row a tap, and the maxima of many outputs are found together, tap by tap. */
#include "pool.h"
#include "vectors.h"

#include <math.h>
#include <stdlib.h>

/* How large a table of places may be, unless one line of outputs needs more. */
enum { MOST_PLACES = 1 << 16 };

static int64_t n_taps(const window *w) { return (length(w) + w->step - 1) / w->step; }

/* The most places that a window of the axis holds; 1 where all are empty. */
static int64_t most_taps(const pool_axis *axis, int *is_any_empty)
{
    int64_t most = 1;
    for (int64_t o = 0; o < axis->n_out; o++) {
        const window w = window_of(axis, o);
        const int64_t n = n_taps(&w);
        *is_any_empty |= n < 1;
        most = n > most ? n : most;
    }
    return most;
}

/* The place that a tap reads. One beyond the window's end reads the last place again, which changes
 * neither the maximum nor the place that is named; of an empty window nothing will be used. */
static int64_t place_of(const window *w, int64_t tap)
{
    const int64_t last = n_taps(w) - 1;
    return last < 0 ? 0 : w->start + (tap < last ? tap : last) * w->step;
}

/* Lines of outputs in one layer of depth, and the places in that layer that their taps read. */
typedef struct {
    int64_t first, n_lines, n_outputs, n_taps;
    int32_t *places; /* a row of n_outputs a tap */
} band;

static void fill_band(band *b, const pool_axis *axes, int64_t taps_1, int64_t taps_2)
{
    const int64_t n_across = axes[2].n_out;
    b->n_outputs = b->n_lines * n_across;
    b->n_taps = taps_1 * taps_2;
    for (int64_t line = 0; line < b->n_lines; line++) {
        const window w1 = window_of(&axes[1], b->first + line);
        for (int64_t o2 = 0; o2 < n_across; o2++) {
            const window w2 = window_of(&axes[2], o2);
            int32_t *to = b->places + line * n_across + o2;
            for (int64_t k1 = 0; k1 < taps_1; k1++)
                for (int64_t k2 = 0; k2 < taps_2; k2++, to += b->n_outputs)
                    *to = (int32_t)(place_of(&w1, k1) * axes[2].n_in + place_of(&w2, k2));
        }
    }
}

/* Whether one of the windows of an output holds no place. */
static int is_empty(const pool_axis *axes, const window *w0, int64_t o1, int64_t o2)
{
    const window w1 = window_of(&axes[1], o1), w2 = window_of(&axes[2], o2);
    return n_taps(w0) < 1 || n_taps(&w1) < 1 || n_taps(&w2) < 1;
}

/* The largest of what n <= TOGETHER outputs read in the layers of w0, and its place. NaN wins, the
 * last one; of equal elements the first. */
#define MAXIMA(T, C, load)                                                                         \
    for (int64_t k0 = 0; k0 < n_taps(&w0); k0++) {                                                 \
        const int32_t base = (int32_t)((w0.start + k0 * w0.step) * layer);                         \
        for (int64_t tap = 0; tap < b.n_taps; tap++) {                                             \
            const int32_t *places = b.places + tap * b.n_outputs + start;                          \
            if (k0 == 0 && tap == 0) {                                                             \
                for (int64_t j = 0; j < n; j++) {                                                  \
                    at[j] = base + places[j];                                                      \
                    largest[j] = load(TG_AT(const T, in, at[j] * in_step));                        \
                }                                                                                  \
                continue;                                                                          \
            }                                                                                      \
            TG_INDEPENDENT                                                                         \
            for (int64_t j = 0; j < n; j++) {                                                      \
                const int32_t place = base + places[j];                                            \
                const C x = load(TG_AT(const T, in, place * in_step));                             \
                const int takes = (x > largest[j]) | TG_IS_NAN(x);                                 \
                largest[j] = takes ? x : largest[j];                                               \
                at[j] = takes ? place : at[j];                                                     \
            }                                                                                      \
        }                                                                                          \
    }

/* n maxima and their places to where they belong, which mostly is side by side. */
#define WRITE_OF(name, T, C, store)                                                                \
    static TG_INLINE void name##_write_apart(char *out, char *named, const C *largest,             \
                                             const int32_t *at, int64_t n, tg_intp step,           \
                                             tg_intp named_step)                                   \
    {                                                                                              \
        TG_INDEPENDENT                                                                             \
        for (int64_t j = 0; j < n; j++) {                                                          \
            TG_AT(T, out, j * step) = store(largest[j]);                                           \
            TG_AT(int64_t, named, j * named_step) = at[j];                                         \
        }                                                                                          \
    }                                                                                              \
    static TG_INLINE void name##_write(char *out, char *named, const C *largest,                   \
                                       const int32_t *at, int64_t n, const tg_intp *steps)         \
    {                                                                                              \
        if (steps[0] == (tg_intp)sizeof(T) && steps[1] == (tg_intp)sizeof(int64_t))                \
            name##_write_apart(out, named, largest, at, n, sizeof(T), sizeof(int64_t));            \
        else                                                                                       \
            name##_write_apart(out, named, largest, at, n, steps[0], steps[1]);                    \
    }

/* All outputs of the band in every plane. */
#define BAND_OF(name, T, C, load, store, LOWEST)                                                   \
    static TG_INLINE void name##_band(char **args, const tg_intp *dims, const tg_intp *steps,      \
                                      const tg_intp in_step, const pool_axis *axes, const band b,  \
                                      const int is_any_empty)                                      \
    {                                                                                              \
        const int64_t layer = axes[1].n_in * axes[2].n_in, n_across = axes[2].n_out;               \
        C largest[TOGETHER];                                                                       \
        int32_t at[TOGETHER];                                                                      \
        for (tg_intp plane = 0; plane < dims[0]; plane++)                                          \
            for (int64_t o0 = 0; o0 < axes[0].n_out; o0++) {                                       \
                const window w0 = window_of(&axes[0], o0);                                         \
                const char *in = args[0] + plane * steps[0];                                       \
                const int64_t first = (o0 * axes[1].n_out + b.first) * n_across;                   \
                for (int64_t start = 0; start < b.n_outputs; start += TOGETHER) {                  \
                    const int64_t left = b.n_outputs - start, n = left < TOGETHER ? left : TOGETHER; \
                    char *out = args[1] + plane * steps[1] + (first + start) * steps[4];           \
                    char *named = args[2] + plane * steps[2] + (first + start) * steps[5];         \
                    if (dims[1] > 0)                                                               \
                        MAXIMA(T, C, load)                                                         \
                    for (int64_t j = 0; is_any_empty && j < n; j++)                                \
                        if (is_empty(axes, &w0, b.first + (start + j) / n_across,                  \
                                     (start + j) % n_across)) {                                    \
                            largest[j] = (LOWEST);                                                 \
                            at[j] = 0;                                                             \
                        }                                                                          \
                    name##_write(out, named, largest, at, n, steps + 4);                           \
                }                                                                                  \
            }                                                                                      \
    }

/* Whether windows of two by two share out whole lines of a plane, of which one may be left over,
 * and elements follow one another as those of the outputs do. */
static int is_halving(const tg_intp *dims, const tg_intp *steps, const pool_axis *axes,
                      tg_intp item)
{
    for (int d = 1; d < 3; d++)
        if (axes[d].kernel != 2 || axes[d].stride != 2 || axes[d].padding || axes[d].dilation != 1)
            return 0;
    return axes[0].n_in == 1 && axes[0].n_out == 1 && axes[1].n_in >= 2 * axes[1].n_out &&
           axes[2].n_in == 2 * axes[2].n_out && axes[2].n_out > 0 && axes[2].n_out <= TOGETHER &&
           steps[3] == item && steps[1] == dims[2] * steps[4] && steps[2] == dims[2] * steps[5];
}

/* The maxima of such windows: of pairs of lines first, then of their neighbours. Of those the lower
 * place may stand second: it wins among equal elements, and loses among NaN. */
#define HALVES_OF(name, T, C, load, store)                                                         \
    static TG_INLINE void name##_halves(char **args, const tg_intp *dims, const tg_intp *steps,    \
                                        const pool_axis *axes)                                     \
    {                                                                                              \
        const int64_t n_in = axes[2].n_in, n_across = axes[2].n_out, n_lines = axes[1].n_out;      \
        const int64_t at_once = TOGETHER / n_across, n_all = dims[0] * n_lines;                    \
        int64_t plane = 0, line = 0;                                                               \
        C of_lines[2 * TOGETHER];                                                                  \
        int32_t at[2 * TOGETHER];                                                                  \
        for (int64_t done = 0, n_now; done < n_all; done += n_now) {                               \
            n_now = n_all - done < at_once ? n_all - done : at_once;                               \
            for (int64_t l = 0; l < n_now; l++) {                                                  \
                const int32_t upper = (int32_t)(2 * line * n_in), lower = upper + (int32_t)n_in;   \
                const T *first = (const T *)(args[0] + plane * steps[0]) + upper;                  \
                const T *second = first + n_in;                                                    \
                C *larger = of_lines + l * n_in;                                                   \
                int32_t *places = at + l * n_in;                                                   \
                TG_INDEPENDENT                                                                     \
                for (int64_t x = 0; x < n_in; x++) {                                               \
                    const C a = load(first[x]), b = load(second[x]);                               \
                    const int takes = (b > a) | TG_IS_NAN(b);                                      \
                    larger[x] = takes ? b : a;                                                     \
                    places[x] = (takes ? lower : upper) + (int32_t)x;                              \
                }                                                                                  \
                if (++line == n_lines) {                                                           \
                    line = 0;                                                                      \
                    plane++;                                                                       \
                }                                                                                  \
            }                                                                                      \
            char *out = args[1] + done * n_across * steps[4];                                      \
            char *named = args[2] + done * n_across * steps[5];                                    \
            C largest[TOGETHER];                                                                   \
            int32_t places[TOGETHER];                                                              \
            TG_INDEPENDENT                                                                         \
            for (int64_t j = 0; j < n_now * n_across; j++) {                                       \
                const C a = of_lines[2 * j], b = of_lines[2 * j + 1];                              \
                const int32_t place_a = at[2 * j], place_b = at[2 * j + 1];                        \
                const int is_before = place_b < place_a;                                           \
                const int takes = (b > a) | ((b == a) & is_before) |                               \
                                  (TG_IS_NAN(b) & !(TG_IS_NAN(a) & is_before));                    \
                largest[j] = takes ? b : a;                                                        \
                places[j] = takes ? place_b : place_a;                                             \
            }                                                                                      \
            name##_write(out, named, largest, places, n_now * n_across, steps + 4);                \
        }                                                                                          \
    }

/* out[o] = the largest of the box, and where it is; nothing of an empty box is larger than LOWEST */
#define MAX_POOL_OF(name, T, C, load, store, LOWEST)                                               \
    WRITE_OF(name, T, C, store)                                                                    \
    BAND_OF(name, T, C, load, store, LOWEST)                                                       \
    HALVES_OF(name, T, C, load, store)                                                             \
    TG_VECTOR_LOOP(name)                                                                           \
    {                                                                                              \
        (void)fused;                                                                               \
        pool_params *p = params;                                                                   \
        const pool_axis *axes = p->axes;                                                           \
        if (!sizes_agree(p, dims[1], dims[2]))                                                     \
            return;                                                                                \
        if ((C)0.5 > 0 && is_halving(dims, steps, axes, sizeof(T))) { /* for whole numbers no code */ \
            name##_halves(args, dims, steps, axes);                                                \
            return;                                                                                \
        }                                                                                          \
        int is_any_empty = 0;                                                                      \
        most_taps(&axes[0], &is_any_empty);                                                        \
        const int64_t taps_1 = most_taps(&axes[1], &is_any_empty);                                 \
        const int64_t taps_2 = most_taps(&axes[2], &is_any_empty);                                 \
        const int64_t per_line = taps_1 * taps_2 * axes[2].n_out;                                  \
        int64_t n_lines = per_line < MOST_PLACES ? MOST_PLACES / (per_line + !per_line) : 1;       \
        n_lines = n_lines < axes[1].n_out ? n_lines : axes[1].n_out;                               \
        band b = {0, 0, 0, 0, malloc((size_t)(n_lines * per_line + 1) * sizeof(int32_t))};         \
        if (b.places == NULL) {                                                                    \
            p->status = 1;                                                                         \
            return;                                                                                \
        }                                                                                          \
        for (; b.first < axes[1].n_out; b.first += n_lines) {                                      \
            b.n_lines = axes[1].n_out - b.first < n_lines ? axes[1].n_out - b.first : n_lines;     \
            fill_band(&b, axes, taps_1, taps_2);                                                   \
            if (steps[3] == (tg_intp)sizeof(T))                                                    \
                name##_band(args, dims, steps, sizeof(T), axes, b, is_any_empty);                  \
            else                                                                                   \
                name##_band(args, dims, steps, steps[3], axes, b, is_any_empty);                   \
        }                                                                                          \
        free(b.places);                                                                            \
    }

/* out[o] = the largest of the box alone, of which NaN is: of n <= TOGETHER outputs tap by tap */
#define LINE_MAXIMA(dtype, T, C, load, store)                                                      \
    static TG_INLINE void line_maxima_##dtype(const T *in, T *out, int64_t start, int64_t n,       \
                                              const pool_axis *axes, const window w0,              \
                                              const window w1, const tap_range *taps,              \
                                              const int64_t stride)                                \
    {                                                                                              \
        C largest[TOGETHER];                                                                       \
        for (int64_t j = 0; j < n; j++)                                                            \
            largest[j] = -INFINITY;                                                                \
        FOR_TAPS(axes, w0, w1, taps, start, n, 0, 1, {                                             \
            TG_INDEPENDENT                                                                         \
            for (int64_t o = first; o < end; o++) {                                                \
                const C x = load(in[row + o * stride + offset]);                                   \
                const C m = largest[o - start];                                                    \
                largest[o - start] = (x > m) | TG_IS_NAN(x) ? x : m;                               \
            }                                                                                      \
        })                                                                                         \
        for (int64_t j = 0; j < n; j++)                                                            \
            out[j] = store(largest[j]);                                                            \
    }

/* Refuses what does not go by taps. */
#define WINDOW_MAXIMA(op, dtype, T, C, load, store, ...)                                           \
    LINE_MAXIMA(dtype, T, C, load, store)                                                          \
    TG_VECTOR_LOOP(op##_##dtype)                                                                   \
    {                                                                                              \
        (void)fused;                                                                               \
        pool_params *p = params;                                                                   \
        pool_axis axes[3] = {p->axes[0], p->axes[1], p->axes[2]};                                  \
        p->status = !goes_by_taps(&axes[2], steps + 2, sizeof(T));                                 \
        if (!sizes_agree(p, dims[1], dims[2]) || p->status)                                        \
            return;                                                                                \
        tap_range taps[MOST_TAPS];                                                                 \
        find_taps(&axes[2], taps);                                                                 \
        const int64_t n_across = axes[2].n_out;                                                    \
        for (tg_intp plane = 0; plane < dims[0]; plane++)                                          \
            for (int64_t line = 0; line < axes[0].n_out * axes[1].n_out; line++) {                 \
                const window w0 = window_of(&axes[0], line / axes[1].n_out);                       \
                const window w1 = window_of(&axes[1], line % axes[1].n_out);                       \
                for (int64_t start = 0, n; start < n_across; start += n) {                         \
                    const T *in = (const T *)(args[0] + plane * steps[0]);                         \
                    T *out = (T *)(args[1] + plane * steps[1]) + line * n_across + start;          \
                    n = n_across - start < TOGETHER ? n_across - start : TOGETHER;                 \
                    if (axes[2].stride == 1)                                                       \
                        line_maxima_##dtype(in, out, start, n, axes, w0, w1, taps, 1);             \
                    else                                                                           \
                        line_maxima_##dtype(in, out, start, n, axes, w0, w1, taps, 2);             \
                }                                                                                  \
            }                                                                                      \
    }

#define MAX_POOL(op, dtype, T, C, load, store, ...) \
    MAX_POOL_OF(op##_##dtype, T, C, load, store, lowest_##dtype)

enum { lowest_uint8 = 0, lowest_int8 = INT8_MIN, lowest_int16 = INT16_MIN, lowest_int32 = INT32_MIN };
static const int64_t lowest_int64 = INT64_MIN;
static const float lowest_float16 = -INFINITY, lowest_float32 = -INFINITY;
static const double lowest_float64 = -INFINITY;

TG_NUMBERS(MAX_POOL, max_pool)
TG_SINGLE_AND_DOUBLE(WINDOW_MAXIMA, window_maxima)

#define ROW_MAX_POOL(op, dtype, T, C, load, store, number, letter) \
    TG_POOL_ROW(#op, "(i)->(o),(o)", letter letter "l", number, op##_##dtype)
#define ROW_WINDOW_MAXIMA(op, dtype, T, C, load, store, number, letter) \
    TG_POOL_ROW(#op, "(i)->(o)", letter letter, number, op##_##dtype)

const tg_kernel tg_max_pool_kernels[] = {
    TG_NUMBERS(ROW_MAX_POOL, max_pool)
    TG_SINGLE_AND_DOUBLE(ROW_WINDOW_MAXIMA, window_maxima)
    TG_TABLE_END
};
