import Foundation
import NumericalMethods
import Statistics
import TestSupport
import Testing

/// Published tables of Fortin et al.'s programs, and tables of 60 made patients.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct ComBatEvidenceTests {
    struct Table {
        let columns: [String]
        let rows: [[String]]

        init(_ file: String, heading: Bool = true) throws {
            let text = try String(contentsOfFile: SharedFiles.path("reference/combat/\(file)"), encoding: .utf8)
            let lines = text.split(whereSeparator: \.isNewline).map { line in
                line.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != "\"" } }
            }
            columns = heading ? lines[0] : []
            rows = heading ? Array(lines.dropFirst()) : lines
        }

        func numbers(_ prefix: String) -> [[Double]] {
            let places = columns.indices.filter { columns[$0].hasPrefix(prefix) }
            return rows.map { row in places.map { Double(row[$0]) ?? .nan } }
        }

        func column(_ name: String) -> [String] {
            guard let place = columns.firstIndex(of: name) else { return [] }
            return rows.map { $0[place] }
        }
    }

    static func matrix(_ rows: [[Double]]) -> Matrix {
        Matrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
    }

    struct Published: Decodable, CustomTestStringConvertible, Sendable {
        var file: String
        var by: String
        var parametric: Bool?
        var eb: Bool?
        var meanOnly: Bool?
        var covariate: Bool?
        var testDescription: String { file }

        private enum CodingKeys: String, CodingKey {
            case file, by, parametric, eb, covariate
            case meanOnly = "mean_only"
        }

        static let all: [Published] = {
            guard
                let data = FileManager.default.contents(atPath: SharedFiles.path("reference/combat/fortin/files.json")),
                let files = try? JSONDecoder().decode([Published].self, from: data)
            else { return [] }
            return files.filter { $0.parametric != nil && $0.by != "python" }
        }()
    }

    static let batches = [String](repeating: "1", count: 5) + [String](repeating: "2", count: 5)

    @Test(arguments: Published.all)
    func fortin(_ published: Published) throws {
        // Features stand in rows there.
        let input = try Table("fortin/testdata.csv").numbers("V")
        let values = Self.matrix((0..<10).map { sample in input.map { $0[sample] } })
        var settings = ComBatSettings()
        settings.prior =
            published.eb == false ? .none : published.parametric == true ? .parametric : .nonparametric
        settings.effect = published.meanOnly == true ? .meanOnly : .meanAndVariance
        settings.reference = published.file.contains("batchref") ? "1" : nil
        let covariates = (0..<10).map { [Double(1 - $0 % 2)] }
        let share = published.covariate == true ? covariates : covariates.map { _ in [] }
        let model = try ComBat(
            values, names: input.indices.map { "\($0)" }, batch: Self.batches, covariates: Self.matrix(share),
            settings)
        let expected = try Table("fortin/\(published.file)", heading: published.by == "r").rows.map {
            $0.map { Double($0) }
        }
        #expect(expected.count == 200)
        var worst = 0.0
        for sample in 0..<10 {
            let found = try model.applied(
                to: Array(values.row(sample)), batch: Self.batches[sample], covariates: share[sample])
            for k in found.indices {
                worst = max(worst, abs(found[k] - (try #require(expected[k][sample]))))
            }
        }
        // Matlab's iteration stops elsewhere.
        let tolerance = published.by == "matlab" && published.parametric == true ? 3e-4 : 1e-8
        #expect(worst < tolerance, "\(worst)")
    }

    @Test func fortinAppliedWithoutTheCovariate() throws {
        let input = try Table("fortin/testdata.csv").numbers("V")
        let values = Self.matrix((0..<10).map { sample in input.map { $0[sample] } })
        let model = try ComBat(
            values, names: input.indices.map { "\($0)" }, batch: Self.batches,
            covariates: Self.matrix((0..<10).map { [Double(1 - $0 % 2)] }), ComBatSettings())
        let expected = try Table("fortin/training_test_scenario2_r.csv").numbers("V")
        for (place, sample) in [0, 1, 5, 6].enumerated() {
            let found = try model.applied(
                to: Array(values.row(sample)), batch: Self.batches[sample], covariates: nil)
            let worst = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1[place])) }
            #expect(worst < 1e-8, "\(worst)")
        }
    }

    struct Made: CustomTestStringConvertible, Sendable {
        var file: String
        var covariates = true
        var prior = ComBatSettings.Prior.parametric
        var effect = ComBatSettings.Effect.meanAndVariance
        var reference: String?
        var testDescription: String { file }

        static let all = [
            Made(file: "plain", covariates: false), Made(file: "covariates"),
            Made(file: "covariates-nonparametric", prior: .nonparametric),
            Made(file: "covariates-mean-only", effect: .meanOnly), Made(file: "covariates-no-eb", prior: .none),
            Made(file: "covariates-reference-B", reference: "B"),
            Made(
                file: "plain-reference-A-mean-only-nonparametric", covariates: false, prior: .nonparametric,
                effect: .meanOnly, reference: "A"),
        ]
    }

    /// Age, sex, two indicators of three grades.
    static func covariates(_ table: Table) -> [[Double]] {
        let (age, sex, grade) = (table.column("age"), table.column("sex"), table.column("grade"))
        let levels = Set(grade).sorted().dropFirst()
        return age.indices.map { k in
            [Double(age[k]) ?? .nan, sex[k] == "M" ? 1 : 0] + levels.map { grade[k] == $0 ? 1 : 0 }
        }
    }

    /// In standard deviations of the feature.
    static func worst(_ found: [[Double]], _ expected: [[Double]]) -> Double {
        var worst = 0.0
        for k in found[0].indices {
            let column = expected.map { $0[k] }
            let mean = column.reduce(0, +) / Double(column.count)
            let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)).squareRoot()
            for (a, b) in zip(found, expected) { worst = max(worst, abs(a[k] - b[k]) / deviation) }
        }
        return worst
    }

    @Test(arguments: Made.all)
    func madePatients(_ made: Made) throws {
        let input = try Table("synthetic/input.csv")
        let (values, batch) = (input.numbers("feature_"), input.column("batch"))
        let covariates = made.covariates ? Self.covariates(input) : values.map { _ in [] }
        var settings = ComBatSettings()
        (settings.prior, settings.effect, settings.reference) = (made.prior, made.effect, made.reference)
        let model = try ComBat(
            Self.matrix(values), names: input.columns.filter { $0.hasPrefix("feature_") }, batch: batch,
            covariates: Self.matrix(covariates), settings)
        let expected = try Table("synthetic/\(made.file).csv").numbers("feature_")
        let found = try values.indices.map {
            try model.applied(to: values[$0], batch: batch[$0], covariates: covariates[$0])
        }
        let worst = Self.worst(found, expected)
        #expect(worst < 1e-8, "\(worst)")
    }

    @Test(
        "Fitted on training rows and applied to new ones, with their covariates and without",
        arguments: ["own", "mean"])
    func frozen(covariates kind: String) throws {
        let input = try Table("synthetic/input.csv")
        let expected = try Table("synthetic/frozen-\(kind)-covariates.csv")
        let (cases, all) = (input.column("case"), input.numbers("feature_"))
        let (batch, covariates) = (input.column("batch"), Self.covariates(input))
        func place(_ name: String) throws -> Int { try #require(cases.firstIndex(of: name)) }
        let fitted = try zip(expected.column("role"), expected.column("case")).filter { $0.0 == "train" }.map {
            try place($0.1)
        }
        #expect(fitted.count == 40)
        let model = try ComBat(
            Self.matrix(fitted.map { all[$0] }), names: input.columns.filter { $0.hasPrefix("feature_") },
            batch: fitted.map { batch[$0] }, covariates: Self.matrix(fitted.map { covariates[$0] }), ComBatSettings())
        let again = try JSONDecoder().decode(ComBat.self, from: JSONEncoder().encode(model))
        #expect(again == model)
        let rows = try expected.column("case").map(place)
        let found = try zip(rows, expected.column("role")).map { row, role in
            // Training rows have their own in either table.
            try again.applied(
                to: all[row], batch: batch[row], covariates: kind == "own" || role == "train" ? covariates[row] : nil)
        }
        let worst = Self.worst(found, expected.numbers("feature_"))
        #expect(rows.count == 60 && worst < 1e-8, "\(worst)")
    }
}

@Suite struct ComBatTests {
    private static let batch = ["a", "a", "a", "b", "b", "b", "b"]
    private static let rows: [[Double]] = [
        [1, 5, 2, 7], [2, 5, 3, .nan], [4, 5, 1, 8], [11, 5, 9, 1], [13, 5, 7, 2], [19, 5, 8, 4], [12, 5, 6, 3],
    ]

    private static func model(
        _ rows: [[Double]] = rows, batch: [String] = batch, covariates: [[Double]]? = nil,
        settings: ComBatSettings = ComBatSettings()
    ) throws -> ComBat {
        try ComBat(
            ComBatEvidenceTests.matrix(rows), names: rows[0].indices.map { "f\($0)" }, batch: batch,
            covariates: ComBatEvidenceTests.matrix(covariates ?? rows.map { _ in [] }), settings)
    }

    @Test("Without a prior each batch gets the mean and the variance of all; a feature that is constant stays as it is")
    func means() throws {
        var settings = ComBatSettings()
        settings.prior = .none
        let model = try Self.model(settings: settings)
        #expect(model.features.map(\.leftAlone) == [nil, .constant, nil, nil])
        let found = try zip(Self.rows, Self.batch).map { try model.applied(to: $0, batch: $1, covariates: nil) }
        #expect(found.allSatisfy { $0[1] == 5 })
        #expect(found[1][3].isNaN, "a cell without a value has none afterwards")
        for k in [0, 2] {
            let (a, b) = (found.prefix(3).map { $0[k] }, found.suffix(4).map { $0[k] })
            let grand = Self.rows.reduce(0) { $0 + $1[k] } / 7
            #expect(abs(a.reduce(0, +) / 3 - grand) < 1e-12 && abs(b.reduce(0, +) / 4 - grand) < 1e-12)
        }
    }

    @Test func referenceRowsStayToTheBit() throws {
        var settings = ComBatSettings()
        settings.reference = "b"
        let model = try Self.model(settings: settings)
        for row in Self.rows.suffix(4) {
            #expect(try model.applied(to: row, batch: "b", covariates: nil) == row)
        }
    }

    @Test("What cannot be fitted says what was found")
    func refusals() throws {
        #expect(throws: ComBatError.oneBatch(found: "a")) { try Self.model(batch: [String](repeating: "a", count: 7)) }
        #expect(throws: ComBatError.tooFewRows(batch: "c", found: 1, expected: 2)) {
            try Self.model(batch: ["a", "a", "a", "b", "b", "b", "c"])
        }
        // The mean of one row alone can be taken out.
        var settings = ComBatSettings()
        settings.effect = .meanOnly
        #expect(throws: Never.self) { try Self.model(batch: ["a", "a", "a", "b", "b", "b", "c"], settings: settings) }
        settings.reference = "z"
        #expect(throws: ComBatError.noReference("z", batches: ["a", "b"])) { try Self.model(settings: settings) }
        // A covariate that says which batch it is, and one that is the sum of two others.
        #expect(throws: ComBatError.confounded(rows: 7, columns: 3)) {
            try Self.model(covariates: Self.batch.map { [$0 == "a" ? 1 : 0] })
        }
        // The same where means round: three times 0.1 by three is not 0.1.
        #expect(throws: ComBatError.confounded(rows: 7, columns: 3)) {
            try Self.model(covariates: Self.batch.map { [$0 == "a" ? 0.1 : 70.3] })
        }
        #expect(throws: ComBatError.confounded(rows: 7, columns: 5)) {
            try Self.model(covariates: [
                [1, 2, 3], [2, 1, 3], [4, 4, 8], [1, 7, 8], [5, 2, 7], [3, 3, 6], [9, 1, 10],
            ])
        }
        #expect(throws: ComBatError.unknownBatch("c", known: ["a", "b"])) {
            try Self.model().applied(to: Self.rows[0], batch: "c", covariates: nil)
        }
    }

    @Test("A feature with too few values in a batch is left alone, and the others do not notice")
    func gaps() throws {
        var rows = Self.rows
        for k in 0..<2 { rows[k][3] = .nan }
        let model = try Self.model(rows)
        #expect(model.features[3].leftAlone == .tooFewValues)
        let without = try Self.model(rows.map { Array($0.prefix(3)) })
        #expect(model.features.prefix(3) == without.features.prefix(3))
    }
}
