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

/* Elements that are worked on together: of one row where squares are added up by column. */
enum { BLOCK = 64, LANES = 8 };

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
    const double alpha = (size > p->eps2 ? size : p->eps2) * f[2];
    const double clip = excess > 1 ? excess : 1;
    return f[3] != 0 ? (float)((float)alpha / clip) : alpha / clip;
}

/* Adds squares up in several lanes, which a processor does at once. */
#define SUM_OF_SQUARES(op, dtype, T, C, load, ...)                                               \
    static inline double sum_of_squares_##op##_##dtype(const T *x, tg_intp n)                    \
    {                                                                                            \
        double lanes[LANES] = {0}, sum = 0;                                                      \
        tg_intp i = 0;                                                                           \
        for (; i + LANES <= n; i += LANES)                                                       \
            for (int k = 0; k < LANES; k++)                                                      \
                lanes[k] += (double)load(x[i + k]) * load(x[i + k]);                             \
        for (; i < n; i++)                                                                       \
            sum += (double)load(x[i]) * load(x[i]);                                              \
        for (int k = 0; k < LANES; k++)                                                          \
            sum += lanes[k];                                                                     \
        return sum;                                                                              \
    }

#define MEAN_INTO(T, C, load, store, mean, sum, count) \
    mean = store((C)(load(mean) + f[1] * ((sum) / (double)(count) - load(mean))))

/* The means of a matrix's rows and columns, and what they make of an element. */
#define MATRIX_MEANS(dtype, T, C, load, store)                                                   \
    for (tg_intp i = 0; i < m; i++)                                                              \
        MEAN_INTO(T, C, load, store, rows[i], sum_of_squares_of_##dtype(g + i * n, n), n);       \
    for (tg_intp start = 0; start < n; start += BLOCK) {                                         \
        const tg_intp width = n - start < BLOCK ? n - start : BLOCK;                             \
        double sums[BLOCK] = {0};                                                                \
        for (tg_intp i = 0; i < m; i++)                                                          \
            for (tg_intp j = 0; j < width; j++) {                                                \
                const double x = load(g[i * n + start + j]);                                     \
                sums[j] += x * x;                                                                \
            }                                                                                    \
        for (tg_intp j = 0; j < width; j++)                                                      \
            MEAN_INTO(T, C, load, store, columns[start + j], sums[j], m);                        \
    }
#define MATRIX_VARIANCE(load) load(rows[i]) * load(columns[j]) / mean

/* A vector's squares are kept whole, in the place of the columns. */
#define VECTOR_MEANS(dtype, T, C, load, store)                                                   \
    for (tg_intp j = 0; j < n; j++)                                                              \
        MEAN_INTO(T, C, load, store, columns[j], (double)load(g[j]) * load(g[j]), 1);
#define VECTOR_VARIANCE(load) load(columns[j])

/* Operands: (batch, rows, columns) twice, means, factors; all packed. The elements are gone over
 * twice, since the length of the step depends on all of them. */
#define STEP(op, dtype, T, C, load, store, ROWS, COLUMNS, FACTORS, N_ROWS, MEANS, VARIANCE)      \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adafactor_params *p = params;                                                      \
        const double *const f = (const double *)args[FACTORS];                                   \
        const tg_intp n_batch = dims[1], m = dims[2], n = dims[3], size = m * n;                 \
        const double eps1 = isnan(p->eps1) ? EPS_##dtype : p->eps1;                              \
        const C least = (C)(eps1 * eps1), sign = p->step.maximize ? -1 : 1, kept = (C)f[0];      \
        double update_squares = 0, length = 0;                                                   \
        (void)steps;                                                                             \
        for (tg_intp b = 0; b < n_batch; b++) {                                                  \
            const T *const g = (const T *)args[1] + b * size;                                    \
            T *const rows = (T *)args[ROWS] + b * (N_ROWS);                                      \
            T *const columns = (T *)args[COLUMNS] + b * n;                                       \
            (void)rows;                                                                          \
            MEANS(dtype, T, C, load, store)                                                      \
        }                                                                                        \
        for (int pass = 0; pass < 2; pass++) {                                                   \
            if (pass == 1)                                                                       \
                length = step_length(p, f, sum_of_squares_of_##dtype((T *)args[0],               \
                                     n_batch * size), update_squares, (double)(n_batch * size)); \
            const C step = (C)length;                                                            \
            for (tg_intp b = 0; b < n_batch; b++) {                                              \
                const T *const rows = (const T *)args[ROWS] + b * (N_ROWS);                      \
                const T *const columns = (const T *)args[COLUMNS] + b * n;                       \
                double sum = 0;                                                                  \
                for (tg_intp i = 0; i < (N_ROWS); i++)                                           \
                    sum += load(rows[i]);                                                        \
                const C mean = (C)(sum / (double)m < eps1 ? eps1 : sum / (double)m);             \
                (void)mean;                                                                      \
                for (tg_intp i = 0; i < m; i++) {                                                \
                    T *const weights = (T *)args[0] + b * size + i * n;                          \
                    const T *const g = (const T *)args[1] + b * size + i * n;                    \
                    for (tg_intp start = 0; start < n; start += BLOCK) {                         \
                        const tg_intp end = n - start < BLOCK ? n : start + BLOCK;               \
                        C updates[BLOCK];                                                        \
                        for (tg_intp j = start; j < end; j++) {                                  \
                            const C variance = VARIANCE(load);                                   \
                            const C bounded = variance < least ? least : variance;               \
                            updates[j - start] = sign * load(g[j]) / tg_sqrt_##C(bounded);       \
                        }                                                                        \
                        if (pass == 0)                                                           \
                            update_squares += sum_of_squares_in_##C(updates, end - start);       \
                        else                                                                     \
                            for (tg_intp j = start; j < end; j++)                                \
                                weights[j] = store(kept * load(weights[j])                       \
                                                   - step * updates[j - start]);                 \
                    }                                                                            \
                }                                                                                \
            }                                                                                    \
        }                                                                                        \
    }

#define MATRIX_STEP(op, dtype, T, C, load, store, ...) \
    STEP(op, dtype, T, C, load, store, 2, 3, 4, m, MATRIX_MEANS, MATRIX_VARIANCE)
#define VECTOR_STEP(op, dtype, T, C, load, store, ...) \
    STEP(op, dtype, T, C, load, store, 2, 2, 3, 0, VECTOR_MEANS, VECTOR_VARIANCE)

TG_FACTOR_DTYPES(ADAFACTOR_FACTORS, adafactor_factors)
TG_FLOATS(SUM_OF_SQUARES, of)
SUM_OF_SQUARES(in, float, float, float, TG_AS_IS)
SUM_OF_SQUARES(in, double, double, double, TG_AS_IS)
TG_FLOATS(MATRIX_STEP, adafactor)
TG_FLOATS(VECTOR_STEP, adafactor_vector)

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
