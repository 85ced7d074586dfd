import DICOM

/// Smallest and largest value that Bits Stored can hold.
struct StoredRange {
    var low: Int
    var high: Int

    init(_ layout: DICOMPixelLayout) {
        let bits = layout.bitsStored
        low = layout.isSigned ? -(1 << (bits - 1)) : 0
        high = layout.isSigned ? (1 << (bits - 1)) - 1 : (1 << bits) - 1
    }
}

/// Which case of `VoxelValues`, narrow to wide.
enum ValueKind: Int, Comparable {
    case int16, int32, float32, float64

    static func < (a: ValueKind, b: ValueKind) -> Bool { a.rawValue < b.rawValue }

    /// The narrowest that holds all whole numbers of a range.
    init(low: Double, high: Double) {
        if low >= Double(Int16.min) && high <= Double(Int16.max) {
            self = .int16
        } else if low >= Double(Int32.min) && high <= Double(Int32.max) {
            self = .int32
        } else {
            self = .float64
        }
    }

    /// Ends of the values when all are whole.
    static func integralRange(_ values: [Double]) -> (low: Double, high: Double)? {
        guard let low = values.min(), let high = values.max(), values.allSatisfy({ $0 == $0.rounded() }) else {
            return nil
        }
        return (low, high)
    }

    /// The narrowest kind that holds both kinds exactly.
    func joined(_ other: ValueKind) -> ValueKind {
        let (narrow, wide) = (min(self, other), max(self, other))
        // A float holds no 32-bit integer exactly, a float of 24 bits all 16-bit ones.
        return narrow == .int32 && wide == .float32 ? .float64 : wide
    }
}
