/* Choosing elements of a row by their rank: kth smallest, median, mode, the k best.
 *
 * Which of several equal elements is named depends on the algorithm, so the algorithms are those
 * that PyTorch's results come from: Hoare's selection as in "Numerical Recipes" (kthvalue), and
 * introselect, introsort and heap selection as in common C++ libraries (topk, mode); Musser,
 * "Introspective sorting and selection algorithms", 1997.
 *
 * A row becomes items with an integer key of the same order as its values, so that one piece of
 * code serves all dtypes. NaN has the largest key; 0 and -0 have the same.
 */
#include "loops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    int64_t key;
    int64_t place;
} item;

typedef int (*item_order)(item a, item b);

typedef struct {
    int64_t status; /* set when there was no memory */
    int64_t k;      /* the rank for kthvalue, counted from 1 */
    int64_t largest;
    int64_t sorted;
} select_params;

enum { SMALL_SORT = 16, SMALL_SELECT = 3, FEW_OF_MANY = 64 };
#define NAN_KEY INT64_MAX

static inline int64_t key_of_int(int64_t x) { return x; }

static inline int64_t key_of_double(double x)
{
    int64_t bits;
    if (x != x)
        return NAN_KEY;
    x += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &x, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
}

static inline int64_t key_of_float(float x) { return key_of_double(x); }

#define KEY(x) _Generic((x), float: key_of_float, double: key_of_double, default: key_of_int)(x)

#define LOAD_KEYS(op, dtype, T, C, load, ...)                                       \
    static void op##_##dtype(item *items, const char *row, tg_intp n, tg_intp step) \
    {                                                                               \
        for (tg_intp i = 0; i < n; i++) {                                           \
            items[i].key = KEY((C)load(TG_AT(const T, row, i * step)));             \
            items[i].place = i;                                                     \
        }                                                                           \
    }

TG_ALL(LOAD_KEYS, keys)

static int comes_before(item a, item b) { return a.key < b.key; }

static int comes_before_stably(item a, item b)
{
    return a.key < b.key || (a.key == b.key && a.place < b.place);
}

/* As `<` of floats: false wherever NaN takes part. */
static int is_less(item a, item b) { return a.key < b.key && b.key != NAN_KEY; }

static inline void swap(item *a, item *b)
{
    const item kept = *a;
    *a = *b;
    *b = kept;
}

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

/* --------------------------------------------------------------------- heaps */

static void sift(item *heap, tg_intp hole, tg_intp n, item value, item_order before)
{
    const tg_intp top = hole;
    tg_intp child = hole;
    while (child < (n - 1) / 2) {
        child = 2 * child + 2;
        if (before(heap[child], heap[child - 1]))
            child--;
        heap[hole] = heap[child];
        hole = child;
    }
    if (n % 2 == 0 && child == (n - 2) / 2) {
        child = 2 * child + 1;
        heap[hole] = heap[child];
        hole = child;
    }
    for (tg_intp parent = (hole - 1) / 2; hole > top && before(heap[parent], value);
         parent = (hole - 1) / 2) {
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = value;
}

/* Gather the k first of n items as a heap, the last of them on top. */
static void select_by_heap(item *v, tg_intp k, tg_intp n, item_order before)
{
    for (tg_intp parent = k / 2 - 1; parent >= 0; parent--)
        sift(v, parent, k, v[parent], before);
    for (tg_intp i = k; i < n; i++)
        if (before(v[i], v[0])) {
            const item value = v[i];
            v[i] = v[0];
            sift(v, 0, k, value, before);
        }
}

/* The k first of n items, in order. */
static void sort_first(item *v, tg_intp k, tg_intp n, item_order before)
{
    if (k == 0)
        return;
    select_by_heap(v, k, n, before);
    for (tg_intp last = k - 1; last > 0; last--) {
        const item value = v[last];
        v[last] = v[0];
        sift(v, 0, last, value, before);
    }
}

/* --------------------------------------------------------------------- introsort, introselect */

static void insert_all(item *v, tg_intp start, tg_intp n, item_order before)
{
    for (tg_intp i = start; i < n; i++) {
        const item value = v[i];
        tg_intp j = i;
        if (start == 1 && before(value, v[0]))
            for (; j > 0; j--)
                v[j] = v[j - 1];
        else
            for (; j > 0 && before(value, v[j - 1]); j--)
                v[j] = v[j - 1];
        v[j] = value;
    }
}

static void median_to_front(item *v, item *a, item *b, item *c, item_order before)
{
    item *median;
    if (before(*a, *b))
        median = before(*b, *c) ? b : before(*a, *c) ? c : a;
    else
        median = before(*a, *c) ? a : before(*b, *c) ? c : b;
    swap(v, median);
}

/* Where the second part begins. The bounds matter only to an order that NaN makes none. */
static tg_intp partition(item *v, tg_intp n, item_order before)
{
    median_to_front(v, v + 1, v + n / 2, v + n - 1, before);
    tg_intp i = 1, j = n;
    for (;;) {
        while (i < n && before(v[i], v[0]))
            i++;
        j--;
        while (j > 0 && before(v[0], v[j]))
            j--;
        if (i >= j)
            return i;
        swap(&v[i], &v[j]);
        i++;
    }
}

static int depth_limit(tg_intp n)
{
    int depth = 0;
    for (; n > 1; n /= 2)
        depth += 2;
    return depth;
}

/* Leave every item within SMALL_SORT places of its own. */
static void sort_roughly(item *v, tg_intp n, int depth, item_order before)
{
    while (n > SMALL_SORT) {
        if (depth-- == 0) {
            sort_first(v, n, n, before);
            return;
        }
        const tg_intp cut = partition(v, n, before);
        sort_roughly(v + cut, n - cut, depth, before);
        n = cut;
    }
}

static void sort_items(item *v, tg_intp n, item_order before)
{
    sort_roughly(v, n, depth_limit(n), before);
    insert_all(v, 1, n < SMALL_SORT ? n : SMALL_SORT, before);
    if (n > SMALL_SORT)
        insert_all(v, SMALL_SORT, n, before);
}

/* Move the item of rank k to v[k], those before it to its left. */
static void split_at(item *v, tg_intp k, tg_intp n, item_order before)
{
    int depth = depth_limit(n);
    while (n > SMALL_SELECT) {
        if (depth-- == 0) {
            select_by_heap(v, k + 1, n, before);
            swap(&v[0], &v[k]);
            return;
        }
        const tg_intp cut = partition(v, n, before);
        if (cut <= k) {
            v += cut;
            k -= cut;
            n -= cut;
        } else {
            n = cut;
        }
    }
    insert_all(v, 1, n, before);
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

static void topk_row(item *v, tg_intp k, tg_intp n, const select_params *settings)
{
    if (settings->largest)
        for (tg_intp i = 0; i < n; i++)
            v[i].key = ~v[i].key;
    if (k == 0)
        return;
    if (k * FEW_OF_MANY <= n) {
        sort_first(v, k, n, comes_before);
        return;
    }
    split_at(v, k - 1, n, comes_before);
    if (settings->sorted)
        sort_items(v, k - 1, comes_before);
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

static void best_of_rows(char **args, const tg_intp *dims, const tg_intp *steps,
                         select_params *settings, key_loader keys, size_t size)
{
    const tg_intp n = dims[1], k = dims[2];
    item *items = k <= n ? items_for(n, settings) : NULL;
    if (items == NULL)
        return;
    for (tg_intp row = 0; row < dims[0]; row++) {
        const char *in = args[0] + row * steps[0];
        keys(items, in, n, steps[3]);
        topk_row(items, k, n, settings);
        for (tg_intp i = 0; i < k; i++) {
            memcpy(args[1] + row * steps[1] + i * steps[4], in + items[i].place * steps[3], size);
            TG_AT(int64_t, args[2], row * steps[2] + i * steps[5]) = items[i].place;
        }
    }
    free(items);
}

#define HAS_NAN(C) _Generic((C)0, float: 1, double: 1, default: 0)

#define FIND(op, dtype, T, C, ...)                                                          \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        find_in_rows(args, dims, steps, params, keys_##dtype, op##_row, sizeof(T), HAS_NAN(C)); \
    }
#define BEST(op, dtype, T, C, ...)                                                          \
    TG_LOOP(op##_##dtype)                                                                   \
    {                                                                                       \
        best_of_rows(args, dims, steps, params, keys_##dtype, sizeof(T));                   \
    }

TG_NUMBERS(FIND, kthvalue)
TG_NUMBERS(FIND, median)
TG_NUMBERS(FIND, nanmedian)
TG_ALL(FIND, mode)
TG_NUMBERS(BEST, topk)

#define ROW(op, dtype, T, C, load, store, number, letter)                                   \
    {#op, "(n)->(),()", letter letter "l", number, op##_##dtype, "qqqq",                     \
     sizeof(select_params), 1},
#define ROW_OF_MANY(op, dtype, T, C, load, store, number, letter)                           \
    {#op, "(n)->(k),(k)", letter letter "l", number, op##_##dtype, "qqqq",                   \
     sizeof(select_params), 1},

const tg_kernel tg_select_kernels[] = {
    TG_NUMBERS(ROW, kthvalue)
    TG_NUMBERS(ROW, median)
    TG_NUMBERS(ROW, nanmedian)
    TG_ALL(ROW, mode)
    TG_NUMBERS(ROW_OF_MANY, topk)
    TG_TABLE_END
};
