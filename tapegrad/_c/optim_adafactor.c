/* Adafactor: a matrix's squared gradients are known by their means over rows and columns. */
#include "optim.h"

#include <float.h>

typedef struct {
    tg_step step;
    double beta2_decay;
    double eps1; /* NaN: what the dtype can tell apart from 1 */
    double eps2;
    double d;
} adafactor_params;

#define EPS_float16 9.765625e-4
#define EPS_float32 FLT_EPSILON
#define EPS_float64 DBL_EPSILON

/* Columns whose squares are added up together, row by row as they lie in memory. */
enum { BLOCK = 64 };

/* kept weight, share of what is new, largest relative step, whether that is a float32 tensor */
#define ADAFACTOR_FACTORS(op, dtype, T)                                                          \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adafactor_params *p = params;                                                      \
        const double t = *(T *)args[0] += 1, inverse_root = 1 / sqrt(t);                         \
        const int is_lr = !(inverse_root < p->step.lr);                                          \
        double *f = (double *)args[1];                                                           \
        f[0] = p->step.weight_decay != 0 ? tg_kept(&p->step) : 1;                                \
        f[1] = pow(t, p->beta2_decay);                                                           \
        f[2] = is_lr ? p->step.lr : inverse_root;                                                \
        f[3] = is_lr && p->step.lr_is_single;                                                    \
    }

/* The step's length: relative to the root mean square of the weights, and shorter where that of
 * the update exceeds d. */
static double step_length(const adafactor_params *p, const double *f, double weight_squares,
                          double update_squares, double n)
{
    const double size = sqrt(weight_squares / n), excess = sqrt(update_squares / n) / p->d;
    const double alpha = (p->eps2 > size ? p->eps2 : size) * f[2];
    const double clip = excess > 1 ? excess : 1;
    return f[3] != 0 ? (float)((float)alpha / clip) : alpha / clip;
}

#define MEAN_INTO(T, C, load, store, mean, sum, count) \
    mean = store((C)(load(mean) + f[1] * ((sum) / (double)(count) - load(mean))))

#define ROOT(variance, least) (1 / sqrt((variance) > (least) ? (variance) : (least)))

/* Operands: (batch, rows, columns) twice, means of rows, means of columns, factors; all packed. */
#define ADAFACTOR(op, dtype, T, C, load, store, ...)                                             \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adafactor_params *p = params;                                                      \
        T *const weights = (T *)args[0];                                                         \
        const T *const grads = (const T *)args[1];                                               \
        const double *const f = (const double *)args[4];                                         \
        const tg_intp n_batch = dims[1], m = dims[2], n = dims[3], size = m * n;                 \
        const double eps1 = isnan(p->eps1) ? EPS_##dtype : p->eps1, least = eps1 * eps1;         \
        const double sign = p->step.maximize ? -1 : 1;                                           \
        double weight_squares = 0, update_squares = 0;                                           \
        (void)steps;                                                                             \
        for (tg_intp b = 0; b < n_batch; b++) {                                                  \
            const T *const g = grads + b * size;                                                 \
            T *const rows = (T *)args[2] + b * m, *const columns = (T *)args[3] + b * n;         \
            for (tg_intp i = 0; i < m; i++) {                                                    \
                double sum = 0;                                                                  \
                for (tg_intp j = 0; j < n; j++)                                                  \
                    sum += (double)load(g[i * n + j]) * load(g[i * n + j]);                      \
                MEAN_INTO(T, C, load, store, rows[i], sum, n);                                   \
            }                                                                                    \
            for (tg_intp start = 0; start < n; start += BLOCK) {                                     \
                const tg_intp width = n - start < BLOCK ? n - start : BLOCK;                         \
                double sums[BLOCK] = {0};                                                            \
                for (tg_intp i = 0; i < m; i++)                                                      \
                    for (tg_intp j = 0; j < width; j++) {                                            \
                        const double x = load(g[i * n + start + j]);                                 \
                        sums[j] += x * x;                                                            \
                    }                                                                                \
                for (tg_intp j = 0; j < width; j++)                                                  \
                    MEAN_INTO(T, C, load, store, columns[start + j], sums[j], m);                    \
            }                                                                                        \
        }                                                                                            \
        /* Twice over the elements: the length of the step depends on all of them. */            \
        for (int pass = 0; pass < 2; pass++) {                                                   \
            const double length = pass == 0 ? 0 :                                                \
                step_length(p, f, weight_squares, update_squares, (double)(n_batch * size));     \
            for (tg_intp b = 0; b < n_batch; b++) {                                              \
                const T *const rows = (T *)args[2] + b * m, *const columns = (T *)args[3] + b * n; \
                double mean = 0;                                                                 \
                for (tg_intp i = 0; i < m; i++)                                                  \
                    mean += load(rows[i]);                                                       \
                mean = mean / (double)m > eps1 ? mean / (double)m : eps1;                        \
                for (tg_intp i = 0; i < m; i++)                                                  \
                    for (tg_intp j = 0; j < n; j++) {                                            \
                        const tg_intp at = b * size + i * n + j;                                 \
                        const double variance = (double)load(rows[i]) * load(columns[j]) / mean; \
                        const double w = load(weights[at]);                                      \
                        const double update = ROOT(variance, least) * sign * load(grads[at]);    \
                        if (pass == 0) {                                                         \
                            weight_squares += w * w;                                             \
                            update_squares += update * update;                                   \
                        } else {                                                                 \
                            weights[at] = store((C)(w * f[0] - length * update));                \
                        }                                                                        \
                    }                                                                            \
            }                                                                                    \
        }                                                                                        \
    }

/* The same for vectors, whose squared gradients are kept whole. */
#define ADAFACTOR_VECTOR(op, dtype, T, C, load, store, ...)                                      \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adafactor_params *p = params;                                                      \
        T *const weights = (T *)args[0], *const variances = (T *)args[2];                        \
        const T *const grads = (const T *)args[1];                                               \
        const double *const f = (const double *)args[3];                                         \
        const tg_intp n = dims[1] * dims[2] * dims[3];                                           \
        const double eps1 = isnan(p->eps1) ? EPS_##dtype : p->eps1, least = eps1 * eps1;         \
        const double sign = p->step.maximize ? -1 : 1;                                           \
        double weight_squares = 0, update_squares = 0, length;                                   \
        (void)steps;                                                                             \
        for (tg_intp i = 0; i < n; i++) {                                                        \
            const double g = load(grads[i]), w = load(weights[i]);                               \
            MEAN_INTO(T, C, load, store, variances[i], g * g, 1);                                \
            const double update = ROOT((double)load(variances[i]), least) * g;                   \
            weight_squares += w * w;                                                             \
            update_squares += update * update;                                                   \
        }                                                                                        \
        length = sign * step_length(p, f, weight_squares, update_squares, (double)n);            \
        for (tg_intp i = 0; i < n; i++) {                                                        \
            const double update = ROOT((double)load(variances[i]), least) * load(grads[i]);      \
            weights[i] = store((C)(load(weights[i]) * f[0] - length * update));                  \
        }                                                                                        \
    }

TG_FACTOR_DTYPES(ADAFACTOR_FACTORS, adafactor_factors)
TG_FLOATS(ADAFACTOR, adafactor)
TG_FLOATS(ADAFACTOR_VECTOR, adafactor_vector)

#define FORMAT TG_STEP_FORMAT "dddd"

#define ROW(op, dtype, T, C, load, store, number, x)                                          \
    {#op, "(b,m,n),(b,m,n),(b,m),(b,n),(k)->", x x x x "d", number, op##_##dtype, FORMAT,     \
     sizeof(adafactor_params), 0},
#define ROW_VECTOR(op, dtype, T, C, load, store, number, x)                                   \
    {#op, "(b,m,n),(b,m,n),(b,m,n),(k)->", x x x "d", number, op##_##dtype, FORMAT,           \
     sizeof(adafactor_params), 0},

const tg_kernel tg_optim_adafactor_kernels[] = {
    TG_FACTOR_ROWS(adafactor_factors, "()->(k)", "f", "d", FORMAT, sizeof(adafactor_params))
    TG_FLOATS(ROW, adafactor)
    TG_FLOATS(ROW_VECTOR, adafactor_vector)
    TG_TABLE_END
};
