/* Exponential, logarithm, sine and what is made of them, one element at a time.
 *
 * Where NumPy's loops are fast, of float64, they are used instead; see tapegrad/ops/pointwise.
 */
#include "elementary.h"
#include "through_floats.h"

#define MAP1(name, ...) TG_VECTOR_LOOP(name) TG_MAP1_BODY(__VA_ARGS__)
#define MAP2(name, ...) TG_VECTOR_LOOP(name) TG_MAP2_BODY(__VA_ARGS__)

/* Most numbers need less work than any may, with the same results: a block takes the loop for these,
 * and the other one after it if the number that lies furthest out, by its bits, was too far. Its
 * numbers are kept where the output is the input. Of many numbers, which lie outside the caches, those
 * of the next block are asked for meanwhile, unless the processor's own look ahead passes a page. */
enum { BLOCK = 512, AHEAD = BLOCK, MANY = 8192, CACHE_LINE = 16 };

#define BLOCKWISE(name, bits, limit, plain, any)                                                   \
    TG_VECTOR_LOOP(name)                                                                           \
    {                                                                                              \
        const tg_intp size = sizeof(float), n = dims[0];                                           \
        const int is_packed = steps[0] == size && steps[1] == size;                                \
        const int asks_early = n >= MANY && !tg_is_zen();                                          \
        float kept[BLOCK];                                                                         \
        (void)params;                                                                              \
        for (tg_intp start = 0; start < n && is_packed; start += BLOCK) {                          \
            const tg_intp m = n - start < BLOCK ? n - start : BLOCK;                               \
            const float *in = (const float *)args[0] + start;                                      \
            float *out = (float *)args[1] + start;                                                 \
            uint32_t furthest = 0;                                                                 \
            for (tg_intp i = AHEAD; asks_early && i < m + AHEAD && i < n - start; i += CACHE_LINE) {\
                TG_PREFETCH(in + i);                                                               \
                TG_PREFETCH(out + i);                                                              \
            }                                                                                      \
            if (in == out)                                                                         \
                in = memcpy(kept, in, (size_t)m * sizeof(float));                                  \
            TG_SIDE_BY_SIDE                                                                        \
            for (tg_intp i = 0; i < m; i++) {                                                      \
                furthest = bits(in[i]) > furthest ? bits(in[i]) : furthest;                        \
                out[i] = plain(in[i], fused);                                                      \
            }                                                                                      \
            TG_SIDE_BY_SIDE                                                                        \
            for (tg_intp i = 0; i < m && furthest > (limit); i++)                                  \
                out[i] = any(in[i], fused);                                                        \
        }                                                                                          \
        for (tg_intp i = 0; i < n && !is_packed; i++)                                              \
            TG_AT(float, args[1], i * steps[1]) =                                                  \
                any(TG_AT(const float, args[0], i * steps[0]), fused);                             \
    }

/* x times its sigmoid */
static TG_INLINE float silu_plain(float x, const int fused) { return x * tg_sigmoid_plain(x, fused); }
static TG_INLINE float silu_of(float x, const int fused) { return x * tg_sigmoid_float(x, fused); }

static TG_INLINE uint32_t same_bits(float x) { return (void)x, 0; }

BLOCKWISE(exp_float32, tg_size_bits, TG_EXP_PLAIN, tg_exp_plain, tg_exp_float)
BLOCKWISE(sigmoid_float32, tg_size_bits, TG_EXP_PLAIN, tg_sigmoid_plain, tg_sigmoid_float)
BLOCKWISE(log_float32, tg_log_bits, TG_LOG_PLAIN, tg_log_plain, tg_log_float)
BLOCKWISE(sin_float32, tg_size_bits, TG_SINE_PLAIN, tg_sin_plain, tg_sin_float)
BLOCKWISE(cos_float32, tg_size_bits, TG_SINE_PLAIN, tg_cos_plain, tg_cos_float)
BLOCKWISE(silu_float32, tg_size_bits, TG_EXP_PLAIN, silu_plain, silu_of)
BLOCKWISE(erf_float32, same_bits, 0, tg_erf_float, tg_erf_float)
BLOCKWISE(tanh_float32, same_bits, 0, tg_tanh_float, tg_tanh_float)

TG_MAP1(sigmoid_float64, double, double, TG_AS_IS, double, , tg_sigmoid_double(x))
TG_MAP1(silu_float64, double, double, TG_AS_IS, double, , x * tg_sigmoid_double(x))

/* g (1 - y) y */
#define SIGMOID_BACKWARD(op, dtype, T, C, load, store, ...) \
    MAP2(op##_##dtype, T, C, load, T, , store(x * ((1 - y) * y)))

/* g (1 - y^2) */
#define TANH_BACKWARD(op, dtype, T, C, load, store, ...) \
    MAP2(op##_##dtype, T, C, load, T, , store(x * (1 - y * y)))

MAP1(erf_float64, double, double, TG_AS_IS, double, , erf(x))

/* Squares of floats are exact in double, and do not overflow there. */
static TG_INLINE float hypot_of(float x, float y)
{
    const int is_infinite = (fabsf(x) == INFINITY) | (fabsf(y) == INFINITY);
    return is_infinite ? INFINITY : (float)sqrt((double)x * x + (double)y * y);
}

static TG_INLINE float logaddexp_of(float x, float y, const int fused)
{
    const float apart = x == y ? 0 : fabsf(x - y); /* also of equal infinities */
    return (x > y ? x : y) + tg_log1p_float(tg_exp_float(-apart, fused), fused);
}

MAP2(hypot_float32, float, float, TG_AS_IS, float, , hypot_of(x, y))
MAP2(logaddexp_float32, float, float, TG_AS_IS, float, , logaddexp_of(x, y, fused))

TG_SINGLE_AND_DOUBLE(SIGMOID_BACKWARD, sigmoid_backward)
TG_SINGLE_AND_DOUBLE(TANH_BACKWARD, tanh_backward)

TG_MAP_THROUGH_FLOATS(sigmoid, 1)
TG_MAP_THROUGH_FLOATS(silu, 1)
TG_MAP_THROUGH_FLOATS(erf, 1)
TG_MAP_THROUGH_FLOATS(sigmoid_backward, 2)
TG_MAP_THROUGH_FLOATS(tanh_backward, 2)

#define ROW_FLOAT(op) {#op, "()->()", "ff", TG_FLOAT32, op##_float32, NULL, 0, 0},
#define ROW_TWO_FLOATS(op) {#op, "(),()->()", "fff", TG_FLOAT32, op##_float32, NULL, 0, 0},

const tg_kernel tg_elementary_kernels[] = {
    ROW_FLOAT(exp)
    ROW_FLOAT(log)
    ROW_FLOAT(sin)
    ROW_FLOAT(cos)
    ROW_FLOAT(tanh)
    ROW_TWO_FLOATS(hypot)
    ROW_TWO_FLOATS(logaddexp)
    TG_FLOATS(TG_ROW1, sigmoid)
    TG_FLOATS(TG_ROW1, silu)
    TG_FLOATS(TG_ROW2, sigmoid_backward)
    TG_FLOATS(TG_ROW2, tanh_backward)
    TG_FLOATS(TG_ROW1, erf)
    TG_TABLE_END
};
