import DICOM
import Imaging

/// How stored values of one slice become the modality's: turning MONOCHROME1, then Modality LUT or rescale.
struct SampleTransform: Sendable {
    enum Mapping: Hashable, Sendable {
        /// slope * stored + intercept
        case linear(slope: Double, intercept: Double)
        /// `values[stored - first]`, the ends repeated beyond (PS3.3 C.11.1.1).
        case table(values: [Double], first: Int)
    }

    enum Colour: Hashable, Sendable {
        case grey
        /// Three samples to luminance.
        case rgb
        /// The first of three samples is the luminance.
        case luminanceFirst
        /// Index into luminances.
        case palette(values: [Double], first: Int)
    }

    var colour: Colour
    var mapping: Mapping
    /// Smallest plus largest stored value: MONOCHROME1 becomes this minus itself; nil for anything else.
    var turnedAbout: Int?
    var samplesPerPixel: Int

    /// Reads what applies to one frame: the functional group's transformation when there is one, else the data set's.
    init(_ file: DICOMFile, frame: Int, layout: DICOMPixelLayout, groups: FunctionalGroups) throws(IngestionError) {
        samplesPerPixel = Int(layout.samplesPerPixel)
        colour = try Self.colour(file, layout)
        turnedAbout = nil
        if MonochromeOne(file, layout) == .turned {
            let range = StoredRange(layout)
            turnedAbout = range.low + range.high
        }
        let item = groups.item(frame, .pixelValueTransformationSequence) ?? file.root
        if let lut = file.root.item(.modalityLUTSequence) {
            guard layout.holdsIntegers else {
                throw .badAttribute(
                    path: file.path,
                    name: "Modality LUT Sequence",
                    found: "present with float pixels",
                    expected: "rescale slope and intercept"
                )
            }
            let table = try LookupTable(
                lut,
                file: file,
                name: "Modality LUT",
                descriptor: .lutDescriptor,
                data: .lutData,
                isSigned: layout.isSigned
            )
            mapping = .table(values: table.values, first: table.first)
            return
        }
        let slope = try Self.number(item, .rescaleSlope, "Rescale Slope", file) ?? 1
        let intercept = try Self.number(item, .rescaleIntercept, "Rescale Intercept", file) ?? 0
        guard slope != 0 else {
            throw .badAttribute(path: file.path, name: "Rescale Slope", found: "0", expected: "another number")
        }
        mapping = .linear(slope: slope, intercept: intercept)
    }

    /// Multiplies what comes out.
    mutating func scale(by factor: Double) {
        switch mapping {
        case .linear(let slope, let intercept): mapping = .linear(slope: slope * factor, intercept: intercept * factor)
        case .table(let values, let first): mapping = .table(values: values.map { $0 * factor }, first: first)
        }
    }

    /// A number that may be absent but not wrong.
    private static func number(
        _ item: DICOMItem,
        _ tag: DICOMTag,
        _ name: String,
        _ file: DICOMFile
    ) throws(IngestionError) -> Double? {
        guard let text = item.string(tag) else { return nil }
        guard let value = item.double(tag) else {
            throw .badAttribute(path: file.path, name: name, found: text, expected: "a number")
        }
        return value
    }

    private static func colour(_ file: DICOMFile, _ layout: DICOMPixelLayout) throws(IngestionError) -> Colour {
        let name = layout.photometric
        switch (layout.samplesPerPixel, name) {
        case (1, "MONOCHROME1"), (1, "MONOCHROME2"): return .grey
        case (1, "PALETTE COLOR"):
            let red = try LookupTable(
                file.root,
                file: file,
                name: "Red Palette",
                descriptor: .redPaletteDescriptor,
                data: .redPaletteData,
                isSigned: layout.isSigned
            )
            let green = try LookupTable(
                file.root,
                file: file,
                name: "Green Palette",
                descriptor: .greenPaletteDescriptor,
                data: .greenPaletteData,
                isSigned: layout.isSigned
            )
            let blue = try LookupTable(
                file.root,
                file: file,
                name: "Blue Palette",
                descriptor: .bluePaletteDescriptor,
                data: .bluePaletteData,
                isSigned: layout.isSigned
            )
            guard red.values.count == green.values.count, red.values.count == blue.values.count else {
                throw .badAttribute(
                    path: file.path,
                    name: "Palette",
                    found: "\(red.values.count), \(green.values.count) and \(blue.values.count) entries",
                    expected: "as many for each colour"
                )
            }
            let values = red.values.indices.map { Luminance.of(red.values[$0], green.values[$0], blue.values[$0]) }
            return .palette(values: values, first: red.first)
        case (3, "RGB"): return .rgb
        case (3, "YBR_FULL"), (3, "YBR_PARTIAL_422"), (3, "YBR_PARTIAL_420"): return .luminanceFirst
        default:
            throw .badPixels(
                path: file.path,
                found: "Photometric Interpretation is \(name) with \(layout.samplesPerPixel) samples a pixel, expected"
                    + " MONOCHROME1, MONOCHROME2 or PALETTE COLOR with 1, RGB or YBR with 3"
            )
        }
    }

    /// The narrowest kind of values that holds whatever this transform can give, judged by header alone.
    func valueKind(_ layout: DICOMPixelLayout) -> ValueKind {
        if !layout.holdsIntegers {
            let isPlain = mapping == .linear(slope: 1, intercept: 0) && layout.bytesPerSample == 4
            return isPlain ? .float32 : .float64
        }
        let stored = StoredRange(layout)
        var range = (low: Double(stored.low), high: Double(stored.high))
        switch colour {
        case .grey, .luminanceFirst: break
        case .rgb: return .float64
        case .palette(let values, _):
            guard let palette = ValueKind.integralRange(values) else { return .float64 }
            range = palette
        }
        switch mapping {
        case .linear(let slope, let intercept):
            guard slope == slope.rounded(), intercept == intercept.rounded() else { return .float64 }
            let ends = [slope * range.low + intercept, slope * range.high + intercept]
            return ValueKind(low: min(ends[0], ends[1]), high: max(ends[0], ends[1]))
        case .table(let values, _):
            guard let range = ValueKind.integralRange(values), colour == .grey else { return .float64 }
            return ValueKind(low: range.low, high: range.high)
        }
    }
}

/// What becomes of values whose largest is shown darkest (PS3.3 C.7.6.3.1.2).
enum MonochromeOne: Hashable {
    /// Lowest plus highest storable value minus the value: the number is only a shade.
    case turned
    /// The value is a quantity, such as HU, whatever shade a viewer gives it.
    case quantity(modality: String)
    /// Float samples have no range to turn about.
    case float

    /// Nil when the object is not MONOCHROME1.
    init?(_ file: DICOMFile, _ layout: DICOMPixelLayout) {
        guard layout.photometric == "MONOCHROME1" else { return nil }
        let modality = file.string(.modality) ?? ""
        if ["CT", "PT", "MR", "NM"].contains(modality) {
            self = .quantity(modality: modality)
        } else {
            self = layout.holdsIntegers ? .turned : .float
        }
    }

    var note: String {
        switch self {
        case .turned: "MONOCHROME1 turned, so that more is brighter"
        case .quantity(let modality): "MONOCHROME1 not turned: the values of \(modality) are a quantity, not a shade"
        case .float: "MONOCHROME1 not turned: float values have no largest storable value to turn about"
        }
    }
}

/// Smallest and largest value that Bits Stored can hold.
struct StoredRange {
    var low: Int
    var high: Int

    init(_ layout: DICOMPixelLayout) {
        let bits = Int(layout.bitsStored)
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

/// A lookup table of PS3.3 C.11.1.1.1 or C.7.6.3.1.5: descriptor (entries, first stored value, bits) and data.
struct LookupTable {
    var values: [Double]
    /// Stored value that the first entry belongs to.
    var first: Int

    init(
        _ item: DICOMItem,
        file: DICOMFile,
        name: String,
        descriptor: DICOMTag,
        data: DICOMTag,
        isSigned: Bool
    ) throws(IngestionError) {
        let numbers = item.doubles(descriptor).compactMap { Int(exactly: $0) }
        guard numbers.count == 3, (8...16).contains(numbers[2]) else {
            throw .badAttribute(
                path: file.path,
                name: "\(name) Descriptor",
                found: "\(item.doubles(descriptor))",
                expected: "entries, first value, and 8 to 16 bits"
            )
        }
        // 65536 entries do not fit the 16 bits of the descriptor and are written as 0.
        let count = numbers[0] & 0xFFFF == 0 ? 65_536 : numbers[0] & 0xFFFF
        first = isSigned && numbers[1] > 32_767 ? numbers[1] - 65_536 : numbers[1]
        let words = item.words(data)
        if words.count >= count {
            values = words.prefix(count).map(Double.init)
        } else if numbers[2] == 8, words.count >= (count + 1) / 2 {
            // 8-bit entries, two in a word, the lower byte first.
            values = (0..<count).map { entry in
                let word = words[entry / 2]
                return Double(entry % 2 == 0 ? word & 0xFF : word >> 8)
            }
        } else {
            throw .badAttribute(
                path: file.path,
                name: "\(name) Data",
                found: "\(words.count) entries",
                expected: "\(count)"
            )
        }
    }
}
