/* Steps of recurrent networks. Products with the weights are launched between these loops, by the
 * walk over the sequence. */
#include "tanh.h"

#define T float
#define NAME(x) x##_float32
#define TANH(x) tg_quick_tanh_float(x, fused)
#include "recurrent_steps.h"
#undef T
#undef NAME
#undef TANH

#define T double
#define NAME(x) x##_float64
#define TANH(x) tg_quick_tanh_double(x, fused)
#include "recurrent_steps.h"
#undef T
#undef NAME
#undef TANH

#define ROW(name, signature, n)                                                    \
    {#name, signature, &"ffffffff"[8 - n], TG_FLOAT32, name##_float32, NULL, 0, 0},  \
    {#name, signature, &"dddddddd"[8 - n], TG_FLOAT64, name##_float64, NULL, 0, 0},

const tg_kernel tg_recurrent_kernels[] = {
    ROW(rnn_tanh, "(k,h),(k,h),(k,h)->(k,h)", 4)
    ROW(rnn_relu, "(k,h),(k,h),(k,h)->(k,h)", 4)
    ROW(rnn_tanh_slopes, "(h),(h)->(h)", 3)
    ROW(rnn_relu_slopes, "(h),(h)->(h)", 3)
    ROW(lstm_step, "(k,h),(k,h),(k,h),(h)->(k,h),(h),(h),(h)", 8)
    ROW(lstm_slopes, "(k,h),(h),(h),(h)->(h),(k,h)", 6)
    ROW(gru_step, "(k,h),(k,h),(k,h)->(k,h),(h),(h),(h)", 7)
    ROW(gru_slopes, "(k,h),(h),(h)->(h),(k,h),(k,h)", 6)
    TG_TABLE_END
};
