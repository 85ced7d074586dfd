// What a reconstruction is held against: the guess of somebody who has learned nothing and sees what the encoder sees.

import NeuralNetwork
import TextureCore

extension MaskedAutoencoderPass {
    /// The pixels' loss of the mean of the visible patches, image by image and channel by channel, in the place of the
    /// prediction; of patches that are normalised each by itself, of their own mean, which is 0.
    public func meanGuess(_ loss: PixelLoss) throws -> Double {
        let (a, shape) = (lease.workspace, network.configuration)
        let guess = a.lossBuffers.slopes()
        switch loss.target {
        case .normalised: guess.update(repeating: 0, count: mask.imageCount * shape.imageLength)
        case .values: fillWithMeans(guess, a.target, mask, pixels: shape.patchSide * shape.patchSide, shape.channels)
        }
        return try ReconstructionLoss([.pixels(loss)]).evaluate(
            prediction: guess, target: a.target, mask: mask, shape: shape, gradient: nil, buffers: a.lossBuffers,
            workers: network.workers
        ).total
    }

    /// Mean squared error of the hidden patches in channel 0, of the network and of ``meanGuess(_:)``, in squared units of the
    /// images that went in.
    public func firstChannelErrors() -> (network: Double, meanGuess: Double) {
        let (a, shape) = (lease.workspace, network.configuration)
        let guess = a.lossBuffers.slopes()
        fillWithMeans(guess, a.target, mask, pixels: shape.patchSide * shape.patchSide, shape.channels)
        func error(_ found: UnsafePointer<T>) -> Double {
            firstChannelError(
                found, a.target, patches: mask.masked, pixels: shape.patchSide * shape.patchSide, shape.channels)
        }
        return (error(a.prediction), error(guess))
    }

    /// The mean of the tokens of the visible patches behind the encoder's norm, a row an image.
    public func meanTokens() -> [[Double]] {
        let (count, width) = (network.configuration.visibleCount, network.layers.encoder.width)
        return (0..<mask.imageCount).map { image in
            let first = lease.workspace.encoderNormed + (image * (count + 1) + 1) * width
            return (0..<width).map { column in
                (0..<count).reduce(0.0) { $0 + Double(first[$1 * width + column]) } / Double(count)
            }
        }
    }
}

/// Mean squared difference of channel 0 over patches.
@specialized(where T == Float)
@specialized(where T == Double)
private func firstChannelError<T: NetworkScalar>(
    _ found: UnsafePointer<T>, _ wanted: UnsafePointer<T>, patches: [Int], pixels: Int, _ channels: Int
) -> Double {
    var sum = 0.0
    for patch in patches {
        for pixel in patch * pixels..<(patch + 1) * pixels {
            let difference = Double(found[pixel * channels]) - Double(wanted[pixel * channels])
            sum += difference * difference
        }
    }
    return sum / Double(max(1, patches.count * pixels))
}

/// Every value of an image [L, P] becomes the mean of its channel over the visible patches.
@specialized(where T == Float)
@specialized(where T == Double)
private func fillWithMeans<T: NetworkScalar>(
    _ guess: UnsafeMutablePointer<T>, _ target: UnsafePointer<T>, _ mask: PatchMask, pixels: Int, _ channels: Int
) {
    let length = pixels * channels
    for (image, visible) in mask.visible.enumerated() {
        let first = image * mask.patchCount * length
        for channel in 0..<channels {
            var sum = 0.0
            for patch in visible {
                for pixel in 0..<pixels { sum += Double(target[first + patch * length + pixel * channels + channel]) }
            }
            let mean = T(sum / Double(max(1, visible.count * pixels)))
            for pixel in 0..<mask.patchCount * pixels { guess[first + pixel * channels + channel] = mean }
        }
    }
}
