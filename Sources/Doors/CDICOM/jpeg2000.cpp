// JPEG 2000 through OpenJPEG: DCMTK has no decoder for it. Input: the bytes of one frame; output: integer samples.
#include "internal.hpp"

#include <algorithm>
#include <cstring>

#include <openjpeg.h>

namespace {

/// A codestream in memory, read by OpenJPEG's callbacks.
struct Bytes {
    const uint8_t *start;
    size_t count, at;
};

OPJ_SIZE_T readBytes(void *target, OPJ_SIZE_T wanted, void *user) {
    auto *bytes = static_cast<Bytes *>(user);
    if (bytes->at >= bytes->count) return static_cast<OPJ_SIZE_T>(-1);
    const size_t given = std::min<size_t>(wanted, bytes->count - bytes->at);
    std::memcpy(target, bytes->start + bytes->at, given);
    bytes->at += given;
    return given;
}

OPJ_OFF_T skipBytes(OPJ_OFF_T distance, void *user) {
    auto *bytes = static_cast<Bytes *>(user);
    if (distance < 0) return -1;
    if (bytes->at >= bytes->count && distance > 0) return -1;
    const size_t step = std::min<size_t>(static_cast<size_t>(distance), bytes->count - bytes->at);
    bytes->at += step;
    return static_cast<OPJ_OFF_T>(step);
}

OPJ_BOOL seekBytes(OPJ_OFF_T position, void *user) {
    auto *bytes = static_cast<Bytes *>(user);
    if (position < 0 || static_cast<size_t>(position) > bytes->count) return OPJ_FALSE;
    bytes->at = static_cast<size_t>(position);
    return OPJ_TRUE;
}

/// Keeps OpenJPEG's own words on the first thing that went wrong.
void keepMessage(const char *message, void *user) {
    auto *text = static_cast<std::string *>(user);
    if (!text->empty()) return;
    *text = message;
    while (!text->empty() && text->back() == '\n') text->pop_back();
}

struct Decoder {
    Bytes bytes;
    std::string message;
    std::unique_ptr<opj_codec_t, void (*)(opj_codec_t *)> codec{nullptr, opj_destroy_codec};
    std::unique_ptr<opj_stream_t, void (*)(opj_stream_t *)> stream{nullptr, opj_stream_destroy};
    std::unique_ptr<opj_image_t, void (*)(opj_image_t *)> image{nullptr, opj_image_destroy};

    Decoder(const uint8_t *start, size_t count) : bytes{start, count, 0} {}

    bool readHeader(CDicomError *error) {
        // Some writers put a whole JP2 file where the codestream alone belongs (PS3.5 A.4.4).
        const bool isCodestream = bytes.count >= 2 && bytes.start[0] == 0xff && bytes.start[1] == 0x4f;
        const bool isBox = bytes.count >= 12 && std::memcmp(bytes.start + 4, "jP  ", 4) == 0;
        if (!isCodestream && !isBox)
            return fail(error, "JPEG 2000 frame of %zu bytes starts with neither FF4F nor a JP2 box", bytes.count);
        codec.reset(opj_create_decompress(isCodestream ? OPJ_CODEC_J2K : OPJ_CODEC_JP2));
        stream.reset(opj_stream_create(OPJ_J2K_STREAM_CHUNK_SIZE, OPJ_TRUE));
        if (!codec || !stream) return fail(error, "OpenJPEG could not be started");
        opj_set_error_handler(codec.get(), keepMessage, &message);
        opj_dparameters_t parameters;
        opj_set_default_decoder_parameters(&parameters);
        // A palette inside the JP2 box is not DICOM's: samples stay as coded.
        parameters.flags |= OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG;
        if (!opj_setup_decoder(codec.get(), &parameters) || !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE))
            return fail(error, "OpenJPEG could not be started");
        opj_stream_set_user_data(stream.get(), &bytes, nullptr);
        opj_stream_set_user_data_length(stream.get(), bytes.count);
        opj_stream_set_read_function(stream.get(), readBytes);
        opj_stream_set_skip_function(stream.get(), skipBytes);
        opj_stream_set_seek_function(stream.get(), seekBytes);
        opj_image_t *header = nullptr;
        const bool good = opj_read_header(stream.get(), codec.get(), &header);
        image.reset(header);
        if (!good || !header || header->numcomps == 0)
            return fail(error, "JPEG 2000 header cannot be read: %s", message.c_str());
        return true;
    }
};

} // namespace

bool jpeg2000Header(const uint8_t *bytes, size_t count, CodestreamHeader &header, CDicomError *error) {
    Decoder decoder(bytes, count);
    if (!decoder.readHeader(error)) return false;
    const opj_image_t &image = *decoder.image;
    header.rows = image.y1 - image.y0;
    header.columns = image.x1 - image.x0;
    header.components = image.numcomps;
    header.precision = 0;
    for (uint32_t k = 0; k < image.numcomps; ++k)
        header.precision = std::max<uint32_t>(header.precision, image.comps[k].prec);
    return true;
}

bool jpeg2000Decode(const uint8_t *bytes, size_t count, const CDicomPixelLayout &layout, uint8_t *out,
                    CDicomError *error) {
    Decoder decoder(bytes, count);
    if (!decoder.readHeader(error)) return false;
    if (!opj_decode(decoder.codec.get(), decoder.stream.get(), decoder.image.get()))
        return fail(error, "JPEG 2000 frame of %zu bytes cannot be decoded: %s", count, decoder.message.c_str());
    const opj_image_t &image = *decoder.image;
    const size_t samples = layout.samplesPerPixel, pixels = size_t(layout.rows) * layout.columns;
    if (image.numcomps < samples)
        return fail(error, "JPEG 2000 frame has %u components, expected %zu", image.numcomps, samples);
    for (size_t s = 0; s < samples; ++s) {
        const opj_image_comp_t &component = image.comps[s];
        if (!component.data || component.w != layout.columns || component.h != layout.rows)
            return fail(error, "JPEG 2000 component %zu is %u x %u, expected %u x %u", s, component.w, component.h,
                        layout.columns, layout.rows);
        if (component.prec > layout.bytesPerSample * 8)
            return fail(error, "JPEG 2000 component %zu has %u bits, expected at most %u", s, component.prec,
                        layout.bytesPerSample * 8);
        for (size_t k = 0; k < pixels; ++k) {
            const int32_t value = component.data[k];
            switch (layout.bytesPerSample) {
            case 1: out[k * samples + s] = static_cast<uint8_t>(value); break;
            case 2: reinterpret_cast<uint16_t *>(out)[k * samples + s] = static_cast<uint16_t>(value); break;
            default: reinterpret_cast<uint32_t *>(out)[k * samples + s] = static_cast<uint32_t>(value); break;
            }
        }
    }
    return true;
}
