/* Products of lines, as weights of one tap need. Included once per element type and instruction set:
 * see tile.h.
 *
 * What gives the rows of tiles is read where it lies, as far as it has lines and whole tiles of them,
 * or packed. What gives the lanes is packed two vectors at a time, in a panel that stays in the first
 * cache. */

typedef struct {
    NAME(images) left, right; /* of which one gives the rows, and one the lanes */
    int64_t n_samples, n_places, rows, lanes;
    int64_t at_once, length; /* of a block: samples, and places of each */
    int64_t longest;         /* chain */
    int64_t n_lines;         /* rows that are read where they lie */
    T *sums, *panel, *packed;
} NAME(pointwise);

/* What fits into the first cache of a panel, and into the second of weights alone. */
enum { NAME(places_at_once) = 256, NAME(weights_at_once) = (8 << 18) / sizeof(T) };

/* Add the products of a tile of rows that are packed. */
TARGET static void NAME(add_packed)(const NAME(pointwise) *m, int64_t rows, int64_t lanes,
                                    int64_t depth, const T *packed, T *sums)
{
    static const NAME(line) line = {0, 0, LANES};
    NAME(chain) chain = {&line, 1, 0, NAME(packed_rows), NAME(width), NAME(width)};
    for (int64_t k = 0; k < depth; k += chain.length) {
        chain.length = tg_equal_part(depth - k, m->longest);
        NAME(multiply_packed_rows)(rows, lanes, &chain, packed + k * NAME(packed_rows),
                                   m->panel + k * NAME(width), sums, NAME(width));
    }
}

/* Add those of a whole tile of lines, n places of some samples. */
TARGET static void NAME(add_lines)(const NAME(pointwise) *m, int64_t n_samples, int64_t n,
                                   const T *left, T *sums)
{
    const T *panel = m->panel;
    for (int64_t i = 0; i < n_samples; i++, left += m->left.sample)
        for (int64_t x = 0, now; x < n; x += now, panel += now * NAME(width)) {
            now = tg_equal_part(n - x, m->longest);
            NAME(multiply_lines)(now, left + x, m->left.channel, panel, sums,
                                 left + m->left.channel * ROWS + x * ROWS);
        }
}

/* Outputs of weights of one tap, under which each place of small images meets its own. */
typedef struct {
    NAME(images) in;
    NAME(given) weight;
    const char *bias;
    int64_t bias_step, n_samples, n_places, n_channels, n_rows;
    T *out;
    int64_t out_sample, out_channel;
} NAME(one_tap);

/* Whether a panel's copies are not too far apart, and all weights stay in the second cache. */
static int NAME(is_one_tap)(const NAME(one_tap) *call)
{
    return call->in.element == 1 && call->n_places >= LANES &&
           call->n_places <= NAME(places_at_once) &&
           call->n_rows * call->n_channels <= NAME(weights_at_once);
}

/* Find what the lanes from `start` on read and write. Gives how many there are. */
TARGET static int64_t NAME(choose_places)(const NAME(one_tap) *call, int64_t start,
                                          NAME(segments) *reads, NAME(segments) *writes)
{
    int64_t sample = start / call->n_places, place = start % call->n_places, lane = 0;
    reads->n = writes->n = 0;
    for (int64_t n; lane < NAME(width) && sample < call->n_samples; lane += n, sample++, place = 0) {
        n = tg_least(call->n_places - place, NAME(width) - lane);
        NAME(append)(reads, lane, n, sample * call->in.sample + place, 1);
        NAME(append)(writes, lane, n, sample * call->out_sample + place, 1);
    }
    return lane;
}

/* What the lanes read of n channels. */
TARGET static void NAME(fill_panel)(const NAME(one_tap) *call, const NAME(segments) *reads,
                                    int64_t channel, int64_t n, T *panel)
{
    const T *from = call->in.data + channel * call->in.channel;
    for (int64_t k = 0; k < n; k++, from += call->in.channel, panel += NAME(width))
        for (int s = 0; s < reads->n; s++)
            NAME(copy)(panel + reads->each[s].lane, from + reads->each[s].at, reads->each[s].n);
}

/* Where the panel after this one begins: more channels of its lanes, or the lanes that follow. */
TARGET static TG_INLINE const T *NAME(next_panel)(const NAME(one_tap) *call,
                                                  const NAME(segments) *reads, int64_t channel)
{
    const NAME(segment) *first = &reads->each[0], *last = &reads->each[reads->n - 1];
    return channel < call->n_channels ? call->in.data + channel * call->in.channel + first->at
                                      : call->in.data + last->at + last->n;
}

/* Ask for what it reads of n channels: lines that lie so far apart that no processor does so. */
TARGET static TG_INLINE void NAME(ask_for)(const T *panel, int64_t channel, int64_t n)
{
    for (int64_t k = 0; k < n; k++, panel += channel) {
        PREFETCH_READ(panel);
        PREFETCH_READ(panel + NAME(width) - 1);
    }
}

/* All rows of the outputs of the lanes that were chosen, some channels after others. The tiles of a
 * panel ask for the next one, a few channels each. */
TARGET static void NAME(put_places)(const NAME(one_tap) *call, const NAME(pointwise) *m,
                                    const NAME(segments) *reads, const NAME(segments) *writes,
                                    int64_t lanes)
{
    NAME(start_sums)(m->sums, NAME(width), m->rows, call->bias, call->bias_step);
    for (int64_t channel = 0, n; channel < call->n_channels; channel += n) {
        n = tg_equal_part(call->n_channels - channel, m->length);
        NAME(fill_panel)(call, reads, channel, n, m->panel);
        const int is_last = channel + n == call->n_channels;
        const T *packed = m->packed + channel * NAME(packed_rows);
        const T *next = NAME(next_panel)(call, reads, channel + n);
        const int64_t asked = (n * ROWS + m->rows - 1) / m->rows; /* a tile, about */
        for (int64_t row = 0, rows; row < m->rows; row += rows) {
            T *sums = m->sums + row * NAME(width), *out = call->out + row * call->out_channel;
            rows = tg_equal_part(m->rows - row, ROWS);
            NAME(ask_for)(next, call->in.channel, asked);
            next += asked * call->in.channel;
            if (is_last)
                NAME(expect)(writes, rows, out, call->out_channel, 1);
            NAME(add_packed)(m, rows, lanes, n, packed, sums);
            packed += call->n_channels * NAME(packed_rows);
            if (is_last)
                NAME(scatter)(writes, sums, rows, out, call->out_channel, 1);
        }
    }
}

/* The outputs of some groups, `steps` bytes apart. Gives 0, or what went wrong. */
TARGET static int64_t NAME(one_tap_outputs)(NAME(one_tap) call, int64_t n_groups,
                                            const tg_intp *steps)
{
    NAME(pointwise) m = {.rows = call.n_rows, .length = NAME(places_at_once) / 2,
                         .longest = tg_chain_length(call.n_channels)};
    const int64_t n_tiles = (m.rows + ROWS - 1) / ROWS;
    const int64_t n_sums = m.rows * NAME(width), n_panel = m.length * NAME(width);
    const int64_t n_packed = n_tiles * call.n_channels * NAME(packed_rows);
    m.sums = tg_take_scratch((size_t)(n_sums + n_panel + n_packed) * sizeof(T));
    if (m.sums == NULL)
        return TG_NO_MEMORY;
    m.panel = m.sums + n_sums;
    m.packed = m.panel + n_panel;
    for (int64_t i = 0; i < n_groups; i++) {
        if (i == 0 || steps[1] != 0)
            NAME(pack_weights)(m.packed, &call.weight, m.rows, 1, call.n_channels);
        NAME(segments) reads = {0}, writes = {0};
        for (int64_t start = 0, n; start < call.n_samples * call.n_places; start += n) {
            n = NAME(choose_places)(&call, start, &reads, &writes);
            NAME(put_places)(&call, &m, &reads, &writes, n);
        }
        call.in.data += steps[0] / (tg_intp)sizeof(T);
        call.weight.data += steps[1] / (tg_intp)sizeof(T);
        call.bias = call.bias == NULL ? NULL : call.bias + steps[2];
        call.out += steps[3] / (tg_intp)sizeof(T);
    }
    tg_give_scratch(m.sums);
    return 0;
}
