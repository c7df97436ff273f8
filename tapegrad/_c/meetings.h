/* Blocks of two images that met in a convolution, copied with the channels beside each other, and
 * the lines of places along which they are multiplied. Included once per element type and
 * instruction set: see tile.h.
 *
 * A line is a row of places of one sample. Small images are woven: there a line is one place of all
 * samples, and none that lies in the border is multiplied. */

typedef struct {
    const tg_sliding *p;
    NAME(images) image, slope;
    int64_t n_samples, channels, rows; /* rows: channels of the slopes at once */
    tg_axis axes[3];
    tg_blocks blocks;
    int is_woven, is_one_block, is_copied;
    int64_t first[3], counts[4]; /* of the block: its first place; samples and places */
    tg_span spans[3];
    int64_t image_step, slope_step; /* between places, in the copies */
    int64_t steps[4];            /* of the copied images, between samples and along each dimension */
    int64_t length, step;        /* of a line: places, and how far they lie apart in the images */
    int64_t run, n_runs;         /* weights that lie beside each other, and how many such */
    T *padded, *slopes, *sums;
    NAME(line) *lines;
} NAME(meeting);

/* to[x * to_step + c] = from[c, x] */
TARGET static void NAME(interleave)(T *to, int64_t to_step, int64_t n, int64_t channels,
                                    const T *from, int64_t channel_step, int64_t step)
{
    if (channels == 1 && to_step == 1 && step == 1)
        for (int64_t x = 0; x < n; x++)
            to[x] = from[x];
    else if (step == 1 && channels > 1)
        NAME(turn_rows)(to, to_step, from, channel_step, channels, n);
    else
        for (int64_t x = 0; x < n; x++)
            for (int64_t c = 0; c < channels; c++)
                to[x * to_step + c] = from[c * channel_step + x * step];
}

/* How the elements of a block lie. */
TARGET static void NAME(order)(NAME(meeting) *m)
{
    const int order[2][4] = {{3, 2, 1, 0}, {0, 3, 2, 1}}; /* the innermost first */
    int64_t step = m->image_step;
    for (int i = 0; i < 4; i++) {
        const int d = order[m->is_woven][i];
        m->steps[d] = step;
        step *= d == 0 ? m->counts[0] : m->spans[d - 1].size;
    }
    m->length = m->counts[m->is_woven ? 0 : 3];
    m->step = m->is_woven ? 1 : m->axes[2].step;
}

/* Of a block's elements along a dimension, those that are no border. */
static TG_INLINE void NAME(inside)(const NAME(meeting) *m, int d, int64_t *start, int64_t *end)
{
    const int64_t first = m->spans[d].first, size = m->spans[d].size;
    *start = first < 0 ? tg_least(-first, size) : 0;
    *end = tg_least(m->p->in[d] - first, size);
    *end = *end < *start ? *start : *end;
}

TARGET static void NAME(copy_images)(const NAME(meeting) *m, const T *image)
{
    const int64_t *in = m->p->in, *steps = m->steps, channels = m->channels;
    int64_t start[3], end[3], n_inside = m->counts[0], n_all = m->counts[0];
    for (int d = 0; d < 3; d++) {
        NAME(inside)(m, d, &start[d], &end[d]);
        n_inside *= end[d] - start[d];
        n_all *= m->spans[d].size;
    }
    if (n_inside < n_all && !m->is_woven)
        memset(m->padded, 0, (size_t)(n_all * m->image_step) * sizeof(T));
    /* Whole rows follow one another. */
    const int64_t n_x = end[2] - start[2], is_whole = n_x == in[2] && n_x == m->spans[2].size;
    const int64_t n_y = is_whole ? end[1] - start[1] : 1;
    for (int64_t n = 0; n < m->counts[0] && n_inside > 0; n++)
        for (int64_t z = start[0]; z < end[0]; z++)
            for (int64_t y = start[1]; y < end[1]; y += n_y) {
                const int64_t row = (m->spans[0].first + z) * in[1] + m->spans[1].first + y;
                const int64_t at = row * in[2] + m->spans[2].first + start[2];
                NAME(interleave)(m->padded + n * steps[0] + z * steps[1] + y * steps[2] +
                                     start[2] * steps[3],
                                 steps[3], n_y * n_x, channels,
                                 image + n * m->image.sample + at * m->image.element,
                                 m->image.channel, m->image.element);
            }
}

/* Only along one dimension is a block less than everything, and none comes before it: its places
 * follow one another. */
TARGET static void NAME(copy_slopes)(const NAME(meeting) *m, const T *slope)
{
    const int64_t *counts = m->counts, *out = m->p->out, *first = m->first;
    const int64_t places = counts[1] * counts[2] * counts[3];
    const int64_t at = (first[0] * out[1] + first[1]) * out[2] + first[2];
    const int64_t step = m->slope_step * (m->is_woven ? counts[0] : 1);
    const int64_t sample = m->slope_step * (m->is_woven ? 1 : places);
    for (int64_t n = 0; n < counts[0]; n++)
        NAME(interleave)(m->slopes + n * sample, step, places, m->rows,
                         slope + n * m->slope.sample + at * m->slope.element,
                         m->slope.channel, m->slope.element);
}

/* Where a place along dimension d meets the copied images at a tap, and whether that is no border. */
static TG_INLINE int64_t NAME(meeting_at)(const NAME(meeting) *m, int d, int64_t place, int64_t tap,
                                          int *is_inside)
{
    const int64_t at = place * m->axes[d].step + tap * m->axes[d].from_step;
    const int64_t in = m->spans[d].first + at;
    *is_inside &= in >= 0 && in < m->p->in[d];
    return at * m->steps[d + 1];
}

/* Where each line of the slopes meets the images at a tap. Gives how many do not lie in the border. */
TARGET static int64_t NAME(find_lines)(const NAME(meeting) *m, const int64_t tap[3], int is_swapped)
{
    const int64_t *counts = m->counts, slope_step = m->length * m->slope_step;
    const int64_t n_x = m->is_woven ? counts[3] : 1, n_samples = m->is_woven ? 1 : counts[0];
    int64_t n_lines = 0, slope = 0;
    for (int64_t n = 0; n < n_samples; n++)
        for (int64_t z = 0; z < counts[1]; z++) {
            int is_in_z = 1;
            const int64_t at_z = n * m->steps[0] + NAME(meeting_at)(m, 0, z, tap[0], &is_in_z);
            for (int64_t y = 0; y < counts[2]; y++) {
                int is_in_y = is_in_z;
                const int64_t at_y = at_z + NAME(meeting_at)(m, 1, y, tap[1], &is_in_y);
                for (int64_t x = 0; x < n_x; x++, slope += slope_step) {
                    int is_in_x = 1;
                    const int64_t image = at_y + NAME(meeting_at)(m, 2, x, tap[2], &is_in_x);
                    if (!is_in_y || (m->is_woven && !is_in_x))
                        continue;
                    m->lines[n_lines].a = is_swapped ? image : slope;
                    m->lines[n_lines].b = is_swapped ? slope : image;
                    m->lines[n_lines].right = m->lines[n_lines].b + LANES;
                    n_lines++;
                }
            }
        }
    return n_lines;
}
