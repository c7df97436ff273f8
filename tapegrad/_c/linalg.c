/* Cross products, and factorisations that NumPy does not offer on their own: LU with its pivots,
 * Cholesky with the step at which it fails, and substitution with a triangular matrix.
 *
 * Textbook forms that walk along rows (Golub and Van Loan, Matrix Computations, 3.1, 3.2, 4.2);
 * ops/linalg cuts large matrices into blocks, so that most of the work is BLAS's. */
#include <math.h>

#include "loops.h"

#define TG_REALS(X, op)                                                         \
    X(op, float32, float, float, TG_AS_IS, TG_AS_IS, TG_FLOAT32, "f")           \
    X(op, float64, double, double, TG_AS_IS, TG_AS_IS, TG_FLOAT64, "d")

#define TG_ENTRY(base, i, j) \
    (*(element *)((base) + (i) * row_step + (j) * column_step))

/* (m,n)->(m,n),(k),(): both factors in one matrix, for each step the row (from 1) that it was
 * exchanged with, and the first step (from 1) whose pivot is zero, else 0. */
#define LU_FACTOR(op, dtype, T, C, load, store, number, letter)                                \
    static void copy_matrix_##dtype(const char *from, const tg_intp *from_steps, char *to,     \
                                    const tg_intp *to_steps, tg_intp m, tg_intp n)             \
    {                                                                                          \
        for (tg_intp i = 0; i < m; i++)                                                        \
            for (tg_intp j = 0; j < n; j++)                                                    \
                TG_AT(T, to, i * to_steps[0] + j * to_steps[1]) =                              \
                    TG_AT(const T, from, i * from_steps[0] + j * from_steps[1]);               \
    }                                                                                          \
    static tg_intp largest_##dtype(const char *column, tg_intp row_step, tg_intp from,         \
                                   tg_intp m)                                                  \
    {                                                                                          \
        tg_intp chosen = from;                                                                 \
        T largest = -1;                                                                        \
        for (tg_intp i = from; i < m; i++) {                                                   \
            const T x = TG_AT(const T, column, i * row_step);                                  \
            const T size = x < 0 ? -x : x;                                                     \
            if (size > largest) {                                                              \
                largest = size;                                                                \
                chosen = i;                                                                    \
            }                                                                                  \
        }                                                                                      \
        return chosen;                                                                         \
    }                                                                                          \
    static int32_t lu_matrix_##dtype(char *a, tg_intp row_step, tg_intp column_step,           \
                                     char *pivots, tg_intp pivot_step, tg_intp m, tg_intp n)   \
    {                                                                                          \
        typedef T element;                                                                     \
        int32_t info = 0;                                                                      \
        const tg_intp k = m < n ? m : n;                                                       \
        for (tg_intp j = 0; j < k; j++) {                                                      \
            const tg_intp p = largest_##dtype(a + j * column_step, row_step, j, m);            \
            TG_AT(int32_t, pivots, j * pivot_step) = (int32_t)(p + 1);                         \
            for (tg_intp c = 0; p != j && c < n; c++) {                                        \
                const T kept = TG_ENTRY(a, j, c);                                              \
                TG_ENTRY(a, j, c) = TG_ENTRY(a, p, c);                                         \
                TG_ENTRY(a, p, c) = kept;                                                      \
            }                                                                                  \
            if (TG_ENTRY(a, j, j) == 0) {                                                      \
                info = info ? info : (int32_t)(j + 1);                                         \
                continue;                                                                      \
            }                                                                                  \
            for (tg_intp i = j + 1; i < m; i++) {                                              \
                const T factor = TG_ENTRY(a, i, j) / TG_ENTRY(a, j, j);                        \
                TG_ENTRY(a, i, j) = factor;                                                    \
                TG_INDEPENDENT                                                                 \
                for (tg_intp c = j + 1; c < n; c++)                                            \
                    TG_ENTRY(a, i, c) -= factor * TG_ENTRY(a, j, c);                           \
            }                                                                                  \
        }                                                                                      \
        return info;                                                                           \
    }                                                                                          \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const tg_intp m = dims[1], n = dims[2];                                                \
        (void)params;                                                                          \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            char *out = args[1] + b * steps[1];                                                \
            copy_matrix_##dtype(args[0] + b * steps[0], steps + 4, out, steps + 6, m, n);      \
            TG_AT(int32_t, args[3], b * steps[3]) = lu_matrix_##dtype(                         \
                out, steps[6], steps[7], args[2] + b * steps[2], steps[8], m, n);              \
        }                                                                                      \
    }

TG_REALS(LU_FACTOR, lu_factor)

/* (n,n)->(n,n),(): the lower factor with zeros above, and the first step (from 1) at which a
 * leading minor is not positive, else 0; what follows a failed step is left zero. */
#define CHOLESKY(op, dtype, T, C, load, store, number, letter)                                 \
    static int32_t cholesky_matrix_##dtype(const char *a, const tg_intp *a_steps, char *out,   \
                                           tg_intp row_step, tg_intp column_step, tg_intp n)   \
    {                                                                                          \
        typedef T element;                                                                     \
        for (tg_intp i = 0; i < n; i++)                                                        \
            for (tg_intp j = 0; j < n; j++)                                                    \
                TG_ENTRY(out, i, j) = 0;                                                       \
        for (tg_intp i = 0; i < n; i++)                                                        \
            for (tg_intp j = 0; j <= i; j++) {                                                 \
                T rest = TG_AT(const T, a, i * a_steps[0] + j * a_steps[1]);                   \
                for (tg_intp k = 0; k < j; k++)                                                \
                    rest -= TG_ENTRY(out, i, k) * TG_ENTRY(out, j, k);                         \
                if (j < i)                                                                     \
                    TG_ENTRY(out, i, j) = rest / TG_ENTRY(out, j, j);                          \
                else if (rest > 0)                                                             \
                    TG_ENTRY(out, i, i) = (T)sqrt((double)rest);                               \
                else                                                                           \
                    return (int32_t)(i + 1);                                                   \
            }                                                                                  \
        return 0;                                                                              \
    }                                                                                          \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        (void)params;                                                                          \
        for (tg_intp b = 0; b < dims[0]; b++)                                                  \
            TG_AT(int32_t, args[2], b * steps[2]) =                                            \
                cholesky_matrix_##dtype(args[0] + b * steps[0], steps + 3,                     \
                                        args[1] + b * steps[1], steps[5], steps[6], dims[1]);  \
    }

TG_REALS(CHOLESKY, cholesky_factor)

/* (n,n),(n,r)->(n,r): substitution, from above with a lower matrix, from below with an upper. */
typedef struct {
    int64_t is_upper, is_unit;
} triangular_params;

#define TRIANGULAR(op, dtype, T, C, load, store, number, letter)                               \
    static void triangular_matrix_##dtype(const char *a, const tg_intp *a_steps, char *x,      \
                                          tg_intp row_step, tg_intp column_step, tg_intp n,    \
                                          tg_intp r, const triangular_params *p)               \
    {                                                                                          \
        typedef T element;                                                                     \
        for (tg_intp step = 0; step < n; step++) {                                             \
            const tg_intp i = p->is_upper ? n - 1 - step : step;                               \
            const tg_intp first = p->is_upper ? i + 1 : 0, last = p->is_upper ? n : i;         \
            for (tg_intp k = first; k < last; k++) {                                           \
                const T factor = TG_AT(const T, a, i * a_steps[0] + k * a_steps[1]);           \
                TG_INDEPENDENT                                                                 \
                for (tg_intp c = 0; c < r; c++)                                                \
                    TG_ENTRY(x, i, c) -= factor * TG_ENTRY(x, k, c);                           \
            }                                                                                  \
            if (!p->is_unit) {                                                                 \
                const T pivot = TG_AT(const T, a, i * (a_steps[0] + a_steps[1]));              \
                for (tg_intp c = 0; c < r; c++)                                                \
                    TG_ENTRY(x, i, c) /= pivot;                                                \
            }                                                                                  \
        }                                                                                      \
    }                                                                                          \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const tg_intp n = dims[1], r = dims[2];                                                \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            char *out = args[2] + b * steps[2];                                                \
            copy_matrix_##dtype(args[1] + b * steps[1], steps + 5, out, steps + 7, n, r);      \
            triangular_matrix_##dtype(args[0] + b * steps[0], steps + 3, out, steps[7],        \
                                      steps[8], n, r, params);                                 \
        }                                                                                      \
    }

TG_REALS(TRIANGULAR, solve_triangular)

/* (n),(n)->(n), where n is 3: the cross product of two vectors, each product rounded. */
#define CROSS(op, dtype, T, C, load, store, number, letter)                                   \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        (void)params;                                                                          \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            const char *x = args[0] + b * steps[0], *y = args[1] + b * steps[1];               \
            for (tg_intp k = 0; k < 3; k++) {                                                  \
                const tg_intp i = (k + 1) % 3, j = (k + 2) % 3;                                \
                const T first = store((C)(load(TG_AT(const T, x, i * steps[3])) *              \
                                          load(TG_AT(const T, y, j * steps[4]))));             \
                const T second = store((C)(load(TG_AT(const T, x, j * steps[3])) *             \
                                           load(TG_AT(const T, y, i * steps[4]))));            \
                TG_AT(T, args[2], b * steps[2] + k * steps[5]) =                               \
                    store((C)(load(first) - load(second)));                                    \
            }                                                                                  \
        }                                                                                      \
    }
#define CROSS_OF_INTEGERS(op, dtype, T, C, load, store, number, letter) \
    CROSS(op, dtype, T, uint64_t, (uint64_t), (T), number, letter)

TG_INTEGERS(CROSS_OF_INTEGERS, cross)
TG_FLOATS(CROSS, cross)

/* (k),(m)->(m): the order of rows that exchanges lead to; the second operand holds 0 to m-1. */
TG_LOOP(permutation)
{
    const tg_intp k = dims[1], m = dims[2];
    (void)params;
    for (tg_intp b = 0; b < dims[0]; b++) {
        char *pivots = args[0] + b * steps[0], *rows = args[1] + b * steps[1];
        char *out = args[2] + b * steps[2];
        for (tg_intp i = 0; i < m; i++)
            TG_AT(int64_t, out, i * steps[5]) = TG_AT(const int64_t, rows, i * steps[4]);
        for (tg_intp i = 0; i < k && i < m; i++) {
            const tg_intp p = TG_AT(const int32_t, pivots, i * steps[3]) - 1;
            if (p >= 0 && p < m) {
                const int64_t kept = TG_AT(int64_t, out, i * steps[5]);
                TG_AT(int64_t, out, i * steps[5]) = TG_AT(int64_t, out, p * steps[5]);
                TG_AT(int64_t, out, p * steps[5]) = kept;
            }
        }
    }
}

#define ROW_LU(op, dtype, T, C, load, store, number, letter) \
    {#op, "(m,n)->(m,n),(k),()", letter letter "ii", number, op##_##dtype, NULL, 0, 0},
#define ROW_CHOLESKY(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n,n)->(n,n),()", letter letter "i", number, op##_##dtype, NULL, 0, 0},
#define ROW_TRIANGULAR(op, dtype, T, C, load, store, number, letter)                    \
    {#op, "(n,n),(n,r)->(n,r)", letter letter letter, number, op##_##dtype, "qq",       \
     sizeof(triangular_params), 0},

#define ROW_CROSS(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(n)->(n)", letter letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_linalg_kernels[] = {
    TG_NUMBERS(ROW_CROSS, cross)
    TG_REALS(ROW_LU, lu_factor)
    TG_REALS(ROW_CHOLESKY, cholesky_factor)
    TG_REALS(ROW_TRIANGULAR, solve_triangular)
    {"permutation", "(k),(m)->(m)", "ill", TG_INT32, permutation, NULL, 0, 0},
    TG_TABLE_END
};
