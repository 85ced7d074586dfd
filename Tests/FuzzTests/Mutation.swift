import SeededRandom

/// Damage of bytes, the kind and the place drawn from a generator: what a bad disk, a broken writer or an attacker does.
struct Mutation {
    /// Words of the format, which take the place of others or are put in.
    var words: [[UInt8]]
    /// Other whole inputs, of which pieces are taken.
    var others: [[UInt8]]

    /// `input` damaged one to six times.
    func damaged(_ input: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = input
        for _ in 0...random.integer(below: 6) { damage(&bytes, &random) }
        return bytes
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else {
            bytes = [UInt8(random.integer(below: 256))]
            return
        }
        // Half of the damage hits the first kilobyte, where headers are.
        let reach = random.integer(below: 2) == 0 ? min(bytes.count, 1024) : bytes.count
        let place = random.integer(below: reach)
        switch random.integer(below: 11) {
        case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
        case 1: bytes[place] = UInt8(random.integer(below: 256))
        case 2: write(Self.extremes[random.integer(below: Self.extremes.count)], at: place, &bytes)
        case 3: bytes.remove(at: place)
        case 4: bytes.insert(UInt8(random.integer(below: 256)), at: place)
        case 5: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.integer(below: 64)))
        case 6: bytes.removeLast(random.integer(below: bytes.count))
        case 7:
            // A piece stands twice.
            let piece = Array(bytes[place..<min(bytes.count, place + 1 + random.integer(below: 64))])
            bytes.insert(contentsOf: piece, at: random.integer(below: bytes.count + 1))
        case 8:
            let other = others[random.integer(below: others.count)]
            guard !other.isEmpty else { return }
            let start = random.integer(below: other.count)
            write(Array(other[start..<min(other.count, start + 1 + random.integer(below: 256))]), at: place, &bytes)
        case 9 where !words.isEmpty: write(words[random.integer(below: words.count)], at: place, &bytes)
        case 10 where !words.isEmpty:
            bytes.insert(contentsOf: words[random.integer(below: words.count)], at: place)
        default: bytes[place] = UInt8(ascii: "0") + UInt8(random.integer(below: 10))
        }
    }

    private func write(_ piece: [UInt8], at place: Int, _ bytes: inout [UInt8]) {
        bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
    }

    /// Where counts, lengths and signs turn over.
    private static let extremes: [[UInt8]] = [
        [0], [0xff], [0x7f], [0x80], [0xff, 0xff], [0, 0x80], [0xff, 0x7f], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80],
        [0xff, 0xff, 0xff, 0x7f], [0xfe, 0xff, 0xff, 0xff], [1, 0, 0, 0], [0, 0, 0, 0],
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0, 0, 0, 0, 0x80],
        Array("-1".utf8), Array("1e400".utf8), Array("nan".utf8), Array("-inf".utf8), Array("9223372036854775808".utf8),
    ]
}
