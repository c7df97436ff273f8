/* The hyperbolic tangent of gates: (e - 1) / (e + 1) of e = exp(2x), by what e is above 1. That is
 * little more than half the work of elementary.h's, and twice the error.
 *
 * tests/engine/test_recurrent_kernels.py states the errors.
 */
#ifndef TG_TANH_H
#define TG_TANH_H

#include "elementary.h"

static TG_INLINE float tg_quick_tanh_float(float x, const int fused)
{
    float doubled = 2 * fabsf(x);
    doubled = doubled > 20 ? 20 : doubled; /* where it rounds to 1 */
    const float above = tg_exp_above_1(doubled, fused);
    return copysignf(above / (above + 2), x);
}

#define TG_BIASED_DOUBLE_ROUNDER (0x1.8p52 + 1023)

static TG_INLINE double tg_double_power_of_2(double shifted)
{
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/* Taylor's series of (exp(r) - 1 - r) / r^2 for |r| up to ln(2) / 2: what follows is below 2^-57. */
static TG_INLINE double tg_double_exp_tail(double r)
{
    double p = 1.0 / 6227020800;
    p = fma(p, r, 1.0 / 479001600);
    p = fma(p, r, 1.0 / 39916800);
    p = fma(p, r, 1.0 / 3628800);
    p = fma(p, r, 1.0 / 362880);
    p = fma(p, r, 1.0 / 40320);
    p = fma(p, r, 1.0 / 5040);
    p = fma(p, r, 1.0 / 720);
    p = fma(p, r, 1.0 / 120);
    p = fma(p, r, 1.0 / 24);
    p = fma(p, r, 1.0 / 6);
    return fma(p, r, 0.5);
}

/* Where fma is no instruction, the C library's rounds once all the same. */
static TG_INLINE double tg_quick_tanh_double(double x, const int fused)
{
    (void)fused;
    double doubled = 2 * fabs(x);
    doubled = doubled > 40 ? 40 : doubled;
    const double shifted = fma(doubled, 0x1.71547652b82fep+0, TG_BIASED_DOUBLE_ROUNDER);
    const double k = shifted - TG_BIASED_DOUBLE_ROUNDER;
    const double r = fma(k, -0x1.7f7d1cf79abcap-20, fma(k, -0x1.62e4p-1, doubled));
    const double power = tg_double_power_of_2(shifted);
    const double above = fma(power, fma(tg_double_exp_tail(r) * r, r, r), power - 1);
    return copysign(above / (above + 2), x);
}

#endif
