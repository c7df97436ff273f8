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

#define TG_FLOATS(X, op)                                                                       \
    X(op, float16, tg_half, float, tg_half_to_float, tg_float_to_half, TG_FLOAT16, "e")        \
    X(op, float32, float, float, TG_AS_IS, TG_AS_IS, TG_FLOAT32, "f")                          \
    X(op, float64, double, double, TG_AS_IS, TG_AS_IS, TG_FLOAT64, "d")

#define TG_INTEGERS(X, op) TG_UNSIGNED(X, op) TG_SIGNED(X, op)
#define TG_NUMBERS(X, op) TG_INTEGERS(X, op) TG_FLOATS(X, op)
#define TG_ALL(X, op) TG_BOOLS(X, op) TG_NUMBERS(X, op)

static inline int tg_float_is_nan(float x) { return x != x; }
static inline int tg_double_is_nan(double x) { return x != x; }
static inline int tg_never_nan(int64_t x) { (void)x; return 0; }

#define TG_IS_NAN(x) \
    _Generic((x), float: tg_float_is_nan, double: tg_double_is_nan, default: tg_never_nan)(x)

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

#define TG_LOOP(name) \
    static void name(char **args, const tg_intp *dims, const tg_intp *steps, void *params)

#define TG_AT(T, pointer, offset) (*(T *)((pointer) + (offset)))

/* Element-wise loops: RESULT is an expression in x (and y, z), SETUP declares what
 * it needs besides. Written out twice so that compilers vectorise the first. */
#define TG_MAP1(name, ...) TG_LOOP(name) TG_MAP1_BODY(__VA_ARGS__)
#define TG_MAP1_BODY(T0, C0, load0, OUT, SETUP, RESULT)                                        \
    {                                                                                          \
        const tg_intp n = dims[0], s0 = steps[0], s1 = steps[1];                               \
        (void)params;                                                                          \
        SETUP                                                                                  \
        if (s0 == (tg_intp)sizeof(T0) && s1 == (tg_intp)sizeof(OUT)) {                         \
            const T0 *in0 = (const T0 *)args[0];                                               \
            OUT *out = (OUT *)args[1];                                                         \
            TG_INDEPENDENT                                                                     \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const C0 x = load0(in0[i]);                                                    \
                out[i] = RESULT;                                                               \
            }                                                                                  \
            return;                                                                            \
        }                                                                                      \
        for (tg_intp i = 0; i < n; i++) {                                                      \
            const C0 x = load0(TG_AT(const T0, args[0], i * s0));                              \
            TG_AT(OUT, args[1], i * s1) = RESULT;                                              \
        }                                                                                      \
    }

#define TG_MAP2(name, ...) TG_LOOP(name) TG_MAP2_BODY(__VA_ARGS__)
#define TG_MAP2_BODY(T, C, load, OUT, SETUP, RESULT)                                           \
    {                                                                                          \
        const tg_intp n = dims[0], s0 = steps[0], s1 = steps[1], s2 = steps[2];                \
        (void)params;                                                                          \
        SETUP                                                                                  \
        if (s0 == (tg_intp)sizeof(T) && s1 == (tg_intp)sizeof(T) &&                            \
            s2 == (tg_intp)sizeof(OUT)) {                                                      \
            const T *in0 = (const T *)args[0], *in1 = (const T *)args[1];                      \
            OUT *out = (OUT *)args[2];                                                         \
            TG_INDEPENDENT                                                                     \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const C x = load(in0[i]), y = load(in1[i]);                                    \
                out[i] = RESULT;                                                               \
            }                                                                                  \
            return;                                                                            \
        }                                                                                      \
        if (s0 == 0 && s1 == (tg_intp)sizeof(T) && s2 == (tg_intp)sizeof(OUT) && n > 0) {      \
            const C x = load(*(const T *)args[0]); /* as the gradient of a sum is */           \
            const T *in1 = (const T *)args[1];                                                 \
            OUT *out = (OUT *)args[2];                                                         \
            TG_INDEPENDENT                                                                     \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const C y = load(in1[i]);                                                      \
                out[i] = RESULT;                                                               \
            }                                                                                  \
            return;                                                                            \
        }                                                                                      \
        for (tg_intp i = 0; i < n; i++) {                                                      \
            const C x = load(TG_AT(const T, args[0], i * s0));                                 \
            const C y = load(TG_AT(const T, args[1], i * s1));                                 \
            TG_AT(OUT, args[2], i * s2) = RESULT;                                              \
        }                                                                                      \
    }

#define TG_MAP3(name, ...) TG_LOOP(name) TG_MAP3_BODY(__VA_ARGS__)
#define TG_MAP3_BODY(T0, T1, OUT, RESULT)                                                      \
    {                                                                                          \
        const tg_intp n = dims[0], s0 = steps[0], s1 = steps[1], s2 = steps[2], s3 = steps[3]; \
        (void)params;                                                                          \
        if (s0 == (tg_intp)sizeof(T0) && s1 == (tg_intp)sizeof(T1) &&                          \
            s2 == (tg_intp)sizeof(T1) && s3 == (tg_intp)sizeof(OUT)) {                         \
            const T0 *in0 = (const T0 *)args[0];                                               \
            const T1 *in1 = (const T1 *)args[1], *in2 = (const T1 *)args[2];                   \
            OUT *out = (OUT *)args[3];                                                         \
            TG_INDEPENDENT                                                                     \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const T0 x = in0[i];                                                           \
                const T1 y = in1[i], z = in2[i];                                               \
                out[i] = RESULT;                                                               \
            }                                                                                  \
            return;                                                                            \
        }                                                                                      \
        for (tg_intp i = 0; i < n; i++) {                                                      \
            const T0 x = TG_AT(const T0, args[0], i * s0);                                     \
            const T1 y = TG_AT(const T1, args[1], i * s1);                                     \
            const T1 z = TG_AT(const T1, args[2], i * s2);                                     \
            TG_AT(OUT, args[3], i * s3) = RESULT;                                              \
        }                                                                                      \
    }

#endif
