import Evaluation
import Files
import Foundation
import Imaging
import Ingestion
import NeuralNetwork
import Preparation
import Reconstruction
import Workflows

/// Pictures to compare from wherever they are.
struct GatheredPictures {
    var compared = ComparedPictures()
    /// How the first model that says so was trained.
    var trained: TrainedTexture?

    init(_ options: PictureComparisonOptions, seed: UInt64, running: RunningOptions) throws {
        if !options.weights.isEmpty {
            try reconstruct(options, seed, running)
        } else if options.input.allSatisfy({ ReconstructionRecord.exists(in: $0) }) {
            try readRecords(options.input)
        } else {
            try pair(options, running)
        }
        guard !compared.pictures.isEmpty else {
            throw CommandFailure(.inputUnreadable, "\(options.input.joined(separator: ", ")): no picture to compare")
        }
        if !options.names.isEmpty {
            guard options.names.count == compared.models.count else {
                throw CommandFailure(
                    .usage,
                    "--names has \(options.names.count) names for \(compared.models.count) models, expected one each")
            }
            compared.models = options.names
        }
        compared.models = Self.distinct(compared.models)
    }

    // MARK: On the spot

    private mutating func reconstruct(
        _ options: PictureComparisonOptions, _ seed: UInt64, _ running: RunningOptions
    ) throws {
        let networks = try options.weights.map {
            try Reconstructor.load($0, options.reconstruction, seed: seed, jobs: running.jobs)
        }
        for (path, network) in zip(options.weights, networks).dropFirst() {
            guard network.grid == networks[0].grid else {
                throw Self.differ(
                    path, "squares of \(network.grid.width) pixels in patches of \(network.grid.side)",
                    options.weights[0],
                    "\(networks[0].grid.width) in \(networks[0].grid.side)")
            }
            guard network.intensity == networks[0].intensity else {
                throw Self.differ(
                    path, "other ranges of grey values (metadata intensity)", options.weights[0], "its own")
            }
        }
        compared.models = options.weights.map(Self.modelName)
        trained = try options.weights.lazy.compactMap { try TrainedTexture(weights: $0) }.first
        var source = try SlicePictures(options.input, options.reconstruction, running)
        if options.heldOut {
            let held = try TrainingRun.heldOut(by: options.weights, jobs: running.jobs)
            (source.patients, source.pngPatient) = (held.patients, held.pngPatient)
        } else {
            compared.notes.append(
                "The networks may have been trained on some of these pictures (--held-out leaves those out).")
        }
        var found: [ReconstructedPicture] = []
        compared.failed = try source.forEachImage(side: networks[0].imageSize, intensity: networks[0].intensity) {
            slices in
            let made = try networks.map { try $0.reconstruct(slices.map(\.pixels), names: slices.map(\.name)) }
            for (place, slice) in slices.enumerated() {
                found.append(
                    ReconstructedPicture(
                        slice.origin, grid: networks[0].grid, visible: made[0][place].visible, original: slice.pixels,
                        reconstructions: made.map { $0[place].pixels }))
            }
        }
        compared.pictures = found
        let hidden = options.reconstruction.visiblePatches.map { "visible patches of \(running.identity.shown($0))" }
        compared.about =
            "Squares of \(networks[0].grid.width) pixels, patches of \(networks[0].grid.side); "
            + (hidden ?? "\(options.reconstruction.maskRatio) of the patches hidden, seed \(seed)")
            + ", the same for each model; weights "
            + zip(compared.models, networks).map { "\($0.0) \($0.1.fingerprint.description.prefix(12))" }.joined(
                separator: ", ")
    }

    private static func differ(_ path: String, _ found: String, _ first: String, _ expected: String) -> CommandFailure {
        CommandFailure(
            .inputUnreadable,
            "\(path): \(found), \(first) has \(expected); only networks that see the same can be compared")
    }

    /// The folder of a run for its model.safetensors, else the file without suffix.
    private static func modelName(_ path: String) -> String {
        let file = URL(fileURLWithPath: path)
        let name = file.deletingPathExtension().lastPathComponent
        return ["model", "last", "best"].contains(name) ? file.deletingLastPathComponent().lastPathComponent : name
    }

    private static func distinct(_ names: [String]) -> [String] {
        var counts: [String: Int] = [:]
        return names.map { name in
            counts[name, default: 0] += 1
            return counts[name] == 1 ? name : "\(name) #\(counts[name] ?? 0)"
        }
    }

    // MARK: Folders of weft reconstruct

    private mutating func readRecords(_ folders: [String]) throws {
        let records = try folders.map { try ReconstructionRecord(readingFrom: $0) }
        let first = records[0]
        for (folder, record) in zip(folders, records).dropFirst() where record.grid != first.grid {
            throw Self.differ(
                folder, "squares of \(record.grid.width) pixels in patches of \(record.grid.side)", folders[0],
                "\(first.grid.width) in \(first.grid.side)")
        }
        compared.models = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
        trained =
            records.lazy.compactMap { record in
                record.network.bins.flatMap { bins in
                    record.network.sharpness.map { TrainedTexture(bins: bins, sharpness: $0) }
                }
            }.first
        let places = records.map { record in
            Dictionary(
                record.pictures.enumerated().map { (Key($0.element), $0.offset) },
                uniquingKeysWith: { first, _ in first })
        }
        var missing = 0
        for picture in first.pictures {
            let others = places.map { $0[Key(picture)] }
            guard !others.contains(nil) else {
                missing += 1
                continue
            }
            let entries = zip(records, others.compactMap { $0 }).map { $0.pictures[$1] }
            let originals = try zip(folders, entries).map { try Self.pixels($1.original, $0, $1, first.grid) }
            for (folder, entry) in zip(folders, entries).dropFirst() where entry.visible != picture.visible {
                throw CommandFailure(
                    .inputUnreadable,
                    "\(folder): \(picture.name) slice \(picture.slice) shows other patches than in \(folders[0]); "
                        + "reconstruct with the same --mask-ratio and --seed, or the same --visible-patches")
            }
            for (folder, original) in zip(folders, originals).dropFirst() where original != originals[0] {
                throw CommandFailure(
                    .inputUnreadable,
                    "\(folder): the original of \(picture.name) slice \(picture.slice) is another picture than in "
                        + "\(folders[0]); reconstruct from the same images with the same --view")
            }
            var origin = ReconstructedPicture.Origin(caseID: picture.name, patient: picture.patient)
            (origin.study, origin.series, origin.modality) = (picture.study, picture.series, picture.modality)
            origin.slice = picture.slice
            compared.pictures.append(
                ReconstructedPicture(
                    origin, grid: first.grid, visible: picture.visible, original: originals[0],
                    reconstructions: try zip(folders, entries).map {
                        try Self.pixels($1.reconstruction, $0, $1, first.grid)
                    }))
        }
        if missing > 0 {
            compared.notes.append(
                "\(missing) of \(first.pictures.count) slices of \(compared.models[0]) are not in every folder: left out"
            )
        }
        compared.about =
            "Squares of \(first.grid.width) pixels, patches of \(first.grid.side), as weft reconstruct made them: "
            + records.map(\.command).joined(separator: "; ")
    }

    private struct Key: Hashable {
        var name: String
        var slice: Int

        init(_ picture: ReconstructionRecord.Picture) { (name, slice) = (picture.name, picture.slice) }
    }

    /// Pixels of a file beside a record, whether PNG or DICOM.
    private static func pixels(
        _ name: String, _ folder: String, _ entry: ReconstructionRecord.Picture, _ grid: PatchGrid
    ) throws -> [UInt16] {
        guard !name.isEmpty, !name.contains("/"), name != ".." else {
            throw CommandFailure(
                .inputUnreadable, "\(folder)/\(ReconstructionRecord.fileName): '\(name)' is no file beside it")
        }
        let path = "\(folder)/\(name)"
        do throws(IngestionError) {
            let archive = try Archive.scan([path], jobs: 1)
            guard let image = archive.images.first else {
                throw IngestionError.unreadable(path: path, reason: archive.skipped.first?.reason ?? "no image")
            }
            let size = SIMD3(grid.width, grid.height, 1)
            guard image.geometry.size == size else {
                throw IngestionError.inconsistent(
                    path: path, what: "size", found: "\(image.geometry.size)", expected: "\(size)")
            }
            let volume = try image.load()
            let (offset, scale) = image.format == .png ? (0, 1) : (entry.offset, entry.scale)
            return (0..<volume.values.count).map { pixel in
                let stored = ((volume.values[pixel] - offset) / scale).rounded()
                return stored > 0 ? UInt16(min(stored, 65535)) : 0
            }
        } catch { throw CommandFailure(error) }
    }

    // MARK: Plain pictures by name

    private mutating func pair(_ options: PictureComparisonOptions, _ running: RunningOptions) throws {
        guard options.input.count > 1 else {
            throw CommandFailure(
                .usage,
                "\(options.input[0]) is no folder of weft reconstruct (it has no \(ReconstructionRecord.fileName)); give "
                    + "reconstructions beside the originals, or networks with --weights")
        }
        let sets = try options.input.map { path -> [String: ImageSource] in
            do throws(IngestionError) {
                let images = try Archive.scan([path], jobs: running.jobs).images
                return Dictionary(
                    images.map { (Self.stem(InputPath.relative($0.path, to: path)), $0) },
                    uniquingKeysWith: { first, _ in first })
            } catch { throw CommandFailure(error) }
        }
        compared.models = options.input.dropFirst().map {
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
            try add(name, original, others, options, running)
        }
        guard !compared.pictures.isEmpty else {
            throw CommandFailure(
                .inputUnreadable,
                "no picture of \(options.input[0]) (\(sets[0].count)) has partners of the same name in "
                    + "\(options.input.dropFirst().joined(separator: ", ")) (\(sets.dropFirst().map { "\($0.count)" }.joined(separator: ", ")))"
            )
        }
        if unpaired > 0 {
            compared.notes.append("\(unpaired) of \(sets[0].count) originals have no partner of their name")
        }
        if options.reconstruction.visiblePatches == nil {
            compared.notes.append(
                "The hidden patches are not known (--visible-patches names the others): every figure is of the whole picture."
            )
        }
        compared.about =
            "Pictures as they are, patches of \(options.patch); grey values over the range of the original's modality"
    }

    private static func stem(_ name: String) -> String {
        name.lowercased().hasSuffix(".png") || name.lowercased().hasSuffix(".dcm") ? String(name.dropLast(4)) : name
    }

    private mutating func add(
        _ name: String, _ original: ImageSource, _ others: [ImageSource], _ options: PictureComparisonOptions,
        _ running: RunningOptions
    ) throws {
        do throws(IngestionError) {
            let size = original.geometry.size
            for other in others where other.geometry.size != size {
                throw IngestionError.inconsistent(
                    path: other.path, what: "size", found: "\(other.geometry.size)",
                    expected: "\(size) as \(original.path)")
            }
            let volumes = try ([original] + others).map { image throws(IngestionError) in
                try image.load(jobs: running.jobs)
            }
            guard let views = try SliceViews(volumes[0], of: original, intensity: .standard) else {
                compared.notes.append("\(name) has one grey level only: left out")
                return
            }
            let (low, high) = (views.limits.lowerBound, views.limits.upperBound)
            // A PNG's own depth decides what is white, so that 8 bits can stand beside 16.
            let ends = try ([original] + others).map { image throws(IngestionError) -> (Double, Double) in
                guard original.format == .png, image.format == .png else { return (low, high) }
                let stored = try ImageSource.storedRange(png: image.path)
                return (stored.lowerBound, stored.upperBound)
            }
            let grid = PatchGrid(width: size.x, height: size.y, side: options.patch)
            guard grid.count > 0 else {
                throw IngestionError.inconsistent(
                    path: original.path, what: "size", found: "\(size.x) × \(size.y)",
                    expected: "one patch of \(options.patch) at least (--patch)")
            }
            var origin = ReconstructedPicture.Origin(
                caseID: name, patient: original.identity.patient(running.identity))
            (origin.study, origin.series) = (original.identity.studyUID, original.identity.seriesUID)
            origin.modality = original.identity.modality
            for slice in options.reconstruction.slices(of: size.z) {
                let box = VoxelBox(lower: SIMD3(0, 0, slice), size: SIMD3(size.x, size.y, 1))
                let versions = zip(volumes, ends).map { volume, ends in
                    volume.values(in: box).map { value -> UInt16 in
                        let place = (value - ends.0) / (ends.1 - ends.0)
                        return place > 0 ? UInt16(min(place, 1) * 65535 + 0.5) : 0
                    }
                }
                origin.slice = slice
                compared.pictures.append(
                    ReconstructedPicture(
                        origin, grid: grid, visible: nil, original: versions[0],
                        reconstructions: Array(versions.dropFirst())))
            }
        } catch { throw CommandFailure(error) }
        guard options.reconstruction.visiblePatches != nil else { return }
        compared.pictures = try compared.pictures.map { picture in
            guard picture.visible == nil,
                case .given(let visible) = try options.reconstruction.masks(seed: 0, grid: picture.grid)
            else { return picture }
            guard visible.allSatisfy({ $0 < picture.grid.count }) else {
                throw CommandFailure(
                    .inputUnreadable,
                    "--visible-patches names patch \(visible.max() ?? 0), \(picture.name) has \(picture.grid.count)")
            }
            return ReconstructedPicture(
                picture.origin, grid: picture.grid, visible: visible, original: picture.original,
                reconstructions: picture.reconstructions)
        }
    }
}
