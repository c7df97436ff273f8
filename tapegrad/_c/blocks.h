/* Large blocks of memory, kept when an array frees them for the next one of about their size.
 *
 * The C library gives large blocks back to the system at once, and the next one costs a page fault
 * for every 4 kB of it: on 10^6 floats a third of the time of an addition. A training step asks for
 * the same sizes again and again. At most TG_KEPT_BYTES are kept, the newest ones.
 *
 * NumPy frees an array through the handler that the array carries, so these blocks may belong to
 * arrays as any others do, also after `resize`. All of it runs under the GIL. */
#ifndef TG_BLOCKS_H
#define TG_BLOCKS_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum {
    TG_BLOCK_ALIGNMENT = 64, /* a cache line; the size of a block stands in the one before it */
    TG_KEPT_BLOCKS = 64,
    TG_HUGE_BYTES = 1 << 21, /* of a large page, which larger blocks are aligned to and ask for;
                              * a last one that they nearly fill is theirs as well */
};
#define TG_KEPT_BYTES ((size_t)32 << 20)

static struct {
    void *blocks[TG_KEPT_BLOCKS]; /* oldest first */
    int n;
    size_t bytes;
} tg_kept;

static inline size_t *tg_block_size(void *block)
{
    return (size_t *)((char *)block - TG_BLOCK_ALIGNMENT);
}

static inline void *tg_take_kept(int at)
{
    void *block = tg_kept.blocks[at];
    tg_kept.n--;
    memmove(tg_kept.blocks + at, tg_kept.blocks + at + 1,
            (size_t)(tg_kept.n - at) * sizeof(void *));
    tg_kept.bytes -= *tg_block_size(block);
    return block;
}

static void *tg_fresh_block(size_t size)
{
    void *memory;
    if (size > SIZE_MAX - 2 * TG_BLOCK_ALIGNMENT)
        return NULL;
    size = (size + TG_BLOCK_ALIGNMENT - 1) / TG_BLOCK_ALIGNMENT * TG_BLOCK_ALIGNMENT;
    const size_t alignment = size >= TG_HUGE_BYTES ? TG_HUGE_BYTES : TG_BLOCK_ALIGNMENT;
    const size_t short_of_page = -(size + TG_BLOCK_ALIGNMENT) % alignment;
    if (short_of_page <= size / 8)
        size += short_of_page;
    if (posix_memalign(&memory, alignment, size + TG_BLOCK_ALIGNMENT) != 0)
        return NULL;
#if defined(MADV_HUGEPAGE)
    if (size >= TG_HUGE_BYTES)
        madvise(memory, size + TG_BLOCK_ALIGNMENT, MADV_HUGEPAGE);
#endif
    *(size_t *)memory = size;
    return (char *)memory + TG_BLOCK_ALIGNMENT;
}

/* A block of at least `size` bytes; a kept one is no more than an eighth larger. */
static void *tg_block_malloc(void *context, size_t size)
{
    (void)context;
    for (int k = tg_kept.n - 1; k >= 0; k--) {
        const size_t found = *tg_block_size(tg_kept.blocks[k]);
        if (found >= size && found - size <= size / 8)
            return tg_take_kept(k);
    }
    return tg_fresh_block(size);
}

static void tg_block_free(void *context, void *block, size_t size)
{
    (void)context, (void)size;
    if (block == NULL)
        return;
    size = *tg_block_size(block);
    if (size > TG_KEPT_BYTES / 2) {
        free(tg_block_size(block));
        return;
    }
    while (tg_kept.n == TG_KEPT_BLOCKS || tg_kept.bytes + size > TG_KEPT_BYTES)
        free(tg_block_size(tg_take_kept(0)));
    tg_kept.blocks[tg_kept.n++] = block;
    tg_kept.bytes += size;
}

static void *tg_block_calloc(void *context, size_t n, size_t size)
{
    void *block = size != 0 && n > SIZE_MAX / size ? NULL : tg_block_malloc(context, n * size);
    return block == NULL ? NULL : memset(block, 0, n * size);
}

static void *tg_block_realloc(void *context, void *block, size_t size)
{
    void *moved = tg_block_malloc(context, size);
    if (moved != NULL && block != NULL) {
        const size_t old = *tg_block_size(block);
        memcpy(moved, block, old < size ? old : size);
        tg_block_free(context, block, old);
    }
    return moved;
}

#endif
