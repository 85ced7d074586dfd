import Evaluation
import Imaging
import Ingestion

/// Loads the two images of a pair and their regions.
struct PairReader: Sendable {
    let titles: [String]
    let masks: PairMasks
    let slices: SliceInput
    let unit: ImageUnit
    let greys: GreyDepths

    func read(_ pair: ImagePairing.Pair, jobs: Int) -> ReadPair {
        var result = ReadPair(name: pair.name)
        var side = 0
        do throws(IngestionError) {
            for (image, title) in zip(pair.images, titles) {
                if let failure = image.findings.first(where: { $0.severity == .failure }) {
                    throw IngestionError.notMeasurable(path: image.path, reason: failure.text)
                }
                let (volume, findings) = try image.load(as: unit, jobs: jobs)
                let (scaled, word) = greys.applied(to: volume, of: image)
                result.volumes.append(scaled)
                result.units.append(unit.title.flatMap { image.identity.modality == "PT" ? $0 : nil } ?? word)
                result.findings += (image.findings + findings).filter { !$0.text.hasPrefix("no pixel spacing") }
                    .map { Finding($0.severity, "\(title): \($0.text)") }
                side += 1
            }
            let found = try masks.regions(of: pair.images, titles)
            result.notes = found.notes
            result.failures = found.failures.map {
                ComparedImages.Failure(pair.name, region: $0.region, reason: $0.reason)
            }
            for match in found.matches { add(match, to: &result) }
        } catch {
            result.volumes = []
            // Behind both images comes a mask.
            let what = side < titles.count ? titles[side] : "a mask"
            result.failures = [ComparedImages.Failure(pair.name, reason: "\(what): \(error.reason)")]
        }
        return result
    }

    /// Without what the user does not want to see of it: slices.
    private func add(_ match: PairMasks.Match, to result: inout ReadPair) {
        var match = match
        for side in match.regions.indices {
            let wanted = Set(slices.numbers(of: result.volumes[side].geometry.size.z))
            var region = match.regions[side]
            let area = region.box.size.x * region.box.size.y
            for z in 0..<region.box.size.z where !wanted.contains(region.box.lower.z + z) {
                for place in z * area..<(z + 1) * area { region.voxels[place] = 0 }
            }
            region = region.cropped()
            guard region.box.voxelCount > 0 else {
                let reason = "the region holds no voxel of \(titles[side]) in the chosen slices"
                result.failures.append(ComparedImages.Failure(result.name, region: match.name, reason: reason))
                return
            }
            match.regions[side] = region
        }
        let ranges = zip(result.volumes, match.regions).map { MeasuredImage.range(of: $0, $1) }
        for (range, title) in zip(ranges, titles) where range == nil {
            let reason = "no voxel of \(title) has a number there"
            result.failures.append(ComparedImages.Failure(result.name, region: match.name, reason: reason))
            return
        }
        result.regions.append(match)
        result.ranges.append(ranges.compactMap { $0 })
    }
}

/// The two images of a pair, loaded.
struct ReadPair: Sendable {
    var name: String
    /// Two, or none where one cannot be read.
    var volumes: [Volume] = []
    var units: [String] = []
    var regions: [PairMasks.Match] = []
    /// By region and side.
    var ranges: [[ClosedRange<Double>]] = []
    var findings: [Finding] = []
    var notes: [String] = []
    var failures: [ComparedImages.Failure] = []

    init(name: String) { self.name = name }

    /// What the window follows from.
    struct Look: Sendable {
        var name: String
        /// Of the two; nil where one cannot be read.
        var units: [String]?
        /// By side over regions; nil without any.
        var ranges: [[ClosedRange<Double>]]?
    }

    var look: Look {
        Look(
            name: name, units: volumes.count == 2 ? units : nil,
            ranges: ranges.isEmpty ? nil : (0..<2).map { side in ranges.map { $0[side] } })
    }
}

/// The levels of all images of a modality: by the window that was asked for, or by each image's own range where units do not agree.
struct CommonScale: Sendable {
    let window: ComparisonWindow
    let bins: Int
    let warnings: [String]
    private let range: ClosedRange<Double>?

    /// - Throws: ``ImageComparisonError/otherUnit(given:found:image:)``.
    init(
        _ looks: [ReadPair.Look], window: ComparisonWindow, bins: Int, titles: [String]
    ) throws(ImageComparisonError) {
        self.bins = bins
        let units = Set(looks.compactMap(\.units).joined()).sorted()
        let all = looks.compactMap(\.ranges).joined().joined()
        let ends = all.map(\.lowerBound).min().flatMap { low in all.map(\.upperBound).max().map { low...$0 } }
        var warnings: [String] = []
        switch window {
        case .given(let given, let name):
            if let name {
                for look in looks {
                    for (found, title) in zip(look.units ?? [], titles) where !Self.agree(name, found) {
                        throw .otherUnit(given: name, found: found, image: "\(title) (\(look.name))")
                    }
                }
            }
            if units.count > 1 {
                warnings.append("one window for values in different units (\(units.joined(separator: ", ")))")
            }
            (self.window, range) = (window, given)
        case .common where units.count > 1, .pair where units.count > 1:
            warnings.append(
                "the values have different units (\(units.joined(separator: ", "))), so that no range is common: each image has "
                    + "its levels over its own range; features say how values are arranged, not how large they are")
            (self.window, range) = (.each, nil)
        case .common: (self.window, range) = (window, ends)
        case .pair, .each: (self.window, range) = (window, nil)
        }
        self.warnings = warnings
    }

    /// One for each modality, or two of them side by side, among the pairs.
    static func byModality(
        _ looks: [ReadPair.Look], _ pairs: [ImagePairing.Pair], window: ComparisonWindow, bins: Int, titles: [String]
    ) throws(ImageComparisonError) -> [String: CommonScale] {
        var scales: [String: CommonScale] = [:]
        for modality in Set(pairs.map(\.modality)) {
            let own = zip(pairs, looks).filter { $0.0.modality == modality }.map(\.1)
            scales[modality] = try CommonScale(own, window: window, bins: bins, titles: titles)
        }
        return scales
    }

    /// Of the two sides of a region.
    func levels(_ ranges: [ClosedRange<Double>]) -> [EqualLevels] {
        switch window {
        case .common, .given: return ranges.map { EqualLevels(range ?? $0, count: bins) }
        case .pair:
            let low = ranges.map(\.lowerBound).min() ?? 0
            let both = low...(ranges.map(\.upperBound).max() ?? low)
            return ranges.map { _ in EqualLevels(both, count: bins) }
        case .each: return ranges.map { EqualLevels($0, count: bins) }
        }
    }

    /// `SUV` is any kind of SUV, `grey` grey values.
    private static func agree(_ given: String, _ found: String) -> Bool {
        let (given, found) = (given.lowercased(), found.lowercased())
        return found == given || found.hasPrefix(given)
    }
}
