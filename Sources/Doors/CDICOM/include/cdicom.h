// The one door to DCMTK and OpenJPEG. C on the outside, C++ inside: no exception and no C++ type leaves it.
//
// A file is parsed once; its data set is a tree of items (`CDicomItem`, borrowed: they live as long as their file).
// Tags are written 0xGGGGEEEE. Strings are UTF-8 whatever the file's Specific Character Set. All functions may be
// called from several threads as long as each file is used by one thread at a time.
#ifndef WEFT_CDICOM_H
#define WEFT_CDICOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CDicomFile CDicomFile;
typedef struct CDicomItem CDicomItem;

/// One sentence that says what was found and what was expected; never names the file (the caller does).
typedef struct {
    char text[512];
    /// Set when memory ran out: nothing is known of the file then.
    bool outOfMemory;
} CDicomError;

// MARK: Opening

/// Registers the decoders and checks that DCMTK's data dictionary is loaded (without it, implicit-VR files are read
/// wrongly and silently). Called by every other entry; calling it first gives the reason early.
bool cdicom_prepare(CDicomError *error);

/// Which file was opened, and in which state: a file that changes, or another one at its path, has another stamp.
typedef struct {
    uint64_t node;
    int64_t size;
    /// Of the last change of content or metadata (ctime), which no program can set back.
    int64_t seconds, nanoseconds;
} CDicomStamp;

/// Parses a file; pixel data stays on disk until used. Returns NULL with a reason for a file that is no DICOM,
/// is truncated, or is damaged. A file without preamble and meta header is accepted when its data set is plausible.
///
/// `checked` is NULL, or the stamp of an earlier opening: whether the bytes are DICOM and how deep they nest is then only
/// checked when the stamp is another.
CDicomFile *cdicom_open(const char *path, const CDicomStamp *checked, CDicomError *error);
void cdicom_close(CDicomFile *file);
CDicomStamp cdicom_stamp(const CDicomFile *file);
/// Whether the file has DICM at byte 128 (PS3.10 7.1), readable or not beyond that.
bool cdicom_has_magic(const char *path);
/// The transfer syntax UID that the file is encoded in.
const char *cdicom_transfer_syntax(const CDicomFile *file);
CDicomItem *cdicom_root(CDicomFile *file);

// MARK: Reading elements

/// Number of values of an element, or of items of a sequence; 0 when empty, -1 when absent.
int64_t cdicom_count(CDicomItem *item, uint32_t tag);
/// All values as one string, joined by backslashes, trimmed of padding, in UTF-8. Returns its bytes without the NUL behind it;
/// when that is `capacity` or more nothing was written. -1 when absent, or when the value is no text.
int64_t cdicom_string(CDicomItem *item, uint32_t tag, char *buffer, size_t capacity);
/// Up to `capacity` values of a numeric element (DS, IS, FD, FL, US, SS, UL, SL) as doubles; returns how many were written.
/// A value that is no number ends the list.
size_t cdicom_doubles(CDicomItem *item, uint32_t tag, double *values, size_t capacity);
/// The items of a sequence in order; returns how many were written.
size_t cdicom_items(CDicomItem *item, uint32_t tag, CDicomItem **items, size_t capacity);
/// The first element of the block that a private creator has reserved in an odd group (PS3.5 7.8.1), 0xGGGGbb00; 0 when it
/// has reserved none.
uint32_t cdicom_private_block(CDicomItem *item, uint32_t group, const char *creator);

// MARK: Pixels

typedef enum { CDICOM_INTEGER = 0, CDICOM_FLOAT = 1 } CDicomSampleKind;

/// How the samples that `cdicom_read_frames` writes are laid out: frame by frame, row by row, samples of a pixel together.
typedef struct {
    uint32_t rows, columns, frames;
    uint32_t samplesPerPixel;
    uint32_t bitsAllocated, bitsStored;
    /// Bits of a sample as the first frame's JPEG, JPEG-LS or JPEG 2000 codestream says them; 0 without one.
    uint32_t codedBits;
    bool isSigned;
    CDicomSampleKind kind;
    /// Bytes of one decoded sample: 1, 2 or 4 for integers, 4 or 8 for floats. Bits Allocated 1 is unpacked to bytes.
    uint32_t bytesPerSample;
    /// Of the decoded samples (a decoder may turn YBR into RGB), e.g. "MONOCHROME2".
    char photometricInterpretation[20];
} CDicomPixelLayout;

/// False when there are no pixels or when the header contradicts itself or the bytes that are there.
bool cdicom_pixel_layout(CDicomFile *file, CDicomPixelLayout *layout, CDicomError *error);
/// Decodes frames [first, first + count) into `out`, exactly: masked to Bits Stored, sign-extended, native byte order,
/// no rescale, no window. `capacity` is in bytes. Nothing half-read: on failure the contents of `out` are undefined
/// and a reason is given. `cut` becomes true when a sample had bits above the stored ones that are neither its sign nor an
/// overlay's (PS3.5 8.1.1): they are lost.
bool cdicom_read_frames(CDicomFile *file, uint32_t first, uint32_t count, void *out, size_t capacity, bool *cut,
                        CDicomError *error);

// MARK: Writing

CDicomFile *cdicom_create(void);
/// A new data set that says what `source` says of patient, study, series, acquisition and position, without its pixels, what
/// describes them, and private elements. Text stays in the source's character set.
CDicomFile *cdicom_create_like(CDicomFile *source);
/// Appends an item to a sequence (made when absent) and returns it.
CDicomItem *cdicom_append_item(CDicomItem *item, uint32_t tag);
/// An element, or a sequence, that is there and has no value.
bool cdicom_put_empty(CDicomItem *item, uint32_t tag);
/// Text as the dictionary's VR has it; several values joined by backslashes; numbers for DS and IS as text.
bool cdicom_put_string(CDicomItem *item, uint32_t tag, const char *utf8);
/// For FD, FL, US, SS, UL, SL, and DS and IS (shortest text of at most 16 characters).
bool cdicom_put_doubles(CDicomItem *item, uint32_t tag, const double *values, size_t count);
/// OB / OW / UN bytes. For Pixel Data of 16-bit samples give native-order 16-bit samples.
bool cdicom_put_bytes(CDicomItem *item, uint32_t tag, const uint8_t *bytes, size_t count);
bool cdicom_put_words(CDicomItem *item, uint32_t tag, const uint16_t *words, size_t count);
/// FL or OF values as they are, e.g. Float Pixel Data; NaN is kept.
bool cdicom_put_floats(CDicomItem *item, uint32_t tag, const float *values, size_t count);
/// Writes to `path` in the given transfer syntax (uncompressed ones), SOP Class and Instance UID taken from the data set.
bool cdicom_save(CDicomFile *file, const char *path, const char *transferSyntax, CDicomError *error);

#ifdef __cplusplus
}
#endif
#endif
