/* Weights packed for the tiles: for each product the weights of a tile's rows side by side, taps
 * before channels. Included once per element type and instruction set: see tile.h. */

/* Weights as they are given: the steps in elements between rows of the product, the channels that
 * are added up, and taps. */
typedef struct {
    const T *data;
    int64_t row, inner, tap;
} NAME(given);

enum { NAME(packed_rows) = (ROWS + LANES - 1) / LANES * LANES };

/* Where in a tile the products of a tap and a channel begin. */
static TG_INLINE T *NAME(packed_at)(const NAME(pass) *pass, T *tile, int64_t tap, int64_t channel)
{
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    return tile + (tap * n_channels + channel) * NAME(packed_rows);
}

/* Up to LANES rows of which each has its weights side by side, `length` of them, the first of which
 * is a channel's first. */
TARGET static void NAME(pack_run)(const NAME(pass) *pass, const T *from, int64_t row_step,
                                  int64_t rows, int64_t length, int64_t n_weights, int64_t channel,
                                  T *tile)
{
    int64_t weight = 0;
    for (int64_t start = 0; start < length; start += LANES) {
        const int64_t n = tg_least(length - start, LANES);
        V columns[LANES];
        NAME(load_columns)(columns, from + start, row_step, rows, n);
        for (int64_t k = 0; k < n; k++) {
            const int64_t tap = pass->tap_of[weight];
            if (tap >= 0)
                NAME(store)(NAME(packed_at)(pass, tile, tap, channel), columns[k]);
            if (++weight == n_weights)
                weight = 0, channel++;
        }
    }
}

/* Up to LANES rows whatever their steps. */
TARGET static void NAME(pack_apart)(const NAME(pass) *pass, const T *from, const NAME(given) *given,
                                    int64_t rows, T *tile)
{
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    for (int64_t t = 0; t < pass->n_taps; t++)
        for (int64_t c = 0; c < n_channels; c++) {
            const T *now = from + c * given->inner + pass->weight[t] * given->tap;
            T *to = NAME(packed_at)(pass, tile, t, c);
            if (given->row == 1)
                NAME(store)(to, NAME(load_part)(now, rows));
            else
                for (int64_t i = 0; i < rows; i++)
                    to[i] = now[i * given->row];
        }
}

TARGET static void NAME(pack_weights)(const NAME(pass) *pass, const NAME(given) *given,
                                      int64_t n_weights, int64_t rows)
{
    const int64_t n_channels = pass->n_inner / pass->n_taps;
    const int is_one_run = given->inner == n_weights;
    T *tile = pass->weights;
    for (int64_t done = 0, n; done < rows; done += n, tile += pass->n_inner * NAME(packed_rows)) {
        n = tg_equal_part(rows - done, ROWS);
        for (int64_t i = 0; i < n; i += LANES) {
            const T *from = given->data + (done + i) * given->row;
            const int64_t n_now = tg_least(n - i, LANES);
            if (given->row == 1 || given->tap != 1)
                NAME(pack_apart)(pass, from, given, n_now, tile + i);
            else if (is_one_run)
                NAME(pack_run)(pass, from, given->row, n_now, n_channels * n_weights, n_weights, 0,
                               tile + i);
            else
                for (int64_t c = 0; c < n_channels; c++)
                    NAME(pack_run)(pass, from + c * given->inner, given->row, n_now, n_weights,
                                   n_weights, c, tile + i);
        }
    }
}
