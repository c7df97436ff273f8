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

#define BY_ROWS(dtype, T, C, load, store)                                                         \
    static TG_INLINE void rows_back_##dtype(char *const *slab, slab_sizes sizes,                  \
                                            const tg_intp *core, const norm_params *params)       \
    {                                                                                             \
        const C mean = *(const C *)slab[MEAN];                                                    \
        const double rstd = 1 / sqrt((double)*(const C *)slab[VAR] + params->eps);                \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        const int is_given = params->statistics != OF_VALUES;                                     \
        const int is_for_weight = params->statistics == GIVEN_FOR_WEIGHT;                         \
        double sum = 0, moment = 0, inner = 0, inner_moment = 0;                                  \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const T *g = (const T *)(slab[G] + r * core[OF_G]);                                   \
            const T *x = (const T *)(slab[X] + r * core[OF_X]);                                   \
            SUM_OVER(row_sum, i, is_for_weight ? 0 : sizes.m, load(g[i]))                         \
            SUM_OVER(row_moment, i, sizes.m, load(g[i]) * (load(x[i]) - mean))                    \
            sum += row_sum, moment += row_moment;                                                 \
            if (sizes.k == 1 && r < sizes.n - 1)                                                  \
                continue; /* the weight is that of all rows */                                    \
            const tg_intp k = sizes.k == 1 ? 0 : r;                                               \
            const double weight = (double)TG_AT(const C, slab[WEIGHT], k * core[OF_WEIGHT]);      \
            inner += weight * sum, inner_moment += weight * moment;                               \
            TG_AT(C, slab[WEIGHT_SUM], k * core[OF_WEIGHT_SUM]) += (C)(moment * rstd);            \
            TG_AT(C, slab[BIAS_SUM], k * core[OF_BIAS_SUM]) += (C)sum;                            \
            sum = moment = 0;                                                                     \
        }                                                                                         \
        if (is_for_weight)                                                                        \
            return;                                                                               \
        const C constant = (C)constant_of(inner, rstd, count, is_given);                          \
        const C linear = (C)linear_of(inner_moment, rstd, count, is_given);                       \
        for (tg_intp r = 0; r < sizes.n; r++) {                                                   \
            const tg_intp k = sizes.k == 1 ? 0 : r;                                               \
            const C factor =                                                                      \
                (C)(rstd * (double)TG_AT(const C, slab[WEIGHT], k * core[OF_WEIGHT]));            \
            const T *g = (const T *)(slab[G] + r * core[OF_G]);                                   \
            const T *x = (const T *)(slab[X] + r * core[OF_X]);                                   \
            T *gx = (T *)(slab[GX] + r * core[OF_GX]);                                            \
            TG_INDEPENDENT                                                                        \
            for (tg_intp i = 0; i < sizes.m; i++)                                                 \
                gx[i] = store(is_given ? load(g[i]) * factor                                      \
                                       : load(g[i]) * factor - constant -                         \
                                             (load(x[i]) - mean) * linear);                       \
        }                                                                                         \
    }

#define BY_COLUMNS(dtype, T, C, load, store)                                                      \
    static TG_INLINE void columns_back_##dtype(char *const *slab, slab_sizes sizes,               \
                                               const tg_intp *core, const tg_intp *steps,         \
                                               tg_intp width, const norm_params *params)          \
    {                                                                                             \
        const double count = (double)sizes.n * (double)sizes.m;                                   \
        const int is_given = params->statistics != OF_VALUES;                                     \
        C mean[COLUMNS], factor[COLUMNS], constant[COLUMNS], linear[COLUMNS];                     \
        double sum[COLUMNS] = {0}, moment[COLUMNS] = {0};                                         \
        for (tg_intp j = 0; j < width; j++)                                                       \
            mean[j] = TG_AT(const C, slab[MEAN], j * steps[MEAN]);                                \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *g = (const T *)(slab[G] + r * core[OF_G] + i * core[OF_G + 1]);              \
            const T *x = (const T *)(slab[X] + r * core[OF_X] + i * core[OF_X + 1]);              \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                sum[j] += (double)load(g[j]);                                                     \
                moment[j] += (double)(load(g[j]) * (load(x[j]) - mean[j]));                       \
            }                                                                                     \
        }                                                                                         \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const double var = (double)TG_AT(const C, slab[VAR], j * steps[VAR]);                 \
            const double rstd = 1 / sqrt(var + params->eps);                                      \
            const double weight = (double)TG_AT(const C, slab[WEIGHT], j * steps[WEIGHT]);        \
            TG_AT(C, slab[WEIGHT_SUM], j * steps[WEIGHT_SUM]) += (C)(moment[j] * rstd);           \
            TG_AT(C, slab[BIAS_SUM], j * steps[BIAS_SUM]) += (C)sum[j];                           \
            factor[j] = (C)(rstd * weight);                                                       \
            constant[j] = (C)constant_of(weight * sum[j], rstd, count, is_given);                 \
            linear[j] = (C)linear_of(weight * moment[j], rstd, count, is_given);                  \
        }                                                                                         \
        if (params->statistics == GIVEN_FOR_WEIGHT)                                               \
            return;                                                                               \
        FOR_VALUES(r, i, sizes) {                                                                 \
            const T *g = (const T *)(slab[G] + r * core[OF_G] + i * core[OF_G + 1]);              \
            const T *x = (const T *)(slab[X] + r * core[OF_X] + i * core[OF_X + 1]);              \
            T *gx = (T *)(slab[GX] + r * core[OF_GX] + i * core[OF_GX + 1]);                      \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                gx[j] = store(is_given ? load(g[j]) * factor[j]                                   \
                                       : load(g[j]) * factor[j] - constant[j] -                   \
                                             (load(x[j]) - mean[j]) * linear[j]);                 \
        }                                                                                         \
    }

#define BACKWARD(op, dtype, T, C, load, store, ...)                                               \
    BY_ROWS(dtype, T, C, load, store)                                                             \
    BY_COLUMNS(dtype, T, C, load, store)                                                          \
    TG_VECTOR_LOOP(op##_##dtype)                                                                  \
    {                                                                                             \
        const slab_sizes sizes = {dims[1], dims[2], dims[3]};                                     \
        const tg_intp *core = steps + N_OPERANDS;                                                 \
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
            else                                                                                  \
                rows_back_##dtype(slab, sizes, core, params);                                     \
        }                                                                                         \
    }

TG_FLOATS(BACKWARD, batch_norm_backward)

#define ROW(dtype, letter, precise, number)                                                       \
    {"batch_norm_backward", "(n,m),(n,m),(k),(),()->(n,m),(k),(k)",                               \
     letter letter precise precise precise letter precise precise, number,                        \
     batch_norm_backward_##dtype, "dq", sizeof(norm_params), 0},

/* For x, g and gx laid out alike. */
const tg_kernel tg_batch_norm_backward_kernels[] = {
    ROW(float16, "e", "f", TG_FLOAT16)
    ROW(float32, "f", "f", TG_FLOAT32)
    ROW(float64, "d", "d", TG_FLOAT64)
    TG_TABLE_END
};
