/* A row added to every row of a matrix: what a bias is to a product. */
#include "vectors.h"

#define ADD_ROW(T, dtype)                                                \
    TG_VECTOR_LOOP(add_row_##dtype)                                      \
    {                                                                    \
        const tg_intp width = dims[1], n = dims[2], step = steps[3];     \
        const T *restrict row = (const T *)args[0];                      \
        (void)params, (void)fused;                                       \
        for (tg_intp i = 0; i < n; i++) {                                \
            T *restrict target = (T *)(args[1] + i * step);              \
            for (tg_intp j = 0; j < width; j++)                          \
                target[j] += row[j];                                     \
        }                                                                \
    }

ADD_ROW(float, float32)
ADD_ROW(double, float64)

const tg_kernel tg_rows_kernels[] = {
    {"add_row", "(m)->(n,m)", "ff", TG_FLOAT32, add_row_float32, NULL, 0, 0},
    {"add_row", "(m)->(n,m)", "dd", TG_FLOAT64, add_row_float64, NULL, 0, 0},
    TG_TABLE_END
};
