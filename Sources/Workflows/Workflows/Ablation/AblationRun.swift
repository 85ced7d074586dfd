import Evaluation
import Finetuning
import Pretraining

/// One training of an ablation, in a folder of its own.
public struct AblationRun: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// Of the plan's archive.
        case pretraining(archive: [String])
        /// Of the plan's data set, from the weights of a pre-training; nil: from random numbers.
        case finetuning(dataset: String, weights: String?)
    }

    public var kind: Kind
    /// As the plan gives them.
    public var options: [AblationPlan.Option]
    public var seed: UInt64
    public var folder: String

    /// What the run says while it works.
    var log: String { folder + ".log" }

    /// What the run is for.
    var product: String {
        switch kind {
        case .pretraining: folder + "/model.safetensors"
        case .finetuning: folder + "/predictions.csv"
        }
    }

    /// The file that a run writes last, so that it says that the run is done.
    var last: String {
        switch kind {
        case .pretraining: folder + "/report.html"
        case .finetuning: product
        }
    }

    var title: String {
        switch kind {
        case .pretraining: "pre-training"
        case .finetuning: "fine-tuning"
        }
    }

    /// The command that does the same by hand, without the program's name.
    public var command: [String] {
        switch kind {
        case .pretraining(let archive): ["pretrain"] + archive + arguments + ["--output=\(folder)"]
        case .finetuning(let dataset, _): ["finetune", dataset] + arguments + ["--output=\(folder)"]
        }
    }

    /// The settings of the run as options of that command.
    public var arguments: [String] {
        let own = options.flatMap(\.arguments) + ["--seed=\(seed)"]
        return switch kind {
        case .pretraining: own
        case .finetuning(_, let weights): own + ["--weights=\(weights ?? "none")"]
        }
    }
}

/// One row of a plan with one seed.
struct AblationTask {
    /// In ``AblationPlan/rows``.
    var row: Int
    var seed: UInt64
    /// Nil where the row starts from random numbers.
    var pretraining: AblationRun?
    var finetuning: AblationRun

    var runs: [AblationRun] { [pretraining, finetuning].compactMap { $0 } }

    /// Seed by seed, so that a table of all rows is there early. Rows that pre-train alike share one pre-training.
    static func all(of plan: AblationPlan, in folder: AblationFolder) -> [AblationTask] {
        plan.seeds.flatMap { seed in
            var shared: [[AblationPlan.Option]: AblationRun] = [:]
            return plan.rows.enumerated().map { index, row in
                let runs = folder.runs(row, seed: seed)
                let pretraining = row.pretrain.map { options in
                    shared[options]
                        ?? AblationRun(
                            kind: .pretraining(archive: plan.archive), options: options, seed: seed,
                            folder: runs + "/pretrain")
                }
                if let pretraining { shared[pretraining.options] = pretraining }
                let finetuning = AblationRun(
                    kind: .finetuning(dataset: plan.dataset, weights: pretraining?.product), options: row.finetune,
                    seed: seed, folder: runs + "/finetune")
                return AblationTask(row: index, seed: seed, pretraining: pretraining, finetuning: finetuning)
            }
        }
    }
}

/// What the options of a plan's rows mean: the settings of ``AblationRun/arguments``, read by whoever knows the options.
public struct AblationSettings: Sendable {
    public var pretraining: @Sendable (_ arguments: [String]) throws -> PretrainingSettings
    public var finetuning: @Sendable (_ arguments: [String]) throws -> FinetuningSettings

    public init(
        pretraining: @escaping @Sendable (_ arguments: [String]) throws -> PretrainingSettings,
        finetuning: @escaping @Sendable (_ arguments: [String]) throws -> FinetuningSettings
    ) {
        (self.pretraining, self.finetuning) = (pretraining, finetuning)
    }

    /// - Throws: what the options of the run throw.
    func check(_ run: AblationRun) throws {
        switch run.kind {
        case .pretraining: _ = try pretraining(run.arguments)
        case .finetuning: _ = try finetuning(run.arguments)
        }
    }
}
