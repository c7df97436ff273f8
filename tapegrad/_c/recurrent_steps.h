/* The element-wise parts of a recurrent step for one type: included by recurrent.c once for each.
 *
 * T is the type, NAME(x) the name of a loop for it and TANH(x) its hyperbolic tangent. Rows are
 * packed: a row of gates is `k` blocks of `h` elements, which begin as what comes from the input. */

#define ROW(type, operand) ((type *)(args[operand] + i * steps[operand]))
#define LOGISTIC(x) ((T)0.5 * TANH((T)0.5 * (x)) + (T)0.5)
#define SUM(j) (gates[j] + b_ih[j] + (state[j] + b_hh[j]))

#define RNN_STEP(name, ACTIVATED)                                           \
    TG_VECTOR_LOOP_OF(NAME(name))                                           \
    {                                                                       \
        const tg_intp h = dims[2];                                          \
        (void)params, (void)fused;                                          \
        for (tg_intp i = 0; i < dims[0]; i++) {                             \
            const T *restrict state = ROW(const T, 0);                      \
            const T *b_ih = ROW(const T, 1), *b_hh = ROW(const T, 2);       \
            T *restrict gates = ROW(T, 3);                                  \
            TG_INDEPENDENT                                                  \
            for (tg_intp j = 0; j < h; j++) {                               \
                const T sum = SUM(j);                                       \
                gates[j] = ACTIVATED;                                       \
            }                                                               \
        }                                                                   \
    }

RNN_STEP(rnn_tanh, TANH(sum))
RNN_STEP(rnn_relu, sum < 0 ? 0 : sum)

/* Gates, the new cell from the one before, its hyperbolic tangent, and what comes out. */
TG_VECTOR_LOOP_OF(NAME(lstm_step))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict state = ROW(const T, 0), *restrict before = ROW(const T, 3);
        const T *b_ih = ROW(const T, 1), *b_hh = ROW(const T, 2);
        T *restrict gates = ROW(T, 4), *restrict cell = ROW(T, 5);
        T *restrict tanh_cell = ROW(T, 6), *restrict output = ROW(T, 7);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < 2 * h; j++)
            gates[j] = LOGISTIC(SUM(j));
        TG_INDEPENDENT
        for (tg_intp j = 2 * h; j < 3 * h; j++)
            gates[j] = TANH(SUM(j));
        TG_INDEPENDENT
        for (tg_intp j = 3 * h; j < 4 * h; j++)
            gates[j] = LOGISTIC(SUM(j));
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T new = gates[h + j] * before[j] + gates[j] * gates[2 * h + j], squashed = TANH(new);
            cell[j] = new;
            tanh_cell[j] = squashed;
            output[j] = gates[3 * h + j] * squashed;
        }
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

/* Gates, the candidate's part from the state, the new state between the candidate and the one before,
 * and the same as what comes out. */
TG_VECTOR_LOOP_OF(NAME(gru_step))
{
    const tg_intp h = dims[2];
    (void)params, (void)fused;
    for (tg_intp i = 0; i < dims[0]; i++) {
        const T *restrict state = ROW(const T, 0);
        const T *b_ih = ROW(const T, 1), *b_hh = ROW(const T, 2);
        T *restrict gates = ROW(T, 3), *restrict part = ROW(T, 4);
        T *restrict hidden = ROW(T, 5), *restrict output = ROW(T, 6);
        TG_INDEPENDENT
        for (tg_intp j = 0; j < 2 * h; j++)
            gates[j] = LOGISTIC(SUM(j));
        TG_INDEPENDENT
        for (tg_intp j = 0; j < h; j++) {
            const T from_state = state[2 * h + j] + b_hh[2 * h + j];
            const T new = TANH(gates[2 * h + j] + b_ih[2 * h + j] + gates[j] * from_state);
            part[j] = from_state;
            gates[2 * h + j] = new;
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
#undef RNN_STEP
#undef SUM
#undef LOGISTIC
#undef ROW
