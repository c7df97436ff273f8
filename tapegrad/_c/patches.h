/* The patches that a few outputs meet, packed from a block of images. Included once per element type
 * and instruction set: see tile.h. */

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

/* Some of the lanes of one vector of patches: which, and where a whole vector at them begins. */
typedef struct {
    V lanes; /* all bits of each */
    int64_t at;
} NAME(piece);

/* What is the same for all tiles of a pass. */
typedef struct {
    tg_axis axes[3];
    int64_t n_taps, n_inner;      /* weights an output meets, by channel and in all channels */
    int64_t *from, *weight;       /* for each tap: where it reads in a block, and its number */
    int64_t *tap_of;              /* for each weight of a channel its tap, or -1 */
    int64_t row_limit;            /* output channels whose weights are packed at once */
    T *weights, *patches, *sums;
    NAME(segments) reads, writes; /* of the outputs of a panel, which are side by side */
} NAME(pass);

/* Where each weight of a pass is, and where it reads. */
static void NAME(number_taps)(NAME(pass) *pass, const tg_sliding *p, const NAME(padded) *block)
{
    const tg_axis *axes = pass->axes;
    int64_t t = 0, start[3];
    for (int64_t k = 0; k < tg_product(p->kernel); k++)
        pass->tap_of[k] = -1;
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
                pass->tap_of[pass->weight[t]] = t;
            }
}

/* The pieces of one of the two vectors of the lanes that were chosen. Gives how many. */
TARGET static int NAME(cut)(const NAME(segments) *reads, int64_t first, NAME(piece) *pieces)
{
    int n = 0;
    for (int s = 0; s < reads->n; s++) {
        const int64_t start = reads->each[s].lane - first, end = start + reads->each[s].n;
        if (end <= 0 || start >= LANES)
            continue;
        NAME(places) lanes;
        for (int l = 0; l < LANES; l++)
            lanes[l] = l >= start && l < end ? -1 : 0;
        pieces[n].lanes = (V)lanes;
        pieces[n++].at = reads->each[s].at - start;
    }
    return n;
}

/* For n products from `start` on, what each lane of one vector meets. */
TARGET static TG_INLINE void NAME(pack_pieces)(const NAME(pass) *pass, const NAME(padded) *block,
                                               const NAME(piece) *pieces, const int n_pieces,
                                               int64_t start, int64_t n, T *to)
{
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    int64_t t = start / n_channels, c = start % n_channels;
    for (int64_t k = 0, end; k < n; t++, c = 0) {
        const T *from = block->data + c * block->channel + pass->from[t];
        for (end = tg_least(n, k + n_channels - c); k < end; k++, from += block->channel) {
            V v = NAME(load)(from + pieces[0].at);
            for (int i = 1; i < n_pieces; i++) {
                const NAME(places) lanes = (NAME(places))pieces[i].lanes;
                const V next = NAME(load)(from + pieces[i].at);
                v = (V)(((NAME(places))next & lanes) | ((NAME(places))v & ~lanes));
            }
            NAME(store)(to + k * NAME(width), v);
        }
    }
}

TARGET static void NAME(pack_patches)(const NAME(pass) *pass, const NAME(padded) *block,
                                      int64_t start, int64_t n, int64_t lanes)
{
    for (int64_t first = 0; first < lanes; first += LANES) {
        NAME(piece) pieces[LANES];
        const int n_pieces = NAME(cut)(&pass->reads, first, pieces);
        T *to = pass->patches + first;
        if (n_pieces == 1)
            NAME(pack_pieces)(pass, block, pieces, 1, start, n, to);
        else if (n_pieces == 2)
            NAME(pack_pieces)(pass, block, pieces, 2, start, n, to);
        else
            NAME(pack_pieces)(pass, block, pieces, n_pieces, start, n, to);
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
