/* Draws from further distributions, each transformed from double-precision uniforms.
 *
 * As in random.c: the same seed gives PyTorch's numbers, so how many draws a sample takes
 * and in which order is part of the result.
 */
#include "generator.h"
#include "loops.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Inversion: -log(1 - u) / rate. */
static double draw_exponential(tg_generator *generator, const double *params)
{
    return -1 / params[0] * log1p(-tg_unit_double(generator));
}

/* Inversion: the median plus the width times tan(pi (u - 1/2)). */
static double draw_cauchy(tg_generator *generator, const double *params)
{
    return params[0] + params[1] * tan(pi * (tg_unit_double(generator) - 0.5));
}

static double draw_log_normal(tg_generator *generator, const double *params)
{
    return exp(params[0] + params[1] * tg_draw_normal(generator));
}

/* Inversion: the number of trials up to the first success. */
static double draw_geometric(tg_generator *generator, const double *params)
{
    return ceil(log(tg_unit_double(generator)) / log1p(-params[0]));
}

/* Below a mean of 10, how many uniforms can be multiplied before the product falls to
 * exp(-mean); from there on rejection. Source: Hoermann 1993, "The transformed rejection
 * method for generating Poisson random variables" (PTRS). */
static double draw_poisson(tg_generator *generator, double mean)
{
    double count = 0;
    if (!(mean > 0))
        return 0;
    if (mean < 10) {
        const double bound = exp(-mean);
        for (double product = tg_unit_double(generator); product > bound; count++)
            product *= tg_unit_double(generator);
        return count;
    }
    const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), accepted = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        const double u = tg_unit_double(generator) - 0.5, v = tg_unit_double(generator);
        const double us = 0.5 - fabs(u);
        count = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= accepted)
            return count;
        if (count < 0 || (us < 0.013 && v > us))
            continue;
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <=
            -mean + count * log(mean) - lgamma(count + 1))
            return count;
    }
}

/* Below 1 a draw for alpha + 1 is scaled by a power of a uniform number. Source: Marsaglia
 * and Tsang 2000, "A simple method for generating gamma variables"; the constants are rounded
 * to float as PyTorch's are. */
static double draw_gamma(tg_generator *generator, double alpha)
{
    double scale = 1;
    if (alpha < 1) {
        if (alpha == 0)
            return 0;
        scale = pow(1 - tg_unit_double(generator), 1 / alpha);
        alpha += 1;
    }
    const double d = alpha - 1.0f / 3.0f, c = 1 / sqrt(9 * d);
    for (;;) {
        double x, root;
        do {
            x = tg_draw_normal(generator);
            root = 1 + c * x;
        } while (root <= 0);
        const double cube = root * root * root, u = 1 - tg_unit_double(generator);
        const double square = x * x;
        if (u < 1 - 0.0331f * square * square ||
            log(u) < 0.5 * square + d * (1 - cube + log(cube)))
            return scale * d * cube;
        if (isnan(u + square + d))
            return NAN;
    }
}

/* What Stirling's formula leaves of log gamma(k + 1). */
static double stirling_rest(double k)
{
    const double half_log_two_pi = 0.91893853320467274178;
    if (k < 10)
        return lgamma(k + 1) - ((k + 0.5) * log(k + 1) - (k + 1) + half_log_two_pi);
    const double square = (k + 1) * (k + 1);
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1);
}

/* Few successes: sums of geometric waiting times. Many: rejection, as Poisson's.
 * Source: Hoermann 1993, "The generation of binomial random variates" (BTRS). */
static double draw_few_successes(tg_generator *generator, double count, double p)
{
    double trials = 0;
    for (double successes = 0;; successes++) {
        trials += ceil(log(tg_unit_double(generator)) / log1p(-p));
        if (!(trials <= count))
            return successes;
    }
}

static double draw_many_successes(tg_generator *generator, double count, double p)
{
    const double deviation = sqrt(count * p * (1 - p)), odds = p / (1 - p);
    const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double centre = count * p + 0.5, accepted = 0.92 - 4.2 / b;
    const double alpha = (2.83 + 5.1 / b) * deviation, mode = floor((count + 1) * p);
    for (;;) {
        const double u = tg_unit_double(generator) - 0.5, v = tg_unit_double(generator);
        const double us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + centre);
        if (us >= 0.07 && v <= accepted)
            return k;
        if (k < 0 || k > count)
            continue;
        const double bound = (mode + 0.5) * log((mode + 1) / (odds * (count - mode + 1))) +
                             (count + 1) * log((count - mode + 1) / (count - k + 1)) +
                             (k + 0.5) * log(odds * (count - k + 1) / (k + 1)) +
                             stirling_rest(mode) + stirling_rest(count - mode) -
                             stirling_rest(k) - stirling_rest(count - k);
        if (log(v * alpha / (a / (us * us) + b)) <= bound)
            return k;
    }
}

static double draw_binomial(tg_generator *generator, double count, double p)
{
    if (count <= 0 || p <= 0)
        return 0;
    if (p >= 1)
        return count;
    if (isnan(count) || isnan(p))
        return NAN;
    const double rarer = p <= 0.5 ? p : 1 - p;
    const double drawn = count * rarer >= 10 ? draw_many_successes(generator, count, rarer)
                                             : draw_few_successes(generator, count, rarer);
    return p <= 0.5 ? drawn : count - drawn;
}

/* A double that an integer type may not hold has no defined conversion to it. */
static inline int64_t whole(double x)
{
    return x < 0x1p63 ? (int64_t)x : INT64_MAX;
}

#define DRAWN(op, dtype, T, C, store, convert)                                              \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[1];                                  \
        for (tg_intp i = 0; i < dims[0]; i++)                                               \
            TG_AT(T, args[0], i * steps[0]) =                                               \
                store((C)convert(draw_##op(generator, (const double *)params)));            \
    }
#define DRAWN_REALS(op, dtype, T, C, load, store, ...) DRAWN(op, dtype, T, C, store, (double))
#define DRAWN_INTEGERS(op, dtype, T, C, load, store, ...) DRAWN(op, dtype, T, C, store, whole)

/* For each element that is not positive a number of [low, high), for the others 1. */
#define LEAKY_SLOPE(op, dtype, T, C, load, store, ...)                                      \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[2];                                  \
        const double low = ((const double *)params)[0], high = ((const double *)params)[1]; \
        for (tg_intp i = 0; i < dims[0]; i++) {                                             \
            double slope = 1;                                                               \
            if (load(TG_AT(const T, args[0], i * steps[0])) <= 0)                           \
                slope = tg_unit_double(generator) * (high - low) + low;                     \
            TG_AT(T, args[1], i * steps[1]) = store((C)slope);                              \
        }                                                                                   \
    }

#define POISSON(op, dtype, T, C, load, store, ...)                                          \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[2];                                  \
        (void)params;                                                                       \
        for (tg_intp i = 0; i < dims[0]; i++)                                               \
            TG_AT(T, args[1], i * steps[1]) = store((C)draw_poisson(                        \
                generator, (double)load(TG_AT(const T, args[0], i * steps[0]))));           \
    }

/* At least the smallest normal number, so that logarithms stay finite. */
#define GAMMA(op, dtype, T, C, load, store, ...)                                            \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[2];                                  \
        const double smallest = *(const double *)params;                                    \
        for (tg_intp i = 0; i < dims[0]; i++) {                                             \
            const double alpha = (double)load(TG_AT(const T, args[0], i * steps[0]));       \
            const double drawn = draw_gamma(generator, alpha);                              \
            TG_AT(T, args[1], i * steps[1]) = store((C)(drawn < smallest ? smallest : drawn)); \
        }                                                                                   \
    }

#define BINOMIAL(op, dtype, T, C, load, store, ...)                                         \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[3];                                  \
        (void)params;                                                                       \
        for (tg_intp i = 0; i < dims[0]; i++)                                               \
            TG_AT(T, args[2], i * steps[2]) = store((C)draw_binomial(                       \
                generator, (double)load(TG_AT(const T, args[0], i * steps[0])),             \
                (double)load(TG_AT(const T, args[1], i * steps[1]))));                      \
    }

/* Categories drawn with replacement: each is the first whose cumulative share reaches a
 * uniform number. The shares are an output so that nothing needs to be allocated here. */
#define MULTINOMIAL(op, dtype, T, C, load, store, ...)                                      \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        tg_generator *generator = (tg_generator *)args[3];                                  \
        const tg_intp n = dims[1], n_samples = dims[2];                                     \
        (void)params;                                                                       \
        for (tg_intp row = 0; row < dims[0]; row++) {                                       \
            const char *weights = args[0] + row * steps[0];                                 \
            char *shares = args[1] + row * steps[1], *drawn = args[2] + row * steps[2];     \
            C sum = 0;                                                                      \
            for (tg_intp j = 0; j < n; j++) {                                               \
                sum = load(store(sum + load(TG_AT(const T, weights, j * steps[4]))));       \
                TG_AT(T, shares, j * steps[5]) = store(sum);                                \
            }                                                                               \
            for (tg_intp j = 0; j < n && sum > 0; j++)                                      \
                TG_AT(T, shares, j * steps[5]) =                                            \
                    store(load(TG_AT(T, shares, j * steps[5])) / sum);                      \
            for (tg_intp k = 0; k < n_samples; k++) {                                       \
                const double u = tg_unit_double(generator);                                 \
                tg_intp first = 0, end = n;                                                 \
                while (first < end) {                                                       \
                    const tg_intp middle = first + (end - first) / 2;                       \
                    if (load(TG_AT(T, shares, middle * steps[5])) < u)                      \
                        first = middle + 1;                                                 \
                    else                                                                    \
                        end = middle;                                                       \
                }                                                                           \
                TG_AT(int64_t, drawn, k * steps[6]) = first < n ? first : n - 1;            \
            }                                                                               \
        }                                                                                   \
    }

TG_FLOATS(DRAWN_REALS, exponential)
TG_FLOATS(DRAWN_REALS, cauchy)
TG_FLOATS(DRAWN_REALS, log_normal)
TG_FLOATS(DRAWN_REALS, geometric)
TG_INTEGERS(DRAWN_INTEGERS, geometric)
TG_FLOATS(LEAKY_SLOPE, leaky_slope)
TG_FLOATS(POISSON, poisson)
TG_FLOATS(GAMMA, standard_gamma)
TG_FLOATS(BINOMIAL, binomial)
TG_FLOATS(MULTINOMIAL, multinomial)

#define ROW(op, dtype, letter, number, format, n_params) \
    {#op, "->(),(g)", letter "B", number, op##_##dtype, format, n_params * sizeof(double), 0},
#define ROW_ONE(op, dtype, T, C, load, store, number, letter) ROW(op, dtype, letter, number, "d", 1)
#define ROW_TWO(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, letter, number, "dd", 2)
#define ROW_SLOPE(op, dtype, T, C, load, store, number, letter)                    \
    {#op, "()->(),(g)", letter letter "B", number, op##_##dtype, "dd", 2 * sizeof(double), 0},
#define ROW_POISSON(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->(),(g)", letter letter "B", number, op##_##dtype, NULL, 0, 0},
#define ROW_GAMMA(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->(),(g)", letter letter "B", number, op##_##dtype, "d", sizeof(double), 0},
#define ROW_BINOMIAL(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->(),(g)", letter letter letter "B", number, op##_##dtype, NULL, 0, 0},
#define ROW_MULTINOMIAL(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->(n),(k),(g)", letter letter "lB", number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_distributions_kernels[] = {
    TG_FLOATS(ROW_ONE, exponential)
    TG_FLOATS(ROW_TWO, cauchy)
    TG_FLOATS(ROW_TWO, log_normal)
    TG_NUMBERS(ROW_ONE, geometric)
    TG_FLOATS(ROW_SLOPE, leaky_slope)
    TG_FLOATS(ROW_POISSON, poisson)
    TG_FLOATS(ROW_GAMMA, standard_gamma)
    TG_FLOATS(ROW_BINOMIAL, binomial)
    TG_FLOATS(ROW_MULTINOMIAL, multinomial)
    TG_TABLE_END
};
