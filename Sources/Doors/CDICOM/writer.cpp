// The writing half of cdicom.h: builds a data set element by element and writes it as a file.
// The same calls give the same bytes: nothing here takes the time, the machine or a fresh UID.
#include "internal.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include <dcmtk/dcmdata/dcostrmb.h>

namespace {

/// Who wrote the file (PS3.7 D.3.3.2): a UUID-derived UID of weft, so that it does not change with DCMTK's version.
const char *const implementationClassUID = "2.25.258065068394916880173412167228163733102";
const char *const implementationVersionName = "WEFT";

/// DS is decimal text of at most 16 characters (PS3.5 table 6.2-1): the shortest that reads back as the same double
/// where that fits, else the most digits that do.
bool appendDecimal(std::string &text, double value) {
    if (!std::isfinite(value)) return false;
    if (value == 0) value = 0;  // -0 is written as 0
    char digits[40];
    const std::size_t longest = 16;
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    for (int precision = 16; std::size_t(end - digits) > longest && precision > 0; --precision) {
        end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, precision).ptr;
    }
    text.append(digits, end);
    return std::size_t(end - digits) <= longest;
}

/// The values as `Integer`, or false when one is fractional or out of range.
template <typename Integer> bool exactly(const double *values, size_t count, std::vector<Integer> &converted) {
    converted.reserve(count);
    for (size_t i = 0; i < count; ++i) {
        // Written so that NaN fails. Every limit of a 16- or 32-bit integer is a double.
        if (!(values[i] >= double(std::numeric_limits<Integer>::min())
              && values[i] <= double(std::numeric_limits<Integer>::max()) && values[i] == std::floor(values[i])))
            return false;
        converted.push_back(static_cast<Integer>(values[i]));
    }
    return true;
}

bool putText(DcmItem *item, DcmTagKey key, const double *values, size_t count, DcmEVR vr) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
        if (i > 0) text += '\\';
        if (vr == EVR_DS) {
            if (!appendDecimal(text, values[i])) return false;
        } else {
            std::vector<Sint32> whole;
            if (!exactly(values + i, 1, whole)) return false;
            text += std::to_string(whole[0]);
        }
    }
    return item->putAndInsertString(key, text.c_str()).good();
}

/// The dictionary leaves "US or SS" to the data set's Pixel Representation (PS3.5 A.1, note to xs).
DcmEVR settled(DcmEVR vr, DcmItem *item) {
    if (vr != EVR_xs) return vr;
    Uint16 representation = 0;
    return item->findAndGetUint16(DCM_PixelRepresentation, representation).good() && representation == 1 ? EVR_SS
                                                                                                         : EVR_US;
}

bool putNumbers(DcmItem *item, DcmTagKey key, const double *values, size_t count) {
    if (count > std::numeric_limits<Uint32>::max() / sizeof(double)) return false;
    const auto n = static_cast<unsigned long>(count);
    const auto vr = settled(DcmTag(key).getEVR(), item);
    switch (vr) {
    case EVR_DS:
    case EVR_IS: return putText(item, key, values, count, vr);
    case EVR_FD: return item->putAndInsertFloat64Array(key, values, n).good();
    case EVR_FL: {
        const std::vector<Float32> rounded(values, values + count);
        return item->putAndInsertFloat32Array(key, rounded.data(), n).good();
    }
    case EVR_US: {
        std::vector<Uint16> whole;
        return exactly(values, count, whole) && item->putAndInsertUint16Array(key, whole.data(), n).good();
    }
    case EVR_SS: {
        std::vector<Sint16> whole;
        return exactly(values, count, whole) && item->putAndInsertSint16Array(key, whole.data(), n).good();
    }
    case EVR_UL: {
        std::vector<Uint32> whole;
        return exactly(values, count, whole) && item->putAndInsertUint32Array(key, whole.data(), n).good();
    }
    case EVR_SL: {
        std::vector<Sint32> whole;
        if (!exactly(values, count, whole)) return false;
        for (unsigned long i = 0; i < n; ++i)
            if (item->putAndInsertSint32(key, whole[i], i).bad()) return false;
        return true;
    }
    default: return false;
    }
}

/// Fails where the standard asks for a UID and there is none, else DCMTK would write a file that nobody can refer to.
bool prepareMetaHeader(CDicomFile *file, E_TransferSyntax syntax, CDicomError *error) {
    OFString uid;
    if (file->dataset()->findAndGetOFString(DCM_SOPClassUID, uid).bad() || uid.empty())
        return fail(error, "the data set has no SOP Class UID (0008,0016)");
    if (file->dataset()->findAndGetOFString(DCM_SOPInstanceUID, uid).bad() || uid.empty())
        return fail(error, "the data set has no SOP Instance UID (0008,0018)");
    // DCMTK fills the header in and names itself in it; weft takes that place, and the length is counted again.
    auto *meta = file->format->getMetaInfo();
    meta->clear();
    if (file->format->validateMetaInfo(syntax, EWM_createNewMeta).bad()
        || meta->putAndInsertString(DCM_ImplementationClassUID, implementationClassUID).bad()
        || meta->putAndInsertString(DCM_ImplementationVersionName, implementationVersionName).bad()
        || meta->computeGroupLengthAndPadding(
                   EGL_recalcGL, EPD_noChange, META_HEADER_DEFAULT_TRANSFERSYNTAX, EET_UndefinedLength)
               .bad())
        return fail(error, "the meta header cannot be made");
    return true;
}

/// Writes through a buffer of our own, because DCMTK's file stream does not report what fails when it closes.
bool writeFile(CDicomFile *file, FILE *target, E_TransferSyntax syntax, CDicomError *error) {
    std::vector<char> buffer(1 << 16);
    DcmOutputBufferStream stream(buffer.data(), static_cast<offile_off_t>(buffer.size()));
    const auto drain = [&]() {
        void *bytes = nullptr;
        offile_off_t count = 0;
        stream.flushBuffer(bytes, count);
        return count == 0 || fwrite(bytes, 1, static_cast<size_t>(count), target) == static_cast<size_t>(count);
    };
    file->format->transferInit();
    OFCondition condition = EC_Normal;
    do {
        condition = file->format->write(
            stream, syntax, EET_ExplicitLength, nullptr, EGL_withoutGL, EPD_withoutPadding, 0, 0, 0, EWM_dontUpdateMeta);
        if (!drain()) return fail(error, "%s", strerror(errno));
    } while (condition == EC_StreamNotifyClient);
    file->format->transferEnd();
    if (condition.bad()) return fail(error, "%s", condition.text());
    while (!stream.isFlushed()) {
        stream.flush();
        if (!drain()) return fail(error, "%s", strerror(errno));
    }
    return true;
}

/// Whether an element is about the pixels of its own object, or cannot be vouched for in another one.
bool belongsToPixels(const DcmTag &tag) {
    const auto group = tag.getGroup();
    const auto element = tag.getElement();
    // Private elements, curves, overlays, digital signatures, pixels, padding.
    if (group % 2 == 1 || (group & 0xFF00u) == 0x5000 || (group & 0xFF00u) == 0x6000 || group == 0x0400
        || group >= 0x7FE0)
        return true;
    // Image pixel, modality and VOI LUT: all but corrected image, burned in annotation and earlier lossy compression.
    if (group == 0x0028) {
        return !(element == 0x0051 || element == 0x0301 || element == 0x2110 || element == 0x2112 || element == 0x2114);
    }
    // Presentation LUT, icon image, real world value mapping.
    return group == 0x2050 || (group == 0x0088 && element == 0x0200) || (group == 0x0040 && element == 0x9096);
}

E_TransferSyntax uncompressed(const char *uid) {
    const auto syntax = DcmXfer(uid).getXfer();
    switch (syntax) {
    case EXS_LittleEndianImplicit:
    case EXS_LittleEndianExplicit:
    case EXS_BigEndianExplicit:
    case EXS_DeflatedLittleEndianExplicit: return syntax;
    default: return EXS_Unknown;
    }
}

}  // namespace

CDicomFile *cdicom_create(void) {
    try {
        CDicomError reason;
        if (!cdicom_prepare(&reason)) return nullptr;
        auto file = std::make_unique<CDicomFile>();
        file->format = std::make_unique<DcmFileFormat>();
        // All text that comes through this door is UTF-8, so the file says so.
        if (file->dataset()->putAndInsertString(DCM_SpecificCharacterSet, "ISO_IR 192").bad()) return nullptr;
        return file.release();
    } catch (...) {
        return nullptr;
    }
}

CDicomFile *cdicom_create_like(CDicomFile *source) {
    try {
        CDicomError reason;
        if (!source || !cdicom_prepare(&reason)) return nullptr;
        auto file = std::make_unique<CDicomFile>();
        file->format = std::make_unique<DcmFileFormat>();
        DcmObject *object = nullptr;
        while ((object = source->dataset()->nextInContainer(object))) {
            if (belongsToPixels(object->getTag())) continue;
            auto *copy = static_cast<DcmElement *>(object->clone());
            if (file->dataset()->insert(copy, OFTrue).bad()) {
                delete copy;
                return nullptr;
            }
        }
        return file.release();
    } catch (...) {
        return nullptr;
    }
}

CDicomItem *cdicom_append_item(CDicomItem *item, uint32_t tag) {
    try {
        DcmItem *appended = nullptr;
        if (!item || DcmTag(asKey(tag)).getEVR() != EVR_SQ) return nullptr;
        const signed long atTheEnd = -2;
        return asItem(item)->findOrCreateSequenceItem(asKey(tag), appended, atTheEnd).good() ? asHandle(appended)
                                                                                              : nullptr;
    } catch (...) {
        return nullptr;
    }
}

bool cdicom_put_empty(CDicomItem *item, uint32_t tag) {
    try {
        return item && asItem(item)->insertEmptyElement(asKey(tag)).good();
    } catch (...) {
        return false;
    }
}

bool cdicom_put_string(CDicomItem *item, uint32_t tag, const char *utf8) {
    try {
        return item && utf8 && asItem(item)->putAndInsertString(asKey(tag), utf8).good();
    } catch (...) {
        return false;
    }
}

bool cdicom_put_doubles(CDicomItem *item, uint32_t tag, const double *values, size_t count) {
    try {
        return item && (values || count == 0) && putNumbers(asItem(item), asKey(tag), values, count);
    } catch (...) {
        return false;
    }
}

bool cdicom_put_bytes(CDicomItem *item, uint32_t tag, const uint8_t *bytes, size_t count) {
    try {
        // 0xFFFFFFFF stands for "undefined length" (PS3.5 7.1), and an even number is needed.
        if (!item || (!bytes && count > 0) || count >= std::numeric_limits<Uint32>::max() - 1) return false;
        return asItem(item)->putAndInsertUint8Array(asKey(tag), bytes, static_cast<unsigned long>(count)).good();
    } catch (...) {
        return false;
    }
}

bool cdicom_put_words(CDicomItem *item, uint32_t tag, const uint16_t *words, size_t count) {
    try {
        if (!item || (!words && count > 0) || count >= std::numeric_limits<Uint32>::max() / 2) return false;
        return asItem(item)->putAndInsertUint16Array(asKey(tag), words, static_cast<unsigned long>(count)).good();
    } catch (...) {
        return false;
    }
}

bool cdicom_put_floats(CDicomItem *item, uint32_t tag, const float *values, size_t count) {
    try {
        if (!item || (!values && count > 0) || count >= std::numeric_limits<Uint32>::max() / 4) return false;
        return asItem(item)->putAndInsertFloat32Array(asKey(tag), values, static_cast<unsigned long>(count)).good();
    } catch (...) {
        return false;
    }
}

bool cdicom_save(CDicomFile *file, const char *path, const char *transferSyntax, CDicomError *error) {
    try {
        if (!file || !path || !transferSyntax) return fail(error, "nothing to save, or nowhere to save it");
        const auto syntax = uncompressed(transferSyntax);
        if (syntax == EXS_Unknown)
            return fail(error, "transfer syntax %s is not one of the uncompressed ones", transferSyntax);
        if (!prepareMetaHeader(file, syntax, error)) return false;
        FILE *target = fopen(path, "wb");
        if (!target) return fail(error, "%s", strerror(errno));
        bool written = false;
        try {
            written = writeFile(file, target, syntax, error);
        } catch (...) {
            fclose(target);
            throw;
        }
        if (fclose(target) != 0 && written) return fail(error, "%s", strerror(errno));
        if (written) file->transferSyntax = transferSyntax;
        return written;
    } catch (const std::exception &problem) {
        return fail(error, "%s", problem.what());
    } catch (...) {
        return fail(error, "unknown failure while writing");
    }
}
