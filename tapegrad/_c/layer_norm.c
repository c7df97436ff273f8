/* Layer norm of rows, and all of its gradients. */
#include "lanes.h"

/* y = (x - mean) * rstd * weight + bias with rstd = 1 / sqrt(variance + eps). The mean
 * comes first and the variance from the differences: no cancellation of squares. What is subtracted
 * later is the mean in two parts, so nothing is lost there either. */
#define LAYER_NORM(op, dtype, T, ...)                                                             \
    static TG_INLINE void op##_##dtype##_row(char *const *row, const tg_intp *core_steps,         \
                                             tg_intp n, double eps)                               \
    {                                                                                             \
        const char *x = row[0], *weight = row[1], *bias = row[2];                                 \
        const tg_intp x_step = core_steps[0], weight_step = core_steps[1];                        \
        const tg_intp bias_step = core_steps[2], y_step = core_steps[3];                          \
        SUM_OVER(total, i, n, TG_AT(const T, x, i * x_step))                                      \
        const double mean = total / (double)n;                                                    \
        SUM_OVER(squares, i, n,                                                                   \
                 ((double)TG_AT(const T, x, i * x_step) - mean) *                                 \
                     ((double)TG_AT(const T, x, i * x_step) - mean))                              \
        const double rstd = 1 / sqrt(squares / (double)n + eps);                                  \
        const T high = (T)mean, low = (T)(mean - (double)high), factor = (T)rstd;                 \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T unit = ((TG_AT(const T, x, i * x_step) - high) - low) * factor;               \
            TG_AT(T, row[3], i * y_step) = unit * TG_AT(const T, weight, i * weight_step) +       \
                                           TG_AT(const T, bias, i * bias_step);                   \
        }                                                                                         \
        TG_AT(double, row[4], 0) = mean;                                                          \
        TG_AT(double, row[5], 0) = rstd;                                                          \
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
 * every row adds g * z to the gradient of the weight and g to that of the bias: each part of the rows
 * to its own. */
#define LAYER_NORM_BACKWARD(op, dtype, C)                                                         \
    static TG_INLINE void op##_##dtype##_row(const C *g, const C *x, const C *weight,             \
                                             double mean, double rstd, C *gx, C *weight_sum,      \
                                             C *bias_sum, tg_intp n)                              \
    {                                                                                             \
        const C high = (C)mean, low = (C)(mean - (double)high), scale = (C)rstd;                  \
        SUM_OVER(total, i, n, g[i] * weight[i])                                                   \
        SUM_OVER(moment, i, n, (g[i] * weight[i]) * ((x[i] - high) - low))                        \
        const C inner_mean = (C)(total / (double)n);                                              \
        const C along = (C)(moment * rstd / (double)n);                                           \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const C unit = ((x[i] - high) - low) * scale;                                         \
            weight_sum[i] += g[i] * unit;                                                         \
            bias_sum[i] += g[i];                                                                  \
            gx[i] = (g[i] * weight[i] - inner_mean - unit * along) * scale;                       \
        }                                                                                         \
    }                                                                                             \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        (void)fused;                                                                              \
        (void)params;                                                                             \
        for (tg_intp part = 0; part < dims[0]; part++) {                                          \
            char *now[8];                                                                         \
            for (int k = 0; k < 8; k++)                                                           \
                now[k] = args[k] + part * steps[k];                                               \
            for (tg_intp i = 0; i < dims[1]; i++) {                                               \
                const double *mean = (const double *)(now[3] + i * steps[13]);                    \
                const double *rstd = (const double *)(now[4] + i * steps[14]);                    \
                op##_##dtype##_row((const C *)(now[0] + i * steps[8]),                            \
                                   (const C *)(now[1] + i * steps[10]), (const C *)now[2], *mean, \
                                   *rstd, (C *)(now[5] + i * steps[15]), (C *)now[6],             \
                                   (C *)now[7], dims[2]);                                         \
            }                                                                                     \
        }                                                                                         \
    }

TG_SINGLE_AND_DOUBLE(LAYER_NORM, layer_norm)
LAYER_NORM_BACKWARD(layer_norm_backward, float32, float)
LAYER_NORM_BACKWARD(layer_norm_backward, float64, double)

#define ROW_LAYER_NORM(op, dtype, T, C, load, store, number, letter)                              \
    {#op, "(n),(n),(n)->(n),(),()", letter letter letter letter "dd", number,                     \
     op##_##dtype, "d", sizeof(double), 0},

/* For packed rows, in parts that threads may share. */
#define ROW_LAYER_NORM_BACKWARD(dtype, number, letter)                                            \
    {"layer_norm_backward", "(r,n),(r,n),(n),(r),(r)->(r,n),(n),(n)",                             \
     letter letter letter "dd" letter letter letter, number,                                      \
     layer_norm_backward_##dtype, NULL, 0, 0},

const tg_kernel tg_layer_norm_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROW_LAYER_NORM, layer_norm)
    ROW_LAYER_NORM_BACKWARD(float32, TG_FLOAT32, "f")
    ROW_LAYER_NORM_BACKWARD(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
