/* Softmax and layer norm over one dimension, with the gradients that read their outputs. */
#include "elementary.h"
#include "lanes.h"

#define EXP(x) _Generic((x), float: tg_exp_float(x, fused), default: exp(x))
#define LOG(x) _Generic((x), float: logf, default: log)(x)

enum { BLOCK = 512 };

/* a / b where b is the same for many: a product, and its rounding error made good. */
#define QUOTIENT(a, b, inverse) \
    _Generic((a), float: quotient_float(a, (float)(b), (float)(inverse), fused), default: (a) / (b))

static TG_INLINE float quotient_float(float a, float b, float inverse, const int fused)
{
    const float estimate = a * inverse;
    return tg_fma(tg_fma(-estimate, b, a, fused), inverse, estimate, fused);
}

/* A row operation is written once with steps, and inlined once more for packed rows. */
#define LOOP_1_TO_1(name, T)                                                              \
    TG_VECTOR_LOOP(name)                                                                  \
    {                                                                                     \
        const tg_intp size = sizeof(T), n = dims[1];                                      \
        const int is_packed = steps[2] == size && steps[3] == size;                       \
        (void)params;                                                                     \
        for (tg_intp row = 0; row < dims[0]; row++) {                                     \
            const char *x = args[0] + row * steps[0];                                     \
            char *out = args[1] + row * steps[1];                                         \
            if (is_packed)                                                                \
                name##_row(x, size, out, size, n, fused);                                        \
            else                                                                          \
                name##_row(x, steps[2], out, steps[3], n, fused);                                \
        }                                                                                 \
    }

#define LOOP_2_TO_1(name, T)                                                              \
    TG_VECTOR_LOOP(name)                                                                  \
    {                                                                                     \
        const tg_intp size = sizeof(T), n = dims[1];                                      \
        const int is_packed = steps[3] == size && steps[4] == size && steps[5] == size;   \
        (void)params;                                                                     \
        for (tg_intp row = 0; row < dims[0]; row++) {                                     \
            const char *g = args[0] + row * steps[0];                                     \
            const char *out = args[1] + row * steps[1];                                   \
            char *gx = args[2] + row * steps[2];                                          \
            if (is_packed)                                                                \
                name##_row(g, size, out, size, gx, size, n, fused);                              \
            else                                                                          \
                name##_row(g, steps[3], out, steps[4], gx, steps[5], n, fused);                  \
        }                                                                                 \
    }

/* total = the sum of exp(x - max), a block at a time; KEEP(i, power) sees each power. */
#define SUM_OF_POWERS(T, C, load, total, n, KEEP)                                                \
    double total = 0;                                                                            \
    for (tg_intp start = 0; start < (n); start += BLOCK) {                                       \
        C powers[BLOCK];                                                                         \
        const tg_intp width = (n) - start < BLOCK ? (n) - start : BLOCK;                         \
        TG_INDEPENDENT                                                                           \
        for (tg_intp i = 0; i < width; i++) {                                                    \
            const C difference = load(TG_AT(const T, x, (start + i) * x_step)) - max;            \
            powers[i] = EXP(difference);                                                         \
            KEEP(start + i, powers[i])                                                           \
        }                                                                                        \
        SUM_OVER(part, i, width, powers[i])                                                      \
        total += part;                                                                           \
    }

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
    LOOP_2_TO_1(op##_##dtype, T)

/* y = (x - mean) * rstd * weight + bias with rstd = 1 / sqrt(variance + eps). The mean
 * comes first and the variance from the differences: no cancellation of squares. */
#define LAYER_NORM(op, dtype, T, C, load, store, ...)                                             \
    static TG_INLINE void op##_##dtype##_row(char *const *row, const tg_intp *core_steps,         \
                                             tg_intp n, double eps)                               \
    {                                                                                             \
        const char *x = row[0], *weight = row[1], *bias = row[2];                                 \
        const tg_intp x_step = core_steps[0], weight_step = core_steps[1];                        \
        const tg_intp bias_step = core_steps[2], y_step = core_steps[3];                          \
        SUM_OVER(total, i, n, load(TG_AT(const T, x, i * x_step)))                                \
        const double mean = total / (double)n;                                                    \
        SUM_OVER(squares, i, n,                                                                   \
                 ((double)load(TG_AT(const T, x, i * x_step)) - mean) *                           \
                     ((double)load(TG_AT(const T, x, i * x_step)) - mean))                        \
        const double rstd = 1 / sqrt(squares / (double)n + eps);                                  \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const C unit = (C)(((double)load(TG_AT(const T, x, i * x_step)) - mean) * rstd);      \
            TG_AT(T, row[3], i * y_step) =                                                        \
                store(unit * load(TG_AT(const T, weight, i * weight_step)) +                      \
                      load(TG_AT(const T, bias, i * bias_step)));                                 \
        }                                                                                         \
        TG_AT(T, row[4], 0) = store((C)mean);                                                     \
        TG_AT(T, row[5], 0) = store((C)rstd);                                                     \
    }                                                                                             \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        const tg_intp size = sizeof(T), packed[4] = {size, size, size, size};                     \
        const tg_intp plain[4] = {size, 0, 0, size};                                              \
        const tg_intp *core = steps + 6;                                                          \
        const double eps = *(const double *)params;                                               \
        const int x_and_y_packed = core[0] == size && core[3] == size;                            \
        for (tg_intp i = 0; i < dims[0]; i++) {                                                   \
            char *row[6];                                                                         \
            for (int k = 0; k < 6; k++)                                                           \
                row[k] = args[k] + i * steps[k];                                                  \
            if (x_and_y_packed && core[1] == size && core[2] == size)                             \
                op##_##dtype##_row(row, packed, dims[1], eps);                                    \
            else if (x_and_y_packed && core[1] == 0 && core[2] == 0)                              \
                op##_##dtype##_row(row, plain, dims[1], eps);                                     \
            else                                                                                  \
                op##_##dtype##_row(row, core, dims[1], eps);                                      \
        }                                                                                         \
    }

/* With z = (x - mean) * rstd and h = g * weight: gx = (h - mean(h) - z * mean(h * z)) * rstd, and
 * every row adds g * z to the gradient of the weight and g to that of the bias. */
#define LAYER_NORM_BACKWARD(op, dtype, C)                                                         \
    static TG_INLINE void op##_##dtype##_row(const C *g, const C *x, const C *weight, C *gx,      \
                                             C *weight_sum, C *bias_sum, tg_intp n, double eps)   \
    {                                                                                             \
        SUM_OVER(total, i, n, x[i])                                                               \
        const double mean = total / (double)n;                                                    \
        SUM_OVER(squares, i, n, ((double)x[i] - mean) * ((double)x[i] - mean))                    \
        SUM_OVER(inner_total, i, n, g[i] * weight[i])                                             \
        SUM_OVER(moment, i, n, (double)(g[i] * weight[i]) * ((double)x[i] - mean))                \
        const double rstd = 1 / sqrt(squares / (double)n + eps);                                  \
        const C inner_mean = (C)(inner_total / (double)n);                                        \
        const C along = (C)(moment * rstd / (double)n), scale = (C)rstd;                          \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const C unit = (C)(((double)x[i] - mean) * rstd);                                     \
            weight_sum[i] += g[i] * unit;                                                         \
            bias_sum[i] += g[i];                                                                  \
            gx[i] = (g[i] * weight[i] - inner_mean - unit * along) * scale;                       \
        }                                                                                         \
    }                                                                                             \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        (void)fused;                                                                              \
        for (tg_intp i = 0; i < dims[0]; i++)                                                     \
            op##_##dtype##_row((const C *)(args[0] + i * steps[0]),                               \
                               (const C *)(args[1] + i * steps[1]),                               \
                               (const C *)(args[2] + i * steps[2]), (C *)(args[3] + i * steps[3]), \
                               (C *)(args[4] + i * steps[4]), (C *)(args[5] + i * steps[5]),      \
                               dims[1], *(const double *)params);                                 \
    }

LAYER_NORM_BACKWARD(layer_norm_backward, float32, float)
LAYER_NORM_BACKWARD(layer_norm_backward, float64, double)
TG_FLOATS(SOFTMAX, softmax)
TG_FLOATS(LOG_SOFTMAX, log_softmax)
TG_FLOATS(SOFTMAX_BACKWARD, softmax_backward)
TG_FLOATS(LOG_SOFTMAX_BACKWARD, log_softmax_backward)
TG_FLOATS(LAYER_NORM, layer_norm)

#define ROW_1_TO_1(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->(n)", letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_2_TO_1(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(n)->(n)", letter letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_LAYER_NORM(op, dtype, T, C, load, store, number, letter)                     \
    {#op, "(n),(n),(n)->(n),(),()", letter letter letter letter letter letter, number,   \
     op##_##dtype, "d", sizeof(double), 0},

/* For packed rows. */
#define ROW_LAYER_NORM_BACKWARD(dtype, number, letter)                                       \
    {"layer_norm_backward", "(n),(n),(n)->(n),(n),(n)",                                      \
     letter letter letter letter letter letter, number, layer_norm_backward_##dtype, "d",    \
     sizeof(double), 0},

const tg_kernel tg_softmax_kernels[] = {
    TG_FLOATS(ROW_1_TO_1, softmax)
    TG_FLOATS(ROW_1_TO_1, log_softmax)
    TG_FLOATS(ROW_2_TO_1, softmax_backward)
    TG_FLOATS(ROW_2_TO_1, log_softmax_backward)
    TG_FLOATS(ROW_LAYER_NORM, layer_norm)
    ROW_LAYER_NORM_BACKWARD(float32, TG_FLOAT32, "f")
    ROW_LAYER_NORM_BACKWARD(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
