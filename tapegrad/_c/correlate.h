/* Sliding weights over images, included once per element type and instruction set: see tile.h.
 *
 * A block of samples is copied with its borders of zeros, and for a stride with the elements of
 * each remainder side by side, so that outputs next to each other read elements next to each
 * other. From there the patches of two vectors of outputs are packed, a few kilobytes at a time,
 * and multiplied with the weights, which are packed in tiles. Small images are woven: there the
 * outputs of a panel are one place of many samples. */

/* Everything of a call that does not change. */
typedef struct {
    const tg_sliding *p;
    int is_square; /* by squares of outputs */
    NAME(images) in;
    NAME(given) weight;
    const char *bias;
    int64_t bias_step;
    int64_t n_samples, n_channels, n_rows, n_weights;
    T *out;
    int64_t out_sample, out_channel;
    tg_axis all[3];
    tg_blocks blocks;
    int64_t row_limit; /* rows whose weights are packed at once */
    int64_t n_kept;    /* patches that are kept for the rows after these: panels, or their chains */
    int is_one_block;
} NAME(call);

/* What fits into the second cache of patches beside half as many weights as do alone. */
enum { NAME(most_kept) = (6 << 18) / sizeof(T) };

/* The outputs of woven images, where places follow one another: some of them are turned together, so
 * that those of a sample are written at once and not each to a line that others have pushed out. */
TARGET static void NAME(woven_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                       const NAME(padded) *block, const int64_t counts[4],
                                       int64_t rows, T *out, const char *bias)
{
    static const int64_t first[3] = {0, 0, 0};
    const int64_t n = tg_product(counts + 1), lanes = counts[0], step = rows * NAME(width);
    T *sums = pass->sums;
    pass->leaves_sums = 1;
    NAME(begin_lanes)(pass);
    for (int64_t place = 0; place < n; place += LANES) {
        const int64_t n_now = tg_least(n - place, LANES);
        for (int64_t i = 0; i < n_now; i++) {
            pass->sums = sums + i * step;
            NAME(choose_lanes)(pass, call->p, block, counts, first, call->out_sample, lanes);
            NAME(panel)(pass, block, lanes, call->n_weights, bias, call->bias_step, out,
                        call->out_channel, rows, call->p->is_turned != 0);
        }
        for (int64_t row = 0; row < rows; row++)
            NAME(turn_rows)(out + row * call->out_channel + place, call->out_sample,
                            sums + row * NAME(width), step, n_now, lanes);
    }
    pass->sums = sums;
    pass->leaves_sums = 0;
}

/* The outputs of one pass and one block, whose elements have been copied. */
TARGET static void NAME(block_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                       const NAME(padded) *block, const int64_t counts[4],
                                       const int64_t first[3], int64_t rows, T *out,
                                       const char *bias)
{
    const int64_t n = counts[0] * counts[1] * counts[2] * counts[3];
    if (call->n_rows <= NAME(few_rows) && !block->is_woven) {
        NAME(put_lines)(pass, call->p, block, counts, first, out, call->out_sample,
                        call->out_channel, rows, bias, call->bias_step);
        return;
    }
    if (block->is_woven && pass->axes[1].out_step == 1 && pass->axes[2].out_step == 1 &&
        pass->axes[0].out_step == 1) {
        NAME(woven_outputs)(call, pass, block, counts, rows, out, bias);
        return;
    }
    const int64_t width = block->is_woven ? counts[0] : (int64_t)NAME(width);
    NAME(begin_lanes)(pass);
    for (int64_t start = 0; start < n; start += width) {
        const int64_t lanes = NAME(choose_lanes)(pass, call->p, block, counts, first,
                                                 call->out_sample, width);
        NAME(panel)(pass, block, lanes, call->n_weights, bias, call->bias_step, out,
                    call->out_channel, rows, call->p->is_turned != 0);
    }
}

/* The outputs of one block by the squares of one remainder and phase. */
TARGET static void NAME(square_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                        const NAME(padded) *block, const tg_squares *squares,
                                        const T *weights, int64_t n_samples, int64_t line,
                                        int64_t rows, T *out, const char *bias)
{
    const int along = call->blocks.along;
    int64_t first[3] = {0, 0, 0};
    int64_t counts[4] = {n_samples, 1, squares->axes[0].n, squares->axes[1].n};
    first[along] = line;
    counts[along + 1] = tg_least(counts[along + 1] - line, call->blocks.length);
    if (counts[2] <= 0 || counts[3] <= 0)
        return;
    pass->axes[0] = call->all[0];
    pass->axes[1] = squares->axes[0];
    pass->axes[2] = squares->axes[1];
    const int64_t n = n_samples * counts[2] * counts[3];
    NAME(begin_lanes)(pass);
    for (int64_t start = 0; start < n; start += NAME(width)) {
        const int64_t lanes = NAME(choose_lanes)(pass, call->p, block, counts, first,
                                                 call->out_sample, NAME(width));
        if (!NAME(square_panel)(pass, block, call->p, squares, weights, lanes, bias,
                                call->bias_step, out, call->out_channel, rows))
            pass->is_spoilt = 1;
    }
}

/* How many values the packed sums of some rows have. */
static int64_t NAME(packed_sums)(const NAME(call) *call, const tg_squares *squares, int64_t rows)
{
    return (rows + ROWS - 1) / ROWS * squares->first[TG_KINDS] * call->n_channels *
           NAME(packed_rows);
}

/* The outputs of one block by squares: of all remainders of the strides and all phases. */
TARGET static void NAME(all_squares)(const NAME(call) *call, NAME(pass) *pass,
                                     const NAME(padded) *block, int64_t n_samples, int64_t line,
                                     int64_t rows, T *out, const char *bias)
{
    const int64_t lowest[2] = {call->all[1].lowest, call->all[2].lowest};
    const T *weights = pass->weights;
    for (int64_t y = 0; y < tg_remainders(call->p, 1); y++)
        for (int64_t x = 0; x < tg_remainders(call->p, 2); x++) {
            const int64_t remainder[2] = {y, x};
            int64_t n_phases[2], phase[2];
            tg_squares squares;
            for (int d = 0; d < 2; d++)
                n_phases[d] = tg_pairs_of(call->p, d + 1, remainder[d], 0).n_phases;
            for (phase[0] = 0; phase[0] < n_phases[0]; phase[0]++)
                for (phase[1] = 0; phase[1] < n_phases[1]; phase[1]++) {
                    tg_set_squares(&squares, call->p, remainder, phase, lowest, block->row,
                                   block->part);
                    NAME(square_outputs)(call, pass, block, &squares, weights, n_samples, line,
                                         rows, out, bias);
                }
            weights += NAME(packed_sums)(call, &squares, rows);
        }
}

/* The weights of some rows packed as sums, for each remainder of the strides. */
TARGET static void NAME(pack_all_sums)(const NAME(call) *call, const NAME(pass) *pass,
                                       const NAME(given) *given, int64_t rows)
{
    static const int64_t none[2] = {0, 0};
    T *weights = pass->weights;
    for (int64_t y = 0; y < tg_remainders(call->p, 1); y++)
        for (int64_t x = 0; x < tg_remainders(call->p, 2); x++) {
            const int64_t remainder[2] = {y, x};
            tg_squares squares;
            tg_set_squares(&squares, call->p, remainder, none, none, 0, 0);
            NAME(pack_sums)(weights, given, &squares, tg_product(call->p->kernel), rows,
                            call->n_channels, pass->patches + call->n_kept * pass->kept);
            weights += NAME(packed_sums)(call, &squares, rows);
        }
}

/* The outputs of one block: of all remainders of the strides. */
TARGET static void NAME(all_passes)(const NAME(call) *call, NAME(pass) *pass,
                                    const NAME(padded) *block, int64_t n_samples, int64_t line,
                                    int64_t rows, T *out, const char *bias)
{
    static const int64_t none[3] = {1, 1, 1};
    const int64_t *remainders = call->p->is_turned ? call->p->stride : none;
    for (int64_t z = 0; z < remainders[0]; z++)
        for (int64_t y = 0; y < remainders[1]; y++)
            for (int64_t x = 0; x < remainders[2]; x++) {
                const int64_t remainder[3] = {z, y, x};
                int64_t first[3] = {0, 0, 0}, counts[4] = {n_samples, 0, 0, 0};
                NAME(set_pass)(pass, call->p, call->all, remainder, block);
                for (int d = 0; d < 3; d++)
                    counts[d + 1] = pass->axes[d].n;
                first[call->blocks.along] = line;
                counts[call->blocks.along + 1] =
                    tg_least(pass->axes[call->blocks.along].n - line, call->blocks.length);
                if (counts[1] > 0 && counts[2] > 0 && counts[3] > 0)
                    NAME(block_outputs)(call, pass, block, counts, first, rows, out, bias);
            }
}

/* All samples for some rows, whose weights are packed. */
TARGET static void NAME(rows_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                      const NAME(padded) *block, int is_filled, int64_t rows,
                                      T *out, const char *bias)
{
    const int along = call->blocks.along;
    pass->next = pass->patches;
    pass->is_packed = is_filled && call->n_kept > 0;
    for (int64_t sample = 0; sample < call->n_samples; sample += call->blocks.n_samples)
        for (int64_t line = 0; line < call->all[along].n; line += call->blocks.length) {
            const int64_t samples = tg_least(call->n_samples - sample, call->blocks.n_samples);
            tg_span spans[3];
            for (int d = 0; d < 3; d++)
                spans[d] = tg_span_of(&call->all[d], 0, call->all[d].n);
            spans[along] = tg_span_of(&call->all[along], line,
                                      tg_least(call->all[along].n - line, call->blocks.length));
            NAME(images) in = call->in;
            in.data += sample * in.sample;
            if (!is_filled)
                NAME(fill_block)(call->p, call->all, spans, &in, samples, call->n_channels, block);
            T *to = out + sample * call->out_sample;
            if (NAME(has_squares)() && call->is_square)
                NAME(all_squares)(call, pass, block, samples, line, rows, to, bias);
            else
                NAME(all_passes)(call, pass, block, samples, line, rows, to, bias);
        }
}

/* How many samples at once, if images are so small that whole vectors of samples are better, which
 * leave out what meets the border, and there are products enough beside what it costs to place their
 * sums. */
static int64_t NAME(woven_samples)(const NAME(call) *call)
{
    const int64_t n = call->n_samples;
    const tg_blocks blocks =
        tg_blocks_of(call->all, n, call->n_channels, sizeof(T), 4 * TG_BLOCK_BYTES);
    if (call->is_square || call->n_rows <= NAME(few_rows) || call->in.element != 1 ||
        call->n_weights == 1 ||
        call->n_weights * call->n_channels < TG_LEAST_WOVEN_PRODUCTS ||
        call->all[2].n > TG_MOST_WOVEN || blocks.length != call->all[blocks.along].n)
        return 0;
    for (int64_t width = 2 * LANES; width >= LANES; width -= LANES)
        if (width <= blocks.n_samples && (n + width - 1) / width * width * 4 <= n * 5)
            return width;
    return 0;
}

/* How many elements the patches have that are packed at once: of a panel's squares, or of one chain. */
static int64_t NAME(patches_at_once)(const NAME(call) *call)
{
    return call->is_square ? NAME(patches_at)(TG_KINDS, (call->n_weights + 1) * call->n_channels)
                           : TG_LONGEST_CHAIN * NAME(width);
}

/* How many panels there are, by squares, or chains of panels; or more. */
static int64_t NAME(n_patches)(const NAME(call) *call)
{
    const tg_sliding *p = call->p;
    const int64_t n_channels = call->n_channels;
    const int64_t n = call->n_samples * call->all[0].n * call->all[1].n * call->all[2].n;
    int64_t n_patches = (n + NAME(width) - 1) / NAME(width);
    if (call->is_square) {
        for (int d = 1; d < 3; d++)
            n_patches *= tg_remainders(p, d) * tg_pairs_of(p, d, 0, 0).n_phases;
        return n_patches;
    }
    const int64_t chain = tg_chain_length(n_channels * (p->is_turned ? 1 : call->n_weights));
    return n_patches * call->n_weights * ((n_channels + chain - 1) / chain);
}

/* How many rows' weights are packed at once, and whether patches are kept for the rows after them. */
static void NAME(plan_rows)(NAME(call) *call, const NAME(padded) *block)
{
    const int64_t products = call->n_weights * call->n_channels + 1;
    const int64_t limit = NAME(weights_at_once) / products;
    call->n_kept = 0;
    call->row_limit = call->n_rows;
    if (call->n_rows <= limit)
        return;
    const int64_t n_kept = NAME(n_patches)(call);
    if (call->is_one_block && !block->is_woven &&
        n_kept * NAME(patches_at_once)(call) <= NAME(most_kept))
        call->n_kept = n_kept;
    const int64_t n = (call->n_kept > 0 ? limit / 2 : limit) / ROWS * ROWS;
    call->row_limit = tg_least(n < ROWS ? ROWS : n, call->n_rows);
}

/* How the work is cut, and how a block of images lies. */
TARGET static NAME(padded) NAME(plan_blocks)(NAME(call) *call)
{
    const tg_axis *all = call->all;
    call->blocks =
        tg_blocks_of(all, call->n_samples, call->n_channels, sizeof(T), TG_BLOCK_BYTES);
    const int64_t woven = NAME(woven_samples)(call);
    call->blocks.n_samples = woven > 0 ? woven : call->blocks.n_samples;
    const NAME(padded) block = NAME(block_of)(all, &call->blocks, woven, call->n_channels);
    call->is_one_block = call->blocks.n_samples >= call->n_samples && block.is_cleared;
    NAME(plan_rows)(call, &block);
    return block;
}

/* Cut the memory of a call from one piece, and give its end; from address 0 on it only measures. */
static uintptr_t NAME(lay_out)(const NAME(call) *call, NAME(pass) *pass, NAME(padded) *block,
                               uintptr_t address)
{
    const int64_t n_weights = call->n_weights;
    const int64_t n_tiles = (call->row_limit + ROWS - 1) / ROWS;
    const int64_t n_block =
        call->n_channels * block->channel * (block->is_woven ? 1 : call->blocks.n_samples);
#define PART(field, n)         \
    field = (void *)address;   \
    address += ((size_t)(n) * sizeof *(field) + 63) / 64 * 64;
    PART(pass->from, n_weights)
    PART(pass->weight, n_weights)
    PART(pass->is_met, n_weights)
    PART(pass->weights,
         (n_tiles * n_weights + call->is_square) * call->n_channels * NAME(packed_rows))
    PART(pass->patches, (call->n_kept + 1) * NAME(patches_at_once)(call))
    PART(pass->sums,
         call->is_square ? TG_KINDS * NAME(sums_of_kind)
                         : call->row_limit * NAME(width) * (block->is_woven ? LANES : 1))
    PART(block->data, LANES + n_block + 8 * LANES)
#undef PART
    pass->kept = call->n_kept > 0 ? NAME(patches_at_once)(call) : 0;
    block->data += LANES; /* vectors of few lanes begin before them */
    return address;
}

/* The outputs of a group. `is_packed`: its weights are those of the group before it. */
TARGET static void NAME(group_outputs)(const NAME(call) *call, NAME(pass) *pass,
                                       const NAME(padded) *block, int is_packed)
{
    for (int64_t row = 0; row < call->n_rows; row += call->row_limit) {
        const int64_t rows = tg_least(call->n_rows - row, call->row_limit);
        NAME(given) weight = call->weight;
        weight.data += row * weight.row;
        if (is_packed && call->row_limit >= call->n_rows)
            ; /* as they are */
        else if (NAME(has_squares)() && call->is_square)
            NAME(pack_all_sums)(call, pass, &weight, rows);
        else
            NAME(pack_weights)(pass->weights, &weight, rows, call->n_weights, call->n_channels);
        NAME(rows_outputs)(call, pass, block, call->is_one_block && row > 0, rows,
                           call->out + row * call->out_channel,
                           call->bias == NULL ? NULL : call->bias + row * call->bias_step);
    }
}

/* How outputs of some groups are found: by squares or by sliding. */
static void NAME(choose_way)(NAME(call) *call, int is_square)
{
    call->is_square = is_square;
    call->n_weights =
        is_square ? NAME(sums_of_square)(call->p) : tg_product(call->p->kernel);
    for (int d = 0; d < 3; d++)
        call->all[d] = is_square && d > 0 ? tg_all_pairs(call->p, d) : tg_all_of(call->p, d);
}

/* The outputs of some groups, `steps` bytes apart, in the way that was chosen. Gives 0, or what went
 * wrong. */
TARGET static int64_t NAME(groups_outputs)(NAME(call) call, int64_t n_groups, const tg_intp *steps)
{
    NAME(call) all = call;
    NAME(pass) pass = {.n_channels = call.n_channels};
    NAME(padded) block = NAME(plan_blocks)(&all);
    const size_t size = NAME(lay_out)(&all, &pass, &block, 0);
    char *memory = tg_take_scratch(size);
    if (memory == NULL)
        return TG_NO_MEMORY;
    NAME(lay_out)(&all, &pass, &block, (uintptr_t)memory);
    if (block.is_cleared && !block.is_woven) /* whose border nobody reads */
        memset(block.data - LANES, 0, size - (size_t)((char *)(block.data - LANES) - memory));
    for (int64_t i = 0; i < n_groups; i++) {
        NAME(group_outputs)(&all, &pass, &block, i > 0 && steps[1] == 0);
        all.in.data += steps[0] / (tg_intp)sizeof(T);
        all.weight.data += steps[1] / (tg_intp)sizeof(T);
        all.bias = all.bias == NULL ? NULL : all.bias + steps[2];
        all.out += steps[3] / (tg_intp)sizeof(T);
    }
    tg_give_scratch(memory);
    return pass.is_spoilt ? TG_SPOILT : 0;
}

/* One sample of a group: by squares, or by sliding if that gives what is not finite. */
static int64_t NAME(sample_outputs)(NAME(call) call, const tg_intp *steps)
{
    NAME(choose_way)(&call, 1);
    const int64_t status = NAME(groups_outputs)(call, 1, steps);
    if (status != TG_SPOILT)
        return status;
    NAME(choose_way)(&call, 0);
    return NAME(groups_outputs)(call, 1, steps);
}

/* The outputs of some groups, where it may be by squares: what is not finite then is found a sample
 * at a time, so that it does not matter which samples a thread was given. */
static int64_t NAME(best_outputs)(NAME(call) call, int64_t n_groups, const tg_intp *steps)
{
    NAME(choose_way)(&call, 0);
    if (NAME(woven_samples)(&call) == 0 && NAME(is_square)(call.p, call.n_channels))
        NAME(choose_way)(&call, 1);
    int64_t status = NAME(groups_outputs)(call, n_groups, steps);
    const int64_t n_samples = call.n_samples, n = status == TG_SPOILT ? n_groups * n_samples : 0;
    call.n_samples = 1;
    for (int64_t i = 0; i < n && (i == 0 || status == 0); i++) {
        const int64_t group = i / n_samples, sample = i % n_samples;
        NAME(call) now = call;
        now.in.data += group * (steps[0] / (tg_intp)sizeof(T)) + sample * call.in.sample;
        now.weight.data += group * (steps[1] / (tg_intp)sizeof(T));
        now.bias = call.bias == NULL ? NULL : call.bias + group * steps[2];
        now.out += group * (steps[3] / (tg_intp)sizeof(T)) + sample * call.out_sample;
        status = NAME(sample_outputs)(now, steps);
    }
    return status;
}

/* (n,c,i),(o,q,k),(b)->(n,p,l): images, weights and a bias, which may be empty, to images. The
 * outer iterations are groups, or samples, so that threads may share them. */
TARGET static void NAME(correlate)(char **args, const tg_intp *dims, const tg_intp *steps,
                                   void *params)
{
    tg_sliding *p = params;
    const tg_intp item = sizeof(T), turned = p->is_turned != 0, n_out = dims[8];
    if (tg_product(p->in) != dims[3] || tg_product(p->kernel) != dims[6] ||
        tg_product(p->out) != dims[9] || dims[4 + turned] != n_out || dims[5 - turned] != dims[2] ||
        (dims[7] != 0 && dims[7] != n_out)) {
        p->status = TG_MISFIT;
        return;
    }
    NAME(call) call = {
        .p = p, .in = {(const T *)args[0], steps[4] / item, steps[5] / item, steps[6] / item},
        .weight = {(const T *)args[1], steps[7 + turned] / item, steps[8 - turned] / item,
                   steps[9] / item},
        .bias = dims[7] == 0 ? NULL : args[2], .bias_step = steps[10],
        .n_samples = dims[1], .n_channels = dims[2], .n_rows = n_out,
        .out = (T *)args[3], .out_sample = steps[11] / item, .out_channel = steps[12] / item,
    };
    const int are_samples = dims[1] == 1 && steps[1] == 0 && steps[2] == 0;
    if (are_samples) {
        call.n_samples = dims[0];
        call.in.sample = steps[0] / item;
        call.out_sample = steps[3] / item;
    }
    if (call.n_samples * n_out * dims[9] == 0)
        return;
    const int64_t n_groups = are_samples ? 1 : dims[0];
    const NAME(one_tap) one = {
        call.in, call.weight, call.bias, call.bias_step, call.n_samples, dims[3], dims[2], n_out,
        call.out, call.out_sample, call.out_channel,
    };
    if (tg_is_pointwise(p) && n_out > NAME(few_rows) && NAME(is_one_tap)(&one))
        p->status = NAME(one_tap_outputs)(one, n_groups, steps);
    else
        p->status = NAME(best_outputs)(call, n_groups, steps);
}
