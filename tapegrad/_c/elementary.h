/* Elementary functions of float32 for vector loops: polynomials without branches or tables.
 *
 * Coefficients are minimax fits of the stated quotient, rounded to float32 one after the other.
 * All hold for every float32, subnormal, infinite and NaN; tests/engine/test_elementary.py states the errors.
 */
#ifndef TG_ELEMENTARY_H
#define TG_ELEMENTARY_H

#include "vectors.h"

/* ln(2) in two parts, the first so short that its multiples are exact. */
#define TG_LN2_HIGH 0x1.62e4p-1f
#define TG_LN2_LOW 0x1.7f7d1cp-20f

/* Adding it rounds to a whole number, which then lies in the low bits; to the biased exponent of
 * a power of two, where that is what is wanted. */
#define TG_ROUNDER 0x1.8p23f
#define TG_BIASED_ROUNDER (TG_ROUNDER + 127)

static TG_INLINE float tg_power_of_2(uint32_t biased_exponent)
{
    return tg_from_bits(biased_exponent << 23);
}

/* exp(x) = 2^k exp(r) with r = x - k ln 2, of which the first difference is exact. */
static TG_INLINE float tg_exp_rest(float x, float k, const int fused)
{
    return tg_fma(k, -TG_LN2_LOW, tg_fma(k, -TG_LN2_HIGH, x, fused), fused);
}

/* p in exp(r) = 1 + r + r^2 p. */
static TG_INLINE float tg_exp_tail(float r, const int fused)
{
    float p = tg_fma(0x1.6d815ep-10f, r, 0x1.123f90p-7f, fused);
    p = tg_fma(p, r, 0x1.5554bap-5f, fused);
    p = tg_fma(p, r, 0x1.55548ap-3f, fused);
    return tg_fma(p, r, 0x1p-1f, fused);
}

static TG_INLINE float tg_exp_fraction(float x, float k, const int fused)
{
    const float r = tg_exp_rest(x, k, fused);
    return tg_fma(tg_fma(tg_exp_tail(r, fused), r, 1, fused), r, 1, fused);
}

/* The number's size as its bits, which are in the same order; NaN is above all. Up to some limits
 * numbers are plain: these need less work. Up to this one, that of 87, one factor 2^k does. */
static TG_INLINE uint32_t tg_size_bits(float x) { return tg_bits(x) & 0x7fffffffu; }

#define TG_EXP_PLAIN 0x42ae0000u

/* A fraction times 2^k, where both are normal numbers: k lies in the low bits of `shifted`. */
static TG_INLINE float tg_times_power(float fraction, float shifted)
{
    return tg_from_bits(tg_bits(fraction) + (tg_bits(shifted) << 23));
}

static TG_INLINE float tg_exp_plain(float x, const int fused)
{
    const float shifted = tg_fma(x, 0x1.715476p+0f, TG_ROUNDER, fused);
    return tg_times_power(tg_exp_fraction(x, shifted - TG_ROUNDER, fused), shifted);
}

/* Two factors, since 2^k itself may be too large or too small. */
static TG_INLINE float tg_exp_float(float x, const int fused)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -104.0f ? -104.0f : x;
    const float shifted = tg_fma(x, 0x1.715476p+0f, TG_ROUNDER, fused);
    const uint32_t k = tg_bits(shifted) - tg_bits(TG_ROUNDER), half = (uint32_t)((int32_t)k >> 1);
    return tg_exp_fraction(x, shifted - TG_ROUNDER, fused) * tg_power_of_2(half + 127) *
           tg_power_of_2(k - half + 127);
}

/* For x <= 0, as in a softmax: 2^k is taken 2^64 times as large, so that it is a normal number, and
 * the result rounded once. Far below it is zero itself: to round a result to zero, as that of many a
 * masked place, costs a processor as much as a hundred products. */
static TG_INLINE float tg_exp_below(float x, const int fused)
{
    x = x < -132.4f ? -132.4f : x; /* there k is -191 */
    const float rounder = TG_BIASED_ROUNDER + 64, shifted = tg_fma(x, 0x1.715476p+0f, rounder, fused);
    return tg_exp_fraction(x, shifted - rounder, fused) * tg_power_of_2(tg_bits(shifted)) * 0x1p-64f;
}

/* Positive normal numbers come first. */
static TG_INLINE uint32_t tg_log_bits(float x) { return tg_bits(x) - 0x00800000u; }

#define TG_LOG_PLAIN 0x7effffffu

/* log(x) = k ln 2 + log(1 + f) with f from sqrt(1/2) - 1 to sqrt(2) - 1, and
 * log(1 + f) = f - f^2 / 2 + f^3 p(f). The rounding error of the largest sum is kept; `more` is small
 * and added to the result before it is rounded. */
static TG_INLINE float tg_log_scaled(float x, float shift, float more, const int fused)
{
    const uint32_t bits = tg_bits(x), above = bits - 0x3f3504f3u;
    const float k = (float)((int32_t)above >> 23) - shift;
    const float f = tg_from_bits(bits - (above & 0xff800000u)) - 1, square = f * f;
    float p = tg_fma(-0x1.38c2a6p-4f, f, 0x1.055ce8p-3f, fused);
    p = tg_fma(p, f, -0x1.0d82a4p-3f, fused);
    p = tg_fma(p, f, 0x1.22d96ep-3f, fused);
    p = tg_fma(p, f, -0x1.547288p-3f, fused);
    p = tg_fma(p, f, 0x1.99a01ap-3f, fused);
    p = tg_fma(p, f, -0x1.000226p-2f, fused);
    p = tg_fma(p, f, 0x1.555554p-2f, fused);
    const float rest = tg_fma(square, tg_fma(p, f, -0.5f, fused), k * TG_LN2_LOW, fused);
    const float whole = k * TG_LN2_HIGH, sum = whole + f, error = f - (sum - whole);
    return sum + (error + (rest + more));
}

static TG_INLINE float tg_log_plain(float x, const int fused) { return tg_log_scaled(x, 0, -0.0f, fused); }

static TG_INLINE float tg_log_float(float x, const int fused)
{
    const int is_small = x < 0x1p-126f;
    const float result = tg_log_scaled(is_small ? x * 0x1p23f : x, is_small ? 23 : 0, -0.0f, fused);
    const float special = x == 0 ? -INFINITY : x < 0 ? NAN : x;
    return (x > 0) & (x < INFINITY) ? result : special;
}

/* log(1 + x) for x from 0 on: what 1 + x was rounded by is small, so its share is linear. */
static TG_INLINE float tg_log1p_float(float x, const int fused)
{
    const float sum = 1 + x, lost = x > 1 ? 1 - (sum - x) : x - (sum - 1);
    return sum < INFINITY ? tg_log_scaled(sum, 0, lost / sum, fused) : sum;
}

/* exp(x) = power (1 + rest), of which the power of two is a normal number. */
typedef struct {
    float power, rest;
} tg_exp_parts;

static TG_INLINE tg_exp_parts tg_exp_in_parts(float x, const int fused)
{
    const float shifted = tg_fma(x, 0x1.715476p+0f, TG_BIASED_ROUNDER, fused);
    const float r = tg_exp_rest(x, shifted - TG_BIASED_ROUNDER, fused);
    const tg_exp_parts parts = {tg_power_of_2(tg_bits(shifted)),
                                tg_fma(tg_exp_tail(r, fused) * r, r, r, fused)};
    return parts;
}

/* exp(x) - 1, which keeps its relative accuracy near 0. */
static TG_INLINE float tg_exp_above_1(float x, const int fused)
{
    const tg_exp_parts e = tg_exp_in_parts(x, fused);
    return tg_fma(e.power, e.rest, e.power - 1, fused);
}

/* The same for x up to 0. */
static TG_INLINE float tg_expm1_below(float x, const int fused)
{
    x = x < -80.0f ? -80.0f : x; /* there it is -1 */
    return copysignf(tg_exp_above_1(x, fused), x);
}

/* tanh(x): near 0 x + x^3 q(x^2), elsewhere 1 - 2 / (exp(2x) + 1), whose sum is rounded once. */
static TG_INLINE float tg_tanh_float(float x, const int fused)
{
    const float size = fabsf(x), square = x * x, doubled = size > 10 ? 20 : 2 * size;
    float q = tg_fma(0x1.c89750p-10f, square, -0x1.f662fep-8f, fused);
    q = tg_fma(q, square, 0x1.5f9082p-6f, fused);
    q = tg_fma(q, square, -0x1.b98108p-5f, fused);
    q = tg_fma(q, square, 0x1.110ddap-3f, fused);
    q = tg_fma(q, square, -0x1.55554ap-2f, fused);
    const tg_exp_parts e = tg_exp_in_parts(doubled, fused);
    const float near = tg_fma(q * square, size, size, fused);
    const float far = 1 - 2 / tg_fma(e.power, e.rest, e.power + 1, fused);
    return copysignf(size < 0.75f ? near : far, x);
}

/* 2^r for r up to a half. */
static TG_INLINE float tg_power_fraction(float r, const int fused)
{
    float q = tg_fma(0x1.416ecep-13f, r, 0x1.5f0b1cp-10f, fused);
    q = tg_fma(q, r, 0x1.3b2de0p-7f, fused);
    q = tg_fma(q, r, 0x1.c6af78p-5f, fused);
    q = tg_fma(q, r, 0x1.ebfbdcp-3f, fused);
    q = tg_fma(q, r, 0x1.62e430p-1f, fused);
    return tg_fma(q, r, 1, fused);
}

/* erf(x): near 0 x + x q(x^2), elsewhere 1 - 2^(p(|x|) - 2 |x|), for p is then small. */
static TG_INLINE float tg_erf_float(float x, const int fused)
{
    const float size = fabsf(x), square = x * x, t = size > 4.0f ? 4.0f : size;
    float q = tg_fma(-0x1.3c9b7ap-11f, square, 0x1.47cffcp-8f, fused);
    q = tg_fma(q, square, -0x1.b6a314p-6f, fused);
    q = tg_fma(q, square, 0x1.ce1bf4p-4f, fused);
    q = tg_fma(q, square, -0x1.8126eep-2f, fused);
    q = tg_fma(q, square, 0x1.06eba6p-3f, fused);
    float p = tg_fma(0x1.2e6780p-12f, t, -0x1.2365b8p-8f, fused);
    p = tg_fma(p, t, 0x1.0882e4p-5f, fused);
    p = tg_fma(p, t, -0x1.34058ep-3f, fused);
    p = tg_fma(p, t, -0x1.d664d4p-1f, fused);
    p = tg_fma(p, t, 0x1.7dbf2cp-2f, fused);
    p = tg_fma(p, t, -0x1.b450e2p-13f, fused);
    const float power = tg_fma(t, -2, p, fused), shifted = power + TG_BIASED_ROUNDER;
    const float fraction = tg_power_fraction(power - (shifted - TG_BIASED_ROUNDER), fused);
    const float near = tg_fma(q, x, x, fused);
    const float far = copysignf(tg_fma(-fraction, tg_power_of_2(tg_bits(shifted)), 1, fused), x);
    return size < 0.875f ? near : far;
}

/* 1 / (1 + exp(-x)). Only the exponential of a negative number is taken: it cannot overflow, and
 * the small tail keeps its relative accuracy. */
static TG_INLINE float tg_sigmoid_of_tail(float x, float tail) { return (x < 0 ? tail : 1) / (1 + tail); }

static TG_INLINE float tg_sigmoid_plain(float x, const int fused)
{
    return tg_sigmoid_of_tail(x, tg_exp_plain(-fabsf(x), fused));
}

static TG_INLINE float tg_sigmoid_float(float x, const int fused)
{
    return tg_sigmoid_of_tail(x, tg_exp_float(-fabsf(x), fused));
}

static inline double tg_sigmoid_double(double x)
{
    const double tail = exp(-fabs(x));
    return (x < 0 ? tail : 1) / (1 + tail);
}

/* The sine of x + turns * pi / 2. Within the limit, x = k pi/2 + high + low is reduced in three
 * parts of pi / 2, of which the first two leave no error: the second is so short that its multiples
 * are exact. Then x + x^3 s(x^2) in even quadrants and 1 - x^2 / 2 + x^4 c(x^2) in odd ones. */
#define TG_SINE_PLAIN 0x45bb8000u /* 6,000 */

static TG_INLINE float tg_sine_plain(float x, uint32_t turns, const int fused)
{
    const float shifted = tg_fma(x, 0x1.45f306p-1f, TG_ROUNDER, fused), k = shifted - TG_ROUNDER;
    const float first = tg_fma(k, -0x1.921fb6p+0f, x, fused), second = k * -0x1.776p-25f;
    const float high = first - second, rest = (first - high) - second;
    const float low = tg_fma(k, 0x1.a5cf72p-37f, rest, fused), square = high * high;
    float s = tg_fma(-0x1.991690p-13f, square, 0x1.1106bcp-7f, fused);
    s = tg_fma(s, square, -0x1.555544p-3f, fused);
    s = high + tg_fma(s, high * square, low, fused);
    float c = tg_fma(0x1.99e1d6p-16f, square, -0x1.6c0c1cp-10f, fused);
    c = tg_fma(c, square, 0x1.55554ap-5f, fused);
    const float half = 0.5f * square, near = 1 - half, error = (1 - near) - half;
    c = near + tg_fma(square * square, c, tg_fma(-high, low, error, fused), fused);
    const uint32_t quadrant = tg_bits(shifted) + turns;
    const float result = quadrant & 1 ? c : x == 0 ? x : s;
    return tg_from_bits(tg_bits(result) ^ (quadrant & 2) << 30);
}

#define TG_SINE_OF(name, turns, libm)                                                   \
    static TG_INLINE float name##_plain(float x, const int fused)                       \
    {                                                                                   \
        return tg_sine_plain(x, turns, fused);                                          \
    }                                                                                   \
    static TG_INLINE float name##_float(float x, const int fused)                       \
    {                                                                                   \
        return tg_size_bits(x) <= TG_SINE_PLAIN ? tg_sine_plain(x, turns, fused) : libm(x);\
    }

TG_SINE_OF(tg_sin, 0, sinf)
TG_SINE_OF(tg_cos, 1, cosf)

#endif
