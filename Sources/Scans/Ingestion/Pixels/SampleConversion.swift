// From the stored samples of one frame to the values of a volume.
import DICOM

/// A type that volumes are made of.
protocol VoxelValue: BitwiseCopyable, Sendable {
    static var storage: ValueKind { get }
    /// Of a whole number, cut to the bits of the type.
    init(whole: Int)
    static func holds(_ whole: Int) -> Bool
    /// Of a number that the kind was chosen to hold.
    init(number: Double)
}

extension Int16: VoxelValue {
    static var storage: ValueKind { .int16 }
    init(whole: Int) { self.init(truncatingIfNeeded: whole) }
    static func holds(_ whole: Int) -> Bool { Int(Int16(truncatingIfNeeded: whole)) == whole }
    init(number: Double) { self.init(number) }
}

extension Int32: VoxelValue {
    static var storage: ValueKind { .int32 }
    init(whole: Int) { self.init(truncatingIfNeeded: whole) }
    static func holds(_ whole: Int) -> Bool { Int(Int32(truncatingIfNeeded: whole)) == whole }
    init(number: Double) { self.init(number) }
}

extension Float: VoxelValue {
    static var storage: ValueKind { .float32 }
    init(whole: Int) { self.init(whole) }
    static func holds(_ whole: Int) -> Bool { true }
    init(number: Double) { self.init(number) }
}

extension Double: VoxelValue {
    static var storage: ValueKind { .float64 }
    init(whole: Int) { self.init(whole) }
    static func holds(_ whole: Int) -> Bool { true }
    init(number: Double) { self = number }
}

extension ValueKind {
    /// Whether decoded samples are of this very type.
    func matches(_ layout: DICOMPixelLayout) -> Bool {
        switch self {
        case .int16: layout.holdsIntegers && layout.isSigned && layout.bytesPerSample == 2
        case .int32: layout.holdsIntegers && layout.isSigned && layout.bytesPerSample == 4
        case .float32: !layout.holdsIntegers && layout.bytesPerSample == 4
        case .float64: !layout.holdsIntegers && layout.bytesPerSample == 8
        }
    }
}

/// Whether all whole numbers fit their type.
enum ValueRange { case held, left }

extension SampleTransform {
    /// Whether stored values are the modality's as they are.
    var isIdentity: Bool {
        inversionSum == nil && colour == .grey && mapping == .linear(slope: 1, intercept: 0)
    }

    /// One frame of stored samples to values.
    func apply<Value: VoxelValue>(
        _ samples: UnsafeRawBufferPointer, _ layout: DICOMPixelLayout, to target: UnsafeMutableBufferPointer<Value>
    ) -> ValueRange {
        if !layout.holdsIntegers {
            if layout.bytesPerSample == 4 {
                rescale(samples.bindMemory(to: Float.self), to: target)
            } else {
                rescale(samples.bindMemory(to: Double.self), to: target)
            }
            return .held
        }
        return switch (layout.bytesPerSample, layout.isSigned) {
        case (1, false): convert(samples.bindMemory(to: UInt8.self), to: target)
        case (1, true): convert(samples.bindMemory(to: Int8.self), to: target)
        case (2, false): convert(samples.bindMemory(to: UInt16.self), to: target)
        case (2, true): convert(samples.bindMemory(to: Int16.self), to: target)
        case (_, false): convert(samples.bindMemory(to: UInt32.self), to: target)
        case (_, true): convert(samples.bindMemory(to: Int32.self), to: target)
        }
    }

    private func rescale<Value: VoxelValue>(
        _ samples: UnsafeBufferPointer<some BinaryFloatingPoint>, to target: UnsafeMutableBufferPointer<Value>
    ) {
        // Float pixels have no Modality LUT: `init` refuses it.
        guard case .linear(let slope, let intercept) = mapping else { return }
        for index in target.indices {
            target.initializeElement(at: index, to: Value(number: Double(samples[index]) * slope + intercept))
        }
    }

    private func convert<Stored: FixedWidthInteger, Value: VoxelValue>(
        _ samples: UnsafeBufferPointer<Stored>, to target: UnsafeMutableBufferPointer<Value>
    ) -> ValueRange {
        switch (colour, mapping) {
        case (.grey, .linear(let slope, let intercept)):
            return rescale(samples, step: 1, slope: slope, intercept: intercept, to: target)
        case (.luminanceFirst, .linear(let slope, let intercept)):
            return rescale(samples, step: samplesPerPixel, slope: slope, intercept: intercept, to: target)
        default:
            for index in target.indices {
                target.initializeElement(at: index, to: Value(number: mapped(level(samples, index))))
            }
            return .held
        }
    }

    /// The common case, in whole numbers where slope, intercept and values are.
    private func rescale<Stored: FixedWidthInteger, Value: VoxelValue>(
        _ samples: UnsafeBufferPointer<Stored>, step: Int, slope: Double, intercept: Double,
        to target: UnsafeMutableBufferPointer<Value>
    ) -> ValueRange {
        let sign = inversionSum == nil ? 1 : -1
        let sum = inversionSum ?? 0
        if Value.storage <= .int32, let slope = Int(exactly: slope), let intercept = Int(exactly: intercept) {
            var fits = true
            for index in target.indices {
                let value = (sum &+ sign &* Int(samples[index &* step])) &* slope &+ intercept
                fits = fits && Value.holds(value)
                target.initializeElement(at: index, to: Value(whole: value))
            }
            return fits ? .held : .left
        } else {
            for index in target.indices {
                let stored = sum &+ sign &* Int(samples[index &* step])
                target.initializeElement(at: index, to: Value(number: Double(stored) * slope + intercept))
            }
            return .held
        }
    }

    /// Grey level before the Modality LUT or rescale.
    private func level<Stored: FixedWidthInteger>(_ samples: UnsafeBufferPointer<Stored>, _ pixel: Int) -> Double {
        let first = pixel * samplesPerPixel
        switch colour {
        case .grey, .luminanceFirst:
            return Double(inversionSum.map { $0 - Int(samples[first]) } ?? Int(samples[first]))
        case .rgb:
            return Luminance.of(Double(samples[first]), Double(samples[first + 1]), Double(samples[first + 2]))
        case .palette(let values, let start):
            return values[min(max(Int(samples[first]) - start, 0), values.count - 1)]
        }
    }

    private func mapped(_ level: Double) -> Double {
        switch mapping {
        case .linear(let slope, let intercept): level * slope + intercept
        case .table(let values, let first): values[min(max(Int(level) - first, 0), values.count - 1)]
        }
    }
}
