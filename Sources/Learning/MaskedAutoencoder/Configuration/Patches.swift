import NeuralNetwork
import Parallel

/// Images to patch vectors and back: pixel (row, column) of channel c in a patch is value (row · p + column) · C + c of its
/// vector, and patches are counted row by row.
public struct Patches: Sendable {
    let rows: Int
    let columns: Int
    let side: Int
    let channels: Int

    public init(_ configuration: MaskedAutoencoderConfiguration) {
        (rows, columns) = (configuration.patchRows, configuration.patchColumns)
        (side, channels) = (configuration.patchSide, configuration.channels)
    }

    /// images [B, C, H, W] to patches [B, L, P]; undone by ``unpatchify(_:count:into:workers:)``.
    public func patchify<T: NetworkScalar>(
        _ images: UnsafePointer<T>, count: Int, into patches: UnsafeMutablePointer<T>, workers: Workers
    ) {
        let length = rows * columns * side * side * channels
        workers.forEach(count) { image, _ in
            copyToPatches(images + image * length, patches + image * length, self)
        }
    }

    /// patches [B, L, P] to images [B, C, H, W]; undone by ``patchify(_:count:into:workers:)``.
    public func unpatchify<T: NetworkScalar>(
        _ patches: UnsafePointer<T>, count: Int, into images: UnsafeMutablePointer<T>, workers: Workers
    ) {
        let length = rows * columns * side * side * channels
        workers.forEach(count) { image, _ in
            copyFromPatches(patches + image * length, images + image * length, self)
        }
    }

    /// Calls with the place of each line of a patch in an image [C, H, W] and in patches [L, P].
    @inline(__always)
    fileprivate func forEachLine(_ body: (_ inImage: Int, _ inPatches: Int) -> Void) {
        let width = columns * side
        for row in 0..<rows * side {
            for column in 0..<columns {
                let patch = row / side * columns + column
                for channel in 0..<channels {
                    body(
                        (channel * rows * side + row) * width + column * side,
                        (patch * side + row % side) * side * channels + channel)
                }
            }
        }
    }
}

@specialized(where T == Float)
@specialized(where T == Double)
private func copyToPatches<T>(_ image: UnsafePointer<T>, _ patches: UnsafeMutablePointer<T>, _ shape: Patches) {
    shape.forEachLine { inImage, inPatches in
        for k in 0..<shape.side { patches[inPatches + k * shape.channels] = image[inImage + k] }
    }
}

@specialized(where T == Float)
@specialized(where T == Double)
private func copyFromPatches<T>(_ patches: UnsafePointer<T>, _ image: UnsafeMutablePointer<T>, _ shape: Patches) {
    shape.forEachLine { inImage, inPatches in
        for k in 0..<shape.side { image[inImage + k] = patches[inPatches + k * shape.channels] }
    }
}
