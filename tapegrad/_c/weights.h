/* Weights packed for the tiles: for each product the weights of a tile's rows side by side, taps
 * before channels. Included once per element type and instruction set: see tile.h. */

/* Weights as they are given: the steps in elements between rows of the product, the channels that
 * are added up, and taps. */
typedef struct {
    const T *data;
    int64_t row, inner, tap;
} NAME(given);

enum { NAME(packed_rows) = (ROWS + LANES - 1) / LANES * LANES };

/* Up to LANES rows of which each has its weights side by side, `length` of them. The first is the
 * first of a channel, of which each has `n_taps`. */
TARGET static void NAME(pack_run)(const T *from, int64_t row_step, int64_t rows, int64_t length,
                                  int64_t n_taps, int64_t n_channels, T *to)
{
    int64_t tap = 0;
    for (int64_t start = 0; start < length; start += LANES) {
        const int64_t n = tg_least(length - start, LANES);
        V columns[LANES];
        NAME(load_columns)(columns, from + start, row_step, rows, n);
        for (int64_t k = 0; k < n; k++) {
            NAME(store)(to + tap * n_channels * NAME(packed_rows), columns[k]);
            if (++tap == n_taps)
                tap = 0, to += NAME(packed_rows);
        }
    }
}

/* Up to LANES rows whatever their steps. */
TARGET static void NAME(pack_apart)(const T *from, const NAME(given) *given, int64_t rows,
                                    int64_t n_taps, int64_t n_channels, T *to)
{
    for (int64_t t = 0; t < n_taps; t++)
        for (int64_t c = 0; c < n_channels; c++, to += NAME(packed_rows)) {
            const T *now = from + c * given->inner + t * given->tap;
            if (given->row == 1)
                NAME(store)(to, NAME(load_part)(now, rows));
            else
                for (int64_t i = 0; i < rows; i++)
                    to[i] = now[i * given->row];
        }
}

TARGET static void NAME(pack_weights)(T *tile, const NAME(given) *given, int64_t rows,
                                      int64_t n_taps, int64_t n_channels)
{
    const int64_t size = n_taps * n_channels * NAME(packed_rows);
    const int is_one_run = given->inner == n_taps;
    for (int64_t done = 0, n; done < rows; done += n, tile += size) {
        n = tg_equal_part(rows - done, ROWS);
        for (int64_t i = 0; i < n; i += LANES) {
            const T *from = given->data + (done + i) * given->row;
            const int64_t n_now = tg_least(n - i, LANES);
            if (given->row == 1 || given->tap != 1)
                NAME(pack_apart)(from, given, n_now, n_taps, n_channels, tile + i);
            else if (is_one_run)
                NAME(pack_run)(from, given->row, n_now, n_channels * n_taps, n_taps, n_channels,
                               tile + i);
            else
                for (int64_t c = 0; c < n_channels; c++)
                    NAME(pack_run)(from + c * given->inner, given->row, n_now, n_taps, n_taps,
                                   n_channels, tile + i + c * NAME(packed_rows));
        }
    }
}
