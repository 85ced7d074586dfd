// From an archive to a cache: scan headers, choose images, decode and prepare them once, in parallel and yet in an order
// and with bytes that depend neither on the number of threads nor on the order of the files.

import Files
import Foundation
import Imaging
import Ingestion
import Parallel

/// Why nothing could be prepared.
public enum PreparationError: Error, CustomStringConvertible {
    /// - found: what is there in the place of an image; nil when there are images.
    case nothingSelected(inputs: [String], images: Int, found: String?, reasons: [String])
    case nothingPrepared(inputs: [String], reason: String)
    case cancelled

    public var description: String {
        switch self {
        case .nothingSelected(let inputs, _, let found?, _): "\(inputs.joined(separator: ", ")): \(found)"
        case .nothingSelected(let inputs, let images, nil, let reasons):
            "\(inputs.joined(separator: ", ")): found \(images) images and none that was selected"
                + (reasons.isEmpty ? "" : " (\(reasons.prefix(5).joined(separator: "; ")))")
                + "; widen the selection, or look with `weft inspect`"
        case .nothingPrepared(let inputs, let reason):
            "\(inputs.joined(separator: ", ")): no selected image could be prepared: \(reason)"
        case .cancelled: "preparing the slices was interrupted; nothing was written"
        }
    }
}

/// The images of an archive that take part in training.
public struct PreparedArchive: Sendable {
    public private(set) var settings: PreparationSettings
    public let patients: PatientRule
    /// In the order of the cache.
    public let images: [ImageSource]
    /// How many images were left out, by reason, the most frequent first.
    public let refusals: [(reason: String, count: Int)]
    public let skipped: [SkippedFile]
    /// How many images do not say their modality, and for which one they are taken; nil: none.
    public let namedModality: (count: Int, modality: String)?
    /// PNGs that are masks of pictures, by their names and folders: nothing is trained on them.
    public let masks: [String]
    private let inputs: [String]

    /// Scans `inputs` (files, folders, archives, ImageFolder trees). Names of files are written down as seen from `roots`,
    /// by default the inputs.
    public init(
        scanning inputs: [String], relativeTo roots: [String]? = nil, settings: PreparationSettings,
        patients: PatientTable? = nil, jobs: Int,
        progress: (@Sendable (Int) -> Void)? = nil
    ) throws {
        let given = inputs
        var archive = try Archive.scan(given, jobs: jobs, progress: progress)
        namedModality = archive.nameModality(settings.selection.modalities)
        let inputs = roots ?? archive.roots
        self.patients = PatientRule(png: settings.pngPatient, table: patients)
        var refused: [String: Int] = [:]
        var chosen: [(key: [String], image: ImageSource)] = []
        for image in archive.images {
            if let reason = settings.selection.refusal(of: image) {
                refused[reason, default: 0] += 1
                continue
            }
            let relative = Self.relative(image.path, to: inputs)
            let patient = image.patientKey(self.patients) { Self.relative($0, to: inputs) }
            let first = image.slices.first
            chosen.append(
                (
                    [
                        patient.description, image.identity.studyUID, image.identity.seriesUID,
                        first?.sopInstanceUID ?? "", relative, "\(first?.frame ?? 0)",
                    ], image
                ))
        }
        (self.settings, self.inputs, skipped) = (settings, inputs, archive.skipped)
        masks = archive.masks.filter { $0.format.isLabelImage }.map(\.path).sorted()
        refusals = refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
        guard !chosen.isEmpty else {
            let reasons = refusals.map { "\($0.count) left out for \($0.reason)" }
            throw PreparationError.nothingSelected(
                inputs: inputs, images: archive.images.count, found: archive.reasonForNoImage, reasons: reasons)
        }
        images = chosen.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.image)
    }

    /// Images that somebody else has prepared, one for each series of their store.
    package init(
        of images: [ImageSource], skipped: [SkippedFile], masks: [String], settings: PreparationSettings,
        relativeTo inputs: [String]
    ) {
        (self.images, self.skipped, self.masks) = (images, skipped, masks)
        (self.settings, self.inputs, refusals, namedModality) = (settings, inputs, [], nil)
        patients = PatientRule(png: settings.pngPatient)
    }

    /// Slices that there can be; those of one grey level are left out when they are prepared.
    public var sliceCount: Int { images.reduce(0) { $0 + max(1, $1.geometry.size.z) } }

    /// How many of the images a table of patients names.
    public var namedByTable: Int {
        guard let table = patients.table else { return 0 }
        return images.count { table.patient(of: $0.path) != nil }
    }

    /// The same images as slices of another size.
    public func with(side: Int) -> PreparedArchive {
        var archive = self
        archive.settings.side = side
        return archive
    }

    /// Of everything that decides the bytes of the cache.
    private var print: String {
        guard let table = patients.table else { return settings.fingerprint.description }
        return Fingerprint(of: "\(settings.fingerprint) patients \(table.fingerprint)").description
    }

    /// Of the names, sizes and times of all files that take part.
    public func sources() throws(CacheError) -> Fingerprint {
        var lines: Set<String> = []
        for image in images {
            for path in Set(image.slices.map(\.path)) {
                var status = stat()
                guard stat(path, &status) == 0 else { throw .unreadable(path: path, reason: SystemError.last) }
                let time = status.st_mtim
                let name = Self.relative(path, to: inputs)
                lines.insert("\(name) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)")
            }
        }
        return Fingerprint(of: lines.sorted().joined(separator: "\n"))
    }

    /// Opens the cache at `path` if it was made of the same files with the same settings, and makes it otherwise. A damaged
    /// one is an error: it should not be thrown away in silence.
    ///
    /// - Parameter progress: number of images done of all, called between images.
    /// - Returns: the store, and whether it was made just now.
    public func cache(
        at path: String, jobs: Int, isCancelled: @Sendable () -> Bool = { false },
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> (store: SliceStore, wasMade: Bool) {
        let sources = try sources()
        do {
            let store = try SliceStore(path: path, jobs: jobs)
            if store.contents.settings == print,
                store.contents.sources == sources.description
            {
                return (store, false)
            }
        } catch CacheError.notFound {
            // The first run makes it.
        } catch CacheError.version {
            // One that another version of weft made.
        }
        try write(to: path, sources: sources, jobs: jobs, isCancelled: isCancelled, progress: progress)
        return (try SliceStore(path: path, jobs: jobs), true)
    }

    private func write(
        to path: String, sources: Fingerprint, jobs: Int, isCancelled: () -> Bool, progress: (Int, Int) -> Void
    ) throws {
        try SliceStoreWriter.write(
            to: path, settings: print, sources: sources.description, of: inputs
        ) { writer in
            // A few images per thread are in memory at once; they are written in order.
            let group = 4 * jobs
            for start in stride(from: 0, to: images.count, by: group) {
                if isCancelled() { throw PreparationError.cancelled }
                let count = min(group, images.count - start)
                let prepared = Workers(jobs).map(count) { prepare(images[start + $0]) }
                for (image, outcome) in zip(images[start..<start + count], prepared) {
                    switch outcome {
                    case .success(let done): try writer.add(done)
                    case .failure(let refusal):
                        writer.skip(Self.relative(image.path, to: inputs), refusal.reason)
                    }
                }
                progress(start + count, images.count)
            }
        }
    }

    private struct Refusal: Error { var reason: String }

    private func prepare(_ image: ImageSource) -> Result<PreparedImage, Refusal> {
        do {
            let made = try PreparedImage.make(image, settings: settings, patients: patients) {
                Self.relative($0, to: inputs)
            }
            guard let made else { return .failure(Refusal(reason: "every slice has one grey level only")) }
            return .success(made)
        } catch {
            return .failure(Refusal(reason: error.reason))
        }
    }

    /// A path as seen from the input that it lies under; the last component of an input that is a file.
    package static func relative(_ path: String, to inputs: [String]) -> String {
        func parts(_ path: String) -> [Substring] { path.split(separator: "/").filter { $0 != "." } }
        let own = parts(path)
        let above = inputs.map(parts).filter { own.starts(with: $0) && own.count > $0.count }.map(\.count).max()
        return above.map { own[$0...].joined(separator: "/") } ?? own.last.map(String.init) ?? path
    }
}
