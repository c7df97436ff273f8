/* Batch norm and group norm: y = (x - mean) / sqrt(var + eps) * weight + bias, by slabs.
 *
 * The mean comes first and the variance from the differences, in double: no cancellation of
 * squares. What is subtracted later is the mean in two parts, so nothing is lost there either.
 */
#include "slabs.h"

#define MOMENTS(dtype, T)                                                                         \
    static TG_INLINE void moments_##dtype(const char *x, slab_sizes sizes, tg_intp row_step,      \
                                          double *mean, double *var)                              \
    {                                                                                             \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        double total = 0, squares = 0;                                                            \
        if (row_step == sizes.m * (tg_intp)sizeof(T))                                             \
            sizes.m *= sizes.n, sizes.n = 1;                                                      \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const T *row = (const T *)(x + r * row_step);                                         \
            SUM_OVER(part, i, sizes.m, row[i])                                                    \
            total += part;                                                                        \
        }                                                                                         \
        const double middle = total / count;                                                      \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const T *row = (const T *)(x + r * row_step);                                         \
            SUM_OVER(part, i, sizes.m,                                                            \
                     ((double)row[i] - middle) * ((double)row[i] - middle))                       \
            squares += part;                                                                      \
        }                                                                                         \
        *mean = middle;                                                                           \
        *var = squares / count;                                                                   \
    }                                                                                             \
    static TG_INLINE void column_moments_##dtype(const char *x, slab_sizes sizes,                 \
                                                 const tg_intp *core, tg_intp width,              \
                                                 double *restrict mean, double *restrict var)     \
    {                                                                                             \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        for (int j = 0; j < COLUMNS; j++)                                                         \
            mean[j] = var[j] = 0;                                                                 \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *row = (const T *)(x + r * core[0] + i * core[1]);                            \
            for (tg_intp j = 0; j < width; j++)                                                   \
                mean[j] += (double)row[j];                                                        \
        }                                                                                         \
        for (int j = 0; j < COLUMNS; j++)                                                         \
            mean[j] /= count;                                                                     \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *row = (const T *)(x + r * core[0] + i * core[1]);                            \
            for (tg_intp j = 0; j < width; j++)                                                   \
                var[j] += ((double)row[j] - mean[j]) * ((double)row[j] - mean[j]);                \
        }                                                                                         \
        for (int j = 0; j < COLUMNS; j++)                                                         \
            var[j] /= count;                                                                      \
    }

/* `slab` points to x, weight, bias and y; `core` holds their core steps. */
#define NORMALISED(dtype, T)                                                                      \
    static TG_INLINE void normalised_##dtype(char *const *slab, slab_sizes sizes,                 \
                                             const tg_intp *core, double mean, double var,        \
                                             double eps)                                          \
    {                                                                                             \
        const double rstd = 1 / sqrt(var + eps);                                                  \
        const T high = (T)mean, low = (T)(mean - (double)high);                                   \
        const int has_lone = are_lone(sizes, core[0], core[4], sizeof(T));                        \
        if (has_lone && core[2] == sizeof(T) && core[3] == sizeof(T)) {                           \
            const T *x = (const T *)slab[0], *weight = (const T *)slab[1];                        \
            const T *shift = (const T *)slab[2];                                                  \
            T *y = (T *)slab[3];                                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp r = 0; r < sizes.n; r++)                                                 \
                y[r] = ((x[r] - high) - low) * (T)(rstd * (double)weight[r]) + shift[r];          \
            return;                                                                               \
        }                                                                                         \
        if (has_lone && core[2] == 0 && core[3] == 0)                                             \
            sizes = (slab_sizes){1, sizes.n, 1};                                                  \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const tg_intp place = sizes.k == 1 ? 0 : r;                                           \
            const T factor = (T)(rstd * (double)TG_AT(const T, slab[1], place * core[2]));        \
            const T shift = TG_AT(const T, slab[2], place * core[3]);                             \
            const T *x = (const T *)(slab[0] + r * core[0]);                                      \
            T *y = (T *)(slab[3] + r * core[4]);                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp i = 0; i < sizes.m; i++)                                                 \
                y[i] = ((x[i] - high) - low) * factor + shift;                                    \
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void normalised_columns_##dtype(                                             \
        char *const *slab, slab_sizes sizes, const tg_intp *core, const tg_intp *steps,           \
        tg_intp width, const double *mean, const double *var, double eps)                         \
    {                                                                                             \
        T high[COLUMNS], low[COLUMNS], factor[COLUMNS], shift[COLUMNS];                           \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            high[j] = (T)mean[j];                                                                 \
            low[j] = (T)(mean[j] - (double)high[j]);                                              \
            factor[j] = (T)((double)TG_AT(const T, slab[1], j * steps[1]) / sqrt(var[j] + eps));  \
            shift[j] = TG_AT(const T, slab[2], j * steps[2]);                                     \
        }                                                                                         \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *x = (const T *)(slab[0] + r * core[0] + i * core[1]);                        \
            T *y = (T *)(slab[3] + r * core[4] + i * core[5]);                                    \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                y[j] = ((x[j] - high[j]) - low[j]) * factor[j] + shift[j];                        \
        }                                                                                         \
    }

/* By the values' own statistics, which are results then, or by given ones. */
#define BATCH_NORM(op, dtype, T, ...)                                                             \
    MOMENTS(dtype, T)                                                                             \
    NORMALISED(dtype, T)                                                                          \
    static TG_INLINE void op##_slabs_##dtype(char **args, const tg_intp *dims,                    \
                                             const tg_intp *steps, double eps,                    \
                                             const int is_given)                                  \
    {                                                                                             \
        const int y = is_given ? 5 : 3, mean = is_given ? 3 : 4, var = mean + 1;                  \
        const slab_sizes sizes = {dims[1], dims[2], dims[3]};                                     \
        const tg_intp *core = steps + 6;                                                          \
        const tg_intp width = slabs_at_once(dims[0], steps[0], sizes, core[1], sizeof(T));        \
        for (tg_intp start = 0; start < dims[0]; start += width) {                                \
            const tg_intp n = dims[0] - start < width ? dims[0] - start : width;                  \
            char *slab[] = {args[0] + start * steps[0], args[1] + start * steps[1],               \
                            args[2] + start * steps[2], args[y] + start * steps[y]};              \
            double means[COLUMNS], vars[COLUMNS];                                                 \
            if (!is_given && width > 1)                                                           \
                column_moments_##dtype(slab[0], sizes, core, n, means, vars);                     \
            else if (!is_given)                                                                   \
                moments_##dtype(slab[0], sizes, core[0], means, vars);                            \
            for (tg_intp j = 0; j < n; j++) {                                                     \
                T *const middle = (T *)(args[mean] + (start + j) * steps[mean]);                  \
                T *const spread = (T *)(args[var] + (start + j) * steps[var]);                    \
                if (is_given)                                                                     \
                    means[j] = (double)*middle, vars[j] = (double)*spread;                        \
                else                                                                              \
                    *middle = (T)means[j], *spread = (T)vars[j];                                  \
            }                                                                                     \
            if (width > 1)                                                                        \
                normalised_columns_##dtype(slab, sizes, core, steps, n, means, vars, eps);        \
            else                                                                                  \
                normalised_##dtype(slab, sizes, core, *means, *vars, eps);                        \
        }                                                                                         \
    }                                                                                             \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        (void)fused;                                                                              \
        op##_slabs_##dtype(args, dims, steps, *(const double *)params, 0);                        \
    }                                                                                             \
    TG_VECTOR_LOOP(op##_given_##dtype)                                                            \
    {                                                                                             \
        (void)fused;                                                                              \
        op##_slabs_##dtype(args, dims, steps, *(const double *)params, 1);                        \
    }

TG_SINGLE_AND_DOUBLE(BATCH_NORM, batch_norm)

#define ROWS(op, dtype, T, C, load, store, number, x)                                             \
    {#op, "(n,m),(k),(k)->(n,m),(),()", x x x x x x, number, op##_##dtype, "d", sizeof(double), 0},\
    {#op "_given", "(n,m),(k),(k),(),()->(n,m)", x x x x x x, number, op##_given_##dtype, "d",    \
     sizeof(double), 0},

const tg_kernel tg_batch_norm_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROWS, batch_norm)
    TG_TABLE_END
};
