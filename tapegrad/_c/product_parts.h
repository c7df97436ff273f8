/* One product as parts of the rows or of the columns of its result, which threads share. */
#ifndef TG_PRODUCT_PARTS_H
#define TG_PRODUCT_PARTS_H

#include "kernels.h"

/* The result begins at `first` and has `n` rows, or columns: a part has `part` of them, the last one
 * what is left. */
typedef struct {
    const char *first;
    int64_t n, part, by_rows;
} tg_parts;

/* To `n` or `m` how many rows or columns the part has whose result begins at `c`; parts begin `step`
 * bytes apart. */
static inline void tg_cut_part(const tg_parts *parts, const char *c, tg_intp step, int64_t *n,
                               int64_t *m)
{
    const int64_t left = parts->n - (c - parts->first) / step * parts->part;
    *(parts->by_rows ? n : m) = left < parts->part ? left : parts->part;
}

/* (n,k),(k,m)->(n,m) as a loop gets it, for other loops. Where rows of the right factor lie packed it
 * may be added to what is there. */
#define TG_DECLARE_MULTIPLY(type) \
    void tg_multiply_##type(char *const *args, const tg_intp *dims, const tg_intp *steps, int adds);
TG_DECLARE_MULTIPLY(float32)
TG_DECLARE_MULTIPLY(float64)

/* The loops of a product for a type: of outer iterations that are products of their own, and of those
 * that are parts of one. `made` makes of dims and steps what MULTIPLY(now, a, b, c) takes. */
#define TG_PRODUCT_LOOPS(op, type, T, FACTORS, made, MULTIPLY)                                    \
    TG_LOOP(op##_##type)                                                                          \
    {                                                                                             \
        const FACTORS now = made(dims, steps, sizeof(T));                                         \
        (void)params;                                                                             \
        for (tg_intp i = 0; i < dims[0]; i++)                                                     \
            MULTIPLY(type, now, (const T *)(args[0] + i * steps[0]),                              \
                     (const T *)(args[1] + i * steps[1]), (T *)(args[2] + i * steps[2]));         \
    }                                                                                             \
    TG_LOOP(op##_parts_##type)                                                                    \
    {                                                                                             \
        FACTORS now = made(dims, steps, sizeof(T));                                               \
        for (tg_intp i = 0; i < dims[0]; i++) {                                                   \
            char *c = args[2] + i * steps[2];                                                     \
            tg_cut_part(params, c, steps[2], &now.n, &now.m);                                     \
            MULTIPLY(type, now, (const T *)(args[0] + i * steps[0]),                              \
                     (const T *)(args[1] + i * steps[1]), (T *)c);                                \
        }                                                                                         \
    }

#define TG_PRODUCT_ROWS(op, type, number, letters)                                                \
    {#op, "(n,k),(k,m)->(n,m)", letters, number, op##_##type, NULL, 0, 0},                        \
    {#op "_parts", "(n,k),(k,m)->(n,m)", letters, number, op##_parts_##type, "Pqqq",              \
     sizeof(tg_parts), 0},

#endif
