/* Sorting rows, stably, with the place that each element had: "(n)->(n),(n)".
 *
 * Values become unsigned keys of the same order (NaN the largest, 0 and -0 equal), which are sorted
 * by their bytes, the lowest first: Knuth, "The Art of Computer Programming" 3, 5.2.5. A byte that
 * all keys share costs nothing. Dtypes of up to 4 bytes have key and place in one word.
 */
#include "items.h"

typedef struct {
    int64_t status; /* set when there was no memory */
    int64_t descending;
} sort_params;

enum { FEW = 24, DIGITS = 256 };

typedef struct {
    uint64_t key;
    uint64_t place;
} wide;

typedef uint64_t narrow; /* the key in the upper half, the place in the lower */

static TG_INLINE uint32_t narrow_key_of_float(float x)
{
    const uint32_t bits = tg_bits(x + 0.0f); /* -0 becomes 0 */
    return x != x ? UINT32_MAX : bits >> 31 ? ~bits : bits | 0x80000000u;
}

static TG_INLINE uint32_t narrow_key_of_int(int64_t x) { return (uint32_t)x ^ 0x80000000u; }

#define NARROW_KEY(x) _Generic((x), float: narrow_key_of_float, default: narrow_key_of_int)(x)
#define WIDE_KEY(x) ((uint64_t)KEY(x) ^ (uint64_t)1 << 63)

#define NARROW_DIGIT(item, d) (item >> (32 + 8 * d) & (DIGITS - 1))
#define WIDE_DIGIT(item, d) (item.key >> 8 * d & (DIGITS - 1))
#define NARROW_BEFORE(a, b) (a < b)
#define WIDE_BEFORE(a, b) (a.key < b.key)

/* The sorted items, which lie in either of the two buffers. */
#define SORT_ITEMS(name, item, N_DIGITS, DIGIT, IS_BEFORE)   \
    static item *name##_insertion(item *v, tg_intp n)        \
    {                                                        \
        for (tg_intp i = 1; i < n; i++) {                    \
            const item value = v[i];                         \
            tg_intp j = i;                                   \
            for (; j > 0 && IS_BEFORE(value, v[j - 1]); j--) \
                v[j] = v[j - 1];                             \
            v[j] = value;                                    \
        }                                                    \
        return v;                                            \
    }                                                        \
    static item *name(item *from, item *to, tg_intp n)       \
    {                                                        \
        tg_intp counts[N_DIGITS][DIGITS] = {{0}};            \
        if (n <= FEW)                                        \
            return name##_insertion(from, n);                \
        for (tg_intp i = 0; i < n; i++)                      \
            for (int d = 0; d < N_DIGITS; d++)               \
                counts[d][DIGIT(from[i], d)]++;              \
        for (int d = 0; d < N_DIGITS; d++) {                 \
            tg_intp *start = counts[d], n_before = 0;        \
            if (start[DIGIT(from[0], d)] == n)               \
                continue;                                    \
            for (int k = 0; k < DIGITS; k++) {               \
                const tg_intp count = start[k];              \
                start[k] = n_before;                         \
                n_before += count;                           \
            }                                                \
            for (tg_intp i = 0; i < n; i++)                  \
                to[start[DIGIT(from[i], d)]++] = from[i];    \
            item *const other = from;                        \
            from = to;                                       \
            to = other;                                      \
        }                                                    \
        return from;                                         \
    }

SORT_ITEMS(sort_narrow, narrow, 4, NARROW_DIGIT, NARROW_BEFORE)
SORT_ITEMS(sort_wide, wide, 8, WIDE_DIGIT, WIDE_BEFORE)

#define SORT_ROWS(kind, dtype, T, C, load, MAKE, PLACE)                                        \
    static void kind##_rows_of_##dtype(char **args, const tg_intp *dims, const tg_intp *steps, \
                                       sort_params *settings)                                  \
    {                                                                                          \
        const tg_intp n = dims[1];                                                             \
        const uint64_t flip = settings->descending ? UINT64_MAX : 0;                           \
        kind *items = malloc(2 * (size_t)n * sizeof(kind));                                    \
        settings->status = items == NULL;                                                      \
        for (tg_intp row = 0; row < dims[0] && items != NULL; row++) {                         \
            const char *in = args[0] + row * steps[0];                                         \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const C x = load(TG_AT(const T, in, i * steps[3]));                            \
                items[i] = MAKE(x, i, flip);                                                   \
            }                                                                                  \
            const kind *sorted = sort_##kind(items, items + n, n);                             \
            for (tg_intp i = 0; i < n; i++) {                                                  \
                const tg_intp place = (tg_intp)PLACE(sorted[i]);                               \
                TG_AT(T, args[1], row * steps[1] + i * steps[4]) =                             \
                    TG_AT(const T, in, place * steps[3]);                                      \
                TG_AT(int64_t, args[2], row * steps[2] + i * steps[5]) = place;                \
            }                                                                                  \
        }                                                                                      \
        free(items);                                                                           \
    }

#define MAKE_NARROW(x, i, flip) ((uint64_t)(NARROW_KEY(x) ^ (uint32_t)flip) << 32 | (uint64_t)i)
#define MAKE_WIDE(x, i, flip) ((wide){WIDE_KEY(x) ^ flip, (uint64_t)i})
#define NARROW_PLACE(item) (item & UINT32_MAX)
#define WIDE_PLACE(item) item.place

#define SORT(op, dtype, T, C, load, ...)                            \
    SORT_ROWS(narrow, dtype, T, C, load, MAKE_NARROW, NARROW_PLACE) \
    SORT_ROWS(wide, dtype, T, C, load, MAKE_WIDE, WIDE_PLACE)       \
    TG_LOOP(op##_##dtype)                                           \
    {                                                               \
        if (dims[1] == 0)                                           \
            return;                                                 \
        if (sizeof(T) <= 4 && (uint64_t)dims[1] <= UINT32_MAX)      \
            narrow_rows_of_##dtype(args, dims, steps, params);      \
        else                                                        \
            wide_rows_of_##dtype(args, dims, steps, params);        \
    }

TG_ALL(SORT, sort)

#define ROW(op, dtype, T, C, load, store, number, letter)                                   \
    {#op, "(n)->(n),(n)", letter letter "l", number, op##_##dtype, "qq",                     \
     sizeof(sort_params), 1},

const tg_kernel tg_sort_kernels[] = {
    TG_ALL(ROW, sort)
    TG_TABLE_END
};
