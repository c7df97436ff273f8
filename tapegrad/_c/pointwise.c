/* Element-wise kernels that NumPy lacks, or whose numbers differ from PyTorch's. */
#include "elementary.h"
#include "through_floats.h"

#define EXP(x) _Generic((x), float: tg_exp_float(x, fused), default: exp(x))
#define EXPM1_BELOW(x) _Generic((x), float: tg_expm1_below(x, fused), default: expm1(x))
#define LOG1P(x) _Generic((x), float: tg_log1p_float(x, fused), default: log1p(x))
#define ABS(x) _Generic((x), float: fabsf, default: fabs)(x)

#define MAP1(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP1_BODY(__VA_ARGS__)
#define MAP2(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP2_BODY(__VA_ARGS__)
#define MAP3(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP3_BODY(__VA_ARGS__)

/* Only the exponential of a negative number is taken: it cannot overflow. */
#define LOG_SIGMOID_OF(C)                                       \
    static TG_INLINE C log_sigmoid_of_##C(C x, const int fused) \
    {                                                           \
        (void)fused;                                            \
        return (x < 0 ? x : (C)0) - LOG1P(EXP(-ABS(x)));        \
    }

LOG_SIGMOID_OF(float)
LOG_SIGMOID_OF(double)

#define RELU_BY(MAP1, op, dtype, T) MAP1(op##_##dtype, T, T, TG_AS_IS, T, , (x < 0 ? (T)0 : x))
#define RELU(op, dtype, T, ...) RELU_BY(MAP1, op, dtype, T)
#define RELU_INTEGER(op, dtype, T, ...) RELU_BY(TG_MAP1, op, dtype, T)

#define RELU_UNSIGNED(op, dtype, T, C, load, store, ...) \
    TG_MAP1(op##_##dtype, T, T, TG_AS_IS, T, , x)

#define SIGN(op, dtype, T, C, load, store, ...) \
    TG_MAP1(op##_##dtype, T, C, load, T, , store((C)((x > 0) - (x < 0))))

#define SIGN_FLOAT(op, dtype, T, ...) \
    MAP1(op##_##dtype, T, T, TG_AS_IS, T, , (T)((x > 0) - (x < 0)))

#define SIGN_UNSIGNED(op, dtype, T, C, load, store, ...) \
    TG_MAP1(op##_##dtype, T, C, load, T, , (x > 0))

#define RELU_BACKWARD(op, dtype, T, ...) \
    MAP2(op##_##dtype, T, T, TG_AS_IS, T, , (y <= 0 ? (T)0 : x))

#define LOG_SIGMOID(op, dtype, T, C, load, store, ...) \
    MAP1(op##_##dtype, T, C, load, T, , store(log_sigmoid_of_##C(x, fused)))

#define LEAKY_RELU(op, dtype, T, C, load, store, ...)                  \
    MAP1(op##_##dtype, T, C, load, T, const C slope = TG_PARAM(C, 0);, \
         store(x > 0 ? x : x * slope))

/* With a slope on the left for each element. */
#define PRELU(op, dtype, T, ...) MAP2(op##_##dtype, T, T, TG_AS_IS, T, , (x > 0 ? x : y * x))

#define HARDSHRINK(op, dtype, T, C, load, store, ...)                  \
    MAP1(op##_##dtype, T, C, load, T, const C limit = TG_PARAM(C, 0);, \
         ((x >= -limit) & (x <= limit) ? (C)0 : x))

#define THRESHOLD(op, dtype, T, C, load, store, ...)                          \
    MAP1(op##_##dtype, T, C, load, T,                                         \
         const C threshold = TG_PARAM(C, 0); const C value = TG_PARAM(C, 1);, \
         (x <= threshold ? value : x))

/* NaN stays what it is. */
#define SOFTSHRINK(op, dtype, T, C, load, store, ...)                  \
    MAP1(op##_##dtype, T, C, load, T, const C limit = TG_PARAM(C, 0);, \
         (x > limit ? x - limit : x < -limit ? x + limit : x * 0))

#define ELU(op, dtype, T, C, load, store, ...)                              \
    MAP1(op##_##dtype, T, C, load, T,                                       \
         const C negative_scale = (C)(TG_PARAM(double, 0) * TG_PARAM(double, 1)); \
         const C positive_scale = TG_PARAM(C, 1);                              \
         const C input_scale = TG_PARAM(C, 2);,                                \
         store(x > 0 ? x * positive_scale                                   \
                     : EXPM1_BELOW(x * input_scale) * negative_scale))

#define SOFTPLUS(op, dtype, T, C, load, store, ...)                         \
    MAP1(op##_##dtype, T, C, load, T,                                       \
         const C beta = TG_PARAM(C, 0); const C threshold = TG_PARAM(C, 1);,      \
         store(x * beta > threshold ? x : LOG1P(EXP(x * beta)) / beta))

/* x + 3, at least 0 and at most 6 */
#define HARD_GATE_OF(C)                                 \
    static TG_INLINE C hard_gate_of_##C(C x)            \
    {                                                   \
        const C raised = x + 3 < 0 ? (C)0 : x + 3;      \
        return raised > 6 ? (C)6 : raised;              \
    }

HARD_GATE_OF(float)
HARD_GATE_OF(double)

#define HARDSIGMOID(op, dtype, T, C, load, store, ...) \
    MAP1(op##_##dtype, T, C, load, T, , store(hard_gate_of_##C(x) / 6))

#define HARDSWISH(op, dtype, T, C, load, store, ...) \
    MAP1(op##_##dtype, T, C, load, T, , store(x * hard_gate_of_##C(x) / 6))

/* PyTorch composes it of three operations, each of which rounds to the dtype. */
#define BCE_WITH_LOGITS(op, dtype, T, C, load, store, ...)                          \
    MAP2(op##_##dtype, T, C, load, T, ,                                             \
         store(load(store(load(store(1 - y)) * x)) -                                \
               load(store(log_sigmoid_of_##C(x, fused)))))

/* NaN wins, whichever operand holds it; where the bounds cross, the upper one. Bounds that are
 * numbers, as most are, are looked at once. */
#define CLAMP_BY(MAP1, MAP3, op, dtype, T)                                                       \
    static TG_INLINE T op##_of_##dtype(T x, T low, T high)                                       \
    {                                                                                            \
        const T raised = (x < low) | TG_IS_NAN(low) ? low : x;                                   \
        return (raised > high) | TG_IS_NAN(high) ? high : raised;                                \
    }                                                                                            \
    MAP3(op##_between_##dtype, T, T, T, , op##_of_##dtype(x, y, z))                              \
    MAP1(op##_numbers_##dtype, T, T, TG_AS_IS, T,                                                \
         const T low = ((const T *)params)[0]; const T high = ((const T *)params)[1];,           \
         ((x < low ? low : x) > high ? high : x < low ? low : x))                                \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const T *low = (const T *)args[1], *high = (const T *)args[2];                           \
        if (dims[0] == 0 || steps[1] != 0 || steps[2] != 0 || TG_IS_NAN(*low) || TG_IS_NAN(*high)) \
            op##_between_##dtype(args, dims, steps, params);                                     \
        else                                                                                     \
            op##_numbers_##dtype((char *[]){args[0], args[3]}, dims,                             \
                                 (tg_intp[]){steps[0], steps[3]}, (T[]){*low, *high});           \
    }

#define CLAMP(op, dtype, T, ...) CLAMP_BY(MAP1, MAP3, op, dtype, T)
#define CLAMP_INTEGER(op, dtype, T, ...) CLAMP_BY(TG_MAP1, TG_MAP3, op, dtype, T)

#define WHERE(op, dtype, T, C, load, store, ...) \
    TG_MAP3(op##_##dtype, uint8_t, T, T, , (x ? y : z))

/* Strictly in order, so that several inputs may add to one output. No promise of
 * independence here: where vectorising pays, the compiler checks the overlap itself. */
#define ACCUMULATE(name, T, SUM)                                    \
    TG_LOOP(name)                                                   \
    {                                                               \
        const tg_intp n = dims[0], s0 = steps[0], s1 = steps[1];    \
        (void)params;                                               \
        if (s0 == (tg_intp)sizeof(T) && s1 == (tg_intp)sizeof(T)) { \
            const T *in = (const T *)args[0];                       \
            T *out = (T *)args[1];                                  \
            for (tg_intp i = 0; i < n; i++) {                       \
                const T x = in[i], y = out[i];                      \
                out[i] = SUM;                                       \
            }                                                       \
            return;                                                 \
        }                                                           \
        for (tg_intp i = 0; i < n; i++) {                           \
            const T x = TG_AT(const T, args[0], i * s0);            \
            T *out = &TG_AT(T, args[1], i * s1);                    \
            const T y = *out;                                       \
            *out = SUM;                                             \
        }                                                           \
    }

#define ACCUMULATE_BOOL(op, dtype, T, ...) ACCUMULATE(op##_##dtype, T, ((x | y) != 0))
#define ACCUMULATE_INTEGER(op, dtype, T, ...) \
    ACCUMULATE(op##_##dtype, T, (T)((uint64_t)y + (uint64_t)x))
#define ACCUMULATE_FLOAT(op, dtype, T, C, load, store, ...) \
    ACCUMULATE(op##_##dtype, T, store(load(y) + load(x)))

TG_UNSIGNED(RELU_UNSIGNED, relu)
TG_SIGNED(RELU_INTEGER, relu)
TG_SINGLE_AND_DOUBLE(RELU, relu)
TG_SINGLE_AND_DOUBLE(RELU_BACKWARD, relu_backward)
TG_SINGLE_AND_DOUBLE(LOG_SIGMOID, log_sigmoid)
TG_SINGLE_AND_DOUBLE(LEAKY_RELU, leaky_relu)
TG_SINGLE_AND_DOUBLE(PRELU, prelu)
TG_SINGLE_AND_DOUBLE(HARDSHRINK, hardshrink)
TG_SINGLE_AND_DOUBLE(SOFTSHRINK, softshrink)
TG_SINGLE_AND_DOUBLE(THRESHOLD, threshold)
TG_SINGLE_AND_DOUBLE(ELU, elu)
TG_SINGLE_AND_DOUBLE(SOFTPLUS, softplus)
TG_SINGLE_AND_DOUBLE(HARDSIGMOID, hardsigmoid)
TG_SINGLE_AND_DOUBLE(HARDSWISH, hardswish)
TG_MAP_THROUGH_FLOATS(relu, 1)
TG_MAP_THROUGH_FLOATS(relu_backward, 2)
TG_MAP_THROUGH_FLOATS(leaky_relu, 1)
TG_MAP_THROUGH_FLOATS(prelu, 2)
TG_MAP_THROUGH_FLOATS(hardsigmoid, 1)
TG_MAP_THROUGH_FLOATS(hardswish, 1)
TG_MAP_THROUGH_FLOATS(log_sigmoid, 1)
TG_MAP_THROUGH_FLOATS(hardshrink, 1)
TG_MAP_THROUGH_FLOATS(softshrink, 1)
TG_MAP_THROUGH_FLOATS(threshold, 1)
TG_MAP_THROUGH_FLOATS(elu, 1)
TG_MAP_THROUGH_FLOATS(softplus, 1)
TG_FLOATS(BCE_WITH_LOGITS, bce_with_logits)
TG_INTEGERS(CLAMP_INTEGER, clamp)
TG_SINGLE_AND_DOUBLE(CLAMP, clamp)
TG_MAP_THROUGH_FLOATS(clamp, 3)
TG_ALL(WHERE, where)
TG_BOOLS(SIGN_UNSIGNED, sign)
TG_UNSIGNED(SIGN_UNSIGNED, sign)
TG_SIGNED(SIGN, sign)
TG_SINGLE_AND_DOUBLE(SIGN_FLOAT, sign)
TG_MAP_THROUGH_FLOATS(sign, 1)
TG_BOOLS(ACCUMULATE_BOOL, accumulate)
TG_INTEGERS(ACCUMULATE_INTEGER, accumulate)
TG_FLOATS(ACCUMULATE_FLOAT, accumulate)

#define ROW1_WITH_1(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter letter, number, op##_##dtype, "d", sizeof(double), 0},
#define ROW1_WITH_2(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter letter, number, op##_##dtype, "dd", 2 * sizeof(double), 0},
#define ROW1_WITH_3(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter letter, number, op##_##dtype, "ddd", 3 * sizeof(double), 0},
#define ROW3(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),(),()->()", letter letter letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_WHERE(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),(),()->()", "?" letter letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_pointwise_kernels[] = {
    TG_NUMBERS(TG_ROW1, relu)
    TG_FLOATS(TG_ROW2, relu_backward)
    TG_FLOATS(TG_ROW1, log_sigmoid)
    TG_FLOATS(TG_ROW1, hardsigmoid)
    TG_FLOATS(TG_ROW1, hardswish)
    TG_FLOATS(ROW1_WITH_1, leaky_relu)
    TG_FLOATS(TG_ROW2, prelu)
    TG_FLOATS(ROW1_WITH_1, hardshrink)
    TG_FLOATS(ROW1_WITH_1, softshrink)
    TG_FLOATS(ROW1_WITH_2, threshold)
    TG_FLOATS(ROW1_WITH_3, elu)
    TG_FLOATS(ROW1_WITH_2, softplus)
    TG_FLOATS(TG_ROW2, bce_with_logits)
    TG_NUMBERS(ROW3, clamp)
    TG_ALL(ROW_WHERE, where)
    TG_ALL(TG_ROW1, sign)
    TG_ALL(TG_ROW1, accumulate)
    TG_TABLE_END
};
