import DICOM
import Files
import Glibc
import Imaging
import Parallel

extension ImageSource {
    /// Decodes the image: stored values, those of MONOCHROME1 inverted where they are only a shade (lowest plus highest
    /// storable value minus the value), colours to luminance, then the Modality LUT or rescale slope and intercept of each
    /// slice in double precision. The values come in the narrowest type that holds them exactly: of whole numbers that of
    /// the pixels themselves, otherwise that of whatever the header allows. Every slice is decoded straight into the
    /// volume.
    ///
    /// What the headers say was taken down at the scan: each file is opened once, for its pixels. A file that has changed
    /// since is read again in whole, and refused when its header says something else about the pixels.
    ///
    /// - Throws: ``IngestionError`` for the first slice that cannot be decoded whole, and for an image of which a finding is a
    ///   failure; never a half-read image.
    public func load(jobs: Int = 1) throws(IngestionError) -> Volume {
        switch format {
        case .png: return try loadPNG()
        case .nifti, .nrrd, .metaImage: return try loadVolume().volume
        case .dicom: return try decoded(try LoadPlan(self), jobs: jobs).volume
        }
    }

    /// Decodes the image in a unit of the user's choice. A PET becomes standardised uptake values in double precision,
    /// slice by slice; any other image stays as it is, and a finding says so. Findings also tell what only decoding shows.
    ///
    /// - Throws: also ``IngestionError/noUptakeValue(path:_:)`` with what the header lacks.
    public func load(
        as unit: ImageUnit, jobs: Int = 1
    ) throws(IngestionError) -> (volume: Volume, findings: [Finding]) {
        let remark = unit.title.map { [notPET($0)] } ?? []
        switch format {
        case .png: return (try loadPNG(), remark)
        case .nifti, .nrrd, .metaImage:
            let (volume, findings) = try loadVolume()
            return (volume, remark + findings)
        case .dicom: break
        }
        var plan = try LoadPlan(self)
        guard unit.title != nil else { return try decoded(plan, jobs: jobs) }
        guard identity.modality == "PT" else {
            let (volume, findings) = try decoded(plan, jobs: jobs)
            return (volume, remark + findings)
        }
        let conversion = try plan.convert(self, to: unit)
        let (volume, findings) = try decoded(plan, jobs: jobs)
        return (volume, conversion + findings)
    }

    private func notPET(_ title: String) -> Finding {
        let modality = identity.modality.isEmpty ? "unknown" : identity.modality
        return Finding(.note, "stored values, not \(title): the modality is \(modality), not PT")
    }

    private func decoded(_ plan: LoadPlan, jobs: Int) throws(IngestionError) -> (volume: Volume, findings: [Finding]) {
        let values: VoxelValues
        var cut: [LoadPlan.Run] = []
        switch plan.kind {
        case .int16: values = .int16(try decode(plan, cut: &cut, jobs: jobs) ?? [])
        case .int32:
            // Signed 16 bits with an intercept of -1024 could leave 16 bits, yet hardly a CT does.
            if let narrow: [Int16] = plan.isLinear ? try decode(plan, cut: &cut, jobs: jobs) : nil {
                values = .int16(narrow)
            } else {
                values = .int32(try decode(plan, cut: &cut, jobs: jobs) ?? [])
            }
        case .float32: values = .float32(try decode(plan, cut: &cut, jobs: jobs) ?? [])
        case .float64: values = .float64(try decode(plan, cut: &cut, jobs: jobs) ?? [])
        }
        return (Volume(geometry: geometry, values: values, unit: plan.unit), Finding.bitsAbove(in: cut))
    }

    /// Nil when the type is too narrow for a value, which that of the plan's kind never is.
    ///
    /// - Parameter cut: becomes the files whose samples lost bits beyond Bits Stored.
    private func decode<Value: VoxelValue>(
        _ plan: LoadPlan, cut: inout [LoadPlan.Run], jobs: Int
    ) throws(IngestionError) -> [Value]? {
        let area = geometry.size.x * geometry.size.y
        try checkMemory(bytes: area * plan.sliceCount * MemoryLayout<Value>.stride, path)
        var failure: IngestionError?
        var range = ValueRange.held
        var lossy: [LoadPlan.Run] = []
        let values = [Value](unsafeUninitializedCapacity: area * plan.sliceCount) { buffer, written in
            var outcomes = [Result<LoadPlan.Run.Outcome, IngestionError>](
                repeating: .success(LoadPlan.Run.Outcome()), count: plan.runs.count)
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
            for (run, outcome) in zip(plan.runs, outcomes) {
                switch outcome {
                case .success(let outcome):
                    if outcome.range == .left { range = .left }
                    if outcome.bitsAbove == .cut { lossy.append(run) }
                case .failure(let error): failure = failure ?? error
                }
            }
            written = failure == nil && range == .held ? buffer.count : 0
        }
        if let failure { throw failure }
        cut = lossy
        return range == .held ? values : nil
    }
}

/// An array that there is no memory for ends the process, so it is tried before; not with malloc, which a compiler leaves out
/// where nothing is written.
func checkMemory(bytes: Int, _ path: String) throws(IngestionError) {
    let length = max(bytes, 1)
    let memory = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else {
        throw .dicom(
            .outOfMemory(
                path: path,
                found:
                    "there is not enough memory for its \(bytes >> 20) MB of voxels, which says nothing against the file; raise"
                    + " the limit (ulimit -v), or take fewer --jobs"))
    }
    munmap(memory, length)
}

extension Finding {
    /// What the reader of a table should know of files whose samples are wider than their header says.
    fileprivate static func bitsAbove(in runs: [LoadPlan.Run]) -> [Finding] {
        guard let first = runs.first else { return [] }
        let others = runs.count > 1 ? " and \(runs.count - 1) more files" : ""
        return [
            Finding(
                .warning,
                "\(FileName(first.path).name)\(others): samples have bits beyond Bits Stored, \(first.header.layout.bitsStored), "
                    + "expected none; they were cut off, as by definition they are no part of a value: compare Bits Stored "
                    + "(0028,0101) and High Bit (0028,0102) with the pixels")
        ]
    }
}
