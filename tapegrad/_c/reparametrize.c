/* How a gamma or beta draw moves with its parameters: -(dF/dparameter) / density, F being the
 * distribution function. Where no series converges fast, fits that PyTorch's authors made.
 *
 * Source: Figurnov, Mohamed and Mnih 2018, "Implicit reparameterization gradients"; saddle
 * point expansions after Rice 1968. */
#include "loops.h"
#include "special.h"

#include <math.h>

static inline double cubic(double x, const double *c)
{
    return c[0] + x * (c[1] + x * (c[2] + x * c[3]));
}

static inline double or_zero(double x) { return isnan(x) ? 0 : x; }

/* ----------------------------------------------------------------------------- gamma */

/* F(x) = x^a sum (-x)^i / (i! (a + i)), differentiated term by term. */
static double gamma_slope_small(double a, double x)
{
    double power = 1, sum = 1 / a, sum_of_squares = 1 / (a * a);
    for (int i = 1; i <= 5; i++) {
        power *= -x / i;
        sum += power / (a + i);
        sum_of_squares += power / ((a + i) * (a + i));
    }
    const double by_alpha = (log(x) - tg_digamma(a)) * sum - sum_of_squares;
    return or_zero(-pow(x, a) * by_alpha / (pow(x, a - 1) * exp(-x)));
}

static double gamma_slope_large(double a, double x)
{
    if (0.9 * a <= x && x <= 1.1 * a) { /* around the pole at x = a */
        const double first = 1 + 24 * a * (1 + 12 * a);
        const double second = 1440 * a * a + 6 * x * (53 - 120 * x) - 65 * x * x / a +
                              a * (107 + 3600 * x);
        return first * second / (1244160 * a * a * a * a);
    }
    const double root = sqrt(8 * a), excess = x - a - a * log(x / a);
    const double bend = copysign(pow(excess, -1.5), x - a);
    const double inner = log(x / a) * (root / (a - x) + bend) -
                         sqrt(2 / a) * (a + x) / ((a - x) * (a - x));
    const double stirling = 1 + 1 / (12 * a) * (1 + 1 / (24 * a));
    return -stirling * x * inner / root;
}

/* exp of a rational function of log a, whose coefficients are quadratic in log(x / a) */
static double gamma_slope_fitted(double a, double x)
{
    static const double c[3][8] = {
        {0.16009398, -0.094634809, 0.025146376, -0.0030648343,
         1, 0.32668115, 0.10406089, 0.0014179084},
        {0.53487893, 0.1298071, 0.065735949, -0.0015649758,
         0.16639465, 0.020070113, -0.0035938915, -0.00058392623},
        {0.040121004, -0.0065914022, -0.0026286047, -0.0013441777,
         0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07},
    };
    const double u = log(x / a), v = log(a);
    double at_u[8];
    for (int i = 0; i < 8; i++)
        at_u[i] = c[0][i] + u * (c[1][i] + u * c[2][i]);
    return exp(cubic(v, at_u) / cubic(v, at_u + 4));
}

static double standard_gamma_grad_of(double a, double x)
{
    if (x < 0.8)
        return gamma_slope_small(a, x);
    return a > 8 ? gamma_slope_large(a, x) : gamma_slope_fitted(a, x);
}

/* ----------------------------------------------------------------------------- beta */

/* The slope by a, over (1 - x), for x close to 0: a Taylor expansion. */
static double beta_slope_by_a(double x, double a, double b)
{
    const double factor = tg_digamma(a) - tg_digamma(a + b) - log(x);
    double power = 1, sum = (factor + 1 / a) / a;
    for (int i = 1; i <= 10; i++) {
        power *= (i - b) * x / i;
        sum += power * (factor + 1 / (a + i)) / (a + i);
    }
    return or_zero(x * pow(1 - x, -b) * sum);
}

/* The slope by b, over x, for x close to 0: a Taylor expansion. */
static double beta_slope_by_b(double x, double a, double b)
{
    const double factor = tg_digamma(a + b) - tg_digamma(b);
    double power = 1, falling = 1, falling_slope = 0, sum = factor / a;
    for (int i = 1; i <= 8; i++) {
        power *= -x / i;
        falling_slope = falling_slope * (b - i) + falling;
        falling *= b - i;
        sum += power / (a + i) * (falling_slope + factor * falling);
    }
    return or_zero(-pow(1 - x, 1 - b) * sum);
}

static double stirling_of(double x) { return 1 + 1 / (12 * x) + 1 / (288 * x * x); }

static double beta_slope_large(double x, double a, double b)
{
    const double total = a + b, mean = a / total, deviation = sqrt(a * b / (total + 1)) / total;
    if (fabs(x - mean) <= 0.1 * deviation) { /* around the pole at the mean */
        const double by_a[] = {
            (43 + 20 * (16 + 27 * b) * x) * b * b * b, 3 * (59 + 180 * b - 90 * x) * b * b,
            (453 + 1620 * b * (1 - x) - 455 * x) * b, 8 * (1 - x) * (135 * b - 11)};
        const double value = 47 * x * b * b * b * b + a * cubic(a, by_a);
        return (1 + 12 * a) * (1 + 12 * b) / (total * total) / (1 - x) * value /
               (12960 * a * a * a * b * b * (1 + 12 * total));
    }
    const double gap = a * (x - 1) + b * x, log_ratio = log(a / (total * x));
    const double excess = b * log(b / (total * (1 - x))) + a * log_ratio;
    const double first = (2 * a * a * (x - 1) + a * b * (x - 1) - x * b * b) /
                         (sqrt(2 * a / b) * pow(total, 1.5) * gap * gap);
    const double second = sqrt(8 * a * b / total) / gap + copysign(pow(excess, -1.5), mean - x);
    return stirling_of(a) * stirling_of(b) / stirling_of(total) * -x /
           sqrt(2 * a * b / total) * (first + 0.5 * log_ratio * second);
}

/* x (digamma(total) - digamma(a)) / b, times a rational function of logarithms. */
static double beta_slope_fitted(double x, double a, double total)
{
    static const double c[2][3][3][4] = {
        {{{1.003668233, -0.01061107488, -0.0657888334, 0.01201642863},
          {0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033},
          {-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013}},
         {{0.221950385, -0.3187676331, 0.01799915743, 0.01074823814},
          {-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057},
          {0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05}},
         {{-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565},
          {0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181},
          {0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05}}},
        {{{1, -0.02924021934, -0.04438342661, 0.007285809825},
          {0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521},
          {-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149}},
         {{0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273},
          {0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956},
          {-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05}},
         {{0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05},
          {0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05},
          {-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06}}},
    };
    const double u = log(x), v = log(a) - u, w = log(total) - v;
    double sums[2] = {0, 0}, power_of_u = 1;
    for (int i = 0; i < 3; i++, power_of_u *= u) {
        double power = power_of_u;
        for (int j = 0; j < 3; j++, power *= v)
            for (int k = 0; k < 2; k++)
                sums[k] += power * cubic(w, c[k][i][j]);
    }
    return sums[0] / sums[1] * x * (tg_digamma(total) - tg_digamma(a)) / (total - a);
}

static double dirichlet_grad_of(double x, double a, double total)
{
    const double b = total - a, boundary = total * x * (1 - x);
    if (x <= 0.5 && boundary < 2.5)
        return beta_slope_by_a(x, a, b);
    if (x >= 0.5 && boundary < 0.75)
        return -beta_slope_by_b(1 - x, b, a);
    return a > 6 && b > 6 ? beta_slope_large(x, a, b) : beta_slope_fitted(x, a, total);
}

#define GAMMA_GRAD(op, dtype, T, C, load, store, ...)                                    \
    TG_LOOP(op##_##dtype)                                                                \
    {                                                                                    \
        (void)params;                                                                    \
        for (tg_intp i = 0; i < dims[0]; i++)                                            \
            TG_AT(T, args[2], i * steps[2]) = store((C)standard_gamma_grad_of(           \
                load(TG_AT(const T, args[0], i * steps[0])),                             \
                load(TG_AT(const T, args[1], i * steps[1]))));                           \
    }
#define DIRICHLET_GRAD(op, dtype, T, C, load, store, ...)                                \
    TG_LOOP(op##_##dtype)                                                                \
    {                                                                                    \
        (void)params;                                                                    \
        for (tg_intp i = 0; i < dims[0]; i++)                                            \
            TG_AT(T, args[3], i * steps[3]) = store((C)dirichlet_grad_of(                \
                load(TG_AT(const T, args[0], i * steps[0])),                             \
                load(TG_AT(const T, args[1], i * steps[1])),                             \
                load(TG_AT(const T, args[2], i * steps[2]))));                           \
    }

TG_FLOATS(GAMMA_GRAD, standard_gamma_grad)
TG_FLOATS(DIRICHLET_GRAD, dirichlet_grad)

#define ROW_TWO(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_THREE(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),(),()->()", letter letter letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_reparametrize_kernels[] = {
    TG_FLOATS(ROW_TWO, standard_gamma_grad)
    TG_FLOATS(ROW_THREE, dirichlet_grad)
    TG_TABLE_END
};
