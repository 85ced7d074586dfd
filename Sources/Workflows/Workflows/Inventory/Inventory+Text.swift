import Encoding
import Foundation
import Ingestion

extension Inventory {
    /// How the text tells what is skipped: files of one kind and reason together, or each by itself.
    public enum SkippedListing: Sendable { case grouped, each }

    /// For a person: patients, their studies, and in them images with their masks; then what is left over. Nothing that a file
    /// holds acts on a terminal.
    public func text(skipped listing: SkippedListing = .grouped) -> String { printable.lines(skipped: listing) }

    private var printable: Inventory {
        func printable(_ notes: [Note]) -> [Note] {
            notes.map { Note(severity: $0.severity, text: $0.text.printable) }
        }
        var result = self
        for k in images.indices {
            let image = images[k]
            (result.images[k].case, result.images[k].patient) = (image.case.printable, image.patient.printable)
            (result.images[k].study, result.images[k].series) = (image.study.printable, image.series.printable)
            (result.images[k].modality, result.images[k].description) = (
                image.modality.printable, image.description.printable
            )
            (result.images[k].path, result.images[k].masks) = (image.path.printable, image.masks.map(\.printable))
            result.images[k].findings = printable(image.findings)
        }
        for k in masks.indices {
            result.masks[k].path = masks[k].path.printable
            result.masks[k].regions = masks[k].regions.map { .init(name: $0.name.printable, label: $0.label) }
            result.masks[k].findings = printable(masks[k].findings)
        }
        result.skipped = skipped.map {
            Skipped(path: $0.path.printable, reason: $0.reason.printable, kind: $0.kind)
        }
        return result
    }

    private func lines(skipped listing: SkippedListing) -> String {
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
            switch listing {
            case .each: for file in skipped { text += "  \(file.path): \(file.reason)\n" }
            case .grouped: for line in SkippedGroups(skippedFiles).lines { text += "  \(line)\n" }
            }
        }
        let regions = masks.reduce(0) { $0 + $1.regions.count }
        text +=
            "\(images.count) image(s), \(masks.count) mask(s) with \(regions) region(s), \(skipped.count) file(s) skipped\n"
        return text
    }

    private var skippedFiles: [SkippedFile] {
        skipped.map {
            SkippedFile(path: $0.path, reason: $0.reason, kind: $0.kind.flatMap { FileKind(rawValue: $0) })
        }
    }

    private func describe(_ image: Image) -> String {
        let size = image.size.map(String.init).joined(separator: " x ")
        let spacing = image.spacing.map { Self.shown($0) }.joined(separator: " x ")
        let title = image.description.isEmpty ? "" : " '\(image.description)'"
        var text = "    \(image.case)  \(image.modality)\(title)  \(size) voxels of \(spacing) mm"
        text += image.transferSyntax.isEmpty ? "\n" : "  \(TransferSyntax.name(image.transferSyntax))\n"
        text += "      \(image.path)\n"
        for note in image.findings { text += "      \(note.severity): \(note.text)\n" }
        for mask in masks where image.masks.contains(mask.path) { text += describe(mask, indent: "      ") }
        // Among images with masks one without is what somebody looks for.
        if image.masks.isEmpty, !masks.isEmpty { text += "      no mask\n" }
        return text
    }

    private func describe(_ mask: Mask, indent: String) -> String {
        let names = mask.regions.map { MaskSource.Entry(name: $0.name, label: $0.label).shown }
        var text =
            "\(indent)\(mask.format) \(mask.path): \(names.isEmpty ? "no region" : names.joined(separator: ", "))\n"
        for note in mask.findings { text += "\(indent)  \(note.severity): \(note.text)\n" }
        return text
    }

    private static func shown(_ value: Double) -> String { String(format: "%.4g", value) }
}
