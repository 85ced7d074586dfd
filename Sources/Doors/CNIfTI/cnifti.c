#include "cnifti.h"

#include <nifti/nifti2_io.h>
#include <string.h>

_Static_assert(sizeof(nifti_1_header) == CNIFTI_HEADER_1, "the header of NIfTI-1");
_Static_assert(sizeof(nifti_2_header) == CNIFTI_HEADER_2, "the header of NIfTI-2");

// The fields that both versions have under one name.
#define TAKE_OVER(from, to)                                                                                            \
    do {                                                                                                               \
        for (int k = 0; k < 8; k++) (to)->dim[k] = (from).dim[k];                                                      \
        for (int k = 0; k < 8; k++) (to)->pixdim[k] = (double)(from).pixdim[k];                                        \
        (to)->datatype = (from).datatype;                                                                              \
        (to)->bitpix = (from).bitpix;                                                                                  \
        (to)->voxelOffset = (double)(from).vox_offset;                                                                 \
        (to)->slope = (double)(from).scl_slope;                                                                        \
        (to)->intercept = (double)(from).scl_inter;                                                                    \
        (to)->qformCode = (from).qform_code;                                                                           \
        (to)->sformCode = (from).sform_code;                                                                           \
        (to)->quaternion[0] = (double)(from).quatern_b;                                                                \
        (to)->quaternion[1] = (double)(from).quatern_c;                                                                \
        (to)->quaternion[2] = (double)(from).quatern_d;                                                                \
        (to)->offset[0] = (double)(from).qoffset_x;                                                                    \
        (to)->offset[1] = (double)(from).qoffset_y;                                                                    \
        (to)->offset[2] = (double)(from).qoffset_z;                                                                    \
        for (int k = 0; k < 4; k++) (to)->sform[0][k] = (double)(from).srow_x[k];                                      \
        for (int k = 0; k < 4; k++) (to)->sform[1][k] = (double)(from).srow_y[k];                                      \
        for (int k = 0; k < 4; k++) (to)->sform[2][k] = (double)(from).srow_z[k];                                      \
        (to)->units = (from).xyzt_units;                                                                               \
        (to)->intent = (from).intent_code;                                                                             \
    } while (0)

static uint32_t word(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static bool begins(const char *magic, const char *with) { return memcmp(magic, with, 4) == 0; }

bool cnifti_header(const uint8_t *bytes, size_t count, CNiftiHeader *header) {
    memset(header, 0, sizeof *header);
    if (count < 4) return false;
    uint32_t size = word(bytes), swapped = __builtin_bswap32(size);
    header->isSwapped = size != CNIFTI_HEADER_1 && size != CNIFTI_HEADER_2;
    uint32_t own = header->isSwapped ? swapped : size;
    if (own == CNIFTI_HEADER_1) {
        header->version = CNIFTI_1;
        if (count < CNIFTI_HEADER_1) return false;
        nifti_1_header stored;
        memcpy(&stored, bytes, sizeof stored);
        if (header->isSwapped) nifti_swap_as_nifti1(&stored);
        header->isPair = begins(stored.magic, "ni1");
        if (!header->isPair && !begins(stored.magic, "n+1")) header->version = CNIFTI_ANALYZE;
        TAKE_OVER(stored, header);
    } else if (own == CNIFTI_HEADER_2) {
        header->version = CNIFTI_2;
        if (count < CNIFTI_HEADER_2) return false;
        nifti_2_header stored;
        memcpy(&stored, bytes, sizeof stored);
        if (header->isSwapped) nifti_swap_as_nifti2(&stored);
        header->isPair = begins(stored.magic, "ni2");
        if (!header->isPair && !begins(stored.magic, "n+2")) header->version = CNIFTI_ANALYZE;
        TAKE_OVER(stored, header);
    }
    return header->version == CNIFTI_1 || header->version == CNIFTI_2;
}

void cnifti_qform(const CNiftiHeader *header, const double spacing[3], double qfac, double rows[3][4]) {
    nifti_dmat44 matrix = nifti_quatern_to_dmat44(
        header->quaternion[0], header->quaternion[1], header->quaternion[2], header->offset[0], header->offset[1],
        header->offset[2], spacing[0], spacing[1], spacing[2], qfac);
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 4; column++) rows[row][column] = matrix.m[row][column];
}

void cnifti_quaternion(const double rows[3][4], double quaternion[3], double offset[3], double spacing[3],
                       double *qfac) {
    nifti_dmat44 matrix = {{{0}}};
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 4; column++) matrix.m[row][column] = rows[row][column];
    matrix.m[3][3] = 1;
    nifti_dmat44_to_quatern(
        matrix, &quaternion[0], &quaternion[1], &quaternion[2], &offset[0], &offset[1], &offset[2], &spacing[0],
        &spacing[1], &spacing[2], qfac);
}
