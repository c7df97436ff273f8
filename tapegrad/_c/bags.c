/* Sums of rows of a table by bags, and the two ways back.
 *
 * `index` names a row for each place, `starts` the place at which each bag begins; the last one goes
 * on to the end. A row has a factor where it is added, and one number is that of no row. */
#include "vectors.h"

typedef struct {
    int64_t status;
    int64_t padding;
    int64_t is_mean;
} bag_params;

enum { BLOCK = 256, AHEAD = 8, N_OPERANDS = 5 };

/* Whether bags follow each other and rows are there; memory may have changed since the last look. */
static TG_INLINE int are_bags(bag_params *p, const char *index, tg_intp step, tg_intp n,
                              const char *starts, tg_intp start_step, tg_intp n_bags, tg_intp n_rows)
{
    int64_t last = 0, n_outside = 0;
    for (tg_intp b = 0; b < n_bags && !p->status; b++) {
        const int64_t start = TG_AT(const int64_t, starts, b * start_step);
        p->status = start < last || start > n || (b == 0 && start != 0);
        last = start;
    }
    for (tg_intp i = 0; i < n; i++)
        n_outside += (uint64_t)TG_AT(const int64_t, index, i * step) >= (uint64_t)n_rows;
    p->status |= n_outside != 0;
    return !p->status;
}

static tg_intp end_of(const char *starts, tg_intp step, tg_intp b, tg_intp n_bags, tg_intp n)
{
    return b + 1 < n_bags ? (tg_intp)TG_AT(const int64_t, starts, (b + 1) * step) : n;
}

static TG_INLINE void prefetch_row(const char *row, tg_intp size)
{
    for (tg_intp at = 0; at < size; at += 64)
        TG_PREFETCH(row + at);
}

/* (n),(b),(r,c),(n)->(b,c): of each bag the sum of its rows, each times a factor, or the mean. */
#define BAG_SUMS(T, C, load, store)                                                            \
    {                                                                                          \
        const tg_intp n = dims[1], n_bags = dims[2], n_columns = dims[4], step = steps[8];     \
        if (!are_bags(p, args[0], steps[5], n, args[1], steps[6], n_bags, dims[3]))            \
            return;                                                                            \
        for (tg_intp b = 0; b < n_bags; b++) {                                                 \
            const tg_intp start = (tg_intp)TG_AT(const int64_t, args[1], b * steps[6]);        \
            const tg_intp end = end_of(args[1], steps[6], b, n_bags, n);                       \
            for (tg_intp first = 0; first < n_columns; first += BLOCK) {                       \
                const tg_intp m = n_columns - first < BLOCK ? n_columns - first : BLOCK;       \
                char *target = args[4] + b * steps[10] + first * steps[11];                    \
                C sums[BLOCK] = {0};                                                           \
                tg_intp count = 0;                                                             \
                for (tg_intp i = start; i < end; i++) {                                        \
                    const int64_t one = TG_AT(const int64_t, args[0], i * steps[5]);           \
                    const C factor = load(TG_AT(const T, args[3], i * steps[9]));              \
                    const char *row = args[2] + one * steps[7] + first * step;                 \
                    if (i + AHEAD < n && first == 0)                                           \
                        prefetch_row(args[2] + steps[7] * TG_AT(const int64_t, args[0],        \
                                     (i + AHEAD) * steps[5]), n_columns * step);               \
                    if (one == p->padding)                                                     \
                        continue;                                                              \
                    count++;                                                                   \
                    if (step == sizeof(T))                                                     \
                        for (tg_intp j = 0; j < m; j++)                                        \
                            sums[j] += load(((const T *)row)[j]) * factor;                     \
                    else                                                                       \
                        for (tg_intp j = 0; j < m; j++)                                        \
                            sums[j] += load(TG_AT(const T, row, j * step)) * factor;           \
                }                                                                              \
                for (tg_intp j = 0; j < m; j++)                                                \
                    TG_AT(T, target, j * steps[11]) =                                          \
                        store(p->is_mean && count ? sums[j] / (C)count : sums[j]);             \
            }                                                                                  \
        }                                                                                      \
    }

/* (n),(b),(b,c),(n)->(r,c): to each row the gradients of its bags, times its factors, are added. */
#define BAG_ROWS(T, C, load, store)                                                            \
    {                                                                                          \
        const tg_intp n = dims[1], n_bags = dims[2], n_columns = dims[3], n_rows = dims[4];    \
        const tg_intp step = steps[8];                                                         \
        if (!are_bags(p, args[0], steps[5], n, args[1], steps[6], n_bags, n_rows))             \
            return;                                                                            \
        for (tg_intp b = 0; b < n_bags; b++) {                                                 \
            const char *row = args[2] + b * steps[7];                                          \
            const tg_intp end = end_of(args[1], steps[6], b, n_bags, n);                       \
            tg_intp i = (tg_intp)TG_AT(const int64_t, args[1], b * steps[6]);                  \
            for (; i < end; i++) {                                                             \
                const int64_t one = TG_AT(const int64_t, args[0], i * steps[5]);               \
                const C factor = load(TG_AT(const T, args[3], i * steps[9]));                  \
                char *target = args[4] + one * steps[10];                                      \
                if (one == p->padding)                                                         \
                    continue;                                                                  \
                if (step == sizeof(T) && steps[11] == sizeof(T)) {                             \
                    T *restrict to = (T *)target;                                              \
                    for (tg_intp j = 0; j < n_columns; j++)                                    \
                        to[j] = store(load(to[j]) + load(((const T *)row)[j]) * factor);       \
                    continue;                                                                  \
                }                                                                              \
                for (tg_intp j = 0; j < n_columns; j++)                                        \
                    TG_AT(T, target, j * steps[11]) =                                          \
                        store(load(TG_AT(T, target, j * steps[11])) +                          \
                              load(TG_AT(const T, row, j * step)) * factor);                   \
            }                                                                                  \
        }                                                                                      \
    }

/* (n),(b),(r,c),(b,c)->(n): of each place the product of its row and its bag's gradient. */
#define BAG_FACTORS(T, C, load, store)                                                         \
    {                                                                                          \
        const tg_intp n = dims[1], n_bags = dims[2], n_columns = dims[4];                      \
        if (!are_bags(p, args[0], steps[5], n, args[1], steps[6], n_bags, dims[3]))            \
            return;                                                                            \
        for (tg_intp i = 0; n_bags == 0 && i < n; i++)                                         \
            TG_AT(T, args[4], i * steps[11]) = store(0);                                       \
        for (tg_intp b = 0; b < n_bags; b++) {                                                 \
            const char *slope = args[3] + b * steps[9];                                        \
            const tg_intp end = end_of(args[1], steps[6], b, n_bags, n);                       \
            tg_intp i = (tg_intp)TG_AT(const int64_t, args[1], b * steps[6]);                  \
            for (; i < end; i++) {                                                             \
                const int64_t one = TG_AT(const int64_t, args[0], i * steps[5]);               \
                const char *row = args[2] + one * steps[7];                                    \
                C sum = 0;                                                                     \
                for (tg_intp j = 0; j < n_columns && one != p->padding; j++)                   \
                    sum += load(TG_AT(const T, row, j * steps[8])) *                           \
                           load(TG_AT(const T, slope, j * steps[10]));                         \
                TG_AT(T, args[4], i * steps[11]) = store(sum);                                 \
            }                                                                                  \
        }                                                                                      \
    }

/* Loops over parts, each of some columns, that bodies take one by one. */
#define BAG_LOOP(LOOP, name, BODY, ...)                                                        \
    static TG_INLINE void name##_part(char **args, const tg_intp *dims, const tg_intp *steps,  \
                                      bag_params *p) BODY(__VA_ARGS__)                         \
    LOOP(name)                                                                                 \
    {                                                                                          \
        char *part[N_OPERANDS];                                                                \
        for (tg_intp i = 0; i < dims[0]; i++) {                                                \
            for (int k = 0; k < N_OPERANDS; k++)                                               \
                part[k] = args[k] + i * steps[k];                                              \
            name##_part(part, dims, steps, params);                                            \
        }                                                                                      \
    }
#define BAG_LOOPS(name, BODY)                                                                  \
    BAG_LOOP(TG_LOOP, name##_float16, BODY, tg_half, float, tg_half_to_float, tg_float_to_half) \
    BAG_LOOP(TG_VECTOR_LOOP, name##_float32, BODY, float, float, TG_AS_IS, TG_AS_IS)           \
    BAG_LOOP(TG_LOOP, name##_float64, BODY, double, double, TG_AS_IS, TG_AS_IS)

BAG_LOOPS(bag_sums, BAG_SUMS)
BAG_LOOPS(bag_rows, BAG_ROWS)
BAG_LOOPS(bag_factors, BAG_FACTORS)

#define ROW(op, dtype, signature, letter, number)                                      \
    {#op, signature, "ll" letter letter letter, number, op##_##dtype, "qqq",           \
     sizeof(bag_params), 1},
#define ROW_SUMS(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, "(n),(b),(r,c),(n)->(b,c)", letter, number)
#define ROW_ROWS(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, "(n),(b),(b,c),(n)->(r,c)", letter, number)
#define ROW_FACTORS(op, dtype, T, C, load, store, number, letter) \
    ROW(op, dtype, "(n),(b),(r,c),(b,c)->(n)", letter, number)

const tg_kernel tg_bags_kernels[] = {
    TG_FLOATS(ROW_SUMS, bag_sums)
    TG_FLOATS(ROW_ROWS, bag_rows)
    TG_FLOATS(ROW_FACTORS, bag_factors)
    TG_TABLE_END
};
