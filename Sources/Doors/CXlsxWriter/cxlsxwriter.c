// Writes workbooks through libxlsxwriter in its mode of constant memory, where every sheet has a file for its rows.
#include "cxlsxwriter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>
#include <zlib.h>

enum { SHEETS = 8, CHUNK = 1 << 16 };

/// What was written of a sheet's rows, to recognise it when the workbook is read back.
typedef struct {
    size_t count;
    uLong checksum;
} Rows;

struct CXlsxBook {
    lxw_workbook *workbook;
    char *path;
    lxw_format *styles[CXLSX_STYLES];
    Rows rows[SHEETS];
    int sheets;
    /// Of the sheet in hand.
    lxw_worksheet *sheet;
    uint32_t row;
    uint16_t column;
    /// Of the row in hand, which is written when it ends.
    char *line;
    size_t length, capacity;
};

static bool fail(CXlsxError *error, int code, const char *format, ...) {
    if (error) {
        error->code = code;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

// MARK: The workbook

static void set_styles(CXlsxBook *book) {
    lxw_format **style = book->styles;
    for (int k = CXLSX_PLAIN + 1; k < CXLSX_STYLES; k++) {
        style[k] = workbook_add_format(book->workbook);
        if (style[k]) format_set_align(style[k], LXW_ALIGN_VERTICAL_TOP);
    }
    for (int k = CXLSX_PLAIN + 1; k < CXLSX_STYLES; k++) {
        if (!style[k]) return;
    }
    format_set_bold(style[CXLSX_HEADER]);
    format_set_bg_color(style[CXLSX_HEADER], 0xDCE6F1);
    format_set_bottom(style[CXLSX_HEADER], LXW_BORDER_THIN);
    format_set_bold(style[CXLSX_TITLE]);
    format_set_text_wrap(style[CXLSX_WRAPPED]);
    format_set_align(style[CXLSX_WRAPPED], LXW_ALIGN_LEFT);
    format_set_bg_color(style[CXLSX_WARNING], 0xFFEB9C);
    format_set_bg_color(style[CXLSX_FAILURE], 0xFFC7CE);
}

CXlsxBook *cxlsx_create(const char *path, const char *temporary_folder, const char *title, CXlsxError *error) {
    CXlsxBook *book = calloc(1, sizeof *book);
    if (!book) {
        fail(error, ENOMEM, "no memory for a workbook");
        return NULL;
    }
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE, .tmpdir = (char *)temporary_folder, .use_zip64 = LXW_FALSE};
    book->path = strdup(path);
    book->workbook = workbook_new_opt(path, &options);
    if (!book->path || !book->workbook) {
        cxlsx_discard(book);
        fail(error, ENOMEM, "no memory for a workbook");
        return NULL;
    }
    // The day that the files inside the workbook have as well.
    lxw_doc_properties properties = {.title = (char *)title, .created = 315532800};
    workbook_set_properties(book->workbook, &properties);
    set_styles(book);
    return book;
}

bool cxlsx_add_sheet(CXlsxBook *book, const char *name, CXlsxLayout layout, CXlsxError *error) {
    errno = 0;
    book->sheet = book->sheets < SHEETS ? workbook_add_worksheet(book->workbook, name) : NULL;
    if (!book->sheet || !book->sheet->optimize_tmpfile) {
        book->sheet = NULL;
        return fail(error, errno, "the sheet '%s' cannot be made", name);
    }
    book->rows[book->sheets++] = (Rows){0, crc32(0, NULL, 0)};
    book->row = book->column = 0;
    if (layout.frozen_rows > 0 || layout.frozen_columns > 0) {
        worksheet_freeze_panes(book->sheet, layout.frozen_rows, layout.frozen_columns);
    }
    worksheet_set_landscape(book->sheet);
    worksheet_set_paper(book->sheet, 9);  // A4
    if (layout.frozen_rows > 0) worksheet_repeat_rows(book->sheet, 0, layout.frozen_rows - 1);
    if (layout.fits_page) worksheet_fit_to_pages(book->sheet, 1, 0);
    return true;
}

void cxlsx_set_width(CXlsxBook *book, uint16_t column, double characters) {
    worksheet_set_column(book->sheet, column, column, characters, NULL);
}

void cxlsx_set_filter(CXlsxBook *book, uint32_t first_row, uint32_t last_row, uint16_t last_column) {
    worksheet_autofilter(book->sheet, first_row, 0, last_row, last_column);
}

// MARK: Cells

static bool put(CXlsxBook *book, const char *bytes, size_t count, CXlsxError *error) {
    if (book->length + count > book->capacity) {
        size_t capacity = 2 * (book->length + count) + CHUNK;
        char *line = realloc(book->line, capacity);
        if (!line) return fail(error, ENOMEM, "no memory for a row");
        book->line = line;
        book->capacity = capacity;
    }
    memcpy(book->line + book->length, bytes, count);
    book->length += count;
    return true;
}

static bool put_text(CXlsxBook *book, const char *text, CXlsxError *error) {
    return put(book, text, strlen(text), error);
}

/// A2 and the like, with the style; the column in hand is the next one then.
static bool begin_cell(CXlsxBook *book, CXlsxStyle style, CXlsxError *error) {
    char letters[4] = {0}, cell[64];
    int first = 3;
    for (unsigned n = book->column + 1u; n > 0 && first > 0; n = (n - 1) / 26) letters[--first] = 'A' + (n - 1) % 26;
    int count = snprintf(cell, sizeof cell, "<c r=\"%s%u\"", letters + first, book->row + 1);
    if (style > CXLSX_PLAIN && style < CXLSX_STYLES && book->styles[style]) {
        count += snprintf(cell + count, sizeof cell - count, " s=\"%d\"", lxw_format_get_xf_index(book->styles[style]));
    }
    book->column++;
    return put(book, cell, count, error);
}

bool cxlsx_number(CXlsxBook *book, const char *digits, CXlsxStyle style, CXlsxError *error) {
    return begin_cell(book, style, error) && put_text(book, "><v>", error) && put_text(book, digits, error)
        && put_text(book, "</v></c>", error);
}

static bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether Excel would take what stands here for the code of a character: _x0041_.
static bool is_code(const char *text) {
    if (text[0] != '_' || text[1] != 'x') return false;
    for (int k = 2; k < 6; k++) {
        if (!is_hexadecimal(text[k])) return false;
    }
    return text[6] == '_';
}

static bool put_escaped(CXlsxBook *book, const char *text, CXlsxError *error) {
    for (const char *at = text; *at; at++) {
        unsigned char byte = *at;
        const char *instead = NULL;
        size_t more = 0;
        if (byte == '&') instead = "&amp;";
        if (byte == '<') instead = "&lt;";
        if (byte == '>') instead = "&gt;";
        if (byte == '_' && is_code(at)) instead = "_x005F_";
        if (byte < 0x20 && byte != '\t' && byte != '\n') instead = "\xEF\xBF\xBD";
        // U+FFFE and U+FFFF.
        if (byte == 0xEF && (unsigned char)at[1] == 0xBF && ((unsigned char)at[2] | 1) == 0xBF) {
            instead = "\xEF\xBF\xBD";
            more = 2;
        }
        if (!(instead ? put_text(book, instead, error) : put(book, at, 1, error))) return false;
        at += more;
    }
    return true;
}

bool cxlsx_text(CXlsxBook *book, const char *text, CXlsxStyle style, CXlsxError *error) {
    size_t count = strlen(text);
    bool has_outer_spaces = count > 0 && (strchr(" \t\n", text[0]) || strchr(" \t\n", text[count - 1]));
    return begin_cell(book, style, error) && put_text(book, " t=\"inlineStr\"><is><t", error)
        && put_text(book, has_outer_spaces ? " xml:space=\"preserve\">" : ">", error)
        && put_escaped(book, text, error) && put_text(book, "</t></is></c>", error);
}

void cxlsx_skip(CXlsxBook *book) { book->column++; }

bool cxlsx_end_row(CXlsxBook *book, uint32_t lines, CXlsxError *error) {
    lxw_worksheet *sheet = book->sheet;
    Rows *rows = &book->rows[book->sheets - 1];
    char start[80];
    int count = snprintf(start, sizeof start, "<row r=\"%u\"", book->row + 1);
    // A line is 15 points high, a row at most 409.
    if (lines > 1) {
        unsigned height = lines < 27 ? 15 * lines : 409;
        count += snprintf(start + count, sizeof start - count, " ht=\"%u\" customHeight=\"1\"", height);
    }
    count += snprintf(start + count, sizeof start - count, ">");
    if (!put_text(book, "</row>", error)) return false;
    errno = 0;
    if (fwrite(start, 1, count, sheet->optimize_tmpfile) != (size_t)count
        || fwrite(book->line, 1, book->length, sheet->optimize_tmpfile) != book->length) {
        return fail(error, errno, "a row cannot be written");
    }
    rows->checksum = crc32(rows->checksum, (const Bytef *)start, count);
    rows->checksum = crc32_z(rows->checksum, (const Bytef *)book->line, book->length);
    rows->count += count + book->length;
    // By these the library knows that there is something in the sheet.
    sheet->dim_rowmin = 0;
    sheet->dim_colmin = 0;
    sheet->dim_rowmax = book->row;
    if (book->column > 0 && sheet->dim_colmax < book->column - 1) sheet->dim_colmax = book->column - 1;
    book->row++;
    book->column = 0;
    book->length = 0;
    return true;
}

// MARK: Reading back

typedef struct {
    char name[64];
    size_t packed, size;
    uint32_t checksum;
    long offset;
} Part;

static unsigned at16(const uint8_t *p) { return p[0] | p[1] << 8; }
static uint32_t at32(const uint8_t *p) { return at16(p) | (uint32_t)at16(p + 2) << 16; }

/// Where the list of parts begins and how many there are. A workbook of ours ends with the list's end and no comment.
static bool find_parts(FILE *file, int *count, long *offset) {
    uint8_t end[22];
    if (fseek(file, -22, SEEK_END) != 0 || fread(end, 1, sizeof end, file) != sizeof end) return false;
    if (at32(end) != 0x06054b50 || at16(end + 20) != 0) return false;
    *count = at16(end + 10);
    *offset = at32(end + 16);
    return true;
}

/// The part of the list at `offset`, which becomes that of the next.
static bool next_part(FILE *file, long *offset, Part *part) {
    uint8_t entry[46], local[30];
    if (fseek(file, *offset, SEEK_SET) != 0 || fread(entry, 1, sizeof entry, file) != sizeof entry) return false;
    unsigned name = at16(entry + 28);
    if (at32(entry) != 0x02014b50 || at16(entry + 10) != Z_DEFLATED || name >= sizeof part->name) return false;
    memset(part->name, 0, sizeof part->name);
    if (fread(part->name, 1, name, file) != name) return false;
    *offset += 46 + name + at16(entry + 30) + at16(entry + 32);
    part->checksum = at32(entry + 16);
    part->packed = at32(entry + 20);
    part->size = at32(entry + 24);
    long start = at32(entry + 42);
    if (fseek(file, start, SEEK_SET) != 0 || fread(local, 1, sizeof local, file) != sizeof local) return false;
    if (at32(local) != 0x04034b50) return false;
    part->offset = start + 30 + at16(local + 26) + at16(local + 28);
    return true;
}

/// Looks for the rows of a sheet in its bytes as they come.
typedef struct {
    const Rows *expected;
    Rows found;
    /// Takes the rows, where somebody wants them.
    uint8_t **bytes;
    size_t capacity;
    /// How much of the mark before the rows, and of that behind them, was seen.
    size_t opened, closed;
    char last;
} Search;

static const char opening[] = "<sheetData>", closing[] = "</sheetData>";

static bool take(Search *search, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        if (search->opened < sizeof opening - 1) {
            bool fits = *bytes == (uint8_t)opening[search->opened];
            search->opened = fits ? search->opened + 1 : *bytes == '<' ? 1 : 0;
            bytes++;
            count--;
        } else if (search->expected && search->found.count < search->expected->count) {
            size_t left = search->expected->count - search->found.count, part = count < left ? count : left;
            search->found.checksum = crc32_z(search->found.checksum, bytes, part);
            search->found.count += part;
            bytes += part;
            count -= part;
        } else if (search->expected) {
            if (search->closed < sizeof closing - 1) {
                if (*bytes != (uint8_t)closing[search->closed]) return false;
                search->closed++;
            }
            bytes++;
            count--;
        } else {
            // Rows of a length that is not known: all the rest, to be cut at the end mark.
            if (search->found.count + count + 1 > search->capacity) {
                size_t capacity = 2 * (search->found.count + count) + CHUNK;
                uint8_t *larger = realloc(*search->bytes, capacity);
                if (!larger) return false;
                *search->bytes = larger;
                search->capacity = capacity;
            }
            memcpy(*search->bytes + search->found.count, bytes, count);
            search->found.count += count;
            return true;
        }
    }
    return true;
}

/// Unpacks a part into `search`; false when it is not whole.
static bool unpack(FILE *file, const Part *part, Search *search) {
    uint8_t packed[CHUNK], bytes[CHUNK];
    z_stream stream = {0};
    size_t left = part->packed, size = 0;
    uLong checksum = crc32(0, NULL, 0);
    int status = Z_OK;
    bool works = fseek(file, part->offset, SEEK_SET) == 0 && inflateInit2(&stream, -MAX_WBITS) == Z_OK;
    if (!works) return false;
    while (works && status != Z_STREAM_END) {
        if (stream.avail_in == 0 && left > 0) {
            size_t count = fread(packed, 1, left < CHUNK ? left : CHUNK, file);
            if (count == 0) break;
            left -= count;
            stream.next_in = packed;
            stream.avail_in = count;
        }
        stream.next_out = bytes;
        stream.avail_out = CHUNK;
        status = inflate(&stream, Z_NO_FLUSH);
        size_t count = CHUNK - stream.avail_out;
        if ((status != Z_OK && status != Z_STREAM_END) || (status == Z_OK && count == 0 && left == 0)) break;
        checksum = crc32_z(checksum, bytes, count);
        size += count;
        if (count > 0) search->last = bytes[count - 1];
        works = size <= part->size && take(search, bytes, count);
    }
    inflateEnd(&stream);
    return works && status == Z_STREAM_END && size == part->size && (uint32_t)checksum == part->checksum;
}

static void name_of_sheet(int sheet, char *name, size_t size) {
    snprintf(name, size, "xl/worksheets/sheet%d.xml", sheet);
}

/// Whether the workbook on disk is whole and its sheets have the rows that were written.
static bool is_whole(const CXlsxBook *book) {
    FILE *file = fopen(book->path, "rb");
    if (!file) return false;
    int parts = 0, sheets = 0;
    long offset = 0;
    bool is_whole = find_parts(file, &parts, &offset);
    for (int k = 0; k < parts && is_whole; k++) {
        Part part;
        is_whole = next_part(file, &offset, &part);
        if (!is_whole) break;
        const Rows *rows = NULL;
        for (int sheet = 0; sheet < book->sheets; sheet++) {
            char name[64];
            name_of_sheet(sheet + 1, name, sizeof name);
            if (strcmp(name, part.name) == 0) rows = &book->rows[sheet];
        }
        // Of another part no more is asked than that it ends as XML does.
        static const Rows none = {0};
        Search search = {.expected = rows ? rows : &none, .found = {0, crc32(0, NULL, 0)}};
        is_whole = unpack(file, &part, &search);
        if (rows) {
            sheets++;
            is_whole = is_whole && search.found.count == rows->count && search.found.checksum == rows->checksum
                && search.closed == sizeof closing - 1;
        }
        is_whole = is_whole && (search.last == '>' || search.last == '\n');
    }
    fclose(file);
    return is_whole && sheets == book->sheets;
}

bool cxlsx_read_rows(const char *path, int sheet, uint8_t **bytes, size_t *count, CXlsxError *error) {
    *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) return fail(error, errno, "it cannot be opened");
    char name[64];
    name_of_sheet(sheet, name, sizeof name);
    int parts = 0;
    long offset = 0;
    bool is_found = false;
    Search search = {.bytes = bytes};
    if (find_parts(file, &parts, &offset)) {
        for (int k = 0; k < parts && !is_found; k++) {
            Part part;
            if (!next_part(file, &offset, &part)) break;
            if (strcmp(part.name, name) != 0) continue;
            is_found = unpack(file, &part, &search) && *bytes != NULL;
            break;
        }
    }
    fclose(file);
    uint8_t *end = NULL;
    if (is_found) {
        (*bytes)[search.found.count] = 0;
        end = (uint8_t *)strstr((char *)*bytes, closing);
    }
    if (!end) {
        cxlsx_free(*bytes);
        *bytes = NULL;
        return fail(error, 0, "found no workbook as weft writes it");
    }
    *count = end - *bytes;
    return true;
}

void cxlsx_free(uint8_t *bytes) { free(bytes); }

// MARK: The end

bool cxlsx_finish(CXlsxBook *book, CXlsxError *error) {
    bool is_written = true;
    errno = 0;
    lxw_sheet *sheet;
    STAILQ_FOREACH(sheet, book->workbook->sheets, list_pointers) {
        FILE *rows = sheet->u.worksheet->optimize_tmpfile;
        if (is_written && (fflush(rows) != 0 || ferror(rows))) {
            is_written = fail(error, errno, "the rows cannot be written");
        }
    }
    if (is_written) {
        errno = 0;
        // The workbook is gone after this, whatever comes of it.
        lxw_error status = workbook_close(book->workbook);
        int code = errno;
        book->workbook = NULL;
        if (status != LXW_NO_ERROR) {
            is_written = fail(error, code, "libxlsxwriter: %s", lxw_strerror(status));
        } else if (!is_whole(book)) {
            is_written = fail(error, 0, "what came to the disk is not whole; is it full?");
        }
    }
    cxlsx_discard(book);
    return is_written;
}

void cxlsx_discard(CXlsxBook *book) {
    if (!book) return;
    if (book->workbook) {
        lxw_sheet *sheet;
        STAILQ_FOREACH(sheet, book->workbook->sheets, list_pointers) {
            if (sheet->u.worksheet->optimize_tmpfile) fclose(sheet->u.worksheet->optimize_tmpfile);
        }
        lxw_workbook_free(book->workbook);
    }
    free(book->path);
    free(book->line);
    free(book);
}
