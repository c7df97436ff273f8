/* Gathering by index. */
#include "vectors.h"

#include <string.h>

typedef struct {
    int64_t status;
    int64_t bad_index;
    int64_t size;
    int64_t stride; /* in bytes, of the indexed dimension */
    int64_t lowest; /* that is allowed: -size, or zero */
} index_params;

static TG_INLINE int is_outside(int64_t index, const index_params *dim)
{
    return (index < dim->lowest) | (index >= dim->size);
}

enum { OFFSETS_AT_ONCE = 256 };

/* Some offsets, if all of their indices are valid. */
static TG_INLINE int add_offsets(const char *indices, const char *in, char *out, tg_intp n,
                                 tg_intp index_step, tg_intp in_step, tg_intp out_step,
                                 const index_params *dim)
{
    const int64_t size = dim->size, stride = dim->stride;
    int64_t n_outside = 0;
    for (tg_intp i = 0; i < n; i++)
        n_outside += is_outside(TG_AT(const int64_t, indices, i * index_step), dim);
    TG_INDEPENDENT
    for (tg_intp i = 0; i < n && n_outside == 0; i++) {
        const int64_t index = TG_AT(const int64_t, indices, i * index_step);
        const int64_t position = index < 0 ? index + size : index;
        TG_AT(int64_t, out, i * out_step) =
            TG_AT(const int64_t, in, i * in_step) + position * stride;
    }
    return n_outside == 0;
}

/* offset_out = offset_in + index * stride, negative indices counted from the end */
TG_VECTOR_LOOP(index_offsets)
{
    index_params *dim = params;
    const tg_intp word = sizeof(int64_t);
    const int is_packed = steps[0] == word && steps[1] == word && steps[2] == word;
    (void)fused;
    for (tg_intp start = 0; start < dims[0]; start += OFFSETS_AT_ONCE) {
        const tg_intp left = dims[0] - start, n = left < OFFSETS_AT_ONCE ? left : OFFSETS_AT_ONCE;
        const char *indices = args[0] + start * steps[0], *in = args[1] + start * steps[1];
        char *out = args[2] + start * steps[2];
        if (is_packed ? add_offsets(indices, in, out, n, word, word, word, dim)
                      : add_offsets(indices, in, out, n, steps[0], steps[1], steps[2], dim))
            continue;
        while (!is_outside(TG_AT(const int64_t, indices, 0), dim))
            indices += steps[0];
        dim->status = 1;
        dim->bad_index = TG_AT(const int64_t, indices, 0);
        return;
    }
}

/* out[i, j] = source[j] moved by offsets[i] bytes */
#define GATHER(name, T)                                                                 \
    TG_LOOP(name)                                                                       \
    {                                                                                   \
        const tg_intp n_rows = dims[0], n = dims[1];                                    \
        const tg_intp source_step = steps[3], out_step = steps[4];                      \
        const int is_packed = source_step == (tg_intp)sizeof(T) && out_step == source_step; \
        (void)params;                                                                   \
        for (tg_intp i = 0; i < n_rows; i++) {                                          \
            const tg_intp offset = (tg_intp)TG_AT(const int64_t, args[1], i * steps[1]); \
            const char *source = args[0] + i * steps[0] + offset;                       \
            char *out = args[2] + i * steps[2];                                         \
            if (is_packed && n > 1)                                                     \
                memcpy(out, source, (size_t)n * sizeof(T));                             \
            else                                                                        \
                for (tg_intp j = 0; j < n; j++)                                         \
                    TG_AT(T, out, j * out_step) = TG_AT(const T, source, j * source_step); \
        }                                                                               \
    }

GATHER(gather_1, uint8_t)
GATHER(gather_2, uint16_t)
GATHER(gather_4, uint32_t)
GATHER(gather_8, uint64_t)

/* The positions of the true elements. The caller has counted them: never more than the dims[2]
 * places that it provided are written. Each position is written where the next true one belongs, so
 * that no branch has to guess. */
TG_LOOP(nonzero)
{
    (void)params;
    for (tg_intp row = 0; row < dims[0]; row++) {
        const char *in = args[0] + row * steps[0];
        char *out = args[1] + row * steps[1];
        tg_intp n_found = 0;
        for (tg_intp i = 0; i < dims[1] && n_found < dims[2]; i++) {
            TG_AT(int64_t, out, n_found * steps[3]) = i;
            n_found += TG_AT(const uint8_t, in, i * steps[2]) != 0;
        }
    }
}

#define ROW_GATHER(op, dtype, T, C, load, store, number, letter) \
    {#op, "(m),()->(m)", letter "l" letter, number, TG_OF_SIZE_OF(T, gather), NULL, 0, 0},

const tg_kernel tg_index_kernels[] = {
    {"index_offsets", "(),()->()", "lll", TG_INT64, index_offsets, "qqqqq",
     sizeof(index_params), 1},
    TG_ALL(ROW_GATHER, gather_rows)
    {"nonzero", "(n)->(k)", "?l", TG_BOOL, nonzero, NULL, 0, 0},
    TG_TABLE_END
};
