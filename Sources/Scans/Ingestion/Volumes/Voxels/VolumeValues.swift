// From the stored elements of a volume to its values.
import Imaging

/// The values of one volume, and what only reading them shows.
struct VolumeValues {
    var values: VoxelValues
    /// Floats, all of them whole.
    var isWidened = false
    var findings: [Finding]
}

extension VolumeHeader {
    /// Reads one volume in the narrowest type that holds its values exactly; layers lie side by side. Colours become luminance.
    func values(ofVolume volume: Int = 0) throws(IngestionError) -> VolumeValues {
        for kind in kinds {
            let found: VolumeValues? =
                switch kind {
                case .int16: try read(volume, VoxelValues.int16)
                case .int32: try read(volume, VoxelValues.int32)
                case .float32: try read(volume, VoxelValues.float32)
                case .float64: try read(volume, VoxelValues.float64)
                }
            if let found { return found }
        }
        preconditionFailure("64-bit floats hold every value")
    }

    /// What to try, narrow to wide; the last one holds everything.
    private var kinds: [ValueKind] {
        let element = sample.element
        if case .colour = sample.content { return [.float64] }
        guard element.isInteger else { return [scaling == nil ? element.kind : .float64] }
        guard let scaling else { return element.kind == .int16 ? [.int16] : [.int32, .float64] }
        guard scaling.wholeNumbers != nil else { return [.float64] }
        guard let range = element.range else { return [.int32, .float64] }
        let ends = [range.lowerBound, range.upperBound].map { $0 * scaling.slope + scaling.intercept }
        return [ValueKind(low: ends.min() ?? 0, high: ends.max() ?? 0), .float64]
    }

    /// Nil when a value does not fit.
    private func read<Value: VoxelValue>(
        _ volume: Int, _ wrap: ([Value]) -> VoxelValues
    ) throws(IngestionError) -> VolumeValues? {
        let count = geometry.voxelCount * (isColour ? 1 : sample.elementsPerVoxel)
        // Refuses what the file cannot hold before memory is asked for.
        do throws(VolumeError) { try voxels.check(bytes: volumeSize * volumeCount) } catch {
            throw .volume(path: path, error)
        }
        try checkMemory(bytes: count * MemoryLayout<Value>.stride, path)
        var tally = ElementTally()
        var findings: [Finding] = []
        var problem: VolumeError?
        let values = [Value](unsafeUninitializedCapacity: count) { target, filled in
            do throws(VolumeError) {
                findings = try forEachPiece(ofVolume: volume) { piece, first throws(VolumeError) in
                    guard tally.fits else { return }
                    let start = first / (isColour ? sample.elementsPerVoxel : 1)
                    convert(piece, to: UnsafeMutableBufferPointer(rebasing: target[start...]), &tally)
                }
                filled = tally.fits ? count : 0
            } catch { problem = error }
        }
        if let problem { throw .volume(path: path, problem) }
        guard tally.fits else { return nil }
        let isWidened = Value.storage >= .float32 && tally.isWhole
        return VolumeValues(values: wrap(values), isWidened: isWidened, findings: findings + tally.findings)
    }

    var isColour: Bool { if case .colour = sample.content { true } else { false } }

    private func convert<Value: VoxelValue>(
        _ piece: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Value>, _ tally: inout ElementTally
    ) {
        let scaling = scaling ?? Scaling(slope: 1, intercept: 0)
        if case .colour(let channels) = sample.content {
            for pixel in 0..<piece.count / channels {
                let place = pixel * channels
                let level = Luminance.of(Double(piece[place]), Double(piece[place + 1]), Double(piece[place + 2]))
                target.initializeElement(at: pixel, to: Value(number: scaling.apply(level)))
            }
            return
        }
        func whole<Stored: FixedWidthInteger>(_: Stored.Type) {
            tally.convert(piece.bindMemory(to: Stored.self), scaling, to: target)
        }
        switch sample.element {
        case .int8: whole(Int8.self)
        case .uint8: whole(UInt8.self)
        case .int16: whole(Int16.self)
        case .uint16: whole(UInt16.self)
        case .int32: whole(Int32.self)
        case .uint32: whole(UInt32.self)
        case .int64: whole(Int64.self)
        case .uint64: whole(UInt64.self)
        case .float32: tally.convert(floats: piece.bindMemory(to: Float.self), scaling, to: target)
        case .float64: tally.convert(floats: piece.bindMemory(to: Double.self), scaling, to: target)
        }
    }
}

extension VolumeHeader.Scaling {
    func apply(_ stored: Double) -> Double { slope == 1 && intercept == 0 ? stored : stored * slope + intercept }

    /// Both where they are whole and small, so that whole numbers stay whole.
    var wholeNumbers: (slope: Int, intercept: Int)? {
        guard let slope = Int(exactly: slope), let intercept = Int(exactly: intercept), abs(slope) < 1 << 20,
            abs(intercept) < 1 << 40
        else { return nil }
        return (slope, intercept)
    }
}

/// What was found about the elements of a volume while they were converted.
private struct ElementTally {
    private(set) var fits = true
    /// Whether all values are whole, and small enough for integers of 32 bits; said of floats alone.
    private(set) var isWhole = true
    private var notFinite = 0
    private var inexact = 0

    mutating func convert<Stored: FixedWidthInteger, Value: VoxelValue>(
        _ stored: UnsafeBufferPointer<Stored>, _ scaling: VolumeHeader.Scaling,
        to target: UnsafeMutableBufferPointer<Value>
    ) {
        if Value.storage <= .int32, let (slope, intercept) = scaling.wholeNumbers {
            var fits = true
            for k in stored.indices {
                // Wider numbers than these fit no narrow type, whatever they are multiplied with.
                let number = Int(truncatingIfNeeded: stored[k])
                let isSmall =
                    Stored.bitWidth < 64
                    || (number.magnitude < 1 << 40 && Stored(truncatingIfNeeded: number) == stored[k]
                        && (Stored.isSigned || number >= 0))
                let value = number &* slope &+ intercept
                fits = fits && isSmall && Value.holds(value)
                target.initializeElement(at: k, to: Value(whole: value))
            }
            self.fits = self.fits && fits
            return
        }
        for k in stored.indices {
            let number = Double(stored[k])
            if Stored.bitWidth == 64, stored[k].magnitude > 1 << 53 { inexact += 1 }
            target.initializeElement(at: k, to: Value(number: scaling.apply(number)))
        }
        isWhole = false
    }

    mutating func convert<Stored: BinaryFloatingPoint, Value: VoxelValue>(
        floats stored: UnsafeBufferPointer<Stored>, _ scaling: VolumeHeader.Scaling,
        to target: UnsafeMutableBufferPointer<Value>
    ) {
        for k in stored.indices {
            let number = scaling.apply(Double(stored[k]))
            if !number.isFinite { notFinite += 1 }
            isWhole = isWhole && number == number.rounded() && abs(number) < 0x1p31
            target.initializeElement(at: k, to: Value(number: number))
        }
    }

    var findings: [Finding] {
        var findings: [Finding] = []
        if notFinite > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(notFinite) voxel(s) of the image are NaN or infinite; a region that holds one is not measured as it is drawn"
                ))
        }
        if inexact > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(inexact) voxel(s) hold whole numbers beyond 2^53, which are not exact in double precision"))
        }
        return findings
    }
}
