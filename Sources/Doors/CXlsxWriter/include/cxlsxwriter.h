// The door to libxlsxwriter: an Excel workbook of sheets that are written from their first row to their last.
//
// The library makes the workbook with its styles, panes, filters and parts. The cells are written here, into the file that it keeps
// for the rows of a sheet: by itself it writes 16 digits of a number, which is another double for every second one, and does not
// look whether the disk took what it wrote. What a workbook has become is read back before it is called finished.
#ifndef WEFT_CXLSXWRITER_H
#define WEFT_CXLSXWRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CXlsxBook CXlsxBook;

/// One sentence that says what is wrong; never names the file. `code` is the system's number (errno) where the system refused,
/// else 0.
typedef struct {
    int code;
    char text[200];
} CXlsxError;

typedef enum {
    CXLSX_PLAIN,
    /// At the top of its row, beside cells of several lines.
    CXLSX_TOP,
    CXLSX_HEADER,
    CXLSX_TITLE,
    /// From the left, over as many lines as its column needs.
    CXLSX_WRAPPED,
    CXLSX_WARNING,
    CXLSX_FAILURE,
    CXLSX_STYLES,
} CXlsxStyle;

/// A workbook that will stand at `path`; `temporary_folder` takes what the library keeps on disk meanwhile, under no name.
/// The same calls give the same bytes: its dates are those of 1980-01-01.
CXlsxBook *cxlsx_create(const char *path, const char *temporary_folder, const char *title, CXlsxError *error);
typedef struct {
    /// What stays in view.
    uint32_t frozen_rows;
    uint16_t frozen_columns;
    /// Whether a printed page is as wide as the sheet.
    bool fits_page;
} CXlsxLayout;

/// What follows is about this sheet, from its first row.
bool cxlsx_add_sheet(CXlsxBook *book, const char *name, CXlsxLayout layout, CXlsxError *error);
/// Of the sheet in hand, in digits of its letter.
void cxlsx_set_width(CXlsxBook *book, uint16_t column, double characters);
/// Buttons to choose rows by, on this row.
void cxlsx_set_filter(CXlsxBook *book, uint32_t first_row, uint32_t last_row, uint16_t last_column);
/// `digits` as the file is to have them: those of a finite number. Nothing is written for a style of an unknown number.
bool cxlsx_number(CXlsxBook *book, const char *digits, CXlsxStyle style, CXlsxError *error);
/// UTF-8, text whatever it looks like. What XML cannot hold becomes U+FFFD.
bool cxlsx_text(CXlsxBook *book, const char *text, CXlsxStyle style, CXlsxError *error);
/// An empty cell.
void cxlsx_skip(CXlsxBook *book);
/// `lines` is how high the row is; spreadsheets do not agree on finding that out by themselves.
bool cxlsx_end_row(CXlsxBook *book, uint32_t lines, CXlsxError *error);
/// Writes the workbook and reads it back; `book` is gone, whether that works or not.
bool cxlsx_finish(CXlsxBook *book, CXlsxError *error);
/// Gives up; what stands at the path, if anything does, is no workbook.
void cxlsx_discard(CXlsxBook *book);

/// The bytes of the rows of a sheet, from 1, of a workbook that was written by this door: what stands within
/// `sheetData`. The caller frees them by `cxlsx_free`.
bool cxlsx_read_rows(const char *path, int sheet, uint8_t **bytes, size_t *count, CXlsxError *error);
void cxlsx_free(uint8_t *bytes);

#endif
