// From the tokens of an image to the feature that the head reads, and back: the class token or moments of the patch tokens, each
// behind a norm.

import NeuralNetwork

extension VisionTransformer {
    /// Tokens [B, 1 + L, D] to `feature` [B, F], F = D or, with moments, 2 D.
    func pool(_ count: Int, _ a: VisionTransformerActivations<T>, _ context: LayerContext<T>) {
        let width = layers.blocks.width
        if end.pool == .classToken {
            let image = (configuration.patchCount + 1) * width
            for number in 0..<count {
                (a.mean + number * width).update(from: a.states.output + number * image, count: width)
            }
        } else {
            meanOfPatches(count, a)
        }
        layers.norm.forward(a.mean, rows: count, into: a.normed, moments: a.moments, context)
        guard let spreadNorm = layers.spreadNorm else {
            return a.feature.update(from: a.normed, count: count * width)
        }
        spreadOfPatches(count, a)
        spreadNorm.forward(a.spread, rows: count, into: a.spreadNormed, moments: a.spreadMoments, context)
        for number in 0..<count {
            let feature = a.feature + 2 * number * width
            feature.update(from: a.normed + number * width, count: width)
            (feature + width).update(from: a.spreadNormed + number * width, count: width)
        }
    }

    /// `featureGradient` [B, F] to the gradient by the tokens [B, 1 + L, D], and those of the norms.
    func poolBackward(_ count: Int, _ a: VisionTransformerActivations<T>, _ context: LayerContext<T>) {
        let (width, rows) = (layers.blocks.width, configuration.patchCount + 1)
        let parts = layers.spreadNorm == nil ? 1 : 2
        for number in 0..<count {
            let feature = a.featureGradient + parts * number * width
            (a.normedGradient + number * width).update(from: feature, count: width)
            if parts == 2 { (a.spreadNormedGradient + number * width).update(from: feature + width, count: width) }
        }
        a.meanGradient.update(repeating: 0, count: count * width)
        layers.norm.backward(
            a.normedGradient, x: a.mean, moments: a.moments, rows: count, addingTo: a.meanGradient,
            recomputing: a.normed, context)
        a.gradient.update(repeating: 0, count: count * rows * width)
        if end.pool == .classToken {
            for number in 0..<count {
                (a.gradient + number * rows * width).update(from: a.meanGradient + number * width, count: width)
            }
        } else {
            meanOfPatchesBackward(count, a)
        }
        guard let spreadNorm = layers.spreadNorm else { return }
        a.spreadGradient.update(repeating: 0, count: count * width)
        spreadNorm.backward(
            a.spreadNormedGradient, x: a.spread, moments: a.spreadMoments, rows: count, addingTo: a.spreadGradient,
            recomputing: a.spreadNormed, context)
        spreadOfPatchesBackward(count, a)
    }

    private func meanOfPatches(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, rows) = (a.mean + image * width, a.states.output + image * (patches + 1) * width)
            mean.update(repeating: 0, count: width)
            for patch in 1...patches { Vectors.add(mean, rows + patch * width, into: mean, count: width) }
            Vectors.scale(mean, by: 1 / T(patches), count: width)
        }
    }

    private func meanOfPatchesBackward(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (slope, rows) = (a.meanGradient + image * width, a.gradient + image * (patches + 1) * width)
            Vectors.scale(slope, by: 1 / T(patches), count: width)
            for patch in 1...patches { (rows + patch * width).update(from: slope, count: width) }
        }
    }

    /// √(Σ (x - mean)² / L + ε): the ε keeps the slope finite where all patches are alike.
    private func spreadOfPatches(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, spread) = (a.mean + image * width, a.spread + image * width)
            let rows = a.states.output + image * (patches + 1) * width
            spread.update(repeating: 0, count: width)
            for patch in 1...patches {
                let token = rows + patch * width
                for k in 0..<width { spread[k] += (token[k] - mean[k]) * (token[k] - mean[k]) }
            }
            for k in 0..<width { spread[k] = (spread[k] / T(patches) + T(1e-6)).squareRoot() }
        }
    }

    /// Adds (x - mean) / (L · spread) times the slope; what the mean itself adds is 0, for the differences sum up to it.
    private func spreadOfPatchesBackward(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, spread) = (a.mean + image * width, a.spread + image * width)
            let (tokens, rows) = (
                a.states.output + image * (patches + 1) * width, a.gradient + image * (patches + 1) * width
            )
            let slope = a.spreadGradient + image * width
            for k in 0..<width { slope[k] /= T(patches) * spread[k] }
            for patch in 1...patches {
                let (token, row) = (tokens + patch * width, rows + patch * width)
                for k in 0..<width { row[k] += slope[k] * (token[k] - mean[k]) }
            }
        }
    }
}
