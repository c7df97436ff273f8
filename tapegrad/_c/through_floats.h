/* What gives element-wise loops a float16 form by the one for float, where nothing is rounded in
 * between: code for halves in each loop would be two fifths of all kernels. */
#ifndef TG_THROUGH_FLOATS_H
#define TG_THROUGH_FLOATS_H

#include "vectors.h"

/* The first `n_halves` of all operands are halves, and those with a bit in `written` are written
 * back; what follows is handed on as it is. */
void tg_through_floats(tg_loop loop, char **args, const tg_intp *dims, const tg_intp *steps,
                       void *params, int n_operands, int n_halves, unsigned written);

/* A float16 loop of inputs and one output, before the loop for float that it goes through. */
#define TG_MAP_THROUGH_FLOATS(op, n_in)                                                      \
    TG_LOOP(op##_float32);                                                                   \
    TG_LOOP(op##_float16)                                                                    \
    {                                                                                        \
        tg_through_floats(op##_float32, args, dims, steps, params, (n_in) + 1, (n_in) + 1,   \
                          1u << (n_in));                                                     \
    }

#endif
