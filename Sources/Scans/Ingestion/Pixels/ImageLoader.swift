import Imaging
import Parallel

extension ImageSource {
    /// Decodes the image: stored values, those of MONOCHROME1 inverted where they are only a shade (lowest plus highest
    /// storable value minus the value), colours to luminance, then the Modality LUT or rescale slope and intercept of each slice in
    /// double precision. The values come in the narrowest type that holds them exactly: of whole numbers that of the pixels
    /// themselves, otherwise that of whatever the header allows. Every slice is decoded straight into the volume.
    ///
    /// What the headers say was taken down at the scan: each file is opened once, for its pixels. A file that has changed
    /// since is read again in whole, and refused when its header says something else about the pixels.
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
        let values = [Value](unsafeUninitializedCapacity: area * plan.sliceCount) { buffer, written in
            var outcomes = [Result<ValueRange, IngestionError>](repeating: .success(.held), count: plan.runs.count)
            outcomes.withUnsafeMutableBufferPointer { outcomes in
                // Each run fills its own part of the buffer and its own outcome.
                Workers(jobs).forEach(plan.runs.count) { index, _ in
                    do throws(IngestionError) {
                        outcomes[index] = .success(try plan.runs[index].decode(into: buffer))
                    } catch {
                        outcomes[index] = .failure(error)
                    }
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
