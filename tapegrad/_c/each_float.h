/* Includes a file of loops for float and double, once per instruction set. The file LOOPS finds
 *   T, V       the element, and a vector of them
 *   LANES      how many a vector has
 *   ROWS       how many rows of sums, of two vectors each, the registers hold: ROWS_OF_32 of
 *              AVX-512's, ROWS_OF_16 of all others
 *   MULADD     x * v + sum for a number x
 *   FUSED      u * v + sum for a vector u
 *   PART_LOAD, PART_STORE  some elements of a vector, where there are instructions for that
 *   TARGET     the attribute that allows the instructions
 *   NAME(x)    a name of its own
 * and takes them back by end_of_type.h. TG_BEST calls a function by the name it had there. */
#include "vectors.h"

#define PLAIN(x, v, sum) ((x) * (v) + (sum))

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

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
#define ROWS ROWS_OF_32
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_ps(_mm512_set1_ps(x), v, sum)
#define FUSED _mm512_fmadd_ps
#define PART_LOAD(from, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_ps(to, (__mmask16)((1u << (n)) - 1), v)
#define NAME(x) x##_float32_avx512
#include LOOPS

#define T float
#define V __m256
#define LANES 8
#define ROWS ROWS_OF_16
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_ps(_mm256_set1_ps(x), v, sum)
#define FUSED _mm256_fmadd_ps
#define PART_LOAD(from, n) _mm256_maskload_ps(from, first_floats(n))
#define PART_STORE(to, v, n) _mm256_maskstore_ps(to, first_floats(n), v)
#define NAME(x) x##_float32_avx2
#include LOOPS

#define T double
#define V __m512d
#define LANES 8
#define ROWS ROWS_OF_32
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_pd(_mm512_set1_pd(x), v, sum)
#define FUSED _mm512_fmadd_pd
#define PART_LOAD(from, n) _mm512_maskz_loadu_pd((__mmask8)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_pd(to, (__mmask8)((1u << (n)) - 1), v)
#define NAME(x) x##_float64_avx512
#include LOOPS

#define T double
#define V __m256d
#define LANES 4
#define ROWS ROWS_OF_16
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_pd(_mm256_set1_pd(x), v, sum)
#define FUSED _mm256_fmadd_pd
#define PART_LOAD(from, n) _mm256_maskload_pd(from, first_doubles(n))
#define PART_STORE(to, v, n) _mm256_maskstore_pd(to, first_doubles(n), v)
#define NAME(x) x##_float64_avx2
#include LOOPS
#endif

typedef float tg_floats __attribute__((vector_size(16)));
typedef double tg_doubles __attribute__((vector_size(16)));

#define T float
#define V tg_floats
#define LANES 4
#define ROWS ROWS_OF_16
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_float32_plain
#include LOOPS

#define T double
#define V tg_doubles
#define LANES 2
#define ROWS ROWS_OF_16
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_float64_plain
#include LOOPS
