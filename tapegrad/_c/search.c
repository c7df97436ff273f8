/* Where values belong among sorted boundaries: "(n),(m)->(m)", by bisection. */
#include "loops.h"

/* The first place whose boundary is not before the value; NaN goes behind all of them. */
#define SEARCH(name, T, C, load, IS_REACHED)                                                   \
    TG_LOOP(name)                                                                              \
    {                                                                                          \
        const tg_intp n = dims[1], n_values = dims[2];                                         \
        (void)params;                                                                          \
        for (tg_intp row = 0; row < dims[0]; row++) {                                          \
            const char *boundaries = args[0] + row * steps[0];                                 \
            for (tg_intp i = 0; i < n_values; i++) {                                           \
                const C x = load(TG_AT(const T, args[1], row * steps[1] + i * steps[4]));      \
                tg_intp start = 0, end = n;                                                    \
                while (start < end) {                                                          \
                    const tg_intp middle = start + (end - start) / 2;                          \
                    const C boundary = load(TG_AT(const T, boundaries, middle * steps[3]));    \
                    if (IS_REACHED(boundary, x))                                               \
                        end = middle;                                                          \
                    else                                                                       \
                        start = middle + 1;                                                    \
                }                                                                              \
                TG_AT(int64_t, args[2], row * steps[2] + i * steps[5]) = start;                \
            }                                                                                  \
        }                                                                                      \
    }

#define AT_LEAST(boundary, x) ((boundary) >= (x))
#define ABOVE(boundary, x) ((boundary) > (x))
#define LOWER(op, dtype, T, C, load, ...) SEARCH(op##_##dtype, T, C, load, AT_LEAST)
#define UPPER(op, dtype, T, C, load, ...) SEARCH(op##_##dtype, T, C, load, ABOVE)

TG_ALL(LOWER, search_left)
TG_ALL(UPPER, search_right)

typedef struct {
    double low, high;
    int64_t n_bins;
} bin_params;

/* ()->(): the bin of one width that an element lies in, the number of bins where it is in none. Each
 * step is rounded to the dtype. */
#define BIN_OF(op, dtype, T, C, load, store, ...)                                              \
    static inline C op##_rounded_##dtype(C x) { return load(store(x)); }                       \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const bin_params *p = params;                                                          \
        const C low = op##_rounded_##dtype((C)p->low), high = op##_rounded_##dtype((C)p->high); \
        const C n = op##_rounded_##dtype((C)p->n_bins);                                        \
        const C span = op##_rounded_##dtype(high - low);                                       \
        for (tg_intp i = 0; i < dims[0]; i++) {                                                \
            const C x = load(TG_AT(const T, args[0], i * steps[0]));                           \
            const C scaled = op##_rounded_##dtype(op##_rounded_##dtype(x - low) * n);          \
            const C bin = op##_rounded_##dtype(scaled / span);                                 \
            const int64_t last = p->n_bins - 1;                                                \
            TG_AT(int64_t, args[1], i * steps[1]) =                                            \
                !(x >= low && x <= high) ? last + 1 : bin < (C)last ? (int64_t)bin : last;     \
        }                                                                                      \
    }

/* (n,d),(e),(d)->(n): the box that each point lies in, the number of boxes where it is in none. The
 * edges of all dimensions follow each other, as many of each as the third operand says: of bins of
 * one width if that is negative, so that a division tells about where to look. */
#define BOX_OF(op, dtype, T, C, load, store, ...)                                              \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const tg_intp n_points = dims[1], n_dims = dims[2];                                    \
        const int64_t n_boxes = *(const int64_t *)params;                                      \
        for (tg_intp i = 0; i < n_points; i++) {                                               \
            const char *edges = args[1];                                                       \
            int64_t box = 0, is_inside = 1;                                                    \
            for (tg_intp d = 0; d < n_dims && is_inside; d++) {                                \
                const C x = TG_AT(const T, args[0], i * steps[4] + d * steps[5]);              \
                const int64_t size = TG_AT(const int64_t, args[2], d * steps[7]);              \
                const tg_intp n = (tg_intp)(size < 0 ? -size : size), step = steps[6];         \
                const C first = TG_AT(const T, edges, 0), last = TG_AT(const T, edges, (n - 1) * step); \
                tg_intp start = 0, end = n;                                                    \
                is_inside = n > 1 && x >= first && x <= last; /* edges may be out of order */  \
                if (is_inside && size < 0) {                                                   \
                    const C guess = (x - first) / (last - first) * (C)(n - 1);                 \
                    start = end = guess < (C)(n - 2) ? (tg_intp)guess : n - 2;                 \
                    while (start > 0 && TG_AT(const T, edges, start * step) > x)               \
                        end = --start;                                                         \
                    while (end < n && TG_AT(const T, edges, end * step) <= x)                  \
                        start = ++end;                                                         \
                }                                                                              \
                while (is_inside && start < end) {                                             \
                    const tg_intp middle = start + (end - start) / 2;                          \
                    if (TG_AT(const T, edges, middle * step) > x)                              \
                        end = middle;                                                          \
                    else                                                                       \
                        start = middle + 1;                                                    \
                }                                                                              \
                box = box * (n - 1) + (x == last ? n - 2 : start - 1);                         \
                edges += n * step;                                                             \
            }                                                                                  \
            TG_AT(int64_t, args[3], i * steps[8]) = is_inside ? box : n_boxes;                 \
        }                                                                                      \
    }

TG_FLOATS(BIN_OF, bin_of)
TG_SINGLE_AND_DOUBLE(BOX_OF, box_of)

#define ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(m)->(m)", letter letter "l", number, op##_##dtype, NULL, 0, 0},

#define ROW_BIN(op, dtype, T, C, load, store, number, letter) \
    {#op, "()->()", letter "l", number, op##_##dtype, "ddq", sizeof(bin_params), 0},
#define ROW_BOX(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n,d),(e),(d)->(n)", letter letter "ll", number, op##_##dtype, "q", sizeof(int64_t), 0},

const tg_kernel tg_search_kernels[] = {
    TG_ALL(ROW, search_left)
    TG_ALL(ROW, search_right)
    TG_FLOATS(ROW_BIN, bin_of)
    TG_SINGLE_AND_DOUBLE(ROW_BOX, box_of)
    TG_TABLE_END
};
