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
            guard !a.patchShares.isEmpty else {
                for patch in 1...patches { Vectors.add(mean, rows + patch * width, into: mean, count: width) }
                Vectors.scale(mean, by: 1 / T(patches), count: width)
                continue
            }
            for patch in 1...patches {
                let (share, token) = (share(of: patch, in: image, a), rows + patch * width)
                for k in 0..<width { mean[k] += share * token[k] }
            }
        }
    }

    private func meanOfPatchesBackward(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (slope, rows) = (a.meanGradient + image * width, a.gradient + image * (patches + 1) * width)
            for patch in 1...patches {
                let row = rows + patch * width
                row.update(from: slope, count: width)
                Vectors.scale(row, by: share(of: patch, in: image, a), count: width)
            }
        }
    }

    /// What a patch (from 1) counts in the pool of its image.
    private func share(of patch: Int, in image: Int, _ a: VisionTransformerActivations<T>) -> T {
        let patches = configuration.patchCount
        return a.patchShares.isEmpty ? 1 / T(patches) : a.patchShares[image * patches + patch - 1]
    }

    /// √(Σ share (x - mean)² + ε): the ε keeps the slope finite where all patches are alike.
    private func spreadOfPatches(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, spread) = (a.mean + image * width, a.spread + image * width)
            let rows = a.states.output + image * (patches + 1) * width
            spread.update(repeating: 0, count: width)
            for patch in 1...patches {
                let (share, token) = (share(of: patch, in: image, a), rows + patch * width)
                for k in 0..<width { spread[k] += share * (token[k] - mean[k]) * (token[k] - mean[k]) }
            }
            for k in 0..<width { spread[k] = (spread[k] + T(1e-6)).squareRoot() }
        }
    }

    /// Adds share (x - mean) / spread times the slope; what the mean itself adds is 0, for the differences sum up to it.
    private func spreadOfPatchesBackward(_ count: Int, _ a: VisionTransformerActivations<T>) {
        let (width, patches) = (layers.blocks.width, configuration.patchCount)
        for image in 0..<count {
            let (mean, spread) = (a.mean + image * width, a.spread + image * width)
            let (tokens, rows) = (
                a.states.output + image * (patches + 1) * width, a.gradient + image * (patches + 1) * width
            )
            let slope = a.spreadGradient + image * width
            for k in 0..<width { slope[k] /= spread[k] }
            for patch in 1...patches {
                let share = share(of: patch, in: image, a)
                let (token, row) = (tokens + patch * width, rows + patch * width)
                for k in 0..<width { row[k] += share * slope[k] * (token[k] - mean[k]) }
            }
        }
    }
}
