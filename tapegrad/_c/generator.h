/* The random number generator's state, as it lies in the buffer that every kernel in
 * random.c takes as its last operand. */
#ifndef TG_GENERATOR_H
#define TG_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

enum { TG_GENERATOR_WORDS = 624 };

typedef struct {
    uint32_t state[TG_GENERATOR_WORDS];
    int64_t next; /* index of the next unused word; 624 when all are used */
    double next_normal;
    int64_t has_next_normal;
    uint64_t seed;
} tg_generator;

extern const size_t tg_generator_size;

#endif
