import DICOM
import Imaging
import Parallel

extension ImageSource {
    /// Decodes the image: stored values, MONOCHROME1 turned where it is only a shade (lowest plus highest storable value
    /// minus the value), colours to luminance, then the Modality LUT or rescale slope and intercept of each slice in
    /// double precision. The values come in the narrowest type that holds them exactly: of whole numbers that of the pixels
    /// themselves, otherwise that of whatever the header allows. Every slice is decoded straight into its place.
    ///
    /// - Throws: ``IngestionError`` for the first slice that cannot be decoded whole; never a half-read image.
    public func load(jobs: Int = 1) throws(IngestionError) -> Volume {
        if format == .png { return try loadPNG() }
        return try volume(try LoadPlan(self), jobs: jobs)
    }

    /// Decodes the image in a unit of the user's choice. A PET becomes standardised uptake values in double precision,
    /// slice by slice; any other image stays as it is, and a finding says so.
    ///
    /// - Throws: also ``IngestionError/noUptakeValue(path:_:)`` with what the header lacks.
    public func load(
        as unit: ImageUnit, jobs: Int = 1
    ) throws(IngestionError) -> (volume: Volume, findings: [Finding]) {
        guard let title = unit.title else { return (try load(jobs: jobs), []) }
        guard format == .dicom, identity.modality == "PT" else {
            let modality = identity.modality.isEmpty ? "unknown" : identity.modality
            let note = Finding(.note, "stored values, not \(title): the modality is \(modality), not PT")
            return (try load(jobs: jobs), [note])
        }
        var plan = try LoadPlan(self)
        let findings = try plan.convert(self, to: unit)
        return (try volume(plan, jobs: jobs), findings)
    }

    private func volume(_ plan: LoadPlan, jobs: Int) throws(IngestionError) -> Volume {
        let values: VoxelValues
        switch plan.kind {
        case .int16: values = .int16(try decode(plan, jobs: jobs) ?? [])
        case .int32:
            // Signed 16 bits with an intercept of -1024 could leave 16 bits, yet hardly a CT does.
            if let narrow: [Int16] = plan.isLinear ? try decode(plan, jobs: jobs) : nil {
                values = .int16(narrow)
            } else {
                values = .int32(try decode(plan, jobs: jobs) ?? [])
            }
        case .float32: values = .float32(try decode(plan, jobs: jobs) ?? [])
        case .float64: values = .float64(try decode(plan, jobs: jobs) ?? [])
        }
        return Volume(geometry: geometry, values: values, unit: plan.unit)
    }

    /// Nil when the type is too narrow for a value, which that of the plan's kind never is.
    private func decode<Value: VoxelValue>(_ plan: LoadPlan, jobs: Int) throws(IngestionError) -> [Value]? {
        let area = geometry.size.x * geometry.size.y
        var failure: IngestionError?
        var range = ValueRange.held
        let values = [Value](unsafeUninitializedCapacity: area * plan.slices.count) { buffer, written in
            let target = UncheckedSendable(buffer)
            let outcomes = concurrentMap(count: plan.runs.count, jobs: jobs) {
                index -> Result<ValueRange, IngestionError> in
                do throws(IngestionError) {
                    return .success(try plan.decode(run: plan.runs[index], area: area, into: target.value))
                } catch {
                    return .failure(error)
                }
            }
            for outcome in outcomes {
                switch outcome {
                case .success(.held): continue
                case .success(.left): range = .left
                case .failure(let error): failure = failure ?? error
                }
            }
            written = failure == nil && range == .held ? buffer.count : 0
        }
        if let failure { throw failure }
        return range == .held ? values : nil
    }
}

/// Whether all whole numbers fit their type.
private enum ValueRange { case held, left }

/// What is known about the slices before the first is decoded.
private struct LoadPlan: Sendable {
    struct Plane: Sendable {
        var path: String
        var frame: Int
        var transform: SampleTransform
    }

    var slices: [Plane]
    /// Ranges of `slices` that come from one file, so that each file is opened once.
    var runs: [Range<Int>]
    var kind: ValueKind
    var unit: IntensityUnit

    /// Opens every file's header: checks its size and collects its transform.
    init(_ image: ImageSource) throws(IngestionError) {
        let range = image.slices.indices
        guard !range.isEmpty else {
            throw .inconsistent(path: image.path, what: "number of slices", found: "0", expected: "at least 1")
        }
        var planes: [Plane] = []
        var runs: [Range<Int>] = []
        var kind = ValueKind.int16
        var unit = IntensityUnit.arbitrary
        var start = range.lowerBound
        while start < range.upperBound {
            let path = image.slices[start].path
            let end = image.slices[start..<range.upperBound].firstIndex { $0.path != path } ?? range.upperBound
            let file = try DICOMFile.open(path)
            let layout = try file.layout()
            let found = (Int(layout.columns), Int(layout.rows))
            guard found == (image.geometry.size.x, image.geometry.size.y) else {
                throw .inconsistent(
                    path: path,
                    what: "number of columns and rows",
                    found: "\(found.0) x \(found.1)",
                    expected: "\(image.geometry.size.x) x \(image.geometry.size.y)"
                )
            }
            let groups = FunctionalGroups(file.root)
            for slice in image.slices[start..<end] {
                let transform = try SampleTransform(file, frame: slice.frame, layout: layout, groups: groups)
                kind = kind.joined(transform.valueKind(layout))
                planes.append(Plane(path: path, frame: slice.frame, transform: transform))
            }
            if start == range.lowerBound {
                unit = IntensityUnit(file, groups.item(image.slices[start].frame, .pixelValueTransformationSequence))
            }
            runs.append(start - range.lowerBound..<end - range.lowerBound)
            start = end
        }
        (slices, self.runs, self.kind, self.unit) = (planes, runs, kind, unit)
    }

    /// Whether the values are whole multiples of the stored ones.
    var isLinear: Bool {
        slices.allSatisfy {
            guard case .linear = $0.transform.mapping else { return false }
            return $0.transform.colour == .grey || $0.transform.colour == .luminanceFirst
        }
    }

    /// Makes every slice's transform end in standardised uptake values.
    mutating func convert(_ image: ImageSource, to unit: ImageUnit) throws(IngestionError) -> [Finding] {
        var headers: [UptakeHeader] = []
        for run in runs {
            let header = UptakeHeader(try DICOMFile.open(slices[run.lowerBound].path))
            headers += run.map { _ in header }
        }
        let uptake: StandardUptakeValue
        do {
            uptake = try StandardUptakeValue(headers, as: unit)
        } catch { throw .noUptakeValue(path: image.path, error) }
        for (index, factor) in uptake.factors.enumerated() { slices[index].transform.scale(by: factor) }
        // Also where all factors are 1: whole numbers would be rounded again after resampling.
        kind = .float64
        self.unit = unit.title.map(IntensityUnit.named) ?? self.unit
        return uptake.findings
    }

    /// Decodes the slices of one file, each into its place in `target`.
    func decode<Value: VoxelValue>(
        run: Range<Int>,
        area: Int,
        into target: UnsafeMutableBufferPointer<Value>
    ) throws(IngestionError) -> ValueRange {
        let path = slices[run.lowerBound].path
        let file = try DICOMFile.open(path)
        let layout = try file.layout()
        guard Int(layout.rows) * Int(layout.columns) == area else {
            throw .inconsistent(
                path: path,
                what: "number of pixels",
                found: "\(Int(layout.rows) * Int(layout.columns))",
                expected: "\(area)"
            )
        }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.bytesPerFrame, alignment: 16)
        defer { scratch.deallocate() }
        var range = ValueRange.held
        for index in run where range == .held {
            let slice = slices[index]
            let place = UnsafeMutableBufferPointer(rebasing: target[index * area..<(index + 1) * area])
            if slice.transform.isIdentity, Value.storage.matches(layout) {
                try file.decode(slice.frame..<slice.frame + 1, into: UnsafeMutableRawBufferPointer(place))
            } else {
                try file.decode(slice.frame..<slice.frame + 1, into: scratch)
                range = slice.transform.apply(UnsafeRawBufferPointer(scratch), layout, to: place)
            }
        }
        return range
    }
}

extension IntensityUnit {
    /// HU for CT; what Units (PT) or Rescale Type say; otherwise arbitrary.
    fileprivate init(_ file: DICOMFile, _ transformation: DICOMItem?) {
        let modality = file.string(.modality) ?? ""
        let type =
            (transformation ?? file.root).string(.rescaleType)
            ?? file.root.item(.modalityLUTSequence)?
            .string(.modalityLUTType)
        // "US" is unspecified (PS3.3 C.11.1.1.2).
        let known = type.flatMap { $0 == "US" ? nil : $0 }
        if known == "HU" || (modality == "CT" && type == nil) {
            self = .hounsfield
        } else if modality == "PT", let units = file.string(.units) {
            self = .named(units)
        } else {
            self = known.map(IntensityUnit.named) ?? .arbitrary
        }
    }
}

// MARK: Values

/// A type that volumes are made of.
private protocol VoxelValue: BitwiseCopyable, Sendable {
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
    fileprivate func matches(_ layout: DICOMPixelLayout) -> Bool {
        switch self {
        case .int16: layout.holdsIntegers && layout.isSigned && layout.bytesPerSample == 2
        case .int32: layout.holdsIntegers && layout.isSigned && layout.bytesPerSample == 4
        case .float32: !layout.holdsIntegers && layout.bytesPerSample == 4
        case .float64: !layout.holdsIntegers && layout.bytesPerSample == 8
        }
    }
}

extension SampleTransform {
    /// Whether stored values are the modality's as they are.
    fileprivate var isIdentity: Bool {
        turnedAbout == nil && colour == .grey && mapping == .linear(slope: 1, intercept: 0)
    }

    /// One frame of stored samples to values.
    fileprivate func apply<Value: VoxelValue>(
        _ samples: UnsafeRawBufferPointer,
        _ layout: DICOMPixelLayout,
        to target: UnsafeMutableBufferPointer<Value>
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
        _ samples: UnsafeBufferPointer<some BinaryFloatingPoint>,
        to target: UnsafeMutableBufferPointer<Value>
    ) {
        // Float pixels have no Modality LUT: `init` refuses it.
        guard case .linear(let slope, let intercept) = mapping else { return }
        for index in target.indices {
            target.initializeElement(at: index, to: Value(number: Double(samples[index]) * slope + intercept))
        }
    }

    private func convert<Stored: FixedWidthInteger, Value: VoxelValue>(
        _ samples: UnsafeBufferPointer<Stored>,
        to target: UnsafeMutableBufferPointer<Value>
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
        _ samples: UnsafeBufferPointer<Stored>,
        step: Int,
        slope: Double,
        intercept: Double,
        to target: UnsafeMutableBufferPointer<Value>
    ) -> ValueRange {
        let sign = turnedAbout == nil ? 1 : -1
        let about = turnedAbout ?? 0
        if Value.storage <= .int32, let slope = Int(exactly: slope), let intercept = Int(exactly: intercept) {
            var fits = true
            for index in target.indices {
                let value = (about &+ sign &* Int(samples[index &* step])) &* slope &+ intercept
                fits = fits && Value.holds(value)
                target.initializeElement(at: index, to: Value(whole: value))
            }
            return fits ? .held : .left
        } else {
            for index in target.indices {
                let stored = about &+ sign &* Int(samples[index &* step])
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
            return Double(turnedAbout.map { $0 - Int(samples[first]) } ?? Int(samples[first]))
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
