// The door to libpng. Its setjmp stays inside: no longjmp crosses a Swift frame.
#ifndef WEFT_CPNG_H
#define WEFT_CPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    /// No PNG, truncated, or its bytes contradict each other.
    CPNG_DAMAGED,
    /// More pixels than are worked on.
    CPNG_TOO_LARGE,
    /// By the system or by libpng: nothing is known of the file then.
    CPNG_REFUSED,
} CPngFault;

/// One sentence that says what is wrong; never names the file.
typedef struct {
    CPngFault fault;
    char text[256];
} CPngError;

typedef struct {
    uint32_t width, height;
    /// Samples of a pixel as stored: 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha (a palette is expanded to 3 or 4).
    uint32_t samplesPerPixel;
    /// As the file has it: 1, 2, 4, 8 or 16 (of a palette's colours: 8).
    uint32_t bitDepth;
    /// Bytes of one decoded sample: 1, or 2 in native byte order when `bitDepth` is 16.
    uint32_t bytesPerSample;
    bool isPalette, isInterlaced;
} CPngLayout;

bool cpng_read_layout(const char *path, CPngLayout *layout, CPngError *error);
/// Stored values exactly: no gamma, no scaling of 1/2/4-bit grey, no alpha premultiplication.
/// For a palette image `palette_indices` true gives the indices (1 sample per pixel) instead of colours.
bool cpng_read(const char *path, bool palette_indices, void *out, size_t capacity, CPngError *error);
/// Grey (samples 1) or RGB (samples 3), 8 or 16 bits per sample, native byte order; no ancillary chunks, so the same
/// pixels give the same bytes.
bool cpng_write(const char *path, const void *pixels, uint32_t width, uint32_t height, uint32_t samples,
                uint32_t bitDepth, CPngError *error);
/// The same bytes in memory, which `cpng_free` frees.
bool cpng_write_memory(const void *pixels, uint32_t width, uint32_t height, uint32_t samples, uint32_t bitDepth,
                       uint8_t **bytes, size_t *count, CPngError *error);
void cpng_free(uint8_t *bytes);

#endif
