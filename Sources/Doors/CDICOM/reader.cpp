// Opens a DICOM file and reads its elements. Pixels are in pixels.cpp.
#include "internal.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

bool fail(CDicomError *error, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

bool failForMemory(CDicomError *error, const char *doing) {
    if (error) error->outOfMemory = true;
    return fail(error, "there is not enough memory to %s, which says nothing against the file; raise the limit (ulimit -v), or take "
                "fewer --jobs", doing);
}

// MARK: Starting

namespace {

thread_local std::string jpegWarning;

/// Keeps the first warning of DCMTK's libjpeg on the thread that decodes.
class WarningKeeper : public dcmtk::log4cplus::Appender {
  public:
    ~WarningKeeper() override { destructorImpl(); }
    void close() override {}

  protected:
    void append(const dcmtk::log4cplus::spi::InternalLoggingEvent &event) override {
        if (jpegWarning.empty()) jpegWarning = event.getMessage().c_str();
    }
};

void listenToLibjpeg() {
    OFLogger logger = OFLog::getLogger("dcmtk.dcmjpeg");
    logger.setAdditivity(false);
    logger.setLogLevel(OFLogger::WARN_LOG_LEVEL);
    logger.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new WarningKeeper));
}

} // namespace

std::string takeJPEGWarning() {
    std::string warning;
    warning.swap(jpegWarning);
    return warning;
}

bool cdicom_prepare(CDicomError *error) {
    static std::once_flag once;
    static bool dictionaryLoaded = false;
    try {
        std::call_once(once, [] {
            OFLog::configure(OFLogger::OFF_LOG_LEVEL);
            listenToLibjpeg();
            // Explicit VR has no room for more than 64 kB in most representations, so that writers must call such a value,
            // a contour say, UN (PS3.5 6.2.2), and some call sequences so. What the dictionary knows is read by it.
            dcmEnableUnknownVRConversion.set(OFTrue);
            // Never convert colours: Y of YBR is the luminance that is wanted, and RGB stays as stored.
            DJDecoderRegistration::registerCodecs(EDC_never, EUC_never, EPC_colorByPixel);
            DJLSDecoderRegistration::registerCodecs(EJLSUC_never, EJLSPC_colorByPixel);
            dictionaryLoaded = dcmDataDict.isDictionaryLoaded();
        });
    } catch (const std::bad_alloc &) {
        return failForMemory(error, "start DCMTK");
    } catch (const std::exception &exception) {
        return fail(error, "DCMTK could not be started: %s", exception.what());
    }
    if (!dictionaryLoaded)
        return fail(error, "DCMTK's data dictionary is not loaded, expected dicom.dic of the package libdcmtk17 "
                           "or at DCMDICTPATH");
    return true;
}

// MARK: Opening

namespace {

/// An open file, closed when it is left.
struct Descriptor {
    const int number;
    explicit Descriptor(int number) : number(number) {}
    Descriptor(const Descriptor &) = delete;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

uint16_t littleEndian16(const uint8_t *bytes) { return static_cast<uint16_t>(bytes[0] | bytes[1] << 8); }

/// Whether bytes without preamble look like the first element of a data set: group 0002 or 0008, a sane length.
bool startsLikeDataSet(const uint8_t *head, size_t count, size_t fileSize) {
    if (count < 16) return false;
    const bool littleEndian = head[1] == 0;
    const uint16_t group = littleEndian ? head[0] : head[1];
    if ((littleEndian ? head[1] : head[0]) != 0 || (group != 0x0002 && group != 0x0008)) return false;
    const uint16_t element = littleEndian ? littleEndian16(head + 2) : static_cast<uint16_t>(head[2] << 8 | head[3]);
    if (element > 0x1200) return false;
    if (std::isupper(head[4]) && std::isupper(head[5])) return true;
    const uint32_t length = littleEndian ? littleEndian16(head + 4) | uint32_t(littleEndian16(head + 6)) << 16
                                         : uint32_t(head[4]) << 24 | head[5] << 16 | head[6] << 8 | head[7];
    return length <= 1024 && length + 8 <= fileSize;
}

CDicomStamp stampOf(const struct stat &status) {
    return {status.st_ino, status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
}

bool operator==(const CDicomStamp &a, const CDicomStamp &b) {
    return a.node == b.node && a.size == b.size && a.seconds == b.seconds && a.nanoseconds == b.nanoseconds;
}

/// Rejects what is no DICOM, and what nests too deep, before DCMTK tries to make sense of it.
bool isReadable(const char *path, const CDicomStamp *checked, CDicomStamp &stamp, CDicomError *error) {
    struct stat status {};
    if (checked && ::stat(path, &status) == 0 && (stamp = stampOf(status)) == *checked) return true;
    const Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
    if (file.number < 0 || fstat(file.number, &status) != 0)
        return fail(error, "cannot be read: %s", std::strerror(errno));
    stamp = stampOf(status);
    uint8_t head[132];
    const ssize_t found = pread(file.number, head, sizeof head, 0);
    const size_t count = found < 0 ? 0 : static_cast<size_t>(found), size = static_cast<size_t>(status.st_size);
    const bool hasMagic = count == sizeof head && std::memcmp(head + 128, "DICM", 4) == 0;
    if (!hasMagic && !startsLikeDataSet(head, count, size))
        return fail(error, "no DICOM: found %zu bytes without DICM at byte 128, and they do not start like a data set",
                    size);
    return checkNesting(file.number, size, error);
}

} // namespace

bool cdicom_has_magic(const char *path) {
    std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path, "rb"), std::fclose);
    uint8_t head[132];
    return file && std::fread(head, 1, sizeof head, file.get()) == sizeof head && std::memcmp(head + 128, "DICM", 4) == 0;
}

CDicomFile *cdicom_open(const char *path, const CDicomStamp *checked, CDicomError *error) {
    if (!cdicom_prepare(error)) return nullptr;
    try {
        auto file = std::make_unique<CDicomFile>();
        if (!isReadable(path, checked, file->stamp, error)) return nullptr;
        file->format = std::make_unique<DcmFileFormat>();
        const OFCondition status = file->format->loadFile(path, EXS_Unknown, EGL_noChange, 4096);
        if (status == EC_MemoryExhausted) {
            failForMemory(error, "read it");
            return nullptr;
        }
        if (status.bad()) {
            const bool ended = status == EC_EndOfStream || status == EC_StreamNotifyClient
                || status == EC_InvalidStream || std::strstr(status.text(), "remature");
            fail(error, "%s (%s): found %lld bytes, expected all the bytes that its elements claim",
                 ended ? "truncated" : "damaged", status.text(), static_cast<long long>(file->stamp.size));
            return nullptr;
        }
        DcmDataset *dataset = file->dataset();
        OFString classUID;
        if (dataset->findAndGetOFString(DCM_SOPClassUID, classUID).bad() || classUID.empty())
            file->format->getMetaInfo()->findAndGetOFString(DCM_MediaStorageSOPClassUID, classUID);
        if (classUID.empty()) {
            fail(error, "no DICOM object: found a data set of %lu elements, expected one with a SOP Class UID",
                 dataset->card());
            return nullptr;
        }
        file->transferSyntax = DcmXfer(dataset->getOriginalXfer()).getXferID();
        return file.release();
    } catch (const std::bad_alloc &) {
        failForMemory(error, "read it");
    } catch (const std::exception &exception) {
        fail(error, "damaged: DCMTK gave up (%s)", exception.what());
    } catch (...) {
        fail(error, "damaged: DCMTK gave up");
    }
    return nullptr;
}

void cdicom_close(CDicomFile *file) { delete file; }

CDicomStamp cdicom_stamp(const CDicomFile *file) { return file->stamp; }

const char *cdicom_transfer_syntax(const CDicomFile *file) { return file->transferSyntax.c_str(); }

CDicomItem *cdicom_root(CDicomFile *file) { return asHandle(file->dataset()); }

// MARK: Reading elements

namespace {

/// DCMTK keeps elements in the order of their tags, whatever their order in the file (DcmItem::insert): most of what is looked
/// for is absent, and known to be so on the way.
DcmElement *find(CDicomItem *item, uint32_t tag) {
    if (!item) return nullptr;
    const DcmTagKey key = asKey(tag);
    DcmObject *object = nullptr;
    while ((object = asItem(item)->nextInContainer(object)))
        if (!(object->getTag() < key)) return object->getTag() == key ? static_cast<DcmElement *>(object) : nullptr;
    return nullptr;
}

/// Specific Character Set (0008,0005) that applies to an item: its own or the nearest one above it.
std::string characterSet(DcmItem *item) {
    for (DcmObject *object = item; object; object = object->getParent()) {
        DcmItem *candidate = dynamic_cast<DcmItem *>(object);
        OFString name;
        if (candidate && candidate->findAndGetOFStringArray(DCM_SpecificCharacterSet, name).good())
            return std::string(name.c_str(), name.length());
    }
    return "";
}

bool isASCII(const OFString &text) {
    for (char byte : text)
        if (static_cast<unsigned char>(byte) >= 0x80 || byte == 0x1b) return false;
    return true;
}

/// Text as UTF-8, by the character set that applies to the element.
std::string utf8(DcmItem *item, DcmElement *element, const OFString &text) {
    const std::string bytes(text.c_str(), text.length());
    if (isASCII(text)) return bytes;
    const bool isAffected = element->isAffectedBySpecificCharacterSet() || element->ident() == EVR_UN;
    return textAsUTF8(bytes, isAffected ? characterSet(item) : "", element->ident() == EVR_PN);
}

/// Without the spaces and NULs around every value.
std::string trimmed(const std::string &text) {
    std::string result;
    size_t start = 0;
    while (start <= text.size()) {
        const size_t end = std::min(text.find('\\', start), text.size());
        size_t first = start, last = end;
        auto isPadding = [&](size_t k) { return text[k] == ' ' || text[k] == '\0' || text[k] == '\n' || text[k] == '\r'; };
        while (first < last && isPadding(first)) ++first;
        while (last > first && isPadding(last - 1)) --last;
        if (start > 0) result.push_back('\\');
        result.append(text, first, last - first);
        start = end + 1;
    }
    return result;
}

/// The raw characters of an element whose value is text, or of one of unknown VR.
bool rawText(DcmElement *element, OFString &text) {
    switch (element->ident()) {
    case EVR_OB: case EVR_OW: case EVR_OF: case EVR_OD: case EVR_OL: case EVR_OV: case EVR_SQ: case EVR_pixelSQ:
    case EVR_PixelData: case EVR_OverlayData: case EVR_ox: case EVR_px:
        return false;
    case EVR_UN: {
        Uint8 *bytes = nullptr;
        if (element->getUint8Array(bytes).bad() || !bytes) return element->getLength() == 0;
        text.assign(reinterpret_cast<const char *>(bytes), element->getLength());
        return true;
    }
    default:
        return element->getOFStringArray(text, OFFalse).good();
    }
}

/// Numbers of a text such as "0.5\-1e3 ", until something is no number.
size_t parseNumbers(const char *text, size_t count, double *values, size_t capacity) {
    size_t written = 0;
    const char *at = text, *end = text + count;
    while (written < capacity && at < end) {
        while (at < end && (*at == ' ' || *at == '\0')) ++at;
        if (at < end && *at == '+') ++at;
        double value = 0;
        const auto [next, status] = std::from_chars(at, end, value);
        if (status != std::errc()) break;
        at = next;
        while (at < end && (*at == ' ' || *at == '\0' || *at == '\n' || *at == '\r')) ++at;
        if (at < end && *at != '\\') break;
        values[written++] = value;
        ++at;
    }
    return written;
}

template <typename Number>
size_t convert(const Number *numbers, size_t count, double *values, size_t capacity) {
    if (!numbers) return 0;
    const size_t written = std::min(count, capacity);
    for (size_t k = 0; k < written; ++k) values[k] = static_cast<double>(numbers[k]);
    return written;
}

} // namespace

int64_t cdicom_count(CDicomItem *item, uint32_t tag) try {
    DcmElement *element = find(item, tag);
    if (!element) return -1;
    if (auto *sequence = dynamic_cast<DcmSequenceOfItems *>(element)) return static_cast<int64_t>(sequence->card());
    return element->getLength() == 0 ? 0 : static_cast<int64_t>(element->getVM());
} catch (...) {
    return -1;
}

int64_t cdicom_string(CDicomItem *item, uint32_t tag, char *buffer, size_t capacity) try {
    DcmElement *element = find(item, tag);
    OFString text;
    if (!element || !rawText(element, text)) return -1;
    const std::string result = trimmed(utf8(asItem(item), element, text));
    if (result.size() < capacity) std::memcpy(buffer, result.c_str(), result.size() + 1);
    return static_cast<int64_t>(result.size());
} catch (...) {
    return -1;
}

size_t cdicom_doubles(CDicomItem *item, uint32_t tag, double *values, size_t capacity) try {
    DcmElement *element = find(item, tag);
    if (!element) return 0;
    const size_t bytes = element->getLength();
    switch (element->ident()) {
    case EVR_FD: {
        Float64 *numbers = nullptr;
        return element->getFloat64Array(numbers).good() ? convert(numbers, bytes / 8, values, capacity) : 0;
    }
    case EVR_FL: {
        Float32 *numbers = nullptr;
        return element->getFloat32Array(numbers).good() ? convert(numbers, bytes / 4, values, capacity) : 0;
    }
    case EVR_SL: {
        Sint32 *numbers = nullptr;
        return element->getSint32Array(numbers).good() ? convert(numbers, bytes / 4, values, capacity) : 0;
    }
    case EVR_UL: {
        Uint32 *numbers = nullptr;
        return element->getUint32Array(numbers).good() ? convert(numbers, bytes / 4, values, capacity) : 0;
    }
    case EVR_SS: {
        Sint16 *numbers = nullptr;
        return element->getSint16Array(numbers).good() ? convert(numbers, bytes / 2, values, capacity) : 0;
    }
    case EVR_US: case EVR_xs: case EVR_lt: case EVR_OW: {
        Uint16 *numbers = nullptr;
        return element->getUint16Array(numbers).good() ? convert(numbers, bytes / 2, values, capacity) : 0;
    }
    case EVR_DS: case EVR_IS: {
        // Straight from the element's own characters: a contour has thousands of values.
        char *text = nullptr;
        Uint32 length = 0;
        if (element->getString(text, length).bad() || !text) return 0;
        return parseNumbers(text, length, values, capacity);
    }
    default: {
        OFString text;
        return rawText(element, text) ? parseNumbers(text.c_str(), text.length(), values, capacity) : 0;
    }
    }
} catch (...) {
    return 0;
}

size_t cdicom_items(CDicomItem *item, uint32_t tag, CDicomItem **items, size_t capacity) try {
    auto *sequence = dynamic_cast<DcmSequenceOfItems *>(find(item, tag));
    if (!sequence) return 0;
    size_t written = 0;
    DcmObject *object = nullptr;
    while (written < capacity && (object = sequence->nextInContainer(object))) {
        if (auto *child = dynamic_cast<DcmItem *>(object)) items[written++] = asHandle(child);
    }
    return written;
} catch (...) {
    return 0;
}

uint32_t cdicom_private_block(CDicomItem *item, uint32_t group, const char *creator) try {
    uint32_t block = 0;
    DcmObject *object = nullptr;
    while ((object = asItem(item)->nextInContainer(object))) {
        const uint32_t element = object->getETag();
        if (object->getGTag() > group) break;
        if (object->getGTag() != group || element < 0x10 || element > 0xff) continue;
        const uint32_t first = group << 16 | element << 8;
        OFString text;
        if ((block == 0 || first < block) && rawText(static_cast<DcmElement *>(object), text)
            && trimmed(utf8(asItem(item), static_cast<DcmElement *>(object), text)) == creator)
            block = first;
    }
    return block;
} catch (...) {
    return 0;
}
