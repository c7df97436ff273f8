/* Sums and maxima of many terms, in lanes: one long chain would wait for each of them, and a sum
 * gather its error. Sums are double. */
#ifndef TG_LANES_H
#define TG_LANES_H

#include "vectors.h"

enum { LANES = 16 };

/* total = the sum over i < n of TERM. */
#define SUM_OVER(total, i, n, TERM)                                  \
    double total;                                                    \
    {                                                                \
        double lanes[LANES] = {0};                                   \
        tg_intp first = 0;                                           \
        for (; first + LANES <= (n); first += LANES)                 \
            for (int k = 0; k < LANES; k++) {                        \
                const tg_intp i = first + k;                         \
                lanes[k] += (double)(TERM);                          \
            }                                                        \
        for (tg_intp i = first; i < (n); i++)                        \
            lanes[i - first] += (double)(TERM);                      \
        for (int half = LANES / 2; half > 0; half /= 2)              \
            for (int k = 0; k < half; k++)                           \
                lanes[k] += lanes[k + half];                         \
        total = lanes[0];                                            \
    }

/* Compilers vectorise a choice only in a loop that is too long for them to unroll. */
enum { CHOICE_LANES = 32 };

/* One instruction, which passes over NaN in b: the sum of powers that follows meets it. */
#define LARGER(a, b) ((b) > (a) ? (b) : (a))

/* max = the largest VALUE over i < n that is no NaN; minus infinity where there is none. */
#define ROW_MAX(C, max, i, n, VALUE)                                 \
    C max;                                                           \
    {                                                                \
        C lanes[CHOICE_LANES];                                       \
        tg_intp first = 0;                                           \
        for (int k = 0; k < CHOICE_LANES; k++)                       \
            lanes[k] = -INFINITY;                                    \
        for (; first + CHOICE_LANES <= (n); first += CHOICE_LANES)   \
            for (int k = 0; k < CHOICE_LANES; k++) {                 \
                const tg_intp i = first + k;                         \
                const C value = VALUE;                               \
                lanes[k] = LARGER(lanes[k], value);                  \
            }                                                        \
        for (tg_intp i = first; i < (n); i++) {                      \
            const C value = VALUE;                                   \
            lanes[i - first] = LARGER(lanes[i - first], value);      \
        }                                                            \
        for (int half = CHOICE_LANES / 2; half > 0; half /= 2)       \
            for (int k = 0; k < half; k++)                           \
                lanes[k] = LARGER(lanes[k], lanes[k + half]);        \
        max = lanes[0];                                              \
    }

#endif
