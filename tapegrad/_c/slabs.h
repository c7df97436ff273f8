/* Where the values lie that batch norm and group norm bring to mean 0 and variance 1.
 *
 * A slab is n rows of m packed values with one mean and variance: a channel of a batch, or a group
 * of channels of one sample. There are k weights, one for the slab or one for each row. Where it is
 * not rows that are packed but neighbouring slabs, as in vectors and images with channels last,
 * these are columns, and a block of them is walked side by side. Rows of one value each, as of the
 * channels of vectors, are walked as one row with a weight for each value.
 */
#ifndef TG_SLABS_H
#define TG_SLABS_H

#include "lanes.h"

enum { COLUMNS = 128 };

typedef struct {
    tg_intp n, m, k;
} slab_sizes;

/* How many slabs are walked together: more than one only if their values lie packed. */
static TG_INLINE tg_intp slabs_at_once(tg_intp n_slabs, tg_intp slab_step, slab_sizes sizes,
                                       tg_intp step, tg_intp size)
{
    const int are_columns = n_slabs > 1 && slab_step == size && (sizes.m == 1 || step != size);
    return are_columns ? COLUMNS : 1;
}

/* Whether the rows are single values that lie packed, by the steps from row to row. */
static TG_INLINE int are_lone(slab_sizes sizes, tg_intp step, tg_intp other, tg_intp size)
{
    return sizes.m == 1 && sizes.k == sizes.n && step == size && other == size;
}

#define FOR_VALUES(r, i, sizes)                    \
    for (tg_intp r = 0; r < (sizes).n; r++)        \
        for (tg_intp i = 0; i < (sizes).m; i++)

#endif
