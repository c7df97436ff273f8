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
TARGET static void NAME(put_few)(const NAME(pass) *pass, const NAME(padded) *block,
                                 const T *weights, T first, const NAME(few) *few, T *out)
{
    const T *data = block->data;
    V s0 = (V){0} + first, s1 = s0, s2 = s0, s3 = s0;
    for (int64_t t = 0; t < pass->n_taps; t++) {
        const T *w = weights + pass->weight[t] * pass->n_channels * NAME(packed_rows);
        int64_t at = pass->from[t];
        for (int64_t c = 0; c < pass->n_channels; c++) {
            s0 = MULADD(*w, NAME(load)(data + few[0].read + at), s0);
            s1 = MULADD(*w, NAME(load)(data + few[1].read + at), s1);
            s2 = MULADD(*w, NAME(load)(data + few[2].read + at), s2);
            s3 = MULADD(*w, NAME(load)(data + few[3].read + at), s3);
            w += NAME(packed_rows);
            at += block->channel;
        }
    }
    NAME(put)(out + few[0].written, pass->write_step, s0, few[0].n);
    NAME(put)(out + few[1].written, pass->write_step, s1, few[1].n);
    NAME(put)(out + few[2].written, pass->write_step, s2, few[2].n);
    NAME(put)(out + few[3].written, pass->write_step, s3, few[3].n);
}

/* The outputs of a block of `counts` samples and places, for one or two rows. */
TARGET static void NAME(put_lines)(NAME(pass) *pass, const tg_sliding *p, const NAME(padded) *block,
                                   const int64_t counts[4], const int64_t first[3], T *out,
                                   int64_t out_sample, int64_t out_channel, int64_t rows,
                                   const char *bias, int64_t bias_step)
{
    const tg_axis *axes = pass->axes;
    const int64_t vectors = (counts[3] + LANES - 1) / LANES;
    const int64_t n = counts[0] * counts[1] * counts[2] * vectors;
    int64_t at[4] = {0, 0, 0, 0};
    pass->write_step = axes[2].out_step;
    for (int64_t start = 0; start < n; start += NAME(at_once)) {
        NAME(few) few[NAME(at_once)];
        for (int i = 0; i < NAME(at_once); i++) {
            int64_t written = 0;
            if (start + i >= n) { /* again the last, for nothing */
                few[i] = few[i - 1];
                few[i].n = 0;
                continue;
            }
            for (int d = 0; d < 3; d++)
                written = written * p->out[d] + axes[d].out_first +
                          (first[d] + at[d + 1]) * axes[d].out_step;
            few[i].read = at[0] * block->sample + at[1] * axes[0].step * block->plane +
                          at[2] * axes[1].step * block->row + at[3];
            few[i].written = at[0] * out_sample + written;
            few[i].n = tg_least(counts[3] - at[3], LANES);
            at[3] += LANES;
            for (int d = 3; d > 0 && at[d] >= counts[d]; d--) {
                at[d] = 0;
                at[d - 1]++;
            }
        }
        for (int64_t row = 0; row < rows; row++)
            NAME(put_few)(pass, block, pass->weights + row,
                          bias == NULL ? 0 : TG_AT(const T, bias, row * bias_step), few,
                          out + row * out_channel);
    }
}
