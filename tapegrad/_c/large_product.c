/* Products of large matrices, shared among the threads that all launches have. The BLAS has threads
 * of its own, which spin for a tenth of a second after each product and keep ours from running.
 *
 * Each part, of rows or of columns of the result, packs for itself what it needs of both factors, into
 * memory of its own: what one thread packs and another reads goes from cache to cache, which takes as
 * long as to pack it twice and more. A sum does not depend on who makes it. */
#include "convolve.h"
#include "product_parts.h"
#include "scratch.h"

/* c (n, m) = a (n, k) @ b (k, m). The steps, in elements, are those between rows and columns. */
typedef struct {
    int64_t n, m, k, a_row, a_step, b_row, b_step, c_row;
} tg_factors;

enum { TG_DEPTH = 256 };

#define LOOPS "packed_product.h"
#define ROWS_OF_32 14
#define ROWS_OF_16 6
#include "each_float.h"

/* From steps in bytes. */
static tg_factors factors_of(const tg_intp *dims, const tg_intp *steps, tg_intp size)
{
    const tg_factors now = {dims[1], dims[3], dims[2], steps[3] / size, steps[4] / size,
                            steps[5] / size, steps[6] / size, steps[7] / size};
    return now;
}

#define MULTIPLY(type, now, a, b, c) TG_BEST(multiply_large_##type, now, a, b, c)

TG_PRODUCT_LOOPS(large_matmul, float32, float, tg_factors, factors_of, MULTIPLY)
TG_PRODUCT_LOOPS(large_matmul, float64, double, tg_factors, factors_of, MULTIPLY)

const tg_kernel tg_large_product_kernels[] = {
    TG_PRODUCT_ROWS(large_matmul, float32, TG_FLOAT32, "fff")
    TG_PRODUCT_ROWS(large_matmul, float64, TG_FLOAT64, "ddd")
    TG_TABLE_END
};
