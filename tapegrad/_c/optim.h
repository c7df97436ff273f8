/* What the kernels of optimizers share.
 *
 * A step has two launches for each parameter. The first, over numbers, counts the step and derives
 * from it the factors that hold for all elements, in double; the second steps the elements. So
 * what changes from step to step lies in memory or in the params, and a log of launches is a step.
 *
 * Operands of the first: the numbers of the state, then the factors.
 * Operands of the second: parameter, gradient, the tensors of the state, then the factors, if it
 * reads any.
 */
#ifndef TG_OPTIM_H
#define TG_OPTIM_H

#include "through_floats.h"

enum { TG_N_FACTORS = 4 };

/* How the params of every optimizer begin. */
typedef struct {
    double lr;
    int64_t lr_is_single; /* it was a float32 tensor: PyTorch rounds what it computes with it */
    double weight_decay;
    int64_t maximize;
} tg_step;

#define TG_STEP_FORMAT "dqdq"

static inline double tg_rate(const tg_step *step, double x)
{
    return step->lr_is_single ? (float)x : x;
}

/* The factor of a weight that decays apart from its gradient. */
static inline double tg_kept(const tg_step *step)
{
    return tg_rate(step, 1 - tg_rate(step, step->lr * step->weight_decay));
}

enum { TG_FUSED = 1 << 8 }; /* in `uses`: fma() is an instruction here */

static inline float tg_sqrt_float(float x) { return sqrtf(x); }
static inline double tg_sqrt_double(double x) { return sqrt(x); }
static inline float tg_abs_float(float x) { return fabsf(x); }
static inline double tg_abs_double(double x) { return fabs(x); }

/* The larger of two, NaN if one is. */
#define TG_LARGER(a, b) ((a) > (b) || (a) != (a) ? (a) : (b))

/* ------------------------------------------------------------------- the first launch */

#define TG_FACTOR_DTYPES(X, op) X(op, float32, float) X(op, float64, double)

#define TG_FACTOR_ROWS(op, signature, numbers_f, numbers_d, format, size)                   \
    {#op, signature, numbers_f "d", TG_FLOAT32, op##_float32, format, size, 0},                  \
    {#op, signature, numbers_d "d", TG_FLOAT64, op##_float64, format, size, 0},

/* ------------------------------------------------------------------- the second launch */

#define TG_STATE(T, C, load, k) \
    T *const at##k = &TG_AT(T, args[2 + k], i * steps[2 + k]); \
    C s##k = load(*at##k);
#define TG_KEEP(store, k) \
    if (uses & (1 << k)) \
        *at##k = store(s##k);

#define TG_LOAD_1(T, C, load) TG_STATE(T, C, load, 0)
#define TG_LOAD_2(T, C, load) TG_LOAD_1(T, C, load) TG_STATE(T, C, load, 1)
#define TG_LOAD_3(T, C, load) TG_LOAD_2(T, C, load) TG_STATE(T, C, load, 2)
#define TG_KEEP_1(store) TG_KEEP(store, 0)
#define TG_KEEP_2(store) TG_KEEP_1(store) TG_KEEP(store, 1)
#define TG_KEEP_3(store) TG_KEEP_2(store) TG_KEEP(store, 2)

/* Loops over elements for one dtype. PREPARE(C) declares what the params `p` and the factors `f`
 * come to; BODY changes the weight `w` and the tensors `s0`, `s1`, `s2` of its state by the
 * gradient `g`. `uses` has a bit for each tensor that takes part, a constant in every VARIANT;
 * in the place of others the parameter is passed, to be read only. */
#define TG_OWN_STEP_LOOP(op, dtype, T, C, load, store, n_states, COUPLED, PREPARE, BODY, USES,   \
                     VARIANTS)                                                                   \
    static TG_INLINE void op##_elements_##dtype(char **args, tg_intp n, const tg_intp *steps,    \
                                                const op##_params *p, const int uses)            \
    {                                                                                            \
        const C sign = p->step.maximize ? -1 : 1, coupled = (C)(COUPLED);                        \
        const double *const f = (const double *)args[2 + n_states];                              \
        (void)f;                                                                                 \
        PREPARE(C)                                                                               \
        TG_INDEPENDENT                                                                           \
        for (tg_intp i = 0; i < n; i++) {                                                        \
            T *const at = &TG_AT(T, args[0], i * steps[0]);                                      \
            C w = load(*at), g = sign * load(TG_AT(const T, args[1], i * steps[1]));             \
            TG_LOAD_##n_states(T, C, load)                                                       \
            g = coupled != 0 ? g + coupled * w : g;                                              \
            BODY(C, load, store)                                                                 \
            TG_KEEP_##n_states(store)                                                            \
            *at = store(w);                                                                      \
        }                                                                                        \
    }                                                                                            \
    TG_VECTOR_LOOP(op##_##dtype)                                                                 \
    {                                                                                            \
        static const tg_intp packed[5] = {sizeof(T), sizeof(T), sizeof(T), sizeof(T),            \
                                          sizeof(T)};                                            \
        const op##_params *const p = params;                                                     \
        const int uses = USES;                                                                   \
        int is_packed = steps[0] == sizeof(T) && steps[1] == sizeof(T);                          \
        for (int k = 0; k < n_states; k++)                                                       \
            is_packed = is_packed && (steps[2 + k] == sizeof(T) || !(uses & (1 << k)));          \
        VARIANTS(TG_VARIANT, op##_elements_##dtype)                                              \
    }

/* The same but for float16, whose elements go through the loop for float. */
#define TG_STEP_LOOP(op, dtype, ...) TG_STEP_LOOP_##dtype(op, dtype, __VA_ARGS__)
#define TG_STEP_LOOP_float32 TG_OWN_STEP_LOOP
#define TG_STEP_LOOP_float64 TG_OWN_STEP_LOOP
#define TG_STEP_LOOP_float16(op, dtype, T, C, load, store, n_states, COUPLED, PREPARE, BODY,     \
                             USES, VARIANTS)                                                     \
    TG_LOOP(op##_float32);                                                                       \
    TG_LOOP(op##_float16)                                                                        \
    {                                                                                            \
        const op##_params *const p = params;                                                     \
        (void)p;                                                                                 \
        const tg_loop_of_floats of = {op##_float32,   params,         3 + (n_states),            \
                                      2 + (n_states), 2 + (n_states), 1u | (unsigned)(USES) << 2};\
        tg_through_floats(args, dims, steps, &of);                                               \
    }

#define TG_VARIANT(elements, constant)                             \
    if (uses == (constant) && is_packed)                           \
        elements(args, dims[0], packed, p, (constant) | (fused ? TG_FUSED : 0));    \
    else if (uses == (constant))                                   \
        elements(args, dims[0], steps, p, (constant) | (fused ? TG_FUSED : 0));

#define TG_ALWAYS_1(X, elements) X(elements, 1)
#define TG_ALWAYS_2(X, elements) X(elements, 3)

#define TG_STEP_ROW(op, signature, dtype, types, number, format) \
    {#op, signature, types "d", number, op##_##dtype, format, sizeof(op##_params), 0},

#define TG_COUPLED_DECAY p->step.weight_decay

#endif
