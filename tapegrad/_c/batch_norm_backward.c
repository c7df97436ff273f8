/* The gradients of batch norm and group norm, by slabs.
 *
 * With h = g * weight and d = x - mean: gx = (h - mean(h) - d * mean(h * d) / (var + eps)) * rstd.
 * Given statistics pass nothing on, which leaves h * rstd. The gradients of weight and bias grow by
 * the sums of g * d * rstd and of g.
 */
#include "slabs.h"

typedef struct {
    double eps;
    int64_t statistics;
} norm_params;

/* Mean and variance are those of x, or given; the same, of which only the weight's gradient is asked
 * for. */
enum { OF_VALUES, GIVEN, GIVEN_FOR_WEIGHT };

enum { G, X, WEIGHT, MEAN, VAR, GX, WEIGHT_SUM, BIAS_SUM, N_OPERANDS };

/* Where the core steps of the operands begin. */
enum { OF_G, OF_X = 2, OF_WEIGHT = 4, OF_GX, OF_WEIGHT_SUM = 7, OF_BIAS_SUM };

/* gx = h * rstd - constant - d * linear */
static TG_INLINE double constant_of(double inner, double rstd, double count, int is_given)
{
    return is_given ? 0 : rstd * inner / count;
}

static TG_INLINE double linear_of(double moment, double rstd, double count, int is_given)
{
    return is_given ? 0 : rstd * rstd * rstd * moment / count;
}

#define BY_ROWS(dtype, T)                                                                         \
    static TG_INLINE void rows_back_##dtype(char *const *slab, slab_sizes sizes,                  \
                                            const tg_intp *core, const norm_params *params)       \
    {                                                                                             \
        const T mean = *(const T *)slab[MEAN];                                                    \
        const double rstd = 1 / sqrt((double)*(const T *)slab[VAR] + params->eps);                \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        const int is_given = params->statistics != OF_VALUES;                                     \
        const int is_for_weight = params->statistics == GIVEN_FOR_WEIGHT;                         \
        double sum = 0, moment = 0, inner = 0, inner_moment = 0;                                  \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const T *g = (const T *)(slab[G] + r * core[OF_G]);                                   \
            const T *x = (const T *)(slab[X] + r * core[OF_X]);                                   \
            SUM_OVER(row_sum, i, is_for_weight ? 0 : sizes.m, g[i])                               \
            SUM_OVER(row_moment, i, sizes.m, g[i] * (x[i] - mean))                                \
            sum += row_sum, moment += row_moment;                                                 \
            if (sizes.k == 1 && r < sizes.n - 1)                                                  \
                continue; /* the weight is that of all rows */                                    \
            const tg_intp k = sizes.k == 1 ? 0 : r;                                               \
            const double weight = (double)TG_AT(const T, slab[WEIGHT], k * core[OF_WEIGHT]);      \
            inner += weight * sum, inner_moment += weight * moment;                               \
            TG_AT(T, slab[WEIGHT_SUM], k * core[OF_WEIGHT_SUM]) += (T)(moment * rstd);            \
            TG_AT(T, slab[BIAS_SUM], k * core[OF_BIAS_SUM]) += (T)sum;                            \
            sum = moment = 0;                                                                     \
        }                                                                                         \
        if (is_for_weight)                                                                        \
            return;                                                                               \
        const T constant = (T)constant_of(inner, rstd, count, is_given);                          \
        const T linear = (T)linear_of(inner_moment, rstd, count, is_given);                       \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const tg_intp k = sizes.k == 1 ? 0 : r;                                               \
            const T factor =                                                                      \
                (T)(rstd * (double)TG_AT(const T, slab[WEIGHT], k * core[OF_WEIGHT]));            \
            const T *g = (const T *)(slab[G] + r * core[OF_G]);                                   \
            const T *x = (const T *)(slab[X] + r * core[OF_X]);                                   \
            T *gx = (T *)(slab[GX] + r * core[OF_GX]);                                            \
            TG_INDEPENDENT                                                                        \
            for (tg_intp i = 0; i < sizes.m; i++)                                                 \
                gx[i] = is_given ? g[i] * factor                                                  \
                                 : g[i] * factor - constant - (x[i] - mean) * linear;             \
        }                                                                                         \
    }

/* Of the values' own statistics, for rows of one value each. */
#define BY_LONE_VALUES(dtype, T)                                                                  \
    static TG_INLINE void lone_back_##dtype(char *const *slab, slab_sizes sizes,                  \
                                            const tg_intp *core, const norm_params *params)       \
    {                                                                                             \
        const T *g = (const T *)slab[G], *x = (const T *)slab[X];                                 \
        const T mean = *(const T *)slab[MEAN];                                                    \
        const double rstd = 1 / sqrt((double)*(const T *)slab[VAR] + params->eps);                \
        const double count = (double)sizes.n;                                                     \
        SUM_OVER(inner, r, sizes.n, g[r] * TG_AT(const T, slab[WEIGHT], r * core[OF_WEIGHT]))     \
        SUM_OVER(moment, r, sizes.n,                                                              \
                 g[r] * TG_AT(const T, slab[WEIGHT], r * core[OF_WEIGHT]) * (x[r] - mean))        \
        const T constant = (T)constant_of(inner, rstd, count, 0);                                 \
        const T linear = (T)linear_of(moment, rstd, count, 0), scale = (T)rstd;                   \
        TG_INDEPENDENT                                                                            \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const T slope = g[r], along = x[r] - mean;                                            \
            const T weight = TG_AT(const T, slab[WEIGHT], r * core[OF_WEIGHT]);                   \
            TG_AT(T, slab[WEIGHT_SUM], r * core[OF_WEIGHT_SUM]) += slope * along * scale;         \
            TG_AT(T, slab[BIAS_SUM], r * core[OF_BIAS_SUM]) += slope;                             \
            ((T *)slab[GX])[r] = slope * (weight * scale) - constant - along * linear;            \
        }                                                                                         \
    }

#define BY_COLUMNS(dtype, T)                                                                      \
    static TG_INLINE void columns_back_##dtype(char *const *slab, slab_sizes sizes,               \
                                               const tg_intp *core, const tg_intp *steps,         \
                                               tg_intp width, const norm_params *params)          \
    {                                                                                             \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        const int is_given = params->statistics != OF_VALUES;                                     \
        T mean[COLUMNS], factor[COLUMNS], constant[COLUMNS], linear[COLUMNS];                     \
        double sum[COLUMNS] = {0}, moment[COLUMNS] = {0};                                         \
        for (tg_intp j = 0; j < width; j++)                                                       \
            mean[j] = TG_AT(const T, slab[MEAN], j * steps[MEAN]);                                \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *g = (const T *)(slab[G] + r * core[OF_G] + i * core[OF_G + 1]);              \
            const T *x = (const T *)(slab[X] + r * core[OF_X] + i * core[OF_X + 1]);              \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                sum[j] += (double)g[j];                                                           \
                moment[j] += (double)(g[j] * (x[j] - mean[j]));                                   \
            }                                                                                     \
        }                                                                                         \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const double var = (double)TG_AT(const T, slab[VAR], j * steps[VAR]);                 \
            const double rstd = 1 / sqrt(var + params->eps);                                      \
            const double weight = (double)TG_AT(const T, slab[WEIGHT], j * steps[WEIGHT]);        \
            TG_AT(T, slab[WEIGHT_SUM], j * steps[WEIGHT_SUM]) += (T)(moment[j] * rstd);           \
            TG_AT(T, slab[BIAS_SUM], j * steps[BIAS_SUM]) += (T)sum[j];                           \
            factor[j] = (T)(rstd * weight);                                                       \
            constant[j] = (T)constant_of(weight * sum[j], rstd, count, is_given);                 \
            linear[j] = (T)linear_of(weight * moment[j], rstd, count, is_given);                  \
        }                                                                                         \
        if (params->statistics == GIVEN_FOR_WEIGHT)                                               \
            return;                                                                               \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *g = (const T *)(slab[G] + r * core[OF_G] + i * core[OF_G + 1]);              \
            const T *x = (const T *)(slab[X] + r * core[OF_X] + i * core[OF_X + 1]);              \
            T *gx = (T *)(slab[GX] + r * core[OF_GX] + i * core[OF_GX + 1]);                      \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                gx[j] = is_given ? g[j] * factor[j]                                               \
                                 : g[j] * factor[j] - constant[j] - (x[j] - mean[j]) * linear[j]; \
        }                                                                                         \
    }

#define BACKWARD(op, dtype, T, ...)                                                               \
    BY_ROWS(dtype, T)                                                                             \
    BY_LONE_VALUES(dtype, T)                                                                      \
    BY_COLUMNS(dtype, T)                                                                          \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        const slab_sizes sizes = {dims[1], dims[2], dims[3]};                                     \
        const tg_intp *core = steps + N_OPERANDS;                                                 \
        const int has_own = ((const norm_params *)params)->statistics == OF_VALUES;               \
        const tg_intp width =                                                                     \
            slabs_at_once(dims[0], steps[X], sizes, core[OF_X + 1], sizeof(T));                   \
        (void)fused;                                                                              \
        if (sizes.n == 0 || sizes.m == 0)                                                         \
            return;                                                                               \
        for (tg_intp start = 0; start < dims[0]; start += width) {                                \
            const tg_intp n = dims[0] - start < width ? dims[0] - start : width;                  \
            char *slab[N_OPERANDS];                                                               \
            for (int k = 0; k < N_OPERANDS; k++)                                                  \
                slab[k] = args[k] + start * steps[k];                                             \
            if (width > 1)                                                                        \
                columns_back_##dtype(slab, sizes, core, steps, n, params);                        \
            else if (has_own && core[OF_G] == sizeof(T) &&                                        \
                     are_lone(sizes, core[OF_X], core[OF_GX], sizeof(T)))                         \
                lone_back_##dtype(slab, sizes, core, params);                                     \
            else                                                                                  \
                rows_back_##dtype(slab, sizes, core, params);                                     \
        }                                                                                         \
    }

TG_SINGLE_AND_DOUBLE(BACKWARD, batch_norm_backward)

#define ROW(op, dtype, T, C, load, store, number, x)                                              \
    {#op, "(n,m),(n,m),(k),(),()->(n,m),(k),(k)", x x x x x x x x, number, op##_##dtype, "dq",    \
     sizeof(norm_params), 0},

/* For x, g and gx laid out alike. */
const tg_kernel tg_batch_norm_backward_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROW, batch_norm_backward)
    TG_TABLE_END
};
