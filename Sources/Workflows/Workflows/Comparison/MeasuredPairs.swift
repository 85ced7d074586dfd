import Evaluation
import Imaging
import Ingestion

/// The texture of the regions of one pair, with what puts it in doubt.
struct MeasuredPairs: Sendable {
    private(set) var pairs: [ComparedImages.Pair] = []
    private(set) var failures: [ComparedImages.Failure]
    /// Of the pair as a whole.
    private(set) var warnings: [String]
    private(set) var notes: [String]

    init(
        _ read: ReadPair, _ pair: ImagePairing.Pair, _ scale: CommonScale?, _ titles: [String],
        _ identity: IdentityDisclosure
    ) {
        failures = read.failures
        let findings = pair.findings + read.findings + GridDifference.findings(pair.images, titles)
        warnings = findings.filter { $0.severity == .warning }.map(\.text)
        notes = read.notes + findings.filter { $0.severity == .note }.map(\.text)
        let modalities = pair.images.map(\.identity.modality)
        if Set(modalities.filter { $0 != "PNG" && !$0.isEmpty }).count > 1 {
            warnings.append(
                "different modalities, \(modalities[0]) and \(modalities[1]): their features have no common scale")
        }
        guard let scale else { return }
        for (match, ranges) in zip(read.regions, read.ranges) {
            let levels = scale.levels(ranges)
            let sides = zip(read.volumes, match.regions).map { ($0, $1) }
            // The same slice of both where the grids are the same.
            let slice =
                read.volumes[0].geometry.size == read.volumes[1].geometry.size ? match.regions[0].fullestSlice : nil
            let first = MeasuredImage(sides[0].0, sides[0].1, levels: levels[0], showing: slice)
            let second = MeasuredImage(sides[1].0, sides[1].1, levels: levels[1], showing: slice)
            let origins = zip(pair.images, pair.shown).map { image, shown -> ComparedImages.Origin in
                var origin = ComparedImages.Origin(path: identity.shown(shown))
                (origin.modality, origin.study) = (image.identity.modality, image.identity.studyUID)
                origin.series = image.identity.seriesUID
                return origin
            }
            var measured = ComparedImages.Pair(pair.name, origins, first, second)
            (measured.region, measured.patient) = (match.name, pair.patient)
            (measured.modality, measured.window) = (pair.modality, scale.window)
            measured.unit = read.units[0] == read.units[1] ? read.units[0] : ""
            if read.units[0] == read.units[1], GridDifference.isSameGrid(pair.images) {
                measured.voxels = VoxelDifference(sides[0], sides[1], range: levels[0].range)
            }
            let own =
                match.findings.filter { $0.severity == .warning }.map(\.text)
                + zip([first, second], titles).flatMap { Self.doubts($0, $1, scale.window) }
            measured.warnings = warnings + own
            measured.notes = match.findings.filter { $0.severity == .note }.map(\.text)
            pairs.append(measured)
            warnings += own
            notes += measured.notes
        }
    }

    /// What makes features of an image say little.
    private static func doubts(_ image: MeasuredImage, _ title: String, _ window: ComparisonWindow) -> [String] {
        var doubts: [String] = []
        if image.cutShare > 0.01 {
            doubts.append(
                "the window cuts \(shownShare(image.cutShare)) of the voxels of \(title) (\(shownShare(Double(image.below) / Double(image.voxels))) "
                    + "below, \(shownShare(Double(image.above) / Double(image.voxels))) above), more than 1 %: they count in the "
                    + "first or the last level; --window common cuts nothing")
        }
        if image.notNumbers > 0 {
            doubts.append(
                "\(image.notNumbers) of \(image.voxels + image.notNumbers) voxels of \(title) are not numbers: left out"
            )
        }
        if image.usedLevels < min(8, image.levels.count) {
            let advice =
                image.levels.width > 0 && image.usedLevels > 1
                ? "; a narrower --window or more --bins tells more" : ""
            doubts.append(
                "\(title) fills \(image.usedLevels == 1 ? "one" : "\(image.usedLevels)") of \(image.levels.count) grey levels"
                    + advice)
        }
        return doubts
    }
}
