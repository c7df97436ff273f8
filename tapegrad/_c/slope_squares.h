/* The gradient of weights by squares, the transpose of winograd.h: the slopes of a square's four
 * outputs are turned into 16 sums, and so are the 4x4 elements that it read. For each kind these are
 * multiplied and added up over all squares; the weights' nine slopes are sums of that. Included once
 * per element type and instruction set: see tile.h.
 *
 * The copies have the channels beside each other, so vectors are of channels. */

/* Where a square's elements begin in the copied images, and its four slopes in theirs or, beyond the
 * border, in zeros. */
typedef struct {
    int64_t image;
    const T *slopes[4];
} NAME(square);

/* What the squares of a meeting need beside it. */
typedef struct {
    tg_pairs pairs[2];
    tg_squares squares;
    int64_t at_once; /* squares that are added up as one chain */
    int64_t image_kind, slope_kind, slope_step; /* between kinds of sums; between squares */
    T *images, *slopes, *zeros;
    NAME(square) *each;
} NAME(square_sums);

/* Whether squares are worth it, whatever share of the rows a thread has. */
static int NAME(has_square_slopes)(const tg_sliding *p, int64_t n_channels)
{
    enum { LARGE = 24 };
    return NAME(has_squares)() && p->n_rows >= 16 && n_channels >= 16 && n_channels <= 512 &&
           n_channels % LANES == 0 && tg_sums_of_squares(p, tg_least_saved(p, LARGE)) > 0;
}

/* How many outputs along a dimension whole squares have. */
static TG_INLINE int64_t NAME(whole_pairs)(const NAME(square_sums) *s, int d, int64_t n)
{
    const int64_t pair = d > 0 ? s->pairs[d - 1].whole : 1;
    return (n + pair - 1) / pair * pair;
}

/* The 16 sums of some squares' slopes, which weigh what their outputs add to each kind. */
TARGET static void NAME(sum_slopes)(const NAME(square_sums) *s, int64_t n, int64_t rows)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t row = 0; row < rows; row += LANES) {
            T *to = s->slopes + i * s->slope_step + row;
            const V a = NAME(load)(s->each[i].slopes[0] + row);
            const V b = NAME(load)(s->each[i].slopes[1] + row);
            const V c = NAME(load)(s->each[i].slopes[2] + row);
            const V d = NAME(load)(s->each[i].slopes[3] + row);
#define ROW(y, left, right)                                       \
    {                                                             \
        const V u = left, v = right;                              \
        NAME(store)(to + (4 * y) * s->slope_kind, u);             \
        NAME(store)(to + (4 * y + 1) * s->slope_kind, u + v);     \
        NAME(store)(to + (4 * y + 2) * s->slope_kind, u - v);     \
        NAME(store)(to + (4 * y + 3) * s->slope_kind, -v);        \
    }
            ROW(0, a, b) ROW(1, a + c, b + d) ROW(2, a - c, b - d) ROW(3, -c, -d)
#undef ROW
        }
}

/* The 16 sums of the elements that some squares read under 3x3 of the weights. */
TARGET static TG_INLINE void NAME(sum_images)(const NAME(square_sums) *s,
                                              const int64_t from[TG_KINDS], const int side,
                                              const T *padded, int64_t n, int64_t channels)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t at = 0; at < channels; at += LANES) {
            const T *now = padded + s->each[i].image + at;
            T *to = s->images + i * channels + at;
#define READ(t) (TG_IS_NEEDED(t, side) ? NAME(load)(now + from[t]) : (V){0})
#define PUT(t, v)                                                 \
    if (TG_IS_NEEDED(t, side))                                    \
        NAME(store)(to + (t) * s->image_kind, v);
#define COLUMN(x)                                                                    \
    const V a##x = READ(x), b##x = READ(4 + x), c##x = READ(8 + x), d##x = READ(12 + x); \
    const V p##x = a##x - c##x, q##x = b##x + c##x, r##x = c##x - b##x, s##x = b##x - d##x;
#define ROW(y, v)                                                 \
    PUT(4 * y, v##0 - v##2)                                       \
    PUT(4 * y + 1, v##1 + v##2)                                   \
    PUT(4 * y + 2, v##2 - v##1)                                   \
    PUT(4 * y + 3, v##1 - v##3)
            COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3)
            ROW(0, p) ROW(1, q) ROW(2, r) ROW(3, s)
#undef READ
#undef PUT
#undef COLUMN
#undef ROW
        }
}

/* Where along a dimension the elements lie that a part of a pair reads. */
static TG_INLINE int64_t NAME(element)(const tg_pairs *pairs, int64_t part, int64_t i)
{
    return pairs->parts[part].from + i * pairs->axis.from_step;
}

/* sums[place of a kind, row, channel] += what some squares give. */
TARGET static void NAME(add_squares)(const NAME(meeting) *m, const NAME(square_sums) *s, int64_t n)
{
    const int64_t n_columns = s->pairs[1].n_parts, channels = m->channels;
    const int64_t row_step = m->steps[tg_is_line(m->p) ? 3 : 2];
    NAME(sum_slopes)(s, n, m->rows);
    for (int i = 0; i < s->squares.n; i++) {
        const tg_nine *nine = s->squares.each + i;
        int64_t from[TG_KINDS];
        for (int t = 0; t < TG_KINDS; t++)
            from[t] = NAME(element)(s->pairs, i / n_columns, t / 4) * row_step +
                      NAME(element)(s->pairs + 1, i % n_columns, t % 4) * m->steps[3];
        if (nine->side == 3)
            NAME(sum_images)(s, from, 3, m->padded, n, channels);
        else
            NAME(sum_images)(s, from, 4, m->padded, n, channels);
        for (int k = 0; k < TG_KINDS; k++) {
            if (nine->at[k] == s->squares.first[TG_KINDS])
                continue;
            const NAME(line) line = {0, 0, LANES};
            const NAME(chain) chain = {&line, 1, n, s->slope_step, channels, channels};
            for (int64_t lane = 0; lane < channels; lane += NAME(width))
                for (int64_t done = 0, rows; done < m->rows; done += rows) {
                    rows = tg_equal_part(m->rows - done, ROWS);
                    NAME(multiply)(rows, channels - lane, &chain,
                                   s->slopes + k * s->slope_kind + done,
                                   s->images + k * s->image_kind + lane,
                                   m->sums + (nine->at[k] * m->rows + done) * channels + lane,
                                   channels);
                }
        }
    }
}

/* The square that begins at an output of a block. */
static TG_INLINE void NAME(find_square)(const NAME(meeting) *m, const NAME(square_sums) *s,
                                        int64_t sample, int64_t y, int64_t x, NAME(square) *to)
{
    const int64_t *counts = m->counts, is_line = tg_is_line(m->p);
    to->image = sample * m->steps[0] + y * m->axes[1].step * m->steps[2] +
                x * m->axes[2].step * m->steps[3];
    for (int i = 0; i < 4; i++) {
        const int64_t down = i / 2 * s->pairs[0].apart, along = i % 2 * s->pairs[1].apart;
        const int64_t at_y = y + (is_line ? 0 : down), at_x = x + along + (is_line ? down : 0);
        const int64_t place = (sample * counts[2] + at_y) * counts[3] + at_x;
        to->slopes[i] = at_y < counts[2] && at_x < counts[3] ? m->slopes + place * m->slope_step
                                                             : s->zeros;
    }
}

/* The first output of the next pair, along a dimension. */
static TG_INLINE int64_t NAME(next_pair)(const tg_pairs *pairs, int64_t x)
{
    if (pairs->n_phases == 1 || pairs->apart == 1)
        return x + pairs->whole;
    return x + (x % pairs->apart == pairs->apart - 1 ? pairs->apart + 1 : 1);
}

/* The squares of a block. */
TARGET static void NAME(add_square_block)(const NAME(meeting) *m, const NAME(square_sums) *s)
{
    const int64_t *counts = m->counts;
    int64_t n = 0;
    for (int64_t sample = 0; sample < counts[0]; sample++)
        for (int64_t y = 0; y < counts[2]; y = NAME(next_pair)(s->pairs, y))
            for (int64_t x = 0; x < counts[3]; x = NAME(next_pair)(s->pairs + 1, x)) {
                NAME(find_square)(m, s, sample, y, x, s->each + n++);
                if (n == s->at_once) {
                    NAME(add_squares)(m, s, n);
                    n = 0;
                }
            }
    if (n > 0)
        NAME(add_squares)(m, s, n);
}

/* The slopes of 3x3 weights from a row's sums of all kinds, to a line of channels each. Where they
 * are not finite `bad` becomes a NaN. */
TARGET static TG_INLINE V NAME(put_nine)(const NAME(meeting) *m, const NAME(square_sums) *s,
                                         const tg_nine *nine, int64_t row, T *to, V bad)
{
    const int64_t channels = m->channels, n_sums = s->squares.first[TG_KINDS];
    for (int64_t c = 0; c < channels; c += LANES) {
        V half[3][4];
        for (int x = 0; x < 4; x++) {
            V kinds[4];
            for (int y = 0; y < 4; y++) {
                const int64_t at = nine->at[4 * y + x];
                kinds[y] = at == n_sums ? (V){0}
                                        : NAME(load)(m->sums + (at * m->rows + row) * channels + c);
            }
            const V mean = (kinds[1] + kinds[2]) * (T)0.5;
            half[0][x] = kinds[0] + mean;
            half[1][x] = (kinds[1] - kinds[2]) * (T)0.5;
            half[2][x] = kinds[3] + mean;
        }
        for (int y = 0; y < 3; y++) {
            const V *kinds = half[y], mean = (kinds[1] + kinds[2]) * (T)0.5;
            const V taps[3] = {kinds[0] + mean, (kinds[1] - kinds[2]) * (T)0.5, kinds[3] + mean};
            for (int x = 0; x < 3; x++) {
                if (nine->taps[3 * y + x] < 0)
                    continue;
                NAME(store)(to + nine->taps[3 * y + x] * channels + c, taps[x]);
                bad += taps[x] - taps[x];
            }
        }
    }
    return bad;
}

/* out[row, channel, tap] from the sums. Gives whether all are finite. */
TARGET static int NAME(place_squares)(const NAME(meeting) *m, const NAME(square_sums) *s, T *out)
{
    const int64_t n_taps = tg_product(m->p->kernel);
    int is_finite = 1;
    V bad = {0};
    for (int64_t row = 0; row < m->rows; row++) {
        for (int i = 0; i < s->squares.n; i++)
            bad = NAME(put_nine)(m, s, s->squares.each + i, row, s->images, bad);
        NAME(turn_rows)(out + row * m->channels * n_taps, n_taps, s->images, m->channels, n_taps,
                        m->channels);
    }
    for (int l = 0; l < LANES; l++)
        is_finite &= bad[l] == 0;
    return is_finite;
}

/* How the work is cut: not by how many rows there are, of which threads may have shares. */
static void NAME(plan_squares)(NAME(meeting) *m, NAME(square_sums) *s)
{
    static const int64_t none[2] = {0, 0};
    const tg_sliding *p = m->p;
    for (int d = 0; d < 3; d++)
        m->axes[d] = tg_axis_of(p, d, 0);
    if (tg_is_line(p)) /* beside the last of an odd number of taps one that is not there is read */
        m->axes[2].highest += p->kernel[2] % 2;
    for (int d = 0; d < 2; d++)
        s->pairs[d] = tg_pairs_of(p, d + 1, 0, 0);
    tg_set_squares(&s->squares, p, none, none, none, 0, 0);
    m->blocks = tg_blocks_of(m->axes, m->n_samples, m->channels, sizeof(T), TG_BLOCK_BYTES / 2);
    const int along = m->blocks.along;
    m->blocks.length = tg_least(NAME(whole_pairs)(s, along, m->blocks.length), m->axes[along].n);
    m->is_one_block = m->is_woven = 0;
    const int64_t sums = s->squares.first[TG_KINDS] * m->channels * (int64_t)sizeof(T);
    const int64_t fit = 2 * TG_BLOCK_BYTES / sums / ROWS * ROWS;
    m->rows = tg_least(m->rows, fit < ROWS ? ROWS : fit);
    m->image_step = NAME(step_of)(m->channels);
    m->slope_step = m->rows;
    s->at_once = m->channels <= 64 ? 64 : 32;
    s->slope_step = NAME(step_of)((m->rows + LANES - 1) / LANES * LANES);
    s->image_kind = s->at_once * m->channels + LANES;
    s->slope_kind = s->at_once * s->slope_step + LANES;
}

/* Cut the memory from one piece, and give its end; from address 0 on it only measures. */
static uintptr_t NAME(lay_out_squares)(NAME(meeting) *m, NAME(square_sums) *s, uintptr_t address)
{
    int64_t counts[3] = {m->axes[0].n, m->axes[1].n, m->axes[2].n}, n_padded = m->image_step;
    int64_t n_beyond = 0; /* what a part of few taps reads and does not need */
    counts[m->blocks.along] = m->blocks.length;
    for (int d = 2; d >= 0; d--) {
        n_beyond += d == 0 ? 0 : 3 * s->pairs[d - 1].axis.from_step * n_padded;
        n_padded *= tg_span_of(&m->axes[d], 0, NAME(whole_pairs)(s, d, counts[d])).size;
    }
    const int64_t n_taps = tg_product(m->p->kernel), n_samples = m->blocks.n_samples;
    const int64_t n_images = TG_KINDS * s->image_kind, n_placed = n_taps * m->channels;
#define PART(field, n)         \
    field = (void *)address;   \
    address += ((size_t)(n) * sizeof *(field) + 63) / 64 * 64;
    PART(s->each, s->at_once)
    PART(s->zeros, m->rows + LANES)
    PART(s->images, n_images > n_placed ? n_images : n_placed)
    PART(s->slopes, TG_KINDS * s->slope_kind)
    PART(m->sums, s->squares.first[TG_KINDS] * m->rows * m->channels)
    PART(m->padded, n_padded * n_samples + n_beyond)
    PART(m->slopes, tg_product(counts) * n_samples * m->slope_step + LANES)
#undef PART
    return address;
}
