import Encoding
import Files
import Ingestion
import Preparation

extension CasePlan {
    /// Says what takes no part, and which regions have several rows.
    package func say(to observer: WorkObserver) {
        if !otherModalities.isEmpty {
            let counts = otherModalities.sorted { $0.key < $1.key }.map {
                "\($0.value) \($0.key.isEmpty ? "without modality" : $0.key)"
            }
            observer.note(
                "\(otherModalities.values.reduce(0, +)) image(s) of other modalities are left out "
                    + "(\(counts.joined(separator: ", ")); --modality takes"
                    + " \((modalities ?? []).sorted().joined(separator: ",")))")
        }
        if namedImages > 0 {
            observer.note(
                "\(namedImages) image(s) do not say their modality and are taken for \((modalities ?? []).sorted().joined())"
                    + " (--modality)")
        }
        if !imagesWithoutMask.isEmpty {
            let names = imagesWithoutMask.map { image in
                image.format != .dicom ? image.path : "\(image.identity.modality) \(image.path)"
            }
            observer.note(
                "\(names.count) image(s) without a \(regions.selection.maskTitle) are left out: \(Self.listed(names))"
                    + " (--whole-image takes them)")
        }
        if !unusedMasks.isEmpty {
            observer.note(
                "\(unusedMasks.count) mask(s) are no images and are left out: \(Self.listed(unusedMasks.map(\.path)))")
        }
        if !masksOfOthers.isEmpty {
            observer.note(
                "\(masksOfOthers.count) mask(s) belong to none of the images and are left out: "
                    + Self.listed(masksOfOthers.map(\.path)))
        }
        let shared = cases.flatMap { item -> [String] in
            guard case .regions(_, let masks, let selection) = item.work else { return [] }
            return SharedRegions(of: masks, selection).names.map { "'\($0)' of \(item.name)" }
        }
        if !shared.isEmpty {
            observer.note(
                "\(shared.count) region(s) stand in several masks, with a row for each: \(Self.listed(shared))"
                    + " (--mask-kind or --mask takes one)")
        }
        if !skipped.isEmpty {
            let groups = SkippedGroups(skipped).lines
            let more = groups.count > 3 ? "; and more, see weft inspect" : ""
            observer.note(
                "\(skipped.count) file(s) skipped: \(groups.prefix(3).joined(separator: "; "))\(more)")
        }
    }

    /// Says which images do not tell their modality where a network sees some modalities in windows of their own: those come
    /// otherwise than in training, if they are of one of these.
    func sayUnknownModalities(_ intensity: IntensityMapping, to observer: WorkObserver) {
        let windows = intensity.byModality.compactMap { name, range -> String? in
            guard case .window(let lower, let upper) = range else { return nil }
            return "\(name) from \(lower.shortestText) to \(upper.shortestText)"
        }
        let unknown = cases.compactMap(\.image).filter { image in
            image.format != .dicom && image.format != .png && intensity.byModality[image.identity.modality] == nil
        }
        guard let first = unknown.first, !windows.isEmpty else { return }
        observer.note(
            "\(unknown.count) image(s) do not tell their modality, e.g. \(FileName(first.path).name): the network sees the values"
                + " of each by its own range, and of \(windows.sorted().joined(separator: ", "))")
    }

    /// Says, at the end of a run, which patients have no region of a register's name. Nobody named the patient's region, so that
    /// this is no failure.
    package func sayWhoIsWithout(to observer: WorkObserver) {
        let selection = regions.selection
        let names = selection.names.isEmpty ? selection.register.names : []
        for line in registered.lines(names) { observer.note(line) }
    }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}

extension RegionSelection {
    /// What is looked for: "mask", "SEG or PNG mask".
    var maskTitle: String {
        guard !formats.isEmpty else { return "mask" }
        let wanted = MaskSource.Format.allCases.filter(formats.contains).map(\.rawValue)
        return wanted.joined(separator: " or ") + " mask"
    }
}
