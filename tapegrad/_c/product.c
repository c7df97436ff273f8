/* Products of small matrices. The BLAS packs both factors first, which does not pay there, and
 * wakes threads; here nothing is copied but a small factor that lies the wrong way. */
#include "product_parts.h"
#include "vectors.h"

enum { TG_SMALL_DEPTH = 512, TG_DEEP = 192, TG_MANY_ROWS = 64, TG_FEW_COLUMNS = 5,
       TG_LONG_COLUMN = 32 };

/* c (n, m) = a (n, k) @ b (k, m). Steps are counted in elements: a_row and a_step between rows and
 * columns of a, b_row between rows of b, or its columns where these lie packed. */
typedef struct {
    int64_t n, m, k, a_row, a_step, b_row, c_row;
    int adds;      /* to what c holds, if it is not turned */
    int is_turned; /* columns of b lie packed */
} tg_small;

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

/* Four rows of four, to columns. */
static TG_INLINE void turn_floats(const float *from, int64_t row, float *to, int64_t pace)
{
    __m128 r0 = _mm_loadu_ps(from), r1 = _mm_loadu_ps(from + row);
    __m128 r2 = _mm_loadu_ps(from + 2 * row), r3 = _mm_loadu_ps(from + 3 * row);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    _mm_storeu_ps(to, r0);
    _mm_storeu_ps(to + pace, r1);
    _mm_storeu_ps(to + 2 * pace, r2);
    _mm_storeu_ps(to + 3 * pace, r3);
}

#define TURN_4 turn_floats

/* The sum of each of four vectors. */
TG_FOR_AVX2 static TG_INLINE void totals_float32_avx2(const __m256 *v, float *sums)
{
    const __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    _mm_storeu_ps(sums, _mm256_castps256_ps128(pairs) + _mm256_extractf128_ps(pairs, 1));
}

TG_FOR_AVX2 static TG_INLINE void totals_float64_avx2(const __m256d *v, double *sums)
{
    const __m256d left = _mm256_hadd_pd(v[0], v[1]), right = _mm256_hadd_pd(v[2], v[3]);
    _mm256_storeu_pd(sums, _mm256_permute2f128_pd(left, right, 0x20) +
                               _mm256_permute2f128_pd(left, right, 0x31));
}

TG_FOR_AVX512 static TG_INLINE void totals_float32_avx512(const __m512 *v, float *sums)
{
    __m256 halves[4];
    for (int i = 0; i < 4; i++)
        halves[i] = _mm512_castps512_ps256(v[i]) + _mm512_extractf32x8_ps(v[i], 1);
    totals_float32_avx2(halves, sums);
}

TG_FOR_AVX512 static TG_INLINE void totals_float64_avx512(const __m512d *v, double *sums)
{
    __m256d halves[4];
    for (int i = 0; i < 4; i++)
        halves[i] = _mm512_castpd512_pd256(v[i]) + _mm512_extractf64x4_pd(v[i], 1);
    totals_float64_avx2(halves, sums);
}
#endif

static TG_INLINE void totals_float32_plain(const void *vectors, float *sums)
{
    const float *v = vectors;
    for (int i = 0; i < 4; i++, v += 4)
        sums[i] = (v[0] + v[1]) + (v[2] + v[3]);
}

static TG_INLINE void totals_float64_plain(const void *vectors, double *sums)
{
    const double *v = vectors;
    for (int i = 0; i < 4; i++, v += 2)
        sums[i] = v[0] + v[1];
}

#define LOOPS "few_rows.h"
#define ROWS_OF_32 8
#define ROWS_OF_16 4
#include "each_float.h"

/* From steps in bytes. */
static tg_small small_of(const tg_intp *dims, const tg_intp *steps, tg_intp size)
{
    const tg_small now = {dims[1], dims[3], dims[2], steps[3] / size, steps[4] / size,
                          steps[steps[6] != size ? 6 : 5] / size, steps[7] / size, 0,
                          steps[6] != size};
    return now;
}

#define MULTIPLY(type, now, a, b, c) TG_BEST(product_##type, now, a, b, c)

TG_PRODUCT_LOOPS(small_matmul, float32, float, tg_small, small_of, MULTIPLY)
TG_PRODUCT_LOOPS(small_matmul, float64, double, tg_small, small_of, MULTIPLY)

#define MULTIPLY_ONE(type, T)                                                                     \
    void tg_multiply_##type(char *const *args, const tg_intp *dims, const tg_intp *steps,         \
                            int adds)                                                             \
    {                                                                                             \
        tg_small now = small_of(dims, steps, sizeof(T));                                          \
        now.adds = adds;                                                                          \
        MULTIPLY(type, now, (const T *)args[0], (const T *)args[1], (T *)args[2]);                \
    }

MULTIPLY_ONE(float32, float)
MULTIPLY_ONE(float64, double)

/* Vectors without gaps. */
#define INNER_PRODUCT(type, T)                                                                    \
    TG_LOOP(inner_product_##type)                                                                 \
    {                                                                                             \
        (void)params;                                                                             \
        for (tg_intp i = 0; i < dims[0]; i++)                                                     \
            TG_BEST(put_inner_product_##type, dims[1], (const T *)(args[0] + i * steps[0]),       \
                    (const T *)(args[1] + i * steps[1]), (T *)(args[2] + i * steps[2]));          \
    }

INNER_PRODUCT(float32, float)
INNER_PRODUCT(float64, double)

const tg_kernel tg_product_kernels[] = {
    {"inner_product", "(k),(k)->()", "fff", TG_FLOAT32, inner_product_float32, NULL, 0, 0},
    {"inner_product", "(k),(k)->()", "ddd", TG_FLOAT64, inner_product_float64, NULL, 0, 0},
    TG_PRODUCT_ROWS(small_matmul, float32, TG_FLOAT32, "fff")
    TG_PRODUCT_ROWS(small_matmul, float64, TG_FLOAT64, "ddd")
    TG_TABLE_END
};
