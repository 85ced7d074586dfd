import Encoding

extension ImageComparison {
    /// One figure of one pair; a pair that failed has a line without a feature.
    struct Line: Encodable {
        var name: String
        var region: String
        var patient = ""
        var first = ComparedImages.Origin(path: "")
        var second = ComparedImages.Origin(path: "")
        var status = "ok"
        var reason = ""
        var feature = ""
        var valueFirst: Double?
        var valueSecond: Double?
        var difference: Double?
        var change: Double?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name = "case"
            case region = "roi"
            case patient
            case first = "image_first"
            case second = "image_second"
            case modalityFirst = "modality_first"
            case modalitySecond = "modality_second"
            case studyFirst = "study_first"
            case studySecond = "study_second"
            case seriesFirst = "series_first"
            case seriesSecond = "series_second"
            case status, reason, feature
            case valueFirst = "first"
            case valueSecond = "second"
            case difference
            case change = "relative_difference"
        }

        /// In the order of the keys.
        var cells: [String] {
            func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
            return [
                name, region, patient, first.path, second.path, first.modality, second.modality, first.study,
                second.study, first.series, second.series, status, reason, feature, text(valueFirst),
                text(valueSecond), text(difference), text(change),
            ]
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            for (key, cell) in zip(CodingKeys.allCases, cells).prefix(14) { try container.encode(cell, forKey: key) }
            try container.encode(valueFirst, forKey: .valueFirst)
            try container.encode(valueSecond, forKey: .valueSecond)
            try container.encode(difference, forKey: .difference)
            try container.encode(change, forKey: .change)
        }
    }

    var lines: [Line] {
        var lines: [Line] = []
        for pair in compared.pairs {
            var line = Line(name: pair.name, region: pair.region, patient: pair.patient)
            (line.first, line.second) = (pair.origins[0], pair.origins[1])
            line.status = pair.warnings.isEmpty ? "ok" : "warning"
            line.reason = pair.warnings.joined(separator: "; ")
            func add(_ feature: String, _ a: Double?, _ b: Double?) {
                (line.feature, line.valueFirst, line.valueSecond) = (feature, a, b)
                line.difference = a.flatMap { a in b.map { $0 - a } }
                line.change = line.difference.flatMap { d in a.flatMap { $0 == 0 ? nil : d / abs($0) } }
                lines.append(line)
            }
            for (feature, values) in zip(PictureComparison.features, zip(pair.first.features, pair.second.features)) {
                add(feature.tag, values.0, values.1)
            }
            add("mean", pair.first.mean, pair.second.mean)
            add("standard_deviation", pair.first.deviation, pair.second.deviation)
            add("voxels", Double(pair.first.voxels), Double(pair.second.voxels))
            add("cut_share", pair.first.cutShare, pair.second.cutShare)
            guard let voxels = pair.voxels else { continue }
            (line.valueFirst, line.valueSecond, line.change) = (nil, nil, nil)
            for (feature, value) in [
                ("root_mean_square", Optional(voxels.rootMeanSquare)), ("ssim", voxels.similarity),
            ] where value != nil {
                (line.feature, line.difference) = (feature, value)
                lines.append(line)
            }
        }
        return lines
            + compared.failures.map { failure in
                var line = Line(name: failure.name, region: failure.region)
                (line.status, line.reason) = ("failed", failure.reason)
                return line
            }
    }

    /// One row per value.
    package var csv: String {
        var table = PlainTable(Line.CodingKeys.allCases.map(\.rawValue))
        table.rows = lines.map(\.cells)
        return table.csv
    }

    /// Settings, sums and the rows of the CSV.
    /// - Parameter version: of weft.
    package func json(version: String) throws -> String {
        struct Window: Encodable {
            var kind: String
            var low: Double?
            var high: Double?
            var unit: String
            var bins: Int
        }
        struct Summary: Encodable {
            var feature: String
            var first: Double?
            var second: Double?
            var difference: Double?
            var low: Double?
            var high: Double?
            var spread: String?
            var higher: Int
            var lower: Int
            var equal: Int
            var p: Double?
            var pHolm: Double?
        }
        struct Region: Encodable {
            var region: String
            var answer: String
            var test = "Wilcoxon's signed ranks, two-sided"
            var unit: String
            var units: Int
            var window: Window
            var testedRows: Int
            /// The smallest p that so many units can give; absent where no test is made.
            var smallestP: Double?
            var smallNumbers: String?
            var summary: [Summary]
        }
        struct Document: Encodable {
            var weft: String
            var command: String
            var answers: [String]
            var first: String
            var second: String
            var direction: String
            var about: [String]
            var windows: String
            var resamples: Int
            var seed: UInt64
            var notes: [String]
            var warnings: [String]
            var regions: [Region]
            var rows: [Line]
        }
        func summary(_ feature: String, _ row: RegionComparison.Row) -> Summary {
            var spread: String?
            if let found = row.spread {
                if case .resampled = found { spread = "95 % of resamples" } else { spread = "smallest to largest" }
            }
            return Summary(
                feature: feature, first: row.first, second: row.second, difference: row.difference,
                low: row.spread?.interval.low, high: row.spread?.interval.high, spread: spread, higher: row.higher,
                lower: row.lower, equal: row.equal, p: row.probability, pHolm: row.corrected)
        }
        func window(_ compared: ComparedImages) -> Window {
            let ranges = Set(compared.pairs.flatMap { [$0.first.levels.range, $0.second.levels.range] })
            let range = ranges.count == 1 ? ranges.first : nil
            return Window(
                kind: compared.window.name, low: range?.lowerBound, high: range?.upperBound, unit: compared.unit,
                bins: compared.bins)
        }
        let document = Document(
            weft: version, command: command, answers: answers, first: compared.names[0], second: compared.names[1],
            direction: "second minus first", about: compared.about,
            windows: windowWords, resamples: resamples, seed: seed, notes: compared.notes,
            warnings: compared.warnings,
            regions: regions.map { region in
                Region(
                    region: region.region, answer: region.answer, unit: region.unit.rawValue, units: region.unitCount,
                    window: window(region.compared),
                    testedRows: region.testedRows, smallestP: region.smallestProbability,
                    smallNumbers: region.smallNumbers,
                    summary: zip(PictureComparison.features, region.rows).map { summary($0.tag, $1) })
            },
            rows: lines)
        return String(decoding: try JSON.document(document, layout: []), as: UTF8.self)
    }
}

extension ComparisonWindow {
    /// As the option has it.
    fileprivate var name: String {
        switch self {
        case .common: "common"
        case .pair: "pair"
        case .each: "each"
        case .given: "given"
        }
    }
}
