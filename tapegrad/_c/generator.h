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

/* Makes the next 624 words. */
void tg_refill(tg_generator *generator);

/* The number that a word of the state stands for. */
static inline uint32_t tg_tempered(uint32_t word)
{
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ (word >> 18);
}

static inline uint32_t tg_draw_32(tg_generator *generator)
{
    if (generator->next >= TG_GENERATOR_WORDS)
        tg_refill(generator);
    return tg_tempered(generator->state[generator->next++]);
}

static inline uint64_t tg_draw_64(tg_generator *generator)
{
    const uint64_t high = tg_draw_32(generator);
    return high << 32 | tg_draw_32(generator);
}

/* In [0, 1): as many bits as the significand holds. */
static inline float tg_unit_of(uint32_t word)
{
    return (float)(int32_t)(tg_tempered(word) & 0xffffffu) * 0x1p-24f;
}

static inline float tg_unit_float(tg_generator *generator)
{
    return (float)(tg_draw_32(generator) & 0xffffffu) * 0x1p-24f;
}

static inline double tg_unit_double(tg_generator *generator)
{
    return (double)(tg_draw_64(generator) & 0x1fffffffffffffu) * 0x1p-53;
}

double tg_draw_normal(tg_generator *generator);

#endif
