// SSIM (Wang, Bovik, Sheikh & Simoncelli 2004) of one channel of one patch, and its gradient by the first image.
//
// Legend: k taps; x, y the two images [h][w]; blur = the separable Gaussian at the (h - k + 1)(w - k + 1) positions where
// the whole window fits; mx = blur x, and so on. Rows are padded to whole vectors of eight.

import Glibc

/// Structural similarity with a Gaussian window: no padding, so only positions where the whole window fits count, and the
/// similarity of a patch is the mean over them and over the channels; the loss is 1 - SSIM.
public struct StructuralSimilarity: Hashable, Sendable {
    /// How values are brought to 0…1, the data range of the constants, before.
    public enum RangeNormalisation: Hashable, Sendable {
        /// Not at all: they are in 0…1 already.
        case none
        /// (x - min) / (max - min) over each whole item (image: all its patches and channels, chosen or not), the
        /// prediction by its own, as the authors' program. The gradient flows through minimum and maximum into the first
        /// element that has each. An item of one value becomes 0 and has no gradient.
        case ownRange
        /// Both by the target's minimum and maximum over the item: the prediction's range is then something to get right.
        case targetRange
        /// Both by the same two numbers, e.g. the range of the data set.
        case fixed(ClosedRange<Double>)
    }

    /// Taps of the window, odd. Where it is larger than the patch it shrinks to the largest odd size that fits
    /// (``window(width:height:)``), with the same σ.
    public let window: Int
    public let sigma: Double
    public let normalisation: RangeNormalisation
    /// Predictions are clamped to this range first (no gradient outside, one at the ends); nil: taken as they are.
    public let clamp: ClosedRange<Double>?
    static let c1 = 0.01 * 0.01
    static let c2 = 0.03 * 0.03

    public init(
        window: Int = 11, sigma: Double = 1.5, normalisation: RangeNormalisation = .ownRange,
        clamp: ClosedRange<Double>? = nil
    ) throws(StructuralSimilarityError) {
        guard window >= 1, window % 2 == 1, window <= 255 else { throw .badWindow(found: window) }
        guard sigma > 0, sigma.isFinite else { throw .badSigma(found: sigma) }
        if case .fixed(let range) = normalisation {
            guard range.lowerBound < range.upperBound, (range.upperBound - range.lowerBound).isFinite else {
                throw .badRange(lower: range.lowerBound, upper: range.upperBound)
            }
        }
        (self.window, self.sigma, self.normalisation, self.clamp) = (window, sigma, normalisation, clamp)
    }

    /// Taps of the window in a patch: the largest odd number that is neither above ``window`` nor above a side.
    public func window(width: Int, height: Int) -> Int {
        let most = min(window, width, height)
        return most % 2 == 1 ? most : most - 1
    }

    /// exp(-t² / 2σ²), normalised to sum 1.
    public static func taps(_ count: Int, sigma: Double) -> [Double] {
        let middle = Double(count - 1) / 2
        let raw = (0..<count).map { exp(-(Double($0) - middle) * (Double($0) - middle) / (2 * sigma * sigma)) }
        let sum = raw.reduce(0, +)
        return raw.map { $0 / sum }
    }
}

public enum StructuralSimilarityError: Error, Equatable, CustomStringConvertible {
    case badWindow(found: Int)
    case badSigma(found: Double)
    case badRange(lower: Double, upper: Double)

    public var description: String {
        switch self {
        case .badWindow(let found): "an SSIM window of \(found) taps; expected an odd number from 1 to 255"
        case .badSigma(let found): "an SSIM window with σ \(found); expected a positive number"
        case .badRange(let lower, let upper):
            "SSIM's range \(lower)…\(upper); expected two numbers, the lower one first"
        }
    }
}

/// What one thread needs for SSIM of patches of one size; made once, used for many.
final class SimilarityWorkspace<T: SoftScalar> {
    typealias V = T.Wide
    private let width: Int
    private let height: Int
    private let taps: [T]
    /// Positions of the window.
    private let columns: Int
    private let rows: Int
    /// Distance of rows in all planes: the width or, left of it, a window less one of zeros, and room for a whole vector.
    let stride: Int
    private let margin: Int
    /// x, y, x² + y², x y [h]; their vertical blurs [rows]; three gradients of the blurs [rows]; those blurred back [h].
    private let planes: UnsafeMutablePointer<T>
    private let planeSize: Int

    init(_ similarity: StructuralSimilarity, width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        let count = similarity.window(width: width, height: height)
        taps = StructuralSimilarity.taps(count, sigma: similarity.sigma).map { T($0) }
        (columns, rows) = (width - count + 1, height - count + 1)
        margin = count - 1
        stride = (width + 7) / 8 * 8 + margin + 8
        planeSize = stride * height
        planes = .allocate(capacity: planeSize * 14)
        planes.initialize(repeating: 0, count: planeSize * 14)
    }

    deinit { planes.deallocate() }

    /// The two images, to be filled row by row at ``stride`` before ``evaluate(givesGradient:)``.
    var x: UnsafeMutablePointer<T> { planes }
    var y: UnsafeMutablePointer<T> { planes + planeSize }
    /// d(mean similarity)/dx, at ``stride``.
    var gradient: UnsafeMutablePointer<T> { planes + 11 * planeSize }

    private func plane(_ index: Int) -> UnsafeMutablePointer<T> { planes + index * planeSize }

    /// The mean similarity over the positions of the window.
    func evaluate(givesGradient: Bool) -> Double {
        let (meanX, meanY) = centre()
        for map in 0..<4 { blurRowsDown(plane(map), into: plane(4 + map)) }
        let sum = comparePositions(meanX, meanY, givesGradient: givesGradient)
        if givesGradient { blurBack() }
        return sum / Double(rows * columns)
    }

    /// Takes the mean of each image out, so that blur(x²) - (blur x)² does not cancel, and forms x² + y² and x y.
    private func centre() -> (T, T) {
        var (sumX, sumY) = (V(repeating: 0), V(repeating: 0))
        for row in 0..<height {
            for column in Swift.stride(from: 0, to: width, by: 8) {
                sumX = sumX + vector(x, row, column)
                sumY = sumY + vector(y, row, column)
            }
        }
        let pixels = T(width * height)
        let (meanX, meanY) = (sumX.total / pixels, sumY.total / pixels)
        let (squares, products) = (plane(2), plane(3))
        for row in 0..<height {
            for column in Swift.stride(from: 0, to: width, by: 8) {
                let at = row * stride + column
                let (a, b) = (V.load(x + at) - V(repeating: meanX), V.load(y + at) - V(repeating: meanY))
                a.store(x + at)
                b.store(y + at)
                (a * a + b * b).store(squares + at)
                (a * b).store(products + at)
            }
        }
        return (meanX, meanY)
    }

    /// Eight values, zero beyond the width.
    private func vector(_ plane: UnsafeMutablePointer<T>, _ row: Int, _ column: Int) -> V {
        var values = V.load(plane + row * stride + column)
        if column + 8 > width {
            for lane in width - column..<8 { values[lane] = 0 }
        }
        return values
    }

    private func blurRowsDown(_ source: UnsafeMutablePointer<T>, into target: UnsafeMutablePointer<T>) {
        taps.withUnsafeBufferPointer { taps in
            for row in 0..<rows {
                for column in Swift.stride(from: 0, to: width, by: 8) {
                    var sum = V(repeating: 0)
                    var line = source + row * stride + column
                    for tap in taps {
                        sum = sum.adding(tap, V.load(line))
                        line += stride
                    }
                    sum.store(target + row * stride + column)
                }
            }
        }
    }

    /// Blurs along the rows and compares: with A1 = 2 mx my + C1, B1 = mx² + my² + C1, A2 = 2 cov + C2, B2 = vx + vy + C2 the
    /// similarity s = A1 A2 / (B1 B2); the gradients by blur x, blur (x² + y²) and blur (x y) go into planes 8, 9, 10.
    private func comparePositions(_ meanX: T, _ meanY: T, givesGradient: Bool) -> Double {
        let (c1, c2) = (V(repeating: T(StructuralSimilarity.c1)), V(repeating: T(StructuralSimilarity.c2)))
        let share = 1 / T(rows * columns)
        var total = 0.0
        for row in 0..<rows {
            for column in Swift.stride(from: 0, to: columns, by: 8) {
                let at = row * stride + column
                let (x0, y0) = (blur(4, at), blur(5, at))
                let (squares, products) = (blur(6, at), blur(7, at))
                let (mx, my) = (x0 + V(repeating: meanX), y0 + V(repeating: meanY))
                let a1 = mx * my * 2 + c1
                let b1 = (mx * mx + my * my + c1).reciprocal
                let a2 = (products - x0 * y0) * 2 + c2
                let b2 = (squares - x0 * x0 - y0 * y0 + c2).reciprocal
                let b = b1 * b2
                let s = a1 * a2 * b
                let valid = Swift.min(8, columns - column)
                for lane in 0..<valid { total += Double(s[lane]) }
                guard givesGradient else { continue }
                var byX = ((my * a2 - y0 * a1) * b - mx * s * b1 + x0 * s * b2) * (2 * share)
                var bySquares = s * b2 * (-share)
                var byProducts = a1 * b * (2 * share)
                for lane in valid..<8 { (byX[lane], bySquares[lane], byProducts[lane]) = (0, 0, 0) }
                // Shifted by the margin: zeros on the left, and on the right, let the blur back run over whole rows.
                byX.store(plane(8) + at + margin)
                bySquares.store(plane(9) + at + margin)
                byProducts.store(plane(10) + at + margin)
            }
        }
        return total
    }

    private func blur(_ map: Int, _ at: Int) -> V {
        taps.withUnsafeBufferPointer { taps in
            var sum = V(repeating: 0)
            var source = plane(map) + at
            for tap in taps {
                sum = sum.adding(tap, V.load(source))
                source += 1
            }
            return sum
        }
    }

    /// d/dx = blurᵀ(by blur x) + 2 x blurᵀ(by squares) + y blurᵀ(by products).
    private func blurBack() {
        taps.withUnsafeBufferPointer { taps in
            for map in 0..<3 {
                // Along the rows, into the planes of the vertical blurs, which are done with: taps are symmetric, so the
                // transposed blur is the blur of the row with zeros on both sides.
                let (source, between) = (plane(8 + map), plane(4 + map))
                for row in 0..<rows {
                    for column in Swift.stride(from: 0, to: width, by: 8) {
                        var sum = V(repeating: 0)
                        var from = source + row * stride + column
                        for tap in taps {
                            sum = sum.adding(tap, V.load(from))
                            from += 1
                        }
                        sum.store(between + row * stride + column)
                    }
                }
                let target = plane(11 + map)
                for row in 0..<height {
                    let used = Swift.max(0, row - rows + 1)...Swift.min(row, margin)
                    for column in Swift.stride(from: 0, to: width, by: 8) {
                        var sum = V(repeating: 0)
                        for k in used {
                            sum = sum.adding(taps[k], V.load(between + (row - k) * stride + column))
                        }
                        sum.store(target + row * stride + column)
                    }
                }
            }
        }
        for row in 0..<height {
            for column in Swift.stride(from: 0, to: width, by: 8) {
                let at = row * stride + column
                let bySquares = V.load(plane(12) + at) * V.load(x + at) * 2
                let byProducts = V.load(plane(13) + at) * V.load(y + at)
                (V.load(gradient + at) + bySquares + byProducts).store(gradient + at)
            }
        }
    }
}
