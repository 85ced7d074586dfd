// The door to Teem: what the text header of an NRRD file says. Teem reads the header alone, from memory; the voxels, and where
// they lie, are not its business here. Teem keeps its errors in one place for the whole process, so calls wait for each other.
#ifndef WEFT_CTEEM_H
#define WEFT_CTEEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CTEEM_MOST_AXES = 16 };

typedef enum {
    CTEEM_OTHER_TYPE = 0,
    CTEEM_INT8, CTEEM_UINT8, CTEEM_INT16, CTEEM_UINT16, CTEEM_INT32, CTEEM_UINT32, CTEEM_INT64, CTEEM_UINT64,
    CTEEM_FLOAT32, CTEEM_FLOAT64,
} CTeemType;

typedef enum { CTEEM_OTHER_ENCODING = 0, CTEEM_RAW, CTEEM_ASCII, CTEEM_HEX, CTEEM_GZIP, CTEEM_BZIP2 } CTeemEncoding;

typedef enum { CTEEM_NO_SPACE = 0, CTEEM_LPS, CTEEM_RAS, CTEEM_LAS, CTEEM_OTHER_SPACE } CTeemSpace;

/// What an axis counts, as far as it matters.
typedef enum { CTEEM_DOMAIN = 0, CTEEM_LIST, CTEEM_COLOUR, CTEEM_VECTOR } CTeemKind;

typedef struct {
    char *key;
    char *value;
} CTeemPair;

typedef struct {
    uint32_t axisCount;
    uint64_t sizes[CTEEM_MOST_AXES];
    CTeemKind kinds[CTEEM_MOST_AXES];
    /// NaN where the header has none.
    double spacings[CTEEM_MOST_AXES];
    double directions[CTEEM_MOST_AXES][3];
    double origin[3];
    CTeemType type;
    CTeemEncoding encoding;
    bool isBigEndian;
    CTeemSpace space;
    /// How many coordinates a position has; 0 without a space.
    uint32_t spaceDimension;
    /// As written; empty without a name.
    char spaceName[48];
    int64_t lineSkip, byteSkip;
    uint32_t pairCount;
    CTeemPair *pairs;
} CTeemHeader;

/// - text: the header with its magic and without the empty line behind it, ended by a zero; no field may name a data file.
/// - error: becomes why not, in Teem's words, shortened to `capacity`.
bool cteem_header(const char *text, CTeemHeader *header, char *error, size_t capacity);
void cteem_free(CTeemHeader *header);

#endif
