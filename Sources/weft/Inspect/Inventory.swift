import Encoding
import Files
import Foundation
import Ingestion
import Workflows

/// What an archive holds, ready to be printed.
struct Inventory: Encodable {
    struct Image: Encodable {
        var `case`: String
        var patient: String
        var study: String
        var series: String
        var modality: String
        var description: String
        var path: String
        var size: [Int]
        var spacing: [Double]
        var origin: [Double]
        var direction: [[Double]]
        var frameOfReference: String
        var transferSyntax: String
        var masks: [String]
        var findings: [Note]
    }

    struct Mask: Encodable {
        struct Region: Encodable {
            var name: String
            var label: Int
        }

        var path: String
        var format: String
        var regions: [Region]
        var referencedSeries: [String]
        var frameOfReference: [String]
        var findings: [Note]
    }

    struct Note: Encodable {
        var severity: String
        var text: String
    }

    struct Skipped: Encodable {
        var path: String
        var reason: String
    }

    var images: [Image]
    var masks: [Mask]
    var skipped: [Skipped]

    init(_ archive: Archive, inputs: [String], disclosure: IdentityDisclosure) {
        let names = CaseNames(archive.images)
        func notes(_ findings: [Finding]) -> [Note] {
            findings.map { Note(severity: $0.severity.rawValue, text: $0.text.printable) }
        }
        images = archive.images.map { image in
            let (geometry, identity) = (image.geometry, image.identity)
            let direction = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
            return Image(
                case: names.name(of: image, under: InputPath.root(of: image.path, among: inputs)),
                patient: identity.patient(disclosure).printable, study: identity.studyUID, series: identity.seriesUID,
                modality: identity.modality.printable, description: identity.seriesDescription.printable,
                path: image.path,
                size: [geometry.size.x, geometry.size.y, geometry.size.z],
                spacing: [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z],
                origin: [geometry.origin.x, geometry.origin.y, geometry.origin.z],
                direction: direction.map { [$0.x, $0.y, $0.z] }, frameOfReference: identity.frameOfReferenceUID,
                transferSyntax: image.transferSyntax,
                masks: Ingestion.masks(for: image, among: archive.masks).map(\.path), findings: notes(image.findings))
        }
        .sorted { ($0.patient, $0.study, $0.path, $0.case) < ($1.patient, $1.study, $1.path, $1.case) }
        masks = archive.masks.map { mask in
            Mask(
                path: mask.path, format: mask.format.rawValue,
                regions: mask.entries.map { Mask.Region(name: $0.name.printable, label: $0.label) },
                referencedSeries: mask.referencedSeriesUIDs, frameOfReference: mask.frameOfReferenceUIDs,
                findings: notes(mask.findings))
        }
        skipped = archive.skipped.map { Skipped(path: $0.path, reason: $0.reason.printable) }
    }

    func json() throws -> String {
        String(decoding: try JSON.document(self), as: UTF8.self)
    }

    // MARK: for a person

    var text: String {
        var text = ""
        let patients = Dictionary(grouping: images, by: \.patient)
        for patient in patients.keys.sorted() {
            guard let images = patients[patient] else { continue }
            text += "patient \(patient.isEmpty ? "(none)" : patient)\n"
            let studies = Dictionary(grouping: images, by: \.study)
            for study in studies.keys.sorted() {
                text += study.isEmpty ? "  (no study)\n" : "  study \(study)\n"
                for image in studies[study] ?? [] { text += describe(image) }
            }
        }
        let loose = masks.filter { mask in !images.contains { $0.masks.contains(mask.path) } }
        if !loose.isEmpty {
            text += "masks without their image\n"
            for mask in loose { text += describe(mask, indent: "  ") }
        }
        if !skipped.isEmpty {
            text += "skipped\n"
            for file in skipped { text += "  \(file.path.printable): \(file.reason)\n" }
        }
        let regions = masks.reduce(0) { $0 + $1.regions.count }
        text +=
            "\(images.count) image(s), \(masks.count) mask(s) with \(regions) region(s), \(skipped.count) file(s) skipped\n"
        return text
    }

    private func describe(_ image: Image) -> String {
        let size = image.size.map(String.init).joined(separator: " x ")
        let spacing = image.spacing.map { Self.shown($0) }.joined(separator: " x ")
        let title = image.description.isEmpty ? "" : " '\(image.description)'"
        var text = "    \(image.case.printable)  \(image.modality)\(title)  \(size) voxels of \(spacing) mm"
        text += image.transferSyntax.isEmpty ? "\n" : "  \(TransferSyntax.name(image.transferSyntax))\n"
        text += "      \(image.path.printable)\n"
        for note in image.findings { text += "      \(note.severity): \(note.text)\n" }
        for mask in masks where image.masks.contains(mask.path) { text += describe(mask, indent: "      ") }
        return text
    }

    private func describe(_ mask: Mask, indent: String) -> String {
        let names = mask.regions.map { $0.name.isEmpty ? "\($0.label)" : "\($0.label) '\($0.name)'" }
        var text =
            "\(indent)\(mask.format) \(mask.path.printable): \(names.isEmpty ? "no region" : names.joined(separator: ", "))\n"
        for note in mask.findings { text += "\(indent)  \(note.severity): \(note.text)\n" }
        return text
    }

    private static func shown(_ value: Double) -> String { String(format: "%.4g", value) }
}

/// Names of the transfer syntaxes (PS3.6 table A-1) that files come in.
enum TransferSyntax {
    private static let names = [
        "1.2.840.10008.1.2": "implicit little endian",
        "1.2.840.10008.1.2.1": "explicit little endian",
        "1.2.840.10008.1.2.1.99": "deflated",
        "1.2.840.10008.1.2.2": "explicit big endian",
        "1.2.840.10008.1.2.5": "RLE",
        "1.2.840.10008.1.2.4.50": "JPEG baseline",
        "1.2.840.10008.1.2.4.51": "JPEG extended",
        "1.2.840.10008.1.2.4.57": "JPEG lossless",
        "1.2.840.10008.1.2.4.70": "JPEG lossless SV1",
        "1.2.840.10008.1.2.4.80": "JPEG-LS lossless",
        "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
        "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
        "1.2.840.10008.1.2.4.91": "JPEG 2000",
    ]

    static func name(_ uid: String) -> String { names[uid] ?? "transfer syntax \(uid)" }
}
