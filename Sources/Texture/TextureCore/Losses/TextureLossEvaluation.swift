// One evaluation of a texture loss on a batch. Patches go over threads; each patch's loss has its own place and is added up
// in order, so that the result does not depend on the number of threads.

import Parallel

/// Smallest and largest value of an item and where each comes first.
struct Extremes: Sendable {
    var least = 0.0
    var most = 0.0
    var leastAt = 0
    var mostAt = 0
    /// 1 / (most - least); 0 when they are equal.
    var scale: Double { most > least ? 1 / (most - least) : 0 }
}

/// One evaluation of a loss on a batch.
struct TextureLossEvaluation<T: SoftScalar> {
    let loss: TextureLoss
    let layout: PatchLayout
    let prediction: UnsafePointer<T>
    let target: UnsafePointer<T>
    let gradient: UnsafeMutablePointer<T>?

    init(
        _ loss: TextureLoss, _ layout: PatchLayout, _ prediction: UnsafePointer<T>, _ target: UnsafePointer<T>,
        _ gradient: UnsafeMutablePointer<T>?
    ) {
        (self.loss, self.layout, self.prediction, self.target) = (loss, layout, prediction, target)
        self.gradient = gradient
    }

    /// What a patch contributes: its terms, and what its SSIM asks of the minimum and maximum of its item.
    struct PatchTerms {
        var value = TextureLoss.Value()
        var byLeast = 0.0
        var byMost = 0.0
    }

    func run(threads: Int) -> TextureLoss.Value {
        gradient?.update(repeating: 0, count: layout.valueCount)
        let count = layout.patchCount
        guard count > 0 else { return TextureLoss.Value() }
        let workers = Workers(max(1, threads))
        let ranges = ranges(workers)
        let terms = UnsafeMutableBufferPointer<PatchTerms>.allocate(capacity: count)
        terms.initialize(repeating: PatchTerms())
        defer { terms.deallocate() }
        workers.forEach(
            count, making: { Workspace(loss, layout) },
            body: { patch, workspace in terms[patch] = evaluate(patch, workspace, ranges) })
        var sum = TextureLoss.Value()
        for term in terms {
            sum.pixel += term.value.pixel
            sum.cooccurrence += term.value.cooccurrence
            sum.statistics += term.value.statistics
            sum.similarity += term.value.similarity
        }
        let patches = Double(count)
        sum.pixel /= patches
        sum.cooccurrence /= patches
        sum.statistics /= patches
        sum.similarity /= patches
        sum.total =
            (loss.pixel?.weight ?? 0) * sum.pixel + (loss.cooccurrence?.weight ?? 0) * sum.cooccurrence
            + (loss.statistics?.weight ?? 0) * sum.statistics + (loss.similarity?.weight ?? 0) * sum.similarity
        if gradient != nil, case .ownRange = loss.similarity?.loss.normalisation {
            addGradientOfExtremes(terms, ranges)
        }
        return sum
    }

    // MARK: one patch

    final class Workspace {
        let predicted: UnsafeMutablePointer<T>
        let wanted: UnsafeMutablePointer<T>
        let slopes: UnsafeMutablePointer<T>
        let cooccurrence: CooccurrenceWorkspace<T>?
        let statistics: CooccurrenceWorkspace<T>?
        let similarity: SimilarityWorkspace<T>?

        init(_ loss: TextureLoss, _ layout: PatchLayout) {
            let pixels = layout.pixelCount
            predicted = .allocate(capacity: pixels)
            wanted = .allocate(capacity: pixels)
            slopes = .allocate(capacity: pixels)
            let (width, height) = (layout.width, layout.height)
            cooccurrence = loss.cooccurrence.map { CooccurrenceWorkspace($0.loss, width: width, height: height) }
            statistics = loss.statistics.map { CooccurrenceWorkspace($0.loss, width: width, height: height) }
            similarity = loss.similarity.map { SimilarityWorkspace($0.loss, width: width, height: height) }
        }

        deinit {
            predicted.deallocate()
            wanted.deallocate()
            slopes.deallocate()
        }
    }

    private func evaluate(_ patch: Int, _ work: Workspace, _ ranges: [(Extremes, Extremes)]) -> PatchTerms {
        var terms = PatchTerms()
        let patches = Double(layout.patchCount)
        if let (weight, pixel) = loss.pixel { terms.value.pixel = squares(patch, pixel, weight / patches, work) }
        if let (weight, texture) = loss.cooccurrence, let workspace = work.cooccurrence {
            terms.value.cooccurrence = self.texture(patch, texture, workspace, weight / patches, work)
        }
        if let (weight, texture) = loss.statistics, let workspace = work.statistics {
            terms.value.statistics = self.texture(patch, texture, workspace, weight / patches, work)
        }
        if let (weight, similarity) = loss.similarity, let workspace = work.similarity {
            structure(patch, similarity, workspace, weight / patches, ranges, &terms)
        }
        return terms
    }

    private func squares(_ patch: Int, _ loss: PixelLoss, _ weight: Double, _ work: Workspace) -> Double {
        let pixels = layout.pixelCount
        let values = pixels * layout.channels
        var (mean, scale) = (0.0, 1.0)
        if loss.target == .normalised { (mean, scale) = targetMoments(patch, work) }
        var sum = 0.0
        for channel in 0..<layout.channels {
            layout.gather(prediction, patch: patch, channel: channel, into: work.predicted, rowStride: layout.width)
            layout.gather(target, patch: patch, channel: channel, into: work.wanted, rowStride: layout.width)
            for k in 0..<pixels {
                let difference = Double(work.predicted[k]) - (Double(work.wanted[k]) - mean) * scale
                sum += difference * difference
                work.slopes[k] = T(difference)
            }
            scatter(work.slopes, rowStride: layout.width, times: 2 * weight / Double(values), patch, channel)
        }
        return sum / Double(values)
    }

    /// Mean of a target patch over all channels and 1 / √(variance + 1e-6).
    private func targetMoments(_ patch: Int, _ work: Workspace) -> (mean: Double, scale: Double) {
        var (sum, squares) = (0.0, 0.0)
        let count = Double(layout.pixelCount * layout.channels)
        for pass in 0..<2 {
            for channel in 0..<layout.channels {
                layout.gather(target, patch: patch, channel: channel, into: work.wanted, rowStride: layout.width)
                for k in 0..<layout.pixelCount {
                    let value = Double(work.wanted[k])
                    if pass == 0 { sum += value } else { squares += (value - sum / count) * (value - sum / count) }
                }
            }
        }
        return (sum / count, 1 / (squares / max(1, count - 1) + 1e-6).squareRoot())
    }

    private func texture(
        _ patch: Int, _ loss: CooccurrenceLoss, _ workspace: CooccurrenceWorkspace<T>, _ weight: Double,
        _ work: Workspace
    ) -> Double {
        let (width, channel) = (layout.width, min(loss.channel, layout.channels - 1))
        layout.gather(prediction, patch: patch, channel: channel, into: work.predicted, rowStride: width)
        layout.gather(target, patch: patch, channel: channel, into: work.wanted, rowStride: width)
        guard gradient != nil else {
            return workspace.evaluate(prediction: work.predicted, target: work.wanted, gradient: nil)
        }
        work.slopes.update(repeating: 0, count: layout.pixelCount)
        let value = workspace.evaluate(prediction: work.predicted, target: work.wanted, gradient: work.slopes)
        scatter(work.slopes, rowStride: width, times: weight, patch, channel)
        return value
    }

    private func structure(
        _ patch: Int, _ loss: StructuralSimilarity, _ workspace: SimilarityWorkspace<T>, _ weight: Double,
        _ ranges: [(Extremes, Extremes)], _ terms: inout PatchTerms
    ) {
        let (own, targets) = ranges[layout.item(ofPatch: patch)]
        let stride = workspace.stride
        let share = 1 / Double(layout.channels)
        var mean = 0.0
        for channel in 0..<layout.channels {
            let (x, y) = (workspace.x, workspace.y)
            layout.gather(prediction, patch: patch, channel: channel, into: x, rowStride: stride)
            layout.gather(target, patch: patch, channel: channel, into: y, rowStride: stride)
            normalise(x, stride, own, clamp: loss.clamp)
            normalise(y, stride, targets, clamp: nil)
            // The images are centred in place below; the normalised prediction is needed for the slope of its range.
            mean += share * workspace.evaluate(givesGradient: gradient != nil)
            guard gradient != nil else { continue }
            let factor = -weight * share
            if case .ownRange = loss.normalisation {
                extremes(patch, channel, workspace, own, factor, loss.clamp, &terms)
            }
            if let clamp = loss.clamp { blockOutside(clamp, patch, channel, workspace) }
            scatter(workspace.gradient, rowStride: stride, times: factor * own.scale, patch, channel)
        }
        terms.value.similarity = 1 - mean
    }

    private func normalise(_ x: UnsafeMutablePointer<T>, _ stride: Int, _ range: Extremes, clamp: ClosedRange<Double>?)
    {
        let (least, scale) = (T(range.least), T(range.scale))
        let low = T(clamp?.lowerBound ?? -.infinity)
        let high = T(clamp?.upperBound ?? .infinity)
        for row in 0..<layout.height {
            let line = x + row * stride
            for column in 0..<layout.width {
                var value = line[column]
                if value < low { value = low }
                if value > high { value = high }
                line[column] = (value - least) * scale
            }
        }
    }

    /// With z = (x - min) / (max - min): dz/dmin = (z - 1) / (max - min), dz/dmax = -z / (max - min).
    private func extremes(
        _ patch: Int, _ channel: Int, _ workspace: SimilarityWorkspace<T>, _ own: Extremes, _ factor: Double,
        _ clamp: ClosedRange<Double>?, _ terms: inout PatchTerms
    ) {
        let stride = workspace.stride
        let z = workspace.y
        layout.gather(prediction, patch: patch, channel: channel, into: z, rowStride: stride)
        normalise(z, stride, own, clamp: clamp)
        for row in 0..<layout.height {
            for column in 0..<layout.width {
                let at = row * stride + column
                let slope = Double(workspace.gradient[at]) * factor * own.scale
                terms.byLeast += slope * (Double(z[at]) - 1)
                terms.byMost -= slope * Double(z[at])
            }
        }
    }

    /// No gradient where the prediction was clamped.
    private func blockOutside(
        _ clamp: ClosedRange<Double>, _ patch: Int, _ channel: Int, _ workspace: SimilarityWorkspace<T>
    ) {
        let (stride, raw) = (workspace.stride, workspace.y)
        layout.gather(prediction, patch: patch, channel: channel, into: raw, rowStride: stride)
        for row in 0..<layout.height {
            for at in row * stride..<row * stride + layout.width {
                let value = Double(raw[at])
                if value < clamp.lowerBound || value > clamp.upperBound { workspace.gradient[at] = 0 }
            }
        }
    }

    private func scatter(
        _ slopes: UnsafePointer<T>, rowStride: Int, times factor: Double, _ patch: Int, _ channel: Int
    ) {
        guard let gradient else { return }
        layout.scatter(
            slopes, rowStride: rowStride, times: T(factor), patch: patch, channel: channel, into: gradient)
    }

    // MARK: the range of an item

    /// What SSIM normalises prediction and target of each item by.
    private func ranges(_ workers: Workers) -> [(Extremes, Extremes)] {
        guard let similarity = loss.similarity?.loss else { return [] }
        let items = layout.itemCount
        switch similarity.normalisation {
        case .none:
            let unit = Extremes(least: 0, most: 1)
            return [(Extremes, Extremes)](repeating: (unit, unit), count: items)
        case .fixed(let range):
            let fixed = Extremes(least: range.lowerBound, most: range.upperBound)
            return [(Extremes, Extremes)](repeating: (fixed, fixed), count: items)
        case .ownRange, .targetRange:
            let found = UnsafeMutableBufferPointer<Extremes>.allocate(capacity: 2 * items)
            found.initialize(repeating: Extremes())
            defer { found.deallocate() }
            workers.forEach(2 * items) { index, _ in
                let item = index / 2
                let isTarget = index % 2 == 1
                found[index] = extremes(
                    (isTarget ? target : prediction) + item * layout.itemLength,
                    clamp: isTarget ? nil : similarity.clamp)
            }
            return (0..<items).map { item in
                let (own, targets) = (found[2 * item], found[2 * item + 1])
                return similarity.normalisation == .targetRange ? (targets, targets) : (own, targets)
            }
        }
    }

    private func extremes(_ values: UnsafePointer<T>, clamp: ClosedRange<Double>?) -> Extremes {
        let low = T(clamp?.lowerBound ?? -.infinity)
        let high = T(clamp?.upperBound ?? .infinity)
        var (least, most) = (T.infinity, -T.infinity)
        var (leastAt, mostAt) = (0, 0)
        for k in 0..<layout.itemLength {
            // Written so that a value that is not a number changes nothing: its patch says so itself.
            let value = values[k] < low ? low : values[k] > high ? high : values[k]
            if value < least { (least, leastAt) = (value, k) }
            if value > most { (most, mostAt) = (value, k) }
        }
        guard least <= most else { return Extremes() }
        return Extremes(least: Double(least), most: Double(most), leastAt: leastAt, mostAt: mostAt)
    }

    private func addGradientOfExtremes(
        _ terms: UnsafeMutableBufferPointer<PatchTerms>, _ ranges: [(Extremes, Extremes)]
    ) {
        guard let gradient else { return }
        var sums = [(least: Double, most: Double)](repeating: (0, 0), count: layout.itemCount)
        for patch in terms.indices {
            let item = layout.item(ofPatch: patch)
            sums[item].least += terms[patch].byLeast
            sums[item].most += terms[patch].byMost
        }
        let clamp = loss.similarity?.loss.clamp
        for item in 0..<layout.itemCount {
            let own = ranges[item].0
            for (at, slope) in [(own.leastAt, sums[item].least), (own.mostAt, sums[item].most)] {
                let place = item * layout.itemLength + at
                let value = Double(prediction[place])
                if let clamp, value < clamp.lowerBound || value > clamp.upperBound { continue }
                gradient[place] += T(slope)
            }
        }
    }
}
