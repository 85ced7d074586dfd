// What reader and writer share: how the opaque types of cdicom.h are made of DCMTK's. No C++ type leaves this target.
#ifndef WEFT_CDICOM_INTERNAL_HPP
#define WEFT_CDICOM_INTERNAL_HPP

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "cdicom.h"

/// The compressed frames of a file, found once: frame k is made of fragments [first[k], first[k + 1]).
struct CompressedFrames {
    DcmPixelSequence *sequence = nullptr;
    std::vector<DcmPixelItem *> fragments;
    std::vector<size_t> first;
};

struct CDicomFile {
    std::unique_ptr<DcmFileFormat> format;
    CDicomStamp stamp{};
    /// UID that the file is (or will be) encoded in.
    std::string transferSyntax;
    /// Filled when the first compressed frame is asked for.
    std::unique_ptr<CompressedFrames> compressed;

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

/// The same where memory ran out, which is no fault of the file.
bool failForMemory(CDicomError *error, const char *doing);

/// What the first bytes of a codestream claim.
struct CodestreamHeader {
    uint32_t rows, columns, components, precision;
    /// Of a JPEG stream of three components: whether they are luminance and two colour differences.
    bool isYCbCr;
};

/// Finds the frame header (SOF, also SOF55 of JPEG-LS) of a JPEG codestream.
bool jpegHeader(const uint8_t *bytes, size_t count, CodestreamHeader &header);
/// Reads the header of a JPEG 2000 codestream or JP2 file.
bool jpeg2000Header(const uint8_t *bytes, size_t count, CodestreamHeader &header, CDicomError *error);
/// Decodes one JPEG 2000 frame: `rows` x `columns` pixels of `samples` samples, together, `bytesPerSample` wide.
bool jpeg2000Decode(const uint8_t *bytes, size_t count, const CDicomPixelLayout &layout, uint8_t *out,
                    CDicomError *error);

/// Decodes one RLE frame strictly: every segment must give all its bytes.
bool rleDecode(const uint8_t *bytes, size_t count, const CDicomPixelLayout &layout, uint8_t *out, CDicomError *error);

/// Text of a file as UTF-8. `sets` is the value of Specific Character Set that applies to it, empty when there is none or
/// the element is not affected; in a person's name ^ and = end what an escape sequence began.
std::string textAsUTF8(const std::string &text, const std::string &sets, bool isPersonName);

/// False for an open file whose sequences nest so deep that reading them would exhaust the stack, or whose deflated data set
/// inflates to more than anything of its size is.
bool checkNesting(int file, size_t size, CDicomError *error);

/// What libjpeg warned of on this thread since the last call: it goes on after damage and fills up the image.
std::string takeJPEGWarning();

#endif
