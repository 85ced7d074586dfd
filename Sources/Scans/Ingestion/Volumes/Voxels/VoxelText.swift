/// Voxels that are stored as text: numbers between white space, or bytes of two hexadecimal digits.
enum VoxelText {
    /// The bytes of `count` elements in native order. A file that is shorter throws.
    static func bytes(
        _ stream: VoxelStream, _ packing: VoxelLocation.Packing, _ element: ElementType, count: Int
    ) throws(VolumeError) -> [UInt8] {
        packing == .hexadecimal
            ? try hexadecimal(stream, count: count * element.size) : try numbers(stream, element, count: count)
    }

    private static func hexadecimal(_ stream: VoxelStream, count: Int) throws(VolumeError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var high: UInt8?
        while bytes.count < count, case let text = try stream.read(upTo: 1 << 16), !text.isEmpty {
            for byte in text where bytes.count < count {
                let digit: UInt8
                switch byte {
                case 0x30...0x39: digit = byte - 0x30
                case 0x41...0x46: digit = byte - 0x41 + 10
                case 0x61...0x66: digit = byte - 0x61 + 10
                case 0x09...0x0D, 0x20: continue
                default: throw .damaged(found: "a byte of the voxels is \(byte)", expected: "hexadecimal digits")
                }
                if let first = high {
                    bytes.append(first << 4 | digit)
                    high = nil
                } else {
                    high = digit
                }
            }
        }
        guard bytes.count == count else { throw .tooShort(found: bytes.count, expected: count) }
        return bytes
    }

    private static func numbers(
        _ stream: VoxelStream, _ element: ElementType, count: Int
    ) throws(VolumeError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * element.size)
        var word: [UInt8] = []
        var found = 0
        func take() throws(VolumeError) {
            guard !word.isEmpty, found < count else {
                word = []
                return
            }
            try append(String(decoding: word, as: UTF8.self), element, to: &bytes)
            found += 1
            word = []
        }
        while found < count, case let text = try stream.read(upTo: 1 << 16), !text.isEmpty {
            for byte in text {
                // NRRD lets commas stand between numbers as well.
                if (0x09...0x0D).contains(byte) || byte == 0x20 || byte == 0x2C {
                    try take()
                } else {
                    word.append(byte)
                    guard word.count < 400 else {
                        throw .damaged(found: "a word of the voxels is longer than 400 bytes", expected: "numbers")
                    }
                }
            }
        }
        try take()
        guard found == count else {
            throw .tooShort(found: found * element.size, expected: count * element.size)
        }
        return bytes
    }

    private static func append(_ word: String, _ element: ElementType, to bytes: inout [UInt8]) throws(VolumeError) {
        func add<Number>(_ number: Number?) throws(VolumeError) {
            guard let number else {
                throw .damaged(
                    found: "'\(word.prefix(40))' among the voxels", expected: "numbers of type \(element.rawValue)")
            }
            withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
        }
        switch element {
        case .int8: try add(Int8(word))
        case .uint8: try add(UInt8(word))
        case .int16: try add(Int16(word))
        case .uint16: try add(UInt16(word))
        case .int32: try add(Int32(word))
        case .uint32: try add(UInt32(word))
        case .int64: try add(Int64(word))
        case .uint64: try add(UInt64(word))
        case .float32: try add(Float(word))
        case .float64: try add(Double(word))
        }
    }
}
