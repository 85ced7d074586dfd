import DICOM
import Imaging

/// What is known about the slices of an image before the first is decoded.
struct LoadPlan: Sendable {
    /// The slices that come from one file, one after the other, so that each file is opened once.
    struct Run: Sendable {
        var path: String
        var header: PixelHeader
        /// Number of the first slice in the volume.
        var firstSlice: Int
        var planes: [Plane]
    }

    struct Plane: Sendable {
        /// From 0.
        var frame: Int
        /// Nil when it has lookup tables, which are read with the pixels.
        var transform: SampleTransform?
        /// By what the transform's values are multiplied.
        var factor = 1.0
    }

    private(set) var runs: [Run] = []
    private(set) var kind = ValueKind.int16
    private(set) var unit = IntensityUnit.arbitrary
    let sliceCount: Int

    init(_ image: ImageSource) throws(IngestionError) {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            throw .notMeasurable(path: image.path, reason: failure.text)
        }
        sliceCount = image.slices.count
        guard sliceCount > 0 else {
            throw .inconsistent(path: image.path, what: "number of slices", found: "0", expected: "at least 1")
        }
        for (index, slice) in image.slices.enumerated() {
            if runs.last?.path != slice.path {
                let header = if let known = slice.pixels { known } else { try PixelHeader(path: slice.path) }
                try Self.check(header.layout, of: slice.path, on: image.geometry)
                if index == 0 { unit = header.frame(slice.frame).unit }
                runs.append(Run(path: slice.path, header: header, firstSlice: index, planes: []))
            }
            try add(slice)
        }
    }

    /// To the last run.
    private mutating func add(_ slice: ImageSource.Slice) throws(IngestionError) {
        let header = runs[runs.count - 1].header
        var plane = Plane(frame: slice.frame)
        switch header.frame(slice.frame).samples {
        case .transform(let transform):
            plane.transform = transform
            kind = kind.joined(transform.valueKind(header.layout))
        case .tables(let tableKind): kind = kind.joined(tableKind)
        case .unusable(let error): throw error
        }
        runs[runs.count - 1].planes.append(plane)
    }

    private static func check(
        _ layout: DICOMPixelLayout, of path: String, on geometry: Geometry
    ) throws(IngestionError) {
        guard layout.columns == geometry.size.x, layout.rows == geometry.size.y else {
            throw .inconsistent(
                path: path, what: "number of columns and rows", found: "\(layout.columns) x \(layout.rows)",
                expected: "\(geometry.size.x) x \(geometry.size.y)")
        }
    }

    /// Whether the values are whole multiples of the stored ones.
    var isLinear: Bool { runs.allSatisfy { $0.planes.allSatisfy { $0.transform?.isLinear ?? false } } }

    /// Makes every slice's transform end in standardised uptake values.
    mutating func convert(_ image: ImageSource, to unit: ImageUnit) throws(IngestionError) -> [Finding] {
        let headers = runs.flatMap { run in run.planes.map { _ in run.header.uptake ?? UptakeHeader() } }
        let uptake: StandardUptakeValue
        do {
            uptake = try StandardUptakeValue(headers, as: unit)
        } catch { throw .noUptakeValue(path: image.path, error) }
        for run in runs.indices {
            for plane in runs[run].planes.indices {
                runs[run].planes[plane].factor = uptake.factors[runs[run].firstSlice + plane]
            }
        }
        // Also where all factors are 1: whole numbers would be rounded again after resampling.
        kind = .float64
        self.unit = unit.title.map(IntensityUnit.named) ?? self.unit
        return uptake.findings
    }
}

extension LoadPlan.Run {
    /// What decoding found out about the slices of the file.
    struct Outcome {
        var range = ValueRange.held
        var bitsAbove = DICOMFile.BitsAbove.unused
    }

    /// Decodes the slices of the file, each to where it belongs in the volume.
    func decode<Value: VoxelValue>(
        into target: UnsafeMutableBufferPointer<Value>
    ) throws(IngestionError) -> Outcome {
        var outcome = Outcome()
        let file = try DICOMFile.open(path, checked: header.stamp)
        let layout = header.layout
        if file.stamp != header.stamp {
            let found = PixelHeader(file, try file.layout(), FunctionalGroups(file.root))
            guard found.agrees(with: header) else { throw .changed(path: path) }
        }
        let groups = planes.contains { $0.transform == nil } ? FunctionalGroups(file.root) : nil
        let area = layout.columns * layout.rows
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.bytesPerFrame, alignment: 16)
        defer { scratch.deallocate() }
        for (index, plane) in planes.enumerated() {
            let slice = firstSlice + index
            let values = UnsafeMutableBufferPointer(rebasing: target[slice * area..<(slice + 1) * area])
            var transform: SampleTransform
            if let known = plane.transform {
                transform = known
            } else {
                transform = try SampleTransform(
                    file, frame: plane.frame, layout: layout, groups: groups ?? FunctionalGroups(file.root))
            }
            if plane.factor != 1 { transform.scale(by: plane.factor) }
            let isDirect = transform.isIdentity && Value.storage.matches(layout)
            let target = isDirect ? UnsafeMutableRawBufferPointer(values) : scratch
            if try file.decode(plane.frame..<plane.frame + 1, into: target) == .cut { outcome.bitsAbove = .cut }
            if isDirect { continue }
            guard transform.apply(UnsafeRawBufferPointer(scratch), layout, to: values) == .held else {
                outcome.range = .left
                return outcome
            }
        }
        return outcome
    }
}
