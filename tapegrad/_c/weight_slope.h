/* The gradient of the weights, included once per element type and instruction set: see tile.h.
 *
 * For each weight the sum of products of what it met, over all samples and places. Blocks of both
 * images are copied with the channels beside each other; then the elements of a tile, some channels
 * of one image and some of the other, lie beside each other at every place, and so do, along a row
 * without dilation, the channels at the next tap: a `run`. */

/* to[x * channels + c] = from[c, x] */
TARGET static void NAME(interleave)(T *to, int64_t n, int64_t channels, const T *from,
                                    int64_t channel_step, int64_t step)
{
    for (int64_t c = 0; c < channels; c += LANES) {
        const int64_t n_c = channels - c < LANES ? channels - c : LANES;
        const T *now = from + c * channel_step;
        if (n_c == LANES)
            for (int64_t x = 0; x < n; x++)
                for (int64_t i = 0; i < LANES; i++)
                    to[x * channels + c + i] = now[i * channel_step + x * step];
        else
            for (int64_t x = 0; x < n; x++)
                for (int64_t i = 0; i < n_c; i++)
                    to[x * channels + c + i] = now[i * channel_step + x * step];
    }
}

typedef struct {
    const tg_sliding *p;
    NAME(images) image, slope;
    int64_t n_samples, channels, rows; /* of a group */
    tg_axis axes[3];
    tg_blocks blocks;
    int64_t counts[4];                 /* of the block: samples and places */
    tg_span spans[3];                  /* of the block */
    int64_t run, n_runs;               /* weights that lie beside each other, and how many such */
    T *padded, *slopes, *sums;
    NAME(line) *lines;
} NAME(meeting);

/* Copy a block of the images, with its borders. */
TARGET static void NAME(interleave_images)(const NAME(meeting) *m, const T *image)
{
    const tg_sliding *p = m->p;
    const tg_span *spans = m->spans;
    const int64_t channels = m->channels, start = spans[2].first < 0 ? -spans[2].first : 0;
    const int64_t last = p->in[2] - spans[2].first, size = spans[2].size;
    const int64_t end = last < size ? last : size, before = start < size ? start : size;
    T *to = m->padded;
    for (int64_t n = 0; n < m->counts[0]; n++)
        for (int64_t z = 0; z < spans[0].size; z++)
            for (int64_t y = 0; y < spans[1].size; y++, to += size * channels) {
                const int64_t in_z = spans[0].first + z, in_y = spans[1].first + y;
                const int is_inside =
                    in_z >= 0 && in_z < p->in[0] && in_y >= 0 && in_y < p->in[1] && end > before;
                if (!is_inside) {
                    memset(to, 0, (size_t)(size * channels) * sizeof(T));
                    continue;
                }
                const int64_t at = (in_z * p->in[1] + in_y) * p->in[2] + spans[2].first + before;
                memset(to, 0, (size_t)(before * channels) * sizeof(T));
                NAME(interleave)(to + before * channels, end - before, channels,
                                 image + n * m->image.sample + at * m->image.element,
                                 m->image.channel, m->image.element);
                memset(to + end * channels, 0, (size_t)((size - end) * channels) * sizeof(T));
            }
}

/* Copy a block of the slopes, and note where each of its lines meets the images. */
TARGET static int64_t NAME(interleave_slopes)(const NAME(meeting) *m, const T *slope,
                                              const int64_t first[3])
{
    const int64_t *counts = m->counts, *out = m->p->out;
    const tg_span *spans = m->spans;
    int64_t n_lines = 0;
    T *to = m->slopes;
    for (int64_t n = 0; n < counts[0]; n++)
        for (int64_t z = 0; z < counts[1]; z++)
            for (int64_t y = 0; y < counts[2]; y++, to += counts[3] * m->rows) {
                const int64_t at = ((first[0] + z) * out[1] + first[1] + y) * out[2] + first[2];
                const int64_t row = (n * spans[0].size + z * m->axes[0].step) * spans[1].size +
                                    y * m->axes[1].step;
                NAME(interleave)(to, counts[3], m->rows,
                                 slope + n * m->slope.sample + at * m->slope.element,
                                 m->slope.channel, m->slope.element);
                m->lines[n_lines].a = to - m->slopes;
                m->lines[n_lines++].b = row * spans[2].size * m->channels;
            }
    return n_lines;
}

/* How long a tile takes: a vector a row, and no less than its sums take one after another. */
static TG_INLINE int64_t NAME(cost)(int64_t rows, int64_t lanes)
{
    return (rows < 4 ? 4 : rows) * ((lanes + LANES - 1) / LANES);
}

/* A tile over all lines of a block, in chains that are not too long. */
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
            NAME(multiply)(rows, lanes, &chain, a + x * all->a_step, b + x * all->b_step, c, c_step);
        }
    }
}

/* sums[run, row, lane] += what a block's places give. The slopes' channels are the rows if that is
 * quicker, and otherwise the lanes. */
TARGET static void NAME(add_block)(const NAME(meeting) *m, int64_t n_lines, int is_swapped)
{
    const int64_t rows = is_swapped ? m->run : m->rows, lanes = is_swapped ? m->rows : m->run;
    const int64_t padded = (lanes + NAME(width) - 1) / NAME(width) * NAME(width);
    const int64_t image_step = m->axes[2].step * m->channels;
    const NAME(chain) chain = {m->lines, n_lines, m->counts[3], is_swapped ? image_step : m->rows,
                               is_swapped ? m->rows : image_step};
    const int64_t *kernel = m->p->kernel;
    const int64_t per_row = m->n_runs / (kernel[0] * kernel[1]);
    for (int64_t r = 0; r < m->n_runs; r++) {
        const int64_t z = r / per_row / kernel[1], y = r / per_row % kernel[1], x = r % per_row;
        const int64_t row = z * m->axes[0].from_step * m->spans[1].size + y * m->axes[1].from_step;
        const T *image = m->padded + (row * m->spans[2].size + x * m->axes[2].from_step) * m->channels;
        for (int64_t lane = 0; lane < lanes; lane += NAME(width))
            for (int64_t done = 0, n; done < rows; done += n) {
                n = tg_equal_part(rows - done, ROWS);
                NAME(add_chains)(n, lanes - lane, &chain,
                                 is_swapped ? image + done : m->slopes + done,
                                 is_swapped ? m->slopes + lane : image + lane,
                                 m->sums + (r * rows + done) * padded + lane, padded);
            }
    }
}

/* All blocks of a group. */
TARGET static void NAME(add_group)(NAME(meeting) *m, const T *image, const T *slope, int is_swapped)
{
    const int along = m->blocks.along;
    for (int64_t sample = 0; sample < m->n_samples; sample += m->blocks.n_samples)
        for (int64_t line = 0; line < m->axes[along].n; line += m->blocks.length) {
            const int64_t samples = m->n_samples - sample, left = m->axes[along].n - line;
            int64_t first[3] = {0, 0, 0};
            m->counts[0] = samples < m->blocks.n_samples ? samples : m->blocks.n_samples;
            for (int d = 0; d < 3; d++)
                m->counts[d + 1] = m->axes[d].n;
            first[along] = line;
            m->counts[along + 1] = left < m->blocks.length ? left : m->blocks.length;
            for (int d = 0; d < 3; d++)
                m->spans[d] = tg_span_of(&m->axes[d], first[d], m->counts[d + 1]);
            NAME(interleave_images)(m, image + sample * m->image.sample);
            const int64_t n_lines =
                NAME(interleave_slopes)(m, slope + sample * m->slope.sample, first);
            if (is_swapped)
                for (int64_t l = 0; l < n_lines; l++) {
                    const int64_t a = m->lines[l].a;
                    m->lines[l].a = m->lines[l].b;
                    m->lines[l].b = a;
                }
            NAME(add_block)(m, n_lines, is_swapped);
        }
}

/* out[row, channel, tap] from the sums of a group. */
TARGET static void NAME(place_sums)(const NAME(meeting) *m, int is_swapped, T *out)
{
    const int64_t n_taps = tg_product(m->p->kernel), lanes = is_swapped ? m->rows : m->run;
    const int64_t padded = (lanes + NAME(width) - 1) / NAME(width) * NAME(width);
    const int64_t taps_in_run = m->run / m->channels, rows = is_swapped ? m->run : m->rows;
    for (int64_t row = 0; row < m->rows; row++)
        for (int64_t c = 0; c < m->channels; c++)
            for (int64_t t = 0; t < n_taps; t++) {
                const int64_t in_run = t % taps_in_run * m->channels + c;
                const int64_t i = is_swapped ? in_run : row, j = is_swapped ? row : in_run;
                out[(row * m->channels + c) * n_taps + t] =
                    m->sums[(t / taps_in_run * rows + i) * padded + j];
            }
}

/* (n,c,i),(n,p,l)->(p,q,k): images and slopes of what weights gave there, to slopes of weights. */
TARGET static void NAME(weight_slope)(char **args, const tg_intp *dims, const tg_intp *steps,
                                      void *params)
{
    tg_sliding *p = params;
    const tg_intp item = sizeof(T);
    const int64_t groups = p->groups;
    if (groups < 1 || dims[2] % groups || dims[4] % groups || tg_product(p->in) != dims[3] ||
        tg_product(p->out) != dims[5] || dims[6] != dims[2] / groups ||
        tg_product(p->kernel) != dims[7] || p->is_turned) {
        p->status = TG_MISFIT;
        return;
    }
    NAME(meeting) m = {
        .p = p,
        .image = {(const T *)args[0], steps[3] / item, steps[4] / item, steps[5] / item},
        .slope = {(const T *)args[1], steps[6] / item, steps[7] / item, steps[8] / item},
        .n_samples = dims[1], .channels = dims[2] / groups, .rows = dims[4] / groups,
    };
    const int64_t n_taps = dims[7];
    if (m.rows * m.channels * n_taps == 0)
        return;
    if (m.n_samples * dims[5] == 0) {
        memset(args[2], 0, (size_t)(dims[4] * m.channels * n_taps) * sizeof(T));
        return;
    }
    for (int d = 0; d < 3; d++)
        m.axes[d] = tg_axis_of(p, d, 0);
    m.blocks = tg_blocks_of(m.axes, m.n_samples, m.channels, sizeof(T));
    const int64_t taps_in_run = p->dilation[2] == 1 ? p->kernel[2] : 1;
    m.run = m.channels * taps_in_run;
    m.n_runs = n_taps / taps_in_run;
    const int is_swapped = NAME(cost)(m.run, m.rows) < NAME(cost)(m.rows, m.run);
    const int64_t lanes = is_swapped ? m.rows : m.run, rows = is_swapped ? m.run : m.rows;
    const int64_t padded = (lanes + NAME(width) - 1) / NAME(width) * NAME(width);
    int64_t counts[3] = {m.axes[0].n, m.axes[1].n, m.axes[2].n}, places, n_padded = m.channels;
    counts[m.blocks.along] = m.blocks.length;
    places = tg_product(counts) * m.blocks.n_samples;
    for (int d = 0; d < 3; d++)
        n_padded *= tg_span_of(&m.axes[d], 0, counts[d]).size;
    const size_t slack = 2 * NAME(width);
    const size_t n_sums = (size_t)(m.n_runs * rows * padded);
    const size_t n_images = (size_t)(n_padded * m.blocks.n_samples) + slack;
    const size_t n_slopes = (size_t)(places * m.rows) + slack;
    const size_t n_lines = (size_t)(places / counts[2]);
    char *memory = malloc((n_sums + n_images + n_slopes) * sizeof(T) + n_lines * sizeof *m.lines + 64);
    if (memory == NULL) {
        p->status = TG_NO_MEMORY;
        return;
    }
    m.lines = (void *)memory;
    m.sums = (T *)(memory + n_lines * sizeof *m.lines);
    m.padded = m.sums + n_sums;
    m.slopes = m.padded + n_images;
    memset(m.sums, 0, (n_sums + n_images + n_slopes) * sizeof(T));
    for (int64_t group = 0; group < groups; group++) {
        memset(m.sums, 0, n_sums * sizeof(T));
        NAME(add_group)(&m, m.image.data + group * m.channels * m.image.channel,
                        m.slope.data + group * m.rows * m.slope.channel, is_swapped);
        NAME(place_sums)(&m, is_swapped, (T *)args[2] + group * m.rows * m.channels * n_taps);
    }
    free(memory);
}
