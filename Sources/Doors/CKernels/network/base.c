// The kernels for every processor.
#define KERNELS weft_network_base
#define LEVEL "base"
#include "network.inc"
