/* The weights of attention, from products of keys and queries, and the gradient through them.
 *
 * (m,n),(m,n)->(m,n): of scores in place, with the n queries of each of m keys side by side, and a
 * mask; and of gradients of weights, and the weights.
 *
 * A column belongs to one query, so that neighbours in memory are of different sums and no vector has
 * to be added up. Where `first` is not negative it is the place of the first column, and a query may
 * look at no later place than its own. Weights at other places are zero, and so are those of a
 * query that may look nowhere.
 */
#include "elementary.h"
#include "lanes.h"

typedef struct {
    double scale;
    int64_t first, has_mask;
} attention_params;

#define EXP(x) _Generic((x), float: tg_exp_below(x, fused), default: exp(x))

/* Queries at a time, and how many terms of a sum go to one part of it. */
enum { QUERIES = 64, TERMS = 512 };

/* What a block of queries is made of: `step` bytes lie between the scores of two keys. The mask's
 * steps are of a key and a query; from key `first` on not all queries of the block may look. */
typedef struct {
    char *scores;
    const char *mask;
    tg_intp step, key_step, query_step, n_keys, first;
    int has_mask;
} score_block;

/* softmax(scores * scale + mask) in place, down the columns. Minus infinity stands at places where
 * a query may not look. */
#define WEIGHTS_OF_BLOCK(dtype, T)                                                                \
    static TG_INLINE void scores_##dtype(const score_block *block, int width, T scale,            \
                                         T *restrict max)                                         \
    {                                                                                             \
        for (tg_intp i = 0; i < block->n_keys; i++) {                                             \
            T *restrict x = (T *)(block->scores + i * block->step);                               \
            const char *mask = block->mask + i * block->key_step;                                 \
            const int own = i < block->first ? 0 : (int)(i - block->first);                       \
            for (int j = 0; j < width; j++)                                                       \
                x[j] = j < own ? (T)-INFINITY : x[j] * scale;                                     \
            for (int j = 0; j < width && block->has_mask; j++)                                    \
                x[j] += TG_AT(const T, mask, j * block->query_step);                              \
            for (int j = 0; j < width; j++)                                                       \
                max[j] = LARGER(max[j], x[j]);                                                    \
        }                                                                                         \
    }                                                                                             \
    static TG_INLINE void weights_of_block_##dtype(const score_block *block, int width, T scale,  \
                                                   const int fused)                               \
    {                                                                                             \
        T max[QUERIES], total[QUERIES], part[QUERIES];                                            \
        for (int j = 0; j < QUERIES; j++)                                                         \
            max[j] = -INFINITY, total[j] = part[j] = 0;                                           \
        scores_##dtype(block, width, scale, max);                                                 \
        for (int j = 0; j < QUERIES; j++)                                                         \
            max[j] = max[j] == -INFINITY ? 0 : max[j];                                            \
        for (tg_intp i = 0; i < block->n_keys; i++) {                                             \
            T *restrict x = (T *)(block->scores + i * block->step);                               \
            for (int j = 0; j < width; j++) {                                                     \
                const T difference = x[j] - max[j], power = EXP(difference);                      \
                x[j] = power;                                                                     \
                part[j] += power;                                                                 \
            }                                                                                     \
            if (i % TERMS == TERMS - 1 || i == block->n_keys - 1)                                 \
                for (int j = 0; j < QUERIES; j++)                                                 \
                    total[j] += part[j], part[j] = 0;                                             \
        }                                                                                         \
        for (int j = 0; j < QUERIES; j++)                                                         \
            total[j] = total[j] == 0 ? 1 : 1 / total[j];                                          \
        for (tg_intp i = 0; i < block->n_keys; i++) {                                             \
            T *restrict x = (T *)(block->scores + i * block->step);                               \
            for (int j = 0; j < width; j++)                                                       \
                x[j] *= total[j];                                                                 \
        }                                                                                         \
    }

#define WEIGHTS(dtype, T)                                                                         \
    WEIGHTS_OF_BLOCK(dtype, T)                                                                    \
    TG_VECTOR_LOOP(attention_weights_##dtype)                                                     \
    {                                                                                             \
        const attention_params *const given = params;                                             \
        const tg_intp *core = steps + 3;                                                          \
        for (tg_intp head = 0; head < dims[0]; head++)                                            \
            for (tg_intp start = 0; start < dims[2]; start += QUERIES) {                          \
                const tg_intp rest = dims[2] - start;                                             \
                const score_block block = {                                                       \
                    args[2] + head * steps[2] + start * core[5],                                  \
                    args[1] + head * steps[1] + start * core[3],                                  \
                    core[4], core[2], core[3], dims[1],                                           \
                    given->first < 0 ? dims[1] : given->first + start, given->has_mask != 0};     \
                if (rest < QUERIES)                                                               \
                    weights_of_block_##dtype(&block, (int)rest, (T)given->scale, fused);          \
                else                                                                              \
                    weights_of_block_##dtype(&block, QUERIES, (T)given->scale, fused);            \
            }                                                                                     \
    }

/* weights * (g - sum(g * weights)) * scale, down the columns */
#define BACK_OF_BLOCK(dtype, T)                                                                   \
    static TG_INLINE void back_of_block_##dtype(char *const *block, const tg_intp *step,          \
                                                tg_intp n_keys, int width, T scale)               \
    {                                                                                             \
        T sum[QUERIES] = {0}, part[QUERIES] = {0};                                                \
        for (tg_intp i = 0; i < n_keys; i++) {                                                    \
            const T *restrict g = (const T *)(block[0] + i * step[0]);                            \
            const T *restrict weights = (const T *)(block[1] + i * step[2]);                      \
            for (int j = 0; j < width; j++)                                                       \
                part[j] += g[j] * weights[j];                                                     \
            if (i % TERMS == TERMS - 1 || i == n_keys - 1)                                        \
                for (int j = 0; j < QUERIES; j++)                                                 \
                    sum[j] += part[j], part[j] = 0;                                               \
        }                                                                                         \
        for (tg_intp i = 0; i < n_keys; i++) {                                                    \
            const T *g = (const T *)(block[0] + i * step[0]);                                     \
            const T *weights = (const T *)(block[1] + i * step[2]);                               \
            T *out = (T *)(block[2] + i * step[4]);                                               \
            TG_INDEPENDENT                                                                        \
            for (int j = 0; j < width; j++)                                                       \
                out[j] = weights[j] * (g[j] - sum[j]) * scale;                                    \
        }                                                                                         \
    }

#define WEIGHTS_BACKWARD(dtype, T)                                                                \
    BACK_OF_BLOCK(dtype, T)                                                                       \
    TG_VECTOR_LOOP(attention_backward_##dtype)                                                    \
    {                                                                                             \
        const T scale = (T)((const attention_params *)params)->scale;                             \
        const tg_intp *core = steps + 3;                                                          \
        (void)fused;                                                                              \
        for (tg_intp head = 0; head < dims[0]; head++)                                            \
            for (tg_intp start = 0; start < dims[2]; start += QUERIES) {                          \
                const tg_intp rest = dims[2] - start;                                             \
                char *block[3];                                                                   \
                for (int k = 0; k < 3; k++)                                                       \
                    block[k] = args[k] + head * steps[k] + start * core[2 * k + 1];               \
                if (rest < QUERIES)                                                               \
                    back_of_block_##dtype(block, core, dims[1], (int)rest, scale);                \
                else                                                                              \
                    back_of_block_##dtype(block, core, dims[1], QUERIES, scale);                  \
            }                                                                                     \
    }

WEIGHTS(float32, float)
WEIGHTS(float64, double)
WEIGHTS_BACKWARD(float32, float)
WEIGHTS_BACKWARD(float64, double)
