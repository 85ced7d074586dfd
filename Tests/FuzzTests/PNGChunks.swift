/// The chunks of a PNG (ISO/IEC 15948, 5.3): length, type, data, checksum.
enum PNGChunks {
    /// Makes the checksum of every chunk what its bytes ask for.
    static func renewChecksums(_ bytes: inout [UInt8]) {
        var start = 8
        while start + 12 <= bytes.count {
            let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - start - 12 else { return }
            let end = start + 8 + length
            let sum = checksum(bytes[(start + 4)..<end])
            for k in 0..<4 { bytes[end + k] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * k)) }
            start = end + 4
        }
    }

    /// CRC-32 with the polynomial of ISO 3309 (annex D).
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
