/* Attention: for each head softmax(query @ key.T * scale + mask) @ value, and its gradients.
 *
 * A block of queries is computed at a time, so that all weights are never there at once; on the way
 * back they are computed anew. Outer iterations are heads, which threads share.
 */
#include "attention_weights.h"
#include "product_parts.h"
#include "scratch.h"

typedef struct {
    int64_t status;
    double scale;
    int64_t is_causal, has_mask;
} heads_params;

enum {
    BLOCK_BYTES = 1 << 18, /* of weights, so that the second cache holds what they are made of too */
    FEWEST_QUERIES = 32,   /* of a block, so that products stay products of matrices */
    WHOLE_VECTORS = 16,    /* lines of weights end with them */
    DEPTH = 256,           /* keys that are added up as one chain */
    NO_MEMORY = 1,
};

static tg_intp least(tg_intp a, tg_intp b) { return a < b ? a : b; }

/* A matrix, or its transpose: the steps in bytes between rows and columns. */
typedef struct {
    char *data;
    tg_intp row, column;
} matrix;

/* What a type takes. */
typedef struct {
    tg_intp size;
    void (*multiply)(char *const *args, const tg_intp *dims, const tg_intp *steps, int adds);
    tg_loop weights, back;
} kinds_of_loops;

/* One head: how many queries and keys there are, features of both and of values, and queries of a
 * block. */
typedef struct {
    const kinds_of_loops *loops;
    const heads_params *params;
    tg_intp n, n_keys, features, n_values, at_once;
    matrix query, key, value, mask;
} head;

static matrix transpose(matrix a)
{
    const matrix turned = {a.data, a.column, a.row};
    return turned;
}

static matrix from_row(matrix a, tg_intp row)
{
    a.data += row * a.row;
    return a;
}

static matrix from_column(matrix a, tg_intp column)
{
    a.data += column * a.column;
    return a;
}

static matrix packed(void *data, tg_intp n_columns, tg_intp size)
{
    const matrix made = {data, n_columns * size, size};
    return made;
}

/* (n, k) @ (k, m), or added to what is there. */
static void multiply(const head *h, int adds, tg_intp n, tg_intp k, tg_intp m, matrix a, matrix b,
                     matrix out)
{
    char *args[3] = {a.data, b.data, out.data};
    const tg_intp dims[4] = {1, n, k, m};
    const tg_intp steps[9] = {0, 0, 0, a.row, a.column, b.row, b.column, out.row, out.column};
    h->loops->multiply(args, dims, steps, adds);
}

/* The same in parts of the depth, so that no sum gathers the error of many additions. */
static void multiply_deep(const head *h, tg_intp n, tg_intp k, tg_intp m, matrix a, matrix b,
                          matrix out)
{
    for (tg_intp done = 0; done < k; done += DEPTH)
        multiply(h, done > 0, n, least(k - done, DEPTH), m, from_column(a, done), from_row(b, done),
                 out);
}

/* A loop over the scores of m keys and n queries. */
static void by_queries(const head *h, tg_loop loop, tg_intp m, tg_intp n, tg_intp first, matrix a,
                       matrix b)
{
    char *args[3] = {a.data, b.data, a.data};
    const tg_intp dims[3] = {1, m, n};
    const tg_intp steps[9] = {0, 0, 0, a.row, a.column, b.row, b.column, a.row, a.column};
    attention_params params = {h->params->scale, first, h->params->has_mask};
    loop(args, dims, steps, &params);
}

static tg_intp whole(tg_intp n) { return (n + WHOLE_VECTORS - 1) / WHOLE_VECTORS * WHOLE_VECTORS; }

/* How many keys some queries may look at. */
static tg_intp seen(const head *h, tg_intp first, tg_intp n)
{
    return h->params->is_causal ? least(h->n_keys, first + n) : h->n_keys;
}

/* The weights of n queries from the first on: a row for each key that they may look at. */
static void weigh(const head *h, tg_intp first, tg_intp n, matrix weights)
{
    const tg_intp m = seen(h, first, n);
    const matrix mask = h->params->has_mask ? transpose(from_row(h->mask, first)) : weights;
    multiply(h, 0, m, h->features, n, h->key, transpose(from_row(h->query, first)), weights);
    by_queries(h, h->loops->weights, m, n, h->params->is_causal ? first : -1, weights, mask);
}

static void attend(const head *h, matrix out, char *scratch)
{
    for (tg_intp first = 0; first < h->n; first += h->at_once) {
        const tg_intp n = least(h->at_once, h->n - first);
        const matrix weights = packed(scratch, whole(n), h->loops->size);
        weigh(h, first, n, weights);
        multiply_deep(h, n, seen(h, first, n), h->n_values, transpose(weights), h->value,
                      from_row(out, first));
    }
}

/* Gradients of query, key and value from that of the output. The last block is the first one, for it
 * sees all the keys that any block does; others get zero. */
static void attend_back(const head *h, matrix slope, const matrix of[3], char *scratch)
{
    const tg_intp size = h->loops->size, block = h->n_keys * whole(h->at_once) * size;
    const tg_intp n_seen = seen(h, h->n, 0);
    for (tg_intp i = n_seen; i < h->n_keys; i++) {
        memset(of[1].data + i * of[1].row, 0, (size_t)(h->features * size));
        memset(of[2].data + i * of[2].row, 0, (size_t)(h->n_values * size));
    }
    const tg_intp last = (h->n - 1) / h->at_once * h->at_once;
    for (tg_intp first = last; first >= 0; first -= h->at_once) {
        const tg_intp n = least(h->at_once, h->n - first), m = seen(h, first, n);
        const matrix weights = packed(scratch, whole(n), size);
        const matrix inner = packed(scratch + block, whole(n), size), g = from_row(slope, first);
        weigh(h, first, n, weights);
        multiply(h, first < last, m, n, h->n_values, weights, g, of[2]);
        multiply(h, 0, m, h->n_values, n, h->value, transpose(g), inner);
        by_queries(h, h->loops->back, m, n, 0, inner, weights);
        multiply_deep(h, n, m, h->features, transpose(inner), h->key, from_row(of[0], first));
        multiply(h, first < last, m, n, h->features, inner, from_row(h->query, first), of[1]);
    }
}

/* A core matrix of the outer iteration i; every operand is one. */
static matrix operand(char **args, const tg_intp *steps, int n_operands, int k, tg_intp i)
{
    const tg_intp *core = steps + n_operands + 2 * k;
    const matrix made = {args[k] + i * steps[k], core[0], core[1]};
    return made;
}

/* What all heads have in common. */
static head head_of(const kinds_of_loops *loops, const heads_params *params, tg_intp n,
                    tg_intp n_keys, tg_intp features, tg_intp n_values)
{
    const tg_intp fit = BLOCK_BYTES / (n_keys * loops->size);
    const tg_intp at_once = least(n, fit > FEWEST_QUERIES ? fit : FEWEST_QUERIES);
    const head made = {.loops = loops, .params = params, .n = n, .n_keys = n_keys,
                       .features = features, .n_values = n_values, .at_once = at_once};
    return made;
}

/* (n,e),(k,e),(k,f),(n,k)->(n,f): query, key, value and mask. */
static void attend_all(const kinds_of_loops *loops, char **args, const tg_intp *dims,
                       const tg_intp *steps, heads_params *params)
{
    head h = head_of(loops, params, dims[1], dims[3], dims[2], dims[4]);
    char *scratch = tg_take_scratch((size_t)(h.n_keys * whole(h.at_once) * loops->size));
    if (scratch == NULL) {
        params->status = NO_MEMORY;
        return;
    }
    for (tg_intp i = 0; i < dims[0]; i++) {
        matrix *const in[4] = {&h.query, &h.key, &h.value, &h.mask};
        for (int k = 0; k < 4; k++)
            *in[k] = operand(args, steps, 5, k, i);
        attend(&h, operand(args, steps, 5, 4, i), scratch);
    }
    tg_give_scratch(scratch);
}

/* (n,f),(n,e),(k,e),(k,f),(n,k)->(n,e),(k,e),(k,f): the output's gradient before these. */
static void attend_all_back(const kinds_of_loops *loops, char **args, const tg_intp *dims,
                            const tg_intp *steps, heads_params *params)
{
    head h = head_of(loops, params, dims[1], dims[4], dims[3], dims[2]);
    char *scratch = tg_take_scratch((size_t)(2 * h.n_keys * whole(h.at_once) * loops->size));
    if (scratch == NULL) {
        params->status = NO_MEMORY;
        return;
    }
    for (tg_intp i = 0; i < dims[0]; i++) {
        matrix *const in[4] = {&h.query, &h.key, &h.value, &h.mask};
        matrix of[3];
        for (int k = 0; k < 4; k++)
            *in[k] = operand(args, steps, 8, k + 1, i);
        for (int k = 0; k < 3; k++)
            of[k] = operand(args, steps, 8, k + 5, i);
        attend_back(&h, operand(args, steps, 8, 0, i), of, scratch);
    }
    tg_give_scratch(scratch);
}

#define LOOPS_OF(type, T)                                                                         \
    static const kinds_of_loops loops_##type = {                                                  \
        sizeof(T), tg_multiply_##type, attention_weights_##type, attention_backward_##type};      \
    TG_LOOP(attention_##type) { attend_all(&loops_##type, args, dims, steps, params); }           \
    TG_LOOP(attention_slopes_##type) { attend_all_back(&loops_##type, args, dims, steps, params); }

LOOPS_OF(float32, float)
LOOPS_OF(float64, double)

#define ROWS(type, number, letters)                                                               \
    {"attention", "(n,e),(k,e),(k,f),(n,k)->(n,f)", &letters[3], number, attention_##type, "qdqq", \
     sizeof(heads_params), 1},                                                                    \
    {"attention_slopes", "(n,f),(n,e),(k,e),(k,f),(n,k)->(n,e),(k,e),(k,f)", letters, number,     \
     attention_slopes_##type, "qdqq", sizeof(heads_params), 1},

const tg_kernel tg_attention_kernels[] = {
    ROWS(float32, TG_FLOAT32, "ffffffff")
    ROWS(float64, TG_FLOAT64, "dddddddd")
    TG_TABLE_END
};
