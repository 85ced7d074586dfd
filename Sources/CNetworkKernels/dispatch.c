// Which kernels this processor can run.
#include <stddef.h>

#include "network_kernels.h"

extern const NetworkKernels weft_network_base;
#if defined(__x86_64__)
extern const NetworkKernels weft_network_v3, weft_network_v4;
#endif

const NetworkKernels *weft_network_kernels(int level) {
    if (level == 0) return &weft_network_base;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (level == 1 && __builtin_cpu_supports("x86-64-v3")) return &weft_network_v3;
    if (level == 2 && __builtin_cpu_supports("x86-64-v4")) return &weft_network_v4;
#endif
    return NULL;
}
