import Files
import Foundation
import Imaging
import Ingestion
import Preparation
import Reconstruction

extension PictureGathering {
    /// Plain pictures that belong together by their names: originals, then one input per model.
    mutating func pair() throws {
        guard request.inputs.count > 1 else {
            throw ReconstructionError.noReconstructions(path: request.inputs[0])
        }
        let sets = try request.inputs.map { path -> [String: ImageSource] in
            let images = try Archive.scan([path], jobs: request.jobs).images
            return Dictionary(
                images.map { (Self.stem(InputPath.relative($0.path, to: path)), $0) },
                uniquingKeysWith: { first, _ in first })
        }
        compared.models = request.inputs.dropFirst().map {
            URL(fileURLWithPath: $0).standardizedFileURL.deletingPathExtension().lastPathComponent
        }
        let areAlone = sets.allSatisfy { $0.count == 1 }
        var unpaired = 0
        for (name, original) in sets[0].sorted(by: { $0.key < $1.key }) {
            let partners = sets.dropFirst().map { areAlone ? $0.values.first : $0[name] }
            let others = partners.compactMap { $0 }
            guard others.count == partners.count else {
                unpaired += 1
                continue
            }
            try add(name, original, others)
        }
        guard !compared.pictures.isEmpty else {
            throw ReconstructionError.noPartners(inputs: request.inputs, counts: sets.map(\.count))
        }
        if unpaired > 0 {
            compared.notes.append("\(unpaired) of \(sets[0].count) originals have no partner of their name")
        }
        if request.slices.visiblePatches == nil {
            compared.notes.append(
                "The hidden patches are not known (--visible-patches names the others): every figure is of the whole picture."
            )
        }
        compared.about =
            "Pictures as they are, patches of \(request.patch); grey values over the range of the original's modality"
    }

    private static func stem(_ name: String) -> String {
        name.lowercased().hasSuffix(".png") || name.lowercased().hasSuffix(".dcm") ? String(name.dropLast(4)) : name
    }

    private mutating func add(
        _ name: String, _ original: ImageSource, _ others: [ImageSource]
    ) throws {
        let size = original.geometry.size
        for other in others where other.geometry.size != size {
            throw IngestionError.inconsistent(
                path: other.path, what: "size", found: "\(other.geometry.size.shown)",
                expected: "\(size.shown) as \(original.path)")
        }
        let volumes = try ([original] + others).map { image in
            try image.load(jobs: request.jobs)
        }
        guard let views = try SliceViews(volumes[0], of: original, intensity: .standard) else {
            compared.notes.append("\(name) has one grey level only: left out")
            return
        }
        let (low, high) = (views.limits.lowerBound, views.limits.upperBound)
        // A PNG's own depth decides what is white, so that 8 bits can stand beside 16.
        let ends = try ([original] + others).map { image -> (Double, Double) in
            guard original.format == .png, image.format == .png else { return (low, high) }
            let stored = try ImageSource.storedRange(png: image.path)
            return (stored.lowerBound, stored.upperBound)
        }
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
        for slice in request.slices.numbers(of: size.z) {
            let box = VoxelBox(lower: SIMD3(0, 0, slice), size: SIMD3(size.x, size.y, 1))
            let versions = zip(volumes, ends).map { volume, ends in
                volume.values(in: box).map { value -> UInt16 in
                    let share = (value - ends.0) / (ends.1 - ends.0)
                    return share > 0 ? UInt16(min(share, 1) * 65535 + 0.5) : 0
                }
            }
            origin.slice = slice
            compared.pictures.append(
                ReconstructedPicture(
                    origin, grid: grid, visible: nil, original: versions[0],
                    reconstructions: Array(versions.dropFirst())))
        }
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
