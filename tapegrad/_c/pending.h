/* The gradients that wait in one sweep: a heap by sequence number, highest first,
 * and a hash table that finds what waits for an entry.
 *
 * The structure owns nothing: it maps opaque entries to opaque values. The entry
 * with the highest number is kept beside the heap, so that walking down a chain
 * touches neither heap nor table.
 */
#ifndef TG_PENDING_H
#define TG_PENDING_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t sequence;
    void *entry;
    void *value;
} tg_pending_item;

typedef struct {
    tg_pending_item top;       /* entry == NULL when nothing waits */
    tg_pending_item *heap;
    int64_t n_heap, capacity;
    void **keys;               /* open addressing over the entries in the heap */
    void **values;             /* beside the keys; those in the heap's items are not read */
    int64_t n_table;           /* a power of two */
} tg_pending;

static inline uint64_t tg_hash_pointer(const void *pointer)
{
    uint64_t bits = (uint64_t)(uintptr_t)pointer >> 4;
    return bits * UINT64_C(0x9E3779B97F4A7C15) >> 20;
}

static inline void tg_pending_free(tg_pending *pending)
{
    free(pending->heap);
    free(pending->keys);
    free(pending->values);
    memset(pending, 0, sizeof *pending);
}

/* Where the entry is in the table, or the free place where it would go. */
static inline int64_t tg_pending_place(const tg_pending *pending, const void *entry)
{
    int64_t mask = pending->n_table - 1;
    int64_t place = (int64_t)(tg_hash_pointer(entry) & (uint64_t)mask);
    while (pending->keys[place] != NULL && pending->keys[place] != entry) {
        place = (place + 1) & mask;
    }
    return place;
}

/* Where the value of a waiting entry is kept, or NULL. Good until the next push or pop. */
static inline void **tg_pending_find(tg_pending *pending, const void *entry)
{
    if (pending->top.entry == entry) {
        return &pending->top.value;
    }
    if (pending->n_heap == 0) {
        return NULL;
    }
    int64_t place = tg_pending_place(pending, entry);
    return pending->keys[place] == entry ? &pending->values[place] : NULL;
}

static inline int tg_pending_grow(tg_pending *pending)
{
    int64_t capacity = pending->capacity ? pending->capacity * 2 : 32;
    int64_t n_table = capacity * 2;
    tg_pending_item *heap = realloc(pending->heap, capacity * sizeof *heap);
    if (heap == NULL) {
        return -1;
    }
    pending->heap = heap;
    void **keys = calloc(n_table, sizeof *keys);
    void **values = malloc(n_table * sizeof *values);
    if (keys == NULL || values == NULL) {
        free(keys);
        free(values);
        return -1;
    }
    void **old_keys = pending->keys, **old_values = pending->values;
    int64_t n_old = pending->n_table;
    pending->keys = keys;
    pending->values = values;
    pending->n_table = n_table;
    pending->capacity = capacity;
    for (int64_t k = 0; k < n_old; k++) {
        if (old_keys[k] != NULL) {
            int64_t place = tg_pending_place(pending, old_keys[k]);
            keys[place] = old_keys[k];
            values[place] = old_values[k];
        }
    }
    free(old_keys);
    free(old_values);
    return 0;
}

static inline int tg_heap_push(tg_pending *pending, tg_pending_item item)
{
    if (pending->n_heap == pending->capacity && tg_pending_grow(pending) < 0) {
        return -1;
    }
    int64_t place = tg_pending_place(pending, item.entry);
    pending->keys[place] = item.entry;
    pending->values[place] = item.value;
    int64_t k = pending->n_heap++;
    while (k > 0 && pending->heap[(k - 1) / 2].sequence < item.sequence) {
        pending->heap[k] = pending->heap[(k - 1) / 2];
        k = (k - 1) / 2;
    }
    pending->heap[k] = item;
    return 0;
}

/* Empty a place of the table and close the gap that this leaves in its run. */
static inline void tg_pending_forget(tg_pending *pending, int64_t place)
{
    int64_t mask = pending->n_table - 1;
    int64_t next = place;
    for (;;) {
        next = (next + 1) & mask;
        if (pending->keys[next] == NULL) {
            break;
        }
        int64_t home = (int64_t)(tg_hash_pointer(pending->keys[next]) & (uint64_t)mask);
        int64_t distance_home = (next - home) & mask;
        int64_t distance_gap = (next - place) & mask;
        if (distance_home >= distance_gap) {
            pending->keys[place] = pending->keys[next];
            pending->values[place] = pending->values[next];
            place = next;
        }
    }
    pending->keys[place] = NULL;
}

static inline tg_pending_item tg_heap_pop(tg_pending *pending)
{
    tg_pending_item first = pending->heap[0];
    tg_pending_item last = pending->heap[--pending->n_heap];
    int64_t k = 0, n = pending->n_heap;
    while (2 * k + 1 < n) {
        int64_t child = 2 * k + 1;
        if (child + 1 < n && pending->heap[child + 1].sequence > pending->heap[child].sequence) {
            child++;
        }
        if (pending->heap[child].sequence <= last.sequence) {
            break;
        }
        pending->heap[k] = pending->heap[child];
        k = child;
    }
    pending->heap[k] = last;
    int64_t place = tg_pending_place(pending, first.entry);
    first.value = pending->values[place];
    tg_pending_forget(pending, place);
    return first;
}

/* Add an entry that does not wait yet. Fails with -1 when memory runs out. */
static inline int tg_pending_push(tg_pending *pending, void *entry, uint64_t sequence,
                                  void *value)
{
    tg_pending_item item = {sequence, entry, value};
    if (pending->top.entry == NULL) {
        pending->top = item;
        return 0;
    }
    if (sequence > pending->top.sequence) {
        tg_pending_item previous = pending->top;
        if (tg_heap_push(pending, previous) < 0) {
            return -1;
        }
        pending->top = item;
        return 0;
    }
    return tg_heap_push(pending, item);
}

/* Take the entry with the highest sequence number; its entry is NULL when none waits. */
static inline tg_pending_item tg_pending_pop(tg_pending *pending)
{
    tg_pending_item first = pending->top;
    if (pending->n_heap > 0) {
        pending->top = tg_heap_pop(pending);
    } else {
        pending->top.entry = NULL;
    }
    return first;
}

#endif
