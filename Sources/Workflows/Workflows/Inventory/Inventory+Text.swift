import Encoding
import Files
import Foundation
import Ingestion

extension Inventory {
    /// How the text tells what is skipped: files of one kind and reason together, or each by itself.
    public enum SkippedListing: Sendable { case grouped, each }

    /// For a person: patients, their studies, and in them images with their masks; then what is left over.
    public func text(skipped listing: SkippedListing = .grouped) -> String {
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
            case .each: for file in skipped { text += "  \(file.path.printable): \(file.reason)\n" }
            case .grouped: text += groupedSkipped
            }
        }
        let regions = masks.reduce(0) { $0 + $1.regions.count }
        text +=
            "\(images.count) image(s), \(masks.count) mask(s) with \(regions) region(s), \(skipped.count) file(s) skipped\n"
        return text
    }

    /// A line for each kind of file and reason, whatever numbers the reasons hold, in the order in which they first appear.
    private var groupedSkipped: String {
        struct Kind: Hashable { var suffix, reason: String }
        var order: [Kind] = []
        var files: [Kind: [Skipped]] = [:]
        for file in skipped {
            let name = FileName(file.path)
            let dot = name.name.lastIndex(of: ".")
            let suffix = dot.map { name.name[$0...].lowercased() } ?? ""
            let reason = file.reason.replacing(/[0-9]+/, with: "#")
            let kind = Kind(suffix: suffix, reason: reason)
            if files[kind] == nil { order.append(kind) }
            files[kind, default: []].append(file)
        }
        return order.map { kind in
            guard let found = files[kind], let first = found.first else { return "" }
            guard found.count > 1 else { return "  \(first.path.printable): \(first.reason)\n" }
            let what = kind.suffix.isEmpty ? "files without a suffix" : "\(kind.suffix.printable) files"
            return "  \(found.count) \(what), e.g. \(first.path.printable): \(first.reason)\n"
        }.joined()
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
        let names = mask.regions.map { MaskSource.Entry(name: $0.name, label: $0.label).shown }
        var text =
            "\(indent)\(mask.format) \(mask.path.printable): \(names.isEmpty ? "no region" : names.joined(separator: ", "))\n"
        for note in mask.findings { text += "\(indent)  \(note.severity): \(note.text)\n" }
        return text
    }

    private static func shown(_ value: Double) -> String { String(format: "%.4g", value) }
}
