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

#define ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(m)->(m)", letter letter "l", number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_search_kernels[] = {
    TG_ALL(ROW, search_left)
    TG_ALL(ROW, search_right)
    TG_TABLE_END
};
