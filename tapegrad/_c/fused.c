/* Several operations in one pass, of which the last sum is rounded once with its product. */
#include "through_floats.h"

#define FMA(x, y, z) _Generic((x), float: tg_fma((float)(x), (float)(y), (float)(z), fused), \
                              default: fma(x, y, z))

#define MAP3(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP3_BODY(__VA_ARGS__)
#define MAP4(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP4_BODY(__VA_ARGS__)

#define ADD_SCALED(op, dtype, T, ...) MAP3(op##_##dtype, T, T, T, , FMA(z, y, x))
#define SUB_SCALED(op, dtype, T, ...) MAP3(op##_##dtype, T, T, T, , FMA(-z, y, x))

/* The factor comes first, as in PyTorch. */
#define ADDCMUL(op, dtype, T, ...) MAP4(op##_##dtype, T, FMA(w * y, z, x))
#define ADDCDIV(op, dtype, T, ...) MAP4(op##_##dtype, T, (x + w * y / z))

/* From the nearer end, so that a weight of 1 gives the end itself. */
#define LERP(op, dtype, T, ...)                                        \
    static TG_INLINE T op##_of_##T(T start, T end, T w, const int fused) \
    {                                                                  \
        const int is_near = (w > (T)-0.5) & (w < (T)0.5);              \
        (void)fused;                                                   \
        return FMA(is_near ? w : w - 1, end - start, is_near ? start : end); \
    }                                                                  \
    MAP3(op##_##dtype, T, T, T, , op##_of_##T(x, y, z, fused))

TG_SINGLE_AND_DOUBLE(ADD_SCALED, add_scaled)
TG_SINGLE_AND_DOUBLE(SUB_SCALED, sub_scaled)
TG_SINGLE_AND_DOUBLE(ADDCMUL, addcmul)
TG_SINGLE_AND_DOUBLE(ADDCDIV, addcdiv)
TG_SINGLE_AND_DOUBLE(LERP, lerp)
TG_MAP_THROUGH_FLOATS(lerp, 3)

#define ROW3(op, dtype, T, C, load, store, number, x) \
    {#op, "(),(),()->()", x x x x, number, op##_##dtype, NULL, 0, 0},
#define ROW4(op, dtype, T, C, load, store, number, x) \
    {#op, "(),(),(),()->()", x x x x x, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_fused_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROW3, add_scaled)
    TG_SINGLE_AND_DOUBLE(ROW3, sub_scaled)
    TG_SINGLE_AND_DOUBLE(ROW4, addcmul)
    TG_SINGLE_AND_DOUBLE(ROW4, addcdiv)
    TG_FLOATS(ROW3, lerp)
    TG_TABLE_END
};
