/* The outputs of a panel: two vectors of places, for some rows, which are output channels. Included
 * once per element type and instruction set: see tile.h. */

/* Some rows of a panel's sums to where their outputs lie. */
TARGET static TG_INLINE void NAME(scatter)(const NAME(segments) *writes, const T *sums,
                                           int64_t rows, T *out, int64_t out_channel, int64_t step)
{
    for (int64_t i = 0; i < rows; i++, sums += NAME(width), out += out_channel)
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

/* Ask for the memory of some rows of outputs, which comes while their last products are added. */
TARGET static TG_INLINE void NAME(expect)(const NAME(segments) *writes, int64_t rows, T *out,
                                          int64_t out_channel, int64_t step)
{
    const int64_t n = step == 1 ? writes->each[0].n : 1;
    for (int64_t i = 0; i < rows; i++, out += out_channel)
        for (int64_t at = 0; at < n; at += NAME(line_items))
            PREFETCH(out + writes->each[0].at + at);
}

/* The products that are added up as one chain, for all rows: at some taps, in some channels. */
typedef struct {
    int64_t tap, n_taps, channel, n_channels;
} NAME(link);

/* The chain after `last`: whole taps, or some channels of one. Turned, one tap: PyTorch adds those up
 * as well. */
static TG_INLINE NAME(link) NAME(next_link)(const NAME(pass) *pass, NAME(link) last,
                                            int64_t chain_length, int is_turned)
{
    const int64_t n_channels = pass->n_channels;
    NAME(link) next = {last.tap, 1, last.channel + last.n_channels, 0};
    if (next.channel == n_channels) {
        next.tap += last.n_taps;
        next.channel = 0;
        if (n_channels <= chain_length && !is_turned)
            next.n_taps = tg_least(pass->n_taps - next.tap, chain_length / n_channels);
    }
    next.n_channels = tg_equal_part(n_channels - next.channel, chain_length);
    return next;
}

static TG_INLINE int NAME(is_last)(const NAME(pass) *pass, const NAME(link) *link)
{
    return link->tap + link->n_taps >= pass->n_taps &&
           link->channel + link->n_channels >= pass->n_channels;
}

/* Find what the lanes meet in a chain, and note which weights it is for. Gives how many lines. */
TARGET static int64_t NAME(find_link)(const NAME(pass) *pass, const NAME(padded) *block,
                                      const NAME(pieces) *pieces, const NAME(link) *link,
                                      NAME(line) *lines)
{
    int64_t n = 0, found[2];
    for (int64_t t = link->tap; t < link->tap + link->n_taps; t++)
        if (pass->is_met[t]) {
            NAME(find_patches)(pass, block, pieces, t, link->channel, link->n_channels,
                               pass->next + n * link->n_channels * LANES, found);
            lines[n].a = (pass->weight[t] * pass->n_channels + link->channel) * NAME(packed_rows);
            lines[n].b = found[0];
            lines[n++].right = found[1];
        }
    return n;
}

/* Some rows of sums as they are before the first product: the bias. */
TARGET static TG_INLINE void NAME(start_sums)(T *sums, int64_t step, int64_t rows, const char *bias,
                                              int64_t bias_step)
{
    for (int64_t i = 0; i < rows; i++, sums += step) {
        const T first = bias == NULL ? 0 : TG_AT(const T, bias, i * bias_step);
        NAME(store)(sums, (V){0} + first);
        NAME(store)(sums + LANES, (V){0} + first);
    }
}

/* Some rows of the outputs, for the lanes that were chosen. Where these are whole vectors whose places
 * follow one another, and all products are one chain, they are added up where they belong. */
TARGET static void NAME(panel)(NAME(pass) *pass, const NAME(padded) *block, int64_t lanes,
                               int64_t n_weights, const char *bias, int64_t bias_step, T *out,
                               int64_t out_channel, int64_t rows, int is_turned)
{
    const int64_t tile_size = n_weights * pass->n_channels * NAME(packed_rows);
    const int64_t chain_length = tg_chain_length(pass->n_taps * pass->n_channels);
    const int is_dense = pass->writes.n == 1 && pass->write_step == 1 && lanes == NAME(width) &&
                         !pass->leaves_sums;
    T *sums = pass->sums;
    int64_t step = NAME(width);
    NAME(pieces) pieces;
    NAME(cut_lanes)(pass, block, &pieces);
    NAME(link) link = {0, 0, pass->n_channels, 0}; /* before the first */
    int is_first = 1, is_last = NAME(is_last)(pass, &link);
    if (is_last) {
        NAME(start_sums)(sums, step, rows, bias, bias_step);
        if (!pass->leaves_sums)
            NAME(scatter)(&pass->writes, sums, rows, out, out_channel, pass->write_step);
    }
    while (!is_last) {
        NAME(line) lines[TG_LONGEST_CHAIN];
        link = NAME(next_link)(pass, link, chain_length, is_turned);
        is_last = NAME(is_last)(pass, &link);
        if (is_first && is_last && is_dense) {
            sums = out + pass->writes.each[0].at;
            step = out_channel;
        }
        const int is_scattered = is_last && !pass->leaves_sums && sums == pass->sums;
        NAME(chain) chain = {lines, NAME(find_link)(pass, block, &pieces, &link, lines),
                             link.n_channels, NAME(packed_rows), pieces.step[0], pieces.step[1]};
        if (chain.n_lines == link.n_taps && pieces.step[0] == LANES &&
            pieces.step[1] == LANES) { /* then they follow one another */
            chain.length *= chain.n_lines;
            chain.n_lines = 1;
        }
        const T *weights = pass->weights;
        pass->next += pass->kept;
        for (int64_t done = 0, n; done < rows; done += n, weights += tile_size) {
            n = tg_equal_part(rows - done, ROWS);
            if (is_first)
                NAME(start_sums)(sums + done * step, step, n,
                                 bias == NULL ? NULL : bias + done * bias_step, bias_step);
            if (is_scattered)
                NAME(expect)(&pass->writes, n, out + done * out_channel, out_channel,
                             pass->write_step);
            NAME(multiply_packed_rows)(n, lanes, &chain, weights, block->data, sums + done * step,
                                       step);
            if (is_scattered)
                NAME(scatter)(&pass->writes, sums + done * step, n, out + done * out_channel,
                              out_channel, pass->write_step);
        }
        is_first = 0;
    }
}
