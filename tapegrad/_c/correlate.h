/* Sliding weights over images, included once per element type and instruction set: see tile.h.
 *
 * A block of samples is copied with its borders of zeros, and for a stride with the elements of
 * each remainder side by side, so that outputs next to each other read elements next to each
 * other. From there the patches of two vectors of outputs are packed, a few kilobytes at a time,
 * and multiplied with the weights, which are packed in tiles. */

/* One row of a panel's sums to where its outputs lie. */
TARGET static TG_INLINE void NAME(scatter)(const NAME(segments) *writes, const T *sums, T *out,
                                           int64_t step)
{
    for (int s = 0; s < writes->n; s++) {
        const NAME(segment) *now = &writes->each[s];
        const T *from = sums + now->lane;
        T *to = out + now->at;
        if (step == 1)
            NAME(copy)(to, from, now->n);
        else
            for (int64_t j = 0; j < now->n; j++)
                to[j * step] = from[j];
    }
}

/* Some rows of a group's outputs, for the lanes that were chosen. */
TARGET static void NAME(panel)(const NAME(pass) *pass, const NAME(padded) *block, int64_t lanes,
                               const char *bias, int64_t bias_step, T *out, int64_t out_channel,
                               int64_t rows, int is_turned)
{
    static const NAME(line) whole = {0, 0};
    T *sums = pass->sums;
    for (int64_t i = 0; i < rows; i++) {
        const T first = bias == NULL ? 0 : TG_AT(const T, bias, i * bias_step);
        NAME(store)(sums + i * NAME(width), (V){0} + first);
        NAME(store)(sums + i * NAME(width) + LANES, (V){0} + first);
    }
    const int64_t chain_length = tg_chain_length(pass->n_inner);
    const int64_t n_channels = pass->n_inner > 0 ? pass->n_inner / pass->n_taps : 1;
    for (int64_t start = 0, n; start < pass->n_inner; start += n) {
        n = tg_equal_part(pass->n_inner - start, chain_length);
        if (n_channels <= chain_length) /* whole taps; turned, one: PyTorch adds those up as well */
            n = is_turned ? n_channels
                          : tg_least(pass->n_inner - start, chain_length / n_channels * n_channels);
        NAME(pack_patches)(pass, block, start, n, lanes);
        const T *weights = pass->weights;
        for (int64_t done = 0, in_tile; done < rows; done += in_tile) {
            in_tile = tg_equal_part(rows - done, ROWS);
            const NAME(chain) chain = {&whole, 1, n, NAME(packed_rows), NAME(width)};
            NAME(multiply)(in_tile, lanes, &chain, weights + start * NAME(packed_rows),
                           pass->patches, sums + done * NAME(width), NAME(width));
            weights += pass->n_inner * NAME(packed_rows);
        }
    }
    for (int64_t i = 0; i < rows; i++)
        NAME(scatter)(&pass->writes, sums + i * NAME(width), out + i * out_channel,
                      pass->axes[2].out_step);
}

/* One or a few rows: outputs straight from the block, four vectors at a time, without patches. */
TARGET static void NAME(few_rows)(const NAME(pass) *pass, const NAME(padded) *block, int64_t n,
                                  T *out, int64_t out_channel, int64_t rows, const char *bias,
                                  int64_t bias_step)
{
    const int64_t n_channels = pass->n_inner / pass->n_taps, step = pass->axes[2].out_step;
    for (int64_t row = 0; row < rows; row++) {
        const T first = bias == NULL ? 0 : TG_AT(const T, bias, row * bias_step);
        T *to = out + row * out_channel + pass->writes.each[0].at;
        for (int64_t x = 0; x < n; x += 4 * LANES) {
            const T *weight = pass->weights + row;
            const T *from = block->data + pass->reads.each[0].at + x;
            T result[4 * LANES];
            for (int i = 0; i < LANES; i++)
                result[i] = first;
            V s0 = NAME(load)(result), s1 = s0, s2 = s0, s3 = s0;
            for (int64_t t = 0; t < pass->n_taps; t++)
                for (int64_t c = 0; c < n_channels; c++, weight += NAME(packed_rows)) {
                    const T w = *weight, *now = from + pass->from[t] + c * block->channel;
                    s0 = MULADD(w, NAME(load)(now), s0);
                    s1 = MULADD(w, NAME(load)(now + LANES), s1);
                    s2 = MULADD(w, NAME(load)(now + 2 * LANES), s2);
                    s3 = MULADD(w, NAME(load)(now + 3 * LANES), s3);
                }
            NAME(store)(result, s0);
            NAME(store)(result + LANES, s1);
            NAME(store)(result + 2 * LANES, s2);
            NAME(store)(result + 3 * LANES, s3);
            const int64_t left = n - x < 4 * LANES ? n - x : 4 * LANES;
            if (step == 1)
                memcpy(to + x, result, (size_t)left * sizeof(T));
            else
                for (int64_t i = 0; i < left; i++)
                    to[(x + i) * step] = result[i];
        }
    }
}

/* Everything of a call that does not change from pass to pass. */
typedef struct {
    const tg_sliding *p;
    NAME(images) in;
    NAME(given) weight;
    const char *bias;
    int64_t bias_step;
    int64_t n_samples, channels, rows; /* of a group */
    T *out;
    int64_t out_sample, out_channel;
} NAME(call);

enum { NAME(few) = 2 };

/* The outputs of one block, whose elements have been copied. */
TARGET static void NAME(block_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                       const NAME(padded) *block, const int64_t counts[4],
                                       const int64_t first[3], int64_t rows, T *out,
                                       const char *bias)
{
    const int64_t n = counts[0] * counts[1] * counts[2] * counts[3];
    const int is_direct = rows <= NAME(few) && pass->n_inner > 0;
    const int64_t width = is_direct ? counts[3] : NAME(width);
    for (int64_t start = 0; start < n; start += width) {
        const int64_t lanes = NAME(choose_lanes)(pass, call->p, block, counts, first,
                                                 call->out_sample, start, width);
        if (is_direct)
            NAME(few_rows)(pass, block, lanes, out, call->out_channel, rows, bias, call->bias_step);
        else
            NAME(panel)(pass, block, lanes, bias, call->bias_step, out, call->out_channel, rows,
                        call->p->is_turned != 0);
    }
}

/* All samples for some rows of a group, whose weights are packed. */
TARGET static void NAME(rows_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                      NAME(padded) *block, const tg_blocks *blocks, const T *images,
                                      T *out, const char *bias, int64_t rows)
{
    const tg_axis *axes = pass->axes;
    const int along = blocks->along;
    for (int64_t sample = 0; sample < call->n_samples; sample += blocks->n_samples)
        for (int64_t line = 0; line < axes[along].n; line += blocks->length) {
            const int64_t samples = call->n_samples - sample, lines = axes[along].n - line;
            int64_t first[3] = {0, 0, 0};
            int64_t counts[4] = {samples < blocks->n_samples ? samples : blocks->n_samples,
                                 axes[0].n, axes[1].n, axes[2].n};
            tg_span spans[3];
            first[along] = line;
            counts[along + 1] = lines < blocks->length ? lines : blocks->length;
            for (int d = 0; d < 3; d++)
                spans[d] = tg_span_of(&axes[d], first[d], counts[d + 1]);
            if (pass->n_inner > 0)
                for (int64_t n = 0; n < counts[0]; n++)
                    for (int64_t c = 0; c < call->channels; c++)
                        NAME(fill_channel)(call->p, axes, spans,
                                           images + (sample + n) * call->in.sample +
                                               c * call->in.channel,
                                           call->in.element, block,
                                           block->data + n * block->sample + c * block->channel);
            /* The block begins with the outputs from `first` on. */
            NAME(block_outputs)(call, pass, block, counts, first, rows,
                                out + sample * call->out_sample, bias);
        }
}

/* Cut the memory of a pass from one piece, and give its end; from address 0 on it only measures. */
static uintptr_t NAME(lay_out)(NAME(pass) *pass, NAME(padded) *block, int64_t n_samples,
                               int64_t n_weights, uintptr_t address)
{
    const int64_t n_tiles = (pass->row_limit + ROWS - 1) / ROWS;
#define PART(field, n)         \
    field = (void *)address;   \
    address += ((size_t)(n) * sizeof *(field) + 63) / 64 * 64;
    PART(pass->from, pass->n_taps)
    PART(pass->weight, pass->n_taps)
    PART(pass->tap_of, n_weights)
    PART(pass->weights, n_tiles * pass->n_inner * NAME(packed_rows))
    PART(pass->patches, TG_LONGEST_CHAIN * NAME(width))
    PART(pass->sums, pass->row_limit * NAME(width))
    PART(block->data, LANES + n_samples * block->sample + 8 * LANES)
#undef PART
    block->data += LANES; /* vectors of few lanes begin before them */
    return address;
}

enum { NAME(weights_at_once) = (1 << 20) / sizeof(T) };

/* The outputs of one remainder of the strides. Zero where there is no memory. */
TARGET static int NAME(run_pass)(const NAME(call) *call, NAME(pass) *pass)
{
    const tg_axis *axes = pass->axes;
    const tg_sliding *p = call->p;
    if (axes[0].n * axes[1].n * axes[2].n == 0)
        return 1;
    pass->n_taps = axes[0].n_taps * axes[1].n_taps * axes[2].n_taps;
    pass->n_inner = pass->n_taps * call->channels;
    const int64_t limit = NAME(weights_at_once) / (pass->n_inner + 1) / ROWS * ROWS;
    pass->row_limit = limit < ROWS ? ROWS : limit;
    pass->row_limit = pass->row_limit < call->rows ? pass->row_limit : call->rows;
    NAME(padded) block = {NULL, 0, 0, 0, 0, 0};
    tg_blocks blocks = {call->n_samples, axes[0].n, 0};
    if (pass->n_inner > 0) {
        int64_t counts[3] = {axes[0].n, axes[1].n, axes[2].n};
        blocks = tg_blocks_of(axes, call->n_samples, call->channels, sizeof(T), TG_BLOCK_BYTES);
        counts[blocks.along] = blocks.length;
        tg_span spans[3];
        for (int d = 0; d < 3; d++)
            spans[d] = tg_span_of(&axes[d], 0, counts[d]);
        block.part = (spans[2].size + axes[2].step - 1) / axes[2].step;
        block.row = block.part * axes[2].step;
        block.plane = block.row * spans[1].size;
        block.channel = block.plane * spans[0].size;
        block.sample = block.channel * call->channels;
    }
    char *memory = aligned_alloc(64, NAME(lay_out)(pass, &block, blocks.n_samples, tg_product(p->kernel), 0));
    if (memory == NULL)
        return 0;
    NAME(lay_out)(pass, &block, blocks.n_samples, tg_product(p->kernel), (uintptr_t)memory);
    if (pass->n_inner > 0)
        NAME(number_taps)(pass, p, &block);
    for (int64_t group = 0; group < p->groups; group++)
        for (int64_t row = 0; row < call->rows; row += pass->row_limit) {
            const int64_t left = call->rows - row;
            const int64_t rows = left < pass->row_limit ? left : pass->row_limit;
            const int64_t outer = p->is_turned ? call->channels : call->rows;
            const int64_t outer_step = p->is_turned ? call->weight.inner : call->weight.row;
            const int64_t channel = group * call->rows + row;
            NAME(given) weight = call->weight;
            weight.data += group * outer * outer_step + row * weight.row;
            if (pass->n_inner > 0)
                NAME(pack_weights)(pass, &weight, tg_product(p->kernel), rows);
            NAME(rows_outputs)(call, pass, &block, &blocks,
                               call->in.data + group * call->channels * call->in.channel,
                               call->out + channel * call->out_channel,
                               call->bias == NULL ? NULL : call->bias + channel * call->bias_step,
                               rows);
        }
    free(memory);
    return 1;
}

/* (c,i),(o,q,k),(b)->(p,l): images, weights and a bias, which may be empty, to images. Samples are
 * the outer iterations, so that threads may share them. */
TARGET static void NAME(correlate)(char **args, const tg_intp *dims, const tg_intp *steps,
                                   void *params)
{
    tg_sliding *p = params;
    const tg_intp item = sizeof(T), turned = p->is_turned != 0;
    const int64_t channels = dims[1], n_out = dims[7], groups = p->groups;
    if (groups < 1 || channels % groups || n_out % groups ||
        tg_product(p->in) != dims[2] || tg_product(p->kernel) != dims[5] ||
        tg_product(p->out) != dims[8] || dims[3] != (turned ? channels : n_out) ||
        dims[4] != (turned ? n_out : channels) / groups || (dims[6] != 0 && dims[6] != n_out)) {
        p->status = TG_MISFIT;
        return;
    }
    const NAME(call) call = {
        p, {(const T *)args[0], steps[0] / item, steps[4] / item, steps[5] / item},
        {(const T *)args[1], steps[6 + turned] / item, steps[7 - turned] / item, steps[8] / item},
        dims[6] == 0 ? NULL : args[2], steps[9],
        dims[0], channels / groups, n_out / groups,
        (T *)args[3], steps[3] / item, steps[10] / item,
    };
    const int64_t none[3] = {1, 1, 1}, *remainders = turned ? p->stride : none;
    NAME(pass) pass;
    for (int64_t z = 0; z < remainders[0]; z++)
        for (int64_t y = 0; y < remainders[1]; y++)
            for (int64_t x = 0; x < remainders[2]; x++) {
                const int64_t remainder[3] = {z, y, x};
                for (int d = 0; d < 3; d++)
                    pass.axes[d] = tg_axis_of(p, d, remainder[d]);
                if (!NAME(run_pass)(&call, &pass)) {
                    p->status = TG_NO_MEMORY;
                    return;
                }
            }
}
