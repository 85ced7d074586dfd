// What a probe knows of images: the tokens of a frozen encoder under the fixed views.

import MaskedAutoencoder
import NeuralNetwork
import Parallel
import Preparation

struct ProbeFeatures {
    private let encoder: FrozenEncoder
    private let readout: Readout
    private let looker: FixedViewLoader
    private let isInterrupted: @Sendable () -> Bool

    /// - Parameter settings: resolved, with mean and deviation.
    init(
        _ settings: FinetuningSettings, of weights: EncoderWeights, store: SliceStore, workers: Workers,
        isInterrupted: @escaping @Sendable () -> Bool
    ) throws {
        let normalisation = ChannelNormalisation(mean: settings.data.mean, deviation: settings.data.deviation)
        encoder = try FrozenEncoder(weights, configuration: try settings.configuration(), workers: workers)
        readout = Readout(pool: settings.model.pool, blocks: settings.model.blocks)
        try readout.check(encoder)
        looker = FixedViewLoader(settings.fixedViews(), normalisation: normalisation, slice: store.slice)
        self.isInterrupted = isInterrupted
    }

    /// What the read-out makes of each slice; of tiles and of the whole side by side where both are seen.
    func rows(of slices: [Int]) throws -> [[Float]] {
        var pooled: [Int: [FixedViews.Kind: PooledTokens]] = [:]
        try forEachView(of: slices) { view, tokens in
            pooled[view.slice, default: [:]][view.kind, default: PooledTokens(readout, of: encoder)].add(
                tokens, weights: weights(of: view))
        }
        return slices.map { slice in
            FixedViews.Kind.allCases.flatMap { kind in
                pooled[slice]?[kind]?.values(encoder).map { Float($0) } ?? []
            }
        }
    }

    /// The patch tokens of all views of each slice, of a region those that cover it; they stay in memory: 4 D bytes a patch.
    func tokens(of slices: [Int]) throws -> [ImageTokens] {
        let width = encoder.width
        var tokens: [Int: [Float]] = [:]
        try forEachView(of: slices) { view, found in
            let weights = weights(of: view)
            for patch in 0..<found[0].count / width - 1 where weights?[patch] != 0 {
                tokens[view.slice, default: []] += found[0][(patch + 1) * width..<(patch + 2) * width]
            }
        }
        return slices.map { ImageTokens(tokens[$0] ?? [], width: width) }
    }

    private func weights(of view: FixedViewLoader.View) -> [Double]? {
        view.region.map { regionPixels($0, inPatchesOf: encoder.configuration.patchSide, size: looker.views.size) }
    }

    /// Calls with the tokens of one view, [blocks][1 + L, D].
    private func forEachView(of slices: [Int], _ body: (FixedViewLoader.View, [[Float]]) -> Void) throws {
        try looker.forEachBatch(of: slices, atOnce: encoder.batchCapacity) { values, views in
            if isInterrupted() { throw CancellationError() }
            let tokens = encoder.tokens(of: values, count: views.count, for: readout)
            for (place, view) in views.enumerated() { body(view, tokens.map { $0[place] }) }
        }
    }
}

extension FinetuningSettings {
    /// Probabilities [slices][classes] of the test slices of a part, by a probe of its training slices.
    ///
    /// - Parameter labels: of the slices of the store.
    func probe(
        _ part: DatasetPart, _ features: ProbeFeatures, labels: (Int) -> Int?, classes: Int, workers: Workers
    ) throws -> [[Double]] {
        let known = part.training.compactMap(labels)
        switch model.probe {
        case .none: return []
        case .linear:
            return LinearProbe(
                try features.rows(of: part.training), labels: known, classes: classes, penalty: model.penalty
            ).probabilities(try features.rows(of: part.test))
        case .knn:
            return NeighbourProbe(
                try features.rows(of: part.training), labels: known, classes: classes, neighbours: model.neighbours
            ).probabilities(try features.rows(of: part.test))
        case .attentive:
            return AttentiveProbe(
                try features.tokens(of: part.training), labels: known, classes: classes, queries: model.heads,
                penalty: model.penalty, workers: workers
            ).probabilities(try features.tokens(of: part.test))
        }
    }
}
