// Text in the character sets of PS3.3 C.12.1.1.2 as UTF-8, by the C library's iconv: DCMTK knows escape sequences only with
// libraries that Debian does not build it with.
#include "internal.hpp"

#include <cctype>
#include <cstring>
#include <vector>

#include <iconv.h>

namespace {

/// Converts bytes by one encoding that iconv knows; false when it knows it not, or the bytes are none of its.
bool convert(const char *encoding, const std::string &bytes, std::string &utf8) {
    const iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == reinterpret_cast<iconv_t>(-1)) return false;
    std::string result(bytes.size() * 4 + 16, '\0');
    char *from = const_cast<char *>(bytes.data()), *to = result.data();
    size_t left = bytes.size(), room = result.size();
    const bool good = iconv(converter, &from, &left, &to, &room) != static_cast<size_t>(-1) && left == 0;
    iconv_close(converter);
    if (!good) return false;
    result.resize(result.size() - room);
    utf8 += result;
    return true;
}

/// What a graphic set's bytes mean: G0 is meant by bytes below 0x80, G1 by those above.
struct GraphicSet {
    /// iconv's name, nullptr for ASCII.
    const char *encoding;
    /// Bytes of a character.
    size_t width;
    /// What iconv's encoding wants before the bytes, all of which have their highest bit set there.
    const char *prefix;
};

constexpr GraphicSet ascii{nullptr, 1, ""};
constexpr GraphicSet kanji{"EUC-JP", 2, ""}, supplementaryKanji{"EUC-JP", 2, "\x8f"}, katakana{"EUC-JP", 1, "\x8e"};
constexpr GraphicSet hangul{"EUC-KR", 2, ""}, hanzi{"GB2312", 2, ""};

/// A defined term of Specific Character Set, by its number behind IR; PS3.3 tables C.12-2 to C.12-4.
struct Term {
    int number;
    GraphicSet set;
    /// What designates it, behind ESC.
    const char *escape;
};

constexpr Term terms[] = {
    {100, {"ISO-8859-1", 1, ""}, "-A"},  {101, {"ISO-8859-2", 1, ""}, "-B"},  {109, {"ISO-8859-3", 1, ""}, "-C"},
    {110, {"ISO-8859-4", 1, ""}, "-D"},  {144, {"ISO-8859-5", 1, ""}, "-L"},  {127, {"ISO-8859-6", 1, ""}, "-G"},
    {126, {"ISO-8859-7", 1, ""}, "-F"},  {138, {"ISO-8859-8", 1, ""}, "-H"},  {148, {"ISO-8859-9", 1, ""}, "-M"},
    {203, {"ISO-8859-15", 1, ""}, "-b"}, {166, {"TIS-620", 1, ""}, "-T"},     {13, katakana, ")I"},
    {87, kanji, "$B"},                   {159, supplementaryKanji, "$(D"},    {149, hangul, "$)C"},
    {58, hanzi, "$)A"},
};

/// Escape sequences of sets that go to G0 and are no term of their own, or were not always written so.
constexpr Term otherEscapes[] = {{6, ascii, "(B"}, {14, ascii, "(J"}, {87, kanji, "$@"}};

/// The defined terms, in capitals, without the spaces around them; the first may be empty, which is ASCII.
std::vector<std::string> definedTerms(const std::string &sets) {
    std::vector<std::string> terms(1);
    for (char byte : sets) {
        if (byte == '\\') terms.emplace_back();
        else if (byte != ' ' && byte != '\0')
            terms.back().push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(byte))));
    }
    return terms;
}

/// The number behind IR, also where spaces, underscores and hyphens are mixed up; 0 when there is none.
int registration(const std::string &term) {
    const size_t at = term.rfind("IR");
    if (at == std::string::npos) return 0;
    int number = 0;
    for (size_t k = at + 2; k < term.size(); ++k)
        if (std::isdigit(static_cast<unsigned char>(term[k])) && number < 1000) number = number * 10 + (term[k] - '0');
    return number;
}

/// Sets without escape sequences, whose text is converted as a whole; nullptr for the others.
const char *wholeEncoding(const std::string &term) {
    if (registration(term) == 192 || term == "UTF-8" || term == "UTF8") return "UTF-8";
    if (term == "GB18030") return "GB18030";
    if (term == "GBK") return "GBK";
    return nullptr;
}

/// The set that a defined term names, ASCII for one that names none.
GraphicSet graphicSet(const std::string &term) {
    for (const Term &known : terms)
        if (known.number == registration(term)) return known.set;
    return ascii;
}

bool isJapanese(const std::string &term) {
    const int number = registration(term);
    return number == 13 || number == 87 || number == 159;
}

/// The text by ISO 2022: what an escape sequence designates holds up to the next one, or to the end of the value or line.
/// `initialHigh` is what bytes above 0x80 mean before any. False when bytes are none of the set that they are said to be of;
/// `utf8` is then cut off where that was.
bool convertISO2022(const std::string &text, GraphicSet initialHigh, bool isPersonName, std::string &utf8) {
    GraphicSet low = ascii, high = initialHigh;
    for (size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == 0x1b) {
            const Term *designated = nullptr;
            for (const Term &known : terms)
                if (text.compare(at + 1, std::strlen(known.escape), known.escape) == 0) designated = &known;
            for (const Term &known : otherEscapes)
                if (text.compare(at + 1, std::strlen(known.escape), known.escape) == 0) designated = &known;
            if (!designated) return false;
            const bool isLow = designated->set.encoding == nullptr || designated->number == 87 || designated->number == 159;
            (isLow ? low : high) = designated->set;
            at += 1 + std::strlen(designated->escape);
            continue;
        }
        const bool isLow = byte < 0x80;
        const GraphicSet set = isLow ? low : high;
        const bool isControl = byte < 0x21 || (isLow && low.width == 1);
        if (isControl) {
            const bool ends = byte == '\\' || byte == '\n' || byte == '\r' || byte == '\f' || byte == '\t'
                || (isPersonName && (byte == '^' || byte == '='));
            if (ends) low = ascii, high = initialHigh;
            utf8.push_back(text[at++]);
            continue;
        }
        if (!set.encoding || at + set.width > text.size()) return false;
        std::string character = set.prefix;
        // Sets of two bytes fill 0xa1 to 0xfe: Shift JIS, whose characters begin lower, is none of them.
        for (size_t k = 0; set.width == 2 && k < 2; ++k)
            if ((static_cast<unsigned char>(text[at + k]) | 0x80) < 0xa1 || (text[at + k] & 0x80) != (byte & 0x80)) return false;
        // All these sets have their bytes above 0x80 in iconv's encodings.
        for (size_t k = 0; k < set.width; ++k) character.push_back(static_cast<char>(text[at + k] | 0x80));
        if (!convert(set.encoding, character, utf8)) return false;
        at += set.width;
    }
    return true;
}

/// Latin-1 without escapes: what cannot be converted, so that a wrong character set never loses a name.
std::string latin(const std::string &text) {
    std::string result;
    for (char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        if (code == 0x1b) continue;
        if (code < 0x80) {
            result.push_back(byte);
        } else {
            result.push_back(static_cast<char>(0xc0 | code >> 6));
            result.push_back(static_cast<char>(0x80 | (code & 0x3f)));
        }
    }
    return result;
}

} // namespace

std::string textAsUTF8(const std::string &text, const std::string &sets, bool isPersonName) {
    const std::vector<std::string> declared = definedTerms(sets);
    std::string result;
    // Writers that forget the character set write UTF-8; no text of another set is well-formed UTF-8 by chance.
    if (sets.empty() && text.find('\x1b') == std::string::npos && convert("UTF-8", text, result)) return result;
    result.clear();
    if (const char *encoding = wholeEncoding(declared[0])) {
        if (convert(encoding, text, result)) return result;
        return latin(text);
    }
    // What JIS X 0208 says of G1 is nothing: its place is in G0, where an escape sequence puts it.
    const GraphicSet first = graphicSet(declared[0]);
    const bool isLow = first.encoding == kanji.encoding && first.width == 2;
    if (convertISO2022(text, isLow ? ascii : first, isPersonName, result)) return result;
    // Some writers declare a set and leave out its escape sequence: bytes that no other rule explains are of that set.
    for (const std::string &term : declared) {
        result.clear();
        if (convertISO2022(text, graphicSet(term), isPersonName, result)) return result;
    }
    // Windows programs put the characters of the Japanese sets as Shift JIS.
    for (const std::string &term : declared) {
        result.clear();
        if (isJapanese(term) && text.find('\x1b') == std::string::npos && convert("CP932", text, result)) return result;
    }
    return latin(text);
}
