import Foundation
import Statistics
import TestSupport
import Testing

/// The reference numbers of the fixtures: every one of them, each within 1e-10 (they are printed with 16 digits; what is left
/// are the roundings of sums of up to a few hundred terms).
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct MetricsFixtureTests {
    private static let tolerance = 1e-10

    private func files() throws -> [(name: String, content: [String: Any])] {
        let names = try FixtureSet.names(ofKind: "metrics")
        #expect(!names.isEmpty)
        return try names.map { name in
            let data = try Data(contentsOf: URL(fileURLWithPath: FixtureSet.root + "/" + name))
            return (name, try #require(JSONSerialization.jsonObject(with: data) as? [String: Any]))
        }
    }

    private func compare(
        _ found: Double?, _ expected: Any?, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = try #require((expected as? NSNumber)?.doubleValue, "no \(what)", sourceLocation: sourceLocation)
        let value = try #require(found, "\(what) is undefined, expected \(expected)", sourceLocation: sourceLocation)
        #expect(
            abs(value - expected) <= Self.tolerance, "\(what): \(value), expected \(expected)",
            sourceLocation: sourceLocation)
    }

    private func numbers(_ value: Any?) throws -> [Double] {
        try #require(value as? [NSNumber]).map(\.doubleValue)
    }

    /// The fixture's rates are 0 where the denominator is: here they are undefined, with a reason.
    private func compare(_ counts: BinaryCounts, _ confusion: Any?, _ rates: Any?, _ what: String) throws {
        let confusion = try #require(confusion as? [String: Any])
        try compare(counts.truePositives, confusion["tp"], "\(what) tp")
        try compare(counts.trueNegatives, confusion["tn"], "\(what) tn")
        try compare(counts.falsePositives, confusion["fp"], "\(what) fp")
        try compare(counts.falseNegatives, confusion["fn"], "\(what) fn")
        let rates = try #require(rates as? [String: Any])
        try compare(counts.accuracy.value ?? 0, rates["accuracy"], "\(what) accuracy")
        try compare(counts.sensitivity.value ?? 0, rates["sensitivity"], "\(what) sensitivity")
        try compare(counts.specificity.value ?? 0, rates["specificity"], "\(what) specificity")
        try compare(counts.f1.value ?? 0, rates["f1"], "\(what) f1")
        try compare(counts.precision.value ?? 0, rates["precision"], "\(what) precision")
    }

    private func counts(_ labels: [Bool], _ scores: [Double]) -> BinaryCounts {
        ConfusionMatrix(classes: 2, labels: labels.map { $0 ? 1 : 0 }, predictions: scores.map { $0 > 0.5 ? 1 : 0 })
            .collapsed(to: 1)
    }

    @Test func twoModels() throws {
        for (file, content) in try files() {
            for set in try #require(content["sets"] as? [[String: Any]]) {
                let what = "\(file), \(set["kind"] ?? "")"
                let isPositive = try numbers(set["labels"]).map { $0 == 1 }
                let (a, b) = (try numbers(set["scores_a"]), try numbers(set["scores_b"]))
                try compare(ScoredSample(isPositive: isPositive, scores: a).auroc().value, set["auroc_a"], what)
                try compare(ScoredSample(isPositive: isPositive, scores: b).auroc().value, set["auroc_b"], what)
                try compare(counts(isPositive, a), set["confusion_a"], set["rates_a"], "\(what) a")
                try compare(counts(isPositive, b), set["confusion_b"], set["rates_b"], "\(what) b")
                let test = McNemarTest(
                    isRightA: zip(isPositive, a).map { $0 == ($1 > 0.5) },
                    isRightB: zip(isPositive, b).map { $0 == ($1 > 0.5) })
                let mcNemar = try #require(set["mcnemar"] as? [String: Any])
                try compare(Double(test.onlyA), mcNemar["a_only_right"], what)
                try compare(Double(test.onlyB), mcNemar["b_only_right"], what)
                try compare(test.exact, mcNemar["p_exact"], "\(what) p_exact")
                try compare(test.midP, mcNemar["p_midp"], "\(what) p_midp")
                try compare(test.correctedChiSquared, mcNemar["chi2_cc"], "\(what) chi2_cc")
                try compare(test.correctedProbability, mcNemar["p_chi2_cc"], "\(what) p_chi2_cc")
                try compare(test.chiSquared, mcNemar["chi2"], "\(what) chi2")
                try compare(test.chiSquaredProbability, mcNemar["p_chi2"], "\(what) p_chi2")
                let delong = try #require(set["delong"] as? [String: Any])
                let areas = try #require(DeLongTest(isPositive: isPositive, scoresA: a, scoresB: b), "\(what)")
                try compare(areas.areaA, delong["auroc_a"], "\(what) area a")
                try compare(areas.areaB, delong["auroc_b"], "\(what) area b")
                try compare(areas.varianceA, delong["var_a"], "\(what) var a")
                try compare(areas.varianceB, delong["var_b"], "\(what) var b")
                try compare(areas.covariance, delong["cov_ab"], "\(what) cov")
                try compare(areas.z, delong["z"], "\(what) z")
                try compare(areas.probability, delong["p"], "\(what) p")
            }
        }
    }

    @Test func folds() throws {
        for (file, content) in try files() {
            for folds in try #require(content["folds"] as? [[String: Any]]) {
                let test = try #require(PairedTTest(try numbers(folds["a"]), try numbers(folds["b"])))
                try compare(test.meanDifference, folds["mean_difference"], "\(file) mean difference")
                try compare(test.t, folds["t"], "\(file) t")
                try compare(Double(test.degrees), folds["df"], "\(file) df")
                try compare(test.probability, folds["p_two_sided"], "\(file) p")
            }
        }
    }

    @Test func multiclass() throws {
        for (file, content) in try files() {
            let set = try #require(content["multiclass"] as? [String: Any])
            let labels = try numbers(set["labels"]).map { Int($0) }
            let logits = try #require(set["logits"] as? [[NSNumber]]).map { $0.map(\.doubleValue) }
            let predictions = logits.map(classOfLargest)
            #expect(predictions == (try numbers(set["argmax"]).map { Int($0) }), "\(file) argmax")
            let matrix = ConfusionMatrix(
                classes: try #require(logits.first).count, labels: labels, predictions: predictions)
            try compare(matrix.accuracy.value, set["accuracy_3class"], "\(file) accuracy")
            let positive = try #require((set["positive_class"] as? NSNumber)?.intValue)
            try compare(
                matrix.collapsed(to: positive), set["collapsed_confusion"], set["collapsed_rates"], "\(file) collapsed")
        }
    }
}
