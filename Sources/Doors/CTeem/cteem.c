#include "cteem.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <teem/nrrd.h>

static pthread_mutex_t alone = PTHREAD_MUTEX_INITIALIZER;

static CTeemType type(int stored) {
    switch (stored) {
    case nrrdTypeChar: return CTEEM_INT8;
    case nrrdTypeUChar: return CTEEM_UINT8;
    case nrrdTypeShort: return CTEEM_INT16;
    case nrrdTypeUShort: return CTEEM_UINT16;
    case nrrdTypeInt: return CTEEM_INT32;
    case nrrdTypeUInt: return CTEEM_UINT32;
    case nrrdTypeLLong: return CTEEM_INT64;
    case nrrdTypeULLong: return CTEEM_UINT64;
    case nrrdTypeFloat: return CTEEM_FLOAT32;
    case nrrdTypeDouble: return CTEEM_FLOAT64;
    default: return CTEEM_OTHER_TYPE;
    }
}

static CTeemEncoding encoding(const NrrdEncoding *stored) {
    if (stored == nrrdEncodingRaw) return CTEEM_RAW;
    if (stored == nrrdEncodingAscii) return CTEEM_ASCII;
    if (stored == nrrdEncodingHex) return CTEEM_HEX;
    if (stored == nrrdEncodingGzip) return CTEEM_GZIP;
    if (stored == nrrdEncodingBzip2) return CTEEM_BZIP2;
    return CTEEM_OTHER_ENCODING;
}

static CTeemSpace space(const Nrrd *nrrd) {
    switch (nrrd->space) {
    case nrrdSpaceUnknown: return nrrd->spaceDim > 0 ? CTEEM_OTHER_SPACE : CTEEM_NO_SPACE;
    case nrrdSpaceLeftPosteriorSuperior: return CTEEM_LPS;
    case nrrdSpaceRightAnteriorSuperior: return CTEEM_RAS;
    case nrrdSpaceLeftAnteriorSuperior: return CTEEM_LAS;
    default: return CTEEM_OTHER_SPACE;
    }
}

static CTeemKind kind(int stored) {
    switch (stored) {
    case nrrdKindUnknown:
    case nrrdKindDomain:
    case nrrdKindSpace:
    case nrrdKindTime: return CTEEM_DOMAIN;
    case nrrdKindList: return CTEEM_LIST;
    case nrrdKind3Color:
    case nrrdKindRGBColor:
    case nrrdKindHSVColor:
    case nrrdKindXYZColor:
    case nrrdKind4Color:
    case nrrdKindRGBAColor: return CTEEM_COLOUR;
    default: return CTEEM_VECTOR;
    }
}

static bool copyPairs(const Nrrd *nrrd, CTeemHeader *header) {
    unsigned count = nrrdKeyValueSize(nrrd);
    header->pairs = calloc(count + 1, sizeof *header->pairs);
    if (!header->pairs) return false;
    for (unsigned k = 0; k < count; k++) {
        char *key = NULL, *value = NULL;
        nrrdKeyValueIndex(nrrd, &key, &value, k);
        header->pairs[header->pairCount++] = (CTeemPair){key, value};
        if (!key || !value) return false;
    }
    return true;
}

static bool copy(const Nrrd *nrrd, const NrrdIoState *state, CTeemHeader *header) {
    header->axisCount = nrrd->dim;
    for (unsigned axis = 0; axis < nrrd->dim && axis < CTEEM_MOST_AXES; axis++) {
        const NrrdAxisInfo *info = &nrrd->axis[axis];
        header->sizes[axis] = info->size;
        header->kinds[axis] = kind(info->kind);
        header->spacings[axis] = info->spacing;
        for (unsigned k = 0; k < 3; k++) {
            header->directions[axis][k] = k < nrrd->spaceDim ? info->spaceDirection[k] : NAN;
        }
    }
    for (unsigned k = 0; k < 3; k++) header->origin[k] = k < nrrd->spaceDim ? nrrd->spaceOrigin[k] : NAN;
    header->type = type(nrrd->type);
    header->encoding = encoding(state->encoding);
    header->isBigEndian = state->endian == airEndianBig;
    header->space = space(nrrd);
    header->spaceDimension = nrrd->spaceDim;
    if (nrrd->space != nrrdSpaceUnknown) {
        snprintf(header->spaceName, sizeof header->spaceName, "%s", airEnumStr(nrrdSpace, nrrd->space));
    }
    header->lineSkip = state->lineSkip;
    header->byteSkip = state->byteSkip;
    return copyPairs(nrrd, header);
}

bool cteem_header(const char *text, CTeemHeader *header, char *error, size_t capacity) {
    memset(header, 0, sizeof *header);
    error[0] = 0;
    pthread_mutex_lock(&alone);
    nrrdStateVerboseIO = 0;
    Nrrd *nrrd = nrrdNew();
    NrrdIoState *state = nrrdIoStateNew();
    bool isRead = false;
    if (nrrd && state) {
        state->skipData = 1;
        if (nrrdStringRead(nrrd, text, state) == 0) {
            isRead = copy(nrrd, state, header);
            if (!isRead) snprintf(error, capacity, "there is not enough memory");
        } else {
            char *words = biffGetDone(NRRD);
            snprintf(error, capacity, "%s", words ? words : "");
            free(words);
        }
    }
    if (state) nrrdIoStateNix(state);
    if (nrrd) nrrdNuke(nrrd);
    pthread_mutex_unlock(&alone);
    if (!isRead) cteem_free(header);
    return isRead;
}

void cteem_free(CTeemHeader *header) {
    for (uint32_t k = 0; k < header->pairCount; k++) {
        free(header->pairs[k].key);
        free(header->pairs[k].value);
    }
    free(header->pairs);
    header->pairs = NULL;
    header->pairCount = 0;
}
