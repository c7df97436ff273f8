/* Reductions over one dimension: "(n)->()".
 *
 * Rows are reduced in independent lanes, which vectorise, over blocks that are joined
 * pairwise: the error of a sum grows with log n, as in Higham, "The accuracy of
 * floating point summation", 1993. Where neighbours in memory belong to different
 * results, a block of columns is reduced row by row, joined pairwise as well.
 */
#include "loops.h"

/* Compilers keep 16 lanes of a sum in registers, but vectorise a choice only in a loop
 * that is too long for them to unroll. */
enum { SUM_LANES = 16, CHOICE_LANES = 32 };
enum { ROW_BLOCK = 512, COLUMN_BLOCK = 128, FEW_ROWS = 16, FEW_COLUMNS = 8,
       FEW_ELEMENTS = 8 };

static inline tg_intp magnitude(tg_intp step) { return step < 0 ? -step : step; }

static inline tg_intp smaller(tg_intp a, tg_intp b) { return a < b ? a : b; }

static inline int reduces_columns(tg_intp n_outer, tg_intp outer_step, tg_intp core_step)
{
    return n_outer >= FEW_COLUMNS && magnitude(outer_step) < magnitude(core_step);
}

#define SUM(a, b) ((a) + (b))
#define PRODUCT(a, b) ((a) * (b))
#define LARGER(a, b) (((b) > (a)) | TG_IS_NAN(b) ? (b) : (a))
#define SMALLER(a, b) (((b) < (a)) | TG_IS_NAN(b) ? (b) : (a))
#define EITHER(a, b) ((a) | (b))
#define BOTH(a, b) ((a) & (b))
#define JUST_ONE(a, b) ((a) ^ (b))

#define FROM_ZERO(first) 0
#define FROM_ONE(first) 1
#define FROM_FIRST(first) (first)

/* `name`_row(p, n, step): the result over one row.
 * `name`_columns(p, n, step, width, column_step, result): over `width` columns at once.
 * START makes the initial value of the first element, which it may ignore; only then
 * may n be 0. */
#define REDUCTION(name, T, C, load, START, JOIN, LANES)                                          \
    static inline C name##_block(const char *p, tg_intp n, tg_intp step)                         \
    {                                                                                            \
        C lanes[LANES];                                                                          \
        tg_intp i = 0;                                                                           \
        if (n < FEW_ELEMENTS) {                                                                  \
            C total = START(load(TG_AT(const T, p, 0)));                                         \
            for (; i < n; i++) {                                                                 \
                const C x = load(TG_AT(const T, p, i * step));                                   \
                total = JOIN(total, x);                                                          \
            }                                                                                    \
            return total;                                                                        \
        }                                                                                        \
        for (int k = 0; k < LANES; k++)                                                          \
            lanes[k] = START(load(TG_AT(const T, p, 0)));                                        \
        for (; i + LANES <= n; i += LANES)                                                       \
            for (int k = 0; k < LANES; k++) {                                                    \
                const C x = load(TG_AT(const T, p, (i + k) * step));                             \
                lanes[k] = JOIN(lanes[k], x);                                                    \
            }                                                                                    \
        for (int k = 0; i + k < n; k++) {                                                        \
            const C x = load(TG_AT(const T, p, (i + k) * step));                                 \
            lanes[k] = JOIN(lanes[k], x);                                                        \
        }                                                                                        \
        for (int half = LANES / 2; half > 0; half /= 2)                                          \
            for (int k = 0; k < half; k++)                                                       \
                lanes[k] = JOIN(lanes[k], lanes[k + half]);                                      \
        return lanes[0];                                                                         \
    }                                                                                            \
    static C name##_row(const char *p, tg_intp n, tg_intp step)                                  \
    {                                                                                            \
        if (n <= ROW_BLOCK)                                                                      \
            return step == (tg_intp)sizeof(T) ? name##_block(p, n, sizeof(T))                    \
                                              : name##_block(p, n, step);                        \
        const tg_intp n_first = n / 2 / LANES * LANES;                                           \
        const C first = name##_row(p, n_first, step);                                            \
        const C second = name##_row(p + n_first * step, n - n_first, step);                      \
        return JOIN(first, second);                                                              \
    }                                                                                            \
    static inline void name##_few_rows(const char *p, tg_intp n, tg_intp step, tg_intp width,    \
                                       tg_intp column_step, C *restrict result)                  \
    {                                                                                            \
        for (tg_intp j = 0; j < width; j++)                                                      \
            result[j] = START(load(TG_AT(const T, p, j * column_step)));                         \
        for (tg_intp i = 0; i < n; i++, p += step)                                               \
            for (tg_intp j = 0; j < width; j++) {                                                \
                const C x = load(TG_AT(const T, p, j * column_step));                            \
                result[j] = JOIN(result[j], x);                                                  \
            }                                                                                    \
    }                                                                                            \
    static void name##_columns(const char *p, tg_intp n, tg_intp step, tg_intp width,            \
                               tg_intp column_step, C *restrict result)                          \
    {                                                                                            \
        if (n <= FEW_ROWS) {                                                                     \
            if (column_step == (tg_intp)sizeof(T))                                               \
                name##_few_rows(p, n, step, width, sizeof(T), result);                           \
            else                                                                                 \
                name##_few_rows(p, n, step, width, column_step, result);                         \
            return;                                                                              \
        }                                                                                        \
        C second[COLUMN_BLOCK];                                                                  \
        const tg_intp n_first = n / 2;                                                           \
        name##_columns(p, n_first, step, width, column_step, result);                            \
        name##_columns(p + n_first * step, n - n_first, step, width, column_step, second);       \
        for (tg_intp j = 0; j < width; j++)                                                      \
            result[j] = JOIN(result[j], second[j]);                                              \
    }

#define REDUCTION_LOOP(name, C, OUT, store)                                                      \
    TG_LOOP(name)                                                                                \
    {                                                                                            \
        const tg_intp n_outer = dims[0], n = dims[1];                                            \
        const tg_intp in_step = steps[0], out_step = steps[1], core_step = steps[2];             \
        const char *in = args[0];                                                                \
        char *out = args[1];                                                                     \
        (void)params;                                                                            \
        if (!reduces_columns(n_outer, in_step, core_step)) {                                     \
            for (tg_intp i = 0; i < n_outer; i++)                                                \
                TG_AT(OUT, out, i * out_step) = store(name##_row(in + i * in_step, n, core_step)); \
            return;                                                                              \
        }                                                                                        \
        for (tg_intp i = 0; i < n_outer; i += COLUMN_BLOCK) {                                    \
            C result[COLUMN_BLOCK];                                                              \
            const tg_intp width = smaller(COLUMN_BLOCK, n_outer - i);                            \
            name##_columns(in + i * in_step, n, core_step, width, in_step, result);              \
            for (tg_intp j = 0; j < width; j++)                                                  \
                TG_AT(OUT, out, (i + j) * out_step) = store(result[j]);                          \
        }                                                                                        \
    }

/* Where the best element of each row is: the first of equals, or the first NaN. */
#define SEARCH(best, name, T, C, load, IS_BETTER)                                                \
    static inline tg_intp name##_row(const char *p, tg_intp n, tg_intp step)                     \
    {                                                                                            \
        const C target = best##_row(p, n, step);                                                 \
        tg_intp i = 0;                                                                           \
        for (; i < n - 1; i++) {                                                                 \
            const C x = load(TG_AT(const T, p, i * step));                                       \
            if ((x == target) | TG_IS_NAN(x))                                                    \
                break;                                                                           \
        }                                                                                        \
        return i;                                                                                \
    }                                                                                            \
    static inline void name##_columns(const char *p, tg_intp n, tg_intp step, tg_intp width,     \
                                      tg_intp column_step, int64_t *restrict index)              \
    {                                                                                            \
        C target[COLUMN_BLOCK];                                                                  \
        for (tg_intp j = 0; j < width; j++) {                                                    \
            target[j] = load(TG_AT(const T, p, j * column_step));                                \
            index[j] = 0;                                                                        \
        }                                                                                        \
        for (tg_intp i = 1; i < n; i++) {                                                        \
            p += step;                                                                           \
            for (tg_intp j = 0; j < width; j++) {                                                \
                const C x = load(TG_AT(const T, p, j * column_step));                            \
                const int take =                                                                 \
                    (IS_BETTER(x, target[j]) | TG_IS_NAN(x)) & !TG_IS_NAN(target[j]);            \
                target[j] = take ? x : target[j];                                                \
                index[j] = take ? i : index[j];                                                  \
            }                                                                                    \
        }                                                                                        \
    }

#define IS_LARGER(a, b) ((a) > (b))
#define IS_SMALLER(a, b) ((a) < (b))

/* KEEP(T, i, position) stores the result of outer iteration i. */
#define SEARCH_LOOP(name, search, T, core_step_place, KEEP)                                      \
    TG_LOOP(name)                                                                                \
    {                                                                                            \
        const tg_intp n_outer = dims[0], n = dims[1];                                            \
        const tg_intp in_step = steps[0], core_step = steps[core_step_place];                    \
        const char *in = args[0];                                                                \
        (void)params;                                                                            \
        if (!reduces_columns(n_outer, in_step, core_step)) {                                     \
            for (tg_intp i = 0; i < n_outer; i++) {                                              \
                const int64_t position = search##_row(in + i * in_step, n, core_step);           \
                KEEP(T, i, position)                                                             \
            }                                                                                    \
            return;                                                                              \
        }                                                                                        \
        for (tg_intp start = 0; start < n_outer; start += COLUMN_BLOCK) {                        \
            int64_t index[COLUMN_BLOCK];                                                         \
            const tg_intp width = smaller(COLUMN_BLOCK, n_outer - start);                        \
            search##_columns(in + start * in_step, n, core_step, width, in_step, index);         \
            for (tg_intp i = start; i < start + width; i++) {                                    \
                const int64_t position = index[i - start];                                       \
                KEEP(T, i, position)                                                             \
            }                                                                                    \
        }                                                                                        \
    }

#define KEEP_INDEX(T, i, position) TG_AT(int64_t, args[1], i * steps[1]) = position;
#define KEEP_VALUE_AND_INDEX(T, i, position)                                                     \
    TG_AT(T, args[1], i * steps[1]) =                                                            \
        TG_AT(const T, in, i * in_step + (tg_intp)position * core_step);                         \
    TG_AT(int64_t, args[2], i * steps[2]) = position;

#define SUM_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_ZERO, SUM, SUM_LANES)      \
    REDUCTION_LOOP(op##_##dtype, C, T, store)
#define SUM_OF_SQUARES(op, dtype, T, C, load, store, ...)                          \
    static inline C op##_square_##dtype(T value)                                   \
    {                                                                              \
        const C x = load(value);                                                   \
        return x * x;                                                              \
    }                                                                              \
    REDUCTION(op##_##dtype, T, C, op##_square_##dtype, FROM_ZERO, SUM, SUM_LANES)  \
    REDUCTION_LOOP(op##_##dtype, C, T, store)
#define PRODUCT_OF(op, dtype, T, C, load, store, ...)                   \
    REDUCTION(op##_##dtype, T, C, load, FROM_ONE, PRODUCT, SUM_LANES)   \
    REDUCTION_LOOP(op##_##dtype, C, T, store)
#define MAX_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_FIRST, LARGER, CHOICE_LANES)\
    REDUCTION_LOOP(op##_##dtype, C, T, store)
#define MIN_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_FIRST, SMALLER, CHOICE_LANES)\
    REDUCTION_LOOP(op##_##dtype, C, T, store)
#define ARGMAX_OF(op, dtype, T, C, load, ...)                      \
    SEARCH(max_##dtype, op##_##dtype, T, C, load, IS_LARGER)       \
    SEARCH_LOOP(op##_##dtype, op##_##dtype, T, 2, KEEP_INDEX)
#define ARGMIN_OF(op, dtype, T, C, load, ...)                      \
    SEARCH(min_##dtype, op##_##dtype, T, C, load, IS_SMALLER)      \
    SEARCH_LOOP(op##_##dtype, op##_##dtype, T, 2, KEEP_INDEX)
#define MAX_WITH_INDEX(op, dtype, T, ...) \
    SEARCH_LOOP(op##_##dtype, argmax_##dtype, T, 3, KEEP_VALUE_AND_INDEX)
#define MIN_WITH_INDEX(op, dtype, T, ...) \
    SEARCH_LOOP(op##_##dtype, argmin_##dtype, T, 3, KEEP_VALUE_AND_INDEX)

/* Integers wrap around, which only unsigned ones may. */
#define INT64_MODULAR(X, op) \
    X(op, int64, int64_t, uint64_t, (uint64_t), (int64_t), TG_INT64, "l")

TG_FLOATS(SUM_OF, sum)
INT64_MODULAR(SUM_OF, sum)
TG_FLOATS(SUM_OF_SQUARES, sum_of_squares)
TG_FLOATS(PRODUCT_OF, prod)
INT64_MODULAR(PRODUCT_OF, prod)
TG_ALL(MAX_OF, max)
TG_ALL(MIN_OF, min)
TG_ALL(ARGMAX_OF, argmax)
TG_ALL(ARGMIN_OF, argmin)
TG_ALL(MAX_WITH_INDEX, max_with_index)
TG_ALL(MIN_WITH_INDEX, min_with_index)

REDUCTION(any, uint8_t, uint8_t, TG_TRUTH, FROM_ZERO, EITHER, SUM_LANES)
REDUCTION_LOOP(any, uint8_t, uint8_t, TG_AS_IS)
REDUCTION(all, uint8_t, uint8_t, TG_TRUTH, FROM_ONE, BOTH, SUM_LANES)
REDUCTION_LOOP(all, uint8_t, uint8_t, TG_AS_IS)
REDUCTION(count_nonzero, uint8_t, int64_t, TG_TRUTH, FROM_ZERO, SUM, SUM_LANES)
REDUCTION_LOOP(count_nonzero, int64_t, int64_t, TG_AS_IS)
REDUCTION(exclusive_or, int64_t, int64_t, TG_AS_IS, FROM_ZERO, JUST_ONE, SUM_LANES)
REDUCTION_LOOP(exclusive_or, int64_t, int64_t, TG_AS_IS)

#define ROW(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->()", letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_INDEX(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->()", letter "l", number, op##_##dtype, NULL, 0, 0},
#define ROW_VALUE_AND_INDEX(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n)->(),()", letter letter "l", number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_reduce_kernels[] = {
    TG_FLOATS(ROW, sum)
    INT64_MODULAR(ROW, sum)
    TG_FLOATS(ROW, sum_of_squares)
    TG_FLOATS(ROW, prod)
    INT64_MODULAR(ROW, prod)
    TG_ALL(ROW, max)
    TG_ALL(ROW, min)
    TG_ALL(ROW_INDEX, argmax)
    TG_ALL(ROW_INDEX, argmin)
    TG_ALL(ROW_VALUE_AND_INDEX, max_with_index)
    TG_ALL(ROW_VALUE_AND_INDEX, min_with_index)
    {"any", "(n)->()", "??", TG_BOOL, any, NULL, 0, 0},
    {"all", "(n)->()", "??", TG_BOOL, all, NULL, 0, 0},
    {"count_nonzero", "(n)->()", "?l", TG_BOOL, count_nonzero, NULL, 0, 0},
    {"exclusive_or", "(n)->()", "ll", TG_INT64, exclusive_or, NULL, 0, 0},
    TG_TABLE_END
};
