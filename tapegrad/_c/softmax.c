/* Softmax and its logarithm over one dimension, with the gradients that read their outputs. */
#include "elementary.h"
#include "lanes.h"
#include "reduce_rows.h"

#define EXP(x) _Generic((x), float: tg_exp_below(x, fused), default: exp(x))
#define LOG(x) _Generic((x), float: logf, default: log)(x)

/* Rows of at most SHORT elements are turned, and where there are MANY those of at most LONGEST, on
 * the way back LONGEST_BACK: TURNED elements at a time, in squares of vectors if they are as many as
 * WORTH_SQUARES. */
enum { BLOCK = 512, COLUMNS = 128, SHORT = 16, MANY = 16, LONGEST = 64, LONGEST_BACK = 24,
       TURNED = SHORT * COLUMNS, WORTH_SQUARES = 256 };

/* a / b where b is the same for many: a product, and its rounding error made good. */
#define QUOTIENT(a, b, inverse)                                                                   \
    _Generic((a), float: quotient_float(a, (float)(b), (float)(inverse), fused), default: (a) / (b))

static TG_INLINE float quotient_float(float a, float b, float inverse, const int fused)
{
    const float estimate = a * inverse;
    return tg_fma(tg_fma(-estimate, b, a, fused), inverse, estimate, fused);
}

/* A row operation is written once with steps, and inlined once more for packed rows. Where it is
 * neighbouring rows that lie packed, these are columns, and a block of them is walked together; so
 * are short rows, turned into columns: each for itself would not fill the lanes. */
#define FOR_BLOCKS(start, width, n, most)                                                         \
    for (tg_intp start = 0, width = 0;                                                            \
         width = (n) - start < (most) ? (n) - start : (most), start < (n); start += width)

#define IS_SHORT(n_rows, n, longest) ((n) <= SHORT || ((n) <= (longest) && (n_rows) >= MANY))
#define AT_ONCE(n) ((n) <= SHORT ? COLUMNS : TURNED / (n) / LANES * LANES)

/* Sums of columns; of turned rows, which may also be summed alone, in the lanes that those have. */
#define CLEAR_SUMS(sums, n_lanes)                                                                 \
    double sums[LANES][COLUMNS];                                                                  \
    memset(sums, 0, (size_t)(n_lanes) * sizeof sums[0]);
#define JOIN_LANES(sums, n_lanes, width)                                                          \
    for (tg_intp half = (n_lanes) / 2; half > 0; half /= 2)                                       \
        for (tg_intp k = 0; k < half; k++)                                                        \
            for (tg_intp j = 0; j < (width); j++)                                                 \
                sums[k][j] += sums[k + half][j];
#define N_LANES(n) ((n) <= SHORT ? 1 : LANES)

/* out[k, i] = in[i, k]; where elements of rows of one of both lie is said by two steps. */
#define TURN(T, n, m, in, row, step, out, out_row, out_step)                                      \
    if (CAN_TURN(T) && (n) * (m) >= WORTH_SQUARES && (step) == size && (out_step) == size &&      \
        (row) % size == 0 && (out_row) % size == 0)                                               \
        TURN_ROWS((const T *)(in), (row) / size, n, m, (T *)(out), (out_row) / size);             \
    else                                                                                          \
        for (tg_intp i = 0; i < (n); i++)                                                         \
            for (tg_intp k = 0; k < (m); k++)                                                     \
                TG_AT(T, out, k * (out_row) + i * (out_step)) =                                   \
                    TG_AT(const T, in, i * (row) + k * (step));

#define LOOP_1_TO_1(name, T)                                                                      \
    TG_VECTOR_LOOP(name)                                                                          \
    {                                                                                             \
        const tg_intp size = sizeof(T), n = dims[1];                                              \
        const int is_packed = steps[2] == size && steps[3] == size;                               \
        (void)params;                                                                             \
        if (!is_packed && dims[0] > 1 && steps[0] == size && steps[1] == size) {                  \
            FOR_BLOCKS(j, width, dims[0], COLUMNS)                                                \
                name##_columns(args[0] + j * size, steps[2], args[1] + j * size, steps[3], n,     \
                               width, 1, fused);                                                  \
            return;                                                                               \
        }                                                                                         \
        if (IS_SHORT(dims[0], n, LONGEST)) {                                                      \
            T x[TURNED], out[TURNED];                                                             \
            FOR_BLOCKS(j, width, dims[0], AT_ONCE(n)) {                                           \
                TURN(T, width, n, args[0] + j * steps[0], steps[0], steps[2], (char *)x,          \
                     width * size, size)                                                          \
                name##_columns((char *)x, width * size, (char *)out, width * size, n, width,      \
                               N_LANES(n), fused);                                                \
                TURN(T, n, width, (char *)out, width * size, size, args[1] + j * steps[1],        \
                     steps[1], steps[3])                                                          \
            }                                                                                     \
            return;                                                                               \
        }                                                                                         \
        for (tg_intp row = 0; row < dims[0]; row++) {                                             \
            const char *x = args[0] + row * steps[0];                                             \
            char *out = args[1] + row * steps[1];                                                 \
            if (is_packed)                                                                        \
                name##_row(x, size, out, size, n, fused);                                         \
            else                                                                                  \
                name##_row(x, steps[2], out, steps[3], n, fused);                                 \
        }                                                                                         \
    }

#define LOOP_2_TO_1(name, T)                                                                      \
    TG_VECTOR_LOOP(name)                                                                          \
    {                                                                                             \
        const tg_intp size = sizeof(T), n = dims[1];                                              \
        const int is_packed = steps[3] == size && steps[4] == size && steps[5] == size;           \
        (void)params;                                                                             \
        if (!is_packed && dims[0] > 1 && steps[0] == size && steps[1] == size &&                  \
            steps[2] == size) {                                                                   \
            FOR_BLOCKS(j, width, dims[0], COLUMNS)                                                \
                name##_columns(args[0] + j * size, steps[3], args[1] + j * size, steps[4],        \
                               args[2] + j * size, steps[5], n, width, 1, fused);                 \
            return;                                                                               \
        }                                                                                         \
        if (IS_SHORT(dims[0], n, LONGEST_BACK)) {                                                 \
            T g[TURNED], out[TURNED], gx[TURNED];                                                 \
            FOR_BLOCKS(j, width, dims[0], AT_ONCE(n)) {                                           \
                TURN(T, width, n, args[0] + j * steps[0], steps[0], steps[3], (char *)g,          \
                     width * size, size)                                                          \
                TURN(T, width, n, args[1] + j * steps[1], steps[1], steps[4], (char *)out,        \
                     width * size, size)                                                          \
                name##_columns((char *)g, width * size, (char *)out, width * size, (char *)gx,    \
                               width * size, n, width, N_LANES(n), fused);                        \
                TURN(T, n, width, (char *)gx, width * size, size, args[2] + j * steps[2],         \
                     steps[2], steps[5])                                                          \
            }                                                                                     \
            return;                                                                               \
        }                                                                                         \
        for (tg_intp row = 0; row < dims[0]; row++) {                                             \
            const char *g = args[0] + row * steps[0];                                             \
            const char *out = args[1] + row * steps[1];                                           \
            char *gx = args[2] + row * steps[2];                                                  \
            if (is_packed)                                                                        \
                name##_row(g, size, out, size, gx, size, n, fused);                               \
            else                                                                                  \
                name##_row(g, steps[3], out, steps[4], gx, steps[5], n, fused);                   \
        }                                                                                         \
    }

/* total = the sum of exp(x - max), a block at a time; KEEP(T, i, power) sees each power. */
#define SUM_OF_POWERS(T, total, n, KEEP)                                                          \
    double total = 0;                                                                             \
    for (tg_intp start = 0; start < (n); start += BLOCK) {                                        \
        T powers[BLOCK];                                                                          \
        const tg_intp width = (n) - start < BLOCK ? (n) - start : BLOCK;                          \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < width; i++) {                                                     \
            const T difference = TG_AT(const T, x, (start + i) * x_step) - max;                   \
            powers[i] = EXP(difference);                                                          \
            KEEP(T, start + i, powers[i])                                                         \
        }                                                                                         \
        SUM_OVER(part, i, width, powers[i])                                                       \
        total += part;                                                                            \
    }

/* The maximum of each column and the sum of exp(x - max); KEEP(T, j, power) sees each power. */
#define COLUMN_POWERS(T, KEEP)                                                                    \
    T max[COLUMNS];                                                                               \
    CLEAR_SUMS(sums, n_lanes)                                                                     \
    for (tg_intp j = 0; j < width; j++)                                                           \
        max[j] = -INFINITY;                                                                       \
    for (tg_intp i = 0; i < n; i++) {                                                             \
        const T *row = (const T *)(x + i * x_step);                                               \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const T value = row[j];                                                               \
            max[j] = LARGER(max[j], value);                                                       \
        }                                                                                         \
    }                                                                                             \
    for (tg_intp i = 0; i < n; i++) {                                                             \
        const T *row = (const T *)(x + i * x_step);                                               \
        T *kept = (T *)(out + i * out_step);                                                      \
        double *lane = sums[i % n_lanes];                                                         \
        (void)kept;                                                                               \
        TG_INDEPENDENT                                                                            \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            const T difference = row[j] - max[j];                                                 \
            const T power = EXP(difference);                                                      \
            KEEP(T, j, power)                                                                     \
            lane[j] += (double)power;                                                             \
        }                                                                                         \
    }                                                                                             \
    JOIN_LANES(sums, n_lanes, width)

#define KEEP_NONE(T, i, power)
#define KEEP_POWER(T, i, power) TG_AT(T, out, (i) * out_step) = power;
#define KEEP_IN_COLUMN(T, j, power) kept[j] = power;

/* exp(x - max) / sum: the exponentials wait in `out`. */
#define SOFTMAX(op, dtype, T, ...)                                                                \
    static TG_INLINE void op##_##dtype##_row(const char *x, tg_intp x_step, char *out,            \
                                             tg_intp out_step, tg_intp n, const int fused)        \
    {                                                                                             \
        ROW_MAX(T, max, i, n, TG_AT(const T, x, i * x_step))                                      \
        SUM_OF_POWERS(T, total, n, KEEP_POWER)                                                    \
        const T sum = (T)total, inverse = 1 / sum;                                                \
        (void)inverse;                                                                            \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            T *const power = &TG_AT(T, out, i * out_step);                                        \
            *power = QUOTIENT(*power, sum, inverse);                                              \
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *x, tg_intp x_step, char *out,        \
                                                 tg_intp out_step, tg_intp n, tg_intp width,      \
                                                 tg_intp n_lanes, const int fused)                \
    {                                                                                             \
        T sum[COLUMNS], inverse[COLUMNS];                                                         \
        COLUMN_POWERS(T, KEEP_IN_COLUMN)                                                          \
        for (tg_intp j = 0; j < width; j++) {                                                     \
            sum[j] = (T)sums[0][j];                                                               \
            inverse[j] = 1 / sum[j];                                                              \
        }                                                                                         \
        (void)inverse;                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            T *result = (T *)(out + i * out_step);                                                \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                result[j] = QUOTIENT(result[j], sum[j], inverse[j]);                              \
        }                                                                                         \
    }                                                                                             \
    LOOP_1_TO_1(op##_##dtype, T)

/* (x - max) - log(sum(exp(x - max))), in this order: max + log(sum) could round all of
 * the logarithm away. */
#define LOG_SOFTMAX(op, dtype, T, ...)                                                            \
    static TG_INLINE void op##_##dtype##_row(const char *x, tg_intp x_step, char *out,            \
                                             tg_intp out_step, tg_intp n, const int fused)        \
    {                                                                                             \
        ROW_MAX(T, max, i, n, TG_AT(const T, x, i * x_step))                                      \
        SUM_OF_POWERS(T, total, n, KEEP_NONE)                                                     \
        const T log_sum = LOG((T)total);                                                          \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++)                                                           \
            TG_AT(T, out, i * out_step) = TG_AT(const T, x, i * x_step) - max - log_sum;          \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *x, tg_intp x_step, char *out,        \
                                                 tg_intp out_step, tg_intp n, tg_intp width,      \
                                                 tg_intp n_lanes, const int fused)                \
    {                                                                                             \
        T log_sum[COLUMNS];                                                                       \
        COLUMN_POWERS(T, KEEP_NONE)                                                               \
        for (tg_intp j = 0; j < width; j++)                                                       \
            log_sum[j] = LOG((T)sums[0][j]);                                                      \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *row = (const T *)(x + i * x_step);                                           \
            T *result = (T *)(out + i * out_step);                                                \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                result[j] = row[j] - max[j] - log_sum[j];                                         \
        }                                                                                         \
    }                                                                                             \
    LOOP_1_TO_1(op##_##dtype, T)

/* out * (g - sum(g * out)) */
#define SOFTMAX_BACKWARD(op, dtype, T, ...)                                                       \
    static TG_INLINE void op##_##dtype##_row(const char *g, tg_intp g_step, const char *out,      \
                                             tg_intp out_step, char *gx, tg_intp gx_step,         \
                                             tg_intp n, const int fused)                          \
    {                                                                                             \
        SUM_OVER(total, i, n,                                                                     \
                 TG_AT(const T, g, i * g_step) * TG_AT(const T, out, i * out_step))               \
        const T sum = (T)total;                                                                   \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++)                                                           \
            TG_AT(T, gx, i * gx_step) =                                                           \
                TG_AT(const T, out, i * out_step) * (TG_AT(const T, g, i * g_step) - sum);        \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *g, tg_intp g_step, const char *out,  \
                                                 tg_intp out_step, char *gx, tg_intp gx_step,     \
                                                 tg_intp n, tg_intp width, tg_intp n_lanes,       \
                                                 const int fused)                                 \
    {                                                                                             \
        CLEAR_SUMS(sums, n_lanes)                                                                 \
        (void)fused;                                                                              \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            for (tg_intp j = 0; j < width; j++)                                                   \
                sums[i % n_lanes][j] += (double)(slope[j] * y[j]);                                \
        }                                                                                         \
        JOIN_LANES(sums, n_lanes, width)                                                          \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            T *result = (T *)(gx + i * gx_step);                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++)                                                   \
                result[j] = y[j] * (slope[j] - (T)sums[0][j]);                                    \
        }                                                                                         \
    }                                                                                             \
    LOOP_2_TO_1(op##_##dtype, T)

/* g - exp(out) * sum(g) */
#define LOG_SOFTMAX_BACKWARD(op, dtype, T, ...)                                                   \
    static TG_INLINE void op##_##dtype##_row(const char *g, tg_intp g_step, const char *out,      \
                                             tg_intp out_step, char *gx, tg_intp gx_step,         \
                                             tg_intp n, const int fused)                          \
    {                                                                                             \
        SUM_OVER(total, i, n, TG_AT(const T, g, i * g_step))                                      \
        const T sum = (T)total;                                                                   \
        TG_INDEPENDENT                                                                            \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T y = TG_AT(const T, out, i * out_step);                                        \
            TG_AT(T, gx, i * gx_step) = TG_AT(const T, g, i * g_step) - EXP(y) * sum;             \
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void op##_##dtype##_columns(const char *g, tg_intp g_step, const char *out,  \
                                                 tg_intp out_step, char *gx, tg_intp gx_step,     \
                                                 tg_intp n, tg_intp width, tg_intp n_lanes,       \
                                                 const int fused)                                 \
    {                                                                                             \
        CLEAR_SUMS(sums, n_lanes)                                                                 \
        (void)fused;                                                                              \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step);                                         \
            for (tg_intp j = 0; j < width; j++)                                                   \
                sums[i % n_lanes][j] += (double)slope[j];                                         \
        }                                                                                         \
        JOIN_LANES(sums, n_lanes, width)                                                          \
        for (tg_intp i = 0; i < n; i++) {                                                         \
            const T *slope = (const T *)(g + i * g_step), *y = (const T *)(out + i * out_step);   \
            T *result = (T *)(gx + i * gx_step);                                                  \
            TG_INDEPENDENT                                                                        \
            for (tg_intp j = 0; j < width; j++) {                                                 \
                const T power = EXP(y[j]);                                                        \
                result[j] = slope[j] - power * (T)sums[0][j];                                     \
            }                                                                                     \
        }                                                                                         \
    }                                                                                             \
    LOOP_2_TO_1(op##_##dtype, T)

TG_SINGLE_AND_DOUBLE(SOFTMAX, softmax)
TG_SINGLE_AND_DOUBLE(LOG_SOFTMAX, log_softmax)
TG_SINGLE_AND_DOUBLE(SOFTMAX_BACKWARD, softmax_backward)
TG_SINGLE_AND_DOUBLE(LOG_SOFTMAX_BACKWARD, log_softmax_backward)

#define ROW_1_TO_1(op, dtype, T, C, load, store, number, letter)                                  \
    {#op, "(n)->(n)", letter letter, number, op##_##dtype, NULL, 0, 0},
#define ROW_2_TO_1(op, dtype, T, C, load, store, number, letter)                                  \
    {#op, "(n),(n)->(n)", letter letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_softmax_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROW_1_TO_1, softmax)
    TG_SINGLE_AND_DOUBLE(ROW_1_TO_1, log_softmax)
    TG_SINGLE_AND_DOUBLE(ROW_2_TO_1, softmax_backward)
    TG_SINGLE_AND_DOUBLE(ROW_2_TO_1, log_softmax_backward)
    TG_TABLE_END
};
