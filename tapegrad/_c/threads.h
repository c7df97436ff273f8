/* One large launch on several threads.
 *
 * The outer iterations of a launch are dealt out in runs of neighbours, one run a thread; a kernel
 * may be shared so if its iterations write apart from each other and carry nothing on. Each result
 * is then what one thread computes, whatever the number of threads.
 */
#ifndef TG_THREADS_H
#define TG_THREADS_H

#include "kernels.h"

#include <stddef.h>

enum { TG_MOST_THREADS = 64, TG_MOST_PARAM_BYTES = 256, TG_ROWS_TOGETHER = 8 };

/* A launch, and how much of it has to be copied for each thread. Of rows, so many are better done
 * together. */
typedef struct {
    tg_loop loop;
    char **args;
    const tg_intp *dims, *steps;
    void *params;
    size_t params_size;
    int n_operands, n_core, can_fail, together;
} tg_launch;

/* How many threads a launch may use: those asked for, else OMP_NUM_THREADS, else one a processor
 * that this process may run on. */
int tg_thread_count(void);
void tg_set_thread_count(int n);

/* Run a launch on as many threads as there are, or here alone while another one has them. */
void tg_run_shared(const tg_launch *launch);

#endif
