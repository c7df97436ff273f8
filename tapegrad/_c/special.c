/* Special functions: the gamma family, the error functions' inverses, Bessel functions.
 *
 * Everything is computed in double precision; float16 and float32 are rounded once at the end.
 * DLMF numbers are equations of https://dlmf.nist.gov.
 */
#include "elementary.h"
#include "special.h"
#include "through_floats.h"

#include <float.h>
#include <math.h>

#define PI 3.14159265358979323846
#define SQRT_PI 1.77245385090551602730
#define SQRT_HALF 0.70710678118654752440
#define LOG_SQRT_2PI 0.91893853320467274178

static double polynomial(double x, const double *coefficients, int n)
{
    double sum = coefficients[n - 1];
    for (int k = n - 2; k >= 0; k--) {
        sum = sum * x + coefficients[k];
    }
    return sum;
}

#define POLYNOMIAL(x, c) polynomial((x), (c), (int)(sizeof(c) / sizeof(*(c))))

/* ----------------------------------------------------------------------- gamma functions */

/* The derivative of log gamma: recurrence (DLMF 5.5.2) up to 10, then the asymptotic series
 * (DLMF 5.11.2); reflection (DLMF 5.5.4) on the left. */
double tg_digamma(double x)
{
    static const double series[] = {
        1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12};
    double result = 0;
    if (x == 0) {
        return copysign(INFINITY, -x);
    }
    if (x < 0) {
        const double fraction = x - floor(x);
        if (fraction == 0 || isinf(x)) {
            return NAN;
        }
        result = -PI / tan(PI * fraction);
        x = 1 - x;
    }
    for (; x < 10; x += 1) {
        result -= 1 / x;
    }
    if (x < 1e17) {
        const double square = 1 / (x * x);
        result -= square * POLYNOMIAL(square, series);
    }
    return result + log(x) - 0.5 / x;
}

/* q^-s; most often s is a small whole number, whose power is a few products. */
static double inverse_power(double q, double s)
{
    if (s != floor(s) || s > 8) {
        return pow(q, -s);
    }
    double power = q;
    for (int k = 1; k < (int)s; k++) {
        power *= q;
    }
    return 1 / power;
}

static double factorial(double n)
{
    if (n > 20) {
        return exp(lgamma(n + 1));
    }
    double product = 1;
    for (int k = 2; k <= (int)n; k++) {
        product *= k;
    }
    return product;
}

/* The Hurwitz zeta function for q > 0 by Euler and Maclaurin's summation (DLMF 25.11.5, 25.11.7).
 * At infinity it is NaN, as in PyTorch. */
static double zeta_of_positive(double s, double q)
{
    static const double bernoulli[] = { /* B(2j) / (2j)! */
        1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160,
        -691.0 / 1307674368000.0, 1.0 / 74724249600.0, -3617.0 / 10670622842880000.0,
        43867.0 / 5109094217170944000.0};
    double sum = 0, term;
    int k = 0;
    for (; k < 9 || q <= 9; k++, q += 1) {
        term = inverse_power(q, s);
        sum += term;
        if (term < 0.1 * DBL_EPSILON * sum || isinf(sum)) {
            return sum;
        }
    }
    term = inverse_power(q, s);
    sum += term * q / (s - 1) + 0.5 * term;
    double factor = s * term / q;
    for (int j = 0; j < (int)(sizeof(bernoulli) / sizeof(*bernoulli)); j++) {
        const double correction = factor * bernoulli[j];
        sum += correction;
        if (fabs(correction) <= 0.1 * DBL_EPSILON * fabs(sum)) {
            break;
        }
        factor *= (s + 2 * j + 1) * (s + 2 * j + 2) / (q * q);
    }
    return sum;
}

/* For negative q the sum runs over both sides of zero; a whole s gives the terms a sign. */
static double zeta_of(double s, double q)
{
    if (s == 1) {
        return INFINITY;
    }
    if (!(s > 1) || isnan(q)) {
        return NAN;
    }
    if (q > 0) {
        return zeta_of_positive(s, q);
    }
    const double below = floor(q);
    if (q == below) {
        return INFINITY;
    }
    if (s != floor(s)) {
        return NAN;
    }
    const double fraction = q - below, sign = fmod(s, 2) == 0 ? 1 : -1;
    const double left = zeta_of_positive(s, 1 - fraction) - zeta_of_positive(s, 1 - q);
    return sign * left + zeta_of_positive(s, fraction);
}

/* The trigamma function from 1/2 on: (DLMF 5.15.5) up to where (DLMF 5.15.8) converges. */
static double trigamma_of(double x)
{
    static const double bernoulli[] = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66,
                                       -691.0 / 2730, 7.0 / 6};
    double sum = 0;
    for (; x < 10; x += 1)
        sum += 1 / (x * x);
    const double square = 1 / (x * x);
    return sum + (1 + 0.5 / x + square * POLYNOMIAL(square, bernoulli)) / x;
}

/* (DLMF 5.15.1) On the left of 1/2 the trigamma function is reflected (DLMF 5.15.6): at whole
 * numbers its pole is then as high as the sine's rounding error makes it, as in PyTorch. */
static double polygamma_of(double order, double x)
{
    if (order == 0) {
        return tg_digamma(x);
    }
    if (order == 1) {
        return x < 0.5 ? -trigamma_of(1 - x) : trigamma_of(x);
    }
    const double size = factorial(order) * zeta_of(order + 1, x);
    return fmod(order, 2) == 0 ? -size : size;
}

/* log(1 + x) - x without cancellation. */
static double log1p_minus(double x)
{
    if (fabs(x) > 0.3) {
        return log1p(x) - x;
    }
    /* With r = x / (2 + x): log(1 + x) = 2 (r + r^3/3 + r^5/5 + ...), and x - 2r = r x. */
    const double r = x / (2 + x), square = r * r;
    double sum = 0, power = 2 * r * square;
    for (int k = 3; fabs(power) > DBL_EPSILON * 1e-3 * fabs(sum) && k < 60; k += 2) {
        sum += power / k;
        power *= square;
    }
    return sum - r * x;
}

/* x^a exp(-x) / gamma(a + 1), around a = x by Stirling's series (DLMF 5.11.1). */
static double gamma_density(double a, double x)
{
    static const double stirling[] = {1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188};
    if (a < 15) {
        return exp(a * log(x) - x - lgamma(a + 1));
    }
    const double correction = POLYNOMIAL(1 / (a * a), stirling) / a;
    const double ratio = (x - a) / a;
    return exp(a * log1p_minus(ratio) - correction) / sqrt(2 * PI * a);
}

enum { MOST_TERMS = 20000 };

/* The lower function P(a, x) by its series (DLMF 8.11.4). */
static double lower_series(double a, double x)
{
    double term = 1, sum = 1;
    for (int k = 1; k < MOST_TERMS && term > 0.1 * DBL_EPSILON * sum; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum * gamma_density(a, x);
}

/* The upper function Q(a, x) by its continued fraction (DLMF 8.9.2), evaluated by Lentz's method. */
static double upper_fraction(double a, double x)
{
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / (b == 0 ? tiny : b), value = d;
    for (int k = 1; k < MOST_TERMS; k++) {
        const double numerator = -k * (k - a);
        b += 2;
        d = numerator * d + b;
        c = b + numerator / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        value *= c * d;
        if (fabs(c * d - 1) < DBL_EPSILON) {
            break;
        }
    }
    return value * a * gamma_density(a, x);
}

/* Q(a, x) for small x: 1 - P loses its digits where P is close to one, as for tiny a
 * (DLMF 8.7.1 with the pole's term taken apart). */
static double upper_small(double a, double x)
{
    double term = 1, sum = 0;
    for (int k = 1; k < MOST_TERMS; k++) {
        term *= -x / k;
        sum += term / (a + k);
        if (fabs(term) < 0.1 * DBL_EPSILON * fabs(sum)) {
            break;
        }
    }
    const double log_factor = a * log(x) - lgamma(a + 1);
    return -expm1(log_factor) - exp(log_factor) * a * sum;
}

/* P or Q(a, x) for large a near x, uniformly (Temme 1979; DLMF 8.12.3, 8.12.4, 8.12.7). */
static double uniform(double a, double x, int upper)
{
    static const double c0[] = {-1.0 / 3, 1.0 / 12, -2.0 / 135, 1.0 / 864, 1.0 / 2835,
                                -139.0 / 777600, 1.0 / 25515};
    static const double c1[] = {-1.0 / 540, -1.0 / 288, 25.0 / 9450, -0.000990226337448560,
                                0.000205761316872428};
    const double half_square = -log1p_minus((x - a) / a);
    const double eta = copysign(sqrt(2 * half_square), x - a);
    const double rest = exp(-a * half_square) / sqrt(2 * PI * a) *
                        (POLYNOMIAL(eta, c0) + POLYNOMIAL(eta, c1) / a);
    const double scaled = eta * sqrt(a / 2);
    return upper ? 0.5 * erfc(scaled) + rest : 0.5 * erfc(-scaled) - rest;
}

/* Both at once: the one that is small is computed, the other is what is left to one. */
static double incomplete_gamma(double a, double x, int upper)
{
    if (a < 0 || x < 0 || (a == 0 && x == 0) || (isinf(a) && isinf(x))) {
        return NAN;
    }
    if (x == 0 || isinf(a)) {
        return upper;
    }
    if (a == 0 || isinf(x)) {
        return !upper;
    }
    if (isnan(a) || isnan(x)) {
        return NAN;
    }
    if (a > 1e5 && fabs(x - a) < 0.1 * a) {
        return uniform(a, x, upper);
    }
    if (x > 1.1 && x > a) {
        const double value = upper_fraction(a, x);
        return upper ? value : 1 - value;
    }
    if (upper && x <= 1.1 && a < 1) {
        return upper_small(a, x);
    }
    const double lower_value = lower_series(a, x);
    return upper ? 1 - lower_value : lower_value;
}

static double igamma_of(double a, double x) { return incomplete_gamma(a, x, 0); }
static double igammac_of(double a, double x) { return incomplete_gamma(a, x, 1); }

/* ----------------------------------------------------------------------- normal distribution */

/* Coefficients of the quotients of AS 241: near the middle, and towards either end. */
static const double near_top[] = {
    3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
    1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3};
static const double near_bottom[] = {
    1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
    2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
    5.2264952788528545610e+3};
static const double far_top[] = {
    1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double far_bottom[] = {
    1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
    1.05075007164441684324e-9};

/* The normal quantile at 1/2 + centred, where tail is the smaller of its two sides
 * (Wichura 1988, algorithm AS 241). */
static double quantile(double centred, double tail)
{
    static const double e[] = {
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15};
    if (fabs(centred) <= 0.425) {
        const double r = 0.180625 - centred * centred;
        return centred * POLYNOMIAL(r, near_top) / POLYNOMIAL(r, near_bottom);
    }
    const double r = sqrt(-log(tail));
    const double size = r <= 5 ? POLYNOMIAL(r - 1.6, far_top) / POLYNOMIAL(r - 1.6, far_bottom)
                               : POLYNOMIAL(r - 5, e) / POLYNOMIAL(r - 5, f);
    return copysign(size, centred);
}

static double erfinv_of(double x)
{
    if (!(fabs(x) < 1)) {
        return fabs(x) == 1 ? copysign(INFINITY, x) : NAN;
    }
    return quantile(x / 2, (1 - fabs(x)) / 2) * SQRT_HALF;
}

/* The same without branches: no float32 lies so near 1 that the third quotient is asked for. */
static TG_INLINE float erfinv_of_float(float x, const int fused)
{
    const float size = fabsf(x), end = x < 0 ? -INFINITY : INFINITY;
    const double centred = (double)x / 2, sign = x < 0 ? -1 : 1;
    const int is_near = size <= 0.85f;
    const double r = is_near ? 0.180625 - centred * centred
                             : (double)sqrtf(-tg_log_float((1 - size) / 2, fused)) - 1.6;
    double top = is_near ? near_top[7] : far_top[7];
    double bottom = is_near ? near_bottom[7] : far_bottom[7];
    TG_UNROLLED
    for (int k = 6; k >= 0; k--) {
        top = top * r + (is_near ? near_top[k] : far_top[k]);
        bottom = bottom * r + (is_near ? near_bottom[k] : far_bottom[k]);
    }
    const float result = (float)((is_near ? centred : sign) * top / bottom * SQRT_HALF);
    return size < 1 ? result : size == 1 ? end : NAN;
}

static double ndtri_of(double p)
{
    if (!(p > 0 && p < 1)) {
        return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    }
    return quantile(p - 0.5, p < 0.5 ? p : 1 - p);
}

/* exp(x^2) erfc(x): the square's rounding error is put back; far out the asymptotic series
 * (DLMF 7.12.1). */
static double erfcx_of(double x)
{
    static const double series[] = {1, -0.5, 0.75, -1.875, 6.5625, -29.53125};
    if (x > 25) {
        return POLYNOMIAL(1 / (x * x), series) / (x * SQRT_PI);
    }
    const double square = x * x, rest = fma(x, x, -square);
    return x < -27 ? INFINITY : exp(square) * (1 + rest) * erfc(x);
}

static double log_ndtr_of(double x)
{
    const double scaled = x * SQRT_HALF;
    return x < -1 ? log(erfcx_of(-scaled) / 2) - scaled * scaled : log1p(-erfc(scaled) / 2);
}

/* ----------------------------------------------------------------------- Bessel functions */

/* exp(-|x|) I(order, |x|) for order 0 or 1: the power series (DLMF 10.25.2), whose terms all have one
 * sign, or the asymptotic one (DLMF 10.40.1). */
static double scaled_bessel_i(int order, double x)
{
    double term = 1, sum = 1;
    if (x <= 30) {
        const double quarter = x * x / 4;
        for (int k = 1; term > 0.1 * DBL_EPSILON * sum; k++) {
            term *= quarter / ((double)k * (k + order));
            sum += term;
        }
        return sum * (order ? x / 2 : 1) * exp(-x);
    }
    for (int k = 1; k < 30 && fabs(term) > 0.1 * DBL_EPSILON; k++) {
        const double odd = 2 * k - 1;
        term *= (odd * odd - 4 * order) / (k * 8 * x);
        sum += term;
    }
    return sum / (sqrt(2 * PI) * sqrt(x)); /* whose product would overflow */
}

static double i0e_of(double x) { return scaled_bessel_i(0, fabs(x)); }
static double i1e_of(double x) { return (x < 0 ? -1 : 1) * scaled_bessel_i(1, fabs(x)); }

/* ----------------------------------------------------------------------- elementary ones */

static double xlog1py_of(double x, double y) { return isnan(y) ? y : x == 0 ? 0 : x * log1p(y); }
static double digamma_of(double x) { return tg_digamma(x); }
static double lgamma_of(double x) { return lgamma(x); }
static double erfc_of(double x) { return erfc(x); }

/* exp(x) for x from -110 to 0 with a relative error of 1e-8, which a float does not show. */
static TG_INLINE double exp_for_float(double x)
{
    const double rounder = 0x1.8p52 + 1023, shifted = x * 0x1.71547652b82fep+0 + rounder;
    const double r = x - (shifted - rounder) * 0x1.62e42fefa39efp-1;
    double sum = 1.0 / 5040;
    sum = sum * r + 1.0 / 720;
    sum = sum * r + 1.0 / 120;
    sum = sum * r + 1.0 / 24;
    sum = sum * r + 1.0 / 6;
    sum = sum * r + 0.5;
    sum = sum * r + 1;
    sum = sum * r + 1;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 52; /* where the exponent is */
    double power;
    memcpy(&power, &bits, sizeof power);
    return power * sum;
}

/* exp(-x^2) t p(t) with t = 3 / (3 + x) for x from 0 on, in double; the fit has a relative error of
 * 3e-9. Beyond 10.3 it is less than half of the smallest number. */
static TG_INLINE float erfc_of_float(float x, const int fused)
{
    static const double terms[] = {
        0x1.8edf520bbe16ep-2, 0x1.592bfc8f8bebep-1,  0x1.d7970e1a98366p-1,  0x1.ecc8bf3af1401p-1,
        0x1.6a3bf0c86ad50p-1, 0x1.15d1d6242a693p-2,  -0x1.30f70d30e51d6p-4, -0x1.24e8fd6fc5cfcp-3,
        -0x1.0b1e920d88634p-6, 0x1.c969df501e7c0p-5,
    };
    const float size = fabsf(x);
    const double a = size < 10.3f ? size : 10.3f, t = 3 / (3 + a), s = t - 0.55;
    double sum = terms[9];
    (void)fused;
    TG_UNROLLED
    for (int k = 8; k >= 0; k--)
        sum = sum * s + terms[k];
    const float tail = (float)(exp_for_float(-a * a) * (t * sum));
    return x != x ? x : x < 0 ? 2 - tail : tail;
}

#define SIN(x) _Generic((x), float: sinf, default: sin)(x)

#define POLYGAMMA(op, dtype, T, C, load, store, ...)                  \
    static inline T op##_of_##dtype(double order, double x)           \
    {                                                                 \
        const double rest = polygamma_of(order, x);                   \
        if (!(order == 1 && x < 0.5))                                 \
            return store((C)rest);                                    \
        const C sine = SIN((C)PI * (C)x);                             \
        return store((C)((C)PI * (C)PI / (sine * sine) + rest));      \
    }                                                                 \
    TG_MAP2(op##_##dtype, T, double, load, T, , op##_of_##dtype(x, y))

/* In the dtype's own precision: near whole numbers the product's rounding shows, as in PyTorch. */
#define SINC(op, dtype, T, C, load, store, ...)    \
    TG_MAP1(op##_##dtype, T, C, load, T, ,         \
            store(x == 0 ? (C)1 : SIN((C)PI * x) / ((C)PI * x)))

/* The exponential overflows before the product does, and at infinity gives NaN: as PyTorch. */
#define EXP(x) _Generic((x), float: expf, default: exp)(x)
#define BESSEL(op, dtype, T, C, load, store, ...) \
    TG_MAP1(op##_##dtype, T, C, load, T, , store((C)op##e_of(x) * EXP((C)fabs(x))))

#define ONE(op, dtype, T, C, load, store, ...) \
    TG_MAP1(op##_##dtype, T, double, load, T, , store((C)op##_of(x)))

#define TWO(op, dtype, T, C, load, store, ...) \
    TG_MAP2(op##_##dtype, T, double, load, T, , store((C)op##_of(x, y)))

#define FUNCTIONS_OF_ONE(DO, X)                                                                  \
    DO(X, digamma) DO(X, lgamma) DO(X, erfcx) DO(X, ndtri) \
    DO(X, log_ndtr) DO(X, i0e) DO(X, i1e)

#define FUNCTIONS_OF_TWO(DO, X)                                                               \
    DO(X, igamma) DO(X, igammac) DO(X, xlog1py)

/* In the dtype's own precision and by vectors, as PyTorch's. */
#define LOG(x) _Generic((x), float: tg_log_float(x, fused), default: log(x))
#define LOGIT(op, dtype, T, ...)                                                              \
    TG_VECTOR_LOOP_OF(op##_##dtype)                                                           \
    TG_MAP1_BODY(T, T, TG_AS_IS, T, (void)fused;, LOG(x / (1 - x)))
#define ENTR(op, dtype, T, ...)                                                               \
    TG_VECTOR_LOOP_OF(op##_##dtype)                                                           \
    TG_MAP1_BODY(T, T, TG_AS_IS, T, (void)fused;,                                             \
                 (x > 0 ? -x * LOG(x) : x == 0 ? 0 : x != x ? x : -(T)INFINITY))
#define XLOGY(op, dtype, T, ...)                                                              \
    TG_VECTOR_LOOP_OF(op##_##dtype)                                                           \
    TG_MAP2_BODY(T, T, TG_AS_IS, T, (void)fused;, (y != y ? y : x == 0 ? 0 : x * LOG(y)))

FUNCTIONS_OF_ONE(TG_FLOATS, ONE)
#define ONE_BY_VECTORS(op)                                                                    \
    TG_VECTOR_LOOP(op##_float32)                                                              \
    TG_MAP1_BODY(float, float, TG_AS_IS, float, , op##_of_float(x, fused))                    \
    ONE(op, float16, tg_half, float, tg_half_to_float, tg_float_to_half)                      \
    ONE(op, float64, double, double, TG_AS_IS, TG_AS_IS)
ONE_BY_VECTORS(erfc)
ONE_BY_VECTORS(erfinv)
FUNCTIONS_OF_TWO(TG_FLOATS, TWO)
TG_SINGLE_AND_DOUBLE(LOGIT, logit)
TG_SINGLE_AND_DOUBLE(ENTR, entr)
TG_SINGLE_AND_DOUBLE(XLOGY, xlogy)
TG_MAP_THROUGH_FLOATS(logit, 1)
TG_MAP_THROUGH_FLOATS(entr, 1)
TG_MAP_THROUGH_FLOATS(xlogy, 2)
TG_SINGLE_AND_DOUBLE(TWO, zeta)
TG_FLOATS(POLYGAMMA, polygamma)
TG_FLOATS(SINC, sinc)
TG_FLOATS(BESSEL, i0)
TG_FLOATS(BESSEL, i1)

const tg_kernel tg_special_kernels[] = {
    FUNCTIONS_OF_ONE(TG_FLOATS, TG_ROW1)
    TG_FLOATS(TG_ROW1, erfc)
    TG_FLOATS(TG_ROW1, erfinv)
    FUNCTIONS_OF_TWO(TG_FLOATS, TG_ROW2)
    TG_FLOATS(TG_ROW1, logit)
    TG_FLOATS(TG_ROW1, entr)
    TG_FLOATS(TG_ROW2, xlogy)
    TG_SINGLE_AND_DOUBLE(TG_ROW2, zeta)
    TG_FLOATS(TG_ROW2, polygamma)
    TG_FLOATS(TG_ROW1, sinc)
    TG_FLOATS(TG_ROW1, i0)
    TG_FLOATS(TG_ROW1, i1)
    TG_TABLE_END
};
