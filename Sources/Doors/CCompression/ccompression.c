#include "ccompression.h"

#include <bzlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

// 32: gzip and zlib are told apart by their headers; 16: gzip alone.
enum { READS_BOTH = 15 + 32, WRITES_GZIP = 15 + 16 };

struct CUnpacker {
    CCompressionMethod method;
    z_stream deflated;
    bz_stream bzipped;
    bool isOpen;
};

static bool begin(CUnpacker *unpacker) {
    if (unpacker->method == CCOMPRESSION_DEFLATE) {
        unpacker->deflated = (z_stream){0};
        unpacker->isOpen = inflateInit2(&unpacker->deflated, READS_BOTH) == Z_OK;
    } else {
        unpacker->bzipped = (bz_stream){0};
        unpacker->isOpen = BZ2_bzDecompressInit(&unpacker->bzipped, 0, 0) == BZ_OK;
    }
    return unpacker->isOpen;
}

static void end(CUnpacker *unpacker) {
    if (!unpacker->isOpen) return;
    if (unpacker->method == CCOMPRESSION_DEFLATE) {
        inflateEnd(&unpacker->deflated);
    } else {
        BZ2_bzDecompressEnd(&unpacker->bzipped);
    }
    unpacker->isOpen = false;
}

CUnpacker *ccompression_open(CCompressionMethod method) {
    CUnpacker *unpacker = calloc(1, sizeof *unpacker);
    if (!unpacker) return NULL;
    unpacker->method = method;
    if (begin(unpacker)) return unpacker;
    free(unpacker);
    return NULL;
}

CCompressionState ccompression_restart(CUnpacker *unpacker) {
    end(unpacker);
    return begin(unpacker) ? CCOMPRESSION_MORE : CCOMPRESSION_NO_MEMORY;
}

void ccompression_close(CUnpacker *unpacker) {
    end(unpacker);
    free(unpacker);
}

static unsigned part(size_t count) { return count > UINT_MAX ? UINT_MAX : (unsigned)count; }

static CCompressionState inflated(CUnpacker *unpacker, const uint8_t *input, size_t *input_count, uint8_t *output,
                                  size_t *output_count) {
    z_stream *stream = &unpacker->deflated;
    unsigned given = part(*input_count), wanted = part(*output_count);
    stream->next_in = (Bytef *)input;
    stream->avail_in = given;
    stream->next_out = output;
    stream->avail_out = wanted;
    int result = inflate(stream, Z_NO_FLUSH);
    *input_count = given - stream->avail_in;
    *output_count = wanted - stream->avail_out;
    switch (result) {
    case Z_OK:
    // Neither input nor room for output: not a fault.
    case Z_BUF_ERROR: return CCOMPRESSION_MORE;
    case Z_STREAM_END: return CCOMPRESSION_ENDED;
    case Z_MEM_ERROR: return CCOMPRESSION_NO_MEMORY;
    default: return CCOMPRESSION_DAMAGED;
    }
}

static CCompressionState unzipped(CUnpacker *unpacker, const uint8_t *input, size_t *input_count, uint8_t *output,
                                  size_t *output_count) {
    bz_stream *stream = &unpacker->bzipped;
    unsigned given = part(*input_count), wanted = part(*output_count);
    stream->next_in = (char *)input;
    stream->avail_in = given;
    stream->next_out = (char *)output;
    stream->avail_out = wanted;
    int result = BZ2_bzDecompress(stream);
    *input_count = given - stream->avail_in;
    *output_count = wanted - stream->avail_out;
    switch (result) {
    case BZ_OK: return CCOMPRESSION_MORE;
    case BZ_STREAM_END: return CCOMPRESSION_ENDED;
    case BZ_MEM_ERROR: return CCOMPRESSION_NO_MEMORY;
    default: return CCOMPRESSION_DAMAGED;
    }
}

CCompressionState ccompression_unpack(CUnpacker *unpacker, const uint8_t *input, size_t *input_count, uint8_t *output,
                                      size_t *output_count) {
    return unpacker->method == CCOMPRESSION_DEFLATE
        ? inflated(unpacker, input, input_count, output, output_count)
        : unzipped(unpacker, input, input_count, output, output_count);
}

size_t ccompression_packed_bound(size_t count) { return compressBound(count) + 32; }

size_t ccompression_pack(const uint8_t *input, size_t count, uint8_t *output, size_t capacity) {
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, WRITES_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    size_t read = 0, written = 0;
    int result = Z_OK;
    while (result == Z_OK && written < capacity) {
        unsigned given = part(count - read), room = part(capacity - written);
        stream.next_in = (Bytef *)input + read;
        stream.avail_in = given;
        stream.next_out = output + written;
        stream.avail_out = room;
        result = deflate(&stream, read + given == count ? Z_FINISH : Z_NO_FLUSH);
        read += given - stream.avail_in;
        written += room - stream.avail_out;
    }
    deflateEnd(&stream);
    return result == Z_STREAM_END ? written : 0;
}
