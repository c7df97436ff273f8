/* The element-wise parts of a recurrent step for one type: included by recurrent.c once for each.
 *
 * T is the type and NAME(x) the name of a loop for it. Rows are packed: a row of gates is `k` blocks
 * of `h` elements. A logistic gate is (1 + tanh(x / 2)) / 2; sums are halved for it beforehand, and
 * the hyperbolic tangents between these loops are NumPy's, whose loop is vectorised. */

#define ROW(type, operand) ((type *)(args[operand] + i * steps[operand]))
#define LOGISTIC(t) ((T)0.5 * (t) + (T)0.5)

static TG_INLINE void NAME(sums)(char **args, const tg_intp *dims, const tg_intp *steps, const int *halved)
{
    const tg_intp k = dims[1], h = dims[2];
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict state = ROW(const T, 0);
        const T *b_ih = ROW(const T, 1), *b_hh = ROW(const T, 2);
        T *restrict gates = ROW(T, 3);
        for (tg_intp gate = 0; gate < k; gate++) {
            const T scale = halved[gate] ? (T)0.5 : (T)1;
            const tg_intp end = (gate + 1) * h;
            TG_INDEPENDENT
            for (tg_intp j = gate * h; j < end; j++)
                gates[j] = scale * (gates[j] + b_ih[j] + (state[j] + b_hh[j]));
        }
    }
}

TG_VECTOR_LOOP_OF(NAME(rnn_sums))
{
    const int halved[1] = {0};
    (void)params, (void)fused;
    NAME(sums)(args, dims, steps, halved);
}

TG_VECTOR_LOOP_OF(NAME(lstm_sums))
{
    const int halved[4] = {1, 1, 0, 1};
    (void)params, (void)fused;
    NAME(sums)(args, dims, steps, halved);
}

/* Keeps the old cell, and makes logistic gates and the new cell. */
TG_VECTOR_LOOP_OF(NAME(lstm_cell))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        T *restrict gates = ROW(T, 0), *restrict cell = ROW(T, 1), *restrict before = ROW(T, 2);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T in = LOGISTIC(gates[j]), forget = LOGISTIC(gates[h + j]);
            before[j] = cell[j];
            cell[j] = forget * cell[j] + in * gates[2 * h + j];
            gates[j] = in;
            gates[h + j] = forget;
            gates[3 * h + j] = LOGISTIC(gates[3 * h + j]);
        }
    }
}

/* The output gate times the hyperbolic tangent of the cell, to two places. */
TG_VECTOR_LOOP_OF(NAME(lstm_output))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *gates = ROW(const T, 0), *tanh_cell = ROW(const T, 1);
        T *output = ROW(T, 2), *hidden = ROW(T, 3);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++)
            output[j] = hidden[j] = gates[3 * h + j] * tanh_cell[j];
    }
}

/* From the gradients of output and cell to those of the sums; the cell's goes on to the step
 * before. */
TG_VECTOR_LOOP_OF(NAME(lstm_slopes))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict gates = ROW(const T, 0), *restrict tanh_cell = ROW(const T, 1);
        const T *restrict before = ROW(const T, 2), *restrict hidden = ROW(const T, 3);
        T *restrict cell = ROW(T, 4), *restrict slopes = ROW(T, 5);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T in = gates[j], forget = gates[h + j], new = gates[2 * h + j];
            const T out = gates[3 * h + j], g = hidden[j];
            const T of_cell = cell[j] + g * out * (1 - tanh_cell[j] * tanh_cell[j]);
            slopes[j] = of_cell * new * in * (1 - in);
            slopes[h + j] = of_cell * before[j] * forget * (1 - forget);
            slopes[2 * h + j] = of_cell * in * (1 - new * new);
            slopes[3 * h + j] = g * tanh_cell[j] * out * (1 - out);
            cell[j] = of_cell * forget;
        }
    }
}

/* Halved sums of the reset and update gates; the third parts of input and state stay apart. */
TG_VECTOR_LOOP_OF(NAME(gru_sums))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict state = ROW(const T, 0);
        const T *b_ih = ROW(const T, 1), *b_hh = ROW(const T, 2);
        T *restrict gates = ROW(T, 3), *restrict part = ROW(T, 4);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < 2 * h; j++)
            gates[j] = (T)0.5 * (gates[j] + b_ih[j] + (state[j] + b_hh[j]));
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            gates[2 * h + j] += b_ih[2 * h + j];
            part[j] = state[2 * h + j] + b_hh[2 * h + j];
        }
    }
}

/* Makes logistic gates, and the sum of the candidate. */
TG_VECTOR_LOOP_OF(NAME(gru_candidate))
{
    const tg_intp h = dims[1];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict part = ROW(const T, 0);
        T *restrict gates = ROW(T, 1);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            gates[j] = LOGISTIC(gates[j]);
            gates[h + j] = LOGISTIC(gates[h + j]);
            gates[2 * h + j] += gates[j] * part[j];
        }
    }
}

/* Between the candidate and the state before, to two places. */
TG_VECTOR_LOOP_OF(NAME(gru_output))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict gates = ROW(const T, 0);
        T *restrict hidden = ROW(T, 1), *restrict output = ROW(T, 2);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T new = gates[2 * h + j];
            output[j] = hidden[j] = new + gates[h + j] * (hidden[j] - new);
        }
    }
}

/* From the gradient of the output to those of both sums; what goes straight to the state before
 * stays in `hidden`. */
TG_VECTOR_LOOP_OF(NAME(gru_slopes))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict gates = ROW(const T, 0), *restrict part = ROW(const T, 1);
        const T *restrict before = ROW(const T, 2);
        T *restrict hidden = ROW(T, 3), *restrict of_input = ROW(T, 4);
        T *restrict of_state = ROW(T, 5);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T reset = gates[j], update = gates[h + j], new = gates[2 * h + j];
            const T g = hidden[j], of_new = g * (1 - update) * (1 - new * new);
            of_input[j] = of_state[j] = of_new * part[j] * reset * (1 - reset);
            of_input[h + j] = of_state[h + j] = g * (before[j] - new) * update * (1 - update);
            of_input[2 * h + j] = of_new;
            of_state[2 * h + j] = of_new * reset;
            hidden[j] = g * update;
        }
    }
}

#define ACTIVATION_SLOPES(name, SLOPE)                                          \
    TG_VECTOR_LOOP_OF(NAME(name))                                                         \
    {                                                                           \
        const tg_intp h = dims[1];                                              \
        (void)params, (void)fused;                                              \
        for (tg_intp i = 0; i < dims[0]; i++) {                                 \
            const T *restrict out = ROW(const T, 0), *restrict g = ROW(const T, 1); \
            T *restrict slopes = ROW(T, 2);                                     \
            TG_INDEPENDENT                                                      \
            for (tg_intp j = 0; j < h; j++)                                     \
                slopes[j] = g[j] * (SLOPE);                                     \
        }                                                                       \
    }

ACTIVATION_SLOPES(rnn_tanh_slopes, 1 - out[j] * out[j])
ACTIVATION_SLOPES(rnn_relu_slopes, (T)(out[j] > 0))

#undef ACTIVATION_SLOPES
#undef LOGISTIC
#undef ROW
