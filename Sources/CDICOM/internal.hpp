// What reader and writer share: how the opaque types of cdicom.h are made of DCMTK's. No C++ type leaves this target.
#ifndef WEFT_CDICOM_INTERNAL_HPP
#define WEFT_CDICOM_INTERNAL_HPP

#include <memory>
#include <string>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "cdicom.h"

struct CDicomFile {
    std::unique_ptr<DcmFileFormat> format;
    /// UID that the file is (or will be) encoded in.
    std::string transferSyntax;
    /// Where the bytes are; empty for a file that is being made.
    std::string path;
    /// Whether the data set was read to its end: a scan stops before the pixels.
    bool complete = true;

    DcmDataset *dataset() const { return format->getDataset(); }
};

/// A `CDicomItem` is a `DcmItem` under another name.
inline DcmItem *asItem(CDicomItem *item) { return reinterpret_cast<DcmItem *>(item); }
inline CDicomItem *asHandle(DcmItem *item) { return reinterpret_cast<CDicomItem *>(item); }

inline DcmTagKey asKey(uint32_t tag) {
    return DcmTagKey(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag & 0xffffu));
}

/// Writes a sentence, cut to what fits. Always returns false, so that `return fail(error, …)` reads well.
__attribute__((format(printf, 2, 3))) bool fail(CDicomError *error, const char *format, ...);

#endif
