/* Optimizer steps: one loop over a parameter, its gradient and its state. */
#include "loops.h"

#include <math.h>

typedef struct {
    double lr;
    double momentum;
    double dampening;
    double weight_decay;
    int64_t nesterov;
    int64_t maximize;
    int64_t first_step;
} sgd_params;

/* How the momentum buffer takes part. */
enum { NO_MOMENTUM, FIRST_STEP, LATER_STEP };

/* a + scale * b rounded once, as the fused instruction does that PyTorch uses: the
 * product of two floats is exact in double. */
static inline float add_scaled_float(float a, float scale, float b)
{
    return (float)((double)a + (double)scale * (double)b);
}

static inline double add_scaled_double(double a, double scale, double b)
{
    return fma(scale, b, a);
}

/* The factors of additions are rounded to the dtype, as PyTorch's `alpha` is; the factor
 * of a product is not. That tells float16 apart. */
#define SGD(op, dtype, T, C, load, store, ...)                                                   \
    static inline void op##_steps_##dtype(char **args, tg_intp n, const tg_intp *steps,          \
                                          const sgd_params *p, int decays, int momentum_mode,    \
                                          int is_nesterov)                                       \
    {                                                                                            \
        const C sign = p->maximize ? -1 : 1;                                                     \
        const C minus_lr = load(store((C)-p->lr));                                               \
        const C weight_decay = load(store((C)p->weight_decay));                                  \
        const C fresh = load(store((C)(1 - p->dampening)));                                      \
        const C decay = (C)p->momentum;                                                          \
        const C look_ahead = load(store(decay));                                                 \
        TG_INDEPENDENT                                                                           \
        for (tg_intp i = 0; i < n; i++) {                                                        \
            T *param = &TG_AT(T, args[1], i * steps[1]);                                         \
            const C weight = load(*param);                                                       \
            C d = sign * load(TG_AT(const T, args[0], i * steps[0]));                            \
            if (decays)                                                                          \
                d = load(store(add_scaled_##C(d, weight_decay, weight)));                        \
            if (momentum_mode != NO_MOMENTUM) {                                                  \
                T *buffer = &TG_AT(T, args[2], i * steps[2]);                                    \
                C velocity = d;                                                                  \
                if (momentum_mode == LATER_STEP) {                                               \
                    velocity = load(store(decay * load(*buffer)));                               \
                    velocity = load(store(add_scaled_##C(velocity, fresh, d)));                  \
                }                                                                                \
                *buffer = store(velocity);                                                       \
                d = is_nesterov ? load(store(add_scaled_##C(d, look_ahead, velocity)))           \
                                : velocity;                                                      \
            }                                                                                    \
            *param = store(add_scaled_##C(weight, minus_lr, d));                                 \
        }                                                                                        \
    }                                                                                            \
    static inline void op##_decay_##dtype(char **args, tg_intp n, const tg_intp *steps,          \
                                          const sgd_params *p, int decays)                       \
    {                                                                                            \
        if (p->momentum == 0)                                                                    \
            op##_steps_##dtype(args, n, steps, p, decays, NO_MOMENTUM, 0);                       \
        else if (p->first_step && p->nesterov)                                                   \
            op##_steps_##dtype(args, n, steps, p, decays, FIRST_STEP, 1);                        \
        else if (p->first_step)                                                                  \
            op##_steps_##dtype(args, n, steps, p, decays, FIRST_STEP, 0);                        \
        else if (p->nesterov)                                                                    \
            op##_steps_##dtype(args, n, steps, p, decays, LATER_STEP, 1);                        \
        else                                                                                     \
            op##_steps_##dtype(args, n, steps, p, decays, LATER_STEP, 0);                        \
    }                                                                                            \
    TG_LOOP(op##_##dtype)                                                                        \
    {                                                                                            \
        const sgd_params *p = params;                                                            \
        const tg_intp size = sizeof(T), packed[3] = {size, size, size};                          \
        const int is_packed = steps[0] == size && steps[1] == size &&                            \
                              (p->momentum == 0 || steps[2] == size);                            \
        if (is_packed && p->weight_decay == 0)                                                   \
            op##_decay_##dtype(args, dims[0], packed, p, 0);                                     \
        else if (is_packed)                                                                      \
            op##_decay_##dtype(args, dims[0], packed, p, 1);                                     \
        else if (p->weight_decay == 0)                                                           \
            op##_decay_##dtype(args, dims[0], steps, p, 0);                                      \
        else                                                                                     \
            op##_decay_##dtype(args, dims[0], steps, p, 1);                                      \
    }

TG_FLOATS(SGD, sgd)

#define ROW_SGD(op, dtype, T, C, load, store, number, letter)                    \
    {#op, "()->(),()", letter letter letter, number, op##_##dtype, "ddddqqq",    \
     sizeof(sgd_params), 0},

const tg_kernel tg_optim_kernels[] = {
    TG_FLOATS(ROW_SGD, sgd)
    TG_TABLE_END
};
