/* Conversions between dtypes; to the same dtype, the copy from any strides to any. */
#include "through_floats.h"

#include <string.h>

/* The int64 or int32 of a float. Out of range and NaN give the smallest integer, as
 * x86's own conversions do; C leaves them undefined. */
static inline int64_t tg_int64_of_double(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static inline int32_t tg_int32_of_double(double x)
{
    return x > -0x1p31 - 1 && x < 0x1p31 ? (int32_t)x : INT32_MIN;
}

static inline int64_t tg_int64_of_float(float x)
{
    return x >= -0x1p63f && x < 0x1p63f ? (int64_t)x : INT64_MIN;
}

static inline int32_t tg_int32_of_float(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int32_t)x : INT32_MIN;
}

static inline int64_t tg_int64_of_int64(int64_t x) { return x; }

#define TO_INT64(x)                                                        \
    _Generic((x), float: tg_int64_of_float, double: tg_int64_of_double,    \
             default: tg_int64_of_int64)(x)
#define TO_INT32(x)                                                        \
    _Generic((x), float: tg_int32_of_float, double: tg_int32_of_double,    \
             default: tg_int64_of_int64)(x)

#define TO_bool(x) ((uint8_t)((x) != 0))
#define TO_int8(x) ((int8_t)TO_INT32(x))
#define TO_uint8(x) ((uint8_t)TO_INT64(x))
#define TO_int16(x) ((int16_t)TO_INT32(x))
#define TO_int32(x) ((int32_t)TO_INT32(x))
#define TO_int64(x) ((int64_t)TO_INT64(x))
#define TO_float16(x) (tg_float_to_half((float)(x)))
#define TO_float32(x) ((float)(x))
#define TO_float64(x) ((double)(x))

#define DECLARE_TARGET(op, dtype, T, C, load, store, number, letter) \
    typedef T target_##dtype;                                        \
    enum { number_of_##dtype = number };
TG_ALL(DECLARE_TARGET, cast)

/* All elements the same number: args[0] points to it. */
#define FILL(name, T)                                                              \
    TG_VECTOR_LOOP(name)                                                           \
    {                                                                              \
        T value, *out = (T *)args[1];                                              \
        memcpy(&value, args[0], sizeof value); /* it may be of another type */     \
        (void)steps, (void)params, (void)fused;                                    \
        for (tg_intp i = 0; i < dims[0]; i++)                                      \
            out[i] = value;                                                        \
    }

FILL(fill_1, uint8_t)
FILL(fill_2, uint16_t)
FILL(fill_4, uint32_t)
FILL(fill_8, uint64_t)

/* Bytes from memory to memory that is no part of it, or the same. The C library's own way has a start
 * of some dozen cycles, and its instruction for strings is a quarter as fast on Zen where both lie
 * alike but for some bytes, as rows moved by an element do; what is large is left to it. */
enum { CHUNK = 64, FEW_BYTES = 32768 };

TG_VECTOR_LOOP(copy_bytes)
{
    const char *in = args[0];
    char *out = args[1];
    const tg_intp n = dims[0];
    (void)steps, (void)params, (void)fused;
    for (tg_intp i = 0; i + CHUNK <= n; i += CHUNK)
        memcpy(out + i, in + i, CHUNK);
    memcpy(out + n - CHUNK, in + n - CHUNK, CHUNK);
}

static void copy_packed(char **args, tg_intp n_bytes)
{
    if (n_bytes < CHUNK || n_bytes > FEW_BYTES)
        memmove(args[1], args[0], (size_t)n_bytes);
    else
        copy_bytes(args, &n_bytes, NULL, NULL);
}

#define COPY(name, T, fill)                                                \
    TG_LOOP(name)                                                          \
    {                                                                      \
        const tg_intp n = dims[0], s0 = steps[0], s1 = steps[1];           \
        const T *in = (const T *)args[0];                                  \
        T *out = (T *)args[1];                                             \
        (void)params;                                                      \
        if (s1 == (tg_intp)sizeof(T) && s0 == s1)                          \
            copy_packed(args, n * s1);                                     \
        else if (s1 == (tg_intp)sizeof(T) && s0 == 0 && n > 0)             \
            fill(args, dims, steps, NULL);                                 \
        else if (s1 == (tg_intp)sizeof(T) && s0 == -s1)                    \
            for (tg_intp i = 0; i < n; i++)                                \
                out[i] = in[-i];                                           \
        else                                                               \
            for (tg_intp i = 0; i < n; i++)                                \
                TG_AT(T, args[1], i * s1) = TG_AT(const T, args[0], i * s0);\
    }

COPY(copy_1, uint8_t, fill_1)
COPY(copy_2, uint16_t, fill_2)
COPY(copy_4, uint32_t, fill_4)
COPY(copy_8, uint64_t, fill_8)

#define OF_SIZE(name, size) \
    ((size) == 1 ? name##_1 : (size) == 2 ? name##_2 : (size) == 4 ? name##_4 : name##_8)

/* The steps of a source and a target, from row to row and along rows. */
typedef struct {
    tg_intp in_row, in, out_row, out;
} plane_steps;

enum { LINE = 16 }; /* elements written before the source moves on, where it lies along columns */

/* One row that is read again and again lies along itself. */
static inline int lies_along_columns(plane_steps s)
{
    const tg_intp row = s.in_row < 0 ? -s.in_row : s.in_row, step = s.in < 0 ? -s.in : s.in;
    return row != 0 && row < step;
}

/* Rows of a plane, each converted by a loop. */
static void cast_plane(tg_loop row, const char *in, char *out, tg_intp m, tg_intp n, plane_steps s)
{
    const tg_intp width = lies_along_columns(s) ? LINE : n, steps[] = {s.in, s.out};
    for (tg_intp j = 0; j < n; j += width) {
        const tg_intp dims[] = {n - j < width ? n - j : width};
        for (tg_intp i = 0; i < m; i++) {
            char *args[] = {(char *)in + i * s.in_row + j * s.in, out + i * s.out_row + j * s.out};
            row(args, dims, steps, NULL);
        }
    }
}

/* Rows of a plane as they are; constants for the usual steps. */
#define COPY_PLANE(size, T)                                                                 \
    static inline void copy_rows_##size(const char *in, char *out, tg_intp m, tg_intp n,    \
                                        tg_intp in_row, tg_intp in_step, tg_intp out_row,   \
                                        tg_intp out_step)                                   \
    {                                                                                       \
        for (tg_intp i = 0; i < m; i++)                                                     \
            for (tg_intp j = 0; j < n; j++)                                                 \
                TG_AT(T, out, i * out_row + j * out_step) =                                 \
                    TG_AT(const T, in, i * in_row + j * in_step);                           \
    }                                                                                       \
    static void copy_plane_##size(tg_loop row, const char *in, char *out, tg_intp m,        \
                                  tg_intp n, plane_steps s)                                 \
    {                                                                                       \
        const tg_intp packed = sizeof(T);                                                   \
        if (s.in_row != packed || s.out != packed || m < LINE) {                            \
            cast_plane(row, in, out, m, n, s);                                              \
            return;                                                                         \
        }                                                                                   \
        for (tg_intp j = 0; j < n; j += LINE, in += LINE * s.in, out += LINE * s.out) {     \
            if (n - j < LINE)                                                               \
                copy_rows_##size(in, out, m, n - j, sizeof(T), s.in, s.out_row, sizeof(T)); \
            else                                                                            \
                copy_rows_##size(in, out, m, LINE, sizeof(T), s.in, s.out_row, sizeof(T));  \
        }                                                                                   \
    }

COPY_PLANE(1, uint8_t)
COPY_PLANE(2, uint16_t)
COPY_PLANE(4, uint32_t)
COPY_PLANE(8, uint64_t)

typedef void (*plane_loop)(tg_loop row, const char *in, char *out, tg_intp m, tg_intp n,
                           plane_steps s);

/* Boxes of planes: (l,m,n)->(l,m,n). Boxes of a single row each are the rows of one plane. */
static void cast_boxes(plane_loop plane, tg_loop row, char **args, const tg_intp *dims,
                       const tg_intp *steps)
{
    const tg_intp l = dims[1], m = dims[2], n = dims[3];
    if (l == 1 && m == 1) {
        plane(row, args[0], args[1], dims[0], n,
              (plane_steps){steps[0], steps[4], steps[1], steps[7]});
        return;
    }
    for (tg_intp i = 0; i < dims[0]; i++)
        for (tg_intp k = 0; k < l; k++)
            plane(row, args[0] + i * steps[0] + k * steps[2], args[1] + i * steps[1] + k * steps[5],
                  m, n, (plane_steps){steps[3], steps[4], steps[6], steps[7]});
}

#define IS_PAIR(to, number, a, b) ((int)number_of_##to == (int)(a) && (int)(number) == (int)(b))

#define PLAIN(name, ...) TG_LOOP(name) TG_MAP1_BODY(__VA_ARGS__)
#define VECTOR(name, ...) TG_VECTOR_LOOP_OF(name) TG_MAP1_BODY(__VA_ARGS__)

/* A source of step 0 is a fill, and converts once; the processor converts halves. */
#define CAST(MAP, to, from, T, C, load, store, number, letter)                              \
    MAP(to##_of_##from##_any, T, C, load, target_##to, , TO_##to(x))                        \
    TG_LOOP(to##_of_##from)                                                                 \
    {                                                                                       \
        if ((int)number_of_##to == (int)number) {                                           \
            OF_SIZE(copy, sizeof(T))(args, dims, steps, params);                             \
            return;                                                                         \
        }                                                                                   \
        if (IS_PAIR(to, number, TG_FLOAT32, TG_FLOAT16) && steps[1] == sizeof(float)) {     \
            tg_widen_halves(args[0], steps[0], (float *)args[1], dims[0]);                  \
            return;                                                                         \
        }                                                                                   \
        if (IS_PAIR(to, number, TG_FLOAT16, TG_FLOAT32) && steps[0] == sizeof(float)) {     \
            tg_round_to_halves((const float *)args[0], args[1], steps[1], dims[0]);         \
            return;                                                                         \
        }                                                                                   \
        if (steps[0] == 0 && steps[1] == (tg_intp)sizeof(target_##to) && dims[0] > 0) {     \
            const C x = load(TG_AT(const T, args[0], 0));                                   \
            const target_##to value = TO_##to(x);                                           \
            char *filled[] = {(char *)&value, args[1]};                                     \
            OF_SIZE(fill, sizeof value)(filled, dims, steps, NULL);                         \
            return;                                                                         \
        }                                                                                   \
        to##_of_##from##_any(args, dims, steps, params);                                    \
    }                                                                                       \
    TG_LOOP(to##_boxes_of_##from)                                                           \
    {                                                                                       \
        const int is_copy = (int)number_of_##to == (int)number;                             \
        (void)params;                                                                       \
        cast_boxes(is_copy ? OF_SIZE(copy_plane, sizeof(T)) : cast_plane, to##_of_##from,   \
                   args, dims, steps);                                                      \
    }

#define ROW(to, from, T, C, load, store, number, letter) \
    {"cast_to_" #to, "()->()", letter LETTER_##to, number, to##_of_##from, NULL, 0, 0},     \
    {"cast_boxes_to_" #to, "(l,m,n)->(l,m,n)", letter LETTER_##to, number,                  \
     to##_boxes_of_##from, NULL, 0, 0},

#define LETTER_bool "?"
#define LETTER_int8 "b"
#define LETTER_uint8 "B"
#define LETTER_int16 "h"
#define LETTER_int32 "i"
#define LETTER_int64 "l"
#define LETTER_float16 "e"
#define LETTER_float32 "f"
#define LETTER_float64 "d"

#define CAST_PLAIN(to, ...) CAST(PLAIN, to, __VA_ARGS__)
#define CAST_VECTOR(to, ...) CAST(VECTOR, to, __VA_ARGS__)

/* To what most is converted to, and from all but halves. */
#define CASTS_TO(to)                                                                        \
    TG_BOOLS(CAST_VECTOR, to) TG_INTEGERS(CAST_VECTOR, to)                                  \
    TG_HALF(CAST_PLAIN, to) TG_SINGLE_AND_DOUBLE(CAST_VECTOR, to)

TG_ALL(CAST_PLAIN, bool)
TG_ALL(CAST_PLAIN, int8)
TG_ALL(CAST_PLAIN, uint8)
TG_ALL(CAST_PLAIN, int16)
CASTS_TO(int32)
CASTS_TO(int64)
TG_ALL(CAST_PLAIN, float16)
CASTS_TO(float32)
CASTS_TO(float64)

const tg_kernel tg_cast_kernels[] = {
    TG_ALL(ROW, bool)
    TG_ALL(ROW, int8)
    TG_ALL(ROW, uint8)
    TG_ALL(ROW, int16)
    TG_ALL(ROW, int32)
    TG_ALL(ROW, int64)
    TG_ALL(ROW, float16)
    TG_ALL(ROW, float32)
    TG_ALL(ROW, float64)
    TG_TABLE_END
};
