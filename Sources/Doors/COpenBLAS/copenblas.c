#include "copenblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char name[] = "libopenblas.so.0";
static const char threadsVariable[] = "OPENBLAS_NUM_THREADS";

static struct {
    void (*useThreads)(int);
    __typeof__(&copenblas_sgemm) sgemm;
    __typeof__(&copenblas_dgemm) dgemm;
    __typeof__(&copenblas_dsyrk) dsyrk;
    __typeof__(&copenblas_dtrsm) dtrsm;
    __typeof__(&copenblas_dpotrf) dpotrf;
} library;

// As the system's loader does when a program cannot be started.
static void giveUp(const char *reason) {
    fprintf(stderr, "weft: OpenBLAS cannot be used: %s; install the Debian package libopenblas0\n", reason);
    _exit(70);
}

static void *symbol(void *handle, const char *symbolName) {
    void *found = dlsym(handle, symbolName);
    if (!found) giveUp(dlerror());
    return found;
}

static void load(void) {
    // Heard while it is being loaded only.
    const char *before = getenv(threadsVariable);
    setenv(threadsVariable, "1", 1);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!before) unsetenv(threadsVariable);
    if (!handle) giveUp(dlerror());
    library.useThreads = symbol(handle, "openblas_set_num_threads");
    library.sgemm = symbol(handle, "cblas_sgemm");
    library.dgemm = symbol(handle, "cblas_dgemm");
    library.dsyrk = symbol(handle, "cblas_dsyrk");
    library.dtrsm = symbol(handle, "cblas_dtrsm");
    library.dpotrf = symbol(handle, "dpotrf_");
    library.useThreads(1);
}

static void loadOnce(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
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
