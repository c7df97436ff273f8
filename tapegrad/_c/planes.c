/* What loops of one dimension do for arrays that cannot be walked as one. */
#include "planes.h"

#include <string.h>

/* Lines that lie `steps` apart, each with the loop: it is handed copies, for those of NumPy may move
 * what they are given. */
static void walk_lines(const tg_planes *planes, char *const *args, tg_intp n, const tg_intp *steps)
{
    const int last = planes->ndim - 1, n_operands = planes->n_operands;
    for (tg_intp i = 0; i < n; i++) {
        char *line[TG_MOST_PLANE_OPERANDS];
        for (int k = 0; k < n_operands; k++)
            line[k] = args[k] + i * steps[k];
        planes->loop(line, &planes->shape[last], planes->steps[last], planes->params);
    }
}

/* Go on to the next plane of the last two dimensions. Gives whether there is one. */
static int next_plane(const tg_planes *planes, tg_intp *index, char **args)
{
    for (int d = planes->ndim - 3; d >= 0; d--) {
        const int ends = ++index[d] == planes->shape[d];
        for (int k = 0; k < planes->n_operands; k++)
            args[k] += planes->steps[d][k] * (ends ? 1 - planes->shape[d] : 1);
        if (!ends)
            return 1;
        index[d] = 0;
    }
    return 0;
}

static void walk_all(const tg_planes *planes, char **args)
{
    const int second = planes->ndim - 2;
    tg_intp index[TG_MOST_PLANES];
    memset(index, 0, (size_t)second * sizeof(*index));
    do
        walk_lines(planes, args, planes->shape[second], planes->steps[second]);
    while (next_plane(planes, index, args));
}

void tg_walk_planes(char **args, const tg_intp *dims, const tg_intp *steps, void *params)
{
    const tg_planes *planes = params;
    if (planes->ndim == 1) {
        walk_lines(planes, args, dims[0], steps);
        return;
    }
    for (tg_intp i = 0; i < dims[0]; i++) {
        char *first[TG_MOST_PLANE_OPERANDS];
        for (int k = 0; k < planes->n_operands; k++)
            first[k] = args[k] + i * steps[k];
        walk_all(planes, first);
    }
}
