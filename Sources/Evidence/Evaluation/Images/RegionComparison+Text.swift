import Encoding
import Statistics

extension RegionComparison {
    private var first: String { compared.names[0] }
    private var second: String { compared.names[1] }

    // MARK: The answer

    /// Whether the texture differs, how, and most of all in what.
    package var answer: String { (region.isEmpty ? "" : region + ": ") + finding }

    private var finding: String {
        let defined = rows.filter { $0.difference != nil }
        guard !defined.isEmpty else {
            return "No feature is defined in both \(first) and \(second): nothing can be said of their texture."
        }
        if compared.pairs.allSatisfy({ $0.voxels?.changed == 0 }) {
            return "\(first) and \(second) hold the same values, voxel by voxel: every difference is 0."
        }
        return (unitCount >= TextureComparison.fewestUnits ? tested(defined) : counted(defined)) + mostOfAll
    }

    /// Without a test: in which direction features go.
    private func counted(_ defined: [Row]) -> String {
        let (up, down) = (defined.count { $0.lower + $0.equal == 0 }, defined.count { $0.higher + $0.equal == 0 })
        let same = defined.count { $0.higher + $0.lower == 0 }
        guard same < defined.count else {
            return "\(first) and \(second) differ in no texture feature: all \(defined.count) are equal."
        }
        let rest = defined.count - up - down - same
        var parts = ["\(up) higher in \(second)", "\(down) lower"]
        if same > 0 { parts.append("\(same) equal") }
        if rest > 0 { parts.append("\(rest) now higher, now lower") }
        let across = unitCount == 1 ? "" : ", in all \(countOfUnits) alike"
        return "The texture of \(second) differs from that of \(first)\(across): of \(defined.count) features "
            + parts.joined(separator: ", ") + "."
    }

    private func tested(_ defined: [Row]) -> String {
        let proven = defined.filter { ($0.corrected ?? 1) < 0.05 }
        guard !proven.isEmpty else {
            let single = defined.count { ($0.probability ?? 1) < 0.05 }
            let few = smallNumbers == nil ? "" : ", nor could so few prove one"
            return "No difference of texture between \(first) and \(second) is proven over \(countOfUnits)\(few): of "
                + "\(defined.count) features none has p < 0.05 after Holm's correction (\(single) before it)."
        }
        let (up, down) = (proven.count { ($0.difference ?? 0) > 0 }, proven.count { ($0.difference ?? 0) < 0 })
        return
            "The texture of \(second) differs from that of \(first) over \(countOfUnits): of \(defined.count) features "
            + "\(up) higher in \(second), \(down) lower (p < 0.05 after Holm's correction)."
    }

    private var mostOfAll: String {
        let changed = rows.indices.filter { rows[$0].difference.map { $0 != 0 } ?? false }
        // What changes its sign lies near 0, where any difference is large beside it.
        let steady = changed.filter { rows[$0].change != nil }
        let order = steady.isEmpty ? changed : steady
        func size(_ row: Row) -> Double { abs(quantileOfRelative(row)) }
        guard let most = order.max(by: { size(rows[$0]) < size(rows[$1]) }), let a = rows[most].first,
            let b = rows[most].second
        else { return "" }
        let change = rows[most].change.map { ", " + shownPercent($0) } ?? ""
        return
            " Most of all \(PictureComparison.features[most].title): \(shownBriefly(a)) and \(shownBriefly(b))\(change)."
    }

    private func quantileOfRelative(_ row: Row) -> Double {
        let sorted = row.relative.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    // MARK: How many, and what they can prove

    /// `6 patients`, `3 pairs of pictures`.
    package var countOfUnits: String {
        switch unit {
        case .patients: unitCount == 1 ? "1 patient" : "\(unitCount) patients"
        case .pairs: unitCount == 1 ? "1 pair of \(compared.things)" : "\(unitCount) pairs of \(compared.things)"
        }
    }

    /// What so few cases can and cannot prove; nil where there are enough.
    package var smallNumbers: String? {
        TextureComparison.smallNumbers(units: unitCount, named: countOfUnits, rows: testedRows)
    }

    // MARK: The table

    /// One row per feature.
    package var table: PlainTable {
        let median = unitCount > 1 ? ", median" : ""
        var header = ["", first + median, second + median, "difference", "of the first"]
        if unitCount > 1 {
            header.append(unitCount >= TextureComparison.fewestUnits ? "95 %" : "smallest to largest")
            header.append("higher / lower")
        }
        if unitCount >= TextureComparison.fewestUnits { header += ["p", "p (Holm)"] }
        var table = PlainTable(header)
        table.rows = zip(PictureComparison.features, rows).map { feature, row in
            var cells = [feature.title]
            cells += [row.first, row.second].map { $0.map(shownBriefly) ?? "undefined" }
            cells += [row.difference.map(shownSigned) ?? "-", row.change.map(shownPercent) ?? "-"]
            if unitCount > 1 {
                cells.append(
                    row.spread.map { "\(shownSigned($0.interval.low)) to \(shownSigned($0.interval.high))" } ?? "-")
                cells.append("\(row.higher) / \(row.lower)")
            }
            if unitCount >= TextureComparison.fewestUnits {
                cells += [row.probability, row.corrected].map { $0.map(shownProbability) ?? "-" }
            }
            return cells
        }
        return table
    }
}
