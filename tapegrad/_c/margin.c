/* Losses of rows of scores in which what is right must lead by a margin.
 *
 * The caller has checked that classes lie within their rows. */
#include "loops.h"

typedef struct {
    int64_t p;
    double margin;
} margin_params;

/* (c),()->(): the sum over all other classes of how much the lead over them lacks, to the power p,
 * by the number of classes. */
#define MULTI_MARGIN(op, dtype, T, C, load, store, number, letter)                             \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const margin_params *p = params;                                                       \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            const char *x = args[0] + b * steps[0];                                            \
            const tg_intp y = TG_AT(const int64_t, args[1], b * steps[1]);                     \
            const T least = (T)p->margin - TG_AT(const T, x, y * steps[3]);                    \
            T sum = 0;                                                                         \
            for (tg_intp j = 0; j < dims[1]; j++) {                                            \
                const T lacking = least + TG_AT(const T, x, j * steps[3]);                     \
                if (j != y && lacking > 0)                                                     \
                    sum += p->p == 1 ? lacking : lacking * lacking;                            \
            }                                                                                  \
            TG_AT(T, args[2], b * steps[2]) = sum / (T)dims[1];                                \
        }                                                                                      \
    }

TG_SINGLE_AND_DOUBLE(MULTI_MARGIN, multi_margin)

/* How many classes a row lists: those before the first -1. */
static tg_intp count_listed(const char *classes, tg_intp step, tg_intp n)
{
    tg_intp count = 0;
    while (count < n && TG_AT(const int64_t, classes, count * step) != -1)
        count++;
    return count;
}

static int is_listed(tg_intp one, const char *classes, tg_intp step, tg_intp n)
{
    for (tg_intp k = 0; k < n; k++)
        if (TG_AT(const int64_t, classes, k * step) == one)
            return 1;
    return 0;
}

/* (c),(c)->(),(c): the sum over pairs of a class that is listed and one that is not of how much the
 * lead over it lacks, by the number of classes; and the derivatives of that. */
#define MULTILABEL_MARGIN(op, dtype, T, C, load, store, number, letter)                        \
    TG_LOOP(op##_##dtype)                                                                      \
    {                                                                                          \
        const tg_intp n = dims[1];                                                             \
        (void)params;                                                                          \
        for (tg_intp b = 0; b < dims[0]; b++) {                                                \
            const char *x = args[0] + b * steps[0], *classes = args[1] + b * steps[1];         \
            char *slope = args[3] + b * steps[3];                                              \
            const tg_intp count = count_listed(classes, steps[5], n);                          \
            T sum = 0;                                                                         \
            for (tg_intp j = 0; j < n; j++)                                                    \
                TG_AT(T, slope, j * steps[6]) = 0;                                             \
            for (tg_intp j = 0; j < n; j++) {                                                  \
                if (is_listed(j, classes, steps[5], count))                                    \
                    continue;                                                                  \
                for (tg_intp k = 0; k < count; k++) {                                          \
                    const tg_intp y = TG_AT(const int64_t, classes, k * steps[5]);             \
                    const T lacking = 1 - TG_AT(const T, x, y * steps[4]) +                    \
                                      TG_AT(const T, x, j * steps[4]);                         \
                    if (lacking > 0) {                                                         \
                        sum += lacking;                                                        \
                        TG_AT(T, slope, j * steps[6]) += 1;                                    \
                        TG_AT(T, slope, y * steps[6]) -= 1;                                    \
                    }                                                                          \
                }                                                                              \
            }                                                                                  \
            TG_AT(T, args[2], b * steps[2]) = sum / (T)n;                                      \
            for (tg_intp j = 0; j < n; j++)                                                    \
                TG_AT(T, slope, j * steps[6]) /= (T)n;                                         \
        }                                                                                      \
    }

TG_SINGLE_AND_DOUBLE(MULTILABEL_MARGIN, multilabel_margin)

#define ROW_MULTI_MARGIN(op, dtype, T, C, load, store, number, letter)               \
    {#op, "(c),()->()", letter "l" letter, number, op##_##dtype, "qd",               \
     sizeof(margin_params), 0},
#define ROW_MULTILABEL_MARGIN(op, dtype, T, C, load, store, number, letter) \
    {#op, "(c),(c)->(),(c)", letter "l" letter letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_margin_kernels[] = {
    TG_SINGLE_AND_DOUBLE(ROW_MULTI_MARGIN, multi_margin)
    TG_SINGLE_AND_DOUBLE(ROW_MULTILABEL_MARGIN, multilabel_margin)
    TG_TABLE_END
};
