/* The contract between the engine and every kernel.
 *
 * A kernel is a pure loop with the signature of NumPy's ufunc and gufunc inner
 * loops. It knows no tensor, no tape and no Python object, and touches only the
 * buffers and the params it is handed.
 *
 *   args    one pointer per operand, inputs first, outputs last
 *   dims    dims[0] is the number of outer iterations, then the core dimensions
 *           in the order in which their letters first appear in the signature
 *   steps   in bytes: first the outer step of every operand, then for each
 *           operand in turn the steps of its core dimensions
 *   params  the struct that `params_format` describes, or NULL
 */
#ifndef TG_KERNELS_H
#define TG_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef intptr_t tg_intp;
typedef void (*tg_loop)(char **args, const tg_intp *dims, const tg_intp *steps,
                        void *params);

/* NumPy's type numbers of the dtypes that tensors can have. */
enum {
    TG_BOOL = 0,
    TG_INT8 = 1,
    TG_UINT8 = 2,
    TG_INT16 = 3,
    TG_INT32 = 5,
    TG_INT64 = 7,
    TG_FLOAT32 = 11,
    TG_FLOAT64 = 12,
    TG_FLOAT16 = 23
};

/* One loop of a kernel: what a family of kernels does for one dtype.
 *
 * `signature` is NumPy's generalised-ufunc notation, "(n)->(n)" or "(),()->()".
 * `types` has one character an operand, NumPy's type characters: "ff?" and so on.
 * `params_format` is a format of Python's struct module in native alignment, or
 * NULL when there are no params. When `can_fail` is set, the first field is an
 * int64 status: zero on entry, made non-zero by a kernel that refuses its input.
 */
typedef struct {
    const char *name;
    const char *signature;
    const char *types;
    int dtype; /* the dtype by which the engine looks the loop up */
    tg_loop loop;
    const char *params_format;
    size_t params_size;
    int can_fail;
} tg_kernel;

/* Every C file ends in a table named tg_<family>_kernels, whose last row has a NULL name;
 * naming the family here makes its kernels known. */
#define TG_FAMILIES(X) \
    X(pointwise)       \
    X(elementary)      \
    X(gelu)            \
    X(slopes)          \
    X(arithmetic)      \
    X(fused)           \
    X(power)           \
    X(rows)            \
    X(bounds)          \
    X(special)         \
    X(cast)            \
    X(reduce)          \
    X(extreme)         \
    X(scan)            \
    X(select)          \
    X(topk)            \
    X(sort)            \
    X(search)          \
    X(index)           \
    X(scatter_rows)    \
    X(classes)         \
    X(scatter)         \
    X(softmax)         \
    X(layer_norm)      \
    X(batch_norm)      \
    X(batch_norm_backward) \
    X(attention)       \
    X(random)          \
    X(distributions)   \
    X(reparametrize)   \
    X(ctc)             \
    X(margin)          \
    X(bags)            \
    X(optim_sgd)       \
    X(optim_adam)      \
    X(optim_adaptive)  \
    X(optim_adafactor) \
    X(linalg)          \
    X(product)         \
    X(large_product)   \
    X(conv)            \
    X(convolve)        \
    X(recurrent)       \
    X(pool)            \
    X(max_pool)        \
    X(fractional_pool) \
    X(resample)

/* Families whose outer iterations write apart from each other and carry nothing on, so that large
 * launches may be shared among threads. (A generator of random numbers is carried on. A reduction
 * shares itself.) */
#define TG_SHARED_FAMILIES(X) \
    X(pointwise)              \
    X(power)                  \
    X(elementary)             \
    X(gelu)                   \
    X(slopes)                 \
    X(arithmetic)             \
    X(fused)                  \
    X(special)                \
    X(cast)                   \
    X(extreme)                \
    X(scan)                   \
    X(select)                 \
    X(topk)                   \
    X(sort)                   \
    X(search)                 \
    X(index)                  \
    X(scatter)                \
    X(bags)                   \
    X(classes)                \
    X(softmax)                \
    X(convolve)               \
    X(large_product)          \
    X(layer_norm)             \
    X(batch_norm)             \
    X(batch_norm_backward)    \
    X(attention)              \
    X(optim_sgd)              \
    X(optim_adam)             \
    X(optim_adaptive)         \
    X(pool)                   \
    X(max_pool)               \
    X(fractional_pool)        \
    X(resample)

#define TG_DECLARE_FAMILY(family) extern const tg_kernel tg_##family##_kernels[];
TG_FAMILIES(TG_DECLARE_FAMILY)

#endif
