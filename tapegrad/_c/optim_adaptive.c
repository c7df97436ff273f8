/* Steps scaled by the history of each element's gradient: Adagrad, Adadelta, RMSprop, Rprop; and
 * ASGD, whose scale is that of its own history. */
#include "optim.h"

typedef struct {
    tg_step step;
    double lr_decay;
    double eps;
} adagrad_params;

typedef struct {
    tg_step step;
    double rho;
    double eps;
} adadelta_params;

typedef struct {
    tg_step step;
    double alpha;
    double eps;
    double momentum;
    int64_t centered;
} rmsprop_params;

typedef struct {
    tg_step step;
    double shrink;
    double grow;
    double smallest;
    double largest;
} rprop_params;

typedef struct {
    tg_step step;
    double lambd;
    double alpha;
    double t0;
    int64_t default_is_single; /* what PyTorch computes passes through the default dtype */
} asgd_params;

/* Optimizers that only count their steps. */
#define COUNT_STEP(op, dtype, T)     \
    TG_LOOP(op##_##dtype)            \
    {                                \
        (void)dims, (void)steps;     \
        (void)params;                \
        *(T *)args[0] += 1;          \
    }

/* ------------------------------------------------------------------------------- Adagrad */

#define ADAGRAD_FACTORS(op, dtype, T)                                                            \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adagrad_params *p = params;                                                        \
        const double t = *(T *)args[0] += 1;                                                     \
        ((double *)args[1])[0] = tg_rate(&p->step, p->step.lr / (1 + (t - 1) * p->lr_decay));    \
    }

#define PREPARE_ADAGRAD(C) const C rate = (C)f[0], eps = (C)p->eps;

#define ADAGRAD(C, ...) \
    s0 += g * g;   \
    w -= rate * g / (tg_sqrt_##C(s0) + eps);

/* ------------------------------------------------------------------------------ Adadelta */

#define PREPARE_ADADELTA(C)                                                                      \
    const C rho = (C)p->rho, fresh = (C)(1 - p->rho), eps = (C)p->eps, lr = (C)p->step.lr;

#define ADADELTA(C, ...)                                                                              \
    s0 = rho * s0 + fresh * g * g;                                                               \
    const C delta = tg_sqrt_##C(s1 + eps) / tg_sqrt_##C(s0 + eps) * g;                           \
    s1 = rho * s1 + fresh * delta * delta;                                                       \
    w -= lr * delta;

/* ------------------------------------------------------------------------------- RMSprop */

#define PREPARE_RMSPROP(C)                                                                       \
    const C alpha = (C)p->alpha, fresh = (C)(1 - p->alpha), eps = (C)p->eps, lr = (C)p->step.lr, \
            momentum = (C)p->momentum;

#define RMSPROP(C, ...)                                                                               \
    s0 = alpha * s0 + fresh * g * g;                                                             \
    if (uses & 4)                                                                                \
        s2 += fresh * (g - s2);                                                                  \
    const C scaled = g / (tg_sqrt_##C(uses & 4 ? s0 - s2 * s2 : s0) + eps);                      \
    if (uses & 2)                                                                                \
        s1 = momentum * s1 + scaled;                                                             \
    w -= lr * (uses & 2 ? s1 : scaled);

#define RMSPROP_VARIANTS(X, elements) \
    X(elements, 1) X(elements, 3) X(elements, 5) X(elements, 7)

/* --------------------------------------------------------------------------------- Rprop */

#define PREPARE_RPROP(C)                                                                         \
    const C shrink = (C)p->shrink, grow = (C)p->grow, smallest = (C)p->smallest,                 \
            largest = (C)p->largest;

/* All is compared before anything is chosen: choices alone need no branch. The sign of NaN is 0,
 * as PyTorch has it. */
#define RPROP(C, ...)                                                                            \
    const C one = 1, zero = 0;                                                                   \
    const int agrees = g * s0 > 0, turned = g * s0 < 0;                                          \
    s1 *= agrees ? grow : turned ? shrink : one;                                                 \
    s1 = s1 < smallest ? smallest : s1;                                                          \
    s1 = s1 > largest ? largest : s1;                                                            \
    g = turned ? zero : g;                                                                       \
    const int rises = g > 0, falls = g < 0;                                                      \
    w -= (rises ? s1 : zero) - (falls ? s1 : zero);                                              \
    s0 = g;

/* ---------------------------------------------------------------------------------- ASGD */

/* Numbers of the state: step, eta, mu. */
#define ASGD_FACTORS(op, dtype, T)                                                               \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const asgd_params *p = params;                                                           \
        const double t = *(T *)args[0] += 1, lr = p->step.lr;                                    \
        T *eta = (T *)args[1], *mu = (T *)args[2];                                               \
        double *f = (double *)args[3];                                                           \
        double next = lr / pow(1 + p->lambd * lr * t, p->alpha);                                 \
        double weight = 1 / (t - p->t0 > 1 ? t - p->t0 : 1);                                     \
        f[0] = 1 - p->lambd * *eta;                                                              \
        f[1] = *eta;                                                                             \
        f[2] = *mu;                                                                              \
        *eta = (T)(p->default_is_single ? (float)next : next);                                   \
        *mu = (T)(p->default_is_single ? (float)weight : weight);                                \
    }

#define PREPARE_ASGD(C) \
    const C shrink = (C)f[0], eta = (C)f[1], mu = (C)f[2];

#define ASGD(C, ...)                                                                                  \
    w = w * shrink - eta * g;                                                                    \
    s0 = mu == 1 ? w : s0 + (w - s0) * mu;

/* --------------------------------------------------------------------------------- table */

#define DEFINE_ADAGRAD(op, dtype, T, C, load, store, ...)                                        \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 1, TG_COUPLED_DECAY, PREPARE_ADAGRAD, ADAGRAD, 1, \
                 TG_ALWAYS_1)
#define DEFINE_ADADELTA(op, dtype, T, C, load, store, ...)                                       \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 2, TG_COUPLED_DECAY, PREPARE_ADADELTA, ADADELTA,  \
                 3, TG_ALWAYS_2)
#define DEFINE_RMSPROP(op, dtype, T, C, load, store, ...)                                        \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 3, TG_COUPLED_DECAY, PREPARE_RMSPROP, RMSPROP,    \
                 1 | (p->momentum > 0) << 1 | (p->centered != 0) << 2, RMSPROP_VARIANTS)
#define DEFINE_RPROP(op, dtype, T, C, load, store, ...)                                          \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 2, 0, PREPARE_RPROP, RPROP, 3, TG_ALWAYS_2)
#define DEFINE_ASGD(op, dtype, T, C, load, store, ...)                                           \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 1, TG_COUPLED_DECAY, PREPARE_ASGD, ASGD, 1,       \
                 TG_ALWAYS_1)

TG_FACTOR_DTYPES(COUNT_STEP, count_step)
TG_FACTOR_DTYPES(ADAGRAD_FACTORS, adagrad_factors)
TG_FACTOR_DTYPES(ASGD_FACTORS, asgd_factors)
TG_FLOATS(DEFINE_ADAGRAD, adagrad)
TG_FLOATS(DEFINE_ADADELTA, adadelta)
TG_FLOATS(DEFINE_RMSPROP, rmsprop)
TG_FLOATS(DEFINE_RPROP, rprop)
TG_FLOATS(DEFINE_ASGD, asgd)

#define ADAGRAD_FORMAT TG_STEP_FORMAT "dd"
#define ADADELTA_FORMAT TG_STEP_FORMAT "dd"
#define RMSPROP_FORMAT TG_STEP_FORMAT "dddq"
#define RPROP_FORMAT TG_STEP_FORMAT "dddd"
#define ASGD_FORMAT TG_STEP_FORMAT "dddq"

#define ROW_ADAGRAD(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(k)->", dtype, x x x, number, ADAGRAD_FORMAT)
#define ROW_ADADELTA(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(k)->", dtype, x x x x, number, ADADELTA_FORMAT)
#define ROW_RMSPROP(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(),(k)->", dtype, x x x x x, number, RMSPROP_FORMAT)
#define ROW_RPROP(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(k)->", dtype, x x x x, number, RPROP_FORMAT)
#define ROW_ASGD(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(k)->", dtype, x x x, number, ASGD_FORMAT)

const tg_kernel tg_optim_adaptive_kernels[] = {
    TG_FACTOR_ROWS(count_step, "()->(k)", "f", "d", NULL, 0)
    TG_FACTOR_ROWS(adagrad_factors, "()->(k)", "f", "d", ADAGRAD_FORMAT, sizeof(adagrad_params))
    TG_FACTOR_ROWS(asgd_factors, "(),(),()->(k)", "fff", "ddd", ASGD_FORMAT, sizeof(asgd_params))
    TG_FLOATS(ROW_ADAGRAD, adagrad)
    TG_FLOATS(ROW_ADADELTA, adadelta)
    TG_FLOATS(ROW_RMSPROP, rmsprop)
    TG_FLOATS(ROW_RPROP, rprop)
    TG_FLOATS(ROW_ASGD, asgd)
    TG_TABLE_END
};
