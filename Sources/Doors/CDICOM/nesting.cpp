// DCMTK reads sequences by recursion, so a file of nested sequences could exhaust a thread's stack. This walks the
// element headers first, without recursion, and says how deep they nest. What it does not understand it leaves to DCMTK.
#include "internal.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include <sys/mman.h>
#include <zlib.h>

namespace {

/// Bytes in order: those of a file, or those that a deflated data set inflates to.
struct Source {
    const uint8_t *at = nullptr, *end = nullptr;
    bool isDeflated = false;
    z_stream inflater{};
    std::vector<uint8_t> inflated;
    uint64_t position = 0;

    ~Source() {
        if (isDeflated) inflateEnd(&inflater);
    }

    bool startInflating() {
        inflater.next_in = const_cast<uint8_t *>(at);
        inflater.avail_in = static_cast<uInt>(std::min<size_t>(end - at, 0xffffffffu));
        if (inflateInit2(&inflater, -MAX_WBITS) != Z_OK) return false;
        isDeflated = true;
        inflated.resize(65536);
        at = end = inflated.data();
        return true;
    }

    /// Inflates more behind what has not been taken yet; false when there is no more.
    bool fill() {
        if (!isDeflated) return false;
        const size_t left = static_cast<size_t>(end - at);
        std::memmove(inflated.data(), at, left);
        inflater.next_out = inflated.data() + left;
        inflater.avail_out = static_cast<uInt>(inflated.size() - left);
        const int status = inflate(&inflater, Z_NO_FLUSH);
        at = inflated.data();
        end = at + (inflated.size() - inflater.avail_out);
        return (status == Z_OK || status == Z_STREAM_END) && static_cast<size_t>(end - at) > left;
    }

    /// Whether the next four bytes are these.
    bool startsWith(const uint8_t (&expected)[4]) {
        while (end - at < 4 && fill()) continue;
        return end - at >= 4 && std::memcmp(at, expected, 4) == 0;
    }

    bool take(uint8_t *target, size_t count) {
        position += count;
        while (count > 0) {
            if (at == end && !fill()) return false;
            const size_t part = std::min<size_t>(count, end - at);
            std::memcpy(target, at, part);
            at += part, target += part, count -= part;
        }
        return true;
    }

    bool skip(uint64_t count) {
        position += count;
        while (count > 0) {
            if (at == end && !fill()) return false;
            const uint64_t part = std::min<uint64_t>(count, end - at);
            at += part, count -= part;
        }
        return true;
    }
};

struct Encoding {
    bool isExplicit, isBigEndian;
};

uint16_t read16(const uint8_t *b, bool big) { return static_cast<uint16_t>(big ? b[0] << 8 | b[1] : b[1] << 8 | b[0]); }
uint32_t read32(const uint8_t *b, bool big) {
    return big ? uint32_t(read16(b, true)) << 16 | read16(b + 2, true) : uint32_t(read16(b + 2, false)) << 16 | read16(b, false);
}

bool hasLongLength(const uint8_t *vr) {
    static const char *names[] = {"OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UN", "UT", "UC", "UR", "SV", "UV"};
    for (const char *name : names)
        if (std::memcmp(vr, name, 2) == 0) return true;
    return false;
}

/// The file meta information, always explicit little endian: leaves `transferSyntax` and the source behind it.
bool skipMeta(Source &source, std::string &transferSyntax) {
    while (source.end - source.at >= 8) {
        const uint8_t *head = source.at;
        if (read16(head, false) != 0x0002) return true;
        uint64_t length = 0;
        size_t headBytes = 8;
        if (hasLongLength(head + 4)) {
            if (source.end - source.at < 12) return false;
            headBytes = 12;
            length = read32(head + 8, false);
        } else {
            length = read16(head + 6, false);
        }
        if (uint64_t(source.end - source.at) < headBytes + length) return false;
        if (read16(head + 2, false) == 0x0010)
            transferSyntax.assign(reinterpret_cast<const char *>(head + headBytes), length);
        source.at += headBytes + length;
    }
    return false;
}

/// Deepest nesting of items, or 0 when lost. `limit` ends the walk early.
size_t walk(Source &source, Encoding encoding, size_t limit) {
    /// An open item or sequence: where it ends (`open` when a delimiter ends it), and how its elements are encoded.
    struct Level {
        uint64_t end;
        Encoding encoding;
    };
    const uint64_t open = UINT64_MAX;
    const Encoding ofUnknown{false, false};
    static const uint8_t itemTag[4] = {0xfe, 0xff, 0x00, 0xe0};
    std::vector<Level> levels;
    size_t deepest = 0;
    uint8_t head[12];
    while (true) {
        while (!levels.empty() && levels.back().end != open && source.position >= levels.back().end) levels.pop_back();
        Encoding current = levels.empty() ? encoding : levels.back().encoding;
        if (!source.take(head, 8)) return deepest;
        const uint16_t group = read16(head, current.isBigEndian), element = read16(head + 2, current.isBigEndian);
        uint32_t length = read32(head + 4, current.isBigEndian);
        bool opens = false;
        if (group == 0xfffe) {
            if (element == 0xe000) {
                opens = true;
            } else {
                if (!levels.empty() && levels.back().end == open) levels.pop_back();
                continue;
            }
        } else if (current.isExplicit) {
            const bool isLong = hasLongLength(head + 4);
            if (isLong) {
                if (!source.take(head + 8, 4)) return deepest;
                length = read32(head + 8, current.isBigEndian);
            } else {
                length = read16(head + 6, current.isBigEndian);
            }
            opens = std::memcmp(head + 4, "SQ", 2) == 0 || (isLong && length == 0xffffffffu);
            // A sequence may be called UN; what it holds is then implicit little endian (PS3.5 6.2.2, note 2).
            if (std::memcmp(head + 4, "UN", 2) == 0) {
                opens = opens || (length >= 8 && source.startsWith(itemTag));
                current = ofUnknown;
            }
        } else {
            // Without a VR only an item tag at its start, or an open length, tells a sequence.
            opens = length == 0xffffffffu || (length >= 8 && source.startsWith(itemTag));
        }
        // Nothing nests in pixels; what comes behind them (padding, signatures) is not worth reading through them.
        if (group == 0x7fe0 && levels.empty()) return deepest;
        if (opens) {
            levels.push_back({length == 0xffffffffu ? open : source.position + length, current});
            deepest = std::max(deepest, levels.size());
            if (deepest > limit) return deepest;
        } else if (!source.skip(length)) {
            return deepest;
        }
    }
}

/// Bytes that a deflated data set inflates to, counted without keeping them; more than `limit` when there are more.
uint64_t inflatedSize(const uint8_t *bytes, size_t count, uint64_t limit) {
    z_stream inflater{};
    if (inflateInit2(&inflater, -MAX_WBITS) != Z_OK) return 0;
    std::vector<uint8_t> part(1 << 18);
    uint64_t total = 0;
    int status = Z_OK;
    inflater.next_in = const_cast<uint8_t *>(bytes);
    while (status == Z_OK && total <= limit) {
        if (inflater.avail_in == 0) {
            const size_t taken = static_cast<size_t>(inflater.next_in - bytes);
            inflater.avail_in = static_cast<uInt>(std::min<size_t>(count - taken, 1u << 30));
        }
        inflater.next_out = part.data();
        inflater.avail_out = static_cast<uInt>(part.size());
        status = inflate(&inflater, Z_NO_FLUSH);
        total += part.size() - inflater.avail_out;
    }
    inflateEnd(&inflater);
    return total;
}

} // namespace

bool checkNesting(int file, size_t size, CDicomError *error) {
    const size_t limit = 128; // sequences and their items: 64 levels
    // DCMTK keeps all of an inflated data set in memory. An empty segmentation of 256 MiB may deflate to nothing; more than that
    // from less than a hundredth is what nobody makes but to do harm.
    const uint64_t largest = std::min<uint64_t>(std::max<uint64_t>(uint64_t(256) << 20, uint64_t(size) * 100), uint64_t(4) << 30);
    bool isBomb = false;
    void *map = size > 0 ? mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    if (map == MAP_FAILED) return true;
    size_t depth = 0;
    {
        Source source;
        source.at = static_cast<const uint8_t *>(map);
        source.end = source.at + size;
        if (size >= 132 && std::memcmp(source.at + 128, "DICM", 4) == 0) source.at += 132;
        std::string syntax;
        Encoding encoding{true, false};
        if (skipMeta(source, syntax)) {
            while (!syntax.empty() && (syntax.back() == '\0' || syntax.back() == ' ')) syntax.pop_back();
            encoding.isBigEndian = syntax == "1.2.840.10008.1.2.2";
            if (syntax.empty() || syntax == "1.2.840.10008.1.2")
                encoding.isExplicit = source.end - source.at >= 6 && std::isupper(source.at[4]) && std::isupper(source.at[5]);
            if (syntax.empty() && source.at < source.end && source.at[0] == 0) encoding.isBigEndian = true;
            const bool isDeflated = syntax == "1.2.840.10008.1.2.1.99";
            isBomb = isDeflated && inflatedSize(source.at, static_cast<size_t>(source.end - source.at), largest) > largest;
            if (!isBomb && (!isDeflated || source.startInflating())) depth = walk(source, encoding, limit);
        }
    }
    munmap(map, size);
    if (isBomb)
        return fail(error, "its deflated data set inflates to more than %llu bytes, expected at most a hundred times its %zu",
                    static_cast<unsigned long long>(largest), size);
    if (depth > limit) return fail(error, "damaged: sequences nest more than %zu deep, expected a few", limit / 2);
    return true;
}
