import Evaluation
import Files
import Imaging
import Ingestion

/// The masks of the two images of a pair, and their regions side by side.
struct PairMasks: Sendable {
    /// Nil: whole images.
    private let selection: RegionSelection?
    private let reach: MaskReach
    /// Those that the user named; none: those of the inputs.
    private let given: GivenMasks
    /// Of both inputs, and beside them.
    private let found: MaskIndex
    private let isSinglePair: Bool
    private let labelNames: LabelNames?

    init(
        _ sides: [ComparedSide], _ regions: RegionChoice, _ given: GivenMasks, isSinglePair: Bool, jobs: Int
    ) throws(IngestionError) {
        self.isSinglePair = isSinglePair
        self.given = given
        if let table = regions.selection.labelTable {
            labelNames = try LabelNames(path: table)
        } else {
            labelNames = nil
        }
        (selection, reach) = (regions.isWholeImage ? nil : regions.selection, regions.reach)
        guard let selection, given.masks.isEmpty else {
            found = MaskIndex([], of: [])
            return
        }
        let inside = sides.flatMap(\.masks)
        let known = Set(inside.map { InputPath.absolute($0.path) })
        let beside = try MaskSource.beside(sides.map(\.path), jobs: jobs).filter {
            !known.contains(InputPath.absolute($0.path)) && selection.takes($0)
        }
        found = MaskIndex(MaskSource.joined(inside + beside), of: sides.flatMap(\.images))
    }

    /// A region of both images.
    struct Match: Sendable {
        var name: String
        var regions: [Region]
        var findings: [Finding]
    }

    struct Matches {
        var matches: [Match] = []
        var failures: [(region: String, reason: String)] = []
        var notes: [String] = []
    }

    /// - Throws: `IngestionError` when a mask cannot be read.
    func regions(of images: [ImageSource], _ titles: [String]) throws(IngestionError) -> Matches {
        guard let selection else {
            let regions = images.map { Region.whole($0.geometry) }
            return Matches(matches: [Match(name: "", regions: regions, findings: [])])
        }
        var result = Matches()
        var masks = images.map { own(of: $0) }
        share(&masks, images, titles, &result.notes)
        for side in images.indices where masks[side].isEmpty {
            result.failures = [("", "no mask for \(titles[side]); put it beside the image, or give --mask")]
            return result
        }
        var outcomes: [[(name: String, outcome: RegionOutcome)]] = []
        for side in images.indices {
            if let reason = selection.reasonForNothing(among: masks[side].flatMap(\.entries)) {
                result.failures = [("", "\(titles[side]): \(reason)")]
                return result
            }
            outcomes.append(try self.outcomes(masks[side], images[side], selection, titles[side], &result.notes))
        }
        match(outcomes, titles, &result)
        return result
    }

    // MARK: Which masks

    private func own(of image: ImageSource) -> [MaskSource] {
        let masks = given.masks.isEmpty ? found.masks(for: image, reach: reach) : given.naming(image, reach: reach)
        return labelNames.map { names in masks.map { $0.named(by: names) } } ?? masks
    }

    /// An image without a mask of its own takes what is left of the named ones, or the other's: it is said.
    private func share(
        _ masks: inout [[MaskSource]], _ images: [ImageSource], _ titles: [String], _ notes: inout [String]
    ) {
        let named = given.masks
        if isSinglePair, !named.isEmpty {
            if masks[0].isEmpty, masks[1].isEmpty, named.count == 2 {
                masks = [[named[0]], [named[1]]]
                notes.append(
                    "masks in the order given: \(shown(named[0])) on \(titles[0]), \(shown(named[1])) on \(titles[1])")
            }
            for side in masks.indices where masks[side].isEmpty {
                let others = Set(masks[1 - side].map(\.path))
                masks[side] = named.filter { !others.contains($0.path) }
            }
        }
        for side in masks.indices where masks[side].isEmpty {
            let other = masks[1 - side]
            // A label image lies on voxels: it means the same only on an image of as many.
            guard images[0].format == images[1].format,
                images[side].format == .dicom || images[0].geometry.size == images[1].geometry.size
            else { continue }
            masks[side] = other
        }
        let both = masks[0].filter { mask in masks[1].contains { $0.path == mask.path } }
        for mask in both {
            let why = images[0].format == .png ? "of equal size" : "by its position in the patient"
            notes.append("\(shown(mask)) is used on \(titles[0]) and on \(titles[1]), \(why)")
        }
    }

    private func shown(_ mask: MaskSource) -> String { "the mask \(FileName(mask.path).name)" }

    // MARK: Which regions

    private func outcomes(
        _ masks: [MaskSource], _ image: ImageSource, _ selection: RegionSelection, _ title: String,
        _ notes: inout [String]
    ) throws(IngestionError) -> [(name: String, outcome: RegionOutcome)] {
        var all: [(name: String, outcome: RegionOutcome)] = []
        for mask in masks {
            for outcome in try mask.regions(on: image, matching: selection) {
                let name = outcome.name
                if all.contains(where: { $0.name == name }) {
                    notes.append("\(title): \(name) stands in several masks, that of the first is taken")
                } else {
                    all.append((name, outcome))
                }
            }
        }
        return all
    }

    private func match(
        _ outcomes: [[(name: String, outcome: RegionOutcome)]], _ titles: [String], _ result: inout Matches
    ) {
        func pair(_ name: String, _ a: RegionOutcome, _ b: RegionOutcome) {
            var regions: [Region] = []
            var findings: [Finding] = []
            for (outcome, title) in zip([a, b], titles) {
                switch outcome {
                case .failed(_, let reason), .leftOut(_, let reason):
                    result.failures.append((name, "\(title): \(reason)"))
                    return
                case .region(let region, let found):
                    guard region.voxels.contains(where: { $0 != 0 }) else {
                        result.failures.append((name, "the region holds no voxel of \(title)"))
                        return
                    }
                    regions.append(region)
                    findings += found.map { Finding($0.severity, "\(title): \($0.text)") }
                }
            }
            result.matches.append(Match(name: name, regions: regions, findings: findings))
        }
        let (first, second) = (outcomes[0], outcomes[1])
        if first.count == 1, second.count == 1 {
            let name = first[0].name == second[0].name ? first[0].name : "\(first[0].name) / \(second[0].name)"
            if first[0].name != second[0].name {
                result.notes.append(
                    "the only regions are compared though they are called differently: \(first[0].name) in \(titles[0]), "
                        + "\(second[0].name) in \(titles[1])")
            }
            return pair(name, first[0].outcome, second[0].outcome)
        }
        func missing(_ name: String, in side: Int) {
            let there = outcomes[side].map(\.name).prefix(10).joined(separator: ", ")
            result.failures.append((name, "\(titles[side]) has no region of this name; there is \(there)"))
        }
        for (name, outcome) in first {
            if let other = second.first(where: { $0.name == name }) {
                pair(name, outcome, other.outcome)
            } else {
                missing(name, in: 1)
            }
        }
        for (name, _) in second where !first.contains(where: { $0.name == name }) { missing(name, in: 0) }
    }
}

extension RegionOutcome {
    /// Its name, or what stands for one.
    fileprivate var name: String {
        let entry: MaskSource.Entry =
            switch self {
            case .region(let region, _): MaskSource.Entry(name: region.name, label: region.label)
            case .failed(let entry, _), .leftOut(let entry, _): entry
            }
        return entry.name.isEmpty ? "label \(entry.label)" : entry.name
    }
}
