// SHA-256 (FIPS 180-4) and the message authentication code on top of it, HMAC (RFC 2104).

/// The 256-bit digest of a message.
package enum SHA256 {
    package static func digest(_ message: some Sequence<UInt8>) -> [UInt8] {
        var bytes = Array(message)
        let bitCount = UInt64(bytes.count) * 8
        bytes.append(0x80)
        while bytes.count % 64 != 56 { bytes.append(0) }
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: bitCount >> (56 - 8 * UInt64($0))) }
        var state = initial
        for start in stride(from: 0, to: bytes.count, by: 64) { compress(bytes[start..<start + 64], into: &state) }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = [UInt32](repeating: 0, count: 64)
        for (index, byte) in block.enumerated() { words[index / 4] |= UInt32(byte) << (24 - 8 * UInt32(index % 4)) }
        for t in 16..<64 {
            let (a, b) = (words[t - 15], words[t - 2])
            let first = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3
            let second = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10
            words[t] = words[t - 16] &+ first &+ words[t - 7] &+ second
        }
        var v = state
        for t in 0..<64 {
            let sum1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
            let choice = v[4] & v[5] ^ ~v[4] & v[6]
            let one = v[7] &+ sum1 &+ choice &+ constants[t] &+ words[t]
            let sum0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
            let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
            v = [one &+ sum0 &+ majority, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
        }
        for k in 0..<8 { state[k] &+= v[k] }
    }

    private static func rotate(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }

    // The first 32 bits of the fractional parts of the square roots of the first 8 primes and of the cube roots of the first
    // 64 (FIPS 180-4, 4.2.2 and 5.3.3).
    private static let primes: [UInt64] = (2...311).filter { n in !(2..<n).contains { n % $0 == 0 && $0 * $0 <= n } }
    private static let initial: [UInt32] = primes.prefix(8).map { fraction(of: $0, power: 2) }
    private static let constants: [UInt32] = primes.map { fraction(of: $0, power: 3) }

    /// The largest x with x^power ≤ n · 2^(32 power), in whole numbers; its low 32 bits are those of the root's fraction.
    private static func fraction(of n: UInt64, power: Int) -> UInt32 {
        var root: UInt64 = 0
        for bit in (0..<37).reversed() {
            let candidate = root | 1 << UInt64(bit)
            var product: UInt128 = 1
            for _ in 0..<power { product *= UInt128(candidate) }
            if product <= UInt128(n) << UInt128(32 * power) { root = candidate }
        }
        return UInt32(truncatingIfNeeded: root)
    }
}

/// HMAC-SHA-256: what only who has the key can work out from a message.
package enum MessageAuthentication {
    package static func code(of message: some Sequence<UInt8>, key: some Collection<UInt8>) -> [UInt8] {
        var block = key.count > 64 ? SHA256.digest(key) : Array(key)
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = SHA256.digest(block.map { $0 ^ 0x36 } + Array(message))
        return SHA256.digest(block.map { $0 ^ 0x5c } + inner)
    }
}
