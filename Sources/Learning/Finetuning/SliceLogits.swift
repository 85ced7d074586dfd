import MaskedAutoencoder
import NeuralNetwork
import Preparation

/// What a classifier says of slices under their fixed views: the logits of the tiles of a slice are averaged, and with those of
/// the whole where both are seen; the tiles of a region by its pixels in each.
struct SliceLogits {
    private let classes: Int
    private var sums: [Int: [FixedViews.Kind: (sum: [Double], weight: Double)]] = [:]

    /// - Parameter atOnce: views that go through the network together.
    init(
        of slices: [Int], under looker: FixedViewLoader, by network: VisionTransformer<Float>, atOnce: Int
    ) throws {
        let classes = network.layers.head?.outputs ?? 0
        self.classes = classes
        var sums = sums
        try looker.forEachBatch(of: slices, atOnce: atOnce) { values, views in
            let side = network.configuration.patchSide
            let weights = views.compactMap(\.region).map {
                regionPixels($0, inPatchesOf: side, size: looker.views.size)
            }
            let pass = network.forward(
                values, count: views.count, patchWeights: weights.isEmpty ? nil : weights)
            let scores = pass.values(of: .scores)
            for (place, view) in views.enumerated() {
                var part = sums[view.slice, default: [:]][view.kind] ?? ([Double](repeating: 0, count: classes), 0)
                for name in 0..<classes { part.sum[name] += view.weight * Double(scores[place * classes + name]) }
                part.weight += view.weight
                sums[view.slice, default: [:]][view.kind] = part
            }
        }
        self.sums = sums
    }

    /// Softmax of the mean over kinds of views of the mean over views.
    func probabilities(of slice: Int) -> [Double] {
        let means = FixedViews.Kind.allCases.compactMap { sums[slice]?[$0] }.map { part in
            part.sum.map { $0 / part.weight }
        }
        let logits = (0..<classes).map { name in means.reduce(0) { $0 + $1[name] } / Double(max(1, means.count)) }
        return CrossEntropy.probabilities(logits, classes: classes)
    }
}
