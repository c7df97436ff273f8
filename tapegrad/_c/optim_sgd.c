/* Stochastic gradient descent. */
#include "optim.h"

typedef struct {
    tg_step step;
    double momentum;
    double dampening;
    int64_t nesterov;
    int64_t is_new; /* the first step of a parameter, whose momentum is its gradient */
} sgd_params;

enum { MOMENTUM = 1, DECAYS = 2, NESTEROV = 4 };

/* a + scale * b rounded once, as the fused instruction does that PyTorch uses: the
 * product of two floats is exact in double. */
static TG_INLINE float add_scaled_float(float a, float scale, float b, const int uses)
{
    return uses & TG_FUSED ? fmaf(scale, b, a) : (float)((double)a + (double)scale * (double)b);
}

static TG_INLINE double add_scaled_double(double a, double scale, double b, const int uses)
{
    (void)uses;
    return fma(scale, b, a);
}

#define PREPARE(C)                                                                               \
    const C minus_lr = (C)-p->step.lr, decay = (C)p->step.weight_decay,                          \
            momentum = (C)p->momentum, fresh = (C)(1 - p->dampening);                            \
    const int is_new = p->is_new != 0;

/* The factors of additions are rounded to the dtype, as PyTorch's `alpha` is; the factor
 * of a product is not. That tells float16 apart. */
#define SGD(C, load, store)                                                                      \
    if (uses & DECAYS)                                                                           \
        g = load(store(add_scaled_##C(g, load(store(decay)), w, uses)));                         \
    if (uses & MOMENTUM) {                                                                       \
        const C slowed = load(store(momentum * s0));                                             \
        s0 = is_new ? g : load(store(add_scaled_##C(slowed, load(store(fresh)), g, uses)));      \
        if (uses & NESTEROV)                                                                     \
            g = load(store(add_scaled_##C(g, load(store(momentum)), s0, uses)));                 \
        else                                                                                     \
            g = s0;                                                                              \
    }                                                                                            \
    w = add_scaled_##C(w, load(store(minus_lr)), g, uses);

#define USES                                                             \
    ((p->momentum != 0 ? MOMENTUM | (p->nesterov ? NESTEROV : 0) : 0) |  \
     (p->step.weight_decay != 0 ? DECAYS : 0))

#define VARIANTS(X, elements)                                             \
    X(elements, 0) X(elements, MOMENTUM) X(elements, MOMENTUM | NESTEROV) \
    X(elements, DECAYS) X(elements, DECAYS | MOMENTUM)                    \
    X(elements, DECAYS | MOMENTUM | NESTEROV)

#define DEFINE(op, dtype, T, C, load, store, ...) \
    TG_OWN_STEP_LOOP(op, dtype, T, C, load, store, 1, 0, PREPARE, SGD, USES, VARIANTS)

TG_FLOATS(DEFINE, sgd)

#define ROW(op, dtype, T, C, load, store, number, x) \
    {#op, "(),(),()->", x x x, number, op##_##dtype, TG_STEP_FORMAT "ddqq", sizeof(sgd_params), 0},

const tg_kernel tg_optim_sgd_kernels[] = {
    TG_FLOATS(ROW, sgd)
    TG_TABLE_END
};
