/* Connectionist temporal classification: the probability of a label sequence, summed over
 * all ways to spread it, with blanks between, over the time steps.
 *
 * Graves, Fernandez, Gomez and Schmidhuber 2006, in logarithms. The labels with a blank
 * before, between and after them are l = 2 s + 1 states; alpha[t][l] is the probability of
 * all beginnings that end in state l at time t, beta[t][l] that of all endings from there.
 * The caller has checked that lengths and labels lie within their arrays.
 */
#include "loops.h"

#include <math.h>

typedef struct {
    int64_t blank, zero_infinity;
} ctc_params;

/* The labels of one sequence among its blanks. */
typedef struct {
    const char *labels;
    tg_intp step;
    int64_t blank, n_times, n_states;
} sequence;

static inline int64_t label_of(const sequence *all, tg_intp state)
{
    return state % 2 ? TG_AT(const int64_t, all->labels, state / 2 * all->step) : all->blank;
}

/* Whether a path may go from one label to the next without the blank between. */
static inline int may_skip(const sequence *all, tg_intp from, tg_intp to)
{
    return label_of(all, from) != label_of(all, to);
}

#define LOG_SUM(C)                                                      \
    static inline C log_sum_##C(C a, C b, C c)                          \
    {                                                                   \
        C largest = a > b ? a : b;                                      \
        if (c > largest)                                                \
            largest = c;                                                \
        if (largest == -(C)INFINITY)                                    \
            return largest;                                             \
        return LOG(C)(EXP(C)(a - largest) + EXP(C)(b - largest) +       \
                      EXP(C)(c - largest)) + largest;                   \
    }
#define LOG(C) _Generic((C)0, float: logf, double: log)
#define EXP(C) _Generic((C)0, float: expf, double: exp)
LOG_SUM(float)
LOG_SUM(double)

/* (t,c),(s),(k)->(),(t,l): log-probabilities, labels, the two lengths to loss and alpha */
#define CTC_LOSS(op, dtype, T, C)                                                          \
    TG_LOOP(op##_##dtype)                                                                  \
    {                                                                                      \
        const C never = -(C)INFINITY;                                                      \
        for (tg_intp n = 0; n < dims[0]; n++) {                                            \
            const char *probabilities = args[0] + n * steps[0];                            \
            const char *lengths = args[2] + n * steps[2];                                  \
            char *alphas = args[4] + n * steps[4];                                         \
            const sequence all = {args[1] + n * steps[1], steps[7],                        \
                                  ((const ctc_params *)params)->blank,                     \
                                  TG_AT(const int64_t, lengths, 0),                        \
                                  2 * TG_AT(const int64_t, lengths, steps[8]) + 1};        \
            for (tg_intp t = 0; t < dims[1]; t++)                                          \
                for (tg_intp l = 0; l < dims[5]; l++)                                      \
                    TG_AT(T, alphas, t * steps[9] + l * steps[10]) = never;                \
            for (tg_intp t = 0; t < all.n_times; t++)                                      \
                for (tg_intp l = 0; l < all.n_states; l++) {                               \
                    const char *before = alphas + (t - 1) * steps[9] + l * steps[10];      \
                    const T here = TG_AT(const T, probabilities,                           \
                                         t * steps[5] + label_of(&all, l) * steps[6]);     \
                    C sum = l < 2 ? 0 : never;                                             \
                    if (t > 0)                                                             \
                        sum = log_sum_##C(                                                 \
                            TG_AT(const T, before, 0),                                     \
                            l > 0 ? TG_AT(const T, before, -steps[10]) : never,            \
                            l > 1 && may_skip(&all, l - 2, l)                              \
                                ? TG_AT(const T, before, -2 * steps[10]) : never);         \
                    TG_AT(T, alphas, t * steps[9] + l * steps[10]) = sum + here;           \
                }                                                                          \
            C last = never, blank = all.n_times || all.n_states > 1 ? never : 0;           \
            if (all.n_times > 0) {                                                         \
                const char *end = alphas + (all.n_times - 1) * steps[9] +                  \
                                  (all.n_states - 1) * steps[10];                          \
                blank = TG_AT(const T, end, 0);                                            \
                if (all.n_states > 1)                                                      \
                    last = TG_AT(const T, end, -steps[10]);                                \
            }                                                                              \
            TG_AT(T, args[3], n * steps[3]) = -log_sum_##C(blank, last, never);            \
        }                                                                                  \
    }

/* (t,c),(s),(k),(t,l),(),()->(t,c),(r,l): besides, alpha, loss and the loss's gradient to
 * the gradient and two rows of beta. As in PyTorch the gradient is that by the scores whose
 * log-softmax the log-probabilities are: exp(log p) - posterior. */
#define CTC_BACKWARD(op, dtype, T, C)                                                      \
    TG_LOOP(op##_##dtype)                                                                  \
    {                                                                                      \
        const C never = -(C)INFINITY;                                                      \
        const ctc_params *given = (const ctc_params *)params;                              \
        for (tg_intp n = 0; n < dims[0]; n++) {                                            \
            const char *probabilities = args[0] + n * steps[0];                            \
            const char *lengths = args[2] + n * steps[2], *alphas = args[3] + n * steps[3]; \
            const C loss = TG_AT(const T, args[4], n * steps[4]);                          \
            const C gradient = TG_AT(const T, args[5], n * steps[5]);                      \
            char *result = args[6] + n * steps[6], *betas = args[7] + n * steps[7];        \
            const sequence all = {args[1] + n * steps[1], steps[10], given->blank,         \
                                  TG_AT(const int64_t, lengths, 0),                        \
                                  2 * TG_AT(const int64_t, lengths, steps[11]) + 1};       \
            const int is_void = given->zero_infinity && loss == (C)INFINITY;               \
            for (tg_intp t = dims[1] - 1; t >= 0; t--) {                                   \
                const int is_used = t < all.n_times && !is_void;                           \
                char *row = result + t * steps[14];                                        \
                char *now = betas + t % 2 * steps[16];                                     \
                const char *next = betas + (t + 1) % 2 * steps[16];                        \
                const char *here = probabilities + t * steps[8];                           \
                for (tg_intp c = 0; c < dims[2]; c++)                                      \
                    TG_AT(T, row, c * steps[15]) = is_used ? never : 0;                    \
                for (tg_intp l = 0; l < all.n_states && is_used; l++) {                    \
                    const int64_t label = label_of(&all, l);                               \
                    const tg_intp left = all.n_states - 1 - l;                             \
                    C sum = left < 2 ? 0 : never;                                          \
                    if (t < all.n_times - 1)                                               \
                        sum = log_sum_##C(                                                 \
                            TG_AT(const T, next, l * steps[17]),                           \
                            left > 0 ? TG_AT(const T, next, (l + 1) * steps[17]) : never,  \
                            left > 1 && may_skip(&all, l, l + 2)                           \
                                ? TG_AT(const T, next, (l + 2) * steps[17]) : never);      \
                    const T beta = sum + TG_AT(const T, here, label * steps[9]);           \
                    TG_AT(T, now, l * steps[17]) = beta;                                   \
                    T *total = &TG_AT(T, row, label * steps[15]);                          \
                    const C both = beta +                                                  \
                        TG_AT(const T, alphas, t * steps[12] + l * steps[13]);             \
                    *total = log_sum_##C(*total, both, never);                             \
                }                                                                          \
                for (tg_intp c = 0; c < dims[2] && is_used; c++) {                         \
                    const C p = TG_AT(const T, here, c * steps[9]);                        \
                    const C posterior = EXP(C)(TG_AT(T, row, c * steps[15]) + loss - p);   \
                    TG_AT(T, row, c * steps[15]) = (EXP(C)(p) - posterior) * gradient;     \
                }                                                                          \
            }                                                                              \
        }                                                                                  \
    }

CTC_LOSS(ctc_loss, float32, float, float)
CTC_LOSS(ctc_loss, float64, double, double)
CTC_BACKWARD(ctc_loss_backward, float32, float, float)
CTC_BACKWARD(ctc_loss_backward, float64, double, double)

#define ROWS(letter, number, dtype)                                                        \
    {"ctc_loss", "(t,c),(s),(k)->(),(t,l)", letter "ll" letter letter, number,             \
     ctc_loss_##dtype, "qq", sizeof(ctc_params), 0},                                       \
    {"ctc_loss_backward", "(t,c),(s),(k),(t,l),(),()->(t,c),(r,l)",                        \
     letter "ll" letter letter letter letter letter, number, ctc_loss_backward_##dtype,    \
     "qq", sizeof(ctc_params), 0},

const tg_kernel tg_ctc_kernels[] = {
    ROWS("f", TG_FLOAT32, float32)
    ROWS("d", TG_FLOAT64, float64)
    TG_TABLE_END
};
