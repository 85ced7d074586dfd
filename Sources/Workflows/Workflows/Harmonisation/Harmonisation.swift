import Encoding
import Foundation
import NumericalMethods
import Statistics
import Tables

/// A frozen ComBat and what it needs to be applied to a table, as a file.
public struct Harmonisation: Codable, Sendable {
    /// What is to stay in the values: age, grade …
    public struct Covariate: Codable, Hashable, Sendable {
        public let name: String
        /// Of words, the levels in alphabetical order, the first of which is an indicator's 0; nil for a number.
        public let levels: [String]?
    }

    /// Of the program that fitted it.
    public let version: String
    /// The column that says the batch.
    public let batch: String
    public let covariates: [Covariate]
    /// Rows that it was fitted to.
    public let rows: Int
    public let combat: ComBat

    public init(path: String) throws(HarmonisationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .ingestion(.notFound(path: path))
        }
        do {
            self = try JSONDecoder().decode(Harmonisation.self, from: data)
        } catch { throw .notAModel(path: path, reason: Self.words(error)) }
    }

    fileprivate init(batch: String, covariates: [Covariate], rows: Int, combat: ComBat) {
        (version, self.batch, self.covariates, self.rows, self.combat) = (
            Release.version, batch, covariates, rows, combat
        )
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "it has no \(key.stringValue)"
        case DecodingError.dataCorrupted: "it is no JSON"
        default: "a value of another type"
        }
    }

    /// Numbers so that reading them gives the same double; keys in one order.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }

    /// The table with its features harmonised, as CSV; other cells and rows without values stay as they are.
    ///
    /// - Parameter beside: of what the table does not have, a row for each case or patient.
    public func applied(to path: String, beside: String?) throws(HarmonisationError) -> String {
        let source = try HarmonisedTable(path: path, beside: beside)
        let names = combat.features.map(\.name)
        let missing = names.filter { !source.table.has($0) }
        guard missing.isEmpty else { throw .missingFeatures(path: path, missing) }
        let batches = try source.column(batch)
        // Where no covariate is known at all the mean of the fit's rows stands in.
        let known = covariates.contains { source.has($0.name) }
        let design = known ? try covariates.design(of: source, path) : nil
        let columns = names.compactMap { source.numbers($0) }
        let places = Dictionary(
            source.table.columns.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let failed = source.failed
        var lines = [CSV.line(source.table.columns)]
        for (row, cells) in source.table.rows.enumerated() {
            var cells = cells
            if !failed.contains(row) {
                guard !batches[row].isEmpty else { throw .emptyCell(path: path, column: batch, row: row + 1) }
                let values: [Double]
                do throws(ComBatError) {
                    values = try combat.applied(
                        to: columns.map { $0[row] }, batch: batches[row], covariates: design?[row])
                } catch { throw .combat(path: path, error) }
                for (name, value) in zip(names, values) where value.isFinite {
                    if let place = places[name] { cells[place] = value.shortestText }
                }
            }
            lines.append(CSV.line(cells))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// `weft harmonise fit`.
public struct HarmonisationFit {
    public var table: String
    /// Of what the table does not have.
    public var beside: String?
    public var batch: String
    public var covariates: [String] = []
    public var settings = ComBatSettings()
    /// A fold whose rows are left out, for they are to be tested on.
    public var fold: String?

    public init(of table: String, batch: String) { (self.table, self.batch) = (table, batch) }

    /// - Parameter note: gets what somebody should know of the fit.
    public func run(_ note: (String) -> Void) throws(HarmonisationError) -> Harmonisation {
        let source = try HarmonisedTable(path: table, beside: beside)
        let batches = try source.column(batch)
        var names = Set([batch, "split", "fold"] + covariates)
        names.remove("")
        let features = source.features(besides: names)
        guard !features.isEmpty else { throw .noFeatures(path: table) }
        let (failed, tested) = (source.failed, try held(source))
        let rows = batches.indices.filter { !failed.contains($0) && !tested.contains($0) }
        guard !rows.isEmpty else { throw .noRows(path: table, leftOut: batches.count) }
        if let row = rows.first(where: { batches[$0].isEmpty }) {
            throw .emptyCell(path: table, column: batch, row: row + 1)
        }
        if !failed.isEmpty { note("\(failed.count) row(s) without values took no part") }
        if !tested.isEmpty { note("\(tested.count) row(s) of the test set or fold took no part") }
        var kinds: [Harmonisation.Covariate] = []
        for name in covariates { kinds.append(.init(name: name, cells: try source.column(name), rows: rows)) }
        let design = try kinds.design(of: source, table, rows: rows)
        let columns = features.compactMap { source.numbers($0) }
        let values = Matrix(
            rows: rows.count, columns: columns.count, values: rows.flatMap { row in columns.map { $0[row] } })
        let shares = Matrix(
            rows: rows.count, columns: rows.first.flatMap { design[$0]?.count } ?? 0,
            values: rows.flatMap { design[$0] ?? [] })
        do throws(ComBatError) {
            let combat = try ComBat(
                values, names: features, batch: rows.map { batches[$0] }, covariates: shares, settings)
            for (reason, words) in [
                (ComBat.Feature.Reason.constant, "do not vary within their batches"),
                (.tooFewValues, "have too few values in some batch"),
            ] {
                let left = combat.features.filter { $0.leftAlone == reason }.map(\.name)
                guard !left.isEmpty else { continue }
                note(
                    "\(left.count) feature(s) \(words) and stay as they are: \(left.prefix(4).joined(separator: ", "))"
                        + (left.count > 4 ? ", …" : ""))
            }
            let missing = values.values.count { !$0.isFinite }
            if missing > 0 { note("\(missing) cell(s) without a value took no part and stay empty") }
            let sizes = combat.batches.map { name in "\(name) \(rows.count { batches[$0] == name })" }
            note("fitted to \(rows.count) rows: \(sizes.joined(separator: ", "))")
            return Harmonisation(batch: batch, covariates: kinds, rows: rows.count, combat: combat)
        } catch { throw .combat(path: table, error) }
    }

    /// Rows that are to be tested on: of the split `test`, and of the fold that is named.
    private func held(_ source: HarmonisedTable) throws(HarmonisationError) -> Set<Int> {
        var rows: Set<Int> = []
        if source.has("split") {
            let split = try source.column("split")
            rows.formUnion(split.indices.filter { split[$0].lowercased() == "test" })
        }
        if let fold {
            let folds = try source.column("fold")
            rows.formUnion(folds.indices.filter { folds[$0] == fold })
        }
        return rows
    }
}

extension Harmonisation.Covariate {
    /// A number where all cells are.
    fileprivate init(name: String, cells: [String], rows: [Int]) {
        let own = rows.map { cells[$0] }.filter { !$0.isEmpty }
        self.init(name: name, levels: own.allSatisfy { Double($0) != nil } ? nil : Set(own).sorted())
    }
}

extension [Harmonisation.Covariate] {
    /// Of each of the rows (nil: all that have values), numbers and indicators; nil for other rows.
    fileprivate func design(
        of source: HarmonisedTable, _ path: String, rows: [Int]? = nil
    ) throws(HarmonisationError) -> [[Double]?] {
        let failed = source.failed
        let chosen = rows ?? source.table.rows.indices.filter { !failed.contains($0) }
        var design = [[Double]?](repeating: nil, count: source.table.rows.count)
        for row in chosen { design[row] = [] }
        for covariate in self {
            let cells = try source.column(covariate.name)
            for row in chosen {
                let cell = cells[row]
                guard !cell.isEmpty else { throw .emptyCell(path: path, column: covariate.name, row: row + 1) }
                if let levels = covariate.levels {
                    guard levels.contains(cell) else {
                        throw .unknownLevel(path: path, covariate: covariate.name, found: cell, known: levels)
                    }
                    design[row]? += levels.dropFirst().map { $0 == cell ? 1 : 0 }
                } else {
                    guard let value = Double(cell), value.isFinite else {
                        throw .unknownLevel(path: path, covariate: covariate.name, found: cell, known: ["a number"])
                    }
                    design[row]?.append(value)
                }
            }
        }
        return design
    }
}
