import Encoding

extension ImageComparison {
    private var first: String { compared.names[0] }
    private var second: String { compared.names[1] }

    /// For a person: the answer, then the tables, then what so few cases cannot prove.
    package var text: String {
        var text = answers.joined(separator: "\n") + "\n" + summary + "\n\n"
        let shownTables = regions.prefix(Self.mostTables)
        for region in shownTables {
            if regions.count > 1 { text += region.region + "\n" }
            text += region.table.text + "\n"
        }
        if regions.count > shownTables.count {
            text += "The tables of the other \(regions.count - shownTables.count) regions: -o report.html\n\n"
        }
        return text + intensityTable.text + smallNumbers.map { "\n" + $0 }.joined() + (smallNumbers.isEmpty ? "" : "\n")
    }

    private static let mostTables = 4

    /// Whether the texture differs, how, and most of all in what: a sentence or two for each region.
    package var answers: [String] { regions.map(\.answer) }

    /// What so few cases can and cannot prove, each once.
    package var smallNumbers: [String] {
        var said: [String] = []
        for text in regions.compactMap(\.smallNumbers) where !said.contains(text) { said.append(text) }
        return said
    }

    // MARK: What was compared

    /// Of what, with which grey levels, and which way differences are.
    package var summary: String {
        let count = Set(compared.pairs.map(\.region)).subtracting([""]).count
        let units = regions[0].unit == .patients ? Set(compared.pairs.map(\.patient)).count : 0
        let images = Set(compared.pairs.map(\.name)).count
        var parts = units > 0 ? [units == 1 ? "1 patient" : "\(units) patients"] : []
        if images != units {
            parts.append(images == 1 ? "1 pair of \(compared.things)" : "\(images) pairs of \(compared.things)")
        }
        if count > 0 { parts.append(count == 1 ? "1 region" : "\(count) regions") }
        return parts.joined(separator: ", ") + "; " + windowWords + ". Differences are \(second) minus \(first): "
            + "above 0 is higher in \(second)."
    }

    /// Of every modality.
    package var windowWords: String {
        let words = regions.map { ($0.compared.pairs[0].modality, $0.compared.windowWords) }
        guard Set(words.map(\.1)).count > 1 else { return words[0].1 }
        var said: [String] = []
        for text in words.map({ "\($0.0): \($0.1)" }) where !said.contains(text) { said.append(text) }
        return said.joined(separator: "; ")
    }

    /// Grey values of each pair, at most 20.
    package var intensityTable: PlainTable {
        let unit = compared.unit.isEmpty ? "" : ", \(compared.unit)"
        var table = PlainTable([
            "values\(unit)", "mean \(first)", "mean \(second)", "difference", "SD \(first)", "SD \(second)",
            "voxels", "cut",
        ])
        table.rows = compared.pairs.prefix(20).map { pair in
            let (a, b) = (pair.first, pair.second)
            let difference = a.mean.flatMap { a in b.mean.map { shownSigned($0 - a) } }
            return [
                pair.title, a.mean.map(shownBriefly) ?? "-", b.mean.map(shownBriefly) ?? "-", difference ?? "-",
                a.deviation.map(shownBriefly) ?? "-", b.deviation.map(shownBriefly) ?? "-",
                a.voxels == b.voxels ? "\(a.voxels)" : "\(a.voxels) / \(b.voxels)",
                "\(shownShare(a.cutShare)) / \(shownShare(b.cutShare))",
            ]
        }
        if compared.pairs.count > 20 {
            table.rows.append(["… \(compared.pairs.count - 20) more"] + Array(repeating: "", count: 7))
        }
        return table
    }
}

extension ComparedImages {
    /// `window -160 to 240 HU in 32 levels of 12.5 HU, the same edges on both sides`.
    package var windowWords: String {
        let ranges = Set(pairs.flatMap { [$0.first.levels.range, $0.second.levels.range] })
        let unit = unit.isEmpty ? "" : " \(unit)"
        let origin: String
        switch window {
        case .common: origin = "from the smallest to the largest value of both"
        case .pair: origin = "from the smallest to the largest value of each pair"
        case .each:
            return "each image over its own range in \(bins) levels, so that edges differ between the sides"
        case .given: origin = "as given"
        }
        guard ranges.count == 1, let range = ranges.first, let levels = pairs.first?.first.levels else {
            return "window \(origin), \(bins) levels, the same edges on both sides of a pair"
        }
        return "window \(shownBriefly(range.lowerBound)) to \(shownBriefly(range.upperBound))\(unit) (\(origin)), "
            + "\(bins) levels of \(shownBriefly(levels.width))\(unit), the same edges on both sides"
    }
}
