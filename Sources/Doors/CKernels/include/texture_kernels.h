// The four hot loops of the soft co-occurrence loss, in float: bands of a patch, their outer products added up, two matrices
// compared, and the way back to the pixels. The rest, and the same in double as a reference, is Swift (TextureCore).
//
// C, because Swift has no instructions beyond SSE2 without unsafe build flags: the same source is compiled for three
// levels of x86-64 and chosen at run time. No level fuses a multiplication with an addition or changes the order of a
// sum, so that all of them give the same bits.
//
// Legend: a band is the K neighbouring bins in which a value has weight (K = 4 or a multiple of 8); a plane is the
// matrix, float [side][stride], all zero between patches; a pair is pixel p and its neighbour q = p + step.
#ifndef TEXTURE_KERNELS_H
#define TEXTURE_KERNELS_H

#include <stdint.h>

/// How values become bands: x → t = (x - lower) perBin, the position in bins; weight of bin k
/// height · S(L (t - k)) · S(L (k + 1 - t)), S the logistic function.
typedef struct {
    double lower, perBin;
    /// Values beyond count as these, without slope; infinite for no clamping.
    double least, most;
    /// |t| is held within, and no band starts before bin `lowest`: there is no weight beyond.
    double farthest, lowest;
    double sharpness;
    /// How many bins before and after a value still have weight.
    double reach;
    /// 1 - e^-L; L perBin; weights below are left out.
    double height, steepness, smallest;
    int kept;
    /// e^(L d) for d = firstPower ... firstPower + lastOffset + kept, exponents held within ±60.
    const float *powers;
    const double *exactPowers;
    int firstPower, lastOffset;
} TextureBinning;

/// The bands of a patch: [pixel][kept] weights and their derivatives by the value, and the first bin of each band. Only the
/// first `rows` of `kept` can have weight (3 or 4 of 4, otherwise all).
typedef struct {
    float *weights;
    float *slopes;
    int32_t *starts;
    int kept;
    int rows;
} TextureBands;

/// Two planes, and what either has touched: in each row some blocks of columns (bit b: columns b · 2^blockShift ...), and
/// after `compare` the vectors of eight cells in a list.
typedef struct {
    float *own;
    float *other;
    uint32_t *touched;
    /// The blocks that a band touches, by its first bin.
    const uint32_t *blocksOfStart;
    /// Room for side · stride / 8 + 16.
    uint32_t *vectors;
    int *vectorCount;
    int side;
    int stride;
    int blockShift;
} TexturePlanes;

/// p = first + row · width + column.
typedef struct {
    int first, rows, columns, width, step;
} TexturePairs;

/// n = factor · count, h = n (1 - damping · n), of both planes.
typedef struct {
    float factor, otherFactor;
    float damping, otherDamping;
    int givesMoments;
} TextureComparison;

/// Σ (h - h')², and where asked for, with e = (h - h') (1 - 2 damping n): Σ e n and Σ (h - h') n².
typedef struct {
    double squares, slopeTimesCount, differenceTimesSquare;
} TextureDifference;

typedef struct {
    const char *level;
    /// Weights, slopes and first bins (they may lie outside the matrix: folding is the caller's) of `count` values; a value
    /// without a position starts at INT32_MIN.
    void (*bands)(const float *values, int count, const TextureBinning *binning, TextureBands bands);
    /// plane += w_p w_qᵀ of every pair; neighbouring pairs of the same `values` are added at once.
    void (*accumulate)(const float *values, TextureBands bands, TexturePairs pairs, float *plane, TexturePlanes planes);
    /// The difference over the touched cells; leaves e in the own plane, zeroes the other, and lists the vectors.
    TextureDifference (*compare)(TexturePlanes planes, TextureComparison comparison);
    /// atP += w'_p · (M w_q), atQ += w'_q · (Mᵀ w_p) of every pair, M the own plane: eight partial sums a pixel.
    void (*backpropagate)(TextureBands bands, TexturePairs pairs, TexturePlanes planes, float *partialGradients);
} TextureKernels;

/// The kernels for a level of this machine (0: the plain one, 1: x86-64-v3, 2: x86-64-v4), NULL where it has not got it.
const TextureKernels *weft_texture_kernels(int level);

#endif
