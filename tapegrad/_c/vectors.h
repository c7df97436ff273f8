/* Loops compiled once per instruction set, of which the processor's best runs.
 *
 * A loop is written once, in plain C that compilers vectorise:
 *
 *     TG_VECTOR_LOOP(name) { ... args, dims, steps, params, fused ... }
 *
 * Additions and products stay what they are (there is no -ffast-math and nothing is contracted),
 * and tg_fma rounds once whether or not there is an instruction for it. So results depend neither
 * on the instruction set nor on where in a vector an element lies.
 */
#ifndef TG_VECTORS_H
#define TG_VECTORS_H

#include "loops.h"

#include <math.h>
#include <string.h>

#if defined(__GNUC__)
#define TG_INLINE inline __attribute__((always_inline))
#define TG_APART __attribute__((noinline)) /* so that a loop has all registers */
#define TG_PREFETCH(address) __builtin_prefetch(address)
#else
#define TG_INLINE inline
#define TG_APART
#define TG_PREFETCH(address) ((void)0)
#endif

/* Loops over a vector's elements: so that vectors stay in registers, and places in one, constants. */
#if defined(__GNUC__) && !defined(__clang__)
#define TG_UNROLLED _Pragma("GCC unroll 16")
#else
#define TG_UNROLLED
#endif

enum { TG_BASELINE, TG_AVX2, TG_AVX512 };

/* Tests lower it, to run the loops that this processor would not choose. */
extern int tg_vector_limit;

#if defined(__GNUC__) && defined(__x86_64__)
#define TG_FOR_AVX2 __attribute__((target("avx2,fma")))
#define TG_FOR_AVX512 \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,prefer-vector-width=512")))
static inline int tg_vector_level(void)
{
    const int has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    const int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int best = has_avx512 && has_avx2 ? TG_AVX512 : has_avx2 ? TG_AVX2 : TG_BASELINE;
    return best < tg_vector_limit ? best : tg_vector_limit;
}

/* Calls a function in the form that is the processor's best: of AVX-512, of AVX2, or the plain one. */
#define TG_BEST(name, ...)                        \
    do {                                          \
        const int level = tg_vector_level();      \
        if (level == TG_AVX512)                   \
            name##_avx512(__VA_ARGS__);           \
        else if (level == TG_AVX2)                \
            name##_avx2(__VA_ARGS__);             \
        else                                      \
            name##_plain(__VA_ARGS__);            \
    } while (0)
#else
#define TG_BEST(name, ...) name##_plain(__VA_ARGS__)
#define TG_FOR_AVX2
#define TG_FOR_AVX512
static inline int tg_vector_level(void) { return TG_BASELINE; }
#endif

/* Zens (1 to 4, of which 3 and 4 were measured) add beside products, and look ahead into the next page.
 * Zen 4 makes 16 products in two halves, so that they take it longer. */
#if defined(__x86_64__) && defined(__GNUC__) && __GNUC__ >= 11
static inline int tg_is_zen(void)
{
    return tg_vector_level() != TG_BASELINE &&
           (__builtin_cpu_is("amdfam17h") || __builtin_cpu_is("amdfam19h"));
}
#else
static inline int tg_is_zen(void) { return 0; }
#endif

static inline int tg_is_zen4(void) { return tg_vector_level() == TG_AVX512 && tg_is_zen(); }

#ifdef __FP_FAST_FMAF
enum { TG_BASELINE_IS_FUSED = 1 };
#else
enum { TG_BASELINE_IS_FUSED = 0 };
#endif

/* Followed by the body of the loop, to which `fused` says whether fma is an instruction. */
#define TG_VECTOR_LOOP(name)                                                                     \
    static TG_INLINE void name##_body(char **args, const tg_intp *dims, const tg_intp *steps,    \
                                      void *params, const int fused);                            \
    TG_FOR_AVX512 static void name##_avx512(char **args, const tg_intp *dims,                    \
                                            const tg_intp *steps, void *params)                  \
    {                                                                                            \
        name##_body(args, dims, steps, params, 1);                                               \
    }                                                                                            \
    TG_FOR_AVX2 static void name##_avx2(char **args, const tg_intp *dims, const tg_intp *steps,  \
                                        void *params)                                            \
    {                                                                                            \
        name##_body(args, dims, steps, params, 1);                                               \
    }                                                                                            \
    TG_LOOP(name)                                                                                \
    {                                                                                            \
        const int level = tg_vector_level();                                                     \
        if (level == TG_AVX512)                                                                  \
            name##_avx512(args, dims, steps, params);                                            \
        else if (level == TG_AVX2)                                                               \
            name##_avx2(args, dims, steps, params);                                              \
        else                                                                                     \
            name##_body(args, dims, steps, params, TG_BASELINE_IS_FUSED);                        \
    }                                                                                            \
    static TG_INLINE void name##_body(char **args, const tg_intp *dims, const tg_intp *steps,    \
                                      void *params, const int fused)

/* The same for a name that a macro makes. */
#define TG_VECTOR_LOOP_OF(name) TG_VECTOR_LOOP(name)

static TG_INLINE uint32_t tg_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static TG_INLINE float tg_from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* a * b + c rounded once. The product is exact in double; the sum is rounded to odd there, after
 * which rounding to float gives what rounding once would have: Boldo and Melquiond, "Emulation of
 * FMA and correctly rounded sums: proved algorithms using rounding to odd", 2008. */
static TG_INLINE float tg_fma(float a, float b, float c, const int fused)
{
    if (fused)
        return fmaf(a, b, c);
    const double product = (double)a * (double)b, sum = product + (double)c;
    const double rest = sum - product;
    const double error = (product - (sum - rest)) + ((double)c - rest);
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    const int64_t is_inexact = (error > 0) | (error < 0), is_even = ~bits & 1;
    const int64_t towards = (error > 0) == (sum > 0) ? 1 : -1;
    bits += is_inexact & is_even ? towards : 0;
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    return (float)odd;
}

#endif
