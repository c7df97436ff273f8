/* Steps of recurrent networks. Products with the weights and hyperbolic tangents are launched
 * between these loops, by the walk over the sequence. */
#include "vectors.h"

#define T float
#define NAME(x) x##_float32
#include "recurrent_steps.h"
#undef T
#undef NAME

#define T double
#define NAME(x) x##_float64
#include "recurrent_steps.h"
#undef T
#undef NAME

#define ROW(name, signature, n)                                                    \
    {#name, signature, &"ffffff"[6 - n], TG_FLOAT32, name##_float32, NULL, 0, 0},  \
    {#name, signature, &"dddddd"[6 - n], TG_FLOAT64, name##_float64, NULL, 0, 0},

const tg_kernel tg_recurrent_kernels[] = {
    ROW(rnn_sums, "(k,h),(k,h),(k,h)->(k,h)", 4)
    ROW(rnn_tanh_slopes, "(h),(h)->(h)", 3)
    ROW(rnn_relu_slopes, "(h),(h)->(h)", 3)
    ROW(lstm_sums, "(k,h),(k,h),(k,h)->(k,h)", 4)
    ROW(lstm_cell, "->(k,h),(h),(h)", 3)
    ROW(lstm_output, "(k,h),(h)->(h),(h)", 4)
    ROW(lstm_slopes, "(k,h),(h),(h),(h)->(h),(k,h)", 6)
    ROW(gru_sums, "(k,h),(k,h),(k,h)->(k,h),(h)", 5)
    ROW(gru_candidate, "(h)->(k,h)", 2)
    ROW(gru_output, "(k,h)->(h),(h)", 3)
    ROW(gru_slopes, "(k,h),(h),(h)->(h),(k,h),(k,h)", 6)
    TG_TABLE_END
};
