import Encoding
import Foundation
import Statistics

/// What stands in `metrics.json`, field by field.
package struct EvaluationDocument: Encodable {
    struct Metric: Encodable {
        var name: String
        var value: Double?
        var low: Double?
        var high: Double?
        var undefined: String?
    }

    struct Model: Encodable {
        var name: String
        var observations: Int
        var patients: Int
        var classes: [String]
        var confusion: [[Int]]
        var metrics: [Metric]
        var aurocDeLong: [Double]?
        var perClass: [OfClass]
        var perFold: [OfFold]?
    }

    struct OfClass: Encodable {
        var name: String
        var observations: Int
        var recall: Double?
        var precision: Double?
        var f1: Double?
        var f1Low: Double?
        var f1High: Double?
    }

    struct OfFold: Encodable {
        var name: String
        var observations: Int
        var positives: Int?
        var accuracy: Double?
        var auroc: Double?
        var averagePrecision: Double?
    }

    struct Test: Encodable {
        var name: String
        var difference: Double?
        var low: Double?
        var high: Double?
        var statistic: String
        var p: Double?
    }

    struct Comparison: Encodable {
        var a: String
        var b: String
        var shared: Int
        var tests: [Test]
        var folds: Folds?
    }

    struct Folds: Encodable {
        var names: [String]
        var accuracyA: [Double]
        var accuracyB: [Double]
    }

    var weft: String
    var unit: String
    var positive: String?
    /// How that was decided.
    var positiveBy: String?
    var caseScore: String?
    var caseThreshold: Double?
    var confidence = 0.95
    var resamples: Int
    var seed: UInt64
    var models: [Model]
    var comparisons: [Comparison]
    var notes: [String]

    /// - Parameter version: of weft.
    package init(_ result: EvaluationResult, version: String) {
        weft = version
        (unit, positive) = (result.unit.rawValue, result.positive)
        positiveBy = result.positiveReason?.explanation
        if result.unit == .case {
            switch result.rule.score {
            case .share(let threshold): (caseScore, caseThreshold) = ("share", threshold)
            case .mean: caseScore = "mean"
            }
        }
        (resamples, seed, notes) = (result.resamples, result.seed, result.notes)
        models = result.models.map { model in
            Model(
                name: model.name, observations: model.set.images.count, patients: Set(model.set.patients).count,
                classes: model.set.classes, confusion: model.metrics.confusion.counts.map { $0.map { Int($0) } },
                metrics: model.metrics.metrics.map { metric in
                    var undefined: String?
                    if case .undefined(let reason) = metric.statistic { undefined = reason.rawValue }
                    return Metric(
                        name: metric.name.rawValue, value: metric.statistic.value,
                        low: metric.interval.interval?.low, high: metric.interval.interval?.high, undefined: undefined)
                },
                aurocDeLong: model.metrics.delong.map { [$0.low, $0.high] },
                perClass: model.metrics.classes.map {
                    OfClass(
                        name: $0.name, observations: $0.count, recall: $0.recall.value, precision: $0.precision.value,
                        f1: $0.f1.value, f1Low: $0.f1Interval.interval?.low, f1High: $0.f1Interval.interval?.high)
                },
                perFold: model.metrics.folds.isEmpty
                    ? nil
                    : model.metrics.folds.map {
                        OfFold(
                            name: $0.name, observations: $0.count, positives: $0.positives, accuracy: $0.accuracy.value,
                            auroc: $0.auroc.value, averagePrecision: $0.averagePrecision.value)
                    })
        }
        comparisons = result.comparisons.map { comparison in
            Comparison(
                a: result.models[comparison.a].name, b: result.models[comparison.b].name, shared: comparison.shared,
                tests: comparison.rows.map {
                    Test(
                        name: $0.name, difference: $0.value.value, low: $0.interval?.low.ifFinite,
                        high: $0.interval?.high.ifFinite, statistic: $0.statistic, p: $0.probability)
                },
                folds: comparison.found.folds.map {
                    Folds(names: $0.names, accuracyA: $0.accuraciesA, accuracyB: $0.accuraciesB)
                })
        }
    }

    package func json() throws -> String {
        String(decoding: try JSON.document(self), as: UTF8.self)
    }

    /// One row per figure: `model,against,name,value,low,high,p,undefined`; those of a class are called `f1_CLASS`, those of a fold
    /// `auroc_fold_NAME`.
    package var csv: String {
        func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        var table = PlainTable(["model", "against", "name", "value", "low", "high", "p", "undefined"])
        for model in models {
            for metric in model.metrics {
                table.rows.append([
                    model.name, "", metric.name, text(metric.value), text(metric.low), text(metric.high), "",
                    metric.undefined ?? "",
                ])
            }
            func add(_ name: String, _ value: Double?, _ low: Double? = nil, _ high: Double? = nil) {
                table.rows.append([model.name, "", name, text(value), text(low), text(high), "", ""])
            }
            for item in model.perClass {
                add("recall_\(item.name)", item.recall)
                add("precision_\(item.name)", item.precision)
                add("f1_\(item.name)", item.f1, item.f1Low, item.f1High)
            }
            for fold in model.perFold ?? [] {
                add("accuracy_fold_\(fold.name)", fold.accuracy)
                add("auroc_fold_\(fold.name)", fold.auroc)
                add("average_precision_fold_\(fold.name)", fold.averagePrecision)
            }
        }
        for comparison in comparisons {
            for test in comparison.tests {
                table.rows.append([
                    comparison.a, comparison.b, test.name, text(test.difference), text(test.low), text(test.high),
                    text(test.p), "",
                ])
            }
        }
        return table.csv
    }
}

extension Double {
    /// JSON knows no infinity.
    fileprivate var ifFinite: Double? { isFinite ? self : nil }
}
