import Foundation

/// Consensus values of IBSI-1, as its reference tables have them: tag, value, tolerance.
package struct ConsensusTable: Sendable {
    package struct Row: Sendable {
        package var tag: String
        package var value: Double
        package var tolerance: Double
        /// Significant digits that the value is printed with, at least three; the 0 of 1490 is not one of them.
        package var digits: Int

        /// The published values are rounded, so what is compared is rounded the same way first (as MIRP's own tests do).
        package func holds(_ found: Double) -> Bool {
            abs(rounded(found) - value) <= tolerance + 1e-9 * abs(value)
        }

        private func rounded(_ x: Double) -> Double {
            guard x != 0, x.isFinite else { return x }
            return Double(String(format: "%.\(digits - 1)e", x)) ?? x
        }
    }

    package let rows: [Row]

    /// With a heading; rows end at any white space.
    package init(csv text: String) {
        rows = text.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { line in
            let fields = line.split(separator: ",").map(String.init)
            guard fields.count == 3, let value = Double(fields[1]), let tolerance = Double(fields[2]) else {
                return nil
            }
            let printed = fields[1].lowercased().split(separator: "e")[0]
            var mantissa = printed.filter(\.isNumber).drop { $0 == "0" }
            while !printed.contains("."), mantissa.last == "0" { mantissa.removeLast() }
            return Row(tag: fields[0], value: value, tolerance: tolerance, digits: max(3, mantissa.count))
        }
    }

    package func rows(of prefixes: [String]) -> [Row] {
        rows.filter { row in prefixes.contains { row.tag.hasPrefix($0) } }
    }

    /// The rows that do not hold, in words; `found` gives the value of a tag.
    package static func failures(_ rows: [Row], _ found: (String) -> Double?) -> [String] {
        rows.compactMap { row in
            guard let value = found(row.tag) else { return "\(row.tag): no value, expected \(row.value)" }
            return row.holds(value) ? nil : "\(row.tag): \(value), expected \(row.value) ± \(row.tolerance)"
        }
    }
}
