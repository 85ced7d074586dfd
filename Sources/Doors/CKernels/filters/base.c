// The kernels for every processor.
#define KERNELS weft_filters_base
#define LEVEL "base"
#include "filters.inc"
