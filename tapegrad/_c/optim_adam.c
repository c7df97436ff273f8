/* Adam and its kin: running means of the gradient and of its square, or of its largest size. */
#include "optim.h"

typedef struct {
    tg_step step;
    double beta1;
    double beta2;
    double eps;
    int64_t is_decoupled;
    int64_t amsgrad;
} adam_params;

typedef struct {
    tg_step step;
    double beta1;
    double beta2;
    double eps;
    int64_t is_decoupled;
    double momentum_decay;
} nadam_params;

typedef struct {
    tg_step step;
    double beta1;
    double beta2;
    double eps;
    int64_t is_decoupled;
} radam_params;

typedef struct {
    tg_step step;
    double beta1;
    double beta2;
    double eps;
} adamax_params;

#define COUPLED_UNLESS_DECOUPLED (p->is_decoupled ? 0 : p->step.weight_decay)
#define KEPT(p) ((p)->is_decoupled && (p)->step.weight_decay != 0 ? tg_kept(&(p)->step) : 1)

/* What all of them begin with: the mean of the gradient. */
#define PREPARE_MEANS(C)                                                                         \
    const C fresh1 = (C)(1 - p->beta1), beta2 = (C)p->beta2, fresh2 = (C)(1 - p->beta2),         \
            eps = (C)p->eps, kept = (C)f[0];

#define MEANS(C)                                                                                 \
    w *= kept;                                                                                   \
    s0 += fresh1 * (g - s0);                                                                     \
    s1 = beta2 * s1 + fresh2 * g * g;

/* ---------------------------------------------------------------------------------- Adam */

#define ADAM_FACTORS(op, dtype, T)                                                               \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adam_params *p = params;                                                           \
        const double t = *(T *)args[0] += 1;                                                     \
        double *f = (double *)args[1];                                                           \
        f[0] = KEPT(p);                                                                          \
        f[1] = tg_rate(&p->step, p->step.lr / (1 - pow(p->beta1, t)));                           \
        f[2] = 1 / sqrt(1 - pow(p->beta2, t));                                                   \
    }

#define PREPARE_ADAM(C) \
    PREPARE_MEANS(C)    \
    const C rate = (C)f[1], scale = (C)f[2];

#define ADAM(C, ...)                                                                                  \
    MEANS(C)                                                                                     \
    if (uses & 4)                                                                                \
        s2 = TG_LARGER(s2, s1);                                                                  \
    w -= rate * s0 / (tg_sqrt_##C(uses & 4 ? s2 : s1) * scale + eps);

#define ADAM_VARIANTS(X, elements) X(elements, 3) X(elements, 7)

/* --------------------------------------------------------------------------------- NAdam */

#define NADAM_FACTORS(op, dtype, T)                                                              \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const nadam_params *p = params;                                                          \
        const tg_step *step = &p->step;                                                          \
        const double t = *(T *)args[0] += 1, minus_lr = -step->lr;                               \
        const double mu = p->beta1 * (1 - 0.5 * pow(0.96, t * p->momentum_decay));               \
        const double mu_next = p->beta1 * (1 - 0.5 * pow(0.96, (t + 1) * p->momentum_decay));    \
        const double product = *(T *)args[1] *= (T)mu;                                           \
        double *f = (double *)args[2];                                                           \
        f[0] = KEPT(p);                                                                          \
        f[1] = 1 / (1 - pow(p->beta2, t));                                                       \
        f[2] = tg_rate(step, tg_rate(step, minus_lr * (1 - mu)) / (1 - product));                \
        f[3] = tg_rate(step, tg_rate(step, minus_lr * mu_next) / (1 - product * mu_next));       \
    }

#define PREPARE_NADAM(C) \
    PREPARE_MEANS(C)     \
    const C scale = (C)f[1], of_gradient = (C)f[2], of_mean = (C)f[3];

#define NADAM(C, ...)                                                                                 \
    MEANS(C)                                                                                     \
    const C size = tg_sqrt_##C(s1 * scale) + eps;                                                \
    w += of_gradient * g / size;                                                                 \
    w += of_mean * s0 / size;

/* --------------------------------------------------------------------------------- RAdam */

#define RADAM_FACTORS(op, dtype, T)                                                              \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const radam_params *p = params;                                                          \
        const double t = *(T *)args[0] += 1, power = pow(p->beta2, t), left = 1 - power;         \
        const double limit = 2 / (1 - p->beta2) - 1, length = limit - 2 * t * power / left;      \
        const int is_rectified = length > 5;                                                     \
        double *f = (double *)args[1];                                                           \
        f[0] = KEPT(p);                                                                          \
        f[1] = p->step.lr / (1 - pow(p->beta1, t));                                              \
        f[2] = is_rectified;                                                                     \
        if (is_rectified)                                                                        \
            f[1] *= sqrt(left * (length - 4) * (length - 2) * limit /                            \
                         ((limit - 4) * (limit - 2) * length));                                  \
    }

#define PREPARE_RADAM(C) \
    PREPARE_MEANS(C)     \
    const C rate = (C)f[1];                                                                      \
    const int is_rectified = f[2] != 0;

#define RADAM(C, ...)                                                                                 \
    MEANS(C)                                                                                     \
    w -= rate * s0 / (is_rectified ? tg_sqrt_##C(s1) + eps : 1);

/* -------------------------------------------------------------------------------- Adamax */

#define ADAMAX_FACTORS(op, dtype, T)                                                             \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const adamax_params *p = params;                                                         \
        const double t = *(T *)args[0] += 1;                                                     \
        ((double *)args[1])[0] = tg_rate(&p->step, p->step.lr / (1 - pow(p->beta1, t)));         \
    }

#define PREPARE_ADAMAX(C)                                                                        \
    const C fresh1 = (C)(1 - p->beta1), beta2 = (C)p->beta2, eps = (C)p->eps, rate = (C)f[0];

#define ADAMAX(C, ...)                                                                                \
    const C size = tg_abs_##C(g) + eps;                                                          \
    s0 += fresh1 * (g - s0);                                                                     \
    s1 *= beta2;                                                                                 \
    s1 = TG_LARGER(s1, size);                                                                    \
    w -= rate * s0 / s1;

/* --------------------------------------------------------------------------------- table */

#define DEFINE_ADAM(op, dtype, T, C, load, store, ...)                                           \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 3, COUPLED_UNLESS_DECOUPLED, PREPARE_ADAM, ADAM,  \
                 p->amsgrad ? 7 : 3, ADAM_VARIANTS)
#define DEFINE_NADAM(op, dtype, T, C, load, store, ...)                                          \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 2, COUPLED_UNLESS_DECOUPLED, PREPARE_NADAM,       \
                 NADAM, 3, TG_ALWAYS_2)
#define DEFINE_RADAM(op, dtype, T, C, load, store, ...)                                          \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 2, COUPLED_UNLESS_DECOUPLED, PREPARE_RADAM,       \
                 RADAM, 3, TG_ALWAYS_2)
#define DEFINE_ADAMAX(op, dtype, T, C, load, store, ...)                                         \
    TG_STEP_LOOP(op, dtype, T, C, load, store, 2, TG_COUPLED_DECAY, PREPARE_ADAMAX, ADAMAX, 3,   \
                 TG_ALWAYS_2)

TG_FACTOR_DTYPES(ADAM_FACTORS, adam_factors)
TG_FACTOR_DTYPES(NADAM_FACTORS, nadam_factors)
TG_FACTOR_DTYPES(RADAM_FACTORS, radam_factors)
TG_FACTOR_DTYPES(ADAMAX_FACTORS, adamax_factors)
TG_FLOATS(DEFINE_ADAM, adam)
TG_FLOATS(DEFINE_NADAM, nadam)
TG_FLOATS(DEFINE_RADAM, radam)
TG_FLOATS(DEFINE_ADAMAX, adamax)

#define ADAM_FORMAT TG_STEP_FORMAT "dddqq"
#define NADAM_FORMAT TG_STEP_FORMAT "dddqd"
#define RADAM_FORMAT TG_STEP_FORMAT "dddq"
#define ADAMAX_FORMAT TG_STEP_FORMAT "ddd"

#define ROW_ADAM(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(),(k)->", dtype, x x x x x, number, ADAM_FORMAT)
#define ROW_NADAM(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(k)->", dtype, x x x x, number, NADAM_FORMAT)
#define ROW_RADAM(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(k)->", dtype, x x x x, number, RADAM_FORMAT)
#define ROW_ADAMAX(op, dtype, T, C, load, store, number, x) \
    TG_STEP_ROW(op, "(),(),(),(),(k)->", dtype, x x x x, number, ADAMAX_FORMAT)

const tg_kernel tg_optim_adam_kernels[] = {
    TG_FACTOR_ROWS(adam_factors, "()->(k)", "f", "d", ADAM_FORMAT, sizeof(adam_params))
    TG_FACTOR_ROWS(nadam_factors, "(),()->(k)", "ff", "dd", NADAM_FORMAT, sizeof(nadam_params))
    TG_FACTOR_ROWS(radam_factors, "()->(k)", "f", "d", RADAM_FORMAT, sizeof(radam_params))
    TG_FACTOR_ROWS(adamax_factors, "()->(k)", "f", "d", ADAMAX_FORMAT, sizeof(adamax_params))
    TG_FLOATS(ROW_ADAM, adam)
    TG_FLOATS(ROW_NADAM, nadam)
    TG_FLOATS(ROW_RADAM, radam)
    TG_FLOATS(ROW_ADAMAX, adamax)
    TG_TABLE_END
};
