/* The likelihood of one class a row, and the gradient of cross entropy, which reads it once. */
#include "elementary.h"

typedef struct {
    int64_t status;
    int64_t bad_index;
    int64_t ignore_index;
} class_params;

/* Refuses before anything is written, so that no half-written result is left. */
static int classes_are_valid(const char *target, const tg_intp *dims, tg_intp outer_step,
                             tg_intp step, class_params *classes)
{
    for (tg_intp row = 0; row < dims[0]; row++)
        for (tg_intp i = 0; i < dims[1]; i++) {
            const int64_t index = TG_AT(const int64_t, target, row * outer_step + i * step);
            if ((index < 0 || index >= dims[2]) && index != classes->ignore_index) {
                classes->status = 1;
                classes->bad_index = index;
                return 0;
            }
        }
    return 1;
}

/* loss = -weight[t] * log_prob[t], and weight[t] beside it; 0 and 0 where t is ignored */
#define NLL_LOSS(op, dtype, T, C, load, store, ...)                                              \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        class_params *classes = params;                                                          \
        if (!classes_are_valid(args[1], dims, steps[1], steps[7], classes))                      \
            return;                                                                              \
        for (tg_intp row = 0; row < dims[0]; row++)                                              \
            for (tg_intp i = 0; i < dims[1]; i++) {                                              \
                const int64_t t = TG_AT(const int64_t, args[1], row * steps[1] + i * steps[7]);  \
                C loss = 0, weight = 0;                                                          \
                if (t != classes->ignore_index) {                                                \
                    weight = load(TG_AT(const T, args[2],                                        \
                                        row * steps[2] + (tg_intp)t * steps[8]));                \
                    loss = -weight * load(TG_AT(const T, args[0],                                \
                                                row * steps[0] + i * steps[5] +                  \
                                                    (tg_intp)t * steps[6]));                     \
                }                                                                                \
                TG_AT(T, args[3], row * steps[3] + i * steps[9]) = store(loss);                  \
                TG_AT(T, args[4], row * steps[4] + i * steps[10]) = store(weight);               \
            }                                                                                    \
    }

typedef struct {
    class_params classes;
    int64_t is_mean;
} nll_total_params;

/* The same summed over the rows: sum of the losses, or their weighted mean, and sum of the weights. */
#define NLL_LOSS_TOTAL(op, dtype, T, C, load, store, ...)                                        \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        nll_total_params *total = params;                                                        \
        class_params *classes = &total->classes;                                                 \
        if (!classes_are_valid(args[1], dims, steps[1], steps[7], classes))                      \
            return;                                                                              \
        for (tg_intp row = 0; row < dims[0]; row++) {                                            \
            double loss = 0, weights = 0;                                                        \
            for (tg_intp i = 0; i < dims[1]; i++) {                                              \
                const int64_t t = TG_AT(const int64_t, args[1], row * steps[1] + i * steps[7]);  \
                if (t == classes->ignore_index)                                                  \
                    continue;                                                                    \
                const C weight = load(TG_AT(const T, args[2],                                    \
                                            row * steps[2] + (tg_intp)t * steps[8]));            \
                loss -= (double)(weight * load(TG_AT(const T, args[0],                           \
                                                     row * steps[0] + i * steps[5] +             \
                                                         (tg_intp)t * steps[6])));               \
                weights += (double)weight;                                                       \
            }                                                                                    \
            TG_AT(T, args[3], row * steps[3]) = store((C)(total->is_mean ? loss / weights        \
                                                                         : loss));               \
            TG_AT(T, args[4], row * steps[4]) = store((C)weights);                               \
        }                                                                                        \
    }

/* gradient = -weight[t] * g at t and 0 elsewhere; of a mean, g is divided by the total weight */
#define NLL_LOSS_BACKWARD(op, dtype, T, C, load, store, ...)                                     \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        nll_total_params *total = params;                                                        \
        class_params *classes = &total->classes;                                                 \
        if (!classes_are_valid(args[1], dims, steps[1], steps[6], classes))                      \
            return;                                                                              \
        for (tg_intp row = 0; row < dims[0]; row++)                                              \
            for (tg_intp i = 0; i < dims[1]; i++) {                                              \
                const int64_t t = TG_AT(const int64_t, args[1], row * steps[1] + i * steps[6]);  \
                char *gx = args[4] + row * steps[4] + i * steps[8];                              \
                if (steps[9] == (tg_intp)sizeof(T))                                              \
                    memset(gx, 0, (size_t)dims[2] * sizeof(T));                                  \
                for (tg_intp j = 0; j < dims[2] && steps[9] != (tg_intp)sizeof(T); j++)          \
                    TG_AT(T, gx, j * steps[9]) = 0;                                              \
                if (t == classes->ignore_index)                                                  \
                    continue;                                                                    \
                C g = load(TG_AT(const T, args[0], row * steps[0] + i * steps[5]));              \
                if (total->is_mean)                                                              \
                    g = load(store(g / load(TG_AT(const T, args[3], row * steps[3]))));          \
                const C weight = load(TG_AT(const T, args[2],                                    \
                                            row * steps[2] + (tg_intp)t * steps[7]));            \
                TG_AT(T, gx, (tg_intp)t * steps[9]) = store(-weight * g);                        \
            }                                                                                    \
    }

/* Rows of the gradient of cross entropy whose powers are made side by side, so many elements. */
enum { POWERS_AT_ONCE = 512 };

#define EXP(x) _Generic((x), float: tg_exp_below(x, fused), default: exp(x))

/* What the gradients of the likelihood and of the log-softmax below it come to, in their order of
 * rounding: (at t) slope - exp(y) * slope, with slope = -weight[t] * g, divided by the total weight
 * for a mean. The elements of a row of logarithms `y`, and of a row of the result, have no gaps. */
#define CROSS_ENTROPY_BACKWARD(op, dtype, T, ...)                                                \
    TG_VECTOR_LOOP(op##_##dtype)                                                                 \
    {                                                                                            \
        nll_total_params *total = params;                                                        \
        class_params *classes = &total->classes;                                                 \
        const tg_intp n = dims[1], size = n > 0 ? n : 1;                                         \
        const tg_intp step = n * (tg_intp)sizeof(T);                                             \
        const int follow = steps[4] == step && steps[5] == step;                                 \
        const tg_intp most = follow && size < POWERS_AT_ONCE ? POWERS_AT_ONCE / size : 1;        \
        for (tg_intp first = 0; first < dims[0]; first += most) {                                \
            const tg_intp n_rows = dims[0] - first < most ? dims[0] - first : most;              \
            const T *y = (const T *)(args[4] + first * steps[4]);                                \
            T *gx = (T *)(args[5] + first * steps[5]);                                           \
            TG_INDEPENDENT                                                                       \
            for (tg_intp k = 0; k < n_rows * n; k++)                                             \
                gx[k] = EXP(y[k]);                                                               \
            for (tg_intp row = first; row < first + n_rows; row++, gx += n) {                    \
                const int64_t t = TG_AT(const int64_t, args[1], row * steps[1]);                 \
                const int counts = t != classes->ignore_index;                                   \
                if (counts && (t < 0 || t >= n)) {                                               \
                    classes->status = 1;                                                         \
                    classes->bad_index = t;                                                      \
                    return;                                                                      \
                }                                                                                \
                T slope = 0, at_target = 0;                                                      \
                if (counts) {                                                                    \
                    slope = TG_AT(const T, args[0], row * steps[0]);                             \
                    if (total->is_mean)                                                          \
                        slope /= TG_AT(const T, args[3], row * steps[3]);                        \
                    slope *= -TG_AT(const T, args[2], row * steps[2] + (tg_intp)t * steps[6]);   \
                    at_target = slope - gx[t] * (slope + 0);                                     \
                }                                                                                \
                TG_INDEPENDENT                                                                   \
                for (tg_intp j = 0; j < n; j++)                                                  \
                    gx[j] = 0 - gx[j] * (slope + 0);                                             \
                if (counts)                                                                      \
                    gx[t] = at_target;                                                           \
            }                                                                                    \
        }                                                                                        \
    }

TG_FLOATS(NLL_LOSS, nll_loss)
TG_FLOATS(NLL_LOSS_TOTAL, nll_loss_total)
TG_FLOATS(NLL_LOSS_BACKWARD, nll_loss_backward)
TG_SINGLE_AND_DOUBLE(CROSS_ENTROPY_BACKWARD, cross_entropy_backward)

#define ROW_NLL_LOSS(op, dtype, T, C, load, store, number, letter)                        \
    {#op, "(n,c),(n),(c)->(n),(n)", letter "l" letter letter letter, number, op##_##dtype, \
     "qqq", sizeof(class_params), 1},
#define ROW_NLL_LOSS_TOTAL(op, dtype, T, C, load, store, number, letter)                     \
    {#op, "(n,c),(n),(c)->(),()", letter "l" letter letter letter, number, op##_##dtype,      \
     "qqqq", sizeof(nll_total_params), 1},
#define ROW_NLL_LOSS_BACKWARD(op, dtype, T, C, load, store, number, letter)               \
    {#op, "(n),(n),(c),()->(n,c)", letter "l" letter letter letter, number, op##_##dtype, \
     "qqqq", sizeof(nll_total_params), 1},
#define ROW_CROSS_ENTROPY_BACKWARD(op, dtype, T, C, load, store, number, letter)              \
    {#op, "(),(),(c),(),(c)->(c)", letter "l" letter letter letter letter, number,            \
     op##_##dtype, "qqqq", sizeof(nll_total_params), 1},

const tg_kernel tg_classes_kernels[] = {
    TG_FLOATS(ROW_NLL_LOSS, nll_loss)
    TG_FLOATS(ROW_NLL_LOSS_TOTAL, nll_loss_total)
    TG_FLOATS(ROW_NLL_LOSS_BACKWARD, nll_loss_backward)
    TG_SINGLE_AND_DOUBLE(ROW_CROSS_ENTROPY_BACKWARD, cross_entropy_backward)
    TG_TABLE_END
};
