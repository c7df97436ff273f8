/* Takes back what each_float.h defines for one element type and instruction set. */
#undef T
#undef V
#undef LANES
#undef ROWS
#undef TARGET
#undef MULADD
#undef FUSED
#undef PART_LOAD
#undef PART_STORE
#undef NAME
