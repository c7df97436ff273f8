/* float16 by the loops for float: a block of halves is widened, worked on, and rounded. */
#include "through_floats.h"

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

/* Every processor with AVX2 has these instructions; they round and keep NaNs as half.h does. Each
 * gives how many it did, of whole vectors. */
#define CONVERSIONS_OF(isa, TARGET, LANES, WIDE, NARROW, integers)                                 \
    TARGET static tg_intp widen_##isa(const tg_half *in, float *out, tg_intp n)                    \
    {                                                                                              \
        tg_intp i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES)                                                         \
            WIDE(storeu_ps)(out + i, WIDE(cvtph_ps)(NARROW(in + i)));                              \
        return i;                                                                                  \
    }                                                                                              \
    TARGET static tg_intp round_##isa(const float *in, tg_half *out, tg_intp n)                    \
    {                                                                                              \
        tg_intp i = 0;                                                                             \
        for (; i + LANES <= n; i += LANES) {                                                       \
            const integers halves =                                                                \
                WIDE(cvtps_ph)(WIDE(loadu_ps)(in + i), _MM_FROUND_TO_NEAREST_INT);                 \
            memcpy(out + i, &halves, sizeof halves);                                               \
        }                                                                                          \
        return i;                                                                                  \
    }
#define WIDE256(f) _mm256_##f
#define WIDE512(f) _mm512_##f
#define HALVES128(from) _mm_loadu_si128((const __m128i *)(from))
#define HALVES256(from) _mm256_loadu_si256((const __m256i *)(from))
CONVERSIONS_OF(avx2, __attribute__((target("avx2,f16c"))), 8, WIDE256, HALVES128, __m128i)
CONVERSIONS_OF(avx512, TG_FOR_AVX512, 16, WIDE512, HALVES256, __m256i)

static tg_intp widen_packed(const tg_half *in, float *out, tg_intp n)
{
    const tg_intp done = tg_vector_level() == TG_AVX512 ? widen_avx512(in, out, n) : 0;
    return done + widen_avx2(in + done, out + done, n - done);
}

static tg_intp round_packed(const float *in, tg_half *out, tg_intp n)
{
    const tg_intp done = tg_vector_level() == TG_AVX512 ? round_avx512(in, out, n) : 0;
    return done + round_avx2(in + done, out + done, n - done);
}

static int has_instructions(void)
{
    return tg_vector_level() != TG_BASELINE && __builtin_cpu_supports("f16c");
}
#else
#define widen_packed(in, out, n) 0
#define round_packed(in, out, n) 0
#define has_instructions() 0
#endif

void tg_widen_halves(const char *in, tg_intp step, float *out, tg_intp n)
{
    tg_intp i = 0;
    if (step == sizeof(tg_half) && has_instructions())
        i = widen_packed((const tg_half *)in, out, n);
    for (; i < n; i++)
        out[i] = tg_half_to_float(TG_AT(const tg_half, in, i * step));
}

void tg_round_to_halves(const float *in, char *out, tg_intp step, tg_intp n)
{
    tg_intp i = 0;
    if (step == sizeof(tg_half) && has_instructions())
        i = round_packed(in, (tg_half *)out, n);
    for (; i < n; i++)
        TG_AT(tg_half, out, i * step) = tg_float_to_half(in[i]);
}

/* An operand that all elements share stays one: loops have a form of their own for it. */
void tg_through_floats(char **args, const tg_intp *dims, const tg_intp *steps,
                       const tg_loop_of_floats *of)
{
    enum { BLOCK = 256, MOST = 6 };
    float blocks[MOST][BLOCK];
    char *of_floats[MOST];
    tg_intp packed[MOST];
    for (int k = 0; k < of->n_operands; k++) {
        const int is_half = k < of->n_halves, is_shared = is_half && k < of->n_read && steps[k] == 0;
        packed[k] = !is_half ? steps[k] : is_shared ? 0 : (tg_intp)sizeof(float);
    }
    for (tg_intp start = 0, n; start < dims[0]; start += n) {
        n = dims[0] - start < BLOCK ? dims[0] - start : BLOCK;
        for (int k = 0; k < of->n_operands; k++) {
            char *const first = args[k] + start * steps[k];
            of_floats[k] = k < of->n_halves ? (char *)blocks[k] : first;
            if (k < of->n_read && (packed[k] != 0 || start == 0))
                tg_widen_halves(first, steps[k], blocks[k], packed[k] == 0 ? 1 : n);
        }
        of->loop(of_floats, &n, packed, of->params);
        for (int k = 0; k < of->n_halves; k++)
            if (of->written >> k & 1)
                tg_round_to_halves(blocks[k], args[k] + start * steps[k], steps[k], n);
    }
}
