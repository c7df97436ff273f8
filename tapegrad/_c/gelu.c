/* The Gaussian error linear unit x P(x), and gradients by its slope P(x) + x P'(x).
 *
 * P(x) is the probability that a standard normal is below x, or what tanh gives in its place. Both
 * follow from a tail, which falls smoothly from a half to zero: for a = |x|
 *     x P(x) = max(x, 0) - a P(-a)
 *     P(x) + x P'(x) = P(-a) - a P'(a) where x is negative, and else 1 minus that.
 * In float32 such a tail is eight polynomials of degree 7 about the multiples of a step, the last
 * of them zero. Their coefficients of one degree fill a vector, in which each element finds its own
 * by a shuffle: less work than an exponential, and nothing that cancels.
 */
#include "through_floats.h"
#include "vectors.h"

enum { N_PIECES = 8, N_TERMS = 8 };

typedef struct {
    float step;
    float terms[N_TERMS][N_PIECES]; /* of each degree, for each piece */
} pieces;

/* Nearly minimax, each coefficient rounded to float32 before the next one was found. */
static const pieces tail = {0x1.cp-1f, {
    {0x1p-1f, 0x1.86bb5p-3f, 0x1.482a24p-5f, 0x1.1bee6ep-8f,
     0x1.e7dbd8p-13f, 0x1.97750cp-18f, 0x1.469c6p-24f, 0},
    {-0x1.988454p-2f, -0x1.169596p-2f, -0x1.616454p-4f, -0x1.a0f22ap-7f,
     -0x1.c98986p-11f, -0x1.d2fa2ap-16f, -0x1.bb4872p-22f, 0},
    {0x1.d300c2p-22f, 0x1.e78546p-4f, 0x1.353808p-4f, 0x1.119eap-6f,
     0x1.905714p-10f, 0x1.fecf7cp-15f, 0x1.231d84p-20f, 0},
    {0x1.1051ccp-4f, 0x1.5c3c94p-7f, -0x1.e5e9c8p-6f, -0x1.9958dp-7f,
     -0x1.acefa2p-10f, -0x1.60f9eep-14f, -0x1.eac3bap-20f, 0},
    {0x1.642eb2p-15f, -0x1.6aed0ep-6f, 0x1.94a3e6p-12f, 0x1.62f94ep-8f,
     0x1.34b95p-10f, 0x1.56cb66p-14f, 0x1.270ec4p-19f, 0},
    {-0x1.4c058cp-7f, 0x1.2adb5cp-9f, 0x1.1a8a2ep-8f, -0x1.fb8ffap-11f,
     -0x1.2f8ba6p-11f, -0x1.eef868p-15f, -0x1.127a6ep-19f, 0},
    {0x1.4cb01ep-12f, 0x1.4c918p-9f, -0x1.462a36p-10f, -0x1.4903fap-12f,
     0x1.72658ep-13f, 0x1.194892p-15f, 0x1.bf8142p-20f, 0},
    {0x1.daa34ep-11f, -0x1.29c0ccp-11f, -0x1.8f7b96p-13f, 0x1.d2ae66p-13f,
     -0x1.3c67b8p-16f, -0x1.bd3cb4p-17f, -0x1.feb8ap-21f, 0},
}};

static const pieces slope_tail = {0x1.ep-1f, {
    {0x1p-1f, -0x1.116ecep-4f, -0x1.93c672p-4f, -0x1.37e6a2p-6f,
     -0x1.437024p-10f, -0x1.fc0376p-16f, -0x1.3a8b62p-22f, 0},
    {-0x1.988454p-1f, -0x1.271ef4p-2f, 0x1.ab067cp-4f, 0x1.72063ap-5f,
     0x1.16bcap-8f, 0x1.1aed62p-13f, 0x1.ab8404p-20f, 0},
    {0x1.5d745ap-20f, 0x1.81206ep-2f, 0x1.ffcf2cp-6f, -0x1.584532p-5f,
     -0x1.b3f5fap-8f, -0x1.2a5c7ep-12f, -0x1.189498p-18f, 0},
    {0x1.1051dcp-2f, -0x1.e449bep-5f, -0x1.8366b6p-4f, 0x1.d378eep-7f,
     0x1.8de5c6p-8f, 0x1.89125ap-12f, 0x1.d71f04p-18f, 0},
    {0x1.b5d0ecp-13f, -0x1.76497ep-4f, 0x1.6d7eeep-5f, 0x1.7bc146p-8f,
     -0x1.b9bbacp-9f, -0x1.6641dep-12f, -0x1.18a3b2p-17f, 0},
    {-0x1.f1dde4p-5f, 0x1.09309ep-5f, 0x1.0907dap-8f, -0x1.f8b566p-8f,
     0x1.e74f66p-11f, 0x1.d701e6p-13f, 0x1.01e928p-17f, 0},
    {0x1.1c8ca4p-9f, 0x1.7702ep-7f, -0x1.3b2b9ep-7f, 0x1.4ee5e8p-9f,
     0x1.70bfb8p-13f, -0x1.becedp-14f, -0x1.9d7c3ap-18f, 0},
    {0x1.dd915cp-8f, -0x1.a352aap-8f, 0x1.ffe62ap-10f, 0x1.8160f4p-13f,
     -0x1.03bc64p-12f, 0x1.02f936p-15f, 0x1.c536f6p-19f, 0},
}};

static const pieces tanh_tail = {0x1.cp-1f, {
    {0x1p-1f, 0x1.86fc76p-3f, 0x1.48a348p-5f, 0x1.103a66p-8f,
     0x1.7137aep-13f, 0x1.3cc69ap-19f, 0x1.02e87ep-27f, 0},
    {-0x1.988454p-2f, -0x1.1653f8p-2f, -0x1.6318e4p-4f, -0x1.a03e64p-7f,
     -0x1.8546c8p-11f, -0x1.c2dd98p-17f, -0x1.e568cp-25f, 0},
    {0x1.d46f06p-22f, 0x1.e703cap-4f, 0x1.3490f4p-4f, 0x1.16cfccp-6f,
     0x1.77c646p-10f, 0x1.2e5ebap-15f, 0x1.b6638ep-23f, 0},
    {0x1.11aad8p-4f, 0x1.4d97e4p-7f, -0x1.de4578p-6f, -0x1.9faba4p-7f,
     -0x1.b212p-10f, -0x1.f8bb28p-15f, -0x1.f569fep-22f, 0},
    {0x1.673b8cp-15f, -0x1.6b327ap-6f, 0x1.d63672p-12f, 0x1.5baceap-8f,
     0x1.46e56p-10f, 0x1.229cccp-14f, 0x1.8e7e8ap-21f, 0},
    {-0x1.538dfcp-7f, 0x1.4e1afcp-9f, 0x1.0a9d4p-8f, -0x1.b806d8p-11f,
     -0x1.41a1d8p-11f, -0x1.e750ecp-15f, -0x1.f32ca8p-21f, 0},
    {0x1.51db56p-12f, 0x1.507f8ap-9f, -0x1.4453bep-10f, -0x1.481dacp-12f,
     0x1.648b32p-13f, 0x1.37f0c6p-15f, 0x1.20d85cp-20f, 0},
    {0x1.f5009ep-11f, -0x1.53af38p-11f, -0x1.008728p-13f, 0x1.8ac26p-13f,
     -0x1.ec1bdp-18f, -0x1.06304cp-16f, -0x1.a2fc6cp-21f, 0},
}};

static const pieces tanh_slope_tail = {0x1.ep-1f, {
    {0x1p-1f, -0x1.0ffb02p-4f, -0x1.9717ap-4f, -0x1.352ca2p-6f,
     -0x1.f2c98ep-11f, -0x1.5b42e6p-17f, -0x1.30d972p-26f, 0},
    {-0x1.988454p-1f, -0x1.270c76p-2f, 0x1.a7b9e4p-4f, 0x1.7cdb7ap-5f,
     0x1.ecdbb6p-9f, 0x1.f3165ap-15f, 0x1.2d24e2p-23f, 0},
    {0x1.63fc6ep-20f, 0x1.7f3962p-2f, 0x1.158ca2p-5f, -0x1.6398c6p-5f,
     -0x1.b0cb86p-8f, -0x1.4fe034p-13f, -0x1.1fb07cp-21f, 0},
    {0x1.11aac4p-2f, -0x1.f07bccp-5f, -0x1.7e6492p-4f, 0x1.b56edep-7f,
     0x1.af3396p-8f, 0x1.16d706p-12f, 0x1.59b3d2p-20f, 0},
    {0x1.c41988p-13f, -0x1.6fa72ep-4f, 0x1.59ae78p-5f, 0x1.db153ep-8f,
     -0x1.f290b4p-9f, -0x1.3b9734p-12f, -0x1.1c2598p-19f, 0},
    {-0x1.fd5712p-5f, 0x1.159ebcp-5f, 0x1.c97952p-9f, -0x1.fa42eap-8f,
     0x1.ee607cp-11f, 0x1.fa3738p-13f, 0x1.7a2b9ap-19f, 0},
    {0x1.26986cp-9f, 0x1.624e5p-7f, -0x1.18b9b8p-7f, 0x1.065476p-9f,
     0x1.605774p-12f, -0x1.1c476ep-13f, -0x1.e29244p-19f, 0},
    {0x1.f5db16p-8f, -0x1.cb8936p-8f, 0x1.0a30b2p-9f, 0x1.5d31b8p-12f,
     -0x1.4e8fd2p-12f, 0x1.6e1c96p-15f, 0x1.697a14p-19f, 0},
}};

/* Adding it rounds to a whole number, which then lies in the low bits. */
#define ROUNDER 0x1.8p23f

/* One number at a time: what processors without such shuffles take. */
static TG_INLINE float tail_of(const pieces *p, float a, const int fused)
{
    const float shifted = tg_fma(a, 1 / p->step, ROUNDER, fused), k = shifted - ROUNDER;
    const float r = tg_fma(-p->step, k, a, fused);
    const uint32_t piece = tg_bits(shifted) % N_PIECES;
    float sum = p->terms[N_TERMS - 1][piece];
    TG_UNROLLED
    for (int j = N_TERMS - 2; j >= 0; j--)
        sum = tg_fma(sum, r, p->terms[j][piece], fused);
    return sum;
}

static TG_INLINE float up_to_end(const pieces *p, float x)
{
    const float a = fabsf(x), end = p->step * (N_PIECES - 1);
    return a < end ? a : end;
}

/* Of -0 and of what is far below zero -0; of minus infinity NaN, as PyTorch's. */
static TG_INLINE float above_zero(float x)
{
    const float below = (0 < x ? 0 : x) * 0;
    return x > below ? x : below;
}

static void gelu_plain(const pieces *p, const float *const *in, float *out, tg_intp n)
{
    const int fused = TG_BASELINE_IS_FUSED;
    TG_INDEPENDENT
    for (tg_intp i = 0; i < n; i++) {
        const float x = in[0][i], a = up_to_end(p, x);
        out[i] = tg_fma(-a, tail_of(p, a, fused), above_zero(x), fused);
    }
}

static void gradient_plain(const pieces *p, const float *const *in, float *out, tg_intp n)
{
    const int fused = TG_BASELINE_IS_FUSED;
    TG_INDEPENDENT
    for (tg_intp i = 0; i < n; i++) {
        const float x = in[1][i];
        const float tail = tail_of(p, up_to_end(p, x), fused);
        out[i] = in[0][i] * ((x < 0 ? tail : 1 - tail) + x * 0);
    }
}

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

/* The same by vectors, of which MM(f) names the instructions, LOAD_TERMS fills one with the terms
 * of a degree, PICK gives each element its piece's, and NEGATIVE chooses by the sign. */
#define LOOPS_OF(isa, TARGET, V, LANES, MM, CAST, LOAD_TERMS, PICK, NEGATIVE)                      \
    TARGET static TG_INLINE V tail_##isa(const V *terms, float step, V a)                          \
    {                                                                                              \
        const V rounder = MM(set1_ps)(ROUNDER);                                                    \
        const V shifted = MM(fmadd_ps)(a, MM(set1_ps)(1 / step), rounder);                         \
        const V r = MM(fnmadd_ps)(MM(set1_ps)(step), shifted - rounder, a);                        \
        V sum = PICK(terms[N_TERMS - 1], CAST(shifted));                                           \
        TG_UNROLLED                                                                                \
        for (int j = N_TERMS - 2; j >= 0; j--)                                                     \
            sum = MM(fmadd_ps)(sum, r, PICK(terms[j], CAST(shifted)));                             \
        return sum;                                                                                \
    }                                                                                              \
    TARGET static TG_INLINE V up_to_end_##isa(float step, V x)                                     \
    {                                                                                              \
        const V a = MM(andnot_ps)(MM(set1_ps)(-0.0f), x);                                          \
        return MM(min_ps)(a, MM(set1_ps)(step * (N_PIECES - 1)));                                  \
    }                                                                                              \
    TARGET static void gelu_##isa(const pieces *p, const float *const *in, float *out, tg_intp n)  \
    {                                                                                              \
        const V zero = MM(setzero_ps)();                                                           \
        const float step = p->step;                                                                \
        V terms[N_TERMS];                                                                          \
        TG_UNROLLED                                                                                \
        for (int j = 0; j < N_TERMS; j++)                                                          \
            terms[j] = LOAD_TERMS(p->terms[j]);                                                    \
        for (tg_intp i = 0; i < n; i += LANES) {                                                   \
            const V x = MM(loadu_ps)(in[0] + i), a = up_to_end_##isa(step, x);                     \
            const V above = MM(max_ps)(x, MM(min_ps)(zero, x) * zero);                             \
            MM(storeu_ps)(out + i, MM(fnmadd_ps)(a, tail_##isa(terms, step, a), above));           \
        }                                                                                          \
    }                                                                                              \
    TARGET static void gradient_##isa(const pieces *p, const float *const *in, float *out,         \
                                      tg_intp n)                                                   \
    {                                                                                              \
        const float step = p->step;                                                                \
        V terms[N_TERMS];                                                                          \
        TG_UNROLLED                                                                                \
        for (int j = 0; j < N_TERMS; j++)                                                          \
            terms[j] = LOAD_TERMS(p->terms[j]);                                                    \
        for (tg_intp i = 0; i < n; i += LANES) {                                                   \
            const V x = MM(loadu_ps)(in[1] + i), a = up_to_end_##isa(step, x);                     \
            const V tail = tail_##isa(terms, step, a);                                             \
            const V slope = NEGATIVE(x, tail, 1 - tail) + x * MM(setzero_ps)();                    \
            MM(storeu_ps)(out + i, MM(loadu_ps)(in[0] + i) * slope);                               \
        }                                                                                          \
    }

#define MM256(f) _mm256_##f
#define PICK256(terms, piece) _mm256_permutevar8x32_ps(terms, piece)
#define NEGATIVE256(x, if_so, if_not) _mm256_blendv_ps(if_not, if_so, x)
#define MM512(f) _mm512_##f
#define TERMS512(terms) _mm512_broadcast_f32x8(_mm256_loadu_ps(terms))
#define PICK512(terms, piece) _mm512_permutexvar_ps(piece, terms)
#define NEGATIVE512(x, if_so, if_not) \
    _mm512_mask_blend_ps(_mm512_movepi32_mask(_mm512_castps_si512(x)), if_not, if_so)

LOOPS_OF(avx2, TG_FOR_AVX2, __m256, 8, MM256, _mm256_castps_si256, _mm256_loadu_ps, PICK256,
         NEGATIVE256)
LOOPS_OF(avx512, TG_FOR_AVX512, __m512, 16, MM512, _mm512_castps_si512, TERMS512, PICK512,
         NEGATIVE512)
#endif

static void best_gelu(const pieces *p, const float *const *in, float *out, tg_intp n)
{
    TG_BEST(gelu, p, in, out, n);
}

static void best_gradient(const pieces *p, const float *const *in, float *out, tg_intp n)
{
    TG_BEST(gradient, p, in, out, n);
}

typedef void loop_of_vectors(const pieces *p, const float *const *in, float *out, tg_intp n);

enum { LANES = 16, BLOCK = 256, MOST_IN = 2 };

/* Some elements side by side, zeros behind them; what all share is there from the first block on. */
static void fill_block(float *block, const char *from, tg_intp step, tg_intp first, tg_intp m)
{
    for (tg_intp i = 0; i < m && (step != 0 || first == 0); i++)
        block[i] = TG_AT(const float, from, (first + i) * step);
    for (tg_intp i = m; i % LANES != 0; i++)
        block[i] = 0;
}

/* A loop for whole vectors over what lies packed, and over all else in blocks: what is left over,
 * what lies apart, and a number that all share. */
static void by_vectors(loop_of_vectors *loop, const pieces *p, int n_in, char **args, tg_intp n,
                       const tg_intp *steps)
{
    enum { SIZE = sizeof(float) };
    float blocks[MOST_IN][BLOCK], out[BLOCK];
    const float *in[MOST_IN];
    tg_intp most = n - n % LANES, m;
    for (int k = 0; k <= n_in; k++)
        most = steps[k] == SIZE ? most : BLOCK;
    for (tg_intp first = 0; first < n; first += m) {
        m = n - first < most ? n - first : most == 0 ? n : most;
        const int is_whole = m % LANES == 0, is_direct = is_whole && steps[n_in] == SIZE;
        for (int k = 0; k < n_in; k++) {
            const int is_packed = is_whole && steps[k] == SIZE;
            if (!is_packed)
                fill_block(blocks[k], args[k], steps[k], first, m);
            in[k] = is_packed ? (const float *)args[k] + first : blocks[k];
        }
        loop(p, in, is_direct ? (float *)args[n_in] + first : out,
             (m + LANES - 1) / LANES * LANES);
        for (tg_intp i = 0; i < m && !is_direct; i++)
            TG_AT(float, args[n_in], (first + i) * steps[n_in]) = out[i];
    }
}

#define LOOP_BY_VECTORS(name, loop, n_in, pieces)                  \
    TG_LOOP(name)                                                  \
    {                                                              \
        (void)params;                                              \
        by_vectors(loop, &pieces, n_in, args, dims[0], steps);     \
    }
LOOP_BY_VECTORS(gelu_float32, best_gelu, 1, tail)
LOOP_BY_VECTORS(gelu_backward_float32, best_gradient, 2, slope_tail)
LOOP_BY_VECTORS(gelu_tanh_float32, best_gelu, 1, tanh_tail)
LOOP_BY_VECTORS(gelu_tanh_backward_float32, best_gradient, 2, tanh_slope_tail)

#define SQRT_HALF 0.70710678118654752440
#define INVERSE_SQRT_2PI 0.39894228040143267794
#define NORMAL_CDF(x) (0.5 * (1 + erf((x) * SQRT_HALF)))

TG_MAP1(gelu_float64, double, double, TG_AS_IS, double, , x * NORMAL_CDF(x))
TG_MAP2(gelu_backward_float64, double, double, TG_AS_IS, double, ,
        x * (NORMAL_CDF(y) + y * (exp(y * y * -0.5) * INVERSE_SQRT_2PI)))

#define SQRT_2_OVER_PI 0.79788456080286535588
#define CUBIC 0.044715

static double tanh_inside(double x) { return tanh(SQRT_2_OVER_PI * (x + CUBIC * (x * x * x))); }

static double tanh_slope(double x)
{
    const double inner = tanh_inside(x), inside_slope = SQRT_2_OVER_PI * (1 + 3 * CUBIC * (x * x));
    return 0.5 * (1 + inner) + 0.5 * x * (1 - inner * inner) * inside_slope;
}

TG_MAP1(gelu_tanh_float64, double, double, TG_AS_IS, double, , 0.5 * x * (1 + tanh_inside(x)))
TG_MAP2(gelu_tanh_backward_float64, double, double, TG_AS_IS, double, , x * tanh_slope(y))

TG_MAP_THROUGH_FLOATS(gelu, 1)
TG_MAP_THROUGH_FLOATS(gelu_backward, 2)
TG_MAP_THROUGH_FLOATS(gelu_tanh, 1)
TG_MAP_THROUGH_FLOATS(gelu_tanh_backward, 2)

const tg_kernel tg_gelu_kernels[] = {
    TG_FLOATS(TG_ROW1, gelu)
    TG_FLOATS(TG_ROW2, gelu_backward)
    TG_FLOATS(TG_ROW1, gelu_tanh)
    TG_FLOATS(TG_ROW2, gelu_tanh_backward)
    TG_TABLE_END
};
