/* Memory that a kernel works in, kept for the next one that works in as much or less.
 *
 * Given back to the C library, a megabyte may go back to the system, and the next one cost a page
 * fault for every 4 kB. Threads take and give by one exchange, so nothing waits and no thread owns
 * anything; but each looks first where it gave last, for what another one wrote lies in the caches of
 * another processor. */
#ifndef TG_SCRATCH_H
#define TG_SCRATCH_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    TG_SCRATCH_SLOTS = 4,
    TG_SCRATCH_HEAD = 64, /* a cache line before the memory, where its size stands */
#if defined(__SANITIZE_ADDRESS__)
    TG_MOST_SCRATCH = 0, /* so that what is read beyond the end is seen */
#else
    TG_MOST_SCRATCH = 1 << 22,
#endif
};

static _Atomic(char *) tg_scratch[TG_SCRATCH_SLOTS];
static _Thread_local int tg_last_slot = -1;

/* The slots from the one on where the thread gave last; at first each thread has another. */
static inline _Atomic(char *) *tg_slot(int i)
{
    static atomic_uint n_threads = 0;
    if (tg_last_slot < 0)
        tg_last_slot = (int)(atomic_fetch_add(&n_threads, 1) % TG_SCRATCH_SLOTS);
    return &tg_scratch[(tg_last_slot + i) % TG_SCRATCH_SLOTS];
}

/* At least `size` bytes, with anything in them, or NULL. What is kept and smaller is freed. */
static inline void *tg_take_scratch(size_t size)
{
    for (int i = 0; i < TG_SCRATCH_SLOTS; i++) {
        char *kept = atomic_exchange(tg_slot(i), NULL);
        if (kept != NULL && *(size_t *)kept >= size)
            return kept + TG_SCRATCH_HEAD;
        free(kept);
    }
    size = (size + TG_SCRATCH_HEAD - 1) / TG_SCRATCH_HEAD * TG_SCRATCH_HEAD;
    char *memory = aligned_alloc(TG_SCRATCH_HEAD, size + TG_SCRATCH_HEAD);
    if (memory == NULL)
        return NULL;
    *(size_t *)memory = size;
    return memory + TG_SCRATCH_HEAD;
}

static inline void tg_give_scratch(void *scratch)
{
    char *memory = (char *)scratch - TG_SCRATCH_HEAD;
    for (int i = 0; i < TG_SCRATCH_SLOTS && *(size_t *)memory <= TG_MOST_SCRATCH; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(tg_slot(i), &none, memory)) {
            tg_last_slot = (tg_last_slot + i) % TG_SCRATCH_SLOTS;
            return;
        }
    }
    free(memory);
}

#endif
