// Which kernels this processor can run.
#include <stddef.h>

#include "filter_kernels.h"
#include "network_kernels.h"
#include "texture_kernels.h"

/// Whether this processor runs the code of a level (0: base, 1: x86-64-v3, 2: x86-64-v4).
static int runs(int level) {
    if (level == 0) return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level == 1) return __builtin_cpu_supports("x86-64-v3") != 0;
    if (level == 2) return __builtin_cpu_supports("x86-64-v4") != 0;
#endif
    return 0;
}

#if defined(__x86_64__)
#define TABLES(TYPE, NAME)                              \
    extern const TYPE NAME##_base, NAME##_v3, NAME##_v4; \
    static const TYPE *const NAME##_tables[] = {&NAME##_base, &NAME##_v3, &NAME##_v4};
#else
#define TABLES(TYPE, NAME)        \
    extern const TYPE NAME##_base; \
    static const TYPE *const NAME##_tables[] = {&NAME##_base};
#endif

TABLES(TextureKernels, weft_texture)
TABLES(NetworkKernels, weft_network)
TABLES(FilterKernels, weft_filters)

const TextureKernels *weft_texture_kernels(int level) { return runs(level) ? weft_texture_tables[level] : NULL; }
const NetworkKernels *weft_network_kernels(int level) { return runs(level) ? weft_network_tables[level] : NULL; }
const FilterKernels *weft_filter_kernels(int level) { return runs(level) ? weft_filters_tables[level] : NULL; }
