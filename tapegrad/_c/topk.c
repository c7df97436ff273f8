/* The k best elements of a row.
 *
 * Which of several equal elements are named, and in which order, depends on the algorithm, so these
 * are the ones that PyTorch's results come from; see items.h.
 */
#include "items.h"

typedef struct {
    int64_t status; /* set when there was no memory */
    int64_t largest;
    int64_t sorted;
} topk_params;

enum { FEW_OF_MANY = 64 };

/* Keys of which the best are the smallest. */
#define KEYS(op, dtype, T, C, load, ...)                                                        \
    TG_VECTOR_LOOP(op##_##dtype)                                                                \
    {                                                                                           \
        const tg_intp n = dims[0], step = steps[0];                                             \
        const int64_t flip = *(const int64_t *)params ? -1 : 0;                                 \
        int64_t *keys = (int64_t *)args[1];                                                     \
        if (step == (tg_intp)sizeof(T))                                                         \
            for (tg_intp i = 0; i < n; i++)                                                     \
                keys[i] = KEY((C)load(TG_AT(const T, args[0], i * (tg_intp)sizeof(T)))) ^ flip; \
        else                                                                                    \
            for (tg_intp i = 0; i < n; i++)                                                     \
                keys[i] = KEY((C)load(TG_AT(const T, args[0], i * step))) ^ flip;               \
    }

TG_NUMBERS(KEYS, keys)

/* As select_by_heap does it, but what never comes up needs no item. */
static void select_few(item *heap, tg_intp k, const int64_t *keys, tg_intp n)
{
    for (tg_intp i = 0; i < k; i++)
        heap[i] = (item){keys[i], i};
    heapify(heap, k, comes_before);
    for (tg_intp i = k; i < n; i++)
        if (keys[i] < heap[0].key)
            sift(heap, 0, k, (item){keys[i], i}, comes_before);
    sort_heap(heap, k, comes_before);
}

static void select_many(item *v, tg_intp k, const int64_t *keys, tg_intp n, int is_sorted)
{
    for (tg_intp i = 0; i < n; i++)
        v[i] = (item){keys[i], i};
    split_at(v, k - 1, n, comes_before);
    if (is_sorted)
        sort_items(v, k - 1, comes_before);
}

#define TOPK(op, dtype, T, ...)                                                    \
    TG_LOOP(op##_##dtype)                                                          \
    {                                                                              \
        const tg_intp n = dims[1], k = dims[2];                                    \
        topk_params *settings = params;                                            \
        if (k == 0 || k > n)                                                       \
            return;                                                                \
        const int is_few = k <= n / FEW_OF_MANY;                                   \
        int64_t *keys = malloc((size_t)n * sizeof(int64_t));                       \
        item *items = malloc((size_t)(is_few ? k : n) * sizeof(item));             \
        settings->status = keys == NULL || items == NULL;                          \
        for (tg_intp row = 0; row < dims[0] && !settings->status; row++) {         \
            char *in = args[0] + row * steps[0], *key_args[] = {in, (char *)keys}; \
            keys_##dtype(key_args, dims + 1, steps + 3, &settings->largest);       \
            if (is_few)                                                            \
                select_few(items, k, keys, n);                                     \
            else                                                                   \
                select_many(items, k, keys, n, settings->sorted != 0);             \
            for (tg_intp i = 0; i < k; i++) {                                      \
                const tg_intp place = (tg_intp)items[i].place;                     \
                TG_AT(T, args[1], row * steps[1] + i * steps[4]) =                 \
                    TG_AT(const T, in, place * steps[3]);                          \
                TG_AT(int64_t, args[2], row * steps[2] + i * steps[5]) = place;    \
            }                                                                      \
        }                                                                          \
        free(keys);                                                                \
        free(items);                                                               \
    }

TG_NUMBERS(TOPK, topk)

#define ROW(op, dtype, T, C, load, store, number, letter)                                   \
    {#op, "(n)->(k),(k)", letter letter "l", number, op##_##dtype, "qqq",                    \
     sizeof(topk_params), 1},

const tg_kernel tg_topk_kernels[] = {
    TG_NUMBERS(ROW, topk)
    TG_TABLE_END
};
