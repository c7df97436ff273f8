/* The threads that share launches: started by the first one that is large enough, asleep between.
 *
 * They run loops alone: no Python, no memory but that of the launch. Each launch is cut into a few
 * runs a thread. The caller is thread 0; every thread starts at its own part, where its caches may
 * still hold what it wrote before, and goes on to what nobody has taken. So a launch never waits
 * for a thread that the system does not let run. A thread without work looks for the next launch
 * for a while before it sleeps, because waking it costs more than many a launch. */
#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SPINS = 4000,        /* looks before a thread gives way: about 20 microseconds */
    YIELDS = 1000,       /* and so often before sleep: about half a millisecond */
    RUNS_A_THREAD = 4,
    MOST_RUNS = TG_MOST_THREADS * RUNS_A_THREAD,
    MOST_CORE_DIMS = 24, /* eight operands of three */
    MOST_OPERANDS = 8,
    PART = 1 << 14,      /* elements that go through memory one way */
    NEIGHBOURS = 64,     /* elements that one run writes whole, so that no line is shared */
    LINE_BYTES = 64,
    COLUMNS = 16,        /* a strip's width is a multiple of this */
};

static struct {
    pthread_mutex_t in_use;       /* held by the launch that has the threads */
    pthread_mutex_t lock;         /* guards the conditions and the refusal */
    pthread_cond_t has_work, is_done;
    atomic_uint turn;             /* counts launches; the news that threads look for */
    atomic_int n_left;            /* runs that are not finished */
    atomic_int n_asleep;
    atomic_int caller_waits;
    atomic_int caller_processor;
    atomic_char taken[MOST_RUNS]; /* between two launches all are */
    atomic_uint turn_at_start;    /* the turn from which threads that start now look on */
    int n_started;                /* threads beside the callers */
    atomic_int n_runs;            /* of this launch */
    atomic_int runs_a_thread;
    atomic_int goes_down;
    int refused;                  /* the earliest run that was refused */
    const tg_launch *launch;
    int64_t unchanged[TG_MOST_PARAM_BYTES / sizeof(int64_t)]; /* its params, as they came */
} pool = {.in_use = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER,
          .has_work = PTHREAD_COND_INITIALIZER, .is_done = PTHREAD_COND_INITIALIZER};

static atomic_int thread_count = 0; /* not yet known */

static int processors(void)
{
    const char *asked = getenv("OMP_NUM_THREADS");
    long n = asked == NULL ? 0 : strtol(asked, NULL, 10);
#if defined(__linux__)
    cpu_set_t allowed;
    if (n <= 0 && sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
        n = CPU_COUNT(&allowed);
#endif
    if (n <= 0)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > TG_MOST_THREADS ? TG_MOST_THREADS : (int)n;
}

int tg_thread_count(void)
{
    if (thread_count == 0)
        thread_count = processors();
    return thread_count;
}

void tg_set_thread_count(int n) { thread_count = n > TG_MOST_THREADS ? TG_MOST_THREADS : n; }

/* A thread that slept starts on the processor of the one that wakes it, and has it to leave: so it
 * gives way to others for a while first. */
static inline void relax(int n_looks)
{
    if (n_looks >= SPINS) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Whether neighbouring iterations meet in a line of the first operand, as sums of columns do: their
 * strips are read a row at a time, which only wide ones have the processor look ahead for. */
static int goes_by_columns(const tg_launch *launch)
{
    const tg_intp step = launch->steps[0];
    return launch->n_core > 0 && step > -LINE_BYTES && step < LINE_BYTES && step != 0;
}

/* The outer iteration with which a run begins. */
static tg_intp begin_of(const tg_launch *launch, int run)
{
    const tg_intp whole = launch->dims[0];
    const tg_intp begin = (tg_intp)((double)whole * run / pool.n_runs);
    if (run == pool.n_runs)
        return whole;
    if (launch->n_core == 0)
        return begin / NEIGHBOURS * NEIGHBOURS;
    return goes_by_columns(launch) ? begin / COLUMNS * COLUMNS : begin;
}

/* The refusal of the earliest iteration is the launch's. */
static void note_refusal(const tg_launch *launch, int run, const void *params)
{
    pthread_mutex_lock(&pool.lock);
    if (run < pool.refused) {
        pool.refused = run;
        memcpy(launch->params, params, launch->params_size);
    }
    pthread_mutex_unlock(&pool.lock);
}

/* Some of the outer iterations. */
static void do_part(const tg_launch *launch, tg_intp begin, tg_intp end, void *params)
{
    tg_intp dims[1 + MOST_CORE_DIMS];
    char *args[MOST_OPERANDS];
    memcpy(dims, launch->dims, (size_t)(1 + launch->n_core) * sizeof(*dims));
    dims[0] = end - begin;
    for (int k = 0; k < launch->n_operands; k++)
        args[k] = launch->args[k] + begin * launch->steps[k];
    launch->loop(args, dims, launch->steps, params);
}

/* How many outer iterations go through memory one way: where they may be parted, a few pages. */
static tg_intp part_of(const tg_launch *launch)
{
    const tg_intp together = launch->together;
    if (launch->n_core == 0 && !launch->can_fail)
        return PART;
    if (launch->n_core == 1 && launch->n_operands == 2 && !launch->can_fail &&
        !goes_by_columns(launch))
        return (PART / (launch->dims[1] + 1) + together) / together * together;
    return launch->dims[0] + 1;
}

/* Up or down: a launch goes through memory the other way than the one before it, for what that one
 * touched last is still in the cache. */
static void do_parts(const tg_launch *launch, tg_intp begin, tg_intp end, void *params,
                     int goes_down)
{
    const tg_intp part = part_of(launch), n_parts = (end - begin + part - 1) / part;
    for (tg_intp k = 0; k < n_parts; k++) {
        const tg_intp at = begin + (goes_down ? n_parts - 1 - k : k) * part;
        do_part(launch, at, end - at < part ? end : at + part, params);
    }
}

static void do_run(const tg_launch *launch, int run)
{
    const tg_intp begin = begin_of(launch, run), end = begin_of(launch, run + 1);
    int64_t own[TG_MOST_PARAM_BYTES / sizeof(int64_t)];
    void *params = launch->params;
    if (begin == end)
        return;
    if (launch->params_size > 0)
        params = memcpy(own, pool.unchanged, launch->params_size);
    do_parts(launch, begin, end, params, pool.goes_down);
    if (launch->can_fail && own[0] != 0)
        note_refusal(launch, run, own);
}

/* Take runs until there is none left. A thread that comes late may meet the next launch's: then it
 * does those. */
static void share(int thread)
{
    const int n = pool.n_runs, first = thread * pool.runs_a_thread;
    for (int k = 0; k < n; k++) {
        const int run = (first + (pool.goes_down ? n + pool.runs_a_thread - 1 - k : k)) % n;
        if (atomic_load(&pool.taken[run]) || atomic_exchange(&pool.taken[run], 1))
            continue;
        do_run(pool.launch, run);
        if (atomic_fetch_sub(&pool.n_left, 1) == 1 && atomic_load(&pool.caller_waits)) {
            pthread_mutex_lock(&pool.lock);
            pthread_cond_signal(&pool.is_done);
            pthread_mutex_unlock(&pool.lock);
        }
    }
}

static unsigned wait_for_turn(unsigned seen)
{
    for (int k = 0; k < SPINS + YIELDS; k++) {
        if (atomic_load(&pool.turn) != seen)
            return atomic_load(&pool.turn);
        relax(k);
    }
    pthread_mutex_lock(&pool.lock);
    atomic_fetch_add(&pool.n_asleep, 1);
    while (atomic_load(&pool.turn) == seen)
        pthread_cond_wait(&pool.has_work, &pool.lock);
    atomic_fetch_sub(&pool.n_asleep, 1);
    pthread_mutex_unlock(&pool.lock);
    return atomic_load(&pool.turn);
}

static int processor_here(void)
{
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

/* Where all processors are busy with others, the system may leave a thread on its caller's, where
 * either waits for the other: it is made to go, and then as free as before. */
static void leave_caller(void)
{
#if defined(__linux__)
    cpu_set_t allowed, others;
    const int here = processor_here();
    if (here != atomic_load(&pool.caller_processor) || here < 0 ||
        sched_getaffinity(0, sizeof(allowed), &allowed) != 0 ||
        CPU_COUNT(&allowed) < tg_thread_count() || CPU_COUNT(&allowed) < 2)
        return;
    others = allowed;
    CPU_CLR(here, &others);
    if (sched_setaffinity(0, sizeof(others), &others) == 0)
        sched_setaffinity(0, sizeof(allowed), &allowed);
#endif
}

static void *serve(void *number)
{
    for (unsigned seen = pool.turn_at_start;;) {
        seen = wait_for_turn(seen);
        leave_caller();
        share((int)(intptr_t)number);
    }
    return NULL;
}

/* A forked child has none of the threads, and may have been forked in the middle of a launch. */
static void forget_threads(void)
{
    pool.n_started = 0;
    atomic_store(&pool.n_asleep, 0);
    atomic_store(&pool.caller_waits, 0);
    pthread_mutex_init(&pool.in_use, NULL);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.has_work, NULL);
    pthread_cond_init(&pool.is_done, NULL);
}

/* Start threads until there are `n` beside the caller, or as many as the system gives. Signals are
 * for Python's own threads. */
static void start_threads(int n)
{
    static int is_fork_watched = 0;
    sigset_t all, before;
    if (!is_fork_watched)
        is_fork_watched = pthread_atfork(NULL, NULL, forget_threads) == 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pool.turn_at_start = atomic_load(&pool.turn);
    for (int run = 0; pool.n_started == 0 && run < MOST_RUNS; run++)
        atomic_store(&pool.taken[run], 1);
    while (is_fork_watched && pool.n_started < n) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)(pool.n_started + 1)) != 0)
            break;
        pthread_detach(thread);
        pool.n_started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void hand_out(const tg_launch *launch, int n_threads)
{
    pool.launch = launch;
    pool.runs_a_thread = goes_by_columns(launch) ? 1 : RUNS_A_THREAD;
    pool.n_runs = n_threads * pool.runs_a_thread;
    pool.goes_down = !pool.goes_down;
    pool.caller_processor = processor_here();
    pool.refused = pool.n_runs;
    if (launch->params_size > 0)
        memcpy(pool.unchanged, launch->params, launch->params_size);
    atomic_store(&pool.n_left, pool.n_runs);
    for (int run = 0; run < pool.n_runs; run++)
        atomic_store(&pool.taken[run], 0);
    atomic_fetch_add(&pool.turn, 1);
    if (atomic_load(&pool.n_asleep) > 0) {
        pthread_mutex_lock(&pool.lock);
        pthread_cond_broadcast(&pool.has_work);
        pthread_mutex_unlock(&pool.lock);
    }
}

static void wait_until_done(void)
{
    for (int k = 0; k < SPINS + YIELDS; k++) {
        if (atomic_load(&pool.n_left) == 0)
            return;
        relax(k);
    }
    atomic_store(&pool.caller_waits, 1);
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.n_left) > 0)
        pthread_cond_wait(&pool.is_done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
    atomic_store(&pool.caller_waits, 0);
}

/* On this thread alone. */
static void run_alone(const tg_launch *launch)
{
    static _Thread_local int goes_down = 0;
    do_parts(launch, 0, launch->dims[0], launch->params, goes_down);
    goes_down = !goes_down;
}

void tg_run_shared(const tg_launch *launch)
{
    int n = tg_thread_count();
    if (n > 1 && pthread_mutex_trylock(&pool.in_use) == 0) {
        if (pool.n_started < n - 1)
            start_threads(n - 1);
        hand_out(launch, n <= pool.n_started ? n : pool.n_started + 1);
        share(0);
        wait_until_done();
        pthread_mutex_unlock(&pool.in_use);
    } else {
        run_alone(launch);
    }
}
