#include "copenblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "libopenblas.so.0";
static const char threadsVariable[] = "OPENBLAS_NUM_THREADS";
static const char coreVariable[] = "OPENBLAS_CORETYPE";

static struct {
    const char *core;
    void (*useThreads)(int);
    __typeof__(&copenblas_sgemm) sgemm;
    __typeof__(&copenblas_dgemm) dgemm;
    __typeof__(&copenblas_dsyrk) dsyrk;
    __typeof__(&copenblas_dtrsm) dtrsm;
    __typeof__(&copenblas_dpotrf) dpotrf;
} library;

// Why the library cannot be used; empty when it can.
static char problem[512];

static void *symbol(void *handle, const char *symbolName) {
    void *found = dlsym(handle, symbolName);
    if (!found && !problem[0]) snprintf(problem, sizeof problem, "%s", dlerror());
    return found;
}

// With one thread, and as if for the processor `core` where that is not NULL: both are heard while it is being loaded only.
static void *openLibrary(const char *core) {
    const char *before = getenv(threadsVariable);
    setenv(threadsVariable, "1", 1);
    if (core) setenv(coreVariable, core, 1);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!before) unsetenv(threadsVariable);
    if (core) unsetenv(coreVariable);
    return handle;
}

// What the library takes this processor for; "" where it does not say.
static const char *coreOf(void *handle) {
    char *(*core)(void) = dlsym(handle, "openblas_get_corename");
    return core ? core() : "";
}

// The kernels for a processor that the library is too old to know: it then computes with SSE3, at a fifth of the speed
// (measured: 0.3.21 on a Xeon of 2024, 19 GFLOP/s a thread and not 97 to 137). NULL where it knows the processor, or where
// somebody has chosen.
static const char *betterCore(void *handle) {
#if defined(__x86_64__)
    if (getenv(coreVariable) || strcmp(coreOf(handle), "Prescott") != 0) return NULL;
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return NULL;
    int hasWide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    return hasWide ? "SkylakeX" : "Haswell";
#else
    return NULL;
#endif
}

static void load(void) {
    void *handle = openLibrary(NULL);
    const char *core = handle ? betterCore(handle) : NULL;
    if (core) {
        dlclose(handle);
        handle = openLibrary(core);
    }
    if (!handle) {
        snprintf(problem, sizeof problem, "%s", dlerror());
        return;
    }
    library.useThreads = symbol(handle, "openblas_set_num_threads");
    library.sgemm = symbol(handle, "cblas_sgemm");
    library.dgemm = symbol(handle, "cblas_dgemm");
    library.dsyrk = symbol(handle, "cblas_dsyrk");
    library.dtrsm = symbol(handle, "cblas_dtrsm");
    library.dpotrf = symbol(handle, "dpotrf_");
    if (!problem[0]) library.useThreads(1);
    library.core = coreOf(handle);
}

const char *copenblas_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem[0] ? problem : NULL;
}

const char *copenblas_core(void) { return copenblas_load() ? "" : library.core; }

// A product has no way to say that there is none: to multiply without having asked is a fault of the program.
static void loadOnce(void) {
    if (copenblas_load()) abort();
}

void copenblas_use_threads(int count) {
    loadOnce();
    library.useThreads(count);
}

void copenblas_sgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE orderA, CBLAS_TRANSPOSE orderB, blasint m, blasint n, blasint k,
                     float alpha, const float *a, blasint strideA, const float *b, blasint strideB, float beta, float *c,
                     blasint strideC) {
    loadOnce();
    library.sgemm(order, orderA, orderB, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC);
}

void copenblas_dgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE orderA, CBLAS_TRANSPOSE orderB, blasint m, blasint n, blasint k,
                     double alpha, const double *a, blasint strideA, const double *b, blasint strideB, double beta,
                     double *c, blasint strideC) {
    loadOnce();
    library.dgemm(order, orderA, orderB, m, n, k, alpha, a, strideA, b, strideB, beta, c, strideC);
}

void copenblas_dsyrk(CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE orderA, blasint n, blasint k, double alpha,
                     const double *a, blasint strideA, double beta, double *c, blasint strideC) {
    loadOnce();
    library.dsyrk(order, triangle, orderA, n, k, alpha, a, strideA, beta, c, strideC);
}

void copenblas_dtrsm(CBLAS_ORDER order, CBLAS_SIDE side, CBLAS_UPLO triangle, CBLAS_TRANSPOSE orderA, CBLAS_DIAG diagonal,
                     blasint m, blasint n, double alpha, const double *a, blasint strideA, double *b, blasint strideB) {
    loadOnce();
    library.dtrsm(order, side, triangle, orderA, diagonal, m, n, alpha, a, strideA, b, strideB);
}

void copenblas_dpotrf(const char *triangle, const blasint *n, double *a, const blasint *stride, blasint *info) {
    loadOnce();
    library.dpotrf(triangle, n, a, stride, info);
}
