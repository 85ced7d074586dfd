// From Pixel Data to samples: frame by frame, so that a multi-frame file never needs its memory twice.
#include "internal.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <dcmtk/dcmdata/dcfcache.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>

namespace {

enum class Coding { native, rle, jpeg, jpegLS, jpeg2000 };

/// Everything that the header and the first frame say about the pixels.
struct Pixels {
    CDicomPixelLayout layout{};
    Coding coding = Coding::native;
    DcmElement *element = nullptr;
    uint32_t highBit = 0;
    bool planar = false;
    /// YBR_FULL_422 stored without compression: Y Y Cb Cr for two pixels.
    bool halvedChroma = false;

    size_t samplesPerFrame() const { return size_t(layout.rows) * layout.columns * layout.samplesPerPixel; }
    size_t bytesPerFrame() const { return samplesPerFrame() * layout.bytesPerSample; }
};

bool integer(DcmItem *item, const DcmTagKey &key, uint32_t &value) {
    Uint16 number = 0;
    if (item->findAndGetUint16(key, number).bad()) return false;
    value = number;
    return true;
}

bool codingOf(E_TransferSyntax syntax, Coding &coding) {
    switch (syntax) {
    case EXS_LittleEndianImplicit: case EXS_LittleEndianExplicit: case EXS_BigEndianExplicit:
    case EXS_DeflatedLittleEndianExplicit: case EXS_BigEndianImplicit:
        coding = Coding::native;
        return true;
    case EXS_RLELossless:
        coding = Coding::rle;
        return true;
    case EXS_JPEGProcess1: case EXS_JPEGProcess2_4: case EXS_JPEGProcess6_8: case EXS_JPEGProcess10_12:
    case EXS_JPEGProcess14: case EXS_JPEGProcess14SV1:
        coding = Coding::jpeg;
        return true;
    case EXS_JPEGLSLossless: case EXS_JPEGLSLossy:
        coding = Coding::jpegLS;
        return true;
    case EXS_JPEG2000LosslessOnly: case EXS_JPEG2000:
        coding = Coding::jpeg2000;
        return true;
    default:
        return false;
    }
}

/// Rows, columns, samples and bits: present, sane, and consistent with each other.
bool readHeader(DcmDataset *dataset, Pixels &pixels, CDicomError *error) {
    CDicomPixelLayout &layout = pixels.layout;
    if (!integer(dataset, DCM_Rows, layout.rows) || !integer(dataset, DCM_Columns, layout.columns)
        || layout.rows == 0 || layout.columns == 0)
        return fail(error, "found %u rows and %u columns, expected at least 1 of each", layout.rows, layout.columns);
    char text[32] = "1";
    CDicomItem *root = asHandle(dataset);
    const int64_t digits = cdicom_count(root, 0x00280008) > 0 ? cdicom_string(root, 0x00280008, text, sizeof text) : 1;
    if (digits < 0 || digits >= static_cast<int64_t>(sizeof text))
        return fail(error, "Number of Frames is no number");
    const char *end = text + std::strlen(text);
    const auto [next, status] = std::from_chars(text, end, layout.frames);
    if (status != std::errc() || next != end || layout.frames > 0x7fffffff)
        return fail(error, "Number of Frames is %s, expected a number of at least 1", text);
    // Some single-frame writers say 0; the bytes must still hold one frame.
    if (layout.frames == 0) layout.frames = 1;
    if (!integer(dataset, DCM_SamplesPerPixel, layout.samplesPerPixel)) layout.samplesPerPixel = 1;
    if (layout.samplesPerPixel != 1 && layout.samplesPerPixel != 3 && layout.samplesPerPixel != 4)
        return fail(error, "Samples per Pixel is %u, expected 1, 3 or 4", layout.samplesPerPixel);
    if (!integer(dataset, DCM_BitsAllocated, layout.bitsAllocated)) layout.bitsAllocated = 0;

    OFString interpretation;
    dataset->findAndGetOFString(DCM_PhotometricInterpretation, interpretation);
    if (interpretation.empty()) interpretation = layout.samplesPerPixel == 1 ? "MONOCHROME2" : "RGB";
    std::snprintf(layout.photometricInterpretation, sizeof layout.photometricInterpretation, "%s",
                  interpretation.c_str());
    uint32_t planar = 0;
    pixels.planar = integer(dataset, DCM_PlanarConfiguration, planar) && planar == 1 && layout.samplesPerPixel > 1;
    return true;
}

bool readIntegerBits(DcmDataset *dataset, Pixels &pixels, CDicomError *error) {
    CDicomPixelLayout &layout = pixels.layout;
    const uint32_t allocated = layout.bitsAllocated;
    if (allocated != 1 && allocated != 8 && allocated != 16 && allocated != 32)
        return fail(error, "Bits Allocated is %u, expected 1, 8, 16 or 32", allocated);
    if (!integer(dataset, DCM_BitsStored, layout.bitsStored)) layout.bitsStored = allocated;
    if (layout.bitsStored == 0 || layout.bitsStored > allocated)
        return fail(error, "Bits Stored is %u, expected 1 to Bits Allocated, %u", layout.bitsStored, allocated);
    if (!integer(dataset, DCM_HighBit, pixels.highBit)) pixels.highBit = layout.bitsStored - 1;
    if (pixels.highBit >= allocated || pixels.highBit + 1 < layout.bitsStored)
        return fail(error, "High Bit is %u, expected %u to %u", pixels.highBit, layout.bitsStored - 1, allocated - 1);
    uint32_t representation = 0;
    if (!integer(dataset, DCM_PixelRepresentation, representation) || representation > 1)
        return fail(error, "Pixel Representation is %s, expected 0 or 1", representation > 1 ? "above 1" : "absent");
    layout.isSigned = representation == 1;
    layout.kind = CDICOM_INTEGER;
    layout.bytesPerSample = allocated <= 8 ? 1 : allocated / 8;
    return true;
}

/// Bytes that native pixels must have; false when the header claims more than 64 bits can count.
bool nativeBytes(const Pixels &pixels, uint64_t &bytes) {
    const CDicomPixelLayout &layout = pixels.layout;
    // Rows and columns have 16 bits each, samples and Bits Allocated together less than 9.
    const uint64_t area = uint64_t(layout.rows) * layout.columns;
    const uint64_t bitsPerFrame = pixels.halvedChroma ? area * 16 : area * layout.samplesPerPixel * layout.bitsAllocated;
    uint64_t bits = 0;
    if (__builtin_mul_overflow(bitsPerFrame, uint64_t(layout.frames), &bits)) return false;
    bytes = bits / 8 + (bits % 8 != 0);
    return true;
}

bool checkNativeLength(const Pixels &pixels, CDicomError *error) {
    const CDicomPixelLayout &layout = pixels.layout;
    const uint64_t found = pixels.element->getLengthField();
    if (found == DCM_UndefinedLength)
        return fail(error, "Pixel Data is in fragments, expected one value: uncompressed pixels in fragments are not read");
    uint64_t expected = 0;
    if (!nativeBytes(pixels, expected))
        return fail(error, "Pixel Data has %llu bytes, expected more than 64 bits can count for %u x %u pixels of %u frames",
                    static_cast<unsigned long long>(found), layout.columns, layout.rows, layout.frames);
    // More than padding means that the header describes other pixels than these.
    const uint64_t frame = std::max<uint64_t>(expected / layout.frames, 2);
    if (found < expected || found >= expected + frame)
        return fail(error, "Pixel Data has %llu bytes, expected %llu for %u x %u pixels, %u samples of %u bits, %u frames",
                    static_cast<unsigned long long>(found), static_cast<unsigned long long>(expected), layout.columns,
                    layout.rows, layout.samplesPerPixel, layout.bitsAllocated, layout.frames);
    return true;
}

// MARK: Compressed frames

bool fragmentBytes(DcmPixelItem *fragment, const uint8_t *&bytes, size_t &count) {
    Uint8 *data = nullptr;
    if (fragment->getUint8Array(data).bad() || !data) return false;
    bytes = data;
    count = fragment->getLength();
    return true;
}

/// Whether a fragment opens a codestream: used when neither an offset table nor one fragment per frame tells.
bool opensFrame(Coding coding, DcmPixelItem *fragment) {
    const uint8_t *bytes = nullptr;
    size_t count = 0;
    if (!fragmentBytes(fragment, bytes, count) || count < 12) return false;
    switch (coding) {
    case Coding::jpeg: case Coding::jpegLS:
        return bytes[0] == 0xff && bytes[1] == 0xd8;
    case Coding::jpeg2000:
        return (bytes[0] == 0xff && bytes[1] == 0x4f) || std::memcmp(bytes + 4, "jP  ", 4) == 0;
    default:
        return false;
    }
}

/// Which fragments make which frame (PS3.5 A.4): the Basic Offset Table, one each, all for one, or by their first bytes.
bool findFrames(DcmPixelData *data, const Pixels &pixels, CompressedFrames &frames, CDicomError *error) {
    E_TransferSyntax syntax = EXS_Unknown;
    const DcmRepresentationParameter *parameter = nullptr;
    data->getOriginalRepresentationKey(syntax, parameter);
    if (data->getEncapsulatedRepresentation(syntax, parameter, frames.sequence).bad() || !frames.sequence)
        return fail(error, "Pixel Data is not in fragments, expected them for a compressed transfer syntax");
    std::vector<DcmPixelItem *> items;
    DcmObject *object = nullptr;
    while ((object = frames.sequence->nextInContainer(object)))
        if (auto *item = dynamic_cast<DcmPixelItem *>(object)) items.push_back(item);
    const size_t count = pixels.layout.frames;
    if (items.size() < 2 || items.size() - 1 < count)
        return fail(error, "Pixel Data has %zu fragments, expected at least %zu for %zu frames",
                    items.empty() ? size_t(0) : items.size() - 1, count, count);
    frames.fragments.assign(items.begin() + 1, items.end());
    const size_t fragments = frames.fragments.size();
    if (fragments == count) {
        for (size_t k = 0; k <= count; ++k) frames.first.push_back(k);
        return true;
    }
    if (count == 1) {
        frames.first = {0, fragments};
        return true;
    }
    const uint8_t *table = nullptr;
    size_t bytes = 0;
    if (items[0]->getLength() == 4 * count && fragmentBytes(items[0], table, bytes)) {
        // Offsets count from the first byte of the first fragment's item tag, 8 bytes of tag and length each.
        uint64_t offset = 0;
        size_t frame = 0;
        for (size_t k = 0; k < fragments && frame < count; ++k) {
            const uint8_t *entry = table + 4 * frame;
            const uint32_t wanted = entry[0] | entry[1] << 8 | entry[2] << 16 | uint32_t(entry[3]) << 24;
            if (wanted == offset) {
                frames.first.push_back(k);
                ++frame;
            }
            offset += 8 + uint64_t(frames.fragments[k]->getLength());
        }
        frames.first.push_back(fragments);
        if (frame == count && frames.first[0] == 0) return true;
        frames.first.clear();
    }
    for (size_t k = 0; k < fragments; ++k)
        if (opensFrame(pixels.coding, frames.fragments[k])) frames.first.push_back(k);
    frames.first.push_back(fragments);
    if (frames.first.size() == count + 1 && frames.first[0] == 0) return true;
    return fail(error, "%zu fragments do not tell where each of %zu frames starts: found %zu starts", fragments, count,
                frames.first.size() - 1);
}

/// The bytes of one frame; joined in `joined` only when they lie in several fragments.
bool frameBytes(const CompressedFrames &frames, size_t frame, std::vector<uint8_t> &joined, const uint8_t *&bytes,
                size_t &count, CDicomError *error) {
    const size_t first = frames.first[frame], last = frames.first[frame + 1];
    joined.clear();
    for (size_t k = first; k < last; ++k) {
        if (!fragmentBytes(frames.fragments[k], bytes, count))
            return fail(error, "fragment %zu of frame %zu is empty or cannot be read", k - first, frame);
        if (last - first > 1) joined.insert(joined.end(), bytes, bytes + count);
    }
    if (last - first > 1) {
        bytes = joined.data();
        count = joined.size();
    }
    return true;
}

/// A codestream has a header of its own, which must tell the same as DICOM's: otherwise part of a frame would be left
/// as it was before, or cut off.
bool checkCodestream(const Pixels &pixels, const uint8_t *bytes, size_t count, CodestreamHeader &header,
                     CDicomError *error) {
    const CDicomPixelLayout &layout = pixels.layout;
    if (pixels.coding == Coding::jpeg2000) {
        if (!jpeg2000Header(bytes, count, header, error)) return false;
    } else if (!jpegHeader(bytes, count, header)) {
        return fail(error, "JPEG frame of %zu bytes has no frame header", count);
    }
    if (header.rows != layout.rows || header.columns != layout.columns || header.components != layout.samplesPerPixel)
        return fail(error, "the codestream has %u x %u pixels of %u samples, expected %u x %u of %u", header.columns,
                    header.rows, header.components, layout.columns, layout.rows, layout.samplesPerPixel);
    if (header.precision == 0 || header.precision > layout.bitsAllocated)
        return fail(error, "the codestream has %u bits a sample, expected at most %u", header.precision,
                    layout.bitsAllocated);
    // A few bytes may claim a frame of gigabytes. Real frames, even of one grey, stay far below this ratio.
    constexpr uint64_t smallFrame = uint64_t(64) << 20, largestRatio = 2000;
    const uint64_t decoded = uint64_t(pixels.samplesPerFrame()) * (layout.bitsAllocated <= 8 ? 1 : layout.bitsAllocated / 8);
    if (decoded > smallFrame && decoded / largestRatio > count)
        return fail(error, "a frame of %zu compressed bytes claims %llu decoded ones, expected at most %llu for one of "
                           "more than 64 MB", count, static_cast<unsigned long long>(decoded),
                    static_cast<unsigned long long>(largestRatio * count));
    return true;
}

bool checkRLE(const Pixels &pixels, const uint8_t *bytes, size_t count, CDicomError *error) {
    // PS3.5 G.5: sixteen 32-bit words, the first the number of segments: one per byte of a pixel.
    const uint32_t expected = pixels.layout.samplesPerPixel * pixels.layout.bytesPerSample;
    if (count < 64) return fail(error, "RLE frame has %zu bytes, expected at least 64", count);
    const uint32_t found = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | uint32_t(bytes[3]) << 24;
    if (found != expected) return fail(error, "RLE frame has %u segments, expected %u", found, expected);
    // Two bytes give at most 128.
    if (pixels.bytesPerFrame() / 64 > count)
        return fail(error, "RLE frame has %zu bytes, too few for %zu", count, pixels.bytesPerFrame());
    return true;
}

// MARK: Describing

bool describe(CDicomFile *file, Pixels &pixels, CDicomError *error) {
    DcmDataset *dataset = file->dataset();
    CDicomPixelLayout &layout = pixels.layout;
    if (dataset->findAndGetElement(DCM_FloatPixelData, pixels.element).good()) {
        if (!readHeader(dataset, pixels, error)) return false;
        layout.kind = CDICOM_FLOAT;
        layout.isSigned = true;
        layout.bitsAllocated = layout.bitsStored = 32;
        layout.bytesPerSample = 4;
        return checkNativeLength(pixels, error);
    }
    if (dataset->findAndGetElement(DCM_DoubleFloatPixelData, pixels.element).good()) {
        if (!readHeader(dataset, pixels, error)) return false;
        layout.kind = CDICOM_FLOAT;
        layout.isSigned = true;
        layout.bitsAllocated = layout.bitsStored = 64;
        layout.bytesPerSample = 8;
        return checkNativeLength(pixels, error);
    }
    if (dataset->findAndGetElement(DCM_PixelData, pixels.element).bad())
        return fail(error, "no Pixel Data");
    auto *data = dynamic_cast<DcmPixelData *>(pixels.element);
    if (!data) return fail(error, "Pixel Data is of another kind than pixels");
    const E_TransferSyntax syntax = dataset->getOriginalXfer();
    if (!codingOf(syntax, pixels.coding))
        return fail(error, "transfer syntax %s (%s) cannot be decoded, expected uncompressed, RLE, JPEG, JPEG-LS or "
                           "JPEG 2000", DcmXfer(syntax).getXferID(), DcmXfer(syntax).getXferName());
    if (!readHeader(dataset, pixels, error) || !readIntegerBits(dataset, pixels, error)) return false;
    const bool subsampled = std::strstr(layout.photometricInterpretation, "_422") != nullptr;
    if (pixels.coding == Coding::native) {
        pixels.halvedChroma = subsampled && layout.samplesPerPixel == 3 && layout.bitsAllocated == 8;
        if (pixels.halvedChroma && layout.columns % 2 != 0)
            return fail(error, "YBR_FULL_422 has %u columns, expected an even number", layout.columns);
        if (DcmXfer(syntax).getByteOrder() == EBO_BigEndian && layout.bitsAllocated == 32)
            return fail(error, "32-bit samples in big endian are ambiguous, expected at most 16 bits");
        if (!checkNativeLength(pixels, error)) return false;
        if (pixels.halvedChroma) {
            pixels.planar = false;
            std::strcpy(layout.photometricInterpretation, "YBR_FULL");
        }
        return true;
    }
    // PS3.5 A.4.4: a binary segmentation may be JPEG 2000 of one bit.
    if (layout.bitsAllocated == 1 && pixels.coding != Coding::jpeg2000)
        return fail(error, "Bits Allocated is 1 in a compressed transfer syntax other than JPEG 2000, expected at least 8");
    if (!file->compressed) {
        auto frames = std::make_unique<CompressedFrames>();
        if (!findFrames(data, pixels, *frames, error)) return false;
        file->compressed = std::move(frames);
    }
    std::vector<uint8_t> joined;
    const uint8_t *bytes = nullptr;
    size_t count = 0;
    if (!frameBytes(*file->compressed, 0, joined, bytes, count, error)) return false;
    pixels.planar = false;
    if (pixels.coding == Coding::rle) return checkRLE(pixels, bytes, count, error);
    CodestreamHeader header{};
    if (!checkCodestream(pixels, bytes, count, header, error)) return false;
    layout.codedBits = header.precision;
    // DCMTK's JPEG decoders write bytes for up to 8 bits, whatever Bits Allocated says.
    if (pixels.coding == Coding::jpeg) layout.bytesPerSample = header.precision > 8 ? 2 : 1;
    // The decoder leaves the components as they are coded, so the stream's word on them counts, not the header's.
    if (pixels.coding == Coding::jpeg && layout.samplesPerPixel == 3 && header.isYCbCr
        && std::strcmp(layout.photometricInterpretation, "RGB") == 0)
        std::strcpy(layout.photometricInterpretation, "YBR_FULL");
    if (pixels.coding != Coding::jpeg2000 && layout.bitsAllocated == 32)
        return fail(error, "Bits Allocated is 32 in a JPEG transfer syntax, expected 8 or 16");
    if (pixels.coding == Coding::jpeg2000 && layout.samplesPerPixel == 3) {
        if (std::strcmp(layout.photometricInterpretation, "YBR_ICT") == 0
            || std::strcmp(layout.photometricInterpretation, "YBR_RCT") == 0)
            std::strcpy(layout.photometricInterpretation, "RGB");
    } else if (subsampled) {
        std::strcpy(layout.photometricInterpretation, "YBR_FULL");
    }
    return true;
}

// MARK: Decoding

bool readNative(const Pixels &pixels, uint64_t offset, void *out, uint64_t count, CDicomError *error) {
    DcmFileCache cache;
    auto *target = static_cast<uint8_t *>(out);
    while (count > 0) {
        // DCMTK counts bytes of one read in 32 bits; an even part keeps 16-bit words whole.
        const Uint32 part = static_cast<Uint32>(std::min<uint64_t>(count, 1u << 30));
        const OFCondition status =
            pixels.element->getPartialValue(target, static_cast<Uint32>(offset), part, &cache, gLocalByteOrder);
        if (status.bad())
            return fail(error, "Pixel Data cannot be read at byte %llu: %s", static_cast<unsigned long long>(offset),
                        status.text());
        offset += part;
        target += part;
        count -= part;
    }
    return true;
}

bool readBits(const Pixels &pixels, uint32_t first, uint32_t count, uint8_t *out, CDicomError *error) {
    const uint64_t start = uint64_t(first) * pixels.samplesPerFrame(), bits = uint64_t(count) * pixels.samplesPerFrame();
    const uint64_t firstByte = start / 8, bytes = (start + bits + 7) / 8 - firstByte;
    std::vector<uint8_t> packed(bytes);
    if (!readNative(pixels, firstByte, packed.data(), bytes, error)) return false;
    for (uint64_t k = 0; k < bits; ++k) {
        const uint64_t bit = start - firstByte * 8 + k;
        out[k] = packed[bit >> 3] >> (bit & 7) & 1;
    }
    return true;
}

bool readHalvedChroma(const Pixels &pixels, uint32_t frame, uint8_t *out, CDicomError *error) {
    const size_t pairs = size_t(pixels.layout.rows) * pixels.layout.columns / 2;
    std::vector<uint8_t> packed(pairs * 4);
    if (!readNative(pixels, uint64_t(frame) * packed.size(), packed.data(), packed.size(), error)) return false;
    for (size_t k = 0; k < pairs; ++k) {
        const uint8_t *from = packed.data() + 4 * k;
        uint8_t *to = out + 6 * k;
        to[0] = from[0], to[3] = from[1];
        to[1] = to[4] = from[2];
        to[2] = to[5] = from[3];
    }
    return true;
}

/// CharLS takes wrong default thresholds for samples of less than 8 bits (ISO/IEC 14495-1 C.2.4.1.1), so that a valid stream
/// ends in an error or in other values. Where the stream does not state them, this puts them into it, in memory.
bool stateThresholds(DcmPixelItem *fragment, uint32_t precision, CDicomError *error) {
    const uint8_t *bytes = nullptr;
    size_t count = 0;
    if (precision >= 8 || !fragmentBytes(fragment, bytes, count)) return true;
    int near = 0;
    for (size_t at = 2; at + 4 <= count && bytes[at] == 0xff;) {
        const uint8_t marker = bytes[at + 1];
        const size_t length = size_t(bytes[at + 2]) << 8 | bytes[at + 3];
        if (marker == 0xf8 && at + 4 < count && bytes[at + 4] == 1) return true;
        if (marker == 0xda) {
            const size_t components = at + 4 < count ? bytes[at + 4] : 0;
            if (at + 5 + 2 * components >= count) return true;
            near = bytes[at + 5 + 2 * components];
            break;
        }
        at += 2 + std::max<size_t>(length, 2);
    }
    const int largest = (1 << precision) - 1, factor = 256 / (largest + 1);
    const auto clamp = [largest](int value, int lowest) { return value > largest || value < lowest ? lowest : value; };
    const int first = clamp(std::max(2, 3 / factor + 3 * near), near + 1);
    const int second = clamp(std::max(3, 7 / factor + 5 * near), first);
    const int third = clamp(std::max(4, 21 / factor + 7 * near), second);
    constexpr int reset = 64;
    std::vector<uint8_t> stream(bytes, bytes + 2);
    stream.insert(stream.end(), {0xff, 0xf8, 0, 13, 1});
    for (const int value : {largest, first, second, third, reset})
        stream.insert(stream.end(), {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
    stream.insert(stream.end(), bytes + 2, bytes + count);
    if (stream.size() % 2 != 0) stream.push_back(0);
    if (fragment->putUint8Array(stream.data(), static_cast<unsigned long>(stream.size())).bad())
        return fail(error, "JPEG-LS frame of %zu bytes and %u bits a sample cannot be taken up", count, precision);
    return true;
}

bool decodeFrame(CDicomFile *file, const Pixels &pixels, uint32_t frame, std::vector<uint8_t> &scratch, uint8_t *out,
                 CDicomError *error) {
    const CompressedFrames &frames = *file->compressed;
    std::vector<uint8_t> joined;
    const uint8_t *bytes = nullptr;
    size_t count = 0;
    if (!frameBytes(frames, frame, joined, bytes, count, error)) return false;
    if (pixels.coding == Coding::rle) return rleDecode(bytes, count, pixels.layout, out, error);
    CodestreamHeader header{};
    if (!checkCodestream(pixels, bytes, count, header, error)) return false;
    if (pixels.coding == Coding::jpeg2000) return jpeg2000Decode(bytes, count, pixels.layout, out, error);
    if (pixels.coding == Coding::jpeg && (header.precision > 8 ? 2u : 1u) != pixels.layout.bytesPerSample)
        return fail(error, "frame %u has %u bits a sample, expected as many as the first", frame, header.precision);
    if (pixels.coding == Coding::jpegLS && header.precision < 6)
        return fail(error, "frame %u is JPEG-LS of %u bits a sample, expected 6 to 16, which is what its decoder (CharLS) knows",
                    frame, header.precision);
    if (pixels.coding == Coding::jpegLS && !stateThresholds(frames.fragments[frames.first[frame]], header.precision, error))
        return false;
    scratch.resize(pixels.bytesPerFrame() + (pixels.bytesPerFrame() & 1));
    // Fragment 0 is the offset table.
    Uint32 fragment = static_cast<Uint32>(frames.first[frame] + 1);
    OFString model;
    takeJPEGWarning();
    const OFCondition status = static_cast<DcmPixelData *>(pixels.element)->getUncompressedFrame(
        file->dataset(), frame, fragment, scratch.data(), static_cast<Uint32>(scratch.size()), model);
    if (status == EC_MemoryExhausted) return failForMemory(error, "decode its pixels");
    // What DCMTK says when libjpeg asks for bytes that no fragment has.
    if (status == EC_IllegalCall && pixels.coding == Coding::jpeg)
        return fail(error, "frame %u of %zu compressed bytes is damaged: it ends before its last pixel", frame, count);
    if (status.bad())
        return fail(error, "frame %u of %zu compressed bytes cannot be decoded: %s", frame, count, status.text());
    // libjpeg goes on after damage and makes up the rest of the image.
    const std::string warning = takeJPEGWarning();
    if (warning.find("orrupt") != std::string::npos || warning.find("remature") != std::string::npos)
        return fail(error, "frame %u of %zu compressed bytes is damaged: %s", frame, count, warning.c_str());
    std::memcpy(out, scratch.data(), pixels.bytesPerFrame());
    return true;
}

/// RRR…GGG…BBB… to RGBRGB….
void interleave(const Pixels &pixels, uint8_t *frame, std::vector<uint8_t> &scratch) {
    const size_t width = pixels.layout.bytesPerSample, samples = pixels.layout.samplesPerPixel;
    const size_t area = size_t(pixels.layout.rows) * pixels.layout.columns;
    scratch.assign(frame, frame + pixels.bytesPerFrame());
    for (size_t s = 0; s < samples; ++s)
        for (size_t k = 0; k < area; ++k)
            std::memcpy(frame + (k * samples + s) * width, scratch.data() + (s * area + k) * width, width);
}

/// Bits of a sample, counted as they are stored, that are an overlay's (retired: PS3.5 8.1.2 of 2004, Overlay Bit Position).
uint64_t overlayBits(DcmDataset *dataset) {
    uint64_t bits = 0;
    for (Uint16 group = 0x6000; group <= 0x601e; group += 2) {
        uint32_t position = 0;
        if (!dataset->tagExists(DcmTagKey(group, 0x3000)) && integer(dataset, DcmTagKey(group, 0x0102), position)
            && position < 64)
            bits |= uint64_t(1) << position;
    }
    return bits;
}

/// Keeps Bits Stored bits below High Bit, and their sign. Returns whether a sample lost bits above or below them that are neither
/// its sign nor an overlay's.
template <typename Sample>
bool keepStoredBits(const Pixels &pixels, uint64_t overlays, Sample *samples, size_t count) {
    const uint32_t stored = std::min<uint32_t>(pixels.layout.bitsStored, sizeof(Sample) * 8);
    // Compressed samples have no room above or below the stored bits; native ones may (retired High Bit).
    const uint32_t shift = pixels.coding == Coding::native ? pixels.highBit + 1 - pixels.layout.bitsStored : 0;
    if (stored == sizeof(Sample) * 8 && shift == 0) return false;
    const Sample mask = static_cast<Sample>((uint64_t(1) << stored) - 1);
    const Sample sign = pixels.layout.isSigned ? static_cast<Sample>(uint64_t(1) << (stored - 1)) : Sample(0);
    const Sample above = static_cast<Sample>(~mask & ~(overlays >> shift));
    const Sample below = static_cast<Sample>(((uint64_t(1) << shift) - 1) & ~overlays);
    Sample lost = 0;
    for (size_t k = 0; k < count; ++k) {
        lost |= static_cast<Sample>(samples[k] & below);
        const Sample whole = static_cast<Sample>(samples[k] >> shift), value = whole & mask;
        samples[k] = static_cast<Sample>((value ^ sign) - sign);
        const Sample rest = whole & above;
        const Sample extension = static_cast<Sample>(static_cast<Sample>(samples[k] << shift) >> shift) & above;
        lost |= static_cast<Sample>(rest == extension ? 0 : rest);
    }
    return lost != 0;
}

bool readFrames(CDicomFile *file, const Pixels &pixels, uint32_t first, uint32_t count, uint8_t *out, bool &cut,
                CDicomError *error) {
    cut = false;
    const size_t frameBytes = pixels.bytesPerFrame();
    std::vector<uint8_t> scratch;
    const bool isPacked = pixels.layout.kind == CDICOM_INTEGER && pixels.layout.bitsAllocated == 1
        && pixels.coding == Coding::native;
    if (isPacked) {
        if (!readBits(pixels, first, count, out, error)) return false;
    } else if (pixels.coding == Coding::native && !pixels.halvedChroma) {
        if (!readNative(pixels, uint64_t(first) * frameBytes, out, uint64_t(count) * frameBytes, error)) return false;
    } else {
        for (uint32_t k = 0; k < count; ++k) {
            uint8_t *target = out + k * frameBytes;
            const bool good = pixels.halvedChroma ? readHalvedChroma(pixels, first + k, target, error)
                                                  : decodeFrame(file, pixels, first + k, scratch, target, error);
            if (!good) return false;
        }
    }
    if (pixels.planar)
        for (uint32_t k = 0; k < count; ++k) interleave(pixels, out + k * frameBytes, scratch);
    if (pixels.layout.kind == CDICOM_FLOAT || pixels.layout.bitsAllocated == 1) return true;
    const size_t samples = pixels.samplesPerFrame() * count;
    const uint64_t overlays = overlayBits(file->dataset());
    switch (pixels.layout.bytesPerSample) {
    case 1: cut = keepStoredBits(pixels, overlays, out, samples); break;
    case 2: cut = keepStoredBits(pixels, overlays, reinterpret_cast<uint16_t *>(out), samples); break;
    default: cut = keepStoredBits(pixels, overlays, reinterpret_cast<uint32_t *>(out), samples); break;
    }
    return true;
}

} // namespace

namespace {

/// What a JPEG stream says of its colours before its frame header.
struct JPEGColour {
    bool hasJFIF = false, hasAdobe = false;
    uint8_t adobeTransform = 0;
};

/// Whether three components are Y, Cb and Cr. Adobe's marker says so outright (0: RGB, 1: YCbCr); components named R, G
/// and B are these; a JFIF file is YCbCr by definition; and nobody halves the resolution of green and blue.
/// `frame` starts at the frame header's marker and holds `available` bytes.
bool isYCbCr(const JPEGColour &colour, const uint8_t *frame, size_t available) {
    if (frame[9] != 3 || available < 19) return false;
    if (colour.hasAdobe) return colour.adobeTransform == 1;
    const uint8_t *components = frame + 10;
    if (components[0] == 'R' && components[3] == 'G' && components[6] == 'B') return false;
    // JFIF knows lossy streams only: in a lossless one the marker is a habit of its writer.
    const bool isLossless = frame[1] == 0xc3 || frame[1] == 0xf7;
    if (isLossless) return false;
    const bool isSubsampled = components[1] > components[4] && components[4] == components[7];
    return colour.hasJFIF || isSubsampled;
}

} // namespace

bool jpegHeader(const uint8_t *bytes, size_t count, CodestreamHeader &header) {
    if (count < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) return false;
    JPEGColour colour;
    size_t at = 2;
    while (at + 4 <= count) {
        if (bytes[at] != 0xff) return false;
        const uint8_t marker = bytes[at + 1];
        if (marker == 0xff) { // fill byte
            ++at;
            continue;
        }
        const size_t length = size_t(bytes[at + 2]) << 8 | bytes[at + 3];
        const bool isFrame = (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
            || marker == 0xf7;
        if (isFrame) {
            if (length < 8 || at + 10 > count) return false;
            header.precision = bytes[at + 4];
            header.rows = uint32_t(bytes[at + 5]) << 8 | bytes[at + 6];
            header.columns = uint32_t(bytes[at + 7]) << 8 | bytes[at + 8];
            header.components = bytes[at + 9];
            header.isYCbCr = isYCbCr(colour, bytes + at, count - at);
            return true;
        }
        if (marker == 0xe0 && length >= 7 && at + 9 <= count && std::memcmp(bytes + at + 4, "JFIF", 5) == 0)
            colour.hasJFIF = true;
        if (marker == 0xee && length >= 14 && at + 16 <= count && std::memcmp(bytes + at + 4, "Adobe", 5) == 0) {
            colour.hasAdobe = true;
            colour.adobeTransform = bytes[at + 15];
        }
        if (marker == 0xda || marker == 0xd9 || length < 2) return false;
        at += 2 + length;
    }
    return false;
}

bool cdicom_pixel_layout(CDicomFile *file, CDicomPixelLayout *layout, CDicomError *error) try {
    Pixels pixels;
    if (!describe(file, pixels, error)) return false;
    *layout = pixels.layout;
    return true;
} catch (const std::bad_alloc &) {
    return failForMemory(error, "describe its pixels");
} catch (const std::exception &exception) {
    return fail(error, "the pixels cannot be described: %s", exception.what());
} catch (...) {
    return fail(error, "the pixels cannot be described");
}

bool cdicom_read_frames(CDicomFile *file, uint32_t first, uint32_t count, void *out, size_t capacity, bool *cut,
                        CDicomError *error) try {
    Pixels pixels;
    if (!describe(file, pixels, error)) return false;
    const uint32_t frames = pixels.layout.frames;
    if (first > frames || count > frames - first)
        return fail(error, "frames %u to %llu were asked for, found %u", first,
                    static_cast<unsigned long long>(first) + count, frames);
    const uint64_t needed = uint64_t(count) * pixels.bytesPerFrame();
    if (capacity < needed)
        return fail(error, "room for %zu bytes, expected %llu", capacity, static_cast<unsigned long long>(needed));
    return readFrames(file, pixels, first, count, static_cast<uint8_t *>(out), *cut, error);
} catch (const std::bad_alloc &) {
    return failForMemory(error, "decode its pixels");
} catch (const std::exception &exception) {
    return fail(error, "the pixels cannot be decoded: %s", exception.what());
} catch (...) {
    return fail(error, "the pixels cannot be decoded");
}
