/* Reductions over one dimension: "(n)->()".
 *
 * Rows are reduced in independent lanes, which vectorise, over blocks that are joined pairwise: the
 * error of a sum grows with log n, as in Higham, "The accuracy of floating point summation", 1993.
 * Where neighbours in memory belong to different results, a block of columns is reduced row by row,
 * joined pairwise as well. Of few long ones parts are reduced apart and joined the same way.
 */
#include "long_dim.h"
#include "reduce_rows.h"
#include "vectors.h"

/* Compilers keep 16 lanes of a sum in registers, and more of a product, which waits longer for the
 * last one of its lane; they vectorise a choice only in a loop too long for them to unroll. */
enum { SUM_LANES = TG_SUM_LANES, PRODUCT_LANES = 64, CHOICE_LANES = 32 };
enum { FEW_ELEMENTS = TG_FEW_ELEMENTS, FEW_COLUMNS = 8, SEARCH_BLOCK = 64, COLUMN_BYTES = 2048,
       COLUMN_BLOCK = 512, PARTIALS = 20 };

/* The dtypes whose loops are compiled for every instruction set. */
#define LOOP_float32 TG_VECTOR_LOOP
#define LOOP_float64 TG_VECTOR_LOOP
#define LOOP_float16 TG_LOOP
#define LOOP_bool TG_LOOP
#define LOOP_int8 TG_LOOP
#define LOOP_uint8 TG_LOOP
#define LOOP_int16 TG_LOOP
#define LOOP_int32 TG_LOOP
#define LOOP_int64 TG_VECTOR_LOOP

/* The loops over packed rows. */
#define ROWS_float32(op) tg_##op##_rows_float32
#define ROWS_float64(op) tg_##op##_rows_float64
#define ROWS_float16(op) NULL
#define ROWS_bool(op) NULL
#define ROWS_int8(op) NULL
#define ROWS_uint8(op) NULL
#define ROWS_int16(op) NULL
#define ROWS_int32(op) NULL
#define ROWS_int64(op) NULL

static inline tg_intp magnitude(tg_intp step) { return step < 0 ? -step : step; }

static inline tg_intp smaller(tg_intp a, tg_intp b) { return a < b ? a : b; }

static inline int reduces_columns(tg_intp n_outer, tg_intp outer_step, tg_intp core_step)
{
    return n_outer >= FEW_COLUMNS && magnitude(outer_step) < magnitude(core_step);
}

/* Short rows fill no vector, so that TURNED of them are turned into columns and walked together. */
enum { TURNED = 64, LEAST_TURNED = 8, LONGEST_TURNED = 32, LONGEST_SEARCHED = 64 };

/* For `width` rows from `done` on, turned, while there are enough of them; of `most` elements. */
#define FOR_TURNED(T, most, done, width, turned)                                                   \
    T turned[CAN_TURN(T) ? (most) * TURNED : 1];                                                   \
    const tg_intp item = sizeof(T);                                                                \
    const int is_short = CAN_TURN(T) && n > 0 && n <= (most) && core_step == item &&               \
                         in_step % item == 0;                                                      \
    if (is_short && n_outer >= LEAST_TURNED && n_outer % TURNED != 0) /* lanes without a row */    \
        memset(turned, 0, (size_t)(n * TURNED * item));                                            \
    for (tg_intp width = smaller(TURNED, n_outer - done);                                          \
         is_short && width >= LEAST_TURNED &&                                                      \
         (TURN_ROWS((const T *)(in + done * in_step), in_step / item, width, n, turned, TURNED),   \
          1);                                                                                      \
         done += width, width = smaller(TURNED, n_outer - done))

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

/* What blocks give waits in `partial` until there is as much to join it with, as the digits of a
 * binary counter do: `n_blocks` has as many zeros at its end as there are pairs to join now. */
#define JOIN_PAIRS(n_blocks, n_partials, STATEMENT)                                         \
    for (tg_intp count = ++n_blocks;                                                        \
         n_partials > 0 && (count % 2 == 0 || n_partials == PARTIALS); count /= 2) {        \
        n_partials--;                                                                       \
        STATEMENT                                                                           \
    }

/* What reduces rows that lie packed, or NULL: see reduce_rows.h. A choice needs no blocks. */
#define ROW_LOOP(T, name) void (*name)(const T *, int64_t, int64_t, int64_t, T *, int64_t)
#define IS_WHOLE(rows, LANES) ((rows) != NULL && (LANES) == CHOICE_LANES)

/* `name`_row(p, n, step, rows): the result over one row.
 * `name`_columns(p, n, step, width, column_step, result): over `width` columns at once.
 * START makes the initial value of the first element, which it may ignore; only then
 * may n be 0. */
#define REDUCTION(name, T, C, load, START, JOIN, LANES)                                          \
    static TG_INLINE C name##_packed_block(const T *p, tg_intp n)                                \
    {                                                                                            \
        C lanes[LANES];                                                                          \
        tg_intp i = 0;                                                                           \
        if (n < FEW_ELEMENTS) {                                                                  \
            C total = START(load(p[0]));                                                         \
            for (; i < n; i++) {                                                                 \
                const C x = load(p[i]);                                                          \
                total = JOIN(total, x);                                                          \
            }                                                                                    \
            return total;                                                                        \
        }                                                                                        \
        for (int k = 0; k < LANES; k++)                                                          \
            lanes[k] = START(load(p[0]));                                                        \
        for (; i + LANES <= n; i += LANES)                                                       \
            for (int k = 0; k < LANES; k++) {                                                    \
                const C x = load(p[i + k]);                                                      \
                lanes[k] = JOIN(lanes[k], x);                                                    \
            }                                                                                    \
        for (int k = 0; i + k < n; k++) {                                                        \
            const C x = load(p[i + k]);                                                          \
            lanes[k] = JOIN(lanes[k], x);                                                        \
        }                                                                                        \
        for (int half = LANES / 2; half > 0; half /= 2)                                          \
            for (int k = 0; k < half; k++)                                                       \
                lanes[k] = JOIN(lanes[k], lanes[k + half]);                                      \
        return lanes[0];                                                                         \
    }                                                                                            \
    static TG_INLINE C name##_block(const char *p, tg_intp n, tg_intp step,                      \
                                    ROW_LOOP(T, const rows))                                     \
    {                                                                                            \
        T packed[ROW_BLOCK], total;                                                              \
        const int is_packed = step == (tg_intp)sizeof(T);                                        \
        packed[0] = (T)0; /* n may be 0 */                                                       \
        for (tg_intp i = 0; i < n && !is_packed; i++)                                            \
            packed[i] = TG_AT(const T, p, i * step);                                             \
        if (rows == NULL || n == 0)                                                              \
            return name##_packed_block(is_packed ? (const T *)p : packed, n);                    \
        rows(is_packed ? (const T *)p : packed, 0, 1, n, &total, 1);                             \
        return (C)total;                                                                         \
    }                                                                                            \
    static TG_INLINE C name##_row(const char *p, tg_intp n, tg_intp step,                        \
                                  ROW_LOOP(T, const rows))                                       \
    {                                                                                            \
        C partial[PARTIALS], total;                                                              \
        int n_partials = 0;                                                                      \
        if (IS_WHOLE(rows, LANES) && n > 0 && step == (tg_intp)sizeof(T)) {                      \
            T best;                                                                              \
            rows((const T *)p, 0, 1, n, &best, 1);                                               \
            return (C)best;                                                                      \
        }                                                                                        \
        for (tg_intp n_blocks = 0;; n -= ROW_BLOCK, p += ROW_BLOCK * step) {                     \
            total = name##_block(p, smaller(n, ROW_BLOCK), step, rows);                          \
            if (n <= ROW_BLOCK)                                                                  \
                break;                                                                           \
            JOIN_PAIRS(n_blocks, n_partials, total = JOIN(partial[n_partials], total);)          \
            partial[n_partials++] = total;                                                       \
        }                                                                                        \
        while (n_partials-- > 0)                                                                 \
            total = JOIN(partial[n_partials], total);                                            \
        return total;                                                                            \
    }                                                                                            \
    /* Of as many turned rows as there are, each in the order in which it would be alone. */     \
    static TG_INLINE void name##_turned(const T *p, tg_intp n, C *restrict result)               \
    {                                                                                            \
        enum { N_LANES = LANES == CHOICE_LANES ? 1 : SUM_LANES }; /* more would join the same */ \
        C lanes[N_LANES][TURNED];                                                                \
        const tg_intp n_lanes = n < FEW_ELEMENTS ? 1 : N_LANES;                                  \
        for (tg_intp k = 0; k < n_lanes; k++)                                                    \
            for (int j = 0; j < TURNED; j++)                                                     \
                lanes[k][j] = START(load(p[j]));                                                 \
        for (tg_intp i = 0, k = 0; i < n; i++, k = k + 1 < n_lanes ? k + 1 : 0, p += TURNED)     \
            for (int j = 0; j < TURNED; j++) {                                                   \
                const C x = load(p[j]);                                                          \
                lanes[k][j] = JOIN(lanes[k][j], x);                                              \
            }                                                                                    \
        for (tg_intp half = n_lanes / 2; half > 0; half /= 2)                                    \
            for (tg_intp k = 0; k < half; k++)                                                   \
                for (int j = 0; j < TURNED; j++)                                                 \
                    lanes[k][j] = JOIN(lanes[k][j], lanes[k + half][j]);                         \
        memcpy(result, lanes[0], sizeof lanes[0]);                                               \
    }                                                                                            \
    static TG_INLINE void name##_few_rows(const char *p, tg_intp n, tg_intp step, tg_intp width, \
                                          tg_intp column_step, C *restrict result)               \
    {                                                                                            \
        for (tg_intp j = 0; j < width; j++)                                                      \
            result[j] = START(load(TG_AT(const T, p, j * column_step)));                         \
        for (; n >= 4; n -= 4, p += 4 * step)                                                    \
            for (tg_intp j = 0; j < width; j++) {                                                \
                const char *q = p + j * column_step;                                             \
                const C a = load(TG_AT(const T, q, 0)), b = load(TG_AT(const T, q, step));       \
                const C c = load(TG_AT(const T, q, 2 * step));                                   \
                const C d = load(TG_AT(const T, q, 3 * step));                                   \
                if (LANES == CHOICE_LANES) { /* in turn compilers vectorise it */                \
                    C best = result[j];                                                          \
                    best = JOIN(best, a);                                                        \
                    best = JOIN(best, b);                                                        \
                    best = JOIN(best, c);                                                        \
                    result[j] = JOIN(best, d);                                                   \
                } else {                                                                         \
                    const C first = JOIN(a, b), second = JOIN(c, d), four = JOIN(first, second); \
                    result[j] = JOIN(result[j], four);                                           \
                }                                                                                \
            }                                                                                    \
        for (; n > 0; n--, p += step)                                                            \
            for (tg_intp j = 0; j < width; j++) {                                                \
                const C x = load(TG_AT(const T, p, j * column_step));                            \
                result[j] = JOIN(result[j], x);                                                  \
            }                                                                                    \
    }                                                                                            \
    static TG_INLINE void name##_any_few_rows(const char *p, tg_intp n, tg_intp step,            \
                                              tg_intp width, tg_intp column_step, C *result)     \
    {                                                                                            \
        if (column_step == (tg_intp)sizeof(T))                                                   \
            name##_few_rows(p, n, step, width, sizeof(T), result);                               \
        else                                                                                     \
            name##_few_rows(p, n, step, width, column_step, result);                             \
    }                                                                                            \
    static TG_INLINE void name##_join_columns(tg_intp width, const C *first, C *restrict result) \
    {                                                                                            \
        for (tg_intp j = 0; j < width; j++)                                                      \
            result[j] = JOIN(first[j], result[j]);                                               \
    }                                                                                            \
    static TG_INLINE void name##_columns(const char *p, tg_intp n, tg_intp step, tg_intp width,  \
                                         tg_intp column_step, C *result)                         \
    {                                                                                            \
        C partial[PARTIALS][COLUMN_BYTES / sizeof(C)];                                           \
        int n_partials = 0;                                                                      \
        for (tg_intp n_blocks = 0;; n -= FEW_ROWS, p += FEW_ROWS * step) {                       \
            name##_any_few_rows(p, smaller(n, FEW_ROWS), step, width, column_step, result);      \
            if (n <= FEW_ROWS)                                                                   \
                break;                                                                           \
            JOIN_PAIRS(n_blocks, n_partials,                                                     \
                       name##_join_columns(width, partial[n_partials], result);)                 \
            memcpy(partial[n_partials++], result, (size_t)width * sizeof(C));                    \
        }                                                                                        \
        while (n_partials-- > 0)                                                                 \
            name##_join_columns(width, partial[n_partials], result);                             \
    }                                                                                            \
    /* As `name`_columns joins them: the last part is a tail that pairs wait for. */             \
    static inline const C *name##_of_parts(C *parts, tg_intp n_parts, tg_intp width)             \
    {                                                                                            \
        C *partial[PARTIALS], *total = parts;                                                    \
        int n_partials = 0;                                                                      \
        for (tg_intp n_blocks = 0; n_blocks < n_parts - 1; total += width) {                     \
            JOIN_PAIRS(n_blocks, n_partials,                                                     \
                       name##_join_columns(width, partial[n_partials], total);)                  \
            partial[n_partials++] = total;                                                       \
        }                                                                                        \
        while (n_partials-- > 0)                                                                 \
            name##_join_columns(width, partial[n_partials], total);                              \
        return total;                                                                            \
    }

/* Of rows that lie packed those of at most a block have loops of their own, `ROWS`, or NULL. */
#define REDUCTION_LOOP(LOOP, name, T, C, OUT, store, ROWS)                                         \
    static TG_INLINE void name##_write(char *out, tg_intp step, const C *result, tg_intp n)        \
    {                                                                                              \
        for (tg_intp j = 0; j < n; j++)                                                            \
            TG_AT(OUT, out, j * step) = store(result[j]);                                          \
    }                                                                                              \
    LOOP(name##_alone)                                                                             \
    {                                                                                              \
        const tg_intp n_outer = dims[0], n = dims[1], block = COLUMN_BYTES / sizeof(C);            \
        const tg_intp in_step = steps[0], out_step = steps[1], core_step = steps[2];               \
        const char *in = args[0];                                                                  \
        char *out = args[1];                                                                       \
        (void)params;                                                                              \
        if (!reduces_columns(n_outer, in_step, core_step)) {                                       \
            tg_intp done = 0;                                                                      \
            FOR_TURNED(T, LONGEST_TURNED, done, width, turned) {                                   \
                C result[TURNED];                                                                  \
                name##_turned(turned, n, result);                                                  \
                for (tg_intp j = 0; j < width; j++)                                                \
                    TG_AT(OUT, out, (done + j) * out_step) = store(result[j]);                     \
            }                                                                                      \
            ROW_LOOP(T, const rows) = ROWS;                                                        \
            if (rows != NULL && n > 0 && n <= ROW_BLOCK && core_step == item &&                    \
                in_step % item == 0 && out_step % item == 0) {                                     \
                rows((const T *)(in + done * in_step), in_step / item, n_outer - done, n,          \
                     (T *)(out + done * out_step), out_step / item);                               \
                return;                                                                            \
            }                                                                                      \
            for (tg_intp i = done; i < n_outer; i++) {                                             \
                const C total = name##_row(in + i * in_step, n, core_step, rows);                  \
                TG_AT(OUT, out, i * out_step) = store(total);                                      \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        for (tg_intp i = 0; i < n_outer; i += block) {                                             \
            C result[COLUMN_BYTES / sizeof(C)];                                                    \
            const tg_intp width = smaller(block, n_outer - i);                                     \
            name##_columns(in + i * in_step, n, core_step, width, in_step, result);                \
            if (out_step == (tg_intp)sizeof(OUT))                                                  \
                name##_write(out + i * out_step, sizeof(OUT), result, width);                      \
            else                                                                                   \
                name##_write(out + i * out_step, out_step, result, width);                         \
        }                                                                                          \
    }                                                                                              \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        C parts[PARTS_BYTES / sizeof(C)];                                                          \
        if (dims[0] > 1 && steps[0] == 0) { /* one row stands for all, as of what was expanded */  \
            const tg_intp one[2] = {1, dims[1]};                                                   \
            name(args, one, steps, params);                                                        \
            for (tg_intp j = 1; j < dims[0]; j++)                                                  \
                TG_AT(OUT, args[1], j * steps[1]) = TG_AT(const OUT, args[1], 0);                  \
            return;                                                                                \
        }                                                                                          \
        const tg_intp width = dims[0], part =                                                      \
            width == 1 || reduces_columns(width, steps[0], steps[2])                               \
                ? part_length(dims, width == 1 ? ROW_BLOCK : FEW_ROWS, sizeof(C)) : 0;             \
        if (part == 0 || sizeof(C) != sizeof(OUT)) {                                               \
            reduce_rows(name##_alone, args, dims, steps, params);                                  \
            return;                                                                                \
        }                                                                                          \
        const tg_intp n_parts = reduce_parts(name##_alone, args[0], dims, steps, part, parts,      \
                                             sizeof(C));                                           \
        const C *totals = name##_of_parts(parts, n_parts, width);                                  \
        for (tg_intp j = 0; j < width; j++)                                                        \
            TG_AT(OUT, args[1], j * steps[1]) = store(totals[j]);                                  \
    }

/* Where the best element of each row is: the first of equals, or the first NaN. A whole block is
 * compared before any of it is looked at. */
#define SEARCH(best, name, T, C, load, IS_BETTER, ROWS)                                         \
    static TG_INLINE int name##_is_there(const char *p, tg_intp step, C target)                 \
    {                                                                                           \
        const C x = load(TG_AT(const T, p, step));                                              \
        return (x == target) | TG_IS_NAN(x);                                                    \
    }                                                                                           \
    static TG_INLINE tg_intp name##_row(const char *p, tg_intp n, tg_intp step)                 \
    {                                                                                           \
        const C target = best##_row(p, n, step, ROWS);                                          \
        tg_intp i = 0;                                                                          \
        for (; step == (tg_intp)sizeof(T) && i + SEARCH_BLOCK < n; i += SEARCH_BLOCK) {         \
            int n_found = 0;                                                                    \
            for (int k = 0; k < SEARCH_BLOCK; k++)                                              \
                n_found += name##_is_there(p, (i + k) * (tg_intp)sizeof(T), target);            \
            if (n_found > 0)                                                                    \
                break;                                                                          \
        }                                                                                       \
        while (i < n - 1 && !name##_is_there(p, i * step, target))                              \
            i++;                                                                                \
        return i;                                                                               \
    }                                                                                           \
    static TG_INLINE void name##_next_row(const char *p, tg_intp i, tg_intp width,              \
                                          tg_intp column_step, C *restrict target,              \
                                          int32_t *restrict index)                              \
    {                                                                                           \
        for (tg_intp j = 0; j < width; j++) {                                                   \
            const C x = load(TG_AT(const T, p, j * column_step)), y = target[j];                \
            const int take = (IS_BETTER(x, y) | TG_IS_NAN(x)) & !TG_IS_NAN(y);                  \
            target[j] = take ? x : y;                                                           \
            index[j] = take ? (int32_t)i : index[j];                                            \
        }                                                                                       \
    }                                                                                           \
    static TG_INLINE void name##_columns(const char *p, tg_intp n, tg_intp step, tg_intp width, \
                                         tg_intp column_step, int32_t *index)                   \
    {                                                                                           \
        C target[COLUMN_BLOCK];                                                                 \
        for (tg_intp j = 0; j < width; j++) {                                                   \
            target[j] = load(TG_AT(const T, p, j * column_step));                               \
            index[j] = 0;                                                                       \
        }                                                                                       \
        for (tg_intp i = 1; i < n; i++)                                                         \
            if (column_step == (tg_intp)sizeof(T))                                              \
                name##_next_row(p + i * step, i, width, sizeof(T), target, index);              \
            else                                                                                \
                name##_next_row(p + i * step, i, width, column_step, target, index);            \
    }

#define IS_LARGER(a, b) ((a) > (b))
#define IS_SMALLER(a, b) ((a) < (b))

#define SEARCH_LOOP(LOOP, name, T)                                                              \
    LOOP(name)                                                                                  \
    {                                                                                           \
        const tg_intp n_outer = dims[0], n = dims[1];                                           \
        const tg_intp in_step = steps[0], out_step = steps[1], core_step = steps[2];            \
        const char *in = args[0];                                                               \
        char *out = args[1];                                                                    \
        (void)params;                                                                           \
        if (!reduces_columns(n_outer, in_step, core_step) || n > INT32_MAX) {                   \
            tg_intp done = 0;                                                                   \
            FOR_TURNED(T, LONGEST_SEARCHED, done, width, turned) {                              \
                int32_t index[TURNED];                                                          \
                name##_columns((const char *)turned, n, TURNED * item, TURNED, item, index);    \
                for (tg_intp j = 0; j < width; j++)                                             \
                    TG_AT(int64_t, out, (done + j) * out_step) = index[j];                      \
            }                                                                                   \
            for (tg_intp i = done; i < n_outer; i++)                                            \
                TG_AT(int64_t, out, i * out_step) = name##_row(in + i * in_step, n, core_step); \
            return;                                                                             \
        }                                                                                       \
        for (tg_intp i = 0; i < n_outer; i += COLUMN_BLOCK) {                                   \
            int32_t index[COLUMN_BLOCK];                                                        \
            const tg_intp width = smaller(COLUMN_BLOCK, n_outer - i);                           \
            name##_columns(in + i * in_step, n, core_step, width, in_step, index);              \
            for (tg_intp j = 0; j < width; j++)                                                 \
                TG_AT(int64_t, out, (i + j) * out_step) = index[j];                             \
        }                                                                                       \
    }

/* The search, then the elements that it found. */
#define WITH_INDEX(search, name, T)                                                  \
    TG_LOOP(name)                                                                    \
    {                                                                                \
        char *search_args[] = {args[0], args[2]};                                    \
        const tg_intp search_steps[] = {steps[0], steps[2], steps[3]};               \
        search(search_args, dims, search_steps, params);                             \
        for (tg_intp i = 0; i < dims[0]; i++) {                                      \
            const tg_intp position = (tg_intp)TG_AT(int64_t, args[2], i * steps[2]); \
            TG_AT(T, args[1], i * steps[1]) =                                        \
                TG_AT(const T, args[0], i * steps[0] + position * steps[3]);         \
        }                                                                            \
    }

#define SUM_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_ZERO, SUM, SUM_LANES)      \
    REDUCTION_LOOP(LOOP_##dtype, op##_##dtype, T, C, T, store, ROWS_##dtype(op))
#define SUM_OF_SQUARES(op, dtype, T, C, load, store, ...)                          \
    static inline C op##_square_##dtype(T value)                                   \
    {                                                                              \
        const C x = load(value);                                                   \
        return x * x;                                                              \
    }                                                                              \
    REDUCTION(op##_##dtype, T, C, op##_square_##dtype, FROM_ZERO, SUM, SUM_LANES)  \
    REDUCTION_LOOP(LOOP_##dtype, op##_##dtype, T, C, T, store, ROWS_##dtype(op))
#define PRODUCT_OF(op, dtype, T, C, load, store, ...)                   \
    REDUCTION(op##_##dtype, T, C, load, FROM_ONE, PRODUCT, PRODUCT_LANES)\
    REDUCTION_LOOP(LOOP_##dtype, op##_##dtype, T, C, T, store, NULL)
#define MAX_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_FIRST, LARGER, CHOICE_LANES)\
    REDUCTION_LOOP(LOOP_##dtype, op##_##dtype, T, C, T, store, ROWS_##dtype(op))
#define MIN_OF(op, dtype, T, C, load, store, ...)                       \
    REDUCTION(op##_##dtype, T, C, load, FROM_FIRST, SMALLER, CHOICE_LANES)\
    REDUCTION_LOOP(LOOP_##dtype, op##_##dtype, T, C, T, store, ROWS_##dtype(op))
#define ARGMAX_OF(op, dtype, T, C, load, ...)                                   \
    SEARCH(max_##dtype, op##_##dtype, T, C, load, IS_LARGER, ROWS_##dtype(max)) \
    SEARCH_LOOP(LOOP_##dtype, op##_##dtype, T)
#define ARGMIN_OF(op, dtype, T, C, load, ...)                                    \
    SEARCH(min_##dtype, op##_##dtype, T, C, load, IS_SMALLER, ROWS_##dtype(min)) \
    SEARCH_LOOP(LOOP_##dtype, op##_##dtype, T)
#define MAX_WITH_INDEX(op, dtype, T, ...) WITH_INDEX(argmax_##dtype, op##_##dtype, T)
#define MIN_WITH_INDEX(op, dtype, T, ...) WITH_INDEX(argmin_##dtype, op##_##dtype, T)

/* Integers wrap around, which only unsigned ones may. */
#define INT64_MODULAR(X, op) \
    X(op, int64, int64_t, uint64_t, (uint64_t), (int64_t), TG_INT64, "l")

TG_SINGLE_AND_DOUBLE(SUM_OF, sum)
INT64_MODULAR(SUM_OF, sum)
TG_SINGLE_AND_DOUBLE(SUM_OF_SQUARES, sum_of_squares)
TG_SINGLE_AND_DOUBLE(PRODUCT_OF, prod)
INT64_MODULAR(PRODUCT_OF, prod)
TG_BOOLS(MAX_OF, max) TG_INTEGERS(MAX_OF, max) TG_SINGLE_AND_DOUBLE(MAX_OF, max)
TG_BOOLS(MIN_OF, min) TG_INTEGERS(MIN_OF, min) TG_SINGLE_AND_DOUBLE(MIN_OF, min)
TG_BOOLS(ARGMAX_OF, argmax) TG_INTEGERS(ARGMAX_OF, argmax) TG_SINGLE_AND_DOUBLE(ARGMAX_OF, argmax)
TG_BOOLS(ARGMIN_OF, argmin) TG_INTEGERS(ARGMIN_OF, argmin) TG_SINGLE_AND_DOUBLE(ARGMIN_OF, argmin)
REDUCTION(any, uint8_t, uint8_t, TG_TRUTH, FROM_ZERO, EITHER, SUM_LANES)
REDUCTION_LOOP(TG_LOOP, any, uint8_t, uint8_t, uint8_t, TG_AS_IS, NULL)
REDUCTION(all, uint8_t, uint8_t, TG_TRUTH, FROM_ONE, BOTH, SUM_LANES)
REDUCTION_LOOP(TG_LOOP, all, uint8_t, uint8_t, uint8_t, TG_AS_IS, NULL)
REDUCTION(count_nonzero, uint8_t, int64_t, TG_TRUTH, FROM_ZERO, SUM, SUM_LANES)
REDUCTION_LOOP(TG_LOOP, count_nonzero, uint8_t, int64_t, int64_t, TG_AS_IS, NULL)
REDUCTION(exclusive_or, int64_t, int64_t, TG_AS_IS, FROM_ZERO, JUST_ONE, SUM_LANES)
REDUCTION_LOOP(TG_LOOP, exclusive_or, int64_t, int64_t, int64_t, TG_AS_IS, NULL)

/* Conversions of halves, unrolled, would be a third of this file's code. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif
TG_HALF(SUM_OF, sum)
TG_HALF(SUM_OF_SQUARES, sum_of_squares)
TG_HALF(PRODUCT_OF, prod)
TG_HALF(MAX_OF, max)
TG_HALF(MIN_OF, min)
TG_HALF(ARGMAX_OF, argmax)
TG_HALF(ARGMIN_OF, argmin)
TG_ALL(MAX_WITH_INDEX, max_with_index)
TG_ALL(MIN_WITH_INDEX, min_with_index)

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
    {"any", "(n)->()", "??", TG_BOOL, any, NULL, 0, 0},
    {"all", "(n)->()", "??", TG_BOOL, all, NULL, 0, 0},
    {"count_nonzero", "(n)->()", "?l", TG_BOOL, count_nonzero, NULL, 0, 0},
    {"exclusive_or", "(n)->()", "ll", TG_INT64, exclusive_or, NULL, 0, 0},
    TG_TABLE_END
};

const tg_kernel tg_extreme_kernels[] = {
    TG_ALL(ROW_INDEX, argmax)
    TG_ALL(ROW_INDEX, argmin)
    TG_ALL(ROW_VALUE_AND_INDEX, max_with_index)
    TG_ALL(ROW_VALUE_AND_INDEX, min_with_index)
    TG_TABLE_END
};
