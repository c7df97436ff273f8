/* Winograd's form of 3x3 weights at stride 1, F(2x2, 3x3) of Lavin and Gray (2016): a square of four
 * outputs takes 16 products a channel where sliding takes 36. What other weights there are is put
 * together of such: see squares.h. Included once per element type and instruction set: see tile.h.
 *
 * The 4x4 elements that a square reads are turned into 16 sums, and so are the weights; sums of one
 * kind are multiplied by the one loop of all convolutions, for two vectors of squares, and each
 * output is a sum of nine products. None takes part in a product that sliding would not read. An
 * infinity or a NaN gives another one here, so whoever asks is told, and slides. */

enum {
    NAME(sums_of_kind) = ROWS * NAME(width) + LANES, /* not as many that all meet in one set */
};

/* How many products to add up as one chain: at most PyTorch's error. */
static TG_INLINE int64_t NAME(chain_of_kind)(const tg_sliding *p, int64_t n_channels)
{
    return n_channels <= (tg_is_line(p) ? 32 : 64) ? 32 : 16;
}

/* Where a kind's sums of what squares read begin, of which `at` channels come before. */
static TG_INLINE int64_t NAME(patches_at)(int kind, int64_t at)
{
    return at * NAME(width) + kind * LANES;
}

/* Float32 alone, and where vectors are wide; for others nothing of this file is compiled. */
static TG_INLINE int NAME(has_squares)(void)
{
    return sizeof(T) == sizeof(float) && (T)0.5 != 0 && LANES >= 8;
}

/* How many sums a square has instead of products, or 0. */
static int64_t NAME(sums_of_square)(const tg_sliding *p)
{
    enum { LARGE = 24, LARGE_TURNED = 48 };
    return tg_sums_of_squares(p, tg_least_saved(p, p->is_turned ? LARGE_TURNED : LARGE));
}

/* Whether squares are worth their sums, and as near float64 as PyTorch is: whatever share of the
 * samples or rows a thread has. */
static int NAME(is_square)(const tg_sliding *p, int64_t n_channels)
{
    const int is_line = tg_is_line(p);
    if (!NAME(has_squares)() || n_channels < (p->is_turned || is_line ? 32 : 16) ||
        n_channels > (is_line ? 128 : 256) || p->n_rows < 16 || NAME(sums_of_square)(p) == 0)
        return 0;
    /* of more channels one image's products are too few for the sums of their weights */
    return n_channels <= 64 || p->is_turned || tg_sums_of_squares(p, TG_LEAST_SAVED) > 0;
}

/* The sums of 3x3 weights of each channel, of a tile's rows: from a vector a tap, to where the
 * kinds are. */
TARGET static void NAME(sum_weights)(const T *from, const tg_nine *nine, int64_t n_channels, T *to)
{
    const int64_t size = n_channels * NAME(packed_rows);
    for (int64_t at = 0; at < size; at += LANES) {
        V half[4][3];
        for (int x = 0; x < 3; x++) {
            V taps[3];
            for (int y = 0; y < 3; y++) {
                const int64_t tap = nine->taps[3 * y + x];
                taps[y] = tap < 0 ? (V){0} : NAME(load)(from + tap * size + at);
            }
            half[0][x] = taps[0];
            half[1][x] = (taps[0] + taps[2] + taps[1]) * (T)0.5;
            half[2][x] = (taps[0] + taps[2] - taps[1]) * (T)0.5;
            half[3][x] = taps[2];
        }
        for (int y = 0; y < 4; y++) {
            const V a = half[y][0], b = half[y][1], c = half[y][2];
            const int64_t *place = nine->at + 4 * y;
            NAME(store)(to + place[0] * size + at, a);
            NAME(store)(to + place[1] * size + at, (a + c + b) * (T)0.5);
            NAME(store)(to + place[2] * size + at, (a + c - b) * (T)0.5);
            NAME(store)(to + place[3] * size + at, c);
        }
    }
}

/* Weights packed in tiles of rows, as sums. `scratch` holds a tile's weights; behind the last tile
 * there is room for the kinds of one that are not needed. */
TARGET static void NAME(pack_sums)(T *tile, const NAME(given) *given, const tg_squares *squares,
                                   int64_t n_taps, int64_t rows, int64_t n_channels, T *scratch)
{
    NAME(given) now = *given;
    for (int64_t done = 0, n; done < rows; done += n) {
        n = tg_equal_part(rows - done, ROWS);
        NAME(pack_weights)(scratch, &now, n, n_taps, n_channels);
        for (int i = 0; i < squares->n; i++)
            NAME(sum_weights)(scratch, squares->each + i, n_channels, tile);
        now.data += n * now.row;
        tile += squares->first[TG_KINDS] * n_channels * NAME(packed_rows);
    }
}

/* Whether a square's element or kind of sum is among those of a side. */
#define TG_IS_NEEDED(t, side) ((t) / 4 < (side) && (t) % 4 < (side))

/* The sums of what a vector of squares reads in each channel, under 3x3 of the weights. */
TARGET static TG_INLINE void NAME(sum_patches)(const NAME(padded) *block, const tg_nine *nine,
                                               const int side, int64_t n_sums, int64_t n_channels,
                                               const NAME(piece) *pieces, const int n_pieces, T *to)
{
    int64_t place[TG_KINDS];
    for (int k = 0; k < TG_KINDS; k++)
        place[k] = NAME(patches_at)(nine->at[k] < n_sums ? k : TG_KINDS, nine->at[k] * n_channels);
    for (int64_t c = 0; c < n_channels; c++, to += NAME(width)) {
        const T *from = block->data + c * block->channel;
#define READ(t)                                                   \
    (TG_IS_NEEDED(t, side) ? NAME(load_pieces)(from + nine->from[t], pieces, n_pieces) : (V){0})
#define PUT(t, v)                                                 \
    if (TG_IS_NEEDED(t, side))                                    \
        NAME(store)(to + place[t], v);
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

/* to[2 * i] = even[i] and to[2 * i + 1] = odd[i] */
TARGET static TG_INLINE void NAME(zip)(T *to, V even, V odd)
{
#if defined(__GNUC__) && !defined(__clang__)
    NAME(places) first, second;
    TG_UNROLLED
    for (int l = 0; l < LANES; l++) {
        first[l] = l / 2 + l % 2 * LANES;
        second[l] = LANES / 2 + first[l];
    }
    NAME(store)(to, __builtin_shuffle(even, odd, first));
    NAME(store)(to + LANES, __builtin_shuffle(even, odd, second));
#else
    for (int l = 0; l < LANES; l++) {
        to[2 * l] = even[l];
        to[2 * l + 1] = odd[l];
    }
#endif
}

/* Squares beside each other: where their outputs begin, and how many two lines have. */
typedef struct {
    int64_t first, at, n, n_lower;
} NAME(strip);

/* Where the outputs of a panel go. One strip's are `step` apart, the lower line's `lower` behind: if
 * what is written has no lines, beside them. */
typedef struct {
    int n;
    int64_t step, lower;
    NAME(strip) each[NAME(width)];
} NAME(strips);

static void NAME(cut_strips)(const NAME(segments) *writes, const tg_squares *squares,
                             const tg_sliding *p, NAME(strips) *strips)
{
    const int64_t *out = p->out;
    const int is_line = tg_is_line(p);
    const int64_t step = squares->apart[1];
    strips->n = writes->n;
    strips->step = step;
    strips->lower = is_line ? 1 : squares->apart[0] * out[2];
    for (int s = 0; s < writes->n; s++) {
        const NAME(segment) *now = writes->each + s;
        const int64_t left = out[2] - now->at % out[2];
        const int64_t n = tg_least(2 * now->n, (left + step - 1) / step);
        const int has_lower = is_line || now->at / out[2] % out[1] + squares->apart[0] < out[1];
        const int64_t n_lower = is_line ? tg_least(n, left / step) : has_lower ? n : 0;
        const NAME(strip) strip = {2 * now->lane, now->at, n, n_lower};
        strips->each[s] = strip;
    }
}

/* to[i * step] = from[i]. What lies between is written as it was; up to a vector more is read. */
TARGET static TG_INLINE void NAME(spread)(T *to, int64_t step, const T *from, int64_t n)
{
    int64_t i = 0;
    if (step == 1) {
        NAME(copy)(to, from, n);
        return;
    }
#if defined(__GNUC__) && !defined(__clang__)
    NAME(places) both;
    TG_UNROLLED
    for (int l = 0; l < LANES; l++)
        both[l] = l % 2 == 0 ? l / 2 : LANES + l;
    for (; step == 2 && i + LANES / 2 < n; i += LANES / 2)
        NAME(store)(to + 2 * i,
                    __builtin_shuffle(NAME(load)(from + i), NAME(load)(to + 2 * i), both));
#endif
    for (; i < n; i++)
        to[i * step] = from[i];
}

/* to[2 * i] = even[i], and to[2 * i + 1] = odd[i] for `n_odd` of these, which may be one less. */
TARGET static TG_INLINE void NAME(alternate)(T *to, const T *even, int64_t n, const T *odd,
                                             int64_t n_odd)
{
    int64_t i = 0;
    for (; i + LANES <= n_odd; i += LANES)
        NAME(zip)(to + 2 * i, NAME(load)(even + i), NAME(load)(odd + i));
    for (; i < n_odd; i++) {
        to[2 * i] = even[i];
        to[2 * i + 1] = odd[i];
    }
    if (i < n)
        to[2 * i] = even[i];
}

/* One row's outputs of two vectors of squares from their products. Where they are not finite `bad`
 * becomes a NaN. */
TARGET static TG_INLINE void NAME(sum_products)(const T *products, const int side, V bias,
                                                int64_t lanes, const NAME(strips) *strips, T *out,
                                                V bad[2])
{
    T all[2][2 * NAME(width) + LANES];
    for (int64_t half = 0; half < lanes; half += LANES) {
        const T *from = products + half;
#define READ(t) \
    (TG_IS_NEEDED(t, side) ? NAME(load)(from + (t) * NAME(sums_of_kind)) : (V){0})
#define COLUMN(x)                                                 \
    const V b##x = READ(4 + x), c##x = READ(8 + x);               \
    const V u##x = READ(x) + b##x + c##x, l##x = b##x - c##x - READ(12 + x);
        COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3)
        const V u = u0 + u1 + u2 + bias, v = u1 - u2 - u3 + bias;
        const V l = l0 + l1 + l2 + bias, m = l1 - l2 - l3 + bias;
#undef READ
#undef COLUMN
        NAME(zip)(all[0] + 2 * half, u, v);
        NAME(zip)(all[1] + 2 * half, l, m);
        bad[half / LANES] += ((u - u) + (v - v)) + ((l - l) + (m - m));
    }
    for (int s = 0; s < strips->n; s++) {
        const NAME(strip) *now = strips->each + s;
        T *to = out + now->at;
        if (strips->lower == 1 && strips->step == 2) {
            NAME(alternate)(to, all[0] + now->first, now->n, all[1] + now->first, now->n_lower);
            continue;
        }
        NAME(spread)(to, strips->step, all[0] + now->first, now->n);
        if (now->n_lower > 0)
            NAME(spread)(to + strips->lower, strips->step, all[1] + now->first, now->n_lower);
    }
}

/* Ask for the memory of some rows of outputs, which comes while their products are added. */
TARGET static TG_INLINE void NAME(expect_squares)(const NAME(strips) *strips, int64_t rows, T *out,
                                                  int64_t out_channel)
{
    for (int64_t i = 0; i < rows; i++, out += out_channel)
        for (int s = 0; s < strips->n; s++) {
            const NAME(strip) *now = strips->each + s;
            for (int64_t x = 0; x < now->n * strips->step; x += NAME(line_items)) {
                PREFETCH(out + now->at + x);
                if (now->n_lower > 0 && strips->lower > 1)
                    PREFETCH(out + now->at + x + strips->lower);
            }
        }
}

/* The sums of what a vector of squares of a panel reads, of all kinds. */
TARGET static TG_INLINE void NAME(sum_half)(const NAME(pass) *pass, const NAME(padded) *block,
                                            const tg_squares *squares, const NAME(piece) *pieces,
                                            const int n_pieces, T *to)
{
    const int64_t n_sums = squares->first[TG_KINDS], n_channels = pass->n_channels;
    for (int i = 0; i < squares->n; i++) {
        const tg_nine *nine = squares->each + i;
        if (nine->side == 3)
            NAME(sum_patches)(block, nine, 3, n_sums, n_channels, pieces, n_pieces, to);
        else
            NAME(sum_patches)(block, nine, 4, n_sums, n_channels, pieces, n_pieces, to);
    }
}

TARGET static void NAME(sum_panel)(const NAME(pass) *pass, const NAME(padded) *block,
                                   const tg_squares *squares)
{
    NAME(pieces) pieces;
    NAME(cut_lanes)(pass, block, &pieces);
    for (int half = 0; half < 2; half++) {
        const NAME(piece) *each = pieces.each[half];
        T *to = pass->next + half * LANES;
        if (pieces.n[half] == 1)
            NAME(sum_half)(pass, block, squares, each, 1, to);
        else if (pieces.n[half] == 2)
            NAME(sum_half)(pass, block, squares, each, 2, to);
        else if (pieces.n[half] > 2)
            NAME(sum_half)(pass, block, squares, each, pieces.n[half], to);
    }
}

/* Some rows of the outputs of the squares that were chosen. Gives whether all are finite. */
TARGET static int NAME(square_panel)(NAME(pass) *pass, const NAME(padded) *block,
                                     const tg_sliding *p, const tg_squares *squares,
                                     const T *weights, int64_t lanes, const char *bias,
                                     int64_t bias_step, T *out, int64_t out_channel, int64_t rows)
{
    const int64_t n_channels = pass->n_channels, longest = NAME(chain_of_kind)(p, n_channels);
    const T *patches = pass->next;
    V bad[2] = {{0}, {0}};
    NAME(strips) strips;
    NAME(cut_strips)(&pass->writes, squares, p, &strips);
    if (!pass->is_packed)
        NAME(sum_panel)(pass, block, squares);
    pass->next += pass->kept;
    for (int64_t done = 0, n; done < rows; done += n) {
        n = tg_equal_part(rows - done, ROWS);
        NAME(expect_squares)(&strips, n, out + done * out_channel, out_channel);
        for (int k = 0; k < TG_KINDS; k++) {
            T *sums = pass->sums + k * NAME(sums_of_kind);
            if (!TG_IS_NEEDED(k, squares->side))
                continue;
            for (int64_t i = 0; i < n * NAME(width); i += LANES)
                NAME(store)(sums + i, (V){0});
            for (int64_t c = squares->first[k] * n_channels, length;
                 c < squares->first[k + 1] * n_channels; c += length) {
                length = tg_equal_part(squares->first[k + 1] * n_channels - c, longest);
                const int64_t at = NAME(patches_at)(k, c);
                const NAME(line) line = {c * NAME(packed_rows), at, at + LANES};
                const NAME(chain) chain = {&line, 1, length, NAME(packed_rows), NAME(width),
                                           NAME(width)};
                NAME(multiply_packed_rows)(n, lanes, &chain, weights, patches, sums, NAME(width));
            }
        }
        for (int64_t i = 0; i < n; i++) {
            const T first = bias == NULL ? 0 : TG_AT(const T, bias, (done + i) * bias_step);
            const T *products = pass->sums + i * NAME(width);
            T *to = out + (done + i) * out_channel;
            if (squares->side == 3)
                NAME(sum_products)(products, 3, (V){0} + first, lanes, &strips, to, bad);
            else
                NAME(sum_products)(products, 4, (V){0} + first, lanes, &strips, to, bad);
        }
        weights += squares->first[TG_KINDS] * n_channels * NAME(packed_rows);
    }
    int is_finite = 1;
    for (int64_t l = 0; l < lanes; l++)
        is_finite &= bad[l / LANES][l % LANES] == 0;
    return is_finite;
}
