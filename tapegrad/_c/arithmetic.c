/* Arithmetic and tests of numbers that NumPy lacks or does otherwise than PyTorch. */
#include "through_floats.h"

#define TRUNC(x) _Generic((x), float: truncf, default: trunc)(x)
#define COPYSIGN(x, y) _Generic((x), float: copysignf, default: copysign)(x, y)
#define FLOOR(x) _Generic((x), float: floorf, default: floor)(x)
#define ABS(x) _Generic((x), float: fabsf, default: fabs)(x)
#define FMA(x, y, z) _Generic((x), float: fmaf, default: fma)(x, y, z)
#define FMOD(x, y) _Generic((x), float: fmodf, default: fmod)(x, y)
#define SQRT(x) _Generic((x), float: sqrtf, default: sqrt)(x)
#define PARAM(C, k) ((C)((const double *)params)[k])

#define MAP1(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP1_BODY(__VA_ARGS__)
#define MAP2(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP2_BODY(__VA_ARGS__)

/* No operation here traps: callers refuse divisors of zero, and the smallest number divided by -1
 * wraps to itself. */
#define DIV_TRUNC_UNSIGNED(op, dtype, T, ...) \
    TG_MAP2(op##_##dtype, T, T, TG_AS_IS, T, , (y == 0 ? (T)0 : (T)(x / y)))
#define DIV_TRUNC_SIGNED(op, dtype, T, ...)    \
    TG_MAP2(op##_##dtype, T, T, TG_AS_IS, T, , \
            (y == 0 ? (T)0 : y == -1 ? (T)(0 - (uint64_t)x) : (T)(x / y)))
#define DIV_TRUNC_FLOAT(op, dtype, T, C, load, store, ...) \
    TG_MAP2(op##_##dtype, T, C, load, T, , store(TRUNC(load(store(x / y)))))

/* What a division leaves, exactly, if the quotient is small: rounded to a number that is whole, it
 * may be one too large, never too small. */
#define REST(C)                                                                            \
    static TG_INLINE C rest_of_##C(C x, C y, C quotient)                                   \
    {                                                                                      \
        const C whole = TRUNC(quotient), rest = whole == 0 ? x : FMA(-whole, y, x);        \
        return COPYSIGN(IS_OTHER_SIGN(rest, x) ? ABS(y) - ABS(rest) : rest, x);            \
    }

#define IS_OTHER_SIGN(rest, y) ((rest != 0) & ((rest < 0) != (y < 0)))
#define FMOD_OF_REST(C) (rest)
#define REMAINDER_OF_REST(C) (IS_OTHER_SIGN(rest, y) ? rest + y : rest)
#define DIV_FLOOR_OF_REST(C) div_floor_of_##C(x, y, rest)

#define DIV_FLOOR(C)                                                                       \
    static TG_INLINE C div_floor_of_##C(C x, C y, C rest)                                  \
    {                                                                                      \
        const C exact = (x - rest) / y - IS_OTHER_SIGN(rest, y), floored = FLOOR(exact);   \
        const C nearest = floored + (exact - floored > (C)0.5);                            \
        return y == 0 ? x / y : exact == 0 ? COPYSIGN((C)0, x / y) : nearest;              \
    }

REST(float)
REST(double)
DIV_FLOOR(float)
DIV_FLOOR(double)

/* Whole numbers that doubles hold are divided as doubles, side by side: at most the quotient is
 * rounded up to a whole number, which what is left then tells by its sign. A block with others is
 * divided as it is. */
#define MOST_EXACT ((uint64_t)1 << 52)

static TG_INLINE int64_t div_floor_exact(int64_t x, int64_t y, const int fused)
{
    const double a = (double)x, b = (double)y, whole = floor(a / b);
    const double rest = fused ? fma(-whole, b, a) : (double)(x - (int64_t)whole * y);
    return (int64_t)(whole - IS_OTHER_SIGN(rest, b));
}

static int64_t div_floor_any(int64_t x, int64_t y)
{
    if (y == 0 || y == -1)
        return y == 0 ? 0 : (int64_t)(0 - (uint64_t)x);
    const int64_t quotient = x / y;
    return quotient - IS_OTHER_SIGN(x - quotient * y, y);
}

TG_VECTOR_LOOP(div_floor_int64)
{
    TG_OPERAND(int64_t, 0) TG_OPERAND(int64_t, 1) TG_OPERAND(int64_t, 2)
    (void)params;
    TG_BLOCKS(dims[0], 0) {
        TG_READ(int64_t, 0, first, m)
        TG_READ(int64_t, 1, first, m)
        TG_RESULT(int64_t, 2, first)
        uint64_t furthest = 0;
        int is_hard = 0;
        for (tg_intp i = 0; i < m; i++) {
            furthest |= ((uint64_t)in0[i] + MOST_EXACT) | ((uint64_t)in1[i] + MOST_EXACT);
            is_hard |= in1[i] == 0;
        }
        is_hard |= furthest >= 2 * MOST_EXACT; /* or lies below minus that */
        TG_INDEPENDENT
        for (tg_intp i = 0; i < m && !is_hard; i++)
            out[i] = div_floor_exact(in0[i], in1[i], fused);
        for (tg_intp i = 0; i < m && is_hard; i++)
            out[i] = div_floor_any(in0[i], in1[i]);
        TG_WRITE(int64_t, 2, first, m)
    }
}

/* Blocks with a large quotient, or one that is no number, are left to the C library. */
#define REMAINDER_LOOP(op, dtype, C, limit, OF_REST)                                       \
    TG_VECTOR_LOOP_OF(op##_##dtype)                                                        \
    {                                                                                      \
        TG_OPERAND(C, 0) TG_OPERAND(C, 1) TG_OPERAND(C, 2)                                 \
        C quotients[TG_BLOCK];                                                             \
        (void)params;                                                                      \
        TG_BLOCKS(dims[0], 0) {                                                            \
            TG_READ(C, 0, first, m)                                                        \
            TG_READ(C, 1, first, m)                                                        \
            TG_RESULT(C, 2, first)                                                         \
            int is_hard = !fused;                                                          \
            for (tg_intp i = 0; i < m; i++) {                                              \
                quotients[i] = in0[i] / in1[i];                                            \
                is_hard |= !(ABS(quotients[i]) < (C)limit);                                \
            }                                                                              \
            TG_INDEPENDENT                                                                 \
            for (tg_intp i = 0; i < m && !is_hard; i++) {                                  \
                const C x = in0[i], y = in1[i], rest = rest_of_##C(x, y, quotients[i]);    \
                out[i] = OF_REST(C);                                                       \
            }                                                                              \
            TG_INDEPENDENT                                                                 \
            for (tg_intp i = 0; i < m && is_hard; i++) {                                   \
                const C x = in0[i], y = in1[i], rest = FMOD(x, y);                         \
                out[i] = OF_REST(C);                                                       \
            }                                                                              \
            TG_WRITE(C, 2, first, m)                                                       \
        }                                                                                  \
    }

#define REMAINDERS(op, OF_REST)                            \
    REMAINDER_LOOP(op, float32, float, 0x1p22, OF_REST)    \
    REMAINDER_LOOP(op, float64, double, 0x1p51, OF_REST)   \
    TG_MAP_THROUGH_FLOATS(op, 2)

/* Euclid's algorithm. As in PyTorch, short products lose their sign in an int, before they
 * wrap. The smallest number has no positive counterpart: it stays as it is, and the result may be
 * negative then, as in PyTorch. */
#define IS_MINUS_ONE(T, x) ((T)-1 < (T)1 && (x) == (T)-1)
#define GCD(op, dtype, T, ...)                                       \
    static inline T size_of_##dtype(T x)                             \
    {                                                                \
        return x < (T)1 ? (T)(0 - (uint64_t)x) : x;                  \
    }                                                                \
    static inline T op##_of_##dtype(T x, T y)                        \
    {                                                                \
        T a = size_of_##dtype(x), b = size_of_##dtype(y);            \
        while (a != 0) {                                             \
            const T rest = IS_MINUS_ONE(T, a) ? (T)0 : (T)(b % a);   \
            b = a;                                                   \
            a = rest;                                                \
        }                                                            \
        return b;                                                    \
    }                                                                \
    TG_MAP2(op##_##dtype, T, T, TG_AS_IS, T, , op##_of_##dtype(x, y))

#define LCM(op, dtype, T, ...)                                                         \
    static inline T op##_of_##dtype(T x, T y)                                          \
    {                                                                                  \
        const T g = gcd_of_##dtype(x, y);                                              \
        const T part = g == 0 ? (T)0                                                   \
                       : IS_MINUS_ONE(T, g) ? (T)(0 - (uint64_t)x) : (T)(x / g);       \
        const int64_t product = (int64_t)((uint64_t)part * (uint64_t)y);               \
        return sizeof(T) < sizeof(int) ? (T)(product < 0 ? 0 - (uint64_t)product       \
                                                         : (uint64_t)product)          \
                                       : size_of_##dtype((T)product);                  \
    }                                                                                  \
    TG_MAP2(op##_##dtype, T, T, TG_AS_IS, T, , op##_of_##dtype(x, y))

#define HEAVISIDE(op, dtype, T, C, load, store, ...) \
    TG_MAP2(op##_##dtype, T, T, TG_AS_IS, T, ,       \
            (load(x) == 0 ? y : store((C)(load(x) > 0))))

#define SIGNBIT_UNSIGNED(op, dtype, T, ...) \
    TG_MAP1(op##_##dtype, T, T, TG_AS_IS, uint8_t, , (uint8_t)(0 * x))
#define SIGNBIT_SIGNED(op, dtype, T, ...) \
    TG_MAP1(op##_##dtype, T, T, TG_AS_IS, uint8_t, , (x < 0))
#define SIGNBIT_FLOAT(op, dtype, T, C, load, ...) \
    TG_MAP1(op##_##dtype, T, C, load, uint8_t, , (COPYSIGN((C)1, x) < 0))

/* The size of the one with the sign of the other. */
#define COPY_SIGN(op, dtype, T, ...) \
    MAP2(op##_##dtype, T, T, TG_AS_IS, T, , COPYSIGN(x, y))

#define NAN_TO_NUM(op, dtype, T, ...)                                                       \
    MAP1(op##_##dtype, T, T, TG_AS_IS, T,                                                   \
         const T nan = PARAM(T, 0); const T above = PARAM(T, 1); const T below = PARAM(T, 2);, \
         (TG_IS_NAN(x) ? nan : x == (T)INFINITY ? above : x == -(T)INFINITY ? below : x))

/* NaN is true. */
#define LOGICAL_NOT(op, dtype, T, ...) MAP1(op##_##dtype, T, T, TG_AS_IS, uint8_t, , (x == 0))
#define FRAC(op, dtype, T, ...) MAP1(op##_##dtype, T, T, TG_AS_IS, T, , (x - TRUNC(x)))
#define RECIPROCAL(op, dtype, T, ...) MAP1(op##_##dtype, T, T, TG_AS_IS, T, , (1 / x))
#define RSQRT(op, dtype, T, ...) MAP1(op##_##dtype, T, T, TG_AS_IS, T, , (1 / SQRT(x)))

/* The larger and the smaller of two; NaN if either is. */
#define MAXIMUM(op, dtype, T, ...) \
    MAP2(op##_##dtype, T, T, TG_AS_IS, T, , ((x >= y) | (x != x) ? x : y))
#define MINIMUM(op, dtype, T, ...) \
    MAP2(op##_##dtype, T, T, TG_AS_IS, T, , ((x <= y) | (x != x) ? x : y))

TG_UNSIGNED(DIV_TRUNC_UNSIGNED, div_trunc)
TG_SIGNED(DIV_TRUNC_SIGNED, div_trunc)
TG_FLOATS(DIV_TRUNC_FLOAT, div_trunc)
REMAINDERS(fmod, FMOD_OF_REST)
REMAINDERS(remainder, REMAINDER_OF_REST)
REMAINDERS(div_floor, DIV_FLOOR_OF_REST)
TG_INTEGERS(GCD, gcd)
TG_INTEGERS(LCM, lcm)
TG_ALL(HEAVISIDE, heaviside)
TG_BOOLS(SIGNBIT_UNSIGNED, signbit)
TG_UNSIGNED(SIGNBIT_UNSIGNED, signbit)
TG_SIGNED(SIGNBIT_SIGNED, signbit)
TG_FLOATS(SIGNBIT_FLOAT, signbit)
TG_SINGLE_AND_DOUBLE(COPY_SIGN, copysign)
TG_SINGLE_AND_DOUBLE(NAN_TO_NUM, nan_to_num)
TG_SINGLE_AND_DOUBLE(LOGICAL_NOT, logical_not)
TG_SINGLE_AND_DOUBLE(FRAC, frac)
TG_SINGLE_AND_DOUBLE(RECIPROCAL, reciprocal)
TG_SINGLE_AND_DOUBLE(RSQRT, rsqrt)
TG_SINGLE_AND_DOUBLE(MAXIMUM, maximum)
TG_SINGLE_AND_DOUBLE(MINIMUM, minimum)
TG_MAP_THROUGH_FLOATS(copysign, 2)
TG_MAP_THROUGH_FLOATS(nan_to_num, 1)
TG_MAP_THROUGH_FLOATS(frac, 1)
TG_MAP_THROUGH_FLOATS(rsqrt, 1)

#define ROW_PREDICATE(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter "?", number, op##_##dtype, NULL, 0, 0},
#define ROW_WITH_3(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter letter, number, op##_##dtype, "ddd", 3 * sizeof(double), 0},

const tg_kernel tg_arithmetic_kernels[] = {
    TG_NUMBERS(TG_ROW2, div_trunc)
    TG_FLOATS(TG_ROW2, fmod)
    TG_FLOATS(TG_ROW2, remainder)
    TG_FLOATS(TG_ROW2, div_floor)
    {"div_floor", "(),()->()", "lll", TG_INT64, div_floor_int64, NULL, 0, 0},
    TG_INTEGERS(TG_ROW2, gcd)
    TG_INTEGERS(TG_ROW2, lcm)
    TG_ALL(TG_ROW2, heaviside)
    TG_ALL(ROW_PREDICATE, signbit)
    TG_FLOATS(TG_ROW2, copysign)
    TG_FLOATS(ROW_WITH_3, nan_to_num)
    TG_SINGLE_AND_DOUBLE(ROW_PREDICATE, logical_not)
    TG_FLOATS(TG_ROW1, frac)
    TG_SINGLE_AND_DOUBLE(TG_ROW1, reciprocal)
    TG_FLOATS(TG_ROW1, rsqrt)
    TG_SINGLE_AND_DOUBLE(TG_ROW2, maximum)
    TG_SINGLE_AND_DOUBLE(TG_ROW2, minimum)
    TG_TABLE_END
};
