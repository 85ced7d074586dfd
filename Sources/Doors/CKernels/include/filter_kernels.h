// The two hot loops of the image filters, in double: a line of weights over lines of voxels, and the recursion that stands for a
// Gaussian. The rest is Swift (Filters).
//
// C, because Swift has no instructions beyond SSE2 without unsafe build flags: the same source is compiled for three
// levels of x86-64 and chosen at run time. No level fuses a multiplication with an addition or changes the order of a
// sum, so that all of them give the same bits.
#ifndef FILTER_KERNELS_H
#define FILTER_KERNELS_H

#include <stdint.h>

/// A recursion of fourth order forth and back: y(i) = Σ n(k) x(i-k) - Σ d(k) y(i-k-1), and m for the way back, added to it. What
/// lies before and after the line is its first and its last value for ever, of which `left` and `right` are the answers.
typedef struct {
    double n[4], m[4], d[4];
    /// The answer to a constant 1 of the way forth and of the way back.
    double left, right;
} FilterRecursion;

typedef struct {
    const char *level;
    /// out(j) = Σ_k weights(k) in(j + k step), for 0 ≤ j < count.
    void (*correlate)(
        const double *in, double *out, int64_t count, int64_t step, const double *weights, int64_t taps);
    /// `width` lines side by side, a multiple of 8: x and y [count][width], their rows so many values apart; y is written.
    void (*recurse)(
        const double *x, int64_t x_step, double *y, int64_t y_step, int64_t count, int64_t width,
        const FilterRecursion *by);
    /// Rows for columns: out(x, y) = in(y, x) of [rows][columns] values, rows so many values apart.
    void (*turn)(
        const double *in, int64_t in_step, double *out, int64_t out_step, int64_t rows, int64_t columns);
} FilterKernels;

/// The kernels of a level (0: every x86-64 and other processors, 1: x86-64-v3, 2: x86-64-v4); NULL where the processor
/// lacks it.
const FilterKernels *weft_filter_kernels(int level);

#endif
