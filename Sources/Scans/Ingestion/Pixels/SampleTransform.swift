import DICOM
import Imaging

/// How stored values of one slice become the modality's: inverted where MONOCHROME1 is only a shade, then Modality LUT or
/// rescale.
struct SampleTransform: Hashable, Sendable {
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
    /// Smallest plus largest storable value where stored values are inverted: they become this minus themselves. Nil where
    /// they are not (``InvertedPhotometric``).
    var inversionSum: Int?
    var samplesPerPixel: Int

    /// Reads what applies to one frame: the functional group's transformation when there is one, else the data set's.
    init(_ file: DICOMFile, frame: Int, layout: DICOMPixelLayout, groups: FunctionalGroups) throws(IngestionError) {
        samplesPerPixel = layout.samplesPerPixel
        colour = try Self.colour(file, layout)
        inversionSum = nil
        if InvertedPhotometric(file, layout) == .inverted {
            let range = StoredRange(layout)
            inversionSum = range.low + range.high
        }
        let item = groups.item(frame, .pixelValueTransformationSequence) ?? file.root
        if let lut = file.root.item(.modalityLUTSequence) {
            guard layout.holdsIntegers else {
                throw .badAttribute(
                    path: file.path, name: "Modality LUT Sequence", found: "present with float pixels",
                    expected: "rescale slope and intercept")
            }
            let table = try LookupTable(
                lut, file: file, name: "Modality LUT", descriptor: .lutDescriptor, data: .lutData,
                isSigned: layout.isSigned)
            mapping = .table(values: table.values, first: table.first)
            return
        }
        guard file.string(.modality) != "RTDOSE" else {
            guard let scaling = try Self.number(file.root, .doseGridScaling, "Dose Grid Scaling", file), scaling != 0
            else {
                throw .badAttribute(
                    path: file.path, name: "Dose Grid Scaling", found: "absent or 0",
                    expected: "the dose of one stored unit")
            }
            mapping = .linear(slope: scaling, intercept: 0)
            return
        }
        let slope = try Self.number(item, .rescaleSlope, "Rescale Slope", file) ?? 1
        let intercept = try Self.number(item, .rescaleIntercept, "Rescale Intercept", file) ?? 0
        guard slope != 0 else {
            throw .badAttribute(path: file.path, name: "Rescale Slope", found: "0", expected: "another number")
        }
        mapping = .linear(slope: slope, intercept: intercept)
    }

    /// Whether it holds lookup tables, which may be large.
    var holdsTables: Bool {
        if case .table = mapping { return true }
        if case .palette = colour { return true }
        return false
    }

    /// Whether its values are whole multiples of the stored ones, but for the intercept.
    var isLinear: Bool {
        guard case .linear = mapping else { return false }
        return colour == .grey || colour == .luminanceFirst
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
        _ item: DICOMItem, _ tag: DICOMTag, _ name: String, _ file: DICOMFile
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
                file.root, file: file, name: "Red Palette", descriptor: .redPaletteDescriptor, data: .redPaletteData,
                isSigned: layout.isSigned)
            let green = try LookupTable(
                file.root, file: file, name: "Green Palette", descriptor: .greenPaletteDescriptor,
                data: .greenPaletteData, isSigned: layout.isSigned)
            let blue = try LookupTable(
                file.root, file: file, name: "Blue Palette", descriptor: .bluePaletteDescriptor, data: .bluePaletteData,
                isSigned: layout.isSigned)
            guard red.values.count == green.values.count, red.values.count == blue.values.count else {
                throw .badAttribute(
                    path: file.path, name: "Palette",
                    found: "\(red.values.count), \(green.values.count) and \(blue.values.count) entries",
                    expected: "as many for each colour")
            }
            let values = red.values.indices.map { Luminance.of(red.values[$0], green.values[$0], blue.values[$0]) }
            return .palette(values: values, first: red.first)
        case (3, "RGB"): return .rgb
        case (3, "YBR_FULL"), (3, "YBR_PARTIAL_422"), (3, "YBR_PARTIAL_420"): return .luminanceFirst
        default:
            let found =
                "Photometric Interpretation is \(name) with \(layout.samplesPerPixel) samples a pixel, expected"
                + " MONOCHROME1, MONOCHROME2 or PALETTE COLOR with 1, RGB or YBR with 3"
            throw .dicom(.badPixels(path: file.path, found: found))
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
