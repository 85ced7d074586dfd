// The door to libnifti: the header of a NIfTI file, of either version and byte order, in one struct. What a field means is not
// decided here. Of the library only what takes bytes and gives numbers is used: what opens files prints, and trusts sizes.
#ifndef WEFT_CNIFTI_H
#define WEFT_CNIFTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    /// Bytes of the header of either version.
    CNIFTI_HEADER_1 = 348,
    CNIFTI_HEADER_2 = 540,
};

typedef enum {
    /// No header of NIfTI or Analyze begins like this.
    CNIFTI_NONE = 0,
    CNIFTI_ANALYZE,
    CNIFTI_1,
    CNIFTI_2,
} CNiftiVersion;

typedef struct {
    CNiftiVersion version;
    /// Stored in the other byte order than this machine's.
    bool isSwapped;
    /// The magic says that the voxels lie in a file of their own.
    bool isPair;
    int64_t dim[8];
    int32_t datatype, bitpix;
    double pixdim[8];
    /// A fraction in version 1, perhaps NaN.
    double voxelOffset;
    double slope, intercept;
    int32_t qformCode, sformCode;
    /// The quaternion's b, c, d and the offset.
    double quaternion[3], offset[3];
    /// Row by row.
    double sform[3][4];
    int32_t units, intent;
} CNiftiHeader;

/// - bytes: the first of the file, 540 of them or all that there are.
/// - returns: whether it is a header; where not, `header->version` is what it looks like as far as that can be told.
bool cnifti_header(const uint8_t *bytes, size_t count, CNiftiHeader *header);
/// The matrix that index is multiplied with for a position in RAS, row by row; `qfac` is 1 or -1.
void cnifti_qform(const CNiftiHeader *header, const double spacing[3], double qfac, double rows[3][4]);
/// Quaternion, offset, spacing and qfac of a matrix with perpendicular axes.
void cnifti_quaternion(const double rows[3][4], double quaternion[3], double offset[3], double spacing[3], double *qfac);

#endif
