/* Running sums, products and extremes along one dimension, "(n)->(n)", and numbers in order. */
#include "vectors.h"

#define SUM(total, x) ((total) + (x))
#define PRODUCT(total, x) ((total) * (x))

/* log(exp(total) + exp(x)), where both may be the same infinity */
static inline double log_add_exp(double total, double x)
{
    if (total != total || x != x)
        return total + x;
    const double small = x < total ? x : total, large = x < total ? total : x;
    return small == large && isinf(large) ? large : large + log1p(exp(small - large));
}

enum { ROWS_AT_ONCE = 8, COLUMNS_AT_ONCE = 256 };

/* Several rows side by side: those that are neighbours in memory as vectors, others in turn, so
 * that none waits for the last sum. Total is wide enough that a long row does not gather the error
 * of its dtype. */
#define SCAN(LOOP, name, T, Total, load, store, START, JOIN)                                        \
    static TG_INLINE void name##_side_by_side(const char *in, char *out, tg_intp n, tg_intp width,  \
                                              tg_intp in_step, tg_intp out_step,                    \
                                              const tg_intp *core_steps)                            \
    {                                                                                               \
        Total total[COLUMNS_AT_ONCE];                                                               \
        for (tg_intp j = 0; j < width; j++)                                                         \
            total[j] = START;                                                                       \
        for (tg_intp i = 0; i < n; i++, in += core_steps[0], out += core_steps[1]) {                \
            TG_INDEPENDENT                                                                          \
            for (tg_intp j = 0; j < width; j++) {                                                   \
                total[j] = JOIN(total[j], (Total)load(TG_AT(const T, in, j * in_step)));            \
                TG_AT(T, out, j * out_step) = store(total[j]);                                      \
            }                                                                                       \
        }                                                                                           \
    }                                                                                               \
    LOOP(name)                                                                                      \
    {                                                                                               \
        const tg_intp n_rows = dims[0], size = sizeof(T);                                           \
        const int are_neighbours = n_rows >= ROWS_AT_ONCE && steps[0] == size && steps[1] == size;  \
        (void)params;                                                                               \
        for (tg_intp row = 0; row < n_rows;) {                                                      \
            const char *in = args[0] + row * steps[0];                                              \
            char *out = args[1] + row * steps[1];                                                   \
            const tg_intp left = n_rows - row;                                                      \
            tg_intp width = 1;                                                                      \
            if (are_neighbours) {                                                                   \
                width = left < COLUMNS_AT_ONCE ? left : COLUMNS_AT_ONCE;                            \
                name##_side_by_side(in, out, dims[1], width, size, size, steps + 2);                \
            } else if (left >= ROWS_AT_ONCE) {                                                      \
                width = ROWS_AT_ONCE;                                                               \
                name##_side_by_side(in, out, dims[1], ROWS_AT_ONCE, steps[0], steps[1], steps + 2); \
            } else {                                                                                \
                name##_side_by_side(in, out, dims[1], 1, 0, 0, steps + 2);                          \
            }                                                                                       \
            row += width;                                                                           \
        }                                                                                           \
    }

/* The extreme so far and the last place where it is; NaN wins. */
#define SCAN_EXTREME(name, T, C, load, IS_AS_GOOD)                                        \
    TG_LOOP(name)                                                                         \
    {                                                                                     \
        const tg_intp n = dims[1];                                                        \
        (void)params;                                                                     \
        for (tg_intp row = 0; row < dims[0]; row++) {                                     \
            const char *in = args[0] + row * steps[0];                                    \
            char *values = args[1] + row * steps[1], *places = args[2] + row * steps[2];  \
            tg_intp place = 0;                                                            \
            for (tg_intp i = 0; i < n; i++) {                                             \
                const C x = load(TG_AT(const T, in, i * steps[3]));                       \
                const C best = load(TG_AT(const T, in, place * steps[3]));                \
                if (TG_IS_NAN(x) | (IS_AS_GOOD(x, best) & !TG_IS_NAN(best)))              \
                    place = i;                                                            \
                TG_AT(T, values, i * steps[4]) = TG_AT(const T, in, place * steps[3]);    \
                TG_AT(int64_t, places, i * steps[5]) = place;                             \
            }                                                                             \
        }                                                                                 \
    }

#define NOT_SMALLER(a, b) ((a) >= (b))
#define NOT_LARGER(a, b) ((a) <= (b))
#define DOUBLE_TO_HALF(x) tg_float_to_half((float)(x))

#define FLOAT_SCANS(name, START, JOIN)                                                             \
    SCAN(TG_LOOP, name##_float16, tg_half, float, tg_half_to_float, tg_float_to_half, START, JOIN) \
    SCAN(TG_VECTOR_LOOP, name##_float32, float, double, TG_AS_IS, (float), START, JOIN)            \
    SCAN(TG_VECTOR_LOOP, name##_float64, double, double, TG_AS_IS, TG_AS_IS, START, JOIN)
#define CUMMAX(op, dtype, T, C, load, ...) SCAN_EXTREME(op##_##dtype, T, C, load, NOT_SMALLER)
#define CUMMIN(op, dtype, T, C, load, ...) SCAN_EXTREME(op##_##dtype, T, C, load, NOT_LARGER)

/* Integers wrap around, which only unsigned ones may. */
FLOAT_SCANS(cumsum, 0, SUM)
SCAN(TG_LOOP, cumsum_int64, int64_t, uint64_t, TG_AS_IS, (int64_t), 0, SUM)
FLOAT_SCANS(cumprod, 1, PRODUCT)
SCAN(TG_LOOP, cumprod_int64, int64_t, uint64_t, TG_AS_IS, (int64_t), 1, PRODUCT)
SCAN(TG_LOOP, logcumsumexp_float16, tg_half, double, tg_half_to_float, DOUBLE_TO_HALF, -INFINITY,
     log_add_exp)
SCAN(TG_LOOP, logcumsumexp_float32, float, double, TG_AS_IS, (float), -INFINITY, log_add_exp)
SCAN(TG_LOOP, logcumsumexp_float64, double, double, TG_AS_IS, TG_AS_IS, -INFINITY, log_add_exp)
TG_ALL(CUMMAX, cummax)
TG_ALL(CUMMIN, cummin)

/* Numbers a fixed step apart, rounded where PyTorch's vectors of 32 bytes are: the first of each
 * vector to the dtype before the others are counted from it. Vectors come in pairs; what is left
 * is counted from the start. */
typedef struct {
    double start, step;
} range_params;

#define RANGE(name, T, C, load, store, FMA)                                                 \
    TG_VECTOR_LOOP(name)                                                                    \
    {                                                                                       \
        const range_params *given = params;                                                 \
        const C start = (C)given->start, step = (C)given->step;                             \
        enum { WIDTH = 32 / sizeof(T) };                                                    \
        const tg_intp n = dims[1], paired = n - n % (2 * WIDTH);                            \
        (void)fused;                                                                        \
        for (tg_intp row = 0; row < dims[0]; row++) {                                       \
            char *out = args[0] + row * steps[0];                                           \
            for (tg_intp i = 0; i < paired; i += WIDTH) {                                   \
                T vector[WIDTH];                                                            \
                const T first = store(FMA(step, (C)i, start));                              \
                for (int lane = 0; lane < WIDTH; lane++)                                    \
                    vector[lane] = store(FMA(step, (C)lane, load(first)));                  \
                vector[0] = first; /* an infinite step times no lane is none */             \
                for (int lane = 0; lane < WIDTH; lane++)                                    \
                    TG_AT(T, out, (i + lane) * steps[1]) = vector[lane];                    \
            }                                                                               \
            for (tg_intp i = paired; i < n; i++)                                            \
                TG_AT(T, out, i * steps[1]) = store(FMA(step, (C)i, start));                \
        }                                                                                   \
    }

RANGE(arange_float16, tg_half, float, tg_half_to_float, tg_float_to_half, fmaf)
RANGE(arange_float32, float, double, TG_AS_IS, (float), fma)
RANGE(arange_float64, double, double, TG_AS_IS, TG_AS_IS, fma)

/* Whole numbers a fixed step apart. */
typedef struct {
    int64_t start, step;
} count_params;

static TG_INLINE void count_row(int64_t *out, tg_intp stride, tg_intp n, uint64_t start,
                                uint64_t step)
{
    for (tg_intp i = 0; i < n; i++, start += step)
        out[i * stride] = (int64_t)start;
}

TG_VECTOR_LOOP(count_int64)
{
    const count_params *given = params;
    const uint64_t start = (uint64_t)given->start, step = (uint64_t)given->step;
    (void)fused;
    for (tg_intp row = 0; row < dims[0]; row++) {
        int64_t *out = (int64_t *)(args[0] + row * steps[0]);
        if (steps[1] == (tg_intp)sizeof(int64_t))
            count_row(out, 1, dims[1], start, step);
        else
            count_row(out, steps[1] / (tg_intp)sizeof(int64_t), dims[1], start, step);
    }
}

/* Numbers from one end to the other, each counted from the nearer one: the last is exactly the end. */
typedef struct {
    double start, end, step;
} spaced_params;

#define LINSPACE(op, dtype, T, ...)                                                         \
    TG_VECTOR_LOOP_OF(op##_##dtype)                                                         \
    {                                                                                       \
        const spaced_params *given = params;                                                \
        const T start = (T)given->start, end = (T)given->end, step = (T)given->step;        \
        const tg_intp n = dims[1];                                                          \
        (void)fused;                                                                        \
        for (tg_intp row = 0; row < dims[0]; row++) {                                       \
            char *out = args[0] + row * steps[0];                                           \
            for (tg_intp i = 0; i < n / 2; i++)                                             \
                TG_AT(T, out, i * steps[1]) = FMA(step, (T)i, start);                       \
            for (tg_intp i = n / 2; i < n; i++)                                             \
                TG_AT(T, out, i * steps[1]) = FMA(-step, (T)(n - i - 1), end);              \
        }                                                                                   \
    }

#define FMA(x, y, z) _Generic((x), float: fmaf, default: fma)(x, y, z)
TG_SINGLE_AND_DOUBLE(LINSPACE, linspace)

/* Powers of a base whose exponents are spaced like that, each rounded as C's pow has it. */
typedef struct {
    double base, start, end, step;
} powers_params;

TG_LOOP(logspace_float64)
{
    const powers_params *given = params;
    const tg_intp n = dims[1];
    for (tg_intp row = 0; row < dims[0]; row++) {
        char *out = args[0] + row * steps[0];
        for (tg_intp i = 0; i < n; i++, out += steps[1]) {
            const double along = i < n / 2 ? given->start + given->step * (double)i
                                           : given->end - given->step * (double)(n - i - 1);
            TG_AT(double, out, 0) = pow(given->base, along);
        }
    }
}

#define ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->(n)", letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_OF_LONG(op) {#op, "(n)->(n)", "ll", TG_INT64, op##_int64, NULL, 0, 0},
#define ROW_WITH_PLACE(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->(n),(n)", letter letter "l", number, op##_##dtype, NULL, 0, 0},

#define RANGE_ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "->(n)", letter, number, op##_##dtype, "dd", sizeof(range_params), 0},
#define LINSPACE_ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "->(n)", letter, number, op##_##dtype, "ddd", sizeof(spaced_params), 0},

const tg_kernel tg_scan_kernels[] = {
    TG_FLOATS(ROW, cumsum)
    ROW_OF_LONG(cumsum)
    TG_FLOATS(ROW, cumprod)
    ROW_OF_LONG(cumprod)
    TG_FLOATS(ROW, logcumsumexp)
    TG_ALL(ROW_WITH_PLACE, cummax)
    TG_ALL(ROW_WITH_PLACE, cummin)
    TG_FLOATS(RANGE_ROW, arange)
    {"count", "->(n)", "l", TG_INT64, count_int64, "qq", sizeof(count_params), 0},
    TG_SINGLE_AND_DOUBLE(LINSPACE_ROW, linspace)
    {"logspace", "->(n)", "d", TG_FLOAT64, logspace_float64, "dddd", sizeof(powers_params), 0},
    TG_TABLE_END
};
