// The kernels for processors with AVX2.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define KERNELS weft_filters_v3
#define LEVEL "x86-64-v3"
#include "filters.inc"
#pragma clang attribute pop
#endif
