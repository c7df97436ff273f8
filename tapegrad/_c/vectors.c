/* The one variable of vectors.h. */
#include "vectors.h"

int tg_vector_limit = TG_AVX512;
