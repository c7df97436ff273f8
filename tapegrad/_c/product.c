/* Products of small matrices. The BLAS packs both factors first, which does not pay there, and
 * wakes threads; here nothing is copied but a small factor that lies the wrong way. */
#include "vectors.h"

enum { TG_SMALL_DEPTH = 512 };

/* c (n, m) = a (n, k) @ b (k, m). Steps are counted in elements: a_row and a_step between rows and
 * columns of a, b_row between rows of b, or its columns where these lie packed. */
typedef struct {
    int64_t n, m, k, a_row, a_step, b_row, c_row;
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

/* The first n of all lanes. */
TG_FOR_AVX2 static TG_INLINE __m256i first_floats(int64_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

TG_FOR_AVX2 static TG_INLINE __m256i first_doubles(int64_t n)
{
    return _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
}

#define T float
#define V __m512
#define LANES 16
#define ROWS 8
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_ps(_mm512_set1_ps(x), v, sum)
#define PART_LOAD(from, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_ps(to, (__mmask16)((1u << (n)) - 1), v)
#define TURN_4 turn_floats
#define NAME(x) x##_float32_avx512
#include "few_rows.h"

#define T float
#define V __m256
#define LANES 8
#define ROWS 4
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_ps(_mm256_set1_ps(x), v, sum)
#define PART_LOAD(from, n) _mm256_maskload_ps(from, first_floats(n))
#define PART_STORE(to, v, n) _mm256_maskstore_ps(to, first_floats(n), v)
#define TURN_4 turn_floats
#define NAME(x) x##_float32_avx2
#include "few_rows.h"

#define T double
#define V __m512d
#define LANES 8
#define ROWS 8
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_pd(_mm512_set1_pd(x), v, sum)
#define PART_LOAD(from, n) _mm512_maskz_loadu_pd((__mmask8)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_pd(to, (__mmask8)((1u << (n)) - 1), v)
#define NAME(x) x##_float64_avx512
#include "few_rows.h"

#define T double
#define V __m256d
#define LANES 4
#define ROWS 4
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_pd(_mm256_set1_pd(x), v, sum)
#define PART_LOAD(from, n) _mm256_maskload_pd(from, first_doubles(n))
#define PART_STORE(to, v, n) _mm256_maskstore_pd(to, first_doubles(n), v)
#define NAME(x) x##_float64_avx2
#include "few_rows.h"
#endif

#define PLAIN(x, v, sum) ((x) * (v) + (sum))
typedef float tg_small_floats __attribute__((vector_size(16)));
typedef double tg_small_doubles __attribute__((vector_size(16)));

#define T float
#define V tg_small_floats
#define LANES 4
#define ROWS 4
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_float32_plain
#include "few_rows.h"

#define T double
#define V tg_small_doubles
#define LANES 2
#define ROWS 4
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_float64_plain
#include "few_rows.h"

#if defined(__GNUC__) && defined(__x86_64__)
#define PRODUCT(name, ...)                                                                        \
    const int level = tg_vector_level();                                                          \
    if (level == TG_AVX512)                                                                       \
        product_##name##_avx512(__VA_ARGS__);                                                     \
    else if (level == TG_AVX2)                                                                    \
        product_##name##_avx2(__VA_ARGS__);                                                       \
    else                                                                                          \
        product_##name##_plain(__VA_ARGS__);
#else
#define PRODUCT(name, ...) product_##name##_plain(__VA_ARGS__);
#endif

#define LOOP(name, T)                                                                             \
    TG_LOOP(small_matmul_##name)                                                                  \
    {                                                                                             \
        const tg_intp size = sizeof(T);                                                           \
        const int is_turned = steps[6] != size;                                                   \
        const tg_small now = {dims[1], dims[3], dims[2], steps[3] / size, steps[4] / size,        \
                              steps[is_turned ? 6 : 5] / size, steps[7] / size};                  \
        (void)params;                                                                             \
        for (tg_intp i = 0; i < dims[0]; i++) {                                                   \
            PRODUCT(name, now, is_turned, (const T *)(args[0] + i * steps[0]),                    \
                    (const T *)(args[1] + i * steps[1]), (T *)(args[2] + i * steps[2]))           \
        }                                                                                         \
    }

LOOP(float32, float)
LOOP(float64, double)

const tg_kernel tg_product_kernels[] = {
    {"small_matmul", "(n,k),(k,m)->(n,m)", "fff", TG_FLOAT32, small_matmul_float32, NULL, 0, 0},
    {"small_matmul", "(n,k),(k,m)->(n,m)", "ddd", TG_FLOAT64, small_matmul_float64, NULL, 0, 0},
    TG_TABLE_END
};
