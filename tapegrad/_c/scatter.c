/* Reading and writing lines by positions: what gather, scatter and index_add do along a dimension.
 *
 * Lines are independent of each other, so a loop runs along memory, whichever of the two that is;
 * along a line the order is that of the positions, and the last of several writes to one place
 * stays. Positions are checked a run at a time, unless they were when they were made ("positions").
 */
#include "vectors.h"

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

/* Note the first index of a run outside the dimension. */
static void refuse(const char *indices, tg_intp step, tg_intp n, position_params *dim)
{
    for (tg_intp i = 0; i < n && !dim->status; i++) {
        const int64_t index = TG_AT(const int64_t, indices, i * step);
        dim->status = index < 0 || index >= dim->size;
        dim->bad_index = index;
    }
}

enum { CHECKED_AT_ONCE = 4096 };

/* Refuses the first index outside the dimension, and writes nothing. */
TG_VECTOR_LOOP(check_positions)
{
    position_params *dim = params;
    const uint64_t size = (uint64_t)dim->size;
    (void)fused;
    for (tg_intp i = 0; i < dims[0] && !dim->status; i += CHECKED_AT_ONCE) {
        const char *indices = args[0] + i * steps[0];
        const tg_intp n = dims[0] - i < CHECKED_AT_ONCE ? dims[0] - i : CHECKED_AT_ONCE;
        int64_t n_outside = 0;
        if (steps[0] == sizeof(int64_t))
            for (tg_intp k = 0; k < n; k++)
                n_outside += ((const uint64_t *)indices)[k] >= size;
        else
            for (tg_intp k = 0; k < n; k++)
                n_outside += TG_AT(const uint64_t, indices, k * steps[0]) >= size;
        if (n_outside > 0)
            refuse(indices, steps[0], n, dim);
    }
}

static inline int line_is_slow(tg_intp along, tg_intp across)
{
    return (along < 0 ? -along : along) > (across < 0 ? -across : across);
}

enum { AT_ONCE = 16, EARLY = 512 };

/* Ask for what is to come: indices and elements further on in memory, and the part of the next line
 * that lies as this part does. Its places are met in no order that a processor could foresee. */
static inline void ask_early(const char *next_line, const char *indices, const char *elements,
                             tg_intp size_of, tg_intp element_step)
{
    for (tg_intp at = 0; at < AT_ONCE * size_of; at += 64)
        TG_PREFETCH(next_line + at);
    TG_PREFETCH(elements + EARLY * element_step);
    for (tg_intp i = EARLY; i < EARLY + AT_ONCE; i += 64 / (tg_intp)sizeof(int64_t))
        TG_PREFETCH(indices + i * (tg_intp)sizeof(int64_t));
}

/* For a run of elements and an index each: STATEMENT joins an element and its place in a line. A run
 * goes along one line (line_step is 0) or across all of them; the usual steps are constants. An
 * index outside stands for 0 until the run has ended, so that no branch has to guess. */
#define RUN(name, T, STATEMENT)                                                                 \
    static TG_INLINE int name##_run(char *line, const char *indices, char *elements, tg_intp n, \
                                    tg_intp line_step, tg_intp place_step, tg_intp index_step,  \
                                    tg_intp element_step, uint64_t size)                        \
    {                                                                                           \
        int is_refused = 0;                                                                     \
        for (tg_intp i = 0; i < n; i++) {                                                       \
            const uint64_t index = TG_AT(const uint64_t, indices, i * index_step);              \
            const int is_outside = index >= size;                                               \
            const tg_intp at = is_outside ? 0 : (tg_intp)index;                                 \
            T *place = &TG_AT(T, line, i * line_step + at * place_step);                        \
            T *element = &TG_AT(T, elements, i * element_step);                                 \
            is_refused |= is_outside;                                                           \
            STATEMENT                                                                           \
        }                                                                                       \
        return is_refused;                                                                      \
    }                                                                                           \
    static int name##_along_line(char *line, const char *indices, char *elements, tg_intp n,    \
                                 tg_intp to_next, tg_intp element_step, uint64_t size)          \
    {                                                                                           \
        const tg_intp packed = sizeof(T), index_packed = sizeof(int64_t);                       \
        tg_intp i = 0;                                                                          \
        int is_refused = 0;                                                                     \
        for (; i + AT_ONCE <= n; i += AT_ONCE) {                                                \
            const char *index = indices + i * index_packed;                                     \
            char *element = elements + i * element_step;                                        \
            ask_early(line + to_next + i * packed, index, element, packed, element_step);       \
            is_refused |= name##_run(line, index, element, AT_ONCE, 0, packed, index_packed,    \
                                     element_step, size);                                       \
        }                                                                                       \
        return is_refused | name##_run(line, indices + i * index_packed,                        \
                                       elements + i * element_step, n - i, 0, packed,           \
                                       index_packed, element_step, size);                       \
    }                                                                                           \
    static int name##_any_run(char *line, const char *indices, char *elements, tg_intp n,       \
                              tg_intp to_next, tg_intp line_step, tg_intp place_step,           \
                              tg_intp index_step, tg_intp element_step, uint64_t size)          \
    {                                                                                           \
        const tg_intp packed = sizeof(T), index_packed = sizeof(int64_t);                       \
        if (index_step == index_packed && line_step == 0 && place_step == packed)               \
            return name##_along_line(line, indices, elements, n, to_next, element_step, size);  \
        if (index_step == index_packed && line_step == packed)                                  \
            return name##_run(line, indices, elements, n, sizeof(T), place_step,                \
                              sizeof(int64_t), element_step, size);                             \
        return name##_run(line, indices, elements, n, line_step, place_step, index_step,        \
                          element_step, size);                                                  \
    }

/* `lines` and `elements` are the numbers of the operands; the index is operand 1. A size below 0
 * says that the caller has checked the positions. */
#define RUNS(name, lines, elements, any_run)                                                       \
    TG_LOOP(name)                                                                                  \
    {                                                                                              \
        position_params *dim = params;                                                             \
        const int slow = line_is_slow(steps[3 + lines], steps[lines]);                             \
        const tg_intp n_along = dims[elements == 0 ? 1 : 2];                                       \
        const tg_intp n_runs = slow ? n_along : dims[0], n = slow ? dims[0] : n_along;             \
        const tg_intp *to_next_run = steps + (slow ? 3 : 0), *in_run = steps + (slow ? 0 : 3);     \
        for (tg_intp run = 0; run < n_runs && !dim->status; run++) {                               \
            const char *indices = args[1] + run * to_next_run[1];                                  \
            char *line = args[lines] + (slow ? 0 : run * steps[lines]);                            \
            char *given = args[elements] + run * to_next_run[elements];                            \
            if (dim->size == 0 ||                                                                  \
                any_run(line, indices, given, n, to_next_run[lines], slow ? steps[lines] : 0,      \
                        steps[3 + lines], in_run[1], in_run[elements], (uint64_t)dim->size))       \
                refuse(indices, in_run[1], n, dim);                                                \
        }                                                                                          \
    }

/* out[j] = source[position[j]] */
#define PICK(name, T)                  \
    RUN(name, T, *element = *place;) \
    RUNS(name, 0, 2, name##_any_run)

PICK(pick_1, uint8_t)
PICK(pick_2, uint16_t)
PICK(pick_4, uint32_t)
PICK(pick_8, uint64_t)

/* out[position[j]] = RESULT, an expression in the old value y and the new one x */
#define PLACE(name, T, C, load, store, RESULT)                                           \
    RUN(name, T, const C x = load(*element); const C y = load(*place); (void)y;          \
        *place = store(RESULT);)                                                         \
    RUNS(name, 2, 0, name##_any_run)

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

#define ROW_PICK(op, dtype, T, C, load, store, number, letter) \
    {#op, "(n),(k)->(k)", letter "l" letter, number, TG_OF_SIZE_OF(T, pick), "qqqq", \
     sizeof(position_params), 1},
#define ROW_PLACE(op, dtype, T, C, load, store, number, letter) \
    {#op, "(k),(k)->(n)", letter "l" letter, number, TG_OF_SIZE_OF(T, place), "qqqq", \
     sizeof(position_params), 1},
#define ROW_PLACE_WITH(op, dtype, T, C, load, store, number, letter) \
    {#op, "(k),(k)->(n)", letter "l" letter, number, op##_##dtype, "qqqq", \
     sizeof(position_params), 1},

const tg_kernel tg_scatter_kernels[] = {
    {"positions", "()->()", "il", TG_INT32, positions_int32, "qqqq", sizeof(position_params), 1},
    {"positions", "()->()", "ll", TG_INT64, positions_int64, "qqqq", sizeof(position_params), 1},
    {"check_positions", "()->", "l", TG_INT64, check_positions, "qqqq", sizeof(position_params), 1},
    TG_ALL(ROW_PICK, pick)
    TG_ALL(ROW_PLACE, place)
    TG_ALL(ROW_PLACE_WITH, place_add)
    TG_ALL(ROW_PLACE_WITH, place_mul)
    TG_ALL(ROW_PLACE_WITH, place_min)
    TG_ALL(ROW_PLACE_WITH, place_max)
    TG_TABLE_END
};
