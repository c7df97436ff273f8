/* One element-wise loop over more dimensions than it has, as one launch. */
#ifndef TG_PLANES_H
#define TG_PLANES_H

#include "kernels.h"

enum { TG_MOST_PLANES = 64, TG_MOST_PLANE_OPERANDS = 8 };

/* The dimensions after the first, whose steps are a launch's: the last one is the loop's. */
typedef struct {
    tg_loop loop;
    void *params;
    int n_operands, ndim;
    tg_intp shape[TG_MOST_PLANES];
    tg_intp steps[TG_MOST_PLANES][TG_MOST_PLANE_OPERANDS];
} tg_planes;

/* A loop whose outer iterations are planes; its params are tg_planes, which it only reads. */
void tg_walk_planes(char **args, const tg_intp *dims, const tg_intp *steps, void *params);

#endif
