/* Powers by numbers for which there is a shorter way than the general one, taken as PyTorch takes
 * it. */
#include "vectors.h"

#define SQRT(x) _Generic((x), float: sqrtf, double: sqrt)(x)

#define MAP1(name, T, RESULT) \
    TG_VECTOR_LOOP_OF(name) TG_MAP1_BODY(T, T, TG_AS_IS, T, (void)fused;, RESULT)

#define EASY_POWER(T, dtype)                                                                  \
    MAP1(square_##dtype, T, x * x)                                                            \
    MAP1(cube_##dtype, T, x * x * x)                                                          \
    MAP1(root_##dtype, T, SQRT(x))                                                            \
    MAP1(inverse_##dtype, T, (T)1 / x)                                                        \
    MAP1(inverse_square_##dtype, T, (T)1 / (x * x))                                           \
    MAP1(inverse_root_##dtype, T, (T)1 / SQRT(x))                                             \
    /* The exponent is the same for all. */                                                   \
    TG_LOOP(easy_power_##dtype)                                                               \
    {                                                                                         \
        const T exponent = *(const T *)args[1];                                               \
        char *pair[2] = {args[0], args[2]};                                                   \
        const tg_intp strides[2] = {steps[0], steps[2]};                                      \
        const tg_loop loop = exponent == 2      ? square_##dtype                              \
                             : exponent == 3    ? cube_##dtype                                \
                             : exponent == -1   ? inverse_##dtype                             \
                             : exponent == -2   ? inverse_square_##dtype                      \
                             : exponent > 0     ? root_##dtype                                \
                                                : inverse_root_##dtype;                       \
        loop(pair, dims, strides, params);                                                    \
    }

EASY_POWER(float, float32)
EASY_POWER(double, float64)

const tg_kernel tg_power_kernels[] = {
    {"easy_power", "(),()->()", "fff", TG_FLOAT32, easy_power_float32, NULL, 0, 0},
    {"easy_power", "(),()->()", "ddd", TG_FLOAT64, easy_power_float64, NULL, 0, 0},
    TG_TABLE_END
};
