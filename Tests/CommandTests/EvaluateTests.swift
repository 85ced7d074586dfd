import Foundation
import Testing

/// Predictions made by hand: four slices a case, one case a patient, positive with a probability that rises with the row.
private func predictions(cases: Int = 8, shift: Int = 0, folds: Int = 2) -> String {
    var text = "image,patient,case,slice,fold,label,prediction,p_benign,p_malignant\n"
    for row in 0..<cases * 4 {
        let (number, slice) = (row / 4, row % 4)
        let score = Double((row * 7 + shift * row) % 32) / 32
        let isPositive = number % 2 == 1
        let p = min(1, max(0, (isPositive ? 0.3 : 0) + 0.7 * score))
        text += "c\(number)/\(slice).png,P\(number),c\(number),\(slice),\(number / 2 % folds),"
        text += "\(isPositive ? "malignant" : "benign"),\(p > 0.5 ? "malignant" : "benign"),\(1 - p),\(p)\n"
    }
    return text
}

@Suite("weft evaluate")
struct EvaluateTests {
    private struct Found: Decodable {
        struct Metric: Decodable {
            var name: String
            var value: Double?
            var low: Double?
            var high: Double?
            var undefined: String?
        }
        struct OfClass: Decodable {
            var name: String
            var recall: Double?
            var f1: Double?
        }
        struct OfFold: Decodable {
            var name: String
            var auroc: Double?
        }
        struct Model: Decodable {
            var perClass: [OfClass]
            var perFold: [OfFold]?
            var observations: Int
            var patients: Int
            var confusion: [[Int]]
            var metrics: [Metric]
        }
        struct Test: Decodable {
            var name: String
            var difference: Double?
            var p: Double?
        }
        struct Comparison: Decodable {
            var shared: Int
            var tests: [Test]
        }
        var models: [Model]
        var comparisons: [Comparison]
        var notes: [String]
    }

    private func found(_ scratch: Scratch, _ arguments: String...) throws -> Found {
        let result = try scratch.weft(expecting: 0, ["evaluate"] + arguments + ["-o", "-"])
        return try JSONDecoder().decode(Found.self, from: result.output)
    }

    @Test("four images by hand: the counts, the rates and the area")
    func byHand() throws {
        let scratch = try Scratch()
        try scratch.write(
            "p.csv",
            "image,label,p_no,p_yes\na,no,0.9,0.1\nb,no,0.4,0.6\nc,yes,0.2,0.8\nd,yes,0.5,0.5\n")
        let model = try #require(try found(scratch, "p.csv").models.first)
        // d is a tie, which goes to the first class.
        #expect(model.confusion == [[1, 1], [1, 1]])
        let values = Dictionary(uniqueKeysWithValues: model.metrics.map { ($0.name, $0.value) })
        #expect(values["accuracy"] == 0.5 && values["sensitivity"] == 0.5 && values["specificity"] == 0.5)
        #expect(values["auroc"] == 0.75 && values["f1"] == 0.5)
        #expect(model.patients == 4)
    }

    @Test("cases are positive from the threshold on")
    func cases() throws {
        let scratch = try Scratch()
        var text = "image,case,label,prediction,p_no,p_yes\n"
        for slice in 0..<4 { text += "a\(slice),a,yes,\(slice == 0 ? "yes" : "no"),0.5,0.5\n" }
        for slice in 0..<8 { text += "b\(slice),b,no,\(slice == 0 ? "yes" : "no"),0.5,0.5\n" }
        try scratch.write("p.csv", text)
        let quarter = try #require(try found(scratch, "p.csv", "--per", "case").models.first)
        #expect(quarter.confusion == [[1, 0], [0, 1]] && quarter.observations == 2)
        let half = try #require(
            try found(scratch, "p.csv", "--per", "case", "--case-threshold", "0.5").models.first)
        #expect(half.confusion == [[1, 0], [1, 0]])
        // By the mean of probabilities both are a tie, which goes to the first class.
        let mean = try #require(try found(scratch, "p.csv", "--per", "case", "--case-score", "mean").models.first)
        #expect(mean.confusion == [[1, 0], [1, 0]] && mean.metrics.contains { $0.name == "brier" })
        let said = try scratch.weft(expecting: 0, ["evaluate", "p.csv", "--per", "case", "--case-score", "mean"])
        #expect(
            said.text.contains("12 images are pooled to 2 cases, by the mean of their probabilities"), "\(said.text)")
        try scratch.write("q.csv", "image,label,p_no,p_yes\na,no,0.9,0.1\n")
        let refused = try scratch.weft(expecting: 65, ["evaluate", "q.csv", "--per", "case"])
        #expect(refused.error.contains("needs a column case"))
    }

    @Test("two models: differences, tests, folds; the same bytes whatever the threads")
    func comparison() throws {
        let scratch = try Scratch()
        try scratch.write("a.csv", predictions())
        try scratch.write("b.csv", predictions(shift: 4))
        let result = try found(scratch, "a.csv", "b.csv")
        let comparison = try #require(result.comparisons.first)
        #expect(comparison.shared == 32)
        let names = comparison.tests.map(\.name)
        for name in ["mcnemar_exact", "delong", "delong_by_patient", "paired_t", "paired_t_corrected", "signed_rank"] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(comparison.tests.allSatisfy { ($0.p ?? 0) >= 0 && ($0.p ?? 1) <= 1 })
        for metric in result.models[0].metrics {
            let (value, low, high) = (try #require(metric.value), try #require(metric.low), try #require(metric.high))
            #expect(low <= high && value >= 0, "\(metric)")
        }
        let model = try #require(result.models.first)
        #expect(model.perClass.map(\.name) == ["benign", "malignant"] && model.perFold?.map(\.name) == ["0", "1"])
        let areas = (model.perFold ?? []).compactMap(\.auroc)
        let mean = try #require(model.metrics.first { $0.name == "auroc_fold_mean" }?.value)
        #expect(abs(mean - areas.reduce(0, +) / 2) < 1e-15)
        let text = try scratch.weft(expecting: 0, ["evaluate", "a.csv", "b.csv"]).text
        #expect(text.hasPrefix("Positive is malignant (by its name"), "\(text.prefix(200))")
        let one = try scratch.weft(expecting: 0, ["evaluate", "a.csv", "b.csv", "-o", "-", "-j", "1"])
        let two = try scratch.weft(expecting: 0, ["evaluate", "a.csv", "b.csv", "-o", "-", "-j", "2"])
        #expect(one.output == two.output)
    }

    @Test("images that only one file has are named, --common leaves them out")
    func mismatch() throws {
        let scratch = try Scratch()
        try scratch.write("a.csv", predictions())
        try scratch.write("b.csv", predictions(cases: 9, shift: 4))
        let refused = try scratch.weft(expecting: 65, ["evaluate", "a.csv", "b.csv"])
        #expect(refused.error.contains("only in the second: c8/0.png, c8/1.png, c8/2.png"), "\(refused.error)")
        #expect(try found(scratch, "a.csv", "b.csv", "--common").comparisons.first?.shared == 32)
        try scratch.write("c.csv", predictions().replacing("0,benign,", with: "0,malignant,"))
        let labels = try scratch.weft(expecting: 65, ["evaluate", "a.csv", "c.csv"])
        #expect(labels.error.contains("disagree about the label of c0/0.png"), "\(labels.error)")
    }

    @Test("one class only: what is undefined says why, and nothing is NaN")
    func oneClass() throws {
        let scratch = try Scratch()
        try scratch.write("p.csv", "image,patient,label,p_no,p_yes\na,1,no,0.9,0.1\nb,2,no,0.4,0.6\n")
        let result = try scratch.weft(expecting: 0, ["evaluate", "p.csv", "-o", "-"])
        #expect(!result.text.lowercased().contains("nan"))
        let model = try #require(try JSONDecoder().decode(Found.self, from: result.output).models.first)
        let area = try #require(model.metrics.first { $0.name == "auroc" })
        #expect(area.value == nil && area.undefined == "there is no positive observation")
        #expect(try scratch.weft(expecting: 0, ["evaluate", "p.csv"]).text.contains("undefined"))
    }

    @Test("slices of a series with one path are told apart by their number")
    func sharedPath() throws {
        let scratch = try Scratch()
        try scratch.write(
            "p.csv", "image,patient,slice,label,p_no,p_yes\nct,1,1,no,0.9,0.1\nct,1,2,yes,0.4,0.6\nmr,2,1,yes,0.3,0.7\n"
        )
        #expect(try found(scratch, "p.csv").models.first?.observations == 3)
        try scratch.write("q.csv", "image,slice,label,p_no,p_yes\nct,1,no,0.9,0.1\nct,1,yes,0.4,0.6\n")
        #expect(try scratch.weft(expecting: 65, ["evaluate", "q.csv"]).error.contains("'ct slice 1' in rows 1 and 2"))
    }

    @Test("three classes: macro figures, and one against the others on request")
    func threeClasses() throws {
        let scratch = try Scratch()
        try scratch.write(
            "p.csv",
            "image,label,p_a,p_b,p_c\n1,a,0.8,0.1,0.1\n2,b,0.2,0.5,0.3\n3,c,0.5,0.2,0.3\n4,c,0,0,1\n")
        let names = try #require(try found(scratch, "p.csv").models.first).metrics.map(\.name)
        #expect(names == ["accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "macro_average_precision"])
        let model = try #require(try found(scratch, "p.csv", "--positive", "c").models.first)
        #expect(model.metrics.first { $0.name == "collapsed_accuracy" }?.value == 0.75)
        #expect(model.metrics.first { $0.name == "sensitivity" }?.value == 0.5)
        let refused = try scratch.weft(expecting: 64, ["evaluate", "p.csv", "--positive", "d"])
        #expect(refused.error.contains("expected one of a, b, c"))
    }

    @Test(
        "tables that are no predictions are refused with the place",
        arguments: [
            ("image,label,p_a\n1,a,1\n", "1 columns p_CLASS"),
            ("image,label,p_a,p_b\n1,x,0.5,0.5\n", "label of row 1"),
            ("image,label,p_a,p_b\n1,a,1.5,0\n", "p_a of row 1"),
            ("image,label,p_a,p_b\n1,a,nan,0\n", "p_a of row 1"),
            ("image,label,p_a,p_b\n1,a,1,0\n1,a,1,0\n", "'1' in rows 1 and 2"),
            ("image,label,p_a,p_a\n1,a,1,0\n", "the column 'p_a' twice"),
            ("image,label,p_a,p_b\n1,a,1,0,7\n", "5 cells"),
            ("image,label,p_a,p_b\n", "has no rows"),
            ("", "no header"), ("label,p_a,p_b\na,1,0\n", "a column image"),
        ])
    func refusals(text: String, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("p.csv", text)
        let refused = try scratch.weft(expecting: 65, ["evaluate", "p.csv"])
        #expect(refused.error.contains(message), "\(refused.error)")
    }

    @Test("outputs are not overwritten, names in the page are escaped")
    func outputs() throws {
        let scratch = try Scratch()
        try scratch.write("<b>.csv", predictions())
        try scratch.write("other.csv", predictions(shift: 4))
        let arguments = ["evaluate", "<b>.csv", "other.csv", "-o", "m.csv", "--report", "r.html", "-q"]
        try scratch.weft(expecting: 0, arguments)
        let page = String(decoding: try scratch.read("r.html"), as: UTF8.self)
        #expect(page.contains("&lt;b&gt;.csv") && !page.contains("<b>.csv"))
        #expect(page.contains("<svg") && page.contains("ROC") && page.contains("Calibration"))
        #expect(page.contains("<strong>Positive is malignant") && page.contains("<pre>weft evaluate"))
        #expect(page.contains("seed 0. weft ") && page.contains("2000 resamples of patients"))
        let table = Table(csv: String(decoding: try scratch.read("m.csv"), as: UTF8.self))
        #expect(try table.row(("model", "<b>.csv"), ("against", ""), ("name", "auroc")).number("value") > 0.5)
        let refused = try scratch.weft(expecting: 73, arguments)
        #expect(refused.error.contains("m.csv exists"))
        try scratch.weft(expecting: 0, arguments + ["--force"])
        try scratch.weft(expecting: 66, ["evaluate", "gone.csv"])
        try scratch.weft(expecting: 73, ["evaluate", "other.csv", "--report", "no/where.html"])
    }
}
