import Foundation
import SeededRandom
import TextureCore

/// Soft counts tending to the exact co-occurrence matrix of the same patch and bins as the bins' edges sharpen.
public struct SoftCountConvergence: Sendable {
    public struct Point: Hashable, Sendable {
        public var sharpness: Double
        /// Σ |soft - exact| / Σ exact over the cells of both directions; at most 2.
        public var difference: Double
    }

    public static let bins = 32
    public static let sharpnesses: [Double] = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 300, 500, 1000]
    public let points: [Point]

    /// Of a patch of 64 × 64 pixels that is always the same.
    public init() throws {
        var generator = SeededGenerator(seed: 3)
        let side = 64
        var level = 0.5
        let patch = (0..<side * side).map { _ in
            level = min(0.95, max(0.05, level + 0.05 * generator.normal()))
            return level
        }
        let grey = patch.map { UInt16(min(Double(Self.bins - 1), $0 * Double(Self.bins))) + 1 }
        let pairs = VoxelPairs(LevelGrid(size: [side, side, 1], levels: grey, greyLevelCount: Self.bins), reach: 1)
        let offsets = [Offset(1, 0), Offset(0, 1)]
        let exact = pairs.count(along: offsets).matrices(.directed)
        points = try Self.sharpnesses.map { sharpness in
            let levels = try SoftLevels(range: 0...1, bins: Self.bins, sharpness: sharpness)
            var (difference, total) = (0.0, 0.0)
            for (offset, counted) in zip(offsets, exact) {
                var cells = levels.cooccurrence(of: patch, width: side, offset: offset).dense
                for k in counted.counts.indices {
                    let (i, j) = (counted.levels[Int(counted.rows[k])], counted.levels[Int(counted.columns[k])])
                    cells[i - 1][j - 1] -= counted.counts[k]
                }
                difference += cells.joined().reduce(0) { $0 + abs($1) }
                total += counted.total
            }
            return Point(sharpness: sharpness, difference: difference / total)
        }
    }

    /// As CSV.
    public var table: String {
        points.reduce("sharpness,relative_difference\n") {
            $0 + "\($1.sharpness),\(String(format: "%.6f", $1.difference))\n"
        }
    }

    /// A figure, both axes logarithmic.
    public var svg: String {
        let (width, height, left, top) = (640.0, 400.0, 70.0, 30.0)
        func x(_ sharpness: Double) -> Double { left + (log10(sharpness) + 0.5) / 3.7 * (width - left - 20) }
        func y(_ difference: Double) -> Double { top + (0.5 - log10(difference)) / 3.5 * (height - top - 60) }
        func number(_ value: Double) -> String { String(format: "%.1f", value) }
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" font-family=\"sans-serif\" "
                + "font-size=\"12\">", "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        for tick in [0.5, 1, 5, 30, 100, 1000] {
            lines.append(
                "<path d=\"M\(number(x(tick))) \(top)V\(height - 60)\" stroke=\"#ddd\"/><text x=\"\(number(x(tick)))\" "
                    + "y=\"\(height - 42)\" text-anchor=\"middle\">\(tick == tick.rounded() ? "\(Int(tick))" : "\(tick)")</text>"
            )
        }
        for tick in [1.0, 0.1, 0.01] {
            lines.append(
                "<path d=\"M\(left) \(number(y(tick)))H\(width - 20)\" stroke=\"#ddd\"/><text x=\"\(left - 8)\" "
                    + "y=\"\(number(y(tick) + 4))\" text-anchor=\"end\">\(tick)</text>")
        }
        let path = points.map { "\(number(x($0.sharpness))) \(number(y($0.difference)))" }.joined(separator: "L")
        lines.append("<path d=\"M\(path)\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>")
        for point in points {
            lines.append(
                "<circle cx=\"\(number(x(point.sharpness)))\" cy=\"\(number(y(point.difference)))\" r=\"3\" fill=\"#06c\"/>"
            )
        }
        lines += [
            "<text x=\"\((width + left) / 2)\" y=\"\(height - 16)\" text-anchor=\"middle\">sharpness L "
                + "(bin length over bandwidth)</text>",
            "<text x=\"\(left)\" y=\"18\">Σ |soft - exact| / Σ exact of the co-occurrence matrix, "
                + "\(Self.bins) bins, 64 × 64 patch</text>", "</svg>",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
