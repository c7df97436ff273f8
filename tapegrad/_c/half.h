/* float16 as its 16 bits: exact to float, rounded to the nearest even from float. */
#ifndef TG_HALF_H
#define TG_HALF_H

#include <stdint.h>
#include <string.h>

#ifdef __F16C__
#include <immintrin.h>
#endif

typedef uint16_t tg_half;

#ifdef __F16C__

static inline float tg_half_to_float(tg_half h)
{
    return _cvtsh_ss(h);
}

static inline tg_half tg_float_to_half(float x)
{
    return (tg_half)_cvtss_sh(x, _MM_FROUND_TO_NEAREST_INT);
}

#else

static inline float tg_float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t tg_bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float tg_half_to_float(tg_half h)
{
    const uint32_t magnitude = h & 0x7fffu;
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16;
    const uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0u;
    const uint32_t normal = (magnitude << 13) + (112u << 23);
    const uint32_t special = (magnitude << 13) | 0x7f800000u | quiet;
    const uint32_t subnormal = tg_bits_of_float((float)(int32_t)magnitude * 0x1p-24f);
    const uint32_t finite = magnitude < 0x400u ? subnormal : normal;
    return tg_float_of_bits(sign | (magnitude < 0x7c00u ? finite : special));
}

static inline tg_half tg_float_to_half(float x)
{
    const uint32_t bits = tg_bits_of_float(x);
    const uint32_t magnitude = bits & 0x7fffffffu;
    const uint32_t sign = (bits >> 16) & 0x8000u;
    const uint32_t to_even = 0xfffu + ((magnitude >> 13) & 1u);
    const uint32_t normal = (magnitude + to_even - (112u << 23)) >> 13;
    /* The spacing of floats in [0.5, 1) is that of subnormal halves, so the addition rounds. */
    const float shifted = tg_float_of_bits(magnitude < 0x38800000u ? magnitude : 0u) + 0.5f;
    const uint32_t subnormal = tg_bits_of_float(shifted) - 0x3f000000u;
    const uint32_t quiet_nan = 0x7e00u | ((magnitude >> 13) & 0x3ffu);
    uint32_t result = magnitude < 0x38800000u ? subnormal : normal;
    result = magnitude < 0x477ff000u ? result : 0x7c00u;
    result = magnitude > 0x7f800000u ? quiet_nan : result;
    return (tg_half)(sign | result);
}

#endif

#endif
