/* Rectangles of elements turned, so that columns become rows. Included once per element type and
 * instruction set: see tile.h. */

typedef __typeof__((V){0} == (V){0}) NAME(places); /* whole numbers of the elements' size */

#if defined(__GNUC__) && !defined(__clang__)

/* Exchange the upper right and the lower left quarters of all squares of 2s by 2s elements. */
TARGET static TG_INLINE void NAME(exchange)(V *upper, V *lower, const int s)
{
    NAME(places) left, right;
    TG_UNROLLED
    for (int l = 0; l < LANES; l++) {
        left[l] = l & s ? LANES + l - s : l;
        right[l] = l & s ? LANES + l : l + s;
    }
    const V first = *upper;
    *upper = __builtin_shuffle(first, *lower, left);
    *lower = __builtin_shuffle(first, *lower, right);
}

/* LANES vectors, turned where they are. */
TARGET static TG_INLINE void NAME(turn)(V *rows)
{
#define STAGE(s)                                                  \
    if (s < LANES)                                                \
        TG_UNROLLED                                                  \
        for (int i = 0; i < LANES; i++)                           \
            if (!(i & s))                                         \
                NAME(exchange)(rows + i, rows + (i + s) % LANES, s);
    STAGE(1) STAGE(2) STAGE(4) STAGE(8)
#undef STAGE
}
#else
TARGET static TG_INLINE void NAME(turn)(V *rows)
{
    T from[LANES][LANES], to[LANES];
    for (int i = 0; i < LANES; i++)
        NAME(store)(from[i], rows[i]);
    for (int j = 0; j < LANES; j++) {
        for (int i = 0; i < LANES; i++)
            to[i] = from[i][j];
        rows[j] = NAME(load)(to);
    }
}
#endif

/* Columns of at most LANES rows, as many as a vector has or n; rows that are missing give anything. */
TARGET static TG_INLINE void NAME(load_columns)(V *columns, const T *from, int64_t row_step,
                                                int64_t n_rows, int64_t n)
{
    const T *row = from;
    if (n >= LANES)
        TG_UNROLLED
        for (int i = 0; i < LANES; i++, row += i < n_rows ? row_step : 0)
            columns[i] = NAME(load)(row);
    else
        TG_UNROLLED
        for (int i = 0; i < LANES; i++, row += i < n_rows ? row_step : 0)
            columns[i] = NAME(load_part)(row, n);
    NAME(turn)(columns);
}

/* to[x * to_step + c] = from[c * from_step + x] for a square of LANES by LANES elements, which stay in
 * registers. */
TARGET static TG_APART void NAME(turn_square)(T *to, int64_t to_step, const T *from,
                                              int64_t from_step)
{
    V columns[LANES];
    TG_UNROLLED
    for (int i = 0; i < LANES; i++, from += from_step)
        columns[i] = NAME(load)(from);
    NAME(turn)(columns);
    TG_UNROLLED
    for (int j = 0; j < LANES; j++, to += to_step)
        NAME(store)(to, columns[j]);
}

/* The same for at most LANES by LANES. */
TARGET static TG_APART void NAME(turn_part)(T *to, int64_t to_step, const T *from,
                                            int64_t from_step, int64_t n_rows, int64_t n)
{
    V columns[LANES];
    NAME(load_columns)(columns, from, from_step, n_rows, n);
    for (int64_t j = 0; j < n; j++, to += to_step)
        NAME(store_first)(to, columns[j], n_rows);
}

/* The same for n columns of some rows. */
TARGET static void NAME(turn_rows)(T *to, int64_t to_step, const T *from, int64_t from_step,
                                   int64_t n_rows, int64_t n)
{
    for (int64_t c = 0; c < n_rows; c += LANES) {
        const int64_t n_c = n_rows - c < LANES ? n_rows - c : LANES;
        for (int64_t x = 0; x < n; x += LANES) {
            const int64_t n_x = n - x < LANES ? n - x : LANES;
            T *now = to + x * to_step + c;
            const T *read = from + c * from_step + x;
            if (n_c == LANES && n_x == LANES)
                NAME(turn_square)(now, to_step, read, from_step);
            else
                NAME(turn_part)(now, to_step, read, from_step, n_c, n_x);
        }
    }
}

/* The elements at even places of two vectors, or at odd ones. */
TARGET static TG_INLINE V NAME(every_other)(V first, V second, const int is_odd)
{
#if defined(__GNUC__) && !defined(__clang__)
    NAME(places) place;
    TG_UNROLLED
    for (int l = 0; l < LANES; l++)
        place[l] = 2 * l + is_odd;
    return __builtin_shuffle(first, second, place);
#else
    T all[2 * LANES];
    NAME(store)(all, first);
    NAME(store)(all + LANES, second);
    for (int i = 0; i < LANES; i++)
        all[i] = all[2 * i + is_odd];
    return NAME(load)(all);
#endif
}

TARGET static TG_INLINE V NAME(even)(V first, V second)
{
    return NAME(every_other)(first, second, 0);
}

/* to[r][i] = from[step * i + r] of n elements, for a step of 2 or 4. */
TARGET static TG_INLINE void NAME(part)(T *const to[], const T *from, const int step, int64_t n)
{
    for (int64_t i = 0; step * i < n; i += LANES) {
        V read[4], parts[4];
        TG_UNROLLED
        for (int k = 0; k < step; k++)
            read[k] = NAME(load_first)(from + step * i + k * LANES, n - step * i - k * LANES);
        TG_UNROLLED
        for (int k = 0; k < step; k++) /* the halves: by 2 these are the parts */
            parts[k] = NAME(every_other)(read[k % (step / 2) * 2], read[k % (step / 2) * 2 + 1],
                                         k / (step / 2));
        TG_UNROLLED
        for (int k = 0; k < step && step == 4; k++)
            read[k] = NAME(every_other)(parts[k % 2 * 2], parts[k % 2 * 2 + 1], k / 2);
        TG_UNROLLED
        for (int k = 0; k < step; k++) {
            const int64_t left = (n - step * i - k + step - 1) / step;
            if (left > 0)
                NAME(store_first)(to[k] + i, step == 4 ? read[k] : parts[k], left);
        }
    }
}

/* to[i] = from[step * i] for a step of 2 or 4; nothing behind the last of them is read. */
TARGET static TG_INLINE void NAME(copy_apart)(T *to, const T *from, const int step, int64_t n)
{
    for (int64_t i = 0; i < n; i += LANES, from += step * LANES) {
        const int64_t left = step * (n - i - 1) + 1;
        V v = NAME(even)(NAME(load_first)(from, left), NAME(load_first)(from + LANES, left - LANES));
        if (step == 4)
            v = NAME(even)(v, NAME(even)(NAME(load_first)(from + 2 * LANES, left - 2 * LANES),
                                         NAME(load_first)(from + 3 * LANES, left - 3 * LANES)));
        if (n - i >= LANES)
            NAME(store)(to + i, v);
        else
            NAME(store_part)(to + i, v, n - i);
    }
}
