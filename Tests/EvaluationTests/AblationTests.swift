import Evaluation
import NumericalMethods
import Statistics
import Testing

@Suite("the plan and the table of an ablation")
struct AblationTests {
    @Test("a row's option replaces the common one; paths count from the plan's folder")
    func plan() throws {
        let plan = try AblationPlan(
            yaml: """
                archive: train
                dataset: /data/labels.csv
                pretrain: {epochs: 3, model: vit-ti16}
                finetune: {flip: true}
                seeds: [0, 5]
                rows:
                  - {name: Plain, pretrain: none}
                  - {name: Longer, pretrain: {epochs: 6}, finetune: {flip: false}}
                """, folder: "plans")
        #expect(plan.archive == ["plans/train"] && plan.dataset == "/data/labels.csv" && plan.seeds == [0, 5])
        #expect(plan.rows[0].pretrain == nil && plan.rows[0].finetune.map(\.name) == ["flip"])
        #expect(plan.rows[1].pretrain?.map(\.values) == [["6"], ["vit-ti16"]])
    }

    @Test("one seed has intervals by patient, two seeds their mean; the first row has no p; kinds are not mixed")
    func table() throws {
        func run(_ scores: [Double]) -> PredictionSet {
            let labels = scores.indices.map { $0 % 2 }
            return PredictionSet(
                classes: ["no", "yes"], images: scores.indices.map { "i\($0)" },
                patients: scores.indices.map { "P\($0)" },
                labels: labels, predictions: scores.map { $0 > 0.5 ? 1 : 0 },
                probabilities: Matrix(rows: scores.count, columns: 2, values: scores.flatMap { [1 - $0, $0] }))
        }
        let good = run([0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.6, 0.4])
        let poor = run([0.4, 0.6, 0.7, 0.3, 0.2, 0.9, 0.8, 0.1])
        let one = AblationTable(
            rows: [.init(name: "a", runs: [0: good]), .init(name: "b", runs: [0: poor])],
            positive: PositiveClass(number: 1, reason: .name), resamples: 100,
            threads: 1)
        #expect(one.metrics.last == .auroc && one.probabilities[0] == nil && one.probabilities[1] != nil)
        #expect(one.entries[0][0].value == 0.75 && one.entries[0][0].interval != nil)
        let two = AblationTable(
            rows: [.init(name: "a", runs: [0: good, 1: poor])], positive: PositiveClass(number: 1, reason: .name),
            resamples: 100, threads: 1)
        #expect(two.entries[0][0].value == (0.75 + 0.5) / 2)
        #expect(two.spread == .seeds && two.seeds[0].map(\.seed) == [0, 1])
        // Student's interval of 0.75 and 0.5 reaches far beyond 1.
        let interval = try #require(two.entries[0][0].interval)
        #expect(interval.high == 1 && interval.low == 0)
        // A row with one seed beside rows with several: neither an interval nor a p of another kind.
        let mixed = AblationTable(
            rows: [
                .init(name: "a", runs: [0: good, 1: poor]), .init(name: "b_1 & c", runs: [0: poor]),
                .init(name: "c", runs: [0: poor, 1: good]),
            ], positive: PositiveClass(number: 1, reason: .name), resamples: 100, threads: 1)
        #expect(mixed.entries[1].allSatisfy { $0.value != nil && $0.interval == nil })
        #expect(mixed.probabilities[0] == nil && mixed.probabilities[1] == nil && mixed.probabilities[2] != nil)
        #expect(mixed.explanation.contains("neither interval nor p") && mixed.explanation.contains("Positive is yes"))
        #expect(mixed.shownSeeds?.rows.map { $0[2] }.last != "-" && mixed.shownSeeds?.rows[1][2] == "-")
        let seeds = mixed.seedCSV.split(separator: "\n")
        #expect(seeds.count == 1 + 5 * 5 && seeds[0] == "row,seed,metric,value,low,high")
        #expect(mixed.latex.contains("b\\_1 \\& c & 1 &") && mixed.latex.contains("\\begin{tabular}{lrrrrrrr}"))
        #expect(mixed.latex.components(separatedBy: "\\\\\n").count == 5, "\(mixed.latex)")
        // Of two patients there is no p.
        func few(_ set: PredictionSet) -> PredictionSet {
            var set = set
            set.patients = set.patients.indices.map { "P\($0 % 2)" }
            return set
        }
        let small = AblationTable(
            rows: [.init(name: "a", runs: [0: few(good)]), .init(name: "b", runs: [0: few(poor)])],
            positive: PositiveClass(number: 1, reason: .name), resamples: 100, threads: 1)
        #expect(small.probabilities == [nil, nil] && small.explanation.contains("2 patients: fewer than 6"))
    }
}
