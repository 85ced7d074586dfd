// The door to OpenBLAS, which is loaded at the first call and not with the program. When it is loaded it starts a thread
// for each core, with a buffer of 128 MB each; where memory is limited (ulimit -v, the h_vmem of a cluster) these threads
// try for ever, and the program that never needed them cannot end. Here it is told to start none: who wants several threads
// cuts a product and gives each thread a piece.
#ifndef WEFT_COPENBLAS_H
#define WEFT_COPENBLAS_H

#include <stdint.h>

typedef int32_t blasint;

// The numbers of CBLAS.
typedef enum { CblasRowMajor = 101, CblasColMajor = 102 } CBLAS_ORDER;
typedef enum { CblasNoTrans = 111, CblasTrans = 112 } CBLAS_TRANSPOSE;
typedef enum { CblasUpper = 121, CblasLower = 122 } CBLAS_UPLO;
typedef enum { CblasNonUnit = 131, CblasUnit = 132 } CBLAS_DIAG;
typedef enum { CblasLeft = 141, CblasRight = 142 } CBLAS_SIDE;

/// Loads the library at the first call. NULL when it can be used, else why not; what follows then ends the process (abort), so
/// that who can give an error asks before.
const char *copenblas_load(void);

/// The processor whose kernels it uses, by its own name; loads it.
const char *copenblas_core(void);

/// How many threads the library uses by itself; one unless this says otherwise.
void copenblas_use_threads(int count);

/// C[m, n] = alpha A[m, k] B[k, n] + beta C.
void copenblas_sgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE orderA, CBLAS_TRANSPOSE orderB, blasint m, blasint n, blasint k,
                     float alpha, const float *a, blasint strideA, const float *b, blasint strideB, float beta, float *c,
                     blasint strideC);
void copenblas_dgemm(CBLAS_ORDER order, CBLAS_TRANSPOSE orderA, CBLAS_TRANSPOSE orderB, blasint m, blasint n, blasint k,
                     double alpha, const double *a, blasint strideA, const double *b, blasint strideB, double beta,
                     double *c, blasint strideC);
/// A triangle of C = alpha A Aᵀ + beta C, or of alpha Aᵀ A + beta C.
void copenblas_dsyrk(CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE orderA, blasint n, blasint k, double alpha,
                     const double *a, blasint strideA, double beta, double *c, blasint strideC);
/// B becomes X with A X = alpha B, or X A = alpha B, for a triangle A.
void copenblas_dtrsm(CBLAS_ORDER order, CBLAS_SIDE side, CBLAS_UPLO triangle, CBLAS_TRANSPOSE orderA, CBLAS_DIAG diagonal,
                     blasint m, blasint n, double alpha, const double *a, blasint strideA, double *b, blasint strideB);
/// A = L Lᵀ in place (LAPACK, column by column); info is 0 when A is positive definite.
void copenblas_dpotrf(const char *triangle, const blasint *n, double *a, const blasint *stride, blasint *info);

#endif
