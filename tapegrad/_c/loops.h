/* What the loops share: the dtypes they are written for, and element-wise traversal.
 *
 * TG_BOOLS, TG_UNSIGNED, TG_SIGNED, TG_FLOATS and their unions call X once per dtype with
 *   op      whatever the caller passed, normally the kernel's name
 *   dtype   the dtype's name
 *   T, C    the C type in memory, and the one to compute in
 *   load, store   between the two
 *   number, letter   NumPy's type number and character
 */
#ifndef TG_LOOPS_H
#define TG_LOOPS_H

#include "half.h"
#include "kernels.h"

#define TG_AS_IS(x) (x)
#define TG_TRUTH(x) ((x) != 0)

#define TG_BOOLS(X, op) X(op, bool, uint8_t, uint8_t, TG_TRUTH, TG_TRUTH, TG_BOOL, "?")

#define TG_UNSIGNED(X, op) \
    X(op, uint8, uint8_t, uint8_t, TG_AS_IS, TG_AS_IS, TG_UINT8, "B")

#define TG_SIGNED(X, op)                                                    \
    X(op, int8, int8_t, int8_t, TG_AS_IS, TG_AS_IS, TG_INT8, "b")           \
    X(op, int16, int16_t, int16_t, TG_AS_IS, TG_AS_IS, TG_INT16, "h")       \
    X(op, int32, int32_t, int32_t, TG_AS_IS, TG_AS_IS, TG_INT32, "i")       \
    X(op, int64, int64_t, int64_t, TG_AS_IS, TG_AS_IS, TG_INT64, "l")

#define TG_SINGLE_AND_DOUBLE(X, op)                                                            \
    X(op, float32, float, float, TG_AS_IS, TG_AS_IS, TG_FLOAT32, "f")                          \
    X(op, float64, double, double, TG_AS_IS, TG_AS_IS, TG_FLOAT64, "d")

#define TG_HALF(X, op) \
    X(op, float16, tg_half, float, tg_half_to_float, tg_float_to_half, TG_FLOAT16, "e")

#define TG_FLOATS(X, op) TG_HALF(X, op) TG_SINGLE_AND_DOUBLE(X, op)

#define TG_INTEGERS(X, op) TG_UNSIGNED(X, op) TG_SIGNED(X, op)
#define TG_NUMBERS(X, op) TG_INTEGERS(X, op) TG_FLOATS(X, op)
#define TG_ALL(X, op) TG_BOOLS(X, op) TG_NUMBERS(X, op)

static inline int tg_float_is_nan(float x) { return x != x; }
static inline int tg_double_is_nan(double x) { return x != x; }
static inline int tg_never_nan(int64_t x) { (void)x; return 0; }

#define TG_IS_NAN(x) \
    _Generic((x), float: tg_float_is_nan, double: tg_double_is_nan, default: tg_never_nan)(x)

/* The loop for elements as large as T's, whatever they are. */
#define TG_OF_SIZE_OF(T, loop) \
    (sizeof(T) == 1 ? loop##_1 : sizeof(T) == 2 ? loop##_2 : sizeof(T) == 4 ? loop##_4 : loop##_8)

/* Rows of a table of kernels, for element-wise loops of one and of two inputs. */
#define TG_ROW1(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter letter, number, op##_##dtype, NULL, 0, 0},
#define TG_ROW2(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, NULL, 0, 0},

#define TG_TABLE_END {NULL, NULL, NULL, 0, NULL, NULL, 0, 0}

/* Promises that no iteration reads what an earlier one wrote, which the engine
 * sees to; the same buffer as input and output is fine. */
#ifdef __clang__
#define TG_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define TG_INDEPENDENT _Pragma("GCC ivdep")
#else
#define TG_INDEPENDENT
#endif

/* The same of a few elements, which compilers else write out one by one instead. */
#if defined(__GNUC__) && !defined(__clang__)
#define TG_SIDE_BY_SIDE TG_INDEPENDENT _Pragma("GCC unroll 1")
#else
#define TG_SIDE_BY_SIDE TG_INDEPENDENT
#endif

#define TG_LOOP(name) \
    static void name(char **args, const tg_intp *dims, const tg_intp *steps, void *params)

#define TG_AT(T, pointer, offset) (*(T *)((pointer) + (offset)))

/* A number that a kernel is run with, of which all are doubles. */
#define TG_PARAM(C, k) ((C)((const double *)params)[k])

/* Element-wise loops: RESULT is an expression in x (and y, z), SETUP declares what it needs besides.
 * It is written once and over elements side by side, for compilers to vectorise: a number that all
 * share, or elements that lie apart, are put side by side first, a block at a time. */
enum { TG_BLOCK = 256 };

#define TG_OPERAND(T, k)                                                                      \
    T block##k[TG_BLOCK];                                                                     \
    const int is_packed##k = steps[k] == (tg_intp)sizeof(T);
#define TG_READ(T, k, first, m)                                                               \
    for (tg_intp i = 0; i < (m) && !is_packed##k && (steps[k] != 0 || (first) == 0); i++)     \
        block##k[i] = TG_AT(const T, args[k], ((first) + i) * steps[k]);                      \
    const T *in##k = is_packed##k ? (const T *)args[k] + (first) : block##k;
#define TG_RESULT(T, k, first) T *out = is_packed##k ? (T *)args[k] + (first) : block##k;
#define TG_WRITE(T, k, first, m)                                                              \
    for (tg_intp i = 0; i < (m) && !is_packed##k; i++)                                        \
        TG_AT(T, args[k], ((first) + i) * steps[k]) = block##k[i];

/* For `first` and `m`, where a block starts and how many elements it has. */
#define TG_BLOCKS(n, is_whole)                                                                \
    for (tg_intp first = 0, m = 0, all = (n); first < all; first += m)                        \
        if (m = (is_whole) || all - first < TG_BLOCK ? all - first : TG_BLOCK, 1)

#define TG_MAP1(name, ...) TG_LOOP(name) TG_MAP1_BODY(__VA_ARGS__)
#define TG_MAP1_BODY(T0, C0, load0, OUT, SETUP, RESULT)                                       \
    {                                                                                         \
        TG_OPERAND(T0, 0) TG_OPERAND(OUT, 1)                                                  \
        (void)params;                                                                         \
        SETUP                                                                                 \
        TG_BLOCKS(dims[0], is_packed0 && is_packed1) {                                        \
            TG_READ(T0, 0, first, m)                                                          \
            TG_RESULT(OUT, 1, first)                                                          \
            TG_INDEPENDENT                                                                    \
            for (tg_intp i = 0; i < m; i++) {                                                 \
                const C0 x = load0(in0[i]);                                                   \
                out[i] = RESULT;                                                              \
            }                                                                                 \
            TG_WRITE(OUT, 1, first, m)                                                        \
        }                                                                                     \
    }

#define TG_MAP2(name, ...) TG_LOOP(name) TG_MAP2_BODY(__VA_ARGS__)
#define TG_MAP2_BODY(T, C, load, OUT, SETUP, RESULT)                                          \
    {                                                                                         \
        TG_OPERAND(T, 0) TG_OPERAND(T, 1) TG_OPERAND(OUT, 2)                                  \
        (void)params;                                                                         \
        SETUP                                                                                 \
        TG_BLOCKS(dims[0], is_packed0 && is_packed1 && is_packed2) {                          \
            TG_READ(T, 0, first, m)                                                           \
            TG_READ(T, 1, first, m)                                                           \
            TG_RESULT(OUT, 2, first)                                                          \
            TG_INDEPENDENT                                                                    \
            for (tg_intp i = 0; i < m; i++) {                                                 \
                const C x = load(in0[i]), y = load(in1[i]);                                   \
                out[i] = RESULT;                                                              \
            }                                                                                 \
            TG_WRITE(OUT, 2, first, m)                                                        \
        }                                                                                     \
    }

#define TG_MAP3(name, ...) TG_LOOP(name) TG_MAP3_BODY(__VA_ARGS__)
#define TG_MAP3_BODY(T0, T1, OUT, SETUP, RESULT)                                              \
    {                                                                                         \
        TG_OPERAND(T0, 0) TG_OPERAND(T1, 1) TG_OPERAND(T1, 2) TG_OPERAND(OUT, 3)              \
        (void)params;                                                                         \
        SETUP                                                                                 \
        TG_BLOCKS(dims[0], is_packed0 && is_packed1 && is_packed2 && is_packed3) {            \
            TG_READ(T0, 0, first, m)                                                          \
            TG_READ(T1, 1, first, m)                                                          \
            TG_READ(T1, 2, first, m)                                                          \
            TG_RESULT(OUT, 3, first)                                                          \
            TG_INDEPENDENT                                                                    \
            for (tg_intp i = 0; i < m; i++) {                                                 \
                const T0 x = in0[i];                                                          \
                const T1 y = in1[i], z = in2[i];                                              \
                out[i] = RESULT;                                                              \
            }                                                                                 \
            TG_WRITE(OUT, 3, first, m)                                                        \
        }                                                                                     \
    }

#define TG_MAP4_BODY(T, RESULT)                                                               \
    {                                                                                         \
        TG_OPERAND(T, 0) TG_OPERAND(T, 1) TG_OPERAND(T, 2) TG_OPERAND(T, 3) TG_OPERAND(T, 4)  \
        const int is_whole = is_packed0 && is_packed1 && is_packed2 && is_packed3;            \
        (void)params;                                                                         \
        TG_BLOCKS(dims[0], is_whole && is_packed4) {                                          \
            TG_READ(T, 0, first, m)                                                           \
            TG_READ(T, 1, first, m)                                                           \
            TG_READ(T, 2, first, m)                                                           \
            TG_READ(T, 3, first, m)                                                           \
            TG_RESULT(T, 4, first)                                                            \
            TG_INDEPENDENT                                                                    \
            for (tg_intp i = 0; i < m; i++) {                                                 \
                const T x = in0[i], y = in1[i], z = in2[i], w = in3[i];                       \
                out[i] = RESULT;                                                              \
            }                                                                                 \
            TG_WRITE(T, 4, first, m)                                                          \
        }                                                                                     \
    }

#endif
