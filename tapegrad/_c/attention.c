/* The weights of attention, from products of queries and keys, and the gradient through them.
 *
 * A row belongs to one query. It may look at the first `n_keys` places, and at no later one than
 * its own where `first` is not negative: the place of the first row. Weights at other places are
 * zero, and so are those of a row that may look nowhere. Rows are some places longer than there are
 * keys, so that loops end with whole vectors.
 */
#include "elementary.h"
#include "lanes.h"

typedef struct {
    double scale;
    int64_t n_keys, first, has_mask;
} attention_params;

#define EXP(x) _Generic((x), float: tg_exp_below(x, fused), default: exp(x))

/* softmax(x * scale + mask) in place; minus infinity gives the places behind their weight, zero. */
#define WEIGHTS_ROW(dtype, T)                                                                     \
    static TG_INLINE void weights_row_##dtype(const T *x, const T *mask, T *out, tg_intp seen,    \
                                              tg_intp n, T scale, const int has_mask,             \
                                              const int fused)                                    \
    {                                                                                             \
        const tg_intp whole = (seen + CHOICE_LANES - 1) / CHOICE_LANES * CHOICE_LANES;            \
        const tg_intp end = whole < n ? whole : n;                                                \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < end; i++)                                                         \
            out[i] = i < seen ? x[i] * scale : -INFINITY;                                         \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < seen && has_mask; i++)                                            \
            out[i] += mask[i];                                                                    \
        ROW_MAX(T, max, i, end, out[i])                                                           \
        memset(out + end, 0, (size_t)(n - end) * sizeof(T));                                      \
        if (max == -INFINITY) {                                                                   \
            SUM_OVER(infinity, i, seen, out[i])                                                   \
            const T weight = TG_IS_NAN(infinity) ? (T)NAN : 0;                                    \
            for (tg_intp i = 0; i < end; i++)                                                     \
                out[i] = weight;                                                                  \
            return;                                                                               \
        }                                                                                         \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < end; i++) {                                                       \
            const T difference = out[i] - max;                                                    \
            out[i] = EXP(difference);                                                             \
        }                                                                                         \
        SUM_OVER(total, i, end, out[i])                                                           \
        const T inverse = (T)(1 / total);                                                         \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < end; i++)                                                         \
            out[i] *= inverse;                                                                    \
    }

#define WEIGHTS(dtype, T)                                                                         \
    WEIGHTS_ROW(dtype, T)                                                                         \
    TG_VECTOR_LOOP(attention_weights_##dtype)                                                     \
    {                                                                                             \
        const attention_params *const given = params;                                             \
        const tg_intp *core = steps + 3;                                                          \
        for (tg_intp head = 0; head < dims[0]; head++)                                            \
            for (tg_intp r = 0; r < dims[1]; r++) {                                               \
                const T *x = (const T *)(args[0] + head * steps[0] + r * core[0]);                \
                const T *mask = (const T *)(args[1] + head * steps[1] + r * core[2]);             \
                T *out = (T *)(args[2] + head * steps[2] + r * core[4]);                          \
                const tg_intp own = given->first + r + 1;                                         \
                const tg_intp seen =                                                              \
                    given->first < 0 || own > given->n_keys ? given->n_keys : own;                \
                if (given->has_mask)                                                              \
                    weights_row_##dtype(x, mask, out, seen, dims[2], (T)given->scale, 1, fused);  \
                else                                                                              \
                    weights_row_##dtype(x, mask, out, seen, dims[2], (T)given->scale, 0, fused);  \
            }                                                                                     \
    }

/* weights * (g - sum(g * weights)) * scale */
#define WEIGHTS_BACKWARD(dtype, T)                                                                \
    TG_VECTOR_LOOP(attention_backward_##dtype)                                                    \
    {                                                                                             \
        const T scale = (T)((const attention_params *)params)->scale;                             \
        const tg_intp *core = steps + 3, m = dims[2];                                             \
        (void)fused;                                                                              \
        for (tg_intp head = 0; head < dims[0]; head++)                                            \
            for (tg_intp r = 0; r < dims[1]; r++) {                                               \
                const T *g = (const T *)(args[0] + head * steps[0] + r * core[0]);                \
                const T *weights = (const T *)(args[1] + head * steps[1] + r * core[2]);          \
                T *out = (T *)(args[2] + head * steps[2] + r * core[4]);                          \
                SUM_OVER(total, i, m, g[i] * weights[i])                                          \
                const T sum = (T)total;                                                           \
                TG_INDEPENDENT                                                                    \
                for (tg_intp i = 0; i < m; i++)                                                   \
                    out[i] = weights[i] * (g[i] - sum) * scale;                                   \
            }                                                                                     \
    }

WEIGHTS(float32, float)
WEIGHTS(float64, double)
WEIGHTS_BACKWARD(float32, float)
WEIGHTS_BACKWARD(float64, double)

#define ROWS(dtype, number, letter)                                                               \
    {"attention_weights", "(n,m),(n,m)->(n,m)", letter letter letter, number,                     \
     attention_weights_##dtype, "dqqq", sizeof(attention_params), 0},                             \
    {"attention_backward", "(n,m),(n,m)->(n,m)", letter letter letter, number,                    \
     attention_backward_##dtype, "dqqq", sizeof(attention_params), 0},

/* For packed rows. */
const tg_kernel tg_attention_kernels[] = {
    ROWS(float32, TG_FLOAT32, "f")
    ROWS(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
