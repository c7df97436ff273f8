/* One long row of a reduction, shared among threads.
 *
 * It is cut into parts of blocks by a power of two. Each is then a whole node of the tree in which
 * blocks are joined pairwise, so the result is that of one walk, whatever the number of threads.
 */
#ifndef TG_LONG_ROW_H
#define TG_LONG_ROW_H

#include "threads.h"

enum { ROW_BLOCK = 512, PART_BLOCKS = 32, MOST_PARTS = 64 };

/* Whether a launch is one row long enough to be shared. */
static inline int is_long_row(const tg_intp *dims)
{
    return dims[0] == 1 && dims[1] > 2 * PART_BLOCKS * ROW_BLOCK && tg_thread_count() > 1;
}

/* The results of all parts of a row but the last, by a loop over rows; their length. */
static inline tg_intp reduce_parts(tg_loop loop, char *row, tg_intp n, tg_intp step, void *results,
                                   size_t result_size)
{
    tg_intp part = PART_BLOCKS * ROW_BLOCK;
    while (n > part * MOST_PARTS)
        part *= 2;
    char *args[] = {row, results};
    const tg_intp dims[] = {(n - 1) / part, part};
    const tg_intp steps[] = {part * step, (tg_intp)result_size, step};
    const tg_launch launch = {.loop = loop, .args = args, .dims = dims, .steps = steps,
                              .n_operands = 2, .n_core = 1};
    tg_run_shared(&launch);
    return part;
}

#endif
