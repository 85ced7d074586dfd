#include <cblas.h>

/* A = L Lᵀ in place (LAPACK, column by column). OpenBLAS brings it; Debian's cblas.h does not declare it. */
void dpotrf_(const char *triangle, const blasint *n, double *a, const blasint *stride, blasint *info);
