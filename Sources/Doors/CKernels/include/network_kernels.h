// The element-wise loops of the network that cost arithmetic rather than memory, in float: softmax, GELU and AdamW. The same in
// double, as a reference, is Swift (NeuralNetwork).
//
// C, because Swift has no instructions beyond SSE2 without unsafe build flags: the same source is compiled for three
// levels of x86-64 and chosen at run time. No level fuses a multiplication with an addition or changes the order of a
// sum, so that all of them give the same bits.
#ifndef NETWORK_KERNELS_H
#define NETWORK_KERNELS_H

#include <stdint.h>

/// With s = factor · g: m ← beta1 m + rest1 s, v ← beta2 v + rest2 s², w ← keep w - rate m / (correction √v + epsilon).
typedef struct {
    float factor, beta1, rest1, beta2, rest2, epsilon, keep, rate, correction;
} NetworkAdamW;

typedef struct {
    const char *level;
    /// Each of `rows` rows of x, `stride` apart (a multiple of 16) with `side` values: x ← e^(scale (x - max)) / Σ. What fills a
    /// row up becomes 0.
    void (*softmax)(float *x, int64_t rows, int64_t side, int64_t stride, float scale);
    /// With p = softmax(s): dp ← p (dp - Σ p dp), row by row.
    void (*softmaxBackward)(const float *p, float *dp, int64_t rows, int64_t side, int64_t stride);
    /// y = x Φ(x).
    void (*gelu)(const float *x, float *y, int64_t count);
    /// dy ← dy (Φ(x) + x φ(x)), y = x Φ(x).
    void (*geluBackward)(const float *x, float *dy, float *y, int64_t count);
    /// Gives Σ g².
    double (*adamw)(NetworkAdamW step, float *w, const float *g, float *m, float *v, int64_t count);
} NetworkKernels;

/// The kernels of a level (0: every x86-64 and other processors, 1: x86-64-v3, 2: x86-64-v4); NULL where the processor
/// lacks it.
const NetworkKernels *weft_network_kernels(int level);

#endif
