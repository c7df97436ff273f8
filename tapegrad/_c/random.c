/* PyTorch's CPU generator, an MT19937, and the distributions drawn from it.
 *
 * Matsumoto and Nishimura, "Mersenne Twister", 1998. What is to be equal to PyTorch, for
 * the same seed and number for number, is how many draws each sample takes, in which
 * order, and which of their bits: so these loops never skip or reorder draws.
 */
#include "generator.h"
#include "vectors.h"

#include <math.h>
#include <string.h>

const size_t tg_generator_size = sizeof(tg_generator);

enum { WORDS = TG_GENERATOR_WORDS, SHIFT = 397, NORMAL_BLOCK = 16 };

static const double two_pi = 6.283185307179586476925;

static TG_INLINE uint32_t twisted(uint32_t upper, uint32_t lower, uint32_t shifted)
{
    const uint32_t joined = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return shifted ^ (joined >> 1) ^ (lower & 1u ? 0x9908b0dfu : 0u);
}

TG_VECTOR_LOOP(refill)
{
    tg_generator *generator = (tg_generator *)args[0];
    uint32_t *state = generator->state;
    for (int i = 0; i < WORDS - SHIFT; i++)
        state[i] = twisted(state[i], state[i + 1], state[i + SHIFT]);
    for (int i = WORDS - SHIFT; i < WORDS - 1; i++)
        state[i] = twisted(state[i], state[i + 1], state[i + SHIFT - WORDS]);
    state[WORDS - 1] = twisted(state[WORDS - 1], state[0], state[SHIFT - 1]);
    generator->next = 0;
}

void tg_refill(tg_generator *generator) { refill((char *[]){(char *)generator}, NULL, NULL, NULL); }

#define UNIT(C) tg_unit_##C
#define FUSED(a, b, c) _Generic((a), float: fmaf, default: fma)(a, b, c)

TG_LOOP(seed)
{
    tg_generator *generator = (tg_generator *)args[0];
    uint32_t *state = generator->state;
    (void)dims;
    (void)steps;
    generator->seed = *(const uint64_t *)params;
    state[0] = (uint32_t)generator->seed;
    for (uint32_t i = 1; i < WORDS; i++)
        state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    generator->next = WORDS;
    generator->next_normal = 0;
    generator->has_next_normal = 0;
}

/* Box and Muller 1958: two samples from two uniforms, the second kept for the next call. */
double tg_draw_normal(tg_generator *generator)
{
    if (generator->has_next_normal) {
        generator->has_next_normal = 0;
        return generator->next_normal;
    }
    const double angle = two_pi * tg_unit_double(generator);
    const double radius = sqrt(-2 * log1p(-tg_unit_double(generator)));
    generator->next_normal = radius * sin(angle);
    generator->has_next_normal = 1;
    return radius * cos(angle);
}

/* In [from, to): where rounding reaches `to`, it becomes `from`. */
#define UNIFORM(op, dtype, T, C, load, store, ...)                                     \
    TG_LOOP(op##_##dtype)                                                              \
    {                                                                                  \
        tg_generator *generator = (tg_generator *)args[1];                             \
        const C from = (C)((const double *)params)[0];                                 \
        const C to = (C)((const double *)params)[1];                                   \
        const C end = load(store(to));                                                 \
        for (tg_intp i = 0; i < dims[0]; i++) {                                        \
            const C x = UNIT(C)(generator);                                            \
            const C sample = load(store(FUSED(x, to - from, from)));                   \
            TG_AT(T, args[0], i * steps[0]) = store(sample == end ? from : sample);    \
        }                                                                              \
    }

/* The same from as many words as are left at a time. */
TG_VECTOR_LOOP(uniform_float32)
{
    tg_generator *generator = (tg_generator *)args[1];
    const float from = TG_PARAM(float, 0), to = TG_PARAM(float, 1);
    float block[TG_BLOCK];
    for (tg_intp i = 0, width; i < dims[0]; i += width) {
        if (generator->next >= WORDS)
            tg_refill(generator);
        width = WORDS - (tg_intp)generator->next;
        width = width < dims[0] - i ? width : dims[0] - i;
        width = width < TG_BLOCK ? width : TG_BLOCK;
        const uint32_t *words = generator->state + generator->next;
        for (tg_intp k = 0; k < width; k++) {
            const float sample = tg_fma(tg_unit_of(words[k]), to - from, from, fused);
            block[k] = sample == to ? from : sample;
        }
        if (steps[0] == sizeof(float))
            memcpy(args[0] + i * steps[0], block, (size_t)width * sizeof(float));
        else
            for (tg_intp k = 0; k < width; k++)
                TG_AT(float, args[0], (i + k) * steps[0]) = block[k];
        generator->next += width;
    }
}

/* The logarithm, cosine and sine of Moshier's Cephes library (1989), multiplications and
 * additions fused. libm's are closer to the truth, but these are what PyTorch samples by.
 * Only for normal numbers x > 0, and angles in [0, 2 pi]; free of branches. */
static TG_INLINE float cephes_log(float x, const int fused)
{
    const uint32_t bits = tg_bits(x);
    const int32_t exponent = (int32_t)(bits >> 23) - 126;
    const uint32_t mantissa = bits & 0x7fffffu;
    const uint32_t is_low = mantissa < 0x3504f3u; /* below sqrt(1/2), and doubled there */
    const float e = (float)(exponent - (int32_t)is_low);
    const float m = tg_from_bits((mantissa | 0x3f000000u) + (is_low << 23)) - 1;
    const float square = m * m;
    float y = tg_fma(7.0376836292e-2f, m, -1.1514610310e-1f, fused);
    y = tg_fma(y, m, 1.1676998740e-1f, fused);
    y = tg_fma(y, m, -1.2420140846e-1f, fused);
    y = tg_fma(y, m, 1.4249322787e-1f, fused);
    y = tg_fma(y, m, -1.6668057665e-1f, fused);
    y = tg_fma(y, m, 2.0000714765e-1f, fused);
    y = tg_fma(y, m, -2.4999993993e-1f, fused);
    y = tg_fma(y, m, 3.3333331174e-1f, fused);
    y = tg_fma(y * m, square, e * -2.12194440e-4f, fused);
    y = tg_fma(-square, 0.5f, y, fused);
    return tg_fma(e, 0.693359375f, m + y, fused);
}

static TG_INLINE void cephes_cos_sin(float angle, float *cosine, float *sine, const int fused)
{
    const int32_t octant = ((int32_t)(angle * 1.27323954473516f) + 1) & ~1;
    const uint32_t quadrant = (uint32_t)octant >> 1 & 3;
    const float turns = (float)octant;
    /* pi / 4 in three parts, so that the difference stays exact */
    float x = tg_fma(turns, -0.78515625f, angle, fused);
    x = tg_fma(turns, -2.4187564849853515625e-4f, x, fused);
    x = tg_fma(turns, -3.77489497744594108e-8f, x, fused);
    const float square = x * x;
    float c = tg_fma(2.443315711809948e-5f, square, -1.388731625493765e-3f, fused);
    c = tg_fma(c, square, 4.166664568298827e-2f, fused) * square;
    c = tg_fma(c, square, -(square * 0.5f), fused) + 1;
    float s = tg_fma(-1.9515295891e-4f, square, 8.3321608736e-3f, fused);
    s = tg_fma(s, square, -1.6666654611e-1f, fused) * square;
    s = tg_fma(s, x, x, fused);
    const uint32_t keep = (quadrant & 1) - 1u;
    const uint32_t cosine_bits = (tg_bits(c) & keep) | (tg_bits(s) & ~keep);
    const uint32_t sine_bits = (tg_bits(s) & keep) | (tg_bits(c) & ~keep);
    *cosine = tg_from_bits(cosine_bits ^ ((quadrant + 1) & 2) << 30);
    *sine = tg_from_bits(sine_bits ^ (quadrant & 2) << 30);
}

enum { HALF_BLOCK = NORMAL_BLOCK / 2, BLOCKS = 16 };

/* Uniforms of some blocks: the first halves of all beside each other, and the second. */
static TG_INLINE void draw_halves(tg_generator *generator, tg_intp n_blocks, float *first,
                                  float *second)
{
    for (tg_intp b = 0; b < n_blocks; b++) {
        float block[NORMAL_BLOCK];
        uint32_t *words = generator->state + generator->next;
        if (generator->next + NORMAL_BLOCK <= WORDS) {
            TG_SIDE_BY_SIDE
            for (int i = 0; i < NORMAL_BLOCK; i++)
                block[i] = tg_unit_of(words[i]);
            generator->next += NORMAL_BLOCK;
        } else {
            for (int i = 0; i < NORMAL_BLOCK; i++) {
                if (generator->next >= WORDS)
                    tg_refill(generator);
                block[i] = tg_unit_of(generator->state[generator->next++]);
            }
        }
        memcpy(first + b * HALF_BLOCK, block, HALF_BLOCK * sizeof(float));
        memcpy(second + b * HALF_BLOCK, block + HALF_BLOCK, HALF_BLOCK * sizeof(float));
    }
}

/* Blocks of sixteen samples of a normal distribution: the radii from the first half of a block's
 * uniforms, the angles from the second. */
static TG_INLINE void normals_of_float(tg_generator *generator, double mean, double std,
                                       tg_intp n_blocks, float *out, const int fused)
{
    float first[BLOCKS * HALF_BLOCK], second[BLOCKS * HALF_BLOCK];
    draw_halves(generator, n_blocks, first, second);
    for (tg_intp i = 0; i < n_blocks * HALF_BLOCK; i++) {
        const float radius = sqrtf(-2 * cephes_log(1 - first[i], fused));
        float cosine, sine;
        cephes_cos_sin((float)two_pi * second[i], &cosine, &sine, fused);
        first[i] = tg_fma(radius * cosine, (float)std, (float)mean, fused);
        second[i] = tg_fma(radius * sine, (float)std, (float)mean, fused);
    }
    for (tg_intp b = 0; b < n_blocks; b++) {
        memcpy(out + b * NORMAL_BLOCK, first + b * HALF_BLOCK, HALF_BLOCK * sizeof(float));
        memcpy(out + b * NORMAL_BLOCK + HALF_BLOCK, second + b * HALF_BLOCK,
               HALF_BLOCK * sizeof(float));
    }
}

static TG_INLINE void normals_of_double(tg_generator *generator, double mean, double std,
                                        tg_intp n_blocks, double *out, const int fused)
{
    (void)fused;
    for (double *block = out; block < out + n_blocks * NORMAL_BLOCK; block += NORMAL_BLOCK) {
        for (int i = 0; i < NORMAL_BLOCK; i++)
            block[i] = tg_unit_double(generator);
        for (int i = 0; i < HALF_BLOCK; i++) {
            const double radius = sqrt(-2 * log(1 - block[i]));
            const double angle = two_pi * block[i + HALF_BLOCK];
            block[i] = fma(radius * cos(angle), std, mean);
            block[i + HALF_BLOCK] = fma(radius * sin(angle), std, mean);
        }
    }
}

/* From 16 packed elements up: whole blocks. Where elements are left over, the last 16 of
 * all are made anew from fresh draws; except for float16, the left-over ones have taken
 * draws of their own before that. */
#define NORMAL_BODY(T, C, store, fused)                                                \
    {                                                                                  \
        tg_generator *generator = (tg_generator *)args[1];                             \
        const double mean = ((const double *)params)[0];                               \
        const double std = ((const double *)params)[1];                                \
        const tg_intp n = dims[0], n_whole = n / NORMAL_BLOCK;                         \
        if (n_whole == 0 || steps[0] != (tg_intp)sizeof(T)) {                          \
            for (tg_intp i = 0; i < n; i++) {                                          \
                const double x = fma(tg_draw_normal(generator), std, mean);            \
                TG_AT(T, args[0], i * steps[0]) = store((C)x);                         \
            }                                                                          \
            return;                                                                    \
        }                                                                              \
        T *out = (T *)args[0];                                                         \
        const tg_intp left = n - n_whole * NORMAL_BLOCK;                               \
        for (tg_intp b = 0, n_now; b < n_whole + (left > 0); b += n_now) {             \
            C samples[BLOCKS * NORMAL_BLOCK];                                          \
            const int is_last = b == n_whole;                                          \
            n_now = is_last ? 1 : n_whole - b < BLOCKS ? n_whole - b : BLOCKS;         \
            for (tg_intp i = 0; is_last && i < left && sizeof(T) == sizeof(C); i++)    \
                UNIT(C)(generator);                                                    \
            normals_of_##C(generator, mean, std, n_now, samples, fused);               \
            T *to = out + (is_last ? n - NORMAL_BLOCK : b * NORMAL_BLOCK);             \
            for (tg_intp i = 0; i < n_now * NORMAL_BLOCK; i++)                         \
                to[i] = store(samples[i]);                                             \
        }                                                                              \
    }

TG_VECTOR_LOOP(normal_float16) NORMAL_BODY(tg_half, float, tg_float_to_half, fused)
TG_VECTOR_LOOP(normal_float32) NORMAL_BODY(float, float, TG_AS_IS, fused)
TG_LOOP(normal_float64) NORMAL_BODY(double, double, TG_AS_IS, 0)

/* low + draw mod (high - low), the difference as unsigned so that it cannot overflow */
#define RANDINT(op, dtype, T, C, load, store, ...)                                     \
    TG_LOOP(op##_##dtype)                                                              \
    {                                                                                  \
        tg_generator *generator = (tg_generator *)args[1];                             \
        const uint64_t low = ((const uint64_t *)params)[0];                            \
        const uint64_t range = ((const uint64_t *)params)[1]; /* 0: all 64-bit numbers */ \
        const int is_wide = ((const int64_t *)params)[2] != 0;                         \
        for (tg_intp i = 0; i < dims[0]; i++) {                                        \
            const uint64_t draw = is_wide ? tg_draw_64(generator) : tg_draw_32(generator);   \
            const int64_t value = (int64_t)((range ? draw % range : draw) + low);      \
            TG_AT(T, args[0], i * steps[0]) = store((C)value);                         \
        }                                                                              \
    }

TG_LOOP(randperm)
{
    tg_generator *generator = (tg_generator *)args[1];
    const tg_intp n = dims[0], step = steps[0];
    (void)params;
    for (tg_intp i = 0; i < n; i++)
        TG_AT(int64_t, args[0], i * step) = i;
    for (tg_intp i = 0; i < n - 1; i++) {
        const tg_intp other = i + (tg_intp)(tg_draw_32(generator) % (uint64_t)(n - i));
        const int64_t value = TG_AT(int64_t, args[0], i * step);
        TG_AT(int64_t, args[0], i * step) = TG_AT(int64_t, args[0], other * step);
        TG_AT(int64_t, args[0], other * step) = value;
    }
}

#define BERNOULLI_PAIRS(T, C, store, step)                                             \
    TG_INDEPENDENT                                                                     \
    for (tg_intp k = 0; k < width; k++) {                                              \
        const uint64_t high = tg_tempered(words[2 * k]);                               \
        const uint64_t bits = high << 32 | tg_tempered(words[2 * k + 1]);              \
        TG_AT(T, out, k * (tg_intp)(step)) = store((C)((bits & mask) < bound));        \
    }

/* Whether a uniform double is less than p, for as many pairs of words as are left at a time: it is
 * if its 53 bits, as a whole number, are less than p * 2^53. */
#define BERNOULLI(op, dtype, T, C, load, store, ...)                                   \
    TG_VECTOR_LOOP(op##_##dtype)                                                       \
    {                                                                                  \
        tg_generator *generator = (tg_generator *)args[1];                             \
        const uint64_t bound = (uint64_t)ceil(*(const double *)params * 0x1p53);       \
        const uint64_t mask = 0x1fffffffffffffu;                                       \
        const tg_intp step = steps[0];                                                 \
        (void)fused;                                                                   \
        for (tg_intp i = 0, width; i < dims[0]; i += width) {                          \
            if (generator->next >= WORDS)                                              \
                tg_refill(generator);                                                  \
            width = (WORDS - (tg_intp)generator->next) / 2;                            \
            width = width < dims[0] - i ? width : dims[0] - i;                         \
            if (width == 0) { /* the two words of a pair are of two fillings */        \
                const int drawn = (tg_draw_64(generator) & mask) < bound;              \
                TG_AT(T, args[0], i * step) = store((C)drawn);                         \
                width = 1;                                                             \
                continue;                                                              \
            }                                                                          \
            const uint32_t *words = generator->state + generator->next;                \
            char *out = args[0] + i * step;                                            \
            if (step == (tg_intp)sizeof(T)) {                                          \
                BERNOULLI_PAIRS(T, C, store, sizeof(T))                                \
            } else {                                                                   \
                BERNOULLI_PAIRS(T, C, store, step)                                     \
            }                                                                          \
            generator->next += 2 * width;                                              \
        }                                                                              \
    }

#define BERNOULLI_FROM(op, dtype, T, C, load, store, ...)                              \
    TG_LOOP(op##_##dtype)                                                              \
    {                                                                                  \
        tg_generator *generator = (tg_generator *)args[2];                             \
        (void)params;                                                                  \
        for (tg_intp i = 0; i < dims[0]; i++) {                                        \
            const C p = load(TG_AT(const T, args[0], i * steps[0]));                   \
            TG_AT(T, args[1], i * steps[1]) = store((C)(UNIT(C)(generator) < p));      \
        }                                                                              \
    }

UNIFORM(uniform, float16, tg_half, float, tg_half_to_float, tg_float_to_half)
UNIFORM(uniform, float64, double, double, TG_AS_IS, TG_AS_IS)
TG_ALL(RANDINT, randint)
TG_ALL(BERNOULLI, bernoulli)
TG_FLOATS(BERNOULLI_FROM, bernoulli_from)

#define ROW(op, dtype, letter, number, format, size) \
    {#op, "->(),(g)", letter "B", number, op##_##dtype, format, size, 0},
#define ROW_REALS(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, letter, number, "dd", 2 * sizeof(double))
#define ROW_RANDINT(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, letter, number, "qQq", 3 * sizeof(int64_t))
#define ROW_BERNOULLI(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, letter, number, "d", sizeof(double))
#define ROW_BERNOULLI_FROM(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->(),(g)", letter letter "B", number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_random_kernels[] = {
    {"seed", "->(g)", "B", TG_UINT8, seed, "Q", sizeof(uint64_t), 0},
    TG_FLOATS(ROW_REALS, uniform)
    TG_FLOATS(ROW_REALS, normal)
    TG_ALL(ROW_RANDINT, randint)
    {"randperm", "->(),(g)", "lB", TG_INT64, randperm, NULL, 0, 0},
    TG_ALL(ROW_BERNOULLI, bernoulli)
    TG_FLOATS(ROW_BERNOULLI_FROM, bernoulli_from)
    TG_TABLE_END
};
