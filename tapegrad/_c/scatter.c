/* Reading and writing lines by positions: what gather, scatter and index_add do along a dimension.
 *
 * The positions were checked when they were made ("positions"); the loops trust them. Lines are
 * independent of each other, so a loop runs along memory, whichever of the two that is; along a
 * line the order is that of the positions, and the last of several writes to one place stays.
 */
#include "loops.h"

typedef struct {
    int64_t status;
    int64_t bad_index;
    int64_t size;
    int64_t wraps; /* whether negative indices count from the end */
} position_params;

/* out = index, counted from the front; refuses what lies outside the dimension */
#define POSITIONS(name, T)                                                              \
    TG_LOOP(name)                                                                       \
    {                                                                                   \
        position_params *dim = params;                                                  \
        const int64_t size = dim->size, lowest = dim->wraps ? -size : 0;                \
        for (tg_intp i = 0; i < dims[0]; i++) {                                         \
            const int64_t index = TG_AT(const T, args[0], i * steps[0]);                \
            if (index < lowest || index >= size) {                                      \
                dim->status = 1;                                                        \
                dim->bad_index = index;                                                 \
                return;                                                                 \
            }                                                                           \
            TG_AT(int64_t, args[1], i * steps[1]) = index < 0 ? index + size : index;   \
        }                                                                               \
    }

POSITIONS(positions_int32, int32_t)
POSITIONS(positions_int64, int64_t)

static inline int line_is_slow(tg_intp along, tg_intp across)
{
    return (along < 0 ? -along : along) > (across < 0 ? -across : across);
}

/* Runs STATEMENT for every line i and every position j of it. */
#define FOR_LINES(slow, n_lines, n, STATEMENT)     \
    if (slow)                                      \
        for (tg_intp j = 0; j < (n); j++)          \
            for (tg_intp i = 0; i < (n_lines); i++) \
                STATEMENT                          \
    else                                           \
        for (tg_intp i = 0; i < (n_lines); i++)    \
            for (tg_intp j = 0; j < (n); j++)      \
                STATEMENT

/* out[j] = source[position[j]] */
#define PICK(name, T)                                                                        \
    TG_LOOP(name)                                                                            \
    {                                                                                        \
        (void)params;                                                                        \
        FOR_LINES(line_is_slow(steps[3], steps[0]), dims[0], dims[2], {                      \
            const tg_intp at = (tg_intp)TG_AT(const int64_t, args[1], i * steps[1] + j * steps[4]); \
            TG_AT(T, args[2], i * steps[2] + j * steps[5]) =                                 \
                TG_AT(const T, args[0], i * steps[0] + at * steps[3]);                       \
        })                                                                                   \
    }

PICK(pick_1, uint8_t)
PICK(pick_2, uint16_t)
PICK(pick_4, uint32_t)
PICK(pick_8, uint64_t)

/* out[position[j]] = RESULT, an expression in the old value y and the new one x */
#define PLACE(name, T, C, load, store, RESULT)                                               \
    TG_LOOP(name)                                                                            \
    {                                                                                        \
        (void)params;                                                                        \
        FOR_LINES(line_is_slow(steps[5], steps[2]), dims[0], dims[1], {                      \
            const tg_intp at = (tg_intp)TG_AT(const int64_t, args[1], i * steps[1] + j * steps[4]); \
            const C x = load(TG_AT(const T, args[0], i * steps[0] + j * steps[3]));          \
            T *to = &TG_AT(T, args[2], i * steps[2] + at * steps[5]);                        \
            const C y = load(*to);                                                           \
            (void)y;                                                                         \
            *to = store(RESULT);                                                             \
        })                                                                                   \
    }

PLACE(place_1, uint8_t, uint8_t, TG_AS_IS, TG_AS_IS, x)
PLACE(place_2, uint16_t, uint16_t, TG_AS_IS, TG_AS_IS, x)
PLACE(place_4, uint32_t, uint32_t, TG_AS_IS, TG_AS_IS, x)
PLACE(place_8, uint64_t, uint64_t, TG_AS_IS, TG_AS_IS, x)

#define PLACE_BOOL(op, RESULT) PLACE(op##_bool, uint8_t, uint8_t, TG_TRUTH, TG_TRUTH, RESULT)
#define PLACE_INTEGER(op, dtype, T, RESULT) \
    PLACE(op##_##dtype, T, T, TG_AS_IS, TG_AS_IS, RESULT)
#define PLACE_FLOAT(op, dtype, T, C, load, store, RESULT) \
    PLACE(op##_##dtype, T, C, load, store, RESULT)

/* Whole numbers wrap, so they are computed without a sign. */
#define ADD_INTEGER(op, dtype, T, ...) PLACE_INTEGER(op, dtype, T, (T)((uint64_t)y + (uint64_t)x))
#define MUL_INTEGER(op, dtype, T, ...) PLACE_INTEGER(op, dtype, T, (T)((uint64_t)y * (uint64_t)x))
#define MIN_INTEGER(op, dtype, T, ...) PLACE_INTEGER(op, dtype, T, x < y ? x : y)
#define MAX_INTEGER(op, dtype, T, ...) PLACE_INTEGER(op, dtype, T, x > y ? x : y)
#define ADD_FLOAT(op, dtype, T, C, load, store, ...) \
    PLACE_FLOAT(op, dtype, T, C, load, store, y + x)
#define MUL_FLOAT(op, dtype, T, C, load, store, ...) \
    PLACE_FLOAT(op, dtype, T, C, load, store, y * x)
/* A NaN on either side stays. */
#define MIN_FLOAT(op, dtype, T, C, load, store, ...) \
    PLACE_FLOAT(op, dtype, T, C, load, store, TG_IS_NAN(y) || y < x ? y : x)
#define MAX_FLOAT(op, dtype, T, C, load, store, ...) \
    PLACE_FLOAT(op, dtype, T, C, load, store, TG_IS_NAN(y) || y > x ? y : x)

PLACE_BOOL(place_add, x | y)
PLACE_BOOL(place_mul, x & y)
PLACE_BOOL(place_min, x & y)
PLACE_BOOL(place_max, x | y)
TG_INTEGERS(ADD_INTEGER, place_add)
TG_INTEGERS(MUL_INTEGER, place_mul)
TG_INTEGERS(MIN_INTEGER, place_min)
TG_INTEGERS(MAX_INTEGER, place_max)
TG_FLOATS(ADD_FLOAT, place_add)
TG_FLOATS(MUL_FLOAT, place_mul)
TG_FLOATS(MIN_FLOAT, place_min)
TG_FLOATS(MAX_FLOAT, place_max)

#define OF_SIZE_OF(T, loop) \
    (sizeof(T) == 1 ? loop##_1 : sizeof(T) == 2 ? loop##_2 : sizeof(T) == 4 ? loop##_4 : loop##_8)

#define ROW_PICK(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(k)->(k)", letter "l" letter, number, OF_SIZE_OF(T, pick), NULL, 0, 0},
#define ROW_PLACE(op, dtype, T, C, load, store, number, letter) \
    {#op, "(k),(k)->(n)", letter "l" letter, number, OF_SIZE_OF(T, place), NULL, 0, 0},
#define ROW_PLACE_WITH(op, dtype, T, C, load, store, number, letter) \
    {#op, "(k),(k)->(n)", letter "l" letter, number, op##_##dtype, NULL, 0, 0},

const tg_kernel tg_scatter_kernels[] = {
    {"positions", "()->()", "il", TG_INT32, positions_int32, "qqqq", sizeof(position_params), 1},
    {"positions", "()->()", "ll", TG_INT64, positions_int64, "qqqq", sizeof(position_params), 1},
    TG_ALL(ROW_PICK, pick)
    TG_ALL(ROW_PLACE, place)
    TG_ALL(ROW_PLACE_WITH, place_add)
    TG_ALL(ROW_PLACE_WITH, place_mul)
    TG_ALL(ROW_PLACE_WITH, place_min)
    TG_ALL(ROW_PLACE_WITH, place_max)
    TG_TABLE_END
};
