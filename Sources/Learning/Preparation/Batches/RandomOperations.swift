import Foundation
import SeededRandom

/// Which random operations a training image goes through after its crop, by timm's names.
public enum RandomOperations: String, CaseIterable, Hashable, Sendable {
    case none
    /// RandAugment (Cubuk, Zoph, Shlens, Le 2020, arXiv:1909.13719) as timm has it and the MAE recipe uses it: two operations in a
    /// row, each left out one time in two, of strength 9 ± 0.5 of 10, the stronger the more they change.
    case randAugment = "rand-m9-mstd0.5-inc1"

    /// A view of grey values 0...1 `[size, size]` after the operations. Draws nothing when there are none.
    ///
    /// - Parameter fill: what lies beyond the borders, 0...1: the mean of the images.
    func applied(to view: [Float], size: Int, fill: Float, _ generator: inout SeededGenerator) -> [Float] {
        guard self == .randAugment else { return view }
        var view = view.map { $0 * 255 }
        for _ in 0..<2 {
            let operation = ImageOperation.allCases[generator.integer(below: ImageOperation.allCases.count)]
            guard generator.uniform() < 0.5 else { continue }
            let strength = min(max(9 + 0.5 * generator.normal(), 0), 10)
            let sign: Double = generator.uniform() < 0.5 ? -1 : 1
            view = operation.applied(to: view, size: size, strength: strength, sign: sign, fill: fill * 255)
        }
        return view.map { $0 / 255 }
    }
}

/// One operation of RandAugment on a grey picture. Values are 0...255 and, unlike those of Pillow, which defines the operations,
/// are not rounded between them, so that an image of 16 bits keeps its levels.
package enum ImageOperation: String, CaseIterable, Hashable, Sendable {
    // In the order of timm's _RAND_INCREASING_TRANSFORMS.
    case autoContrast, equalize, invert, rotate, posterize, solarize, solarizeAdd
    /// Of saturation, which grey has none of.
    case color
    case contrast, brightness, sharpness, shearX, shearY, translateX, translateY

    /// - Parameters:
    ///   - strength: 0...10.
    ///   - sign: of the operations that go both ways.
    ///   - fill: 0...255.
    package func applied(
        to view: [Float], size: Int, strength: Double, sign: Double, fill: Float
    ) -> [Float] {
        let share = strength / 10
        let factor = Float(max(0.1, 1 + sign * 0.9 * share))
        func affine(_ matrix: [Double]) -> [Float] { Self.affine(view, size, matrix, fill) }
        switch self {
        case .autoContrast: return Self.stretched(view)
        case .equalize: return Self.equalised(view)
        case .invert: return view.map { 255 - $0 }
        case .rotate:
            let (angle, centre) = (-sign * share * 30 * .pi / 180, Double(size) / 2)
            let (c, s) = (cos(angle), sin(angle))
            return affine([c, s, centre - c * centre - s * centre, -s, c, centre + s * centre - c * centre])
        case .posterize:
            let step = Float(1 << (8 - (4 - Int(share * 4))))
            return view.map { ($0 / step).rounded(.down) * step }
        case .solarize:
            let threshold = Float(256 - min(256, Int(share * 256)))
            return view.map { $0 < threshold ? $0 : 255 - $0 }
        case .solarizeAdd:
            let added = Float(min(128, Int(share * 110)))
            return view.map { $0 < 128 ? min(255, $0 + added) : $0 }
        case .color: return view
        case .contrast:
            let mean = (view.reduce(0, +) / Float(view.count)).rounded()
            return view.map { Self.clipped(mean + factor * ($0 - mean)) }
        case .brightness: return view.map { Self.clipped(factor * $0) }
        case .sharpness: return zip(Self.smoothed(view, size), view).map { Self.clipped($0 + factor * ($1 - $0)) }
        case .shearX: return affine([1, sign * share * 0.3, 0, 0, 1, 0])
        case .shearY: return affine([1, 0, 0, sign * share * 0.3, 1, 0])
        case .translateX: return affine([1, 0, sign * share * 0.45 * Double(size), 0, 1, 0])
        case .translateY: return affine([1, 0, 0, 0, 1, sign * share * 0.45 * Double(size)])
        }
    }

    private static func clipped(_ value: Float) -> Float { min(max(value, 0), 255) }

    /// From the smallest to the largest value over all of 0...255.
    private static func stretched(_ view: [Float]) -> [Float] {
        let (low, high) = (view.min() ?? 0, view.max() ?? 0)
        guard high > low else { return view }
        return view.map { ($0 - low) * 255 / (high - low) }
    }

    /// Pillow's histogram equalisation of 256 levels.
    private static func equalised(_ view: [Float]) -> [Float] {
        let levels = view.map { Int(clipped($0).rounded()) }
        var histogram = [Int](repeating: 0, count: 256)
        for level in levels { histogram[level] += 1 }
        let step = (view.count - (histogram.last { $0 > 0 } ?? 0)) / 255
        guard histogram.count(where: { $0 > 0 }) > 1, step > 0 else { return view }
        var (table, count) = ([Float](), step / 2)
        for bin in histogram {
            table.append(Float(min(255, count / step)))
            count += bin
        }
        return levels.map { table[$0] }
    }

    /// Pillow's SMOOTH: a kernel of 3 × 3 with 5 in its middle, over 13; the border stays.
    private static func smoothed(_ view: [Float], _ size: Int) -> [Float] {
        var result = view
        guard size > 2 else { return result }
        for y in 1..<size - 1 {
            for x in 1..<size - 1 {
                var sum = 4 * view[y * size + x]
                for row in y - 1...y + 1 {
                    for column in x - 1...x + 1 { sum += view[row * size + column] }
                }
                result[y * size + x] = sum / 13
            }
        }
        return result
    }

    /// The picture at `(a x + b y + c, d x + e y + f)`, by Pillow's bicubic kernel (a = -1) and pixel centres at ½; what comes from
    /// beyond the borders is `fill`.
    private static func affine(_ view: [Float], _ size: Int, _ matrix: [Double], _ fill: Float) -> [Float] {
        func cubic(_ v: (Double, Double, Double, Double), _ d: Double) -> Double {
            v.1 + d * (v.2 - v.0 + d * (2 * (v.0 - v.1) + v.2 - v.3 + d * (v.1 - v.0 + v.3 - v.2)))
        }
        let extent = Double(size)
        func inside(_ place: Int) -> Int { min(max(place, 0), size - 1) }
        var result = [Float](repeating: fill, count: view.count)
        for row in 0..<size {
            for column in 0..<size {
                let (x, y) = (Double(column) + 0.5, Double(row) + 0.5)
                let fromX = matrix[0] * x + matrix[1] * y + matrix[2]
                let fromY = matrix[3] * x + matrix[4] * y + matrix[5]
                guard fromX >= 0, fromX < extent, fromY >= 0, fromY < extent else { continue }
                let (left, top) = ((fromX - 0.5).rounded(.down), (fromY - 0.5).rounded(.down))
                let (dx, dy) = (fromX - 0.5 - left, fromY - 0.5 - top)
                func line(_ offset: Int) -> Double {
                    let start = inside(Int(top) + offset) * size
                    func value(_ place: Int) -> Double { Double(view[start + inside(Int(left) + place)]) }
                    return cubic((value(-1), value(0), value(1), value(2)), dx)
                }
                result[row * size + column] = clipped(Float(cubic((line(-1), line(0), line(1), line(2)), dy)))
            }
        }
        return result
    }
}
