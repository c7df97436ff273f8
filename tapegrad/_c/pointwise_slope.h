/* The gradient of weights of one tap, under which each place of the images meets its own: a product
 * of the slopes and the turned images, or the other way round. Included once per element type and
 * instruction set: see tile.h.
 *
 * What gives the rows of tiles is read where it lies, as far as it has lines and whole tiles of them.
 * What gives the lanes is packed two vectors at a time, some places into the first cache. */

/* How long a tile takes: a vector a row, and no less than its sums take one after another. */
static TG_INLINE int64_t NAME(cost)(int64_t rows, int64_t lanes)
{
    return (rows < 4 ? 4 : rows) * ((lanes + LANES - 1) / LANES);
}

/* Choose what gives the rows: lanes have to be turned, which takes half as long as a row. */
TARGET static int NAME(swaps_rows)(int64_t rows, int64_t lanes)
{
    return NAME(cost)(lanes, rows) + rows / 2 < NAME(cost)(rows, lanes) + lanes / 2;
}

/* Pack some channels of a block side by side, its places `step` apart. */
TARGET static void NAME(pack_places)(const NAME(images) *images, const T *from, int64_t channels,
                                     int64_t n_samples, int64_t n, T *to, int64_t step)
{
    for (int64_t i = 0; i < n_samples; i++, from += images->sample, to += n * step)
        NAME(interleave)(to, step, n, channels, from, images->channel, images->element);
}

/* sums[panel, row, lane] += what the block gives that begins at a place of a sample. */
TARGET static void NAME(add_pointwise)(const NAME(pointwise) *m, int64_t sample, int64_t place)
{
    const int64_t n_samples = tg_least(m->n_samples - sample, m->at_once);
    const int64_t n = tg_least(m->n_places - place, m->length), depth = n_samples * n;
    const int64_t tile = depth * NAME(packed_rows);
    const T *left = m->left.data + sample * m->left.sample + place * m->left.element;
    const T *right = m->right.data + sample * m->right.sample + place * m->right.element;
    T *packed = m->packed;
    for (int64_t row = m->n_lines; row < m->rows; row += ROWS, packed += tile)
        /* Whole vectors are stored sooner, so rows of the next tile as well. */
        NAME(pack_places)(&m->left, left + row * m->left.channel,
                          tg_least(m->rows - row, NAME(packed_rows)), n_samples, n, packed,
                          NAME(packed_rows));
    for (int64_t lane = 0; lane < m->lanes; lane += NAME(width)) {
        const int64_t lanes = tg_least(m->lanes - lane, NAME(width));
        T *sums = m->sums + lane * m->rows;
        NAME(pack_places)(&m->right, right + lane * m->right.channel, lanes, n_samples, n,
                          m->panel, NAME(width));
        packed = m->packed;
        for (int64_t row = 0; row < m->n_lines; row += ROWS)
            NAME(add_lines)(m, n_samples, n, left + row * m->left.channel,
                            sums + row * NAME(width));
        for (int64_t row = m->n_lines; row < m->rows; row += ROWS, packed += tile)
            NAME(add_packed)(m, tg_least(m->rows - row, ROWS), lanes, depth, packed,
                             sums + row * NAME(width));
    }
}

/* out[row, lane], or turned, from the sums. */
TARGET static void NAME(place_pointwise)(const NAME(pointwise) *m, int is_swapped, T *out)
{
    for (int64_t lane = 0; lane < m->lanes; lane += NAME(width)) {
        const int64_t lanes = tg_least(m->lanes - lane, NAME(width));
        const T *sums = m->sums + lane * m->rows;
        if (is_swapped)
            NAME(turn_rows)(out + lane * m->rows, m->rows, sums, NAME(width), m->rows, lanes);
        else
            for (int64_t row = 0; row < m->rows; row++)
                NAME(copy)(out + row * m->lanes + lane, sums + row * NAME(width), lanes);
    }
}

/* How the work is cut. A chain is of no more than one sample if that has places enough: PyTorch adds
 * these up apart. */
static void NAME(plan_pointwise)(NAME(pointwise) *m)
{
    const int64_t longest = tg_chain_length(m->n_samples * m->n_places);
    const int64_t fit = NAME(places_at_once) / m->n_places;
    m->at_once = tg_least(m->n_samples, fit > 1 ? fit : 1);
    m->length = tg_equal_part(m->n_places, NAME(places_at_once));
    const int are_lines = m->left.element == 1 && m->length >= NAME(width);
    m->n_lines = are_lines ? m->rows / ROWS * ROWS : 0;
    m->longest = m->length < longest ? longest / m->length * m->length : longest;
}

/* Cut the memory from one piece, and give its end; from address 0 on it only measures. */
static uintptr_t NAME(lay_out_pointwise)(NAME(pointwise) *m, uintptr_t address)
{
    const int64_t n_tiles = (m->rows - m->n_lines + ROWS - 1) / ROWS;
    const int64_t n_panels = (m->lanes + NAME(width) - 1) / NAME(width);
    const int64_t depth = m->at_once * m->length;
#define PART(field, n)         \
    field = (void *)address;   \
    address += (size_t)(n) * sizeof *(field);
    PART(m->sums, n_panels * NAME(width) * m->rows)
    PART(m->panel, depth * NAME(width))
    PART(m->packed, n_tiles * depth * NAME(packed_rows))
#undef PART
    return address;
}

/* The slopes of all weights of some groups. Gives 0, or what went wrong. */
TARGET static int64_t NAME(pointwise_slopes)(NAME(pointwise) m, int is_swapped, tg_intp n_groups,
                                             char *args[3], const tg_intp *steps)
{
    NAME(plan_pointwise)(&m);
    char *memory = tg_take_scratch(NAME(lay_out_pointwise)(&m, 0));
    if (memory == NULL)
        return TG_NO_MEMORY;
    NAME(lay_out_pointwise)(&m, (uintptr_t)memory);
    const int left = is_swapped ? 0 : 1, right = 1 - left;
    for (tg_intp i = 0; i < n_groups; i++) {
        m.left.data = (const T *)(args[left] + i * steps[left]);
        m.right.data = (const T *)(args[right] + i * steps[right]);
        memset(m.sums, 0, (size_t)((char *)m.panel - (char *)m.sums));
        for (int64_t sample = 0; sample < m.n_samples; sample += m.at_once)
            for (int64_t place = 0; place < m.n_places; place += m.length)
                NAME(add_pointwise)(&m, sample, place);
        NAME(place_pointwise)(&m, is_swapped, (T *)(args[2] + i * steps[2]));
    }
    tg_give_scratch(memory);
    return 0;
}
