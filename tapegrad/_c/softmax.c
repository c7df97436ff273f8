/* Softmax and its logarithm over one dimension, with the gradients that read their outputs. */
#include "elementary.h"
#include "lanes.h"
#include "reduce_rows.h"

#define EXP(x) _Generic((x), float: tg_exp_below(x, fused), default: exp(x))
#define LOG(x) _Generic((x), float: logf, default: log)(x)

/* Rows of at most SHORT elements are turned, and where there are MANY those of at most LONGEST, on
 * the way back LONGEST_BACK: TURNED elements at a time, in squares of vectors if they are as many as
 * WORTH_SQUARES. */
enum { BLOCK = 512, COLUMNS = 128, SHORT = 16, MANY = 16, LONGEST = 64, LONGEST_BACK = 24,
       TURNED = SHORT * COLUMNS, WORTH_SQUARES = 256 };

/* a / b where b is the same for many: a product, and its rounding error made good. */
#define QUOTIENT(a, b, inverse)                                                                   \
    _Generic((a), float: quotient_float(a, (float)(b), (float)(inverse), fused), default: (a) / (b))

static TG_INLINE float quotient_float(float a, float b, float inverse, const int fused)
{
    const float estimate = a * inverse;
    return tg_fma(tg_fma(-estimate, b, a, fused), inverse, estimate, fused);
}

/* A row operation is written once with steps, and inlined once more for packed rows. Where it is
 * neighbouring rows that lie packed, these are columns, and a block of them is walked together; so
 * are short rows, turned into columns: each for itself would not fill the lanes. */
#define FOR_BLOCKS(start, width, n, most)                                                         \
    for (tg_intp start = 0, width = 0;                                                            \
         width = (n) - start < (most) ? (n) - start : (most), start < (n); start += width)

#define IS_SHORT(n_rows, n, longest) ((n) <= SHORT || ((n) <= (longest) && (n_rows) >= MANY))
#define AT_ONCE(n) ((n) <= SHORT ? COLUMNS : TURNED / (n) / LANES * LANES)

/* Sums of columns; of turned rows, which may also be summed alone, in the lanes that those have. */
#define CLEAR_SUMS(sums, n_lanes)                                                                 \
    double sums[LANES][COLUMNS];                                                                  \
    memset(sums, 0, (size_t)(n_lanes) * sizeof sums[0]);
#define JOIN_LANES(sums, n_lanes, width)                                                          \
    for (tg_intp half = (n_lanes) / 2; half > 0; half /= 2)                                       \
        for (tg_intp k = 0; k < half; k++)                                                        \
            for (tg_intp j = 0; j < (width); j++)                                                 \
                sums[k][j] += sums[k + half][j];
#define N_LANES(n) ((n) <= SHORT ? 1 : LANES)

/* out[k, i] = in[i, k]; where elements of rows of one of both lie is said by two steps. */
#define TURN(T, n, m, in, row, step, out, out_row, out_step)                                      \
    if (CAN_TURN(T) && (n) * (m) >= WORTH_SQUARES && (step) == size && (out_step) == size &&      \
        (row) % size == 0 && (out_row) % size == 0)                                               \
        TURN_ROWS((const T *)(in), (row) / size, n, m, (T *)(out), (out_row) / size);             \
    else                                                                                          \
        for (tg_intp i = 0; i < (n); i++)                                                         \
            for (tg_intp k = 0; k < (m); k++)                                                     \
                TG_AT(T, out, k * (out_row) + i * (out_step)) =                                   \
                    TG_AT(const T, in, i * (row) + k * (step));

#define LOOP_1_TO_1(name, T)                                                                      \
    TG_VECTOR_LOOP(name)                                                                          \
    {                                                                                             \
        const tg_intp size = sizeof(T), n = dims[1];                                              \
        const int is_packed = steps[2] == size && steps[3] == size;                               \
        (void)params;                                                                             \
        if (!is_packed && dims[0] > 1 && steps[0] == size && steps[1] == size) {                  \
            FOR_BLOCKS(j, width, dims[0], COLUMNS)                                                \
                name##_columns(args[0] + j * size, steps[2], args[1] + j * size, steps[3], n,     \
                               width, 1, fused);                                                  \
            return;                                                                               \
        }                                                                                         \
        if (IS_SHORT(dims[0], n, LONGEST)) {                                                      \
            T x[TURNED], out[TURNED];                                                             \
            FOR_BLOCKS(j, width, dims[0], AT_ONCE(n)) {                                           \
                TURN(T, width, n, args[0] + j * steps[0], steps[0], steps[2], (char *)x,          \
                     width * size, size)                                                          \
                name##_columns((char *)x, width * size, (char *)out, width * size, n, width,      \
                               N_LANES(n), fused);                                                \
                TURN(T, n, width, (char *)out, width * size, size, args[1] + j * steps[1],        \
                     steps[1], steps[3])                                                          \
            }                                                                                     \
            return;                                                                               \
        }                                                                                         \
        for (tg_intp row = 0; row < dims[0]; row++) {                                             \
            const char *x = args[0] + row * steps[0];                                             \
            char *out = args[1] + row * steps[1];                                                 \
            if (is_packed)                                                                        \
                name##_row(x, size, out, size, n, fused);                                         \
            else                                                                                  \
                name##_row(x, steps[2], out, steps[3], n, fused);                                 \
        }                                                                                         \
    }

#define LOOP_2_TO_1(name, T)                                                                      \
    TG_VECTOR_LOOP(name)                                                                          \
    {                                                                                             \
        const tg_intp size = sizeof(T), n = dims[1];                                              \
        const int is_packed = steps[3] == size && steps[4] == size && steps[5] == size;           \
        (void)params;                                                                             \
        if (!is_packed && dims[0] > 1 && steps[0] == size && steps[1] == size &&                  \
            steps[2] == size) {                                                                   \
            FOR_BLOCKS(j, width, dims[0], COLUMNS)                                                \
                name##_columns(args[0] + j * size, steps[3], args[1] + j * size, steps[4],        \
                               args[2] + j * size, steps[5], n, width, 1, fused);                 \
            return;                                                                               \
        }                                                                                         \
        if (IS_SHORT(dims[0], n, LONGEST_BACK)) {                                                 \
            T g[TURNED], out[TURNED], gx[TURNED];                                                 \
            FOR_BLOCKS(j, width, dims[0], AT_ONCE(n)) {                                           \
                TURN(T, width, n, args[0] + j * steps[0], steps[0], steps[3], (char *)g,          \
                     width * size, size)                                                          \
                TURN(T, width, n, args[1] + j * steps[1], steps[1], steps[4], (char *)out,        \
                     width * size, size)                                                          \
                name##_columns((char *)g, width * size, (char *)out, width * size, (char *)gx,    \
                               width * size, n, width, N_LANES(n), fused);                        \
                TURN(T, n, width, (char *)gx, width * size, size, args[2] + j * steps[2],         \
                     steps[2], steps[5])                                                          \
            }                                                                                     \
            return;                                                                               \
        }                                                                                         \
        for (tg_intp row = 0; row < dims[0]; row++) {                                             \
            const char *g = args[0] + row * steps[0];                                             \
            const char *out = args[1] + row * steps[1];                                           \
            char *gx = args[2] + row * steps[2];                                                  \
            if (is_packed)                                                                        \
                name##_row(g, size, out, size, gx, size, n, fused);                               \
            else                                                                                  \
                name##_row(g, steps[3], out, steps[4], gx, steps[5], n, fused);                   \
        }                                                                                         \
    }

/* total = the sum of exp(x - max), a block at a time; KEEP(i, power) sees each power. */
#define SUM_OF_POWERS(T, C, load, total, n, KEEP)                                                 \
    double total = 0;                                                                             \
    for (tg_intp start = 0; start < (n); start += BLOCK) {                                        \
        C powers[BLOCK];                                                                          \
        const tg_intp width = (n) - start < BLOCK ? (n) - start : BLOCK;                          \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < width; i++) {                                                     \
            const C difference = load(TG_AT(const T, x, (start + i) * x_step)) - max;             \
            powers[i] = EXP(difference);                                                          \
            KEEP(start + i, powers[i])                                                            \
        }                                                                                         \
        SUM_OVER(part, i, width, powers[i])                                                       \
        total += part;                                                                            \
    }

/* The maximum of each column and the sum of exp(x - max); KEEP(i, j, power) sees each power. */
#define COLUMN_POWERS(T, C, load, KEEP)                                                           \
    C max[COLUMNS];                                                                               \
    CLEAR_SUMS(sums, n_lanes)                                                                     \
    for (tg_intp j = 0; j < width; j++)                                                           \
        max[j] = -INFINITY;                                                                       \
    for (tg_intp i = 0; i < n; i++) {                                                             \
        const T *row = (const T *)(x + i * x_step);                                               \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const C value = load(row[j]);                                                         \
            max[j] = LARGER(max[j], value);                                                       \
        }                                                                                         \
    }                                                                                             \
    for (tg_intp i = 0; i < n; i++) {                                                             \
        const T *row = (const T *)(x + i * x_step);                                               \
        T *kept = (T *)(out + i * out_step);                                                      \
        double *lane = sums[i % n_lanes];                                                         \
        (void)kept;                                                                               \
        TG_INDEPENDENT                                                                            \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const C difference = load(row[j]) - max[j];                                           \
            const C power = EXP(difference);                                                      \
            KEEP(j, power)                                                                        \
            lane[j] += (double)power;                                                             \
        }                                                                                         \
    }                                                                                             \
    JOIN_LANES(sums, n_lanes, width)

#define KEEP_NONE(j, power)
#define KEEP_IN_COLUMN_float16 KEEP_NONE
#define KEEP_IN_COLUMN_float32(j, power) kept[j] = power;
#define KEEP_IN_COLUMN_float64(j, power) kept[j] = power;

/* exp(x - max) / sum: the exponentials wait in `out`, but not where that would round
 * them to float16. */
#define SOFTMAX(op, dtype, T, C, load, store, ...)                                                \
    static TG_INLINE void op##_##dtype##_row(const char *x, tg_intp x_step, char *out,            \
                                             tg_intp out_step, tg_intp n, const int fused)        \
    {                                                                                             \
        const int keeps = sizeof(T) == sizeof(C);                                                 \
        ROW_MAX(C, max, i, n, load(TG_AT(const T, x, i * x_step)))                                \
        SUM_OF_POWERS(T, C, load, total, n, KEEP_POWER_##dtype)                                   \
        const C sum = (C)total, inverse = 1 / sum;                                                \
        (void)inverse;                                                                            \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const C difference = load(TG_AT(const T, x, i * x_step)) - max;                       \
            const C power = keeps ? load(TG_AT(const T, out, i * out_step)) : EXP(difference);    \
            TG_AT(T, out, i * out_step) = store(QUOTIENT(power, sum, inverse));                   \
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *x, tg_intp x_step, char *out,        \
                                                 tg_intp out_step, tg_intp n, tg_intp width,      \
                                                 tg_intp n_lanes, const int fused)                \
    {                                                                                             \
        const int keeps = sizeof(T) == sizeof(C);                                                 \
        C sum[COLUMNS], inverse[COLUMNS];                                                         \
        COLUMN_POWERS(T, C, load, KEEP_IN_COLUMN_##dtype)                                         \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            sum[j] = (C)sums[0][j];                                                               \
            inverse[j] = 1 / sum[j];                                                              \
        }                                                                                         \
        (void)inverse;                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *row = (const T *)(x + i * x_step);                                           \
            T *result = (T *)(out + i * out_step);                                                \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                const C difference = load(row[j]) - max[j];                                       \
                const C power = keeps ? load(result[j]) : EXP(difference);                        \
                result[j] = store(QUOTIENT(power, sum[j], inverse[j]));                           \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    LOOP_1_TO_1(op##_##dtype, T)

#define KEEP_NOTHING(i, power)
#define KEEP_POWER_float16 KEEP_NOTHING
#define KEEP_POWER_float32(i, power) TG_AT(float, out, (i) * out_step) = power;
#define KEEP_POWER_float64(i, power) TG_AT(double, out, (i) * out_step) = power;

/* (x - max) - log(sum(exp(x - max))), in this order: max + log(sum) could round all of
 * the logarithm away. */
#define LOG_SOFTMAX(op, dtype, T, C, load, store, ...)                                            \
    static TG_INLINE void op##_##dtype##_row(const char *x, tg_intp x_step, char *out,            \
                                             tg_intp out_step, tg_intp n, const int fused)        \
    {                                                                                             \
        ROW_MAX(C, max, i, n, load(TG_AT(const T, x, i * x_step)))                                \
        SUM_OF_POWERS(T, C, load, total, n, KEEP_NOTHING)                                         \
        const C log_sum = LOG((C)total);                                                          \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++)                                                           \
            TG_AT(T, out, i * out_step) =                                                         \
                store(load(TG_AT(const T, x, i * x_step)) - max - log_sum);                       \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *x, tg_intp x_step, char *out,        \
                                                 tg_intp out_step, tg_intp n, tg_intp width,      \
                                                 tg_intp n_lanes, const int fused)                \
    {                                                                                             \
        C log_sum[COLUMNS];                                                                       \
        COLUMN_POWERS(T, C, load, KEEP_NONE)                                                      \
        for (tg_intp j = 0; j < width; j++)                                                       \
            log_sum[j] = LOG((C)sums[0][j]);                                                      \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *row = (const T *)(x + i * x_step);                                           \
            T *result = (T *)(out + i * out_step);                                                \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                result[j] = store(load(row[j]) - max[j] - log_sum[j]);                            \
        }                                                                                         \
    }                                                                                             \
    LOOP_1_TO_1(op##_##dtype, T)

/* out * (g - sum(g * out)) */
#define SOFTMAX_BACKWARD(op, dtype, T, C, load, store, ...)                                       \
    static TG_INLINE void op##_##dtype##_row(const char *g, tg_intp g_step, const char *out,      \
                                             tg_intp out_step, char *gx, tg_intp gx_step,         \
                                             tg_intp n, const int fused)                          \
    {                                                                                             \
        SUM_OVER(total, i, n,                                                                     \
                 load(TG_AT(const T, g, i * g_step)) * load(TG_AT(const T, out, i * out_step)))   \
        const C sum = (C)total;                                                                   \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++)                                                           \
            TG_AT(T, gx, i * gx_step) = store(load(TG_AT(const T, out, i * out_step)) *           \
                                              (load(TG_AT(const T, g, i * g_step)) - sum));       \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *g, tg_intp g_step, const char *out,  \
                                                 tg_intp out_step, char *gx, tg_intp gx_step,     \
                                                 tg_intp n, tg_intp width, tg_intp n_lanes,       \
                                                 const int fused)                                 \
    {                                                                                             \
        CLEAR_SUMS(sums, n_lanes)                                                                 \
        (void)fused;                                                                              \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            (void)y;                                                                              \
            for (tg_intp j = 0; j < width; j++)                                                   \
                sums[i % n_lanes][j] += (double)(load(slope[j]) * load(y[j]));                    \
        }                                                                                         \
        JOIN_LANES(sums, n_lanes, width)                                                          \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            T *result = (T *)(gx + i * gx_step);                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                const C power = load(y[j]);                                                       \
                result[j] = store(power * (load(slope[j]) - (C)sums[0][j]));                      \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    LOOP_2_TO_1(op##_##dtype, T)

/* g - exp(out) * sum(g) */
#define LOG_SOFTMAX_BACKWARD(op, dtype, T, C, load, store, ...)                                   \
    static TG_INLINE void op##_##dtype##_row(const char *g, tg_intp g_step, const char *out,      \
                                             tg_intp out_step, char *gx, tg_intp gx_step,         \
                                             tg_intp n, const int fused)                          \
    {                                                                                             \
        SUM_OVER(total, i, n, load(TG_AT(const T, g, i * g_step)))                                \
        const C sum = (C)total;                                                                   \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const C y = load(TG_AT(const T, out, i * out_step));                                  \
            TG_AT(T, gx, i * gx_step) = store(load(TG_AT(const T, g, i * g_step)) - EXP(y) * sum);\
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *g, tg_intp g_step, const char *out,  \
                                                 tg_intp out_step, char *gx, tg_intp gx_step,     \
                                                 tg_intp n, tg_intp width, tg_intp n_lanes,       \
                                                 const int fused)                                 \
    {                                                                                             \
        CLEAR_SUMS(sums, n_lanes)                                                                 \
        (void)fused;                                                                              \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            (void)y;                                                                              \
            for (tg_intp j = 0; j < width; j++)                                                   \
                sums[i % n_lanes][j] += (double)load(slope[j]);                                   \
        }                                                                                         \
        JOIN_LANES(sums, n_lanes, width)                                                          \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            T *result = (T *)(gx + i * gx_step);                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                const C power = EXP(load(y[j]));                                                  \
                result[j] = store(load(slope[j]) - power * (C)sums[0][j]);                        \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    LOOP_2_TO_1(op##_##dtype, T)

TG_SINGLE_AND_DOUBLE(SOFTMAX, softmax)
TG_SINGLE_AND_DOUBLE(LOG_SOFTMAX, log_softmax)
TG_SINGLE_AND_DOUBLE(SOFTMAX_BACKWARD, softmax_backward)
TG_SINGLE_AND_DOUBLE(LOG_SOFTMAX_BACKWARD, log_softmax_backward)

/* Conversions of halves are most of this file's code, and longer still if they are unrolled. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2", "tree-vectorize", "vect-cost-model=dynamic")
#endif
TG_HALF(SOFTMAX, softmax)
TG_HALF(LOG_SOFTMAX, log_softmax)
TG_HALF(SOFTMAX_BACKWARD, softmax_backward)
TG_HALF(LOG_SOFTMAX_BACKWARD, log_softmax_backward)

#define ROW_1_TO_1(op, dtype, T, C, load, store, number, letter)                                  \
    {#op, "(n)->(n)", letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_2_TO_1(op, dtype, T, C, load, store, number, letter)                                  \
    {#op, "(n),(n)->(n)", letter letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_softmax_kernels[] = {
    TG_FLOATS(ROW_1_TO_1, softmax)
    TG_FLOATS(ROW_1_TO_1, log_softmax)
    TG_FLOATS(ROW_2_TO_1, softmax_backward)
    TG_FLOATS(ROW_2_TO_1, log_softmax_backward)
    TG_TABLE_END
};
