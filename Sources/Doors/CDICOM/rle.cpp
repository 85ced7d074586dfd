// RLE (PS3.5 annex G), decoded here because DCMTK accepts segments that end early and leaves the rest of the frame.
//
// A frame is a header of 16 words (number of segments, then their offsets) and one PackBits segment per byte of a pixel:
// for every sample its bytes from the most significant down.
#include "internal.hpp"

#include <cstring>

namespace {

uint32_t word(const uint8_t *bytes) {
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | uint32_t(bytes[3]) << 24;
}

/// Writes `count` bytes, `stride` apart. False when the segment ends before that.
bool unpack(const uint8_t *at, const uint8_t *end, uint8_t *out, size_t count, size_t stride) {
    size_t written = 0;
    while (written < count) {
        if (at >= end) return false;
        const int control = static_cast<int8_t>(*at++);
        if (control == -128) continue;
        if (control >= 0) {
            const size_t length = size_t(control) + 1;
            if (size_t(end - at) < length || count - written < length) return false;
            for (size_t k = 0; k < length; ++k) out[(written + k) * stride] = at[k];
            at += length;
            written += length;
        } else {
            const size_t length = size_t(1 - control);
            if (at >= end || count - written < length) return false;
            for (size_t k = 0; k < length; ++k) out[(written + k) * stride] = *at;
            ++at;
            written += length;
        }
    }
    return true;
}

} // namespace

bool rleDecode(const uint8_t *bytes, size_t count, const CDicomPixelLayout &layout, uint8_t *out, CDicomError *error) {
    const size_t samples = layout.samplesPerPixel, width = layout.bytesPerSample;
    const size_t area = size_t(layout.rows) * layout.columns, segments = samples * width;
    if (count < 64) return fail(error, "RLE frame has %zu bytes, expected at least 64", count);
    if (word(bytes) != segments || segments > 15)
        return fail(error, "RLE frame has %u segments, expected %zu", word(bytes), segments);
    for (size_t segment = 0; segment < segments; ++segment) {
        const size_t start = word(bytes + 4 + 4 * segment);
        const size_t end = segment + 1 < segments ? word(bytes + 8 + 4 * segment) : count;
        if (start < 64 || end > count || start > end)
            return fail(error, "RLE segment %zu lies at bytes %zu to %zu, expected inside %zu", segment, start, end, count);
        const size_t sample = segment / width, byte = width - 1 - segment % width;
        if (!unpack(bytes + start, bytes + end, out + sample * width + byte, area, samples * width))
            return fail(error, "RLE segment %zu of %zu bytes does not give the %zu bytes of a frame", segment,
                        end - start, area);
    }
    return true;
}
