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
    NAME(segment) *next = segments->each + segments->n;
    if (segments->n > 0 && next[-1].at + next[-1].n * step == at) {
        next[-1].n += n;
    } else {
        next->lane = lane;
        next->n = n;
        next->at = at;
        segments->n++;
    }
}

/* Some of the lanes of one vector of patches: which, and where a whole vector at them begins. */
typedef struct {
    V lanes; /* all bits of each */
    int64_t at;
} NAME(piece);

/* What is the same for all panels of a pass. */
typedef struct {
    tg_axis axes[3];
    int64_t n_taps, n_channels;
    int64_t *from, *weight;       /* for each tap: where it reads in a block, and its number */
    char *is_met;                 /* whether the lanes meet more than the border at a tap */
    T *weights, *patches, *sums;
    T *next;                      /* of the patches, those that are packed next */
    int64_t kept;                 /* how far each lie from the ones before; 0 if none are kept */
    int is_packed;                /* all patches are, since other rows met them */
    int64_t place[4];             /* of the next lane: its sample, and where it lies there */
    NAME(segments) reads, writes; /* of the outputs of a panel, which are side by side */
    int64_t write_step;
    int leaves_sums; /* where they are, for whoever asked to place them */
    int is_spoilt; /* an output by squares is not finite */
} NAME(pass);

/* Choose the outputs of some remainders of the stride. `all`: what all passes read. */
static void NAME(set_pass)(NAME(pass) *pass, const tg_sliding *p, const tg_axis all[3],
                           const int64_t remainder[3], const NAME(padded) *block)
{
    tg_axis *axes = pass->axes;
    int64_t t = 0, start[3];
    for (int d = 0; d < 3; d++) {
        axes[d] = tg_axis_of(p, d, remainder[d]);
        start[d] = axes[d].from_first - all[d].lowest;
    }
    for (int64_t z = 0; z < axes[0].n_taps; z++)
        for (int64_t y = 0; y < axes[1].n_taps; y++)
            for (int64_t x = 0; x < axes[2].n_taps; x++, t++) {
                const int64_t along = start[2] + x * axes[2].from_step, step = axes[2].step;
                pass->from[t] = (start[0] + z * axes[0].from_step) * block->plane +
                                (start[1] + y * axes[1].from_step) * block->row +
                                (block->is_woven ? along * block->element
                                                 : along % step * block->part + along / step);
                pass->weight[t] = ((axes[0].tap_first + z * axes[0].tap_step) * p->kernel[1] +
                                   axes[1].tap_first + y * axes[1].tap_step) *
                                      p->kernel[2] +
                                  axes[2].tap_first + x * axes[2].tap_step;
                pass->is_met[t] = 1;
            }
    pass->n_taps = pass->n_channels > 0 ? t : 0;
}

/* The pieces of one of the two vectors of the lanes that were chosen. Gives how many. */
TARGET static int NAME(cut)(const NAME(segments) *reads, int64_t first, NAME(piece) *pieces)
{
    int n = 0;
    for (int s = 0; s < reads->n; s++) {
        const int64_t start = reads->each[s].lane - first, end = start + reads->each[s].n;
        if (end <= 0 || start >= LANES)
            continue;
        NAME(places) lanes = (NAME(places))(V){0};
        for (int l = 0; l < LANES; l++)
            lanes[l] = l >= start && l < end ? -1 : 0;
        pieces[n].lanes = (V)lanes;
        pieces[n++].at = reads->each[s].at - start;
    }
    return n;
}

/* A vector put together of pieces. */
TARGET static TG_INLINE V NAME(load_pieces)(const T *from, const NAME(piece) *pieces,
                                            const int n_pieces)
{
    V v = NAME(load)(from + pieces[0].at);
    for (int i = 1; i < n_pieces; i++) {
        const NAME(places) lanes = (NAME(places))pieces[i].lanes;
        const V next = NAME(load)(from + pieces[i].at);
        v = (V)(((NAME(places))next & lanes) | ((NAME(places))v & ~lanes));
    }
    return v;
}

/* What each lane of one vector meets in n channels. */
TARGET static TG_INLINE void NAME(pack_pieces)(const T *from, int64_t channel_step, int64_t n,
                                               const NAME(piece) *pieces, const int n_pieces, T *to)
{
    for (int64_t c = 0; c < n; c++, from += channel_step, to += LANES)
        NAME(store)(to, NAME(load_pieces)(from, pieces, n_pieces));
}

/* The pieces of the two vectors of a panel. What is one piece is multiplied where it lies in the
 * block, unless lines would be short; the rest is packed. */
typedef struct {
    int n[2];
    int64_t step[2]; /* between channels */
    NAME(piece) each[2][LANES];
} NAME(pieces);

enum { NAME(least_line) = 8 };

TARGET static void NAME(cut_lanes)(const NAME(pass) *pass, const NAME(padded) *block,
                                   NAME(pieces) *pieces)
{
    for (int half = 0; half < 2; half++) {
        pieces->n[half] = NAME(cut)(&pass->reads, half * LANES, pieces->each[half]);
        pieces->step[half] = pieces->n[half] == 1 && pass->n_channels >= NAME(least_line)
                                 ? block->channel
                                 : LANES;
    }
}

/* Where from the block on lies what the lanes of both vectors meet in n channels, from `channel` on,
 * at a tap; what has to be packed is, at `to`. */
TARGET static void NAME(find_patches)(const NAME(pass) *pass, const NAME(padded) *block,
                                      const NAME(pieces) *pieces, int64_t tap, int64_t channel,
                                      int64_t n, T *to, int64_t found[2])
{
    const int64_t at = pass->from[tap] + channel * block->channel;
    const T *from = block->data + at;
    for (int half = 0; half < 2; half++, to += TG_LONGEST_CHAIN * LANES) {
        const NAME(piece) *each = pieces->each[half];
        found[half] = to - block->data;
        if (pieces->step[half] != LANES)
            found[half] = at + each[0].at;
        else if (pass->is_packed)
            continue;
        else if (pieces->n[half] == 1)
            NAME(pack_pieces)(from, block->channel, n, each, 1, to);
        else if (pieces->n[half] == 2)
            NAME(pack_pieces)(from, block->channel, n, each, 2, to);
        else if (pieces->n[half] > 2)
            NAME(pack_pieces)(from, block->channel, n, each, pieces->n[half], to);
    }
}

/* Whether a place meets an element along dimension d at a tap, and not the border. */
static TG_INLINE int NAME(meets)(const tg_axis *axis, int64_t n_in, int64_t place, int64_t tap)
{
    const int64_t at = place * axis->step + axis->from_first + tap * axis->from_step;
    return at >= 0 && at < n_in;
}

/* Note at which taps the one place of a woven panel meets more than the border. */
static TG_INLINE void NAME(find_met)(const NAME(pass) *pass, const tg_sliding *p,
                                     const int64_t place[3])
{
    const tg_axis *axes = pass->axes;
    char *is_met = pass->is_met;
    for (int64_t z = 0; z < axes[0].n_taps; z++) {
        const int is_in_z = NAME(meets)(&axes[0], p->in[0], place[0], z);
        for (int64_t y = 0; y < axes[1].n_taps; y++) {
            const int is_in_y = is_in_z && NAME(meets)(&axes[1], p->in[1], place[1], y);
            for (int64_t x = 0; x < axes[2].n_taps; x++)
                *is_met++ = is_in_y && NAME(meets)(&axes[2], p->in[2], place[2], x);
        }
    }
}

/* Let the next lanes be the first of a block. */
static TG_INLINE void NAME(begin_lanes)(NAME(pass) *pass)
{
    memset(pass->place, 0, sizeof pass->place);
}

/* The next outputs of a block of `counts`, at most `width`. Gives how many. */
TARGET static int64_t NAME(choose_lanes)(NAME(pass) *pass, const tg_sliding *p,
                                         const NAME(padded) *block, const int64_t counts[4],
                                         const int64_t first[3], int64_t out_sample, int64_t width)
{
    static const int orders[2][4] = {{0, 1, 2, 3}, {1, 2, 3, 0}};
    const int *order = orders[block->is_woven], inner = order[3];
    const tg_axis *axes = pass->axes;
    const int64_t *out = p->out;
    const int64_t reads[4] = {block->sample, axes[0].step * block->plane, axes[1].step * block->row,
                              block->is_woven ? axes[2].step * block->element : 1};
    const int64_t writes[4] = {out_sample, axes[0].out_step * out[1] * out[2],
                               axes[1].out_step * out[2], axes[2].out_step};
    int64_t lane = 0, *at = pass->place, origin = 0;
    for (int d = 0; d < 3; d++)
        origin = origin * out[d] + axes[d].out_first + first[d] * axes[d].out_step;
    if (block->is_woven) {
        const int64_t place[3] = {first[0] + at[1], first[1] + at[2], first[2] + at[3]};
        NAME(find_met)(pass, p, place);
    }
    pass->reads.n = pass->writes.n = 0;
    pass->write_step = writes[inner];
    while (lane < width && at[order[0]] < counts[order[0]]) {
        const int64_t n = tg_least(counts[inner] - at[inner], width - lane);
        int64_t read = 0, written = origin;
        for (int d = 0; d < 4; d++) {
            read += at[d] * reads[d];
            written += at[d] * writes[d];
        }
        NAME(append)(&pass->reads, lane, n, read, 1);
        NAME(append)(&pass->writes, lane, n, written, writes[inner]);
        lane += n;
        at[inner] += n;
        for (int i = 3; i > 0 && at[order[i]] == counts[order[i]]; i--) {
            at[order[i]] = 0;
            at[order[i - 1]]++;
        }
    }
    return lane;
}
