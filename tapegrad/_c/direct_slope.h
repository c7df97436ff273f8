/* The gradient of weights from or to one or two channels: the places of a line are side by side in
 * vectors of sums, a tap each, which are added up at the end. Included once per element type and
 * instruction set: see tile.h. */

enum { NAME(taps_at_once) = 9 };

/* What `n_taps` meet in some lines: `length` places from the slopes, all at once, and from images.
 * One chain of additions a lane. */
TARGET static TG_INLINE void NAME(meet)(const int n_taps, const NAME(line) *lines, int64_t n_lines,
                                        int64_t length, const T *slope, const T *image,
                                        const int64_t *from, T *sums)
{
#define EACH_TAP(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8)
#define BEGIN(i) V sum##i = {0};
#define START(i) const T *at##i = image + lines[l].b + from[i < n_taps ? i : 0];
#define WHOLE(i)                                                  \
    if (i < n_taps)                                               \
        sum##i = FUSED(NAME(load)(at##i + x), g, sum##i);
#define PART(i)                                                   \
    if (i < n_taps)                                               \
        sum##i = FUSED(NAME(load_part)(at##i + x, length - x), g, sum##i);
#define END(i)                                                    \
    if (i < n_taps)                                               \
        NAME(store)(sums + i * LANES, NAME(load)(sums + i * LANES) + sum##i);
    EACH_TAP(BEGIN)
    for (int64_t l = 0; l < n_lines; l++) {
        const T *now = slope + lines[l].a;
        int64_t x = 0;
        EACH_TAP(START)
        for (; x + LANES <= length; x += LANES) {
            const V g = NAME(load)(now + x);
            EACH_TAP(WHOLE)
        }
        if (x < length) {
            const V g = NAME(load_part)(now + x, length - x);
            EACH_TAP(PART)
        }
    }
    EACH_TAP(END)
#undef EACH_TAP
#undef BEGIN
#undef START
#undef WHOLE
#undef PART
#undef END
}

TARGET static void NAME(meet_taps)(int64_t n_taps, const NAME(line) *lines, int64_t n_lines,
                                   int64_t length, const T *slope, const T *image,
                                   const int64_t *from, T *sums)
{
    if (n_taps == 3)
        NAME(meet)(3, lines, n_lines, length, slope, image, from, sums);
    else
        NAME(meet)(NAME(taps_at_once), lines, n_lines, length, slope, image, from, sums);
}

/* The gradient of weights of few channels. */
typedef struct {
    const tg_sliding *p;
    NAME(images) image, slope;
    int64_t n_samples, rows; /* rows: channels of the slopes at once */
    int64_t n_taps;          /* made up to three or a multiple of nine by the last one again */
    tg_blocks blocks;
    NAME(pass) pass;
    NAME(padded) block;
    T *slopes, *sums;
    NAME(line) *lines;
} NAME(few_slopes);

/* sums[row, tap, lane] += what a block's places give. */
TARGET static void NAME(add_few)(const NAME(few_slopes) *few, const T *slope,
                                 const int64_t counts[3])
{
    const tg_axis *axes = few->pass.axes;
    const int64_t n_lines = counts[0] * counts[1], length = counts[2];
    const int64_t longest = TG_LONGEST_CHAIN * LANES;
    const int64_t at_once = length < longest ? longest / length : 1;
    for (int64_t l = 0; l < n_lines; l++) {
        few->lines[l].a = l * length;
        few->lines[l].b = l / counts[1] * axes[0].step * few->block.plane +
                          l % counts[1] * axes[1].step * few->block.row;
    }
    for (int64_t row = 0; row < few->rows; row++) {
        const T *from = slope + row * few->slope.channel;
        if (few->slope.element != 1) {
            for (int64_t i = 0; i < n_lines * length; i++)
                few->slopes[i] = from[i * few->slope.element];
            from = few->slopes;
        }
        for (int64_t t = 0; t < few->n_taps; t += NAME(taps_at_once))
            for (int64_t l = 0, n; l < n_lines; l += n) {
                n = tg_least(n_lines - l, at_once);
                for (int64_t x = 0; x < length; x += longest)
                    NAME(meet_taps)(few->n_taps, few->lines + l, n, tg_least(length - x, longest),
                                    from + x, few->block.data + x, few->pass.from + t,
                                    few->sums + (row * few->n_taps + t) * LANES);
            }
    }
}

/* One channel of the images and some of the slopes, over all blocks. */
TARGET static void NAME(add_few_blocks)(const NAME(few_slopes) *few, const T *image, const T *slope)
{
    const int along = few->blocks.along;
    const int64_t *out = few->p->out;
    for (int64_t sample = 0; sample < few->n_samples; sample++) {
        for (int64_t line = 0; line < out[along]; line += few->blocks.length) {
            int64_t counts[3], first = line;
            tg_span spans[3];
            for (int d = 0; d < 3; d++) {
                counts[d] = d == along ? tg_least(out[d] - line, few->blocks.length) : out[d];
                spans[d] = tg_span_of(&few->pass.axes[d], d == along ? line : 0, counts[d]);
                first *= d > along ? out[d] : 1;
            }
            NAME(fill_channel)(few->p, few->pass.axes, spans, image + sample * few->image.sample,
                               &few->image, &few->block, few->block.data);
            NAME(add_few)(few, slope + sample * few->slope.sample + first * few->slope.element,
                          counts);
        }
    }
}

/* Cut the memory from one piece, and give its end; from address 0 on it only measures. */
static uintptr_t NAME(lay_out_few)(NAME(few_slopes) *few, uintptr_t address)
{
    int64_t counts[3] = {few->p->out[0], few->p->out[1], few->p->out[2]};
    counts[few->blocks.along] = few->blocks.length;
#define PART(field, n)         \
    field = (void *)address;   \
    address += ((size_t)(n) * sizeof *(field) + 63) / 64 * 64;
    PART(few->pass.from, few->n_taps)
    PART(few->pass.weight, few->n_taps)
    PART(few->pass.is_met, few->n_taps)
    PART(few->lines, counts[0] * counts[1])
    PART(few->sums, few->rows * few->n_taps * LANES)
    PART(few->slopes, few->slope.element == 1 ? 0 : tg_product(counts))
    PART(few->block.data, few->block.channel)
#undef PART
    return address;
}

/* out[row, tap] = the sums of the lanes. */
TARGET static void NAME(place_few)(const NAME(few_slopes) *few, int64_t n_taps, T *out,
                                   int64_t out_row)
{
    for (int64_t row = 0; row < few->rows; row++)
        for (int64_t t = 0; t < n_taps; t++) {
            const T *from = few->sums + (row * few->n_taps + t) * LANES;
            T sum = 0;
            for (int i = 0; i < LANES; i++)
                sum += from[i];
            out[row * out_row + t] = sum;
        }
}

/* The slopes of all weights between some channels and n_rows others, of `groups` apart. Gives
 * whether there was memory. */
TARGET static int NAME(direct_slopes)(NAME(few_slopes) few, int64_t n_channels, int64_t n_rows,
                                      tg_intp n_groups, char *args[3], const tg_intp *steps)
{
    static const int64_t none[3] = {0, 0, 0};
    const int64_t n_taps = tg_product(few.p->kernel), nine = NAME(taps_at_once);
    tg_axis axes[3];
    for (int d = 0; d < 3; d++)
        axes[d] = tg_axis_of(few.p, d, 0);
    few.n_taps = n_taps <= 3 ? 3 : (n_taps + nine - 1) / nine * nine;
    few.rows = TG_BLOCK_BYTES / (few.n_taps * LANES * (int64_t)sizeof(T));
    few.rows = tg_least(few.rows < 1 ? 1 : few.rows, n_rows);
    few.blocks = tg_blocks_of(axes, 1, 1, sizeof(T), TG_BLOCK_BYTES);
    few.block = NAME(block_of)(axes, &few.blocks, 0, 1);
    const size_t size = NAME(lay_out_few)(&few, 0);
    char *memory = tg_take_scratch(size);
    if (memory == NULL)
        return 0;
    memset(memory, 0, size);
    NAME(lay_out_few)(&few, (uintptr_t)memory);
    few.pass.n_channels = 1;
    NAME(set_pass)(&few.pass, few.p, axes, none, &few.block);
    for (int64_t t = n_taps; t < few.n_taps; t++)
        few.pass.from[t] = few.pass.from[n_taps - 1];
    const int64_t at_once = few.rows, out_row = n_channels * n_taps;
    for (tg_intp i = 0; i < n_groups; i++) {
        const T *image = (const T *)(args[0] + i * steps[0]);
        const T *slope = (const T *)(args[1] + i * steps[1]);
        T *out = (T *)(args[2] + i * steps[2]);
        for (int64_t row = 0; row < n_rows; row += few.rows) {
            few.rows = tg_least(n_rows - row, at_once);
            for (int64_t c = 0; c < n_channels; c++) {
                memset(few.sums, 0, (size_t)(few.rows * few.n_taps * LANES) * sizeof(T));
                NAME(add_few_blocks)(&few, image + c * few.image.channel,
                                     slope + row * few.slope.channel);
                NAME(place_few)(&few, n_taps, out + row * out_row + c * n_taps, out_row);
            }
        }
    }
    tg_give_scratch(memory);
    return 1;
}
