/* Vectors read and written wherever they lie, also some elements of them. Included once per element
 * type and instruction set: each_float.h says what the names here are. */
TARGET static TG_INLINE V NAME(load)(const T *from)
{
    V v;
    memcpy(&v, from, sizeof v);
    return v;
}

TARGET static TG_INLINE void NAME(store)(T *to, V v) { memcpy(to, &v, sizeof v); }

/* The first n elements of a vector, whose others are zero; nothing beyond them is touched. */
TARGET static TG_INLINE V NAME(load_part)(const T *from, int64_t n)
{
#ifdef PART_LOAD
    return PART_LOAD(from, n);
#else
    T all[LANES] = {0};
    for (int64_t i = 0; i < n; i++)
        all[i] = from[i];
    return NAME(load)(all);
#endif
}

TARGET static TG_INLINE void NAME(store_part)(T *to, V v, int64_t n)
{
#ifdef PART_STORE
    PART_STORE(to, v, n);
#else
    T all[LANES];
    NAME(store)(all, v);
    for (int64_t i = 0; i < n; i++)
        to[i] = all[i];
#endif
}

/* The elements of a vector or fewer of which there are n; none if there are not so many. */
TARGET static TG_INLINE V NAME(load_first)(const T *from, int64_t n)
{
    return n >= LANES ? NAME(load)(from) : n > 0 ? NAME(load_part)(from, n) : (V){0};
}

TARGET static TG_INLINE void NAME(store_first)(T *to, V v, int64_t n)
{
    if (n >= LANES)
        NAME(store)(to, v);
    else
        NAME(store_part)(to, v, n);
}
