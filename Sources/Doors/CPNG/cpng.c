// Reads and writes PNG through libpng's low-level API, because its simple one applies gamma and so changes values.
#include "cpng.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(CPngError *error, CPngFault fault, const char *format, ...) {
    if (error) {
        error->fault = fault;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->text, sizeof error->text, format, arguments);
        va_end(arguments);
    }
    return false;
}

static void onError(png_structp png, png_const_charp message) {
    fail(png_get_error_ptr(png), CPNG_DAMAGED, "libpng: %s", message);
    longjmp(png_jmpbuf(png), 1);
}

static void onWarning(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

// MARK: Reading

/// Everything that must be freed, whichever way reading ends.
typedef struct {
    FILE *file;
    png_structp png;
    png_infop info;
    png_bytepp rows;
    /// Palette indices, when colours are wanted.
    png_bytep indices;
} Reader;

static void closeReader(Reader *reader) {
    free(reader->rows);
    free(reader->indices);
    if (reader->png) png_destroy_read_struct(&reader->png, reader->info ? &reader->info : NULL, NULL);
    if (reader->file) fclose(reader->file);
}

static bool openReader(Reader *reader, const char *path, CPngError *error) {
    reader->file = fopen(path, "rb");
    if (!reader->file) return fail(error, CPNG_REFUSED, "cannot be read: %s", strerror(errno));
    unsigned char signature[8];
    const size_t count = fread(signature, 1, sizeof signature, reader->file);
    if (count != sizeof signature || png_sig_cmp(signature, 0, sizeof signature) != 0)
        return fail(error, CPNG_DAMAGED, "no PNG: its first bytes are not the signature 89 50 4E 47 0D 0A 1A 0A");
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, onError, onWarning);
    reader->info = reader->png ? png_create_info_struct(reader->png) : NULL;
    if (!reader->info) return fail(error, CPNG_REFUSED, "libpng could not be started");
    return true;
}

/// Bytes of the file from here on: a header may not claim far more than they can hold.
static bool remainingBytes(FILE *file, unsigned long long *count) {
    const long here = ftell(file);
    if (here < 0 || fseek(file, 0, SEEK_END) != 0) return false;
    const long end = ftell(file);
    if (end < here || fseek(file, here, SEEK_SET) != 0) return false;
    *count = (unsigned long long)(end - here);
    return true;
}

/// More than any radiograph or scanned slide that is measured as a whole: 16384 x 16384 grey pixels, 1 GiB of samples.
static const unsigned long long largestPixels = 1ull << 28, largestBytes = 1ull << 30;

/// Inside setjmp: reads up to the pixels and describes them.
static bool readHeader(Reader *reader, bool paletteIndices, CPngLayout *layout, CPngError *error) {
    png_structp png = reader->png;
    png_infop info = reader->info;
    png_init_io(png, reader->file);
    png_set_sig_bytes(png, 8);
    // A damaged chunk beside the pixels must not stop the pixels; a damaged IDAT or PLTE must.
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
    png_read_info(png, info);
    const int type = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
    layout->width = png_get_image_width(png, info);
    layout->height = png_get_image_height(png, info);
    layout->isPalette = type == PNG_COLOR_TYPE_PALETTE;
    layout->isInterlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
    layout->bitDepth = (uint32_t)depth;
    layout->bytesPerSample = depth == 16 ? 2 : 1;
    layout->samplesPerPixel = png_get_channels(png, info);
    if (layout->isPalette && !paletteIndices) {
        layout->bitDepth = 8;
        layout->samplesPerPixel = png_get_valid(png, info, PNG_INFO_tRNS) ? 4 : 3;
    }
    unsigned long long left = 0;
    if (!remainingBytes(reader->file, &left)) return fail(error, CPNG_REFUSED, "cannot be read: %s", strerror(errno));
    const unsigned long long raw =
        (unsigned long long)layout->height * (((unsigned long long)layout->width * png_get_channels(png, info) * depth + 7) / 8);
    const unsigned long long pixels = (unsigned long long)layout->width * layout->height;
    const unsigned long long bytes = pixels * layout->samplesPerPixel * layout->bytesPerSample;
    if (pixels > largestPixels || bytes > largestBytes)
        return fail(error, CPNG_TOO_LARGE,
                    "claims %u x %u pixels, %llu bytes in memory; expected at most %llu pixels and %llu bytes",
                    layout->width, layout->height, bytes, largestPixels, largestBytes);
    // Deflate expands by at most 1032.
    if (raw / 1032 > left)
        return fail(error, CPNG_DAMAGED, "claims %u x %u pixels, %llu bytes, which its %llu bytes cannot hold", layout->width,
                    layout->height, raw, left);
    return true;
}

bool cpng_read_layout(const char *path, CPngLayout *layout, CPngError *error) {
    Reader reader = {0};
    bool good = openReader(&reader, path, error);
    if (good) {
        if (setjmp(png_jmpbuf(reader.png))) {
            closeReader(&reader);
            return false;
        }
        good = readHeader(&reader, false, layout, error);
    }
    closeReader(&reader);
    return good;
}

/// Fails for an index beyond the palette: libpng would take it for black.
static bool checkIndices(png_const_bytep indices, size_t count, int entries, CPngError *error) {
    int largest = 0;
    for (size_t k = 0; k < count; ++k)
        if (indices[k] > largest) largest = indices[k];
    return largest < entries ? true : fail(error, CPNG_DAMAGED, "damaged: found palette index %d, expected at most %d", largest,
                                           entries - 1);
}

/// Colours of palette indices, with alpha where the layout has it.
static void expandPalette(png_structp png, png_infop info, png_const_bytep indices, size_t count, uint32_t samples,
                          png_bytep out) {
    png_colorp palette = NULL;
    png_bytep alphas = NULL;
    int entries = 0, alphaCount = 0;
    png_get_PLTE(png, info, &palette, &entries);
    if (samples == 4) png_get_tRNS(png, info, &alphas, &alphaCount, NULL);
    for (size_t k = 0; k < count; ++k, out += samples) {
        const png_color colour = palette[indices[k]];
        out[0] = colour.red, out[1] = colour.green, out[2] = colour.blue;
        if (samples == 4) out[3] = indices[k] < alphaCount ? alphas[indices[k]] : 255;
    }
}

/// The reader lies in the caller's frame, so that what is set after setjmp is there after longjmp.
static bool readPixels(Reader *reader, bool palette_indices, void *out, size_t capacity, CPngError *error) {
    if (setjmp(png_jmpbuf(reader->png))) return false;
    CPngLayout layout = {0};
    if (!readHeader(reader, palette_indices, &layout, error)) return false;
    png_structp png = reader->png;
    int entries = 0;
    png_colorp palette = NULL;
    if (layout.isPalette && (!png_get_PLTE(png, reader->info, &palette, &entries) || entries < 1)) {
        return fail(error, CPNG_DAMAGED, "damaged: found no palette, expected one for palette colours");
    }
    png_set_packing(png);
    const uint16_t one = 1;
    if (layout.bitDepth == 16 && *(const uint8_t *)&one == 1) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    const size_t rowBytes = png_get_rowbytes(png, reader->info);
    // Palette colours are read as indices first.
    const bool expands = layout.isPalette && !palette_indices;
    const size_t outRowBytes = (size_t)layout.width * layout.samplesPerPixel * layout.bytesPerSample;
    const size_t expected = expands ? layout.width : outRowBytes;
    bool good = true;
    if (rowBytes != expected) {
        good = fail(error, CPNG_DAMAGED, "rows have %zu bytes, expected %zu", rowBytes, expected);
    } else if (capacity < outRowBytes * layout.height) {
        good = fail(error, CPNG_DAMAGED, "room for %zu bytes, expected %zu", capacity, outRowBytes * layout.height);
    } else if (expands && !(reader->indices = malloc(rowBytes * layout.height))) {
        good = fail(error, CPNG_REFUSED, "no memory for %u rows", layout.height);
    } else if (!(reader->rows = malloc(layout.height * sizeof(png_bytep)))) {
        good = fail(error, CPNG_REFUSED, "no memory for %u rows", layout.height);
    } else {
        png_bytep target = expands ? reader->indices : (png_bytep)out;
        const size_t pixels = (size_t)layout.width * layout.height;
        for (uint32_t y = 0; y < layout.height; ++y) reader->rows[y] = target + y * rowBytes;
        png_read_image(png, reader->rows);
        // Reads to IEND, so that a file cut after its last pixel is noticed.
        png_read_end(png, NULL);
        if (layout.isPalette) good = checkIndices(target, pixels, entries, error);
        if (good && expands) expandPalette(png, reader->info, target, pixels, layout.samplesPerPixel, out);
    }
    return good;
}

bool cpng_read(const char *path, bool palette_indices, void *out, size_t capacity, CPngError *error) {
    Reader reader = {0};
    const bool good =
        openReader(&reader, path, error) && readPixels(&reader, palette_indices, out, capacity, error);
    closeReader(&reader);
    return good;
}

// MARK: Writing

/// A file, or memory that grows.
typedef struct {
    FILE *file;
    uint8_t *bytes;
    size_t count, capacity;
    png_structp png;
    png_infop info;
} Writer;

static void append(png_structp png, png_bytep data, size_t count) {
    Writer *writer = png_get_io_ptr(png);
    if (writer->capacity - writer->count < count) {
        const size_t capacity = 2 * writer->capacity + count + 4096;
        uint8_t *bytes = realloc(writer->bytes, capacity);
        if (!bytes) png_error(png, "no memory for the picture");
        writer->bytes = bytes, writer->capacity = capacity;
    }
    memcpy(writer->bytes + writer->count, data, count);
    writer->count += count;
}

static void flushNothing(png_structp png) { (void)png; }

/// The writer lies in the caller's frame, so that what is set after setjmp is there after longjmp.
static bool writePixels(Writer *writer, const void *pixels, uint32_t width, uint32_t height, uint32_t samples,
                        uint32_t bitDepth, CPngError *error) {
    if ((samples != 1 && samples != 3) || (bitDepth != 8 && bitDepth != 16))
        return fail(error, CPNG_DAMAGED, "%u samples of %u bits cannot be written, expected 1 or 3 of 8 or 16", samples, bitDepth);
    writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, onError, onWarning);
    writer->info = writer->png ? png_create_info_struct(writer->png) : NULL;
    if (!writer->info) return fail(error, CPNG_REFUSED, "libpng could not be started");
    if (setjmp(png_jmpbuf(writer->png))) return false;
    if (writer->file)
        png_init_io(writer->png, writer->file);
    else
        png_set_write_fn(writer->png, writer, append, flushNothing);
    png_set_IHDR(writer->png, writer->info, width, height, (int)bitDepth,
                 samples == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_write_info(writer->png, writer->info);
    const uint16_t one = 1;
    if (bitDepth == 16 && *(const uint8_t *)&one == 1) png_set_swap(writer->png);
    const size_t rowBytes = (size_t)width * samples * (bitDepth / 8);
    for (uint32_t y = 0; y < height; ++y) png_write_row(writer->png, (png_const_bytep)pixels + y * rowBytes);
    png_write_end(writer->png, NULL);
    return true;
}

static void closeWriter(Writer *writer) {
    if (writer->png) png_destroy_write_struct(&writer->png, writer->info ? &writer->info : NULL);
    if (writer->file) fclose(writer->file);
}

bool cpng_write(const char *path, const void *pixels, uint32_t width, uint32_t height, uint32_t samples,
                uint32_t bitDepth, CPngError *error) {
    Writer writer = {0};
    writer.file = fopen(path, "wb");
    if (!writer.file) return fail(error, CPNG_REFUSED, "%s", strerror(errno));
    bool good = writePixels(&writer, pixels, width, height, samples, bitDepth, error);
    if (good && (fflush(writer.file) != 0 || ferror(writer.file)))
        good = fail(error, CPNG_REFUSED, "%s", strerror(errno));
    closeWriter(&writer);
    return good;
}

bool cpng_write_memory(const void *pixels, uint32_t width, uint32_t height, uint32_t samples, uint32_t bitDepth,
                       uint8_t **bytes, size_t *count, CPngError *error) {
    Writer writer = {0};
    const bool good = writePixels(&writer, pixels, width, height, samples, bitDepth, error);
    closeWriter(&writer);
    if (!good) {
        free(writer.bytes);
        return false;
    }
    *bytes = writer.bytes, *count = writer.count;
    return true;
}

void cpng_free(uint8_t *bytes) { free(bytes); }
