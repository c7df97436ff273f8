/* Convolutions: weights slid over images, without a matrix of patches in memory. */
#include "convolve.h"

#include <stdlib.h>

#if defined(__GNUC__) && defined(__x86_64__)
#include <immintrin.h>

#define T float
#define V __m512
#define LANES 16
#define ROWS 14
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_ps(_mm512_set1_ps(x), v, sum)
#define PART_LOAD(from, n) _mm512_maskz_loadu_ps((__mmask16)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_ps(to, (__mmask16)((1u << (n)) - 1), v)
#define NAME(x) x##_float32_avx512
#include "convolve_type.h"

#define T float
#define V __m256
#define LANES 8
#define ROWS 6
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_ps(_mm256_set1_ps(x), v, sum)
#define NAME(x) x##_float32_avx2
#include "convolve_type.h"

#define T double
#define V __m512d
#define LANES 8
#define ROWS 14
#define TARGET TG_FOR_AVX512
#define MULADD(x, v, sum) _mm512_fmadd_pd(_mm512_set1_pd(x), v, sum)
#define PART_LOAD(from, n) _mm512_maskz_loadu_pd((__mmask8)((1u << (n)) - 1), from)
#define PART_STORE(to, v, n) _mm512_mask_storeu_pd(to, (__mmask8)((1u << (n)) - 1), v)
#define NAME(x) x##_float64_avx512
#include "convolve_type.h"

#define T double
#define V __m256d
#define LANES 4
#define ROWS 6
#define TARGET TG_FOR_AVX2
#define MULADD(x, v, sum) _mm256_fmadd_pd(_mm256_set1_pd(x), v, sum)
#define NAME(x) x##_float64_avx2
#include "convolve_type.h"
#endif

#define PLAIN(x, v, sum) ((x) * (v) + (sum))
typedef float tg_floats __attribute__((vector_size(16)));
typedef double tg_doubles __attribute__((vector_size(16)));
typedef uint8_t tg_bytes __attribute__((vector_size(16)));
typedef uint16_t tg_shorts __attribute__((vector_size(16)));
typedef uint32_t tg_ints __attribute__((vector_size(16)));
typedef uint64_t tg_longs __attribute__((vector_size(16)));

#define T float
#define V tg_floats
#define LANES 4
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_float32_plain
#include "convolve_type.h"

#define T double
#define V tg_doubles
#define LANES 2
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_float64_plain
#include "convolve_type.h"

#define T uint8_t
#define V tg_bytes
#define LANES 16
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_1
#include "convolve_type.h"

#define T uint16_t
#define V tg_shorts
#define LANES 8
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_2
#include "convolve_type.h"

#define T uint32_t
#define V tg_ints
#define LANES 4
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_4
#include "convolve_type.h"

#define T uint64_t
#define V tg_longs
#define LANES 2
#define ROWS 6
#define TARGET
#define MULADD PLAIN
#define NAME(x) x##_8
#include "convolve_type.h"

#if defined(__GNUC__) && defined(__x86_64__)
#define CHOICE(name)                                                \
    TG_LOOP(name)                                                   \
    {                                                               \
        const int level = tg_vector_level();                        \
        if (level == TG_AVX512)                                     \
            name##_avx512(args, dims, steps, params);               \
        else if (level == TG_AVX2)                                  \
            name##_avx2(args, dims, steps, params);                 \
        else                                                        \
            name##_plain(args, dims, steps, params);                \
    }
#else
#define CHOICE(name) \
    TG_LOOP(name) { name##_plain(args, dims, steps, params); }
#endif

CHOICE(correlate_float32)
CHOICE(correlate_float64)
CHOICE(weight_slope_float32)
CHOICE(weight_slope_float64)

#define ROWS_OF(suffix, number, letter)                                                          \
    {"correlate", "(n,c,i),(o,q,k),(b)->(n,p,l)", letter letter letter letter, number,           \
     correlate_##suffix, "20q", sizeof(tg_sliding), 1},                                          \
    {"weight_slope", "(n,c,i),(n,p,l)->(p,c,k)", letter letter letter, number,                   \
     weight_slope_##suffix, "20q", sizeof(tg_sliding), 1},

/* Whole numbers wrap, so that those with a sign are multiplied as those without. */
const tg_kernel tg_convolve_kernels[] = {
    ROWS_OF(float32, TG_FLOAT32, "f")
    ROWS_OF(float64, TG_FLOAT64, "d")
    ROWS_OF(1, TG_UINT8, "B")
    ROWS_OF(1, TG_INT8, "b")
    ROWS_OF(2, TG_INT16, "h")
    ROWS_OF(4, TG_INT32, "i")
    ROWS_OF(8, TG_INT64, "l")
    TG_TABLE_END
};
