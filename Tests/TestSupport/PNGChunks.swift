/// PNG files put together chunk by chunk (ISO/IEC 15948, 5.3): length, type, data, checksum.
package enum PNGChunks {
    package static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

    package static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
    }

    /// The first chunk, of a picture that is not interlaced.
    package static func header(width: UInt32, height: UInt32, depth: UInt8, colours: UInt8) -> [UInt8] {
        chunk("IHDR", bigEndian(width) + bigEndian(height) + [depth, colours, 0, 0, 0])
    }

    /// Makes the checksum of every chunk what its bytes ask for.
    package static func renewChecksums(_ bytes: inout [UInt8]) {
        var start = 8
        while start + 12 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - start - 12 else { return }
            let end = start + 8 + length
            bytes.replaceSubrange(end..<end + 4, with: bigEndian(crc32(bytes[(start + 4)..<end])))
            start = end + 4
        }
    }

    package static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian, Array.init) }
}

/// CRC-32 with the polynomial of ISO 3309 (ISO/IEC 15948, annex D).
package func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crc32Table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
}

private let crc32Table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xedb8_8320 ^ (crc >> 1) : crc >> 1 }
}
