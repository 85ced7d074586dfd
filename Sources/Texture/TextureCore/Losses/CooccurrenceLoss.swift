// Two patches in, how different their soft co-occurrence is out, with the gradient by the pixels of the first: as the mean
// squared difference of the matrices (GLCM-MAE, eq. 3), or as the difference of their Haralick features.
//
// Legend: G raw soft counts of one offset, N pairs, n = G after normalisation, S = Σ n, h = n after weighting.

/// A texture loss between a predicted and a target patch, summed over scales.
public struct CooccurrenceLoss: Sendable {
    /// A list of offsets looked at with the same soft levels; several scales make the loss multi-scale: coarse or wide bins
    /// pull from afar, sharp ones tell near levels apart.
    public struct Scale: Hashable, Sendable {
        public var bins: Int
        /// L, see ``SoftLevels/sharpness``.
        public var sharpness: Double
        public var offsets: [Offset]
        public var weight: Double

        public init(
            bins: Int = 256, sharpness: Double = 5, offsets: [Offset] = [Offset(1, 0), Offset(0, 1)], weight: Double = 1
        ) {
            (self.bins, self.sharpness, self.offsets, self.weight) = (bins, sharpness, offsets, weight)
        }
    }

    /// What a matrix is divided by.
    public enum Normalisation: String, Hashable, Sendable, CaseIterable {
        /// Nothing: expected counts, as the authors' program.
        case counts
        /// The number of pairs N.
        case pairs
        /// Its own sum, so that it is a probability; the same as `pairs` when the ends are mirrored.
        case sum
    }

    public enum Weighting: String, Hashable, Sendable, CaseIterable {
        case plain
        /// n (1 - n/S), as the authors' program: a patch of one grey level contributes nothing, which keeps black
        /// background from dominating.
        case damped
    }

    public enum Comparison: Hashable, Sendable {
        /// Mean over offsets and B² cells of the squared difference of h.
        case meanSquare(Normalisation, Weighting)
        /// Mean over offsets and statistics of the squared difference of Haralick features.
        case statistics([MatchedFeature])
    }

    /// A Haralick feature to match. Its difference is divided by the range that it can have over B levels, so that
    /// contrast (up to (B - 1)²) does not drown energy (up to 1). A feature that is undefined for either patch (the correlation
    /// of one grey level) contributes nothing.
    public struct MatchedFeature: Hashable, Sendable {
        public var feature: HaralickFeature
        public var weight: Double

        public init(_ feature: HaralickFeature, weight: Double = 1) { (self.feature, self.weight) = (feature, weight) }

        /// Contrast, correlation, homogeneity, entropy, energy.
        public static let usual: [MatchedFeature] = [
            MatchedFeature(.contrast), MatchedFeature(.correlation), MatchedFeature(.inverseDifferenceMoment),
            MatchedFeature(.jointEntropy),
            MatchedFeature(.angularSecondMoment),
        ]
    }

    /// What a predicted value beyond the range counts as. The target is taken as it is.
    public enum Bounds: String, Hashable, Sendable, CaseIterable {
        /// The end of the range; no gradient there. At the very ends there is one.
        case clamped
        /// Itself: with mirrored ends it is folded back, with open ends it fades out.
        case unclamped
    }

    public let range: ClosedRange<Double>
    public let scales: [Scale]
    public let ends: SoftLevels.Ends
    public let symmetry: CooccurrenceMatrix.Symmetry
    public let comparison: Comparison
    public let bounds: Bounds
    /// The channel that is looked at; the authors look at the first of three equal ones.
    public let channel: Int
    let levels: [SoftLevels]

    /// The defaults are the authors': 256 bins, right and lower neighbour, mirrored ends, raw counts damped.
    public init(
        range: ClosedRange<Double>, scales: [Scale] = [Scale()], ends: SoftLevels.Ends = .mirrored,
        symmetry: CooccurrenceMatrix.Symmetry = .directed, comparison: Comparison = .meanSquare(.counts, .damped),
        bounds: Bounds = .clamped, channel: Int = 0
    ) throws {
        (self.range, self.scales, self.ends, self.symmetry) = (range, scales, ends, symmetry)
        (self.comparison, self.bounds, self.channel) = (comparison, bounds, channel)
        guard !scales.isEmpty else { throw CooccurrenceLossError.nothingToCompare }
        levels = try scales.map { scale in
            guard !scale.offsets.isEmpty else { throw CooccurrenceLossError.nothingToCompare }
            for offset in scale.offsets where offset.z != 0 || offset.reach == 0 || offset.reach > 1 << 20 {
                throw CooccurrenceLossError.offsetNotInPlane(offset)
            }
            return try SoftLevels(range: range, bins: scale.bins, sharpness: scale.sharpness, ends: ends)
        }
        if case .statistics(let statistics) = comparison {
            guard !statistics.isEmpty else { throw CooccurrenceLossError.nothingToCompare }
            for statistic in statistics where !statistic.feature.isDifferentiable {
                throw CooccurrenceLossError.notDifferentiable(statistic.feature)
            }
        }
    }
}

public enum CooccurrenceLossError: Error, Equatable, CustomStringConvertible {
    case nothingToCompare
    case offsetNotInPlane(Offset)
    case notDifferentiable(HaralickFeature)

    public var description: String {
        switch self {
        case .nothingToCompare: "a texture loss needs a scale, an offset and a statistic at least; one list is empty"
        case .offsetNotInPlane(let offset): "offset \(offset); expected a step to another pixel of the same slice"
        case .notDifferentiable(let feature): "\(feature) has no derivative here; choose another statistic"
        }
    }
}

/// What one thread needs for one scale: the planes and the bands of two patches.
struct ScaleWorkspace<T: SoftScalar> {
    let band: SoftBand
    let pairs: [PatchPairs]
    let prediction: SoftMemberships<T>
    let target: SoftMemberships<T>
    let planes: SoftPlanes<T>

    init(_ levels: SoftLevels, _ scale: CooccurrenceLoss.Scale, _ loss: CooccurrenceLoss, width: Int, height: Int) {
        band = SoftBand(levels, smallestWeight: T.smallestWeight)
        pairs = scale.offsets.map { PatchPairs(width: width, height: height, offset: $0, symmetry: loss.symmetry) }
        prediction = SoftMemberships(pixels: width * height, band: band)
        target = SoftMemberships(pixels: width * height, band: band)
        planes = SoftPlanes(band)
    }

    func deallocate() {
        prediction.deallocate()
        target.deallocate()
        planes.deallocate()
    }
}

/// What one thread needs to match features at one scale: the formulas of prediction and target, and the slopes.
private struct MatchingWorkspace {
    var predicted: HaralickFormulas
    var wanted: HaralickFormulas
    var slopes = CellSlopes(entries: 0)

    init(_ scale: CooccurrenceLoss.Scale, _ symmetry: CooccurrenceMatrix.Symmetry) {
        predicted = HaralickFormulas(levels: Array(1...scale.bins), symmetry: symmetry)
        wanted = predicted
    }
}

/// What one thread needs for a co-occurrence loss; made once, used for many patches.
final class CooccurrenceWorkspace<T: SoftScalar> {
    private let loss: CooccurrenceLoss
    private let pixels: Int
    private let scales: [ScaleWorkspace<T>]
    /// One a scale when features are matched.
    private var matching: [MatchingWorkspace]
    private let scratch: UnsafeMutablePointer<T>
    /// The gradient of one offset in eight partial sums a pixel.
    private let partialSums: UnsafeMutablePointer<T>

    init(_ loss: CooccurrenceLoss, width: Int, height: Int) {
        self.loss = loss
        pixels = width * height
        scales = zip(loss.levels, loss.scales).map { ScaleWorkspace($0, $1, loss, width: width, height: height) }
        if case .statistics = loss.comparison {
            matching = loss.scales.map { MatchingWorkspace($0, loss.symmetry) }
        } else {
            matching = []
        }
        scratch = .allocate(capacity: scales.map { $0.band.scratchCount }.max() ?? 0)
        partialSums = .allocate(capacity: 8 * pixels)
    }

    deinit {
        for scale in scales { scale.deallocate() }
        scratch.deallocate()
        partialSums.deallocate()
    }

    /// The loss between two patches [height][width]; adds its gradient by the prediction to `gradient` when there is one.
    /// A value that is not a number makes the loss of its patch, and the whole gradient of that patch, not a number.
    func evaluate(
        prediction: UnsafePointer<T>, target: UnsafePointer<T>, gradient: UnsafeMutablePointer<T>?
    ) -> Double {
        var sum = 0.0
        for (index, (scale, work)) in zip(loss.scales, scales).enumerated() {
            let predictionIsFinite = T.fill(
                work.prediction, prediction, count: pixels, band: work.band, clamped: loss.bounds == .clamped,
                scratch: scratch)
            let targetIsFinite = T.fill(
                work.target, target, count: pixels, band: work.band, clamped: false, scratch: scratch)
            guard predictionIsFinite, targetIsFinite else {
                gradient?.update(repeating: .nan, count: pixels)
                return .nan
            }
            let weight = scale.weight / Double(scale.offsets.count)
            for pairs in work.pairs where pairs.count > 0 {
                let planes = work.planes
                T.accumulate(
                    pairs, work.prediction, of: prediction, band: work.band, into: planes.own, of: planes)
                T.accumulate(pairs, work.target, of: target, band: work.band, into: planes.other, of: planes)
                switch loss.comparison {
                case .meanSquare(let normalisation, let weighting):
                    sum += meanSquare(pairs, work, normalisation, weighting, weight, gradient)
                case .statistics(let statistics):
                    sum += match(
                        statistics, pairs, work, &matching[index], weight / Double(statistics.count), gradient)
                }
                // The second plane was cleared by the comparison.
                planes.clear(planes.own)
            }
        }
        return sum
    }

    // MARK: mean squared difference of the matrices

    /// weight · Σ (h - h')² / B², and its gradient.
    ///
    /// With e = (h - h') (1 - 2n/S) (or h - h' when not damped) and κ = Σ (h - h') n² / S² (or 0), since S changes with every
    /// cell: dloss/dn = 2 weight / B² · (e + κ); through n = G / ΣG another Σ (e + κ) n is taken from every cell.
    private func meanSquare(
        _ pairs: PatchPairs, _ work: ScaleWorkspace<T>, _ normalisation: CooccurrenceLoss.Normalisation,
        _ weighting: CooccurrenceLoss.Weighting, _ weight: Double, _ gradient: UnsafeMutablePointer<T>?
    ) -> Double {
        let totals = (
            SoftCooccurrence.total(pairs, work.prediction), SoftCooccurrence.total(pairs, work.target)
        )
        func divisor(_ total: Double) -> Double {
            switch normalisation {
            case .counts: 1
            case .pairs: Double(pairs.count)
            case .sum: total > 0 ? total : 1
            }
        }
        func inverse(_ x: Double) -> Double { weighting == .damped && x > 0 ? 1 / x : 0 }
        let factors = (1 / divisor(totals.0), 1 / divisor(totals.1))
        let dampings = (inverse(totals.0 * factors.0), inverse(totals.1 * factors.1))
        // With mirrored ends every value's weights sum to 1, whatever it is, so S is constant.
        let isTotalConstant = work.band.levels.ends == .mirrored && work.band.kept == work.band.unfolded
        let doesTotalMatter = normalisation == .sum || (weighting == .damped && !isTotalConstant)
        let difference = T.compare(
            work.planes,
            MatrixComparison(
                factor: T(factors.0), otherFactor: T(factors.1), damping: T(dampings.0),
                otherDamping: T(dampings.1), sums: gradient != nil && doesTotalMatter ? .needed : .notNeeded))
        let cells = Double(work.band.levels.bins * work.band.levels.bins)
        if let gradient {
            if doesTotalMatter {
                var everywhere = difference.differenceTimesSquare * dampings.0 * dampings.0
                if normalisation == .sum {
                    everywhere -= difference.slopeTimesCount + everywhere * totals.0 * factors.0
                }
                work.planes.shift(by: T(everywhere))
            }
            addGradient(pairs, work, times: T(2 * weight / cells * factors.0), to: gradient)
        }
        return weight * difference.squares / cells
    }

    /// Adds `factor` times the gradient that follows from dloss/dcount in the first plane.
    private func addGradient(
        _ pairs: PatchPairs, _ work: ScaleWorkspace<T>, times factor: T, to gradient: UnsafeMutablePointer<T>
    ) {
        partialSums.update(repeating: 0, count: 8 * pixels)
        T.backpropagate(pairs, work.prediction, band: work.band, from: work.planes, into: partialSums)
        for pixel in 0..<pixels { gradient[pixel] += factor * T.Wide.load(partialSums + 8 * pixel).total }
    }

    // MARK: matching Haralick features

    /// weight · Σ over statistics of their weight · ((f - f') / range)², and its gradient.
    private func match(
        _ statistics: [CooccurrenceLoss.MatchedFeature], _ pairs: PatchPairs, _ work: ScaleWorkspace<T>,
        _ matching: inout MatchingWorkspace, _ weight: Double, _ gradient: UnsafeMutablePointer<T>?
    ) -> Double {
        let bins = work.band.levels.bins
        let planes = work.planes
        planes.listTouched()
        let predicted = matching.predicted.refill { planes.write(planes.own, to: &$0) }
        let wanted = matching.wanted.refill { planes.write(planes.other, to: &$0) }
        planes.clear(planes.other)
        guard predicted == .gathered, wanted == .gathered else { return 0 }
        var sum = 0.0
        matching.slopes.reset(entries: matching.predicted.matrix.counts.count)
        for statistic in statistics {
            guard let found = matching.predicted.measure(statistic.feature, .ibsi).value,
                let expected = matching.wanted.measure(statistic.feature, .ibsi).value
            else { continue }
            let range = statistic.feature.range(levels: bins)
            let difference = (found - expected) / range
            sum += weight * statistic.weight * difference * difference
            if gradient != nil {
                matching.predicted.addSlopes(
                    of: statistic.feature, times: 2 * weight * statistic.weight * difference / range,
                    to: &matching.slopes)
            }
        }
        if let gradient {
            matching.predicted.convertToCounts(&matching.slopes)
            planes.replace(entriesOf: matching.predicted.matrix, by: matching.slopes)
            addGradient(pairs, work, times: 1, to: gradient)
        }
        return sum
    }
}
