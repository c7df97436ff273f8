/* Gradients of activations and losses: x is the gradient that arrives, y the input. */
#include "elementary.h"
#include "through_floats.h"

#define EXP(x) _Generic((x), float: tg_exp_float(x, fused), default: exp(x))
#define SIGMOID(x) _Generic((x), float: tg_sigmoid_float(x, fused), default: tg_sigmoid_double(x))

#define MAP2(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP2_BODY(__VA_ARGS__)
#define MAP3(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP3_BODY(__VA_ARGS__)

/* of y s with s the sigmoid of y */
#define SILU_OF(C)                                                     \
    static TG_INLINE C silu_slope_of_##C(C x, const int fused)         \
    {                                                                  \
        const C gate = SIGMOID(x);                                     \
        (void)fused;                                                   \
        return gate * (x * (1 - gate) + 1);                            \
    }

SILU_OF(float)
SILU_OF(double)

#define SILU_BACKWARD(op, dtype, T, C, load, store, ...) \
    MAP2(op##_##dtype, T, C, load, T, , x * silu_slope_of_##C(y, fused))

#define LOG_SIGMOID_BACKWARD(op, dtype, T, C, load, store, ...) \
    MAP2(op##_##dtype, T, C, load, T, , x * SIGMOID(-y))

#define SOFTPLUS_BACKWARD(op, dtype, T, C, load, store, ...)                      \
    MAP2(op##_##dtype, T, C, load, T,                                             \
         const C beta = TG_PARAM(C, 0); const C threshold = TG_PARAM(C, 1);,      \
         (y * beta > threshold ? x : x * SIGMOID(y * beta)))

/* Both sides are computed, for compilers to choose among vectors: nothing overflows. */
#define ELU_OF(C)                                                                              \
    static TG_INLINE C elu_slope_of_##C(C x, C input_scale, C above, C below, const int fused) \
    {                                                                                          \
        const C tail = EXP((x > 0 ? (C)0 : x) * input_scale) * below;                          \
        (void)fused;                                                                           \
        return x <= 0 ? tail : above;                                                           \
    }

ELU_OF(float)
ELU_OF(double)

#define ELU_BACKWARD(op, dtype, T, C, load, store, ...)                                        \
    MAP2(op##_##dtype, T, C, load, T,                                                          \
         const C input_scale = TG_PARAM(C, 2); const C above = TG_PARAM(C, 1);                 \
         const C below = (C)(TG_PARAM(double, 0) * TG_PARAM(double, 1) * TG_PARAM(double, 2));, \
         x * elu_slope_of_##C(y, input_scale, above, below, fused))

#define LEAKY_RELU_BACKWARD(op, dtype, T, C, load, store, ...)                    \
    TG_MAP2(op##_##dtype, T, C, load, T, const C slope = TG_PARAM(C, 0);, (y > 0 ? x : x * slope))

#define HARDSWISH_BACKWARD(op, dtype, T, C, load, store, ...) \
    TG_MAP2(op##_##dtype, T, C, load, T, ,                       \
         (y <= -3 ? (C)0 : y < 3 ? x * (y / 3 + (C)0.5) : x))

/* Bounds themselves are outside of the first two, and inside of the third. NaN is nowhere. */
#define SLOPE_INSIDE(op, dtype, T, C, load, store, ...)                           \
    TG_MAP2(op##_##dtype, T, C, load, T,                                          \
            const C low = TG_PARAM(C, 0); const C high = TG_PARAM(C, 1);          \
            const C slope = TG_PARAM(C, 2);,                                      \
            ((y > low) & (y < high) ? x * slope : (C)0))

#define ZERO_OUTSIDE(op, dtype, T, C, load, store, ...)                           \
    TG_MAP2(op##_##dtype, T, C, load, T,                                          \
            const C low = TG_PARAM(C, 0); const C high = TG_PARAM(C, 1);,         \
            ((y <= low) | (y >= high) ? (C)0 : x))

#define ZERO_INSIDE(op, dtype, T, C, load, store, ...)                            \
    TG_MAP2(op##_##dtype, T, C, load, T,                                          \
            const C low = TG_PARAM(C, 0); const C high = TG_PARAM(C, 1);,         \
            ((y >= low) & (y <= high) ? (C)0 : x))

/* Of a difference d: its square, whose slope is 2 d; the number has a mean's divisor in it. */
#define SQUARED_ERROR(op, dtype, T, C, load, store, ...) \
    MAP2(op##_##dtype, T, C, load, T, , (x - y) * (x - y))

#define SQUARED_ERROR_BACKWARD(op, dtype, T, C, load, store, ...) \
    MAP3(op##_##dtype, T, T, T, const C factor = TG_PARAM(C, 0);, factor * (y - z) * x)

/* Of a difference d: a parabola up to a limit, then a line. */
#define BEND(C)                        \
    const C limit = TG_PARAM(C, 0);    \
    const C curvature = TG_PARAM(C, 1); \
    const C steepness = TG_PARAM(C, 2);

#define PARABOLA_OF(C, ABS)                                                             \
    static TG_INLINE C bent_##C(C d, C limit, C curvature, C steepness)                 \
    {                                                                                   \
        const C distance = ABS(d);                                                      \
        return distance < limit ? distance * distance * ((C)0.5 * curvature)            \
                                : (distance - (C)0.5 * limit) * steepness;              \
    }                                                                                   \
    static TG_INLINE C bent_slope_##C(C d, C limit, C curvature, C steepness)           \
    {                                                                                   \
        return d < -limit ? -steepness : d > limit ? steepness : d * curvature;         \
    }

PARABOLA_OF(float, fabsf)
PARABOLA_OF(double, fabs)

#define HUBER(op, dtype, T, C, load, store, ...)                                        \
    MAP2(op##_##dtype, T, C, load, T, BEND(C),                                             \
         bent_##C(x - y, limit, curvature, steepness))

#define HUBER_BACKWARD(op, dtype, T, C, load, store, ...)                               \
    MAP3(op##_##dtype, T, T, T, BEND(C),                                                   \
         x * bent_slope_##C(y - z, limit, curvature, steepness))

TG_SINGLE_AND_DOUBLE(SILU_BACKWARD, silu_backward)
TG_SINGLE_AND_DOUBLE(LOG_SIGMOID_BACKWARD, log_sigmoid_backward)
TG_SINGLE_AND_DOUBLE(SOFTPLUS_BACKWARD, softplus_backward)
TG_SINGLE_AND_DOUBLE(ELU_BACKWARD, elu_backward)
TG_SINGLE_AND_DOUBLE(LEAKY_RELU_BACKWARD, leaky_relu_backward)
TG_SINGLE_AND_DOUBLE(HARDSWISH_BACKWARD, hardswish_backward)
TG_SINGLE_AND_DOUBLE(SLOPE_INSIDE, slope_inside)
TG_SINGLE_AND_DOUBLE(ZERO_OUTSIDE, zero_outside)
TG_SINGLE_AND_DOUBLE(ZERO_INSIDE, zero_inside)
TG_SINGLE_AND_DOUBLE(SQUARED_ERROR, squared_error)
TG_SINGLE_AND_DOUBLE(SQUARED_ERROR_BACKWARD, squared_error_backward)
TG_SINGLE_AND_DOUBLE(HUBER, huber)
TG_SINGLE_AND_DOUBLE(HUBER_BACKWARD, huber_backward)

TG_MAP_THROUGH_FLOATS(silu_backward, 2)
TG_MAP_THROUGH_FLOATS(log_sigmoid_backward, 2)
TG_MAP_THROUGH_FLOATS(softplus_backward, 2)
TG_MAP_THROUGH_FLOATS(elu_backward, 2)
TG_MAP_THROUGH_FLOATS(leaky_relu_backward, 2)
TG_MAP_THROUGH_FLOATS(hardswish_backward, 2)
TG_MAP_THROUGH_FLOATS(slope_inside, 2)
TG_MAP_THROUGH_FLOATS(zero_outside, 2)
TG_MAP_THROUGH_FLOATS(zero_inside, 2)
TG_MAP_THROUGH_FLOATS(squared_error_backward, 3)
TG_MAP_THROUGH_FLOATS(huber, 2)
TG_MAP_THROUGH_FLOATS(huber_backward, 3)

#define ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_WITH_1(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, "d", sizeof(double), 0},
#define ROW_WITH_2(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, "dd", 2 * sizeof(double), 0},
#define ROW_WITH_3(op, dtype, T, C, load, store, number, letter) \
    {#op, "(),()->()", letter letter letter, number, op##_##dtype, "ddd", 3 * sizeof(double), 0},
#define ROW_OF_3_WITH_1(op, dtype, T, C, load, store, number, letter)                     \
    {#op, "(),(),()->()", letter letter letter letter, number, op##_##dtype, "d",         \
     sizeof(double), 0},
#define ROW_OF_3_WITH_3(op, dtype, T, C, load, store, number, letter)                     \
    {#op, "(),(),()->()", letter letter letter letter, number, op##_##dtype, "ddd",       \
     3 * sizeof(double), 0},

const tg_kernel tg_slopes_kernels[] = {
    TG_FLOATS(ROW, silu_backward)
    TG_FLOATS(ROW, log_sigmoid_backward)
    TG_FLOATS(ROW_WITH_2, softplus_backward)
    TG_FLOATS(ROW_WITH_3, elu_backward)
    TG_FLOATS(ROW_WITH_1, leaky_relu_backward)
    TG_FLOATS(ROW, hardswish_backward)
    TG_FLOATS(ROW_WITH_3, slope_inside)
    TG_FLOATS(ROW_WITH_2, zero_outside)
    TG_FLOATS(ROW_WITH_2, zero_inside)
    TG_SINGLE_AND_DOUBLE(ROW, squared_error)
    TG_FLOATS(ROW_OF_3_WITH_1, squared_error_backward)
    TG_FLOATS(ROW_WITH_3, huber)
    TG_FLOATS(ROW_OF_3_WITH_3, huber_backward)
    TG_TABLE_END
};
