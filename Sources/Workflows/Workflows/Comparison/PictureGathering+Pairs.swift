import Evaluation
import Files
import Foundation
import Imaging
import Ingestion
import Preparation
import Reconstruction

extension PictureGathering {
    /// An original with what each model made of it.
    private struct Partners {
        var name: String
        /// The original first.
        var images: [ImageSource]
    }

    /// Plain pictures that belong together by their names: originals, then one input per model.
    mutating func pair() throws {
        guard request.inputs.count > 1 else {
            throw ReconstructionError.noReconstructions(path: request.inputs[0])
        }
        compared.models = request.inputs.dropFirst().map {
            URL(fileURLWithPath: $0).standardizedFileURL.deletingPathExtension().lastPathComponent
        }
        let all = try partners()
        let limits = try commonLimits(all)
        if let limits, limits.lowerBound >= limits.upperBound { throw WorkflowError.noRange }
        var (cut, voxels) = (0, 0)
        var windows: Set<String> = []
        for item in all { try add(item, limits, &cut, of: &voxels, &windows) }
        compared.window = windows.count == 1 ? windows.first ?? "" : "of each pair by itself"
        if Double(cut) > 0.01 * Double(voxels) {
            compared.notes.append(
                "warning: the window cuts \(shownShare(Double(cut) / Double(voxels))) of the pixels, more than 1 %: they count as "
                    + "black or white; --window common cuts nothing")
        }
        if request.slices.visiblePatches == nil {
            compared.notes.append(
                "The hidden patches are not known (--visible-patches names the others): every figure is of the whole picture."
            )
        }
        compared.about = "Pictures as they are, patches of \(request.patch); window \(compared.window)"
    }

    private mutating func partners() throws -> [Partners] {
        let sets = try request.inputs.map { path -> [String: ImageSource] in
            let archive = try Archive.scan([path], jobs: request.jobs)
            if let reason = archive.reasonForNoImage { throw IngestionError.notMeasurable(path: path, reason: reason) }
            let named = Dictionary(grouping: archive.images) { Self.stem(InputPath.relative($0.path, to: path)) }
            if let (name, rivals) = named.filter({ $0.value.count > 1 }).min(by: { $0.key < $1.key }) {
                throw ReconstructionError.severalOfOneName(path: path, name: name, count: rivals.count)
            }
            return named.compactMapValues(\.first)
        }
        let areAlone = sets.allSatisfy { $0.count == 1 }
        var found: [Partners] = []
        var unpaired: [String] = []
        for (name, original) in sets[0].sorted(by: { $0.key < $1.key }) {
            let partners = sets.dropFirst().map { areAlone ? $0.values.first : $0[name] }
            let others = partners.compactMap { $0 }
            if others.count == partners.count {
                found.append(Partners(name: name, images: [original] + others))
            } else {
                unpaired.append(name)
            }
        }
        guard !found.isEmpty else {
            throw ReconstructionError.noPartners(inputs: request.inputs, counts: sets.map(\.count))
        }
        if !unpaired.isEmpty {
            compared.notes.append(
                "\(unpaired.count) of \(sets[0].count) originals have no partner of their name: "
                    + unpaired.prefix(10).joined(separator: ", ")
                    + (unpaired.count > 10 ? " and \(unpaired.count - 10) more" : ""))
        }
        for (model, set) in zip(compared.models, sets.dropFirst()) where !areAlone {
            let alone = set.keys.filter { sets[0][$0] == nil }.sorted()
            guard !alone.isEmpty else { continue }
            compared.notes.append(
                "\(alone.count) of \(set.count) pictures of \(model) have no original of their name: "
                    + alone.prefix(10).joined(separator: ", ")
                    + (alone.count > 10 ? " and \(alone.count - 10) more" : ""))
        }
        return found
    }

    /// The window for all; nil where each pair, or each PNG's own depth, has its own.
    private func commonLimits(_ all: [Partners]) throws -> ClosedRange<Double>? {
        switch request.window {
        case .given(let range, _): return range
        case .pair, .each: return nil
        case .common:
            guard all.contains(where: { $0.images.contains { $0.format == .dicom } }) else { return nil }
            let ranges = try all.flatMap { try Self.ranges($0, jobs: request.jobs) }
            guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max() else {
                throw WorkflowError.noRange
            }
            return low...high
        }
    }

    private static func ranges(_ item: Partners, jobs: Int) throws -> [ClosedRange<Double>] {
        try item.images.compactMap { image in
            let volume = try image.load(jobs: jobs)
            return MeasuredImage.range(of: volume, .whole(volume.geometry))
        }
    }

    private static func stem(_ name: String) -> String {
        name.lowercased().hasSuffix(".png") || name.lowercased().hasSuffix(".dcm") ? String(name.dropLast(4)) : name
    }

    private mutating func add(
        _ item: Partners, _ limits: ClosedRange<Double>?, _ cut: inout Int, of voxels: inout Int,
        _ windows: inout Set<String>
    ) throws {
        let (name, original) = (item.name, item.images[0])
        let size = original.geometry.size
        for other in item.images where other.geometry.size != size {
            throw IngestionError.inconsistent(
                path: other.path, what: "size", found: other.geometry.size.shown,
                expected: "\(size.shown) as \(original.path)")
        }
        let volumes = try item.images.map { try $0.load(jobs: request.jobs) }
        // A PNG's own depth decides what is white, so that 8 bits can stand beside 16.
        let ends = try ends(item, volumes, limits)
        guard volumes[0].values.count > 0, ends[0].lowerBound < ends[0].upperBound else {
            compared.notes.append("\(name) has one grey level only: left out")
            return
        }
        windows.formUnion(
            ends.map { "\(shownBriefly($0.lowerBound)) to \(shownBriefly($0.upperBound)) \(volumes[0].unit.words)" })
        let grid = PatchGrid(width: size.x, height: size.y, side: request.patch)
        guard grid.count > 0 else {
            throw IngestionError.inconsistent(
                path: original.path, what: "size", found: "\(size.x) × \(size.y)",
                expected: "one patch of \(request.patch) at least (--patch)")
        }
        var origin = ReconstructedPicture.Origin(
            caseID: name, patient: original.identity.patient(request.identity))
        (origin.study, origin.series) = (original.identity.studyUID, original.identity.seriesUID)
        origin.modality = original.identity.modality
        var notNumbers = 0
        for slice in request.slices.numbers(of: size.z) {
            let box = VoxelBox(lower: SIMD3(0, 0, slice), size: SIMD3(size.x, size.y, 1))
            let versions = zip(volumes, ends).map { volume, ends in
                volume.values(in: box).map { value -> UInt16 in
                    voxels += 1
                    if value.isNaN { notNumbers += 1 }
                    if value < ends.lowerBound || value > ends.upperBound { cut += 1 }
                    let share = (value - ends.lowerBound) / (ends.upperBound - ends.lowerBound)
                    return share > 0 ? UInt16(min(share, 1) * 65535 + 0.5) : 0
                }
            }
            origin.slice = slice
            compared.pictures.append(
                ReconstructedPicture(
                    origin, grid: grid, visible: nil, original: versions[0],
                    reconstructions: Array(versions.dropFirst())))
        }
        if notNumbers > 0 {
            compared.notes.append(
                "warning: \(notNumbers) pixels of \(name) and its partners are not numbers: taken as black")
        }
        try showPatches()
    }

    private func ends(
        _ item: Partners, _ volumes: [Volume], _ limits: ClosedRange<Double>?
    ) throws -> [ClosedRange<Double>] {
        if let limits { return volumes.map { _ in limits } }
        if request.window != .pair, item.images.allSatisfy({ $0.format == .png }) {
            return try item.images.map { try ImageSource.storedRange(png: $0.path) }
        }
        let ranges = volumes.compactMap { MeasuredImage.range(of: $0, .whole($0.geometry)) }
        let low = ranges.map(\.lowerBound).min() ?? 0
        return volumes.map { _ in low...(ranges.map(\.upperBound).max() ?? low) }
    }

    private mutating func showPatches() throws {
        guard request.slices.visiblePatches != nil else { return }
        compared.pictures = try compared.pictures.map { picture in
            guard picture.visible == nil,
                case .given(let visible) = try request.slices.masks(seed: 0, grid: picture.grid)
            else { return picture }
            guard visible.allSatisfy({ $0 < picture.grid.count }) else {
                throw ReconstructionError.beyondPicture(
                    patch: visible.max() ?? 0, picture: picture.name, count: picture.grid.count)
            }
            return ReconstructedPicture(
                picture.origin, grid: picture.grid, visible: visible, original: picture.original,
                reconstructions: picture.reconstructions)
        }
    }
}
