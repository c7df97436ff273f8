/* Products of large matrices, shared among the threads that all launches have. The BLAS has threads
 * of its own, which spin for a tenth of a second after each product and keep ours from running.
 *
 * One factor is packed first, as tiles of rows (`pack_rows`); then each strip of the other's columns
 * packs what it needs, a panel at a time, and meets all tiles (`multiply_packed`). Both launches are
 * made of parts that no thread waits for, and a sum does not depend on who makes it. */
#include "convolve.h"

/* c (n, m) = a (n, k) @ b (k, m) with a packed, `block` elements from one block of rows to the next.
 * The other steps, in elements, are those between rows and columns of b, and between rows of c. */
typedef struct {
    int64_t n, m, k, block, b_row, b_step, c_row;
} tg_factors;

/* Rows of a block: tiles of either height fill it. */
enum { TG_BLOCK_ROWS = 84, TG_DEPTH = 256 };

#define LOOPS "packed_product.h"
#define ROWS_OF_32 14
#define ROWS_OF_16 6
#include "each_float.h"

/* Rows of a (n, k), of which a block has at most TG_BLOCK_ROWS, to tiles. */
#define PACK(name, T)                                                                             \
    TG_LOOP(pack_rows_##name)                                                                     \
    {                                                                                             \
        const tg_intp size = sizeof(T);                                                           \
        (void)params;                                                                             \
        for (tg_intp i = 0; i < dims[0]; i++)                                                     \
            TG_BEST(pack_rows_##name, (const T *)(args[0] + i * steps[0]), steps[2] / size,       \
                    steps[3] / size, dims[1], dims[2], (T *)(args[1] + i * steps[1]));            \
    }

/* A strip of columns of c. */
#define MULTIPLY(name, T)                                                                         \
    TG_LOOP(multiply_packed_##name)                                                               \
    {                                                                                             \
        const tg_intp size = sizeof(T);                                                           \
        const tg_factors now = {dims[5], dims[4], dims[3], steps[3] / size, steps[5] / size,      \
                                steps[6] / size, steps[7] / size};                                \
        (void)params;                                                                             \
        for (tg_intp i = 0; i < dims[0]; i++)                                                     \
            TG_BEST(multiply_packed_##name, now, (const T *)(args[0] + i * steps[0]),             \
                    (const T *)(args[1] + i * steps[1]), (T *)(args[2] + i * steps[2]));          \
    }

PACK(float32, float)
PACK(float64, double)
MULTIPLY(float32, float)
MULTIPLY(float64, double)

#define ROWS_OF(suffix, number, letter)                                                           \
    {"pack_rows", "(n,k)->(p)", letter letter, number, pack_rows_##suffix, NULL, 0, 0},           \
    {"multiply_packed", "(p,q),(k,m)->(n,m)", letter letter letter, number,                       \
     multiply_packed_##suffix, NULL, 0, 0},

const tg_kernel tg_large_product_kernels[] = {
    ROWS_OF(float32, TG_FLOAT32, "f")
    ROWS_OF(float64, TG_FLOAT64, "d")
    TG_TABLE_END
};
