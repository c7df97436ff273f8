/* What gives element-wise loops a float16 form by the one for float, where nothing is rounded in
 * between: code for halves in each loop would be two fifths of all kernels, and NumPy's own take one
 * half after the other. */
#ifndef TG_THROUGH_FLOATS_H
#define TG_THROUGH_FLOATS_H

#include "vectors.h"

/* A loop for floats and what it is run on: the first `n_halves` of all operands are halves, of which
 * the first `n_read` are read and those with a bit in `written` written; what follows is handed on. */
typedef struct {
    tg_loop loop;
    void *params;
    int n_operands, n_halves, n_read;
    unsigned written;
} tg_loop_of_floats;

void tg_through_floats(char **args, const tg_intp *dims, const tg_intp *steps,
                       const tg_loop_of_floats *of);

/* Halves that lie `step` bytes apart as floats, and floats rounded to halves. */
void tg_widen_halves(const char *in, tg_intp step, float *out, tg_intp n);
void tg_round_to_halves(const float *in, char *out, tg_intp step, tg_intp n);

/* A float16 loop of inputs and one output, before the loop for float that it goes through. */
#define TG_MAP_THROUGH_FLOATS(op, n_in)                                                      \
    TG_LOOP(op##_float32);                                                                   \
    TG_LOOP(op##_float16)                                                                    \
    {                                                                                        \
        const tg_loop_of_floats of = {op##_float32, params,         (n_in) + 1, (n_in) + 1,  \
                                      n_in,         1u << (n_in)};                           \
        tg_through_floats(args, dims, steps, &of);                                           \
    }

#endif
