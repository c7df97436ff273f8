/* Convolutions: weights slid over images, without a matrix of patches in memory. */
#include "convolve.h"
#include "scratch.h"
#include "squares.h"

/* What has to be unrolled is so by hand; the rest would be half as long again. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

#include <stdlib.h>

#define LOOPS "convolve_type.h"
#define ROWS_OF_32 14
#define ROWS_OF_16 6
#include "each_float.h"

/* Whole numbers are rare. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif
typedef uint8_t tg_bytes __attribute__((vector_size(16)));
typedef uint16_t tg_shorts __attribute__((vector_size(16)));
typedef uint32_t tg_ints __attribute__((vector_size(16)));
typedef uint64_t tg_longs __attribute__((vector_size(16)));

#define T uint8_t
#define V tg_bytes
#define LANES 16
#define ROWS 2
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_1
#include "convolve_type.h"

#define T uint16_t
#define V tg_shorts
#define LANES 8
#define ROWS 2
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_2
#include "convolve_type.h"

#define T uint32_t
#define V tg_ints
#define LANES 4
#define ROWS 2
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_4
#include "convolve_type.h"

#define T uint64_t
#define V tg_longs
#define LANES 2
#define ROWS 2
#define TARGET
#define MULADD PLAIN
#define FUSED PLAIN
#define NAME(x) x##_8
#include "convolve_type.h"

#define CHOICE(name) \
    TG_LOOP(name) { TG_BEST(name, args, dims, steps, params); }

CHOICE(correlate_float32)
CHOICE(correlate_float64)
CHOICE(weight_slope_float32)
CHOICE(weight_slope_float64)

#define ROWS_OF(suffix, number, letter)                                                          \
    {"correlate", "(n,c,i),(o,q,k),(b)->(n,p,l)", letter letter letter letter, number,           \
     correlate_##suffix, "21q", sizeof(tg_sliding), 1},                                          \
    {"weight_slope", "(n,c,i),(n,p,l)->(p,c,k)", letter letter letter, number,                   \
     weight_slope_##suffix, "21q", sizeof(tg_sliding), 1},

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
