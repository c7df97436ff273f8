/* One or two output channels, which would leave most of a tile empty: their outputs are summed
 * along the lines, straight from a block. Included once per element type and instruction set: see
 * tile.h. */

/* At most a vector of places of a line: where they read and write. */
typedef struct {
    int64_t read, written, n;
} NAME(few);

enum { NAME(at_once) = 4, NAME(few_rows) = 2 };

TARGET static TG_INLINE void NAME(put)(T *to, int64_t step, V v, int64_t n)
{
    T all[LANES];
    if (step == 1) {
        NAME(store_part)(to, v, n);
    } else {
        NAME(store)(all, v);
        for (int64_t i = 0; i < n; i++)
            to[i * step] = all[i];
    }
}

/* One output channel at a few vectors of places. */
TARGET static TG_APART void NAME(put_few)(const NAME(pass) *pass, const NAME(padded) *block,
                                          const T *weights, T first, const NAME(few) *few, T *out)
{
    const T *d0 = block->data + few[0].read, *d1 = block->data + few[1].read;
    const T *d2 = block->data + few[2].read, *d3 = block->data + few[3].read;
    const int64_t n_taps = pass->n_taps, n_channels = pass->n_channels, channel = block->channel;
    const int64_t *from = pass->from, *weight = pass->weight;
    V s0 = (V){0} + first, s1 = s0, s2 = s0, s3 = s0;
    for (int64_t t = 0; t < n_taps; t++) {
        const T *w = weights + weight[t] * n_channels * NAME(packed_rows);
        int64_t at = from[t];
        for (int64_t c = 0; c < n_channels; c++) {
            s0 = MULADD(*w, NAME(load)(d0 + at), s0);
            s1 = MULADD(*w, NAME(load)(d1 + at), s1);
            s2 = MULADD(*w, NAME(load)(d2 + at), s2);
            s3 = MULADD(*w, NAME(load)(d3 + at), s3);
            w += NAME(packed_rows);
            at += channel;
        }
    }
    NAME(put)(out + few[0].written, pass->write_step, s0, few[0].n);
    NAME(put)(out + few[1].written, pass->write_step, s1, few[1].n);
    NAME(put)(out + few[2].written, pass->write_step, s2, few[2].n);
    NAME(put)(out + few[3].written, pass->write_step, s3, few[3].n);
}

/* The place that comes next: of a line, of which the first one reads and writes here; of its plane, and
 * of its sample. */
typedef struct {
    int64_t x, y, z, sample, read, written;
} NAME(place);

/* What the lines of a block have in common. */
typedef struct {
    const NAME(pass) *pass;
    const tg_sliding *p;
    const NAME(padded) *block;
    const int64_t *counts, *first; /* samples and places; the first place of each dimension */
    int64_t out_sample;
} NAME(many_lines);

/* Find the first line of a plane. */
TARGET static TG_INLINE void NAME(begin_plane)(const NAME(many_lines) *lines, NAME(place) *place)
{
    const tg_axis *axes = lines->pass->axes;
    int64_t written = 0, at[3] = {place->z, 0, 0};
    for (int d = 0; d < 3; d++)
        written = written * lines->p->out[d] + axes[d].out_first +
                  (lines->first[d] + at[d]) * axes[d].out_step;
    place->written = written + place->sample * lines->out_sample;
    place->read = place->sample * lines->block->sample +
                  place->z * axes[0].step * lines->block->plane;
}

/* The places of the next vector. */
TARGET static TG_INLINE NAME(few) NAME(next_few)(const NAME(many_lines) *lines, NAME(place) *place)
{
    const tg_axis *axes = lines->pass->axes;
    const int64_t *counts = lines->counts, left = counts[3] - place->x;
    const NAME(few) few = {place->read + place->x, place->written + place->x * axes[2].out_step,
                           tg_least(left, LANES)};
    place->x += LANES;
    if (left > LANES)
        return few;
    place->x = 0;
    place->read += axes[1].step * lines->block->row;
    place->written += axes[1].out_step * lines->p->out[2];
    if (++place->y < counts[2])
        return few;
    place->y = 0;
    if (++place->z == counts[1]) {
        place->z = 0;
        place->sample++;
    }
    NAME(begin_plane)(lines, place);
    return few;
}

/* The outputs of a block of `counts` samples and places, for one or two rows. */
TARGET static void NAME(put_lines)(NAME(pass) *pass, const tg_sliding *p, const NAME(padded) *block,
                                   const int64_t counts[4], const int64_t first[3], T *out,
                                   int64_t out_sample, int64_t out_channel, int64_t rows,
                                   const char *bias, int64_t bias_step)
{
    const NAME(many_lines) lines = {pass, p, block, counts, first, out_sample};
    const int64_t vectors = (counts[3] + LANES - 1) / LANES;
    const int64_t n = counts[0] * counts[1] * counts[2] * vectors;
    NAME(place) place = {0};
    pass->write_step = pass->axes[2].out_step;
    NAME(begin_plane)(&lines, &place);
    for (int64_t start = 0; start < n; start += NAME(at_once)) {
        NAME(few) few[NAME(at_once)];
        for (int i = 0; i < NAME(at_once); i++) {
            if (start + i < n) {
                few[i] = NAME(next_few)(&lines, &place);
            } else { /* again the last, for nothing */
                few[i] = few[i - 1];
                few[i].n = 0;
            }
        }
        for (int64_t row = 0; row < rows; row++)
            NAME(put_few)(pass, block, pass->weights + row,
                          bias == NULL ? 0 : TG_AT(const T, bias, row * bias_step), few,
                          out + row * out_channel);
    }
}
