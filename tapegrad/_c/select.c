/* Choosing one element of a row by its rank: kth smallest, median, mode.
 *
 * Which of several equal elements is named depends on the algorithm, so the algorithms are those
 * that PyTorch's results come from: Hoare's selection as in "Numerical Recipes" (kthvalue), and
 * those of items.h.
 */
#include "items.h"

typedef struct {
    int64_t status; /* set when there was no memory */
    int64_t k;      /* the rank for kthvalue, counted from 1 */
} select_params;

#define LOAD_KEYS(op, dtype, T, C, load, ...)                                       \
    static void op##_##dtype(item *items, const char *row, tg_intp n, tg_intp step) \
    {                                                                               \
        for (tg_intp i = 0; i < n; i++) {                                           \
            items[i].key = KEY((C)load(TG_AT(const T, row, i * step)));             \
            items[i].place = i;                                                     \
        }                                                                           \
    }

TG_ALL(LOAD_KEYS, keys)

/* --------------------------------------------------------------------- Hoare's selection */

/* Move the item of rank k to v[k]. */
static void select_rank(item *v, tg_intp n, tg_intp k)
{
    tg_intp left = 0, right = n - 1;
    while (right > left + 1) {
        swap(&v[(left + right) / 2], &v[left + 1]);
        if (comes_before(v[right], v[left + 1]))
            swap(&v[left + 1], &v[right]);
        if (comes_before(v[right], v[left]))
            swap(&v[left], &v[right]);
        if (comes_before(v[left], v[left + 1]))
            swap(&v[left + 1], &v[left]);
        const item pivot = v[left];
        tg_intp i = left + 1, j = right;
        for (;;) {
            do
                i++;
            while (comes_before(v[i], pivot));
            do
                j--;
            while (comes_before(pivot, v[j]));
            if (j < i)
                break;
            swap(&v[i], &v[j]);
        }
        swap(&v[left], &v[j]);
        if (j <= k)
            left = i;
        if (j >= k)
            right = j - 1;
    }
    if (right == left + 1 && comes_before(v[right], v[left]))
        swap(&v[left], &v[right]);
}

/* --------------------------------------------------------------------- one row */

static int64_t kthvalue_row(item *v, tg_intp n, int has_nan, const select_params *settings)
{
    (void)has_nan;
    select_rank(v, n, settings->k - 1);
    return v[settings->k - 1].place;
}

static int64_t rank_among_stable(item *v, tg_intp n, tg_intp rank)
{
    split_at(v, rank, n, comes_before_stably);
    return v[rank].place;
}

static int64_t median_row(item *v, tg_intp n, int has_nan, const select_params *settings)
{
    (void)settings;
    for (tg_intp i = 0; has_nan && i < n; i++)
        if (v[i].key == NAN_KEY)
            return i;
    return rank_among_stable(v, n, (n - 1) / 2);
}

static int64_t nanmedian_row(item *v, tg_intp n, int has_nan, const select_params *settings)
{
    tg_intp n_numbers = n;
    (void)settings;
    for (tg_intp i = 0; has_nan && i < n; i++)
        n_numbers -= v[i].key == NAN_KEY;
    return rank_among_stable(v, n, n_numbers ? (n_numbers - 1) / 2 : 0);
}

/* The last of the longest run, in sorted order; no NaN equals another. */
static int64_t mode_row(item *v, tg_intp n, int has_nan, const select_params *settings)
{
    tg_intp longest = 0, run = 0;
    int64_t place = 0;
    (void)settings;
    sort_items(v, n, has_nan ? is_less : comes_before);
    for (tg_intp i = 0; i < n; i++) {
        const int goes_on = i + 1 < n && v[i].key == v[i + 1].key &&
                            !(has_nan && v[i].key == NAN_KEY);
        run++;
        if (goes_on)
            continue;
        if (run > longest) {
            longest = run;
            place = v[i].place;
        }
        run = 0;
    }
    return place;
}

/* --------------------------------------------------------------------- loops */

typedef void (*key_loader)(item *items, const char *row, tg_intp n, tg_intp step);
typedef int64_t (*place_finder)(item *, tg_intp, int, const select_params *);

static inline item *items_for(tg_intp n, select_params *settings)
{
    item *items = malloc((size_t)(n ? n : 1) * sizeof(item));
    if (items == NULL)
        settings->status = 1;
    return items;
}

static void find_in_rows(char **args, const tg_intp *dims, const tg_intp *steps,
                         select_params *settings, key_loader keys, place_finder find, size_t size,
                         int has_nan)
{
    const tg_intp n = dims[1];
    item *items = n ? items_for(n, settings) : NULL;
    if (items == NULL)
        return;
    for (tg_intp row = 0; row < dims[0]; row++) {
        const char *in = args[0] + row * steps[0];
        keys(items, in, n, steps[3]);
        const int64_t place = find(items, n, has_nan, settings);
        memcpy(args[1] + row * steps[1], in + place * steps[3], size);
        TG_AT(int64_t, args[2], row * steps[2]) = place;
    }
    free(items);
}

#define HAS_NAN(C) _Generic((C)0, float: 1, double: 1, default: 0)

#define FIND(op, dtype, T, C, ...)                                                          \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        find_in_rows(args, dims, steps, params, keys_##dtype, op##_row, sizeof(T), HAS_NAN(C)); \
    }

TG_NUMBERS(FIND, kthvalue)
TG_NUMBERS(FIND, median)
TG_NUMBERS(FIND, nanmedian)
TG_ALL(FIND, mode)

#define ROW(op, dtype, T, C, load, store, number, letter)                                   \
    {#op, "(n)->(),()", letter letter "l", number, op##_##dtype, "qq",                     \
     sizeof(select_params), 1},

const tg_kernel tg_select_kernels[] = {
    TG_NUMBERS(ROW, kthvalue)
    TG_NUMBERS(ROW, median)
    TG_NUMBERS(ROW, nanmedian)
    TG_ALL(ROW, mode)
    TG_TABLE_END
};
