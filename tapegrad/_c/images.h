/* Blocks of images, copied with their borders of zeros. Included once per element type and
 * instruction set: see tile.h. */

/* Images as they are given: the steps in elements of T's size, between samples, channels, elements. */
typedef struct {
    const T *data;
    int64_t sample, channel, element;
} NAME(images);

/* A block of the images with its borders. Row, plane and so on are steps in elements. */
typedef struct {
    T *data;
    int64_t sample, channel, plane, row, part; /* `part`: between the remainders of a row */
} NAME(padded);

/* One line of a block: elements first, first + stride, ... of a line of the images or zeros. */
TARGET static TG_INLINE void NAME(fill_line)(T *to, int64_t n, const T *line, int64_t step,
                                             int64_t first, int64_t stride, int64_t size)
{
    int64_t start = first < 0 ? (-first + stride - 1) / stride : 0;
    int64_t end = size > first ? (size - 1 - first) / stride + 1 : 0;
    end = line == NULL ? 0 : end < n ? end : n;
    start = start < end ? start : end;
    for (int64_t i = 0; i < start; i++)
        to[i] = 0;
    const int64_t from = first * step, along = step * stride;
    if (along == 1)
        NAME(copy)(to + start, line + from + start, end - start);
    else if (along == 2)
        for (int64_t i = start; i < end; i++)
            to[i] = line[from + 2 * i];
    else
        for (int64_t i = start; i < end; i++)
            to[i] = line[from + i * along];
    for (int64_t i = end; i < n; i++)
        to[i] = 0;
}

/* Copy the elements that outputs read, of one sample and channel. */
TARGET static void NAME(fill_channel)(const tg_sliding *p, const tg_axis axes[3],
                                      const tg_span spans[3], const T *image, int64_t step,
                                      const NAME(padded) *block, T *to)
{
    const int64_t height = p->in[1], width = p->in[2], stride = axes[2].step;
    int64_t skip[3]; /* one tap leaves out what lies between its places */
    for (int d = 0; d < 3; d++)
        skip[d] = axes[d].n_taps == 1 ? axes[d].step : 1;
    for (int64_t z = 0; z < spans[0].size; z += skip[0])
        for (int64_t y = 0; y < spans[1].size; y += skip[1]) {
            const int64_t in_z = spans[0].first + z, in_y = spans[1].first + y;
            const int is_inside = in_z >= 0 && in_z < p->in[0] && in_y >= 0 && in_y < height;
            const T *line = is_inside ? image + (in_z * height + in_y) * width * step : NULL;
            T *row = to + z * block->plane + y * block->row;
            for (int64_t part = 0; part < stride && part < spans[2].size; part += skip[2])
                NAME(fill_line)(row + part * block->part, block->part, line, step,
                                spans[2].first + part, stride, width);
        }
}
