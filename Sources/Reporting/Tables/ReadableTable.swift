import Encoding
import Foundation

/// A table for a person at a terminal: features down, regions across, as many regions side by side as fit.
public final class ReadableTable {
    private let table: FeatureTable
    private let width: Int
    private var rows: [Int: [FeatureRow]] = [:]

    public init(_ table: FeatureTable, width: Int = 100) {
        (self.table, self.width) = (table, width)
    }

    public func append(_ more: [FeatureRow], caseNumber: Int) { rows[caseNumber, default: []] += more }

    public var text: String {
        let all = rows.sorted { $0.key < $1.key }.flatMap { $0.value.sortedByRegion() }
        let names = table.featureNames
        let nameWidth = max(20, names.map(\.count).max() ?? 0)
        let columnWidth = 22
        let across = max(1, (width - nameWidth) / (columnWidth + 2))
        var text = ""
        for start in stride(from: 0, to: all.count, by: across) {
            let group = all[start..<min(start + across, all.count)]
            func line(_ title: String, _ cells: [String]) {
                let cells = cells.map { "  " + Self.fit($0, columnWidth, .right) }
                text += Self.fit(title, nameWidth, .left) + cells.joined() + "\n"
            }
            func line(_ title: String, _ cell: (FeatureRow) -> String) { line(title, group.map(cell)) }
            line("case") { $0.identity.caseID.printable }
            line("roi") { ($0.identity.roi.isEmpty ? $0.identity.label : $0.identity.roi).printable }
            line("mask") { $0.diagnostics[.maskFile]?.printable ?? "-" }
            line("status") { $0.status.rawValue }
            line("voxels") { $0.diagnostics[.voxelsUsed] ?? "-" }
            line("discretisation") { $0.diagnostics[.discretisation] ?? "-" }
            let measures = group.map(table.measures(of:))
            for (k, name) in names.enumerated() {
                line(name, measures.map { $0[k].map { $0.value.map(Self.shown) ?? "undefined" } ?? "-" })
            }
            for row in group where !row.reason.isEmpty {
                text += "\(row.identity.caseID) \(row.identity.roi): \(row.reason)".printable + "\n"
            }
            text += "\n"
        }
        return text
    }

    private enum Side { case left, right }

    private static func fit(_ text: String, _ width: Int, _ side: Side) -> String {
        let cut = text.count > width ? text.prefix(width - 1) + "…" : text[...]
        let padding = String(repeating: " ", count: width - cut.count)
        return side == .left ? cut + padding : padding + cut
    }

    /// Seven significant digits: enough to look at; the table's file has all of them.
    private static func shown(_ value: Double) -> String {
        let text = value.shortestText
        guard text.count > 12, value != 0 else { return text }
        return String(format: "%.7g", value)
    }
}
