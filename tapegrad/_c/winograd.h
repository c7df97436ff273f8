/* Winograd's form of 3x3 weights at stride 1, F(2x2, 3x3) of Lavin and Gray (2016): a square of four
 * outputs takes 16 products a channel where sliding takes 36. Included once per element type and
 * instruction set: see tile.h.
 *
 * The 4x4 elements that a square reads are turned into 16 sums, and so are the weights; sums of one
 * kind are multiplied by the one loop of all convolutions, for two vectors of squares, and each
 * output is a sum of nine products. None reads an element that sliding would not read. An infinity
 * or a NaN gives another one here, so whoever asks is told, and slides. */

enum {
    NAME(kinds) = 16,
    NAME(chain_of_kind) = 16, /* at most PyTorch's error, which chains of 64 have not */
    NAME(sums_of_kind) = ROWS * NAME(width) + LANES, /* not as many that all meet in one set */
};

static TG_INLINE int64_t NAME(patches_of_kind)(int64_t n_channels)
{
    return n_channels * NAME(width) + LANES;
}

/* Float32 alone; for others nothing of this file is compiled. */
static TG_INLINE int NAME(has_squares)(void)
{
    return sizeof(T) == sizeof(float) && (T)0.5 != 0;
}

/* Whether squares are worth their sums, and as near float64 as PyTorch is: whatever share of the
 * samples or rows a thread has. */
static int NAME(is_square)(const tg_sliding *p, int64_t n_channels)
{
    const int64_t least = p->is_turned ? 32 : 16, most = p->is_turned ? 64 : 256;
    for (int d = 0; d < 3; d++)
        if (p->kernel[d] != (d == 0 ? 1 : 3) || p->stride[d] != 1 || p->dilation[d] != 1)
            return 0;
    return NAME(has_squares)() && p->in[0] == 1 && p->out[0] == 1 &&
           p->out[1] >= TG_LEAST_SQUARE && p->out[2] >= TG_LEAST_SQUARE && n_channels >= least &&
           n_channels <= most && p->n_rows >= 16;
}

/* How squares slide: 4x4 elements at a time, by two. */
static tg_sliding NAME(squares_of)(const tg_sliding *p)
{
    tg_sliding squares = *p;
    squares.is_turned = 0;
    for (int d = 1; d < 3; d++) {
        squares.kernel[d] = 4;
        squares.stride[d] = 2;
        squares.padding[d] = p->is_turned ? 2 - p->padding[d] : p->padding[d];
        squares.out[d] = (p->out[d] + 1) / 2;
    }
    return squares;
}

/* The 16 sums of the weights of each channel, of a tile's rows: from nine vectors each. */
TARGET static void NAME(sum_weights)(const T *from, int64_t n_channels, int is_turned, T *to)
{
    const int64_t size = n_channels * NAME(packed_rows);
    for (int64_t at = 0; at < size; at += LANES) {
        V half[4][3];
        for (int x = 0; x < 3; x++) {
            const int64_t first = is_turned ? 8 - x : x, step = is_turned ? -3 : 3;
            const V a = NAME(load)(from + first * size + at);
            const V b = NAME(load)(from + (first + step) * size + at);
            const V c = NAME(load)(from + (first + 2 * step) * size + at);
            half[0][x] = a;
            half[1][x] = (a + c + b) * (T)0.5;
            half[2][x] = (a + c - b) * (T)0.5;
            half[3][x] = c;
        }
        for (int y = 0; y < 4; y++) {
            const V a = half[y][0], b = half[y][1], c = half[y][2];
            T *now = to + 4 * y * size + at;
            NAME(store)(now, a);
            NAME(store)(now + size, (a + c + b) * (T)0.5);
            NAME(store)(now + 2 * size, (a + c - b) * (T)0.5);
            NAME(store)(now + 3 * size, c);
        }
    }
}

/* Weights packed in tiles of rows, as sums. `scratch` holds a tile's weights. */
TARGET static void NAME(pack_sums)(T *tile, const NAME(given) *given, int64_t rows,
                                   int64_t n_channels, int is_turned, T *scratch)
{
    NAME(given) now = *given;
    for (int64_t done = 0, n; done < rows; done += n) {
        n = tg_equal_part(rows - done, ROWS);
        NAME(pack_weights)(scratch, &now, n, 9, n_channels);
        NAME(sum_weights)(scratch, n_channels, is_turned, tile);
        now.data += n * now.row;
        tile += NAME(kinds) * n_channels * NAME(packed_rows);
    }
}

/* The 16 sums of what a vector of squares reads in each channel. */
TARGET static TG_INLINE void NAME(sum_patches)(const NAME(pass) *pass, const NAME(padded) *block,
                                               const NAME(piece) *pieces, const int n_pieces,
                                               T *to)
{
    const int64_t step = NAME(patches_of_kind)(pass->n_channels);
    for (int64_t c = 0; c < pass->n_channels; c++, to += NAME(width)) {
        const T *from = block->data + c * block->channel;
#define READ(t) NAME(load_pieces)(from + pass->from[t], pieces, n_pieces)
#define COLUMN(x)                                                                    \
    const V a##x = READ(x), b##x = READ(4 + x), c##x = READ(8 + x), d##x = READ(12 + x); \
    const V p##x = a##x - c##x, q##x = b##x + c##x, r##x = c##x - b##x, s##x = b##x - d##x;
#define ROW(y, v)                                                 \
    NAME(store)(to + (4 * y) * step, v##0 - v##2);                \
    NAME(store)(to + (4 * y + 1) * step, v##1 + v##2);            \
    NAME(store)(to + (4 * y + 2) * step, v##2 - v##1);            \
    NAME(store)(to + (4 * y + 3) * step, v##1 - v##3);
        COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3)
        ROW(0, p) ROW(1, q) ROW(2, r) ROW(3, s)
#undef READ
#undef COLUMN
#undef ROW
    }
}

/* to[2 * i] = even[i] and to[2 * i + 1] = odd[i] */
TARGET static TG_INLINE void NAME(zip)(T *to, V even, V odd)
{
#if defined(__GNUC__) && !defined(__clang__)
    NAME(places) first, second;
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

/* Squares beside each other: how many outputs of two lines they have, and where. */
typedef struct {
    int64_t first, n, at, has_lower;
} NAME(strip);

static int NAME(strips_of)(const NAME(segments) *writes, const int64_t out[3], NAME(strip) *strips)
{
    for (int s = 0; s < writes->n; s++) {
        const NAME(segment) *now = writes->each + s;
        const NAME(strip) strip = {2 * now->lane, tg_least(2 * now->n, out[2] - now->at % out[2]),
                                   now->at, now->at / out[2] % out[1] + 1 < out[1]};
        strips[s] = strip;
    }
    return writes->n;
}

/* One row's outputs of two vectors of squares from their products. Where they are not finite `bad`
 * becomes a NaN. */
TARGET static TG_INLINE void NAME(sum_products)(const T *products, V bias, int64_t lanes,
                                                const NAME(strip) *strips, int n_strips,
                                                int64_t line, T *out, V bad[2])
{
    T all[2][2 * NAME(width)];
    for (int64_t half = 0; half < lanes; half += LANES) {
        const T *from = products + half;
#define READ(t) NAME(load)(from + (t) * NAME(sums_of_kind))
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
    for (int s = 0; s < n_strips; s++) {
        const NAME(strip) *now = strips + s;
        NAME(copy)(out + now->at, all[0] + now->first, now->n);
        if (now->has_lower)
            NAME(copy)(out + now->at + line, all[1] + now->first, now->n);
    }
}

/* Ask for the memory of some rows of outputs, which comes while their products are added. */
TARGET static TG_INLINE void NAME(expect_squares)(const NAME(strip) *strips, int n_strips,
                                                  int64_t line, int64_t rows, T *out,
                                                  int64_t out_channel)
{
    for (int64_t i = 0; i < rows; i++, out += out_channel)
        for (int s = 0; s < n_strips; s++)
            for (int64_t x = 0; x < strips[s].n; x += NAME(line_items)) {
                PREFETCH(out + strips[s].at + x);
                PREFETCH(out + strips[s].at + x + strips[s].has_lower * line);
            }
}

/* Some rows of the outputs of the squares that were chosen. Gives whether all are finite. */
TARGET static int NAME(square_panel)(const NAME(pass) *pass, const NAME(padded) *block,
                                     const tg_sliding *p, int64_t lanes, const char *bias,
                                     int64_t bias_step, T *out, int64_t out_channel, int64_t rows)
{
    const int64_t n_channels = pass->n_channels, kind = NAME(patches_of_kind)(n_channels);
    const T *weights = pass->weights;
    V bad[2] = {{0}, {0}};
    NAME(pieces) pieces;
    NAME(strip) strips[NAME(width)];
    const int n_strips = NAME(strips_of)(&pass->writes, p->out, strips);
    NAME(cut_lanes)(pass, block, &pieces);
    for (int half = 0; half < 2; half++) {
        T *to = pass->patches + half * LANES;
        if (pieces.n[half] == 1)
            NAME(sum_patches)(pass, block, pieces.each[half], 1, to);
        else if (pieces.n[half] == 2)
            NAME(sum_patches)(pass, block, pieces.each[half], 2, to);
        else if (pieces.n[half] > 2)
            NAME(sum_patches)(pass, block, pieces.each[half], pieces.n[half], to);
    }
    for (int64_t done = 0, n; done < rows; done += n) {
        n = tg_equal_part(rows - done, ROWS);
        NAME(expect_squares)(strips, n_strips, p->out[2], n, out + done * out_channel, out_channel);
        memset(pass->sums, 0, NAME(kinds) * NAME(sums_of_kind) * sizeof(T));
        for (int64_t k = 0; k < NAME(kinds); k++)
            for (int64_t c = 0, length; c < n_channels; c += length) {
                length = tg_equal_part(n_channels - c, NAME(chain_of_kind));
                const int64_t at = k * kind + c * NAME(width);
                const NAME(line) line = {(k * n_channels + c) * NAME(packed_rows), at, at + LANES};
                const NAME(chain) chain = {&line, 1, length, NAME(packed_rows), NAME(width),
                                           NAME(width)};
                NAME(multiply)(n, lanes, &chain, weights, pass->patches,
                               pass->sums + k * NAME(sums_of_kind), NAME(width));
            }
        for (int64_t i = 0; i < n; i++) {
            const T first = bias == NULL ? 0 : TG_AT(const T, bias, (done + i) * bias_step);
            NAME(sum_products)(pass->sums + i * NAME(width), (V){0} + first, lanes, strips, n_strips,
                               p->out[2], out + (done + i) * out_channel, bad);
        }
        weights += NAME(kinds) * n_channels * NAME(packed_rows);
    }
    int is_finite = 1;
    for (int64_t l = 0; l < lanes; l++)
        is_finite &= bad[l / LANES][l % LANES] == 0;
    return is_finite;
}
