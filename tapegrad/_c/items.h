/* Rows as items with integer keys, and the sorts of common C++ libraries on them.
 *
 * A key has the order of the values, so that one piece of code serves all dtypes: NaN has the
 * largest, 0 and -0 have the same. Introselect, introsort and heap selection are those of Musser,
 * "Introspective sorting and selection algorithms", 1997.
 */
#ifndef TG_ITEMS_H
#define TG_ITEMS_H

#include "vectors.h"

#include <stdlib.h>

typedef struct {
    int64_t key;
    int64_t place;
} item;

typedef int (*item_order)(item a, item b);

enum { SMALL_SORT = 16, SMALL_SELECT = 3 };
#define NAN_KEY INT64_MAX

static TG_INLINE int64_t key_of_int(int64_t x) { return x; }

static TG_INLINE int64_t key_of_double(double x)
{
    const double sum = x + 0.0; /* -0 becomes 0 */
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    const int64_t size_bits = bits < 0 ? INT64_MAX : 0; /* those that a negative number turns */
    const int64_t key = bits ^ size_bits;
    return x != x ? NAN_KEY : key;
}

static TG_INLINE int64_t key_of_float(float x) { return key_of_double(x); }

#define KEY(x) _Generic((x), float: key_of_float, double: key_of_double, default: key_of_int)(x)

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

/* Make a heap of k items, the last of them on top. */
static void heapify(item *v, tg_intp k, item_order before)
{
    for (tg_intp parent = k / 2 - 1; parent >= 0; parent--)
        sift(v, parent, k, v[parent], before);
}

static void sort_heap(item *v, tg_intp k, item_order before)
{
    for (tg_intp last = k - 1; last > 0; last--) {
        const item value = v[last];
        v[last] = v[0];
        sift(v, 0, last, value, before);
    }
}

/* Gather the k first of n items as a heap. */
static void select_by_heap(item *v, tg_intp k, tg_intp n, item_order before)
{
    heapify(v, k, before);
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
    sort_heap(v, k, before);
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

#endif
