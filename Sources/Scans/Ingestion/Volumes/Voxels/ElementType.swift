/// In what order the bytes of a number are stored.
enum ByteOrder: Sendable {
    case little, big

    static let native: ByteOrder = 1.littleEndian == 1 ? .little : .big
}

/// A type of stored numbers.
enum ElementType: String, CaseIterable, Sendable {
    case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64

    /// Bytes.
    var size: Int {
        switch self {
        case .int8, .uint8: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        }
    }

    var isInteger: Bool { self != .float32 && self != .float64 }

    /// The narrowest case of `VoxelValues` that holds every number of the type exactly; wide integers that do not fit any are to
    /// be tried in 32 bits.
    var kind: ValueKind {
        switch self {
        case .int8, .uint8, .int16: .int16
        case .uint16, .int32, .uint32, .int64, .uint64: .int32
        case .float32: .float32
        case .float64: .float64
        }
    }

    /// The ends of the type, where they are small enough for a scaled value to be known to fit.
    var range: ClosedRange<Double>? {
        switch self {
        case .int8: -128...127
        case .uint8: 0...255
        case .int16: -32_768...32_767
        case .uint16: 0...65_535
        default: nil
        }
    }

    /// Turns the bytes of whole numbers of this type around.
    func swap(_ bytes: UnsafeMutableRawBufferPointer) {
        func turn<Word: FixedWidthInteger>(_: Word.Type) {
            let words = bytes.bindMemory(to: Word.self)
            for k in words.indices { words[k] = words[k].byteSwapped }
        }
        switch size {
        case 2: turn(UInt16.self)
        case 4: turn(UInt32.self)
        case 8: turn(UInt64.self)
        default: break
        }
    }
}
