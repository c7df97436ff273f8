/* Large reductions, shared among threads.
 *
 * Many results are dealt out. Of few, the dimension they are reduced over is cut into parts of blocks
 * by a power of two. Each is then a whole node of the tree in which blocks are joined pairwise, so
 * the result is that of one walk, whatever the number of threads.
 */
#ifndef TG_LONG_DIM_H
#define TG_LONG_DIM_H

#include "threads.h"

enum { ROW_BLOCK = 2048, FEW_ROWS = 32, FEWEST_PARTS = 4, MOST_PARTS = 64, PARTS_BYTES = 32768,
       PART_ELEMENTS = 16384, SHARE_ABOVE = 4 * PART_ELEMENTS };

/* How much of the dimension a part takes; 0 where parts do not pay, or their results would be many. */
static inline tg_intp part_length(const tg_intp *dims, tg_intp block, size_t result_size)
{
    const tg_intp width = dims[0], n = dims[1];
    if (width > PARTS_BYTES / FEWEST_PARTS / (tg_intp)result_size || n <= SHARE_ABOVE / width)
        return 0;
    const tg_intp room = PARTS_BYTES / (tg_intp)result_size / width;
    const tg_intp most = room < MOST_PARTS ? room : MOST_PARTS;
    tg_intp part = block;
    while (part * width < PART_ELEMENTS || n > part * most)
        part *= 2;
    return part;
}

typedef struct {
    tg_loop loop;
    const tg_intp *dims, *steps;
    tg_intp part, result_size;
    const char *results; /* of the first part */
} part_params;

static void reduce_some_parts(char **args, const tg_intp *dims, const tg_intp *steps, void *params)
{
    const part_params *p = params;
    for (tg_intp k = 0; k < dims[0]; k++) {
        char *part_args[] = {args[0] + k * steps[0], args[1] + k * steps[1]};
        const tg_intp left = p->dims[1] - (part_args[1] - p->results) / steps[1] * p->part;
        const tg_intp part_dims[] = {p->dims[0], left < p->part ? left : p->part};
        const tg_intp part_steps[] = {p->steps[0], p->result_size, p->steps[2]};
        p->loop(part_args, part_dims, part_steps, NULL);
    }
}

/* The results of all parts, by a loop over rows; how many parts there are. */
static inline tg_intp reduce_parts(tg_loop loop, char *in, const tg_intp *dims,
                                   const tg_intp *steps, tg_intp part, void *results,
                                   size_t result_size)
{
    part_params params = {loop, dims, steps, part, (tg_intp)result_size, results};
    char *args[] = {in, results};
    const tg_intp n_parts = (dims[1] - 1) / part + 1, part_dims[] = {n_parts, part * dims[0]};
    const tg_intp part_steps[] = {part * steps[2], dims[0] * (tg_intp)result_size};
    const tg_launch launch = {.loop = reduce_some_parts, .args = args, .dims = part_dims,
                              .steps = part_steps, .params = &params,
                              .params_size = sizeof params, .n_operands = 2, .n_core = 1,
                              .together = 1};
    tg_run_shared(&launch);
    return n_parts;
}

/* Each result whole. */
static inline void reduce_rows(tg_loop loop, char **args, const tg_intp *dims,
                               const tg_intp *steps, void *params)
{
    const tg_launch launch = {.loop = loop, .args = args, .dims = dims, .steps = steps,
                              .params = params, .n_operands = 2, .n_core = 1,
                              .together = TG_ROWS_TOGETHER};
    if (dims[0] > 1 && dims[1] > SHARE_ABOVE / dims[0])
        tg_run_shared(&launch);
    else
        loop(args, dims, steps, params);
}

#endif
