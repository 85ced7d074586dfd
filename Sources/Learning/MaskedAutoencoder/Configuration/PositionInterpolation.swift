import Foundation

extension PositionTable {
    /// A table [1 + rows · columns, width] for another grid: the class token's row as it is, the patches' bicubically as
    /// PyTorch's `interpolate(mode="bicubic", align_corners=False)` does it (Keys' kernel with a = -0.75, edges repeated, no
    /// antialiasing), which the MAE repository uses to fine-tune at another image size.
    public static func interpolated(
        _ table: [Double], width: Int, from: (rows: Int, columns: Int), to: (rows: Int, columns: Int)
    ) -> [Double] {
        precondition(table.count == (1 + from.rows * from.columns) * width, "\(table.count) positions for \(from)")
        guard from != to else { return table }
        let (vertical, horizontal) = (taps(from.rows, to.rows), taps(from.columns, to.columns))
        var result = Array(table[..<width])
        result.reserveCapacity((1 + to.rows * to.columns) * width)
        for row in vertical {
            for column in horizontal {
                var sum = [Double](repeating: 0, count: width)
                for (y, weightY) in row {
                    for (x, weightX) in column {
                        let start = (1 + y * from.columns + x) * width
                        for k in 0..<width { sum[k] += weightY * weightX * table[start + k] }
                    }
                }
                result += sum
            }
        }
        return result
    }

    /// For every place of the new axis four places of the old one with their weights.
    private static func taps(_ from: Int, _ to: Int) -> [[(place: Int, weight: Double)]] {
        let a = -0.75
        func kernel(_ x: Double) -> Double {
            let x = abs(x)
            if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
        }
        return (0..<to).map { place in
            let source = (Double(place) + 0.5) * Double(from) / Double(to) - 0.5
            let first = Int(source.rounded(.down))
            return (first - 1...first + 2).map { (min(max($0, 0), from - 1), kernel(source - Double($0))) }
        }
    }
}
