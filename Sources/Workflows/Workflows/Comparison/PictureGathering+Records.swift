import Foundation
import Ingestion
import Reconstruction

extension PictureGathering {
    /// Pictures of folders that ``ImageReconstruction`` wrote, one folder per model.
    mutating func readRecords(_ folders: [String]) throws {
        let records = try folders.map { try ReconstructionRecord(readingFrom: $0) }
        let first = records[0]
        for (folder, record) in zip(folders, records).dropFirst() where record.grid != first.grid {
            throw ReconstructionError.differs(
                path: folder, found: "squares of \(record.grid.width) pixels in patches of \(record.grid.side)",
                first: folders[0], expected: "\(first.grid.width) in \(first.grid.side)")
        }
        compared.models = folders.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
        trained =
            records.lazy.compactMap { record in
                record.network.bins.flatMap { bins in
                    record.network.sharpness.map { TrainedTexture(bins: bins, sharpness: $0) }
                }
            }.first
        let indices = records.map { record in
            Dictionary(
                record.pictures.enumerated().map { (Key($0.element), $0.offset) },
                uniquingKeysWith: { first, _ in first })
        }
        var missing = 0
        var windows = Windows()
        for picture in first.pictures {
            let others = indices.map { $0[Key(picture)] }
            guard !others.contains(nil) else {
                missing += 1
                continue
            }
            let entries = zip(records, others.compactMap { $0 }).map { $0.pictures[$1] }
            let originals = try zip(folders, entries).map { try Self.pixels($1.original, $0, $1, first.grid) }
            for (folder, entry) in zip(folders, entries).dropFirst() where entry.visible != picture.visible {
                throw ReconstructionError.otherPatches(
                    folder: folder, picture: picture.name, slice: picture.slice, first: folders[0])
            }
            for (folder, original) in zip(folders, originals).dropFirst() where original != originals[0] {
                throw ReconstructionError.otherOriginal(
                    folder: folder, picture: picture.name, slice: picture.slice, first: folders[0])
            }
            var origin = ReconstructedPicture.Origin(caseID: picture.name, patient: picture.patient)
            (origin.study, origin.series, origin.modality) = (picture.study, picture.series, picture.modality)
            origin.slice = picture.slice
            if picture.scale > 0 {
                windows.add(picture.offset...picture.offset + 65535 * picture.scale, picture.modality)
            }
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
        compared.window = windows.words
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
            throw ReconstructionError.notBeside(record: "\(folder)/\(ReconstructionRecord.fileName)", file: name)
        }
        let path = "\(folder)/\(name)"
        let archive = try Archive.scan([path], jobs: 1)
        guard let image = archive.images.first else {
            throw IngestionError.unreadable(path: path, reason: archive.reasonForNoImage ?? "no image")
        }
        let size = SIMD3(grid.width, grid.height, 1)
        guard image.geometry.size == size else {
            throw IngestionError.inconsistent(
                path: path, what: "size", found: image.geometry.size.shown, expected: size.shown)
        }
        let volume = try image.load()
        let (offset, scale) = image.format == .png ? (0, 1) : (entry.offset, entry.scale)
        return (0..<volume.values.count).map { pixel in
            let stored = ((volume.values[pixel] - offset) / scale).rounded()
            return stored > 0 ? UInt16(min(stored, 65535)) : 0
        }
    }
}
