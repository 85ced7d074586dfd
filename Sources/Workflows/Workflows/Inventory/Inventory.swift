import Encoding
import Files
import Foundation
import Ingestion

/// What files, folders or archives hold: headers are read, nothing is computed. Text is as the files have it; ``text(skipped:)``
/// neutralises what acts on a terminal.
public struct Inventory: Encodable, Sendable {
    public struct Image: Encodable, Sendable {
        /// As rows name it.
        public var `case`: String
        public var patient: String
        public var study: String
        public var series: String
        public var modality: String
        public var description: String
        public var path: String
        public var size: [Int]
        public var spacing: [Double]
        public var origin: [Double]
        public var direction: [[Double]]
        public var frameOfReference: String
        public var transferSyntax: String
        public var masks: [String]
        public var findings: [Note]
    }

    public struct Mask: Encodable, Sendable {
        public struct Region: Encodable, Sendable {
            public var name: String
            public var label: Int
        }

        public var path: String
        public var format: String
        public var regions: [Region]
        public var referencedSeries: [String]
        public var frameOfReference: [String]
        public var findings: [Note]
    }

    public struct Note: Encodable, Sendable {
        public var severity: String
        public var text: String
    }

    public struct Skipped: Encodable, Sendable {
        public var path: String
        public var reason: String
        /// What the file is, where it is known and not read, e.g. `zip`.
        public var kind: String?
    }

    public var images: [Image]
    public var masks: [Mask]
    public var skipped: [Skipped]
    /// Why there is neither an image nor a mask, in words; nil when there is one.
    public var reasonForNothing: String?

    private enum CodingKeys: CodingKey { case images, masks, skipped }

    /// - Parameters:
    ///   - inputs: files, folders, archives.
    ///   - modalities: of which images are listed, by DICOM's code, the others as skipped; nil: of any. A single one is taken for that
    ///     of images whose files do not say theirs.
    ///   - jobs: files that are read at the same time.
    /// - Throws: ``WorkflowError/ingestion(_:)`` when an input cannot be read.
    public init(
        of inputs: [String], modalities: Set<String>? = nil, identity: IdentityDisclosure = .pseudonym,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount, _ observer: WorkObserver = .silent
    ) throws(WorkflowError) {
        var archive = try Archive.scan(inputs, jobs: jobs, observer)
        if let modalities {
            archive.nameModality(modalities)
            let others = archive.images.filter { !modalities.contains($0.identity.modality) }
            archive.images.removeAll { !modalities.contains($0.identity.modality) }
            archive.skip(
                others.map { image in
                    let found = image.identity.modality.isEmpty ? "without modality" : image.identity.modality
                    return SkippedFile(
                        path: image.path,
                        reason:
                            "an image \(image.isModalityKnown ? "of modality \(found)" : "(\(found)) that does not say its modality")"
                            + ", asked for \(modalities.sorted().joined(separator: ", "))")
                })
        }
        self.init(archive, disclosure: identity)
    }

    /// Whether nothing was found that weft reads.
    public var isEmpty: Bool { images.isEmpty && masks.isEmpty }

    private init(_ archive: Archive, disclosure: IdentityDisclosure) {
        let names = CaseNames(archive.images)
        let index = MaskIndex(archive.masks, of: archive.images)
        // As the rows of its image name its regions.
        var regions: [String: [MaskSource.Entry]] = [:]
        func notes(_ findings: [Finding]) -> [Note] {
            findings.map { Note(severity: $0.severity.rawValue, text: $0.text) }
        }
        images = archive.images.map { image in
            let (geometry, identity) = (image.geometry, image.identity)
            let masks = index.masks(for: image)
            for mask in masks { regions[mask.path] = mask.entries }
            let direction = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
            return Image(
                case: names.name(of: image, under: InputPath.root(of: image.path, among: archive.roots)),
                patient: identity.patient(disclosure), study: identity.studyUID, series: identity.seriesUID,
                modality: identity.modality, description: identity.seriesDescription,
                path: image.path,
                size: [geometry.size.x, geometry.size.y, geometry.size.z],
                spacing: [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z],
                origin: [geometry.origin.x, geometry.origin.y, geometry.origin.z],
                direction: direction.map { [$0.x, $0.y, $0.z] }, frameOfReference: identity.frameOfReferenceUID,
                transferSyntax: image.transferSyntax,
                masks: masks.map(\.path), findings: notes(image.findings))
        }
        .sorted { ($0.patient, $0.study, $0.path, $0.case) < ($1.patient, $1.study, $1.path, $1.case) }
        masks = archive.masks.map { mask in
            Mask(
                path: mask.path, format: mask.format.rawValue,
                regions: (regions[mask.path] ?? mask.entries).map {
                    Mask.Region(name: $0.name, label: $0.label)
                },
                referencedSeries: mask.referencedSeriesUIDs, frameOfReference: mask.frameOfReferenceUIDs,
                findings: notes(mask.findings))
        }
        skipped = archive.skipped.map {
            Skipped(path: $0.path, reason: $0.reason, kind: $0.kind?.rawValue)
        }
        reasonForNothing = archive.masks.isEmpty ? archive.reasonForNoImage : nil
    }

    /// One object with `images`, `masks` and `skipped`.
    public func json() throws -> String {
        String(decoding: try JSON.document(self), as: UTF8.self)
    }
}

extension Archive {
    /// Reads the headers of all files, and says how far it is.
    static func scan(_ inputs: [String], jobs: Int, _ observer: WorkObserver) throws(WorkflowError) -> Archive {
        let progress = observer.begin(WorkStep("scanning", unit: "files", total: nil))
        do {
            let archive = try Archive.scan(inputs, jobs: jobs) { progress.advance(to: $0) }
            progress.finish()
            return archive
        } catch { throw .ingestion(error) }
    }
}
