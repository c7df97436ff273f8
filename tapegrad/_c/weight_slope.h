/* The gradient of the weights, included once per element type and instruction set: see tile.h.
 *
 * For each weight the sum of products of what it met, over all samples and places. Blocks of both
 * images are copied with the channels beside each other (meetings.h); then the elements of a tile,
 * some channels of one image and some of the other, lie beside each other at every place, and so
 * may the channels at the next tap of a row: a `run`. */

static TG_INLINE int64_t NAME(whole_tiles)(int64_t lanes)
{
    return (lanes + NAME(width) - 1) / NAME(width) * NAME(width);
}

/* Tiles of all rows and two vectors of lanes over some lines of a block, in chains that are not too
 * long. */
TARGET static void NAME(add_chains)(int64_t rows, int64_t lanes, const NAME(chain) *all, const T *a,
                                    const T *b, T *c, int64_t c_step)
{
    const int64_t longest = tg_chain_length(all->n_lines * all->length);
    const int64_t at_once = all->length < longest ? longest / all->length : 1;
    NAME(chain) chain = *all;
    for (int64_t line = 0; line < all->n_lines; line += chain.n_lines) {
        chain.lines = all->lines + line;
        chain.n_lines = tg_equal_part(all->n_lines - line, at_once);
        for (int64_t x = 0; x < all->length; x += chain.length) {
            chain.length = tg_equal_part(all->length - x, longest);
            for (int64_t done = 0, n; done < rows; done += n) {
                n = tg_equal_part(rows - done, ROWS);
                NAME(multiply)(n, lanes, &chain, a + x * all->a_step + done, b + x * all->b_step,
                               c + done * c_step, c_step);
            }
        }
    }
}

/* sums[run, row, lane] += what a block's places give to some channels of the slopes. These are the
 * rows if that is quicker, and otherwise the lanes. */
TARGET static void NAME(add_block)(const NAME(meeting) *m, int is_swapped)
{
    const int64_t rows = is_swapped ? m->run : m->rows, lanes = is_swapped ? m->rows : m->run;
    const int64_t padded = NAME(whole_tiles)(lanes), image_step = m->step * m->image_step;
    const int64_t *kernel = m->p->kernel, per_row = m->n_runs / (kernel[0] * kernel[1]);
    const T *a = is_swapped ? m->padded : m->slopes, *b = is_swapped ? m->slopes : m->padded;
    for (int64_t r = 0; r < m->n_runs; r++) {
        const int64_t tap[3] = {r / per_row / kernel[1], r / per_row % kernel[1], r % per_row};
        const int64_t n_lines = NAME(find_lines)(m, tap, is_swapped);
        const NAME(chain) chain = {m->lines, n_lines, m->length,
                                   is_swapped ? image_step : m->slope_step,
                                   is_swapped ? m->slope_step : image_step,
                                   is_swapped ? m->slope_step : image_step};
        for (int64_t lane = 0; lane < lanes; lane += NAME(width))
            NAME(add_chains)(rows, lanes - lane, &chain, a, b + lane,
                             m->sums + r * rows * padded + lane, padded);
    }
}

/* Some channels of the slopes, over all blocks: by squares if there are such, else by sliding. */
TARGET static void NAME(add_blocks)(NAME(meeting) *m, const NAME(square_sums) *squares,
                                    const T *image, const T *slope, int is_swapped)
{
    const int along = m->blocks.along;
    for (int64_t sample = 0; sample < m->n_samples; sample += m->counts[0]) {
        m->counts[0] = tg_equal_part(m->n_samples - sample, m->blocks.n_samples);
        for (int64_t line = 0; line < m->axes[along].n; line += m->blocks.length) {
            const int64_t left = m->axes[along].n - line;
            for (int d = 0; d < 3; d++) {
                m->first[d] = 0;
                m->counts[d + 1] = m->axes[d].n;
            }
            m->first[along] = line;
            m->counts[along + 1] = tg_least(left, m->blocks.length);
            for (int d = 0; d < 3; d++) {
                const int64_t n = m->counts[d + 1];
                m->spans[d] = tg_span_of(&m->axes[d], m->first[d],
                                         squares == NULL ? n : NAME(whole_pairs)(squares, d, n));
            }
            NAME(order)(m);
            if (!m->is_one_block || !m->is_copied)
                NAME(copy_images)(m, image + sample * m->image.sample);
            m->is_copied = 1;
            NAME(copy_slopes)(m, slope + sample * m->slope.sample);
            if (NAME(has_squares)() && squares != NULL)
                NAME(add_square_block)(m, squares);
            else
                NAME(add_block)(m, is_swapped);
        }
    }
}

/* out[row, channel, tap] from the sums. */
TARGET static void NAME(place_sums)(const NAME(meeting) *m, int is_swapped, T *out)
{
    const int64_t n_taps = tg_product(m->p->kernel), in_run = m->run / m->channels;
    const int64_t padded = NAME(whole_tiles)(is_swapped ? m->rows : m->run);
    const int64_t n_out = m->channels * n_taps;
    if (is_swapped)
        for (int64_t t = 0; t < n_taps; t++)
            for (int64_t c = 0; c < m->channels; c++) {
                const T *from = m->sums + (t * m->channels + c) * padded;
                for (int64_t row = 0; row < m->rows; row++)
                    out[row * n_out + c * n_taps + t] = from[row];
            }
    else
        for (int64_t row = 0; row < m->rows; row++) {
            const T *from = m->sums + row * padded;
            if (in_run == 1)
                NAME(turn_rows)(out + row * n_out, n_taps, from, m->rows * padded, n_taps,
                                m->channels);
            else
                for (int64_t r = 0; r < m->n_runs; r++)
                    NAME(turn_rows)(out + row * n_out + r * in_run, n_taps,
                                    from + r * m->rows * padded, m->channels, in_run, m->channels);
        }
}

/* How the work is cut. */
TARGET static void NAME(plan)(NAME(meeting) *m)
{
    const tg_sliding *p = m->p;
    const int64_t n_taps = tg_product(p->kernel);
    for (int d = 0; d < 3; d++)
        m->axes[d] = tg_axis_of(p, d, 0);
    /* Beside few slopes there is room for more of the images. */
    const int64_t slope_bytes = m->n_samples * tg_product(p->out) * m->rows * (int64_t)sizeof(T);
    m->blocks = tg_blocks_of(m->axes, m->n_samples, m->channels, sizeof(T),
                             TG_BLOCK_BYTES * (slope_bytes < TG_BLOCK_BYTES ? 2 : 1));
    m->is_one_block = m->blocks.n_samples == m->n_samples &&
                      m->blocks.length == m->axes[m->blocks.along].n;
    m->is_woven = m->channels % LANES == 0 && m->axes[2].n < 2 * LANES &&
                  m->blocks.n_samples >= m->axes[2].n;
    /* Where vectors of channels fill tiles there is nothing to gain by runs. */
    const int is_run = p->dilation[2] == 1 && m->channels % NAME(width) != 0 && !m->is_woven;
    m->run = m->channels * (is_run ? p->kernel[2] : 1);
    m->n_runs = n_taps / (is_run ? p->kernel[2] : 1);
    if (m->is_one_block) {
        const int64_t fit = TG_BLOCK_BYTES / (n_taps * m->channels * (int64_t)sizeof(T));
        m->rows = tg_least(m->rows, fit < ROWS ? ROWS : fit / ROWS * ROWS);
    }
    m->image_step = NAME(step_of)(m->channels);
    m->slope_step = NAME(step_of)(m->rows);
}

/* The memory of a meeting, whose images and slopes are zero if borders are read, or NULL. */
static char *NAME(allocate)(NAME(meeting) *m, int64_t n_sums)
{
    int64_t counts[3] = {m->axes[0].n, m->axes[1].n, m->axes[2].n}, n_padded = m->image_step;
    counts[m->blocks.along] = m->blocks.length;
    const int64_t places = tg_product(counts) * m->blocks.n_samples;
    for (int d = 0; d < 3; d++)
        n_padded *= tg_span_of(&m->axes[d], 0, counts[d]).size;
    const int64_t slack = 2 * NAME(width);
    const size_t n_images = (size_t)NAME(whole_tiles)(n_padded * m->blocks.n_samples + slack);
    const size_t n_slopes = (size_t)NAME(whole_tiles)(places * m->slope_step + slack);
    const size_t n_lines = (size_t)(places / (m->is_woven ? 1 : counts[2]));
    const size_t n_items = (size_t)n_sums + n_images + n_slopes;
    char *memory = tg_take_scratch(n_items * sizeof(T) + n_lines * sizeof *m->lines);
    if (memory != NULL) { /* the vectors first, so that each is in one cache line */
        m->sums = (T *)memory;
        if (!m->is_woven) /* then nobody reads what is not copied */
            memset(m->sums + n_sums, 0, (n_items - (size_t)n_sums) * sizeof(T));
        m->lines = (void *)(m->sums + n_items);
        m->padded = m->sums + n_sums;
        m->slopes = m->padded + n_images;
    }
    return memory;
}

/* The slopes of all weights of some groups, by sliding. Gives 0, or what went wrong. */
TARGET static int64_t NAME(slide_slopes)(NAME(meeting) m, tg_intp n_groups, char *args[3],
                                         const tg_intp *steps)
{
    const int64_t n_out = m.channels * tg_product(m.p->kernel), n_rows = m.rows;
    NAME(plan)(&m);
    const int64_t at_once = m.rows;
    const int is_swapped = NAME(cost)(m.run, m.rows) < NAME(cost)(m.rows, m.run);
    const int64_t lanes = is_swapped ? m.rows : m.run, rows = is_swapped ? m.run : m.rows;
    const int64_t n_sums = m.n_runs * rows * NAME(whole_tiles)(lanes);
    char *memory = NAME(allocate)(&m, n_sums);
    if (memory == NULL)
        return TG_NO_MEMORY;
    for (tg_intp i = 0; i < n_groups; i++) {
        const T *image = (const T *)(args[0] + i * steps[0]);
        const T *slope = (const T *)(args[1] + i * steps[1]);
        m.is_copied = 0;
        for (int64_t row = 0; row < n_rows; row += m.rows) {
            m.rows = tg_least(n_rows - row, at_once);
            memset(m.sums, 0, (size_t)n_sums * sizeof(T));
            NAME(add_blocks)(&m, NULL, image, slope + row * m.slope.channel, is_swapped);
            NAME(place_sums)(&m, is_swapped, (T *)(args[2] + i * steps[2]) + row * n_out);
        }
    }
    tg_give_scratch(memory);
    return 0;
}

/* The same by squares; a group where that gives what is not finite, by sliding. */
TARGET static int64_t NAME(square_slopes)(NAME(meeting) m, tg_intp n_groups, char *args[3],
                                          const tg_intp *steps)
{
    const NAME(meeting) whole = m;
    const int64_t n_out = m.channels * tg_product(m.p->kernel), n_rows = m.rows;
    NAME(square_sums) squares;
    NAME(plan_squares)(&m, &squares);
    const int64_t at_once = m.rows;
    const size_t size = NAME(lay_out_squares)(&m, &squares, 0);
    char *memory = tg_take_scratch(size);
    if (memory == NULL)
        return TG_NO_MEMORY;
    NAME(lay_out_squares)(&m, &squares, (uintptr_t)memory);
    memset(squares.zeros, 0, (size_t)(at_once + LANES) * sizeof(T));
    int64_t status = 0;
    for (tg_intp i = 0; i < n_groups && status == 0; i++) {
        char *now[3] = {args[0] + i * steps[0], args[1] + i * steps[1], args[2] + i * steps[2]};
        const T *slope = (const T *)now[1];
        T *out = (T *)now[2];
        int is_finite = 1;
        for (int64_t row = 0; row < n_rows && is_finite; row += m.rows) {
            m.rows = tg_least(n_rows - row, at_once);
            memset(m.sums, 0, (size_t)(squares.squares.first[TG_KINDS] * m.rows * m.channels) *
                                  sizeof(T));
            NAME(add_blocks)(&m, &squares, (const T *)now[0], slope + row * m.slope.channel, 0);
            is_finite = NAME(place_squares)(&m, &squares, out + row * n_out);
        }
        if (!is_finite)
            status = NAME(slide_slopes)(whole, 1, now, steps);
    }
    tg_give_scratch(memory);
    return status;
}

/* (n,c,i),(n,p,l)->(p,c,k): images and slopes of what weights gave there, to slopes of weights. The
 * outer iterations are groups. */
TARGET static void NAME(weight_slope)(char **args, const tg_intp *dims, const tg_intp *steps,
                                      void *params)
{
    tg_sliding *p = params;
    const tg_intp item = sizeof(T);
    if (tg_product(p->in) != dims[3] || tg_product(p->out) != dims[5] ||
        tg_product(p->kernel) != dims[6] || p->is_turned) {
        p->status = TG_MISFIT;
        return;
    }
    NAME(meeting) m = {
        .p = p,
        .image = {NULL, steps[3] / item, steps[4] / item, steps[5] / item},
        .slope = {NULL, steps[6] / item, steps[7] / item, steps[8] / item},
        .n_samples = dims[1], .channels = dims[2], .rows = dims[4],
    };
    const int64_t n_out = m.channels * dims[6], n_rows = dims[4];
    if (n_rows * n_out == 0)
        return;
    if (m.n_samples * dims[5] == 0) {
        for (tg_intp i = 0; i < dims[0]; i++)
            memset(args[2] + i * steps[2], 0, (size_t)(n_rows * n_out) * sizeof(T));
        return;
    }
    const int64_t few = tg_least(m.channels, n_rows), others = m.channels + n_rows - few;
    const int is_narrow = p->out[2] <= LANES / 2 && others >= LANES; /* lines fill no vector */
    if (few <= NAME(few_rows) && !is_narrow) {
        NAME(few_slopes) few = {.p = p, .image = m.image, .slope = m.slope, .n_samples = dims[1]};
        if (!NAME(direct_slopes)(few, m.channels, n_rows, dims[0], args, steps))
            p->status = TG_NO_MEMORY;
        return;
    }
    if (tg_is_pointwise(p)) {
        const int is_swapped = NAME(swaps_rows)(n_rows, m.channels);
        const NAME(pointwise) product = {
            .left = is_swapped ? m.image : m.slope, .right = is_swapped ? m.slope : m.image,
            .n_samples = dims[1], .n_places = dims[3],
            .rows = is_swapped ? m.channels : n_rows, .lanes = is_swapped ? n_rows : m.channels,
        };
        p->status = NAME(pointwise_slopes)(product, is_swapped, dims[0], args, steps);
    } else if (NAME(has_squares)() && NAME(has_square_slopes)(p, m.channels))
        p->status = NAME(square_slopes)(m, dims[0], args, steps);
    else
        p->status = NAME(slide_slopes)(m, dims[0], args, steps);
}
