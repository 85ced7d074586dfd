/// What the values of a volume measure.
public enum IntensityUnit: Hashable, Sendable {
    /// CT numbers, HU.
    case hounsfield
    /// As the Rescale Type or Units of the file say, e.g. "BQML", "OD".
    case named(String)
    /// No physical unit (MR, ultrasound, X-ray, PNG).
    case arbitrary
}

/// A scan on a regular grid, values after the modality's own rescaling.
public struct Volume: Sendable {
    public var geometry: Geometry
    /// x fastest, then y, then z; `geometry.voxelCount` of them.
    public var values: VoxelValues
    public var unit: IntensityUnit
    /// Whether every value is a whole number although they are stored as floats: a scan of integers that a converter widened.
    public var isWidened = false

    public init(geometry: Geometry, values: VoxelValues, unit: IntensityUnit = .arbitrary) {
        precondition(values.count == geometry.voxelCount, "\(values.count) values for a grid of \(geometry.size)")
        (self.geometry, self.values, self.unit) = (geometry, values, unit)
    }

    /// Whether the scan was one of whole numbers, however they are stored; IBSI rounds them again after resampling.
    public var isOfWholeNumbers: Bool { values.precision == .integer || isWidened }

    /// The values inside a box as doubles, x fastest. The box must lie inside the grid.
    public func values(in box: VoxelBox) -> [Double] {
        precondition(all(box.lower .>= 0) && all(box.upper .<= geometry.size), "box \(box) outside \(geometry.size)")
        return [Double](unsafeUninitializedCapacity: box.voxelCount) { target, count in
            for z in box.lower.z..<box.upper.z {
                for y in box.lower.y..<box.upper.y {
                    let row = geometry.offset(box.lower.x, y, z)
                    values.copy(row..<row + box.size.x, to: UnsafeMutableBufferPointer(rebasing: target[count...]))
                    count += box.size.x
                }
            }
        }
    }
}

/// The values of a volume in the narrowest type that holds them exactly, so that a CT takes two bytes per voxel and
/// later steps know whether the scan was integer (rounding after resampling, PyRadiomics' binning in float32).
public enum VoxelValues: Sendable {
    case int16([Int16])
    case int32([Int32])
    case float32([Float])
    case float64([Double])

    public var count: Int {
        switch self {
        case .int16(let values): values.count
        case .int32(let values): values.count
        case .float32(let values): values.count
        case .float64(let values): values.count
        }
    }

    public subscript(offset: Int) -> Double {
        switch self {
        case .int16(let values): Double(values[offset])
        case .int32(let values): Double(values[offset])
        case .float32(let values): Double(values[offset])
        case .float64(let values): values[offset]
        }
    }

    /// Writes a range of them as doubles to the start of `target`.
    func copy(_ range: Range<Int>, to target: UnsafeMutableBufferPointer<Double>) {
        guard let target = target.baseAddress else { return }
        func convert<Element>(_ source: [Element], _ double: (Element) -> Double) {
            source[range].withUnsafeBufferPointer { source in
                guard let source = source.baseAddress else { return }
                for k in 0..<range.count { (target + k).initialize(to: double(source[k])) }
            }
        }
        switch self {
        case .int16(let source): convert(source) { Double($0) }
        case .int32(let source): convert(source) { Double($0) }
        case .float32(let source): convert(source) { Double($0) }
        case .float64(let source): convert(source) { $0 }
        }
    }

    public var precision: Precision {
        switch self {
        case .int16, .int32: .integer
        case .float32: .float32
        case .float64: .float64
        }
    }

    public enum Precision: String, Sendable {
        case integer, float32, float64
    }

    /// The bytes in native order, for hashing.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch self {
        case .int16(let values): try values.withUnsafeBytes(body)
        case .int32(let values): try values.withUnsafeBytes(body)
        case .float32(let values): try values.withUnsafeBytes(body)
        case .float64(let values): try values.withUnsafeBytes(body)
        }
    }
}

extension Volume {
    /// Fingerprint of grid and values.
    public var fingerprint: Fingerprint {
        let content = values.withUnsafeBytes { Fingerprint(of: $0) }
        return Fingerprint(of: "\(geometry.size) \(geometry.spacing) \(values.precision) \(content)")
    }
}
