// The door to zlib and bzip2: a stream that is unpacked piece by piece, so that nobody has to trust what it says of its size.
#ifndef WEFT_CCOMPRESSION_H
#define WEFT_CCOMPRESSION_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
    /// gzip or zlib, whichever the first bytes say.
    CCOMPRESSION_DEFLATE,
    CCOMPRESSION_BZIP2,
} CCompressionMethod;

typedef enum {
    /// Some input was used, some output made, or both.
    CCOMPRESSION_MORE,
    /// The stream is whole, and what it says of its sum is right. More input belongs to something else.
    CCOMPRESSION_ENDED,
    CCOMPRESSION_DAMAGED,
    CCOMPRESSION_NO_MEMORY,
} CCompressionState;

typedef struct CUnpacker CUnpacker;

/// Null where there is no memory.
CUnpacker *ccompression_open(CCompressionMethod method);
/// Takes from `input` and adds to `output`; both counts come in as what there is and leave as what was used. With no input left
/// and the state MORE the stream is cut off.
CCompressionState ccompression_unpack(CUnpacker *unpacker, const uint8_t *input, size_t *input_count, uint8_t *output,
                                      size_t *output_count);
/// One more stream of the same kind follows the one that ended.
CCompressionState ccompression_restart(CUnpacker *unpacker);
void ccompression_close(CUnpacker *unpacker);

/// One gzip stream of all the bytes, the same for the same bytes on every machine (no name, no time). `capacity` as of
/// `ccompression_packed_bound`; returns the size, 0 where there is no memory.
size_t ccompression_packed_bound(size_t count);
size_t ccompression_pack(const uint8_t *input, size_t count, uint8_t *output, size_t capacity);

#endif
