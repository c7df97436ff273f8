/* All loops of convolutions for one element type and instruction set; their parameters go. */
#include "tile.h"

#include "patches.h"

#include "correlate.h"
#include "weight_slope.h"

#undef T
#undef V
#undef LANES
#undef ROWS
#undef TARGET
#undef MULADD
#undef NAME
