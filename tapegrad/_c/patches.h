/* What the weights of a convolution meet: images copied with their borders, and the patches of a
 * few outputs packed from there. Included once per element type and instruction set: see tile.h. */

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
    if (along == 1 && start < end)
        memcpy(to + start, line + from + start, (size_t)(end - start) * sizeof(T));
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

/* Lanes whose elements lie next to each other: the first one, how many, and where. */
typedef struct {
    int64_t lane, n, at;
} NAME(segment);

typedef struct {
    int n;
    NAME(segment) each[NAME(width)];
} NAME(segments);

/* Add lanes, to the last segment if they continue it. */
static TG_INLINE void NAME(append)(NAME(segments) *segments, int64_t lane, int64_t n, int64_t at,
                                   int64_t step)
{
    NAME(segment) *last = segments->each + segments->n - 1;
    if (segments->n > 0 && last->at + last->n * step == at) {
        last->n += n;
    } else {
        last[1].lane = lane;
        last[1].n = n;
        last[1].at = at;
        segments->n++;
    }
}

/* What is the same for all tiles of a pass. */
typedef struct {
    tg_axis axes[3];
    int64_t n_taps, n_inner;     /* weights an output meets, by channel and in all channels */
    int64_t *from, *weight;      /* for each tap: where it reads in a block, and its number */
    int64_t row_limit;           /* output channels whose weights are packed at once */
    T *weights, *patches, *sums;
    NAME(segments) reads, writes; /* of the outputs of a panel, which are side by side */
} NAME(pass);

/* Where each weight of a pass is, and where it reads. */
static void NAME(number_taps)(NAME(pass) *pass, const tg_sliding *p, const NAME(padded) *block)
{
    const tg_axis *axes = pass->axes;
    int64_t t = 0, start[3];
    for (int d = 0; d < 3; d++)
        start[d] = axes[d].from_first - tg_span_of(&axes[d], 0, 1).first;
    for (int64_t z = 0; z < axes[0].n_taps; z++)
        for (int64_t y = 0; y < axes[1].n_taps; y++)
            for (int64_t x = 0; x < axes[2].n_taps; x++, t++) {
                const int64_t along = start[2] + x * axes[2].from_step;
                pass->from[t] = (start[0] + z * axes[0].from_step) * block->plane +
                                (start[1] + y * axes[1].from_step) * block->row +
                                along % axes[2].step * block->part + along / axes[2].step;
                pass->weight[t] = ((axes[0].tap_first + z * axes[0].tap_step) * p->kernel[1] +
                                   axes[1].tap_first + y * axes[1].tap_step) *
                                      p->kernel[2] +
                                  axes[2].tap_first + x * axes[2].tap_step;
            }
}

/* Tiles of weights, for each product a row's weight beside the next row's. */
TARGET static void NAME(pack_weights)(const NAME(pass) *pass, const char *weight, int64_t row_step,
                                      int64_t inner_step, int64_t tap_step, int64_t rows)
{
    T *to = pass->weights;
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    for (int64_t done = 0, n; done < rows; done += n) {
        n = tg_equal_part(rows - done, ROWS);
        for (int64_t i = 0; i < n; i++) {
            const char *row = weight + (done + i) * row_step;
            T *now = to + i;
            for (int64_t t = 0; t < pass->n_taps; t++)
                for (int64_t c = 0; c < n_channels; c++, now += n)
                    *now = TG_AT(const T, row + c * inner_step, pass->weight[t] * tap_step);
        }
        to += n * pass->n_inner;
    }
}

/* For products k from `start` on, what each lane of the outputs meets. Copies whole vectors: what
 * is too much is overwritten by what comes next. */
TARGET static void NAME(pack_patches)(const NAME(pass) *pass, const NAME(padded) *block,
                                      int64_t start, int64_t n)
{
    const NAME(segment) *reads = pass->reads.each;
    const int n_reads = pass->reads.n;
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    int64_t t = start / n_channels, c = start % n_channels;
    T *to = pass->patches;
    for (int64_t k = 0; k < n; k++, to += NAME(width)) {
        const T *from = block->data + c * block->channel + pass->from[t];
        for (int s = 0; s < n_reads; s++)
            for (int64_t i = 0; i < reads[s].n; i += LANES)
                NAME(store)(to + reads[s].lane + i, NAME(load)(from + reads[s].at + i));
        if (++c == n_channels)
            c = 0, t++;
    }
}

/* The outputs from `start` on of a block of `counts`, at most `width`. Gives how many. */
TARGET static int64_t NAME(choose_lanes)(NAME(pass) *pass, const tg_sliding *p,
                                         const NAME(padded) *block, const int64_t counts[4],
                                         const int64_t first[3], int64_t out_sample, int64_t start,
                                         int64_t width)
{
    const tg_axis *axes = pass->axes;
    int64_t lane = 0, at[4], rest = start;
    pass->reads.n = pass->writes.n = 0;
    for (int d = 3; d >= 0; d--) {
        at[d] = rest % counts[d];
        rest /= counts[d];
    }
    while (lane < width && at[0] < counts[0]) {
        const int64_t left = counts[3] - at[3], n = left < width - lane ? left : width - lane;
        int64_t out[3];
        for (int d = 0; d < 3; d++)
            out[d] = axes[d].out_first + (first[d] + at[d + 1]) * axes[d].out_step;
        NAME(append)(&pass->reads, lane, n,
                     at[0] * block->sample + at[1] * axes[0].step * block->plane +
                         at[2] * axes[1].step * block->row + at[3],
                     1);
        NAME(append)(&pass->writes, lane, n,
                     at[0] * out_sample + (out[0] * p->out[1] + out[1]) * p->out[2] + out[2],
                     axes[2].out_step);
        lane += n;
        at[3] = 0;
        for (int d = 2; d >= 0 && ++at[d] == counts[d] && d > 0; d--)
            at[d] = 0;
    }
    return lane;
}
