/* The weights of attention, from products of queries and keys, and the gradient through them.
 *
 * A row belongs to one query. It may look at no later place than its own where `first` is not
 * negative: the place of the first row. Weights at other places are zero, and so are those of a
 * row that may look nowhere.
 */
#include "elementary.h"
#include "lanes.h"

typedef struct {
    double scale;
    int64_t first, has_mask;
} attention_params;

#define EXP(x) _Generic((x), float: tg_exp_float(x, fused), default: exp(x))

/* softmax(x * scale + mask), in place or not. */
#define WEIGHTS_ROW(dtype, T)                                                                     \
    static TG_INLINE void weights_row_##dtype(const T *x, const T *mask, T *out, tg_intp seen,    \
                                              T scale, const int has_mask, const int fused)       \
    {                                                                                             \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < seen; i++)                                                        \
            out[i] = has_mask ? x[i] * scale + mask[i] : x[i] * scale;                            \
        ROW_MAX(T, max, i, seen, out[i])                                                          \
        if (max == -INFINITY) {                                                                   \
            memset(out, 0, (size_t)seen * sizeof(T));                                             \
            return;                                                                               \
        }                                                                                         \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < seen; i++) {                                                      \
            const T difference = out[i] - max;                                                    \
            out[i] = EXP(difference);                                                             \
        }                                                                                         \
        SUM_OVER(total, i, seen, out[i])                                                          \
        const T inverse = (T)(1 / total);                                                         \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < seen; i++)                                                        \
            out[i] *= inverse;                                                                    \
    }

#define WEIGHTS(dtype, T)                                                                         \
    WEIGHTS_ROW(dtype, T)                                                                         \
    TG_VECTOR_LOOP(attention_weights_##dtype)                                                     \
    {                                                                                             \
        const attention_params *const given = params;                                             \
        const tg_intp *core = steps + 3, m = dims[2];                                             \
        for (tg_intp k = 0; k < dims[0] * dims[1]; k++) {                                         \
            const tg_intp head = k / dims[1], r = k % dims[1], visible = given->first + r + 1;    \
            const T *x = (const T *)(args[0] + head * steps[0] + r * core[0]);                    \
            const T *mask = (const T *)(args[1] + head * steps[1] + r * core[2]);                 \
            T *out = (T *)(args[2] + head * steps[2] + r * core[4]);                              \
            const tg_intp seen = given->first < 0 || visible > m ? m : visible;                   \
            if (given->has_mask)                                                                  \
                weights_row_##dtype(x, mask, out, seen, (T)given->scale, 1, fused);               \
            else                                                                                  \
                weights_row_##dtype(x, mask, out, seen, (T)given->scale, 0, fused);               \
            memset(out + seen, 0, (size_t)(m - seen) * sizeof(T));                                \
        }                                                                                         \
    }

/* weights * (g - sum(g * weights)) * scale */
#define WEIGHTS_BACKWARD(dtype, T)                                                                \
    TG_VECTOR_LOOP(attention_backward_##dtype)                                                    \
    {                                                                                             \
        const T scale = (T)((const attention_params *)params)->scale;                             \
        const tg_intp *core = steps + 3, m = dims[2];                                             \
        (void)fused;                                                                              \
        for (tg_intp k = 0; k < dims[0] * dims[1]; k++) {                                         \
            const tg_intp head = k / dims[1], r = k % dims[1];                                    \
            const T *g = (const T *)(args[0] + head * steps[0] + r * core[0]);                    \
            const T *weights = (const T *)(args[1] + head * steps[1] + r * core[2]);              \
            T *out = (T *)(args[2] + head * steps[2] + r * core[4]);                              \
            SUM_OVER(total, i, m, g[i] * weights[i])                                              \
            const T sum = (T)total;                                                               \
            TG_INDEPENDENT                                                                        \
            for (tg_intp i = 0; i < m; i++)                                                       \
                out[i] = weights[i] * (g[i] - sum) * scale;                                       \
        }                                                                                         \
    }

WEIGHTS(float32, float)
WEIGHTS(float64, double)
WEIGHTS_BACKWARD(float32, float)
WEIGHTS_BACKWARD(float64, double)

#define ROWS(dtype, number, letter)                                                               \
    {"attention_weights", "(n,m),(n,m)->(n,m)", letter letter letter, number,                     \
     attention_weights_##dtype, "dqq", sizeof(attention_params), 0},                              \
    {"attention_backward", "(n,m),(n,m)->(n,m)", letter letter letter, number,                    \
     attention_backward_##dtype, "dqq", sizeof(attention_params), 0},

/* For packed rows. */
const tg_kernel tg_attention_kernels[] = {
    ROWS(float32, TG_FLOAT32, "f")
    ROWS(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
