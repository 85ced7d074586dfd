import Foundation
import Statistics
import TestSupport
import Testing

@Suite struct IntraclassCorrelationTests {
    /// Table 2 of the paper, and its six coefficients.
    @Test func shroutAndFleiss() throws {
        let table: [[Double]] = [
            [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
        ]
        let icc = try #require(IntraclassCorrelation(table))
        let found =
            IntraclassCorrelation.Form.allCases.map { icc.single($0)?.value ?? .nan }
            + IntraclassCorrelation.Form.allCases.map { icc.mean($0)?.value ?? .nan }
        #expect(found.map { String(format: "%.2f", $0) } == ["0.17", "0.29", "0.71", "0.44", "0.62", "0.91"])
    }

    @Test func edges() throws {
        #expect(IntraclassCorrelation([[2, 2], [2, 2], [2, 2]]) == nil, "0/0")
        let perfect = try #require(IntraclassCorrelation([[1, 1], [2, 2], [4, 4]]))
        for form in IntraclassCorrelation.Form.allCases {
            #expect(perfect.single(form)?.value == 1)
            #expect(perfect.single(form)?.interval == 1...1)
        }
    }

    private struct Expected: Decodable {
        struct Table: Decodable { var own: [String: Coefficient] }
        struct Coefficient: Decodable {
            var icc: Double
            var ci95: [Double]

            private enum Key: CodingKey { case icc, ci95 }

            init(from decoder: any Decoder) throws {
                let values = try decoder.container(keyedBy: Key.self)
                icc = (try? values.decode(Double.self, forKey: .icc)) ?? .nan
                ci95 = (try? values.decode([Double].self, forKey: .ci95)) ?? [.nan, .nan]
            }
        }
        var tables: [String: Table]
    }

    @Test(
        .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)),
        arguments: [
            "shrout_fleiss_1979", "good_30x5", "moderate_20x3", "poor_15x2", "large_numbers_10x4", "negative_8x3",
        ])
    func reference(_ name: String) throws {
        let folder = SharedFiles.path("reference/icc")
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
        let expected = try #require(try JSONDecoder().decode(Expected.self, from: data).tables[name]?.own)
        let text = try String(contentsOfFile: folder + "/\(name).csv", encoding: .utf8)
        let rows = text.split(whereSeparator: \.isNewline).dropFirst().map { line in
            line.split(separator: ",").dropFirst().compactMap { Double($0) }
        }
        let icc = try #require(IntraclassCorrelation(rows))
        for form in IntraclassCorrelation.Form.allCases {
            for (key, found) in [("\(form.rawValue),1", icc.single(form)), ("\(form.rawValue),k", icc.mean(form))] {
                let (found, wanted) = (try #require(found), try #require(expected["ICC(\(key))"]))
                let pairs = [
                    (found.value, wanted.icc), (found.interval.lowerBound, wanted.ci95[0]),
                    (found.interval.upperBound, wanted.ci95[1]),
                ]
                // Spearman and Brown's step has a pole: where an interval spans it, its ends change places.
                let ordered = wanted.ci95[0] <= wanted.ci95[1] ? pairs : [pairs[0]]
                for (a, b) in ordered { #expect(abs(a - b) < 1e-8 * max(1, abs(b)), "\(key): \(a), expected \(b)") }
            }
        }
    }
}
