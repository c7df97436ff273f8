/* All loops of convolutions for one element type and instruction set; their parameters go. */
#include "tile.h"

#include "turn.h"

#include "images.h"
#include "patches.h"
#include "weights.h"

#include "panel.h"
#include "winograd.h"
#include "direct.h"
#include "pointwise.h"
#include "correlate.h"
#include "meetings.h"
#include "direct_slope.h"
#include "slope_squares.h"
#include "pointwise_slope.h"
#include "weight_slope.h"

#include "end_of_type.h"
