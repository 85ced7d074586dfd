import Foundation

/// A tensor of a file: its bytes are looked at only when its values are asked for.
public struct StoredTensor: Sendable {
    public enum Element: String, Sendable, CaseIterable {
        case float64 = "F64"
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"
        case int64 = "I64"
        case int32 = "I32"
        case int16 = "I16"
        case int8 = "I8"
        case uint8 = "U8"
        case bool = "BOOL"

        public var size: Int {
            switch self {
            case .float64, .int64: 8
            case .float32, .int32: 4
            case .float16, .bfloat16, .int16: 2
            case .int8, .uint8, .bool: 1
            }
        }

        public var isFloatingPoint: Bool {
            switch self {
            case .float64, .float32, .float16, .bfloat16: true
            case .int64, .int32, .int16, .int8, .uint8, .bool: false
            }
        }
    }

    public let element: Element
    public let shape: [Int]
    /// Elements from one to the next along each axis.
    let strides: [Int]
    /// Little-endian; starts with the first element and holds all that strides reach (its reader has checked that).
    let bytes: Data

    /// The number of values; readers refuse shapes for which it overflows.
    public var count: Int { shape.reduce(1, *) }

    /// Row-major, rounded to T if need be.
    public func values<T: NetworkScalar>(as _: T.Type = T.self) -> [T] {
        bytes.withUnsafeBytes { raw in
            let contiguous = StoredTensor.rowMajorStrides(shape)
            let inOrder = zip(zip(strides, contiguous), shape).allSatisfy { $0.0 == $0.1 || $1 <= 1 }
            return (0..<count).map { index in
                var place = index
                if !inOrder {
                    var rest = index
                    place = 0
                    for (stride, step) in zip(contiguous, strides) {
                        place += rest / stride * step
                        rest %= stride
                    }
                }
                return Self.value(raw, element, at: place)
            }
        }
    }

    /// The first value, row by row, that is not finite or too large for float32; nil when there is none.
    public var firstNotFinite: (place: Int, value: Double)? {
        guard strides == Self.rowMajorStrides(shape) else {
            let values: [Double] = values()
            return values.firstIndex { !Float($0).isFinite }.map { ($0, values[$0]) }
        }
        return bytes.withUnsafeBytes { raw in
            let place: Int? =
                switch element {
                case .float64: Self.first(raw, count, UInt64.self) { !Float(Double(bitPattern: $0)).isFinite }
                case .float32: Self.first(raw, count, UInt32.self) { $0 & 0x7f80_0000 == 0x7f80_0000 }
                case .float16: Self.first(raw, count, UInt16.self) { $0 & 0x7c00 == 0x7c00 }
                case .bfloat16: Self.first(raw, count, UInt16.self) { $0 & 0x7f80 == 0x7f80 }
                case .int64, .int32, .int16, .int8, .uint8, .bool: nil
                }
            return place.map { ($0, Self.value(raw, element, at: $0)) }
        }
    }

    @inline(__always)
    private static func first<Word: FixedWidthInteger>(
        _ raw: UnsafeRawBufferPointer, _ count: Int, _: Word.Type, where isStrange: (Word) -> Bool
    ) -> Int? {
        let size = MemoryLayout<Word>.size
        for place in 0..<count
        where isStrange(Word(littleEndian: raw.loadUnaligned(fromByteOffset: place * size, as: Word.self))) {
            return place
        }
        return nil
    }

    static func rowMajorStrides(_ shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(1, shape[axis + 1]) }
        return strides
    }

    private static func value<T: NetworkScalar>(_ raw: UnsafeRawBufferPointer, _ element: Element, at place: Int) -> T {
        func word<Word: FixedWidthInteger>(_: Word.Type) -> Word {
            Word(littleEndian: raw.loadUnaligned(fromByteOffset: place * element.size, as: Word.self))
        }
        switch element {
        case .float64: return T(Double(bitPattern: word(UInt64.self)))
        case .float32: return T(Float(bitPattern: word(UInt32.self)))
        case .float16: return T(Self.half(word(UInt16.self)))
        case .bfloat16: return T(Float(bitPattern: UInt32(word(UInt16.self)) << 16))
        case .int64: return T(word(Int64.self))
        case .int32: return T(word(Int32.self))
        case .int16: return T(word(Int16.self))
        case .int8: return T(word(Int8.self))
        case .uint8, .bool: return T(word(UInt8.self))
        }
    }

    /// IEEE 754 binary16 (Swift has no Float16 on x86).
    private static func half(_ bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let (exponent, fraction) = (Int(bits >> 10) & 31, Float(bits & 0x3ff))
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}
