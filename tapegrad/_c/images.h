/* Blocks of images, copied with their borders of zeros. Included once per element type and
 * instruction set: see tile.h. */

/* Images as they are given: the steps in elements of T's size, between samples, channels, elements. */
typedef struct {
    const T *data;
    int64_t sample, channel, element;
} NAME(images);

/* A block of the images with its borders. Row, plane and so on are steps in elements. A row has the
 * remainders of the stride apart; woven, the samples are the innermost. */
typedef struct {
    T *data;
    int64_t sample, channel, plane, row, element, part; /* `part`: between the remainders */
    int is_woven, is_cleared; /* cleared: borders are where they were in the last block */
} NAME(padded);

/* The step between lines of n elements that are read in turn: not one by which they would share a
 * few sets of the first cache. */
static TG_INLINE int64_t NAME(step_of)(int64_t n)
{
    return (size_t)n * sizeof(T) % 512 == 0 ? n + LANES : n;
}

/* How a block of the elements lies that outputs of the blocks read. */
TARGET static NAME(padded) NAME(block_of)(const tg_axis axes[3], const tg_blocks *blocks,
                                          int64_t woven, int64_t n_channels)
{
    NAME(padded) block = {.element = woven > 0 ? woven : 1, .is_woven = woven > 0};
    int64_t sizes[3];
    for (int d = 0; d < 3; d++)
        sizes[d] = tg_span_of(&axes[d], 0, d == blocks->along ? blocks->length : axes[d].n).size;
    block.is_cleared = blocks->length == axes[blocks->along].n;
    block.part = (sizes[2] + axes[2].step - 1) / axes[2].step;
    block.row = woven > 0 ? woven * sizes[2] : block.part * axes[2].step;
    block.plane = block.row * sizes[1];
    block.channel = NAME(step_of)(block.plane * sizes[0]);
    block.sample = woven > 0 ? 1 : block.channel * n_channels;
    return block;
}

/* Of a line of a block the elements that are no border, from `start` to `end`: each is `stride`
 * after the one before it in a line of the images, where the block's begins at `first`. */
typedef struct {
    int64_t first, stride, start, end;
} NAME(inner);

static TG_INLINE NAME(inner) NAME(inner_of)(int64_t first, int64_t stride, int64_t n, int64_t size)
{
    int64_t start = first < 0 ? -first : 0, end = size > first ? size - first : 0;
    if (stride != 1) {
        start = (start + stride - 1) / stride;
        end = (end + stride - 1) / stride;
    }
    end = tg_least(end, n);
    const NAME(inner) inner = {first, stride, tg_least(start, end), end};
    return inner;
}

/* One line of a block, of n elements; without a line of the images it is zero. */
TARGET static TG_INLINE void NAME(fill_line)(T *to, int64_t n, const T *line, int64_t step,
                                             const NAME(inner) *inner, const int is_cleared)
{
    const int64_t start = line == NULL ? 0 : inner->start, end = line == NULL ? 0 : inner->end;
    if (!is_cleared) {
        for (int64_t i = 0; i < start; i++)
            to[i] = 0;
        for (int64_t i = end; i < n; i++)
            to[i] = 0;
    }
    if (line == NULL)
        return;
    const int64_t from = inner->first * step, along = step * inner->stride;
    if (along == 1)
        NAME(copy)(to + start, line + from + start, end - start);
    else if (along == 2)
        NAME(copy_apart)(to + start, line + from + 2 * start, 2, end - start);
    else if (along == 4)
        NAME(copy_apart)(to + start, line + from + 4 * start, 4, end - start);
    else
        for (int64_t i = start; i < end; i++)
            to[i] = line[from + i * along];
}

/* Whether the remainders of a stride of 2 or 4 are parted a line at a time: then nothing of a block's
 * lines but what lies within the images is written. Parts of longer ones share sets of the first
 * cache. */
static TG_INLINE int NAME(are_parted)(const tg_axis axes[3], const tg_span spans[3],
                                      const NAME(images) *in, const NAME(padded) *block)
{
    enum { LONGEST = 1024 };
    return (axes[2].step == 2 || axes[2].step == 4) && axes[2].n_taps > 1 && in->element == 1 &&
           block->is_cleared && spans[2].first <= 0 && spans[2].size <= LONGEST;
}

/* Part a line of the images. */
TARGET static TG_INLINE void NAME(part_line)(T *to, const T *line, const int step, int64_t width,
                                             const tg_span *span, const NAME(padded) *block)
{
    T *parts[4];
    TG_UNROLLED
    for (int r = 0; r < step; r++) {
        const int64_t at = r - span->first;
        parts[r] = to + at % step * block->part + at / step;
    }
    NAME(part)(parts, line, step, tg_least(width, span->first + span->size));
}

/* Copy the elements that outputs read, of one sample and channel, and ask for the next channel's. */
TARGET static void NAME(fill_channel)(const tg_sliding *p, const tg_axis axes[3],
                                      const tg_span spans[3], const T *image,
                                      const NAME(images) *in, const NAME(padded) *block, T *to)
{
    const int64_t height = p->in[1], width = p->in[2], stride = axes[2].step, step = in->element;
    if (step == 1 && stride == 1 && spans[0].size == 1 && spans[2].first == 0 &&
        spans[2].size == width && spans[1].first >= 0 &&
        spans[1].first + spans[1].size <= height && spans[0].first >= 0 &&
        spans[0].first < p->in[0]) { /* whole rows follow one another */
        NAME(copy)(to, image + (spans[0].first * height + spans[1].first) * width,
                   spans[1].size * width);
        return;
    }
    const int is_parted = NAME(are_parted)(axes, spans, in, block);
    int64_t skip[3]; /* one tap leaves out what lies between its places */
    for (int d = 0; d < 3; d++)
        skip[d] = axes[d].n_taps == 1 ? axes[d].step : 1;
    for (int64_t part = 0; part < (is_parted ? 1 : stride) && part < spans[2].size;
         part += skip[2]) {
        const NAME(inner) inner =
            NAME(inner_of)(spans[2].first + part, stride, block->part, width);
        for (int64_t z = 0; z < spans[0].size; z += skip[0])
            for (int64_t y = 0; y < spans[1].size; y += skip[1]) {
                const int64_t in_z = spans[0].first + z, in_y = spans[1].first + y;
                const int is_inside = in_z >= 0 && in_z < p->in[0] && in_y >= 0 && in_y < height;
                const T *line = is_inside ? image + (in_z * height + in_y) * width * step : NULL;
                if (!is_inside && block->is_cleared)
                    continue;
                for (int64_t x = 0; is_inside && part == 0 && x < width; x += NAME(line_items))
                    PREFETCH_READ(line + in->channel + x * step);
                T *now = to + part * block->part + z * block->plane + y * block->row;
                if (is_parted && stride == 2)
                    NAME(part_line)(now, line, 2, width, spans + 2, block);
                else if (is_parted)
                    NAME(part_line)(now, line, 4, width, spans + 2, block);
                else
                    NAME(fill_line)(now, block->part, line, step, &inner, block->is_cleared);
            }
    }
}

/* Copy one channel of at most LANES samples into a woven block whose border is zero. */
TARGET static void NAME(weave_channel)(const tg_sliding *p, const tg_span spans[3],
                                       const T *image, const NAME(images) *in, int64_t n_samples,
                                       const NAME(padded) *block, T *to)
{
    const int64_t n = tg_product(p->in);
    int64_t at[3] = {-spans[0].first, -spans[1].first, -spans[2].first};
    for (int64_t start = 0; start < n; start += LANES) {
        const int64_t n_now = tg_least(n - start, LANES);
        V columns[LANES];
        NAME(load_columns)(columns, image + start, in->sample, n_samples, n_now);
        for (int64_t k = 0; k < n_now; k++) {
            if (at[0] >= 0 && at[0] < spans[0].size && at[1] >= 0 && at[1] < spans[1].size &&
                at[2] >= 0 && at[2] < spans[2].size)
                NAME(store)(to + at[0] * block->plane + at[1] * block->row + at[2] * block->element,
                            columns[k]);
            for (int d = 2; d >= 0 && ++at[d] == p->in[d] - spans[d].first && d > 0; d--)
                at[d] = -spans[d].first;
        }
    }
}

/* Copy the elements that a block of outputs reads, of all its channels. */
TARGET static void NAME(fill_block)(const tg_sliding *p, const tg_axis axes[3],
                                    const tg_span spans[3], const NAME(images) *in,
                                    int64_t n_samples, int64_t n_channels,
                                    const NAME(padded) *block)
{
    const int64_t at_once = block->is_woven ? LANES : 1;
    for (int64_t n = 0; n < n_samples; n += at_once)
        for (int64_t c = 0; c < n_channels; c++) {
            const T *image = in->data + n * in->sample + c * in->channel;
            T *to = block->data + n * block->sample + c * block->channel;
            if (block->is_woven)
                NAME(weave_channel)(p, spans, image, in, tg_least(n_samples - n, LANES), block, to);
            else
                NAME(fill_channel)(p, axes, spans, image, in, block, to);
        }
}
