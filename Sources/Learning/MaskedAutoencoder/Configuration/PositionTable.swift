import Foundation

/// Fixed sine and cosine positions in two dimensions, as the MAE repository makes them.
public enum PositionTable {
    /// [1 + rows · columns, width]: zeros for the class token, then the patches row by row. The first half of the features
    /// encodes the column, the second half the row; each half is sin(i f₀), sin(i f₁), …, cos(i f₀), … with
    /// f_j = 10000^(-j / (width / 4)).
    public static func sineCosine(width: Int, rows: Int, columns: Int) -> [Double] {
        precondition(width % 4 == 0, "a width of \(width) cannot be split into sines and cosines of two axes")
        let quarter = width / 4
        let frequencies = (0..<quarter).map { pow(10_000, -Double($0) / Double(quarter)) }
        var table = [Double](repeating: 0, count: width)
        table.reserveCapacity((1 + rows * columns) * width)
        for row in 0..<rows {
            for column in 0..<columns {
                for place in [column, row] {
                    table += frequencies.map { sin(Double(place) * $0) }
                    table += frequencies.map { cos(Double(place) * $0) }
                }
            }
        }
        return table
    }
}
