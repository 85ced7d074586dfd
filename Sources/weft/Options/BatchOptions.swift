import ArgumentParser
import Foundation
import Tables
import Workflows

/// How a command is one of many: on several machines, or as a step of a workflow.
struct BatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Work on one part of the cases: 3/20 is the third of twenty. A case stays in its part when others are added. slurm: the \
            part of this task of a job array, slurm/20 of an array of which some tasks are run again. weft merge puts the tables \
            together.
            """, valueName: "i/n"),
        transform: { try ShardArgument.shard($0, ProcessInfo.processInfo.environment) })
    var shard: Shard?

    @Option(
        help: ArgumentHelp(
            """
            Exit status 0 when no more cases failed than this; without a number, however many. Workflow engines take any other status \
            for a crash. Rows say as before what failed.
            """, valueName: "n"))
    var allowFailures: AllowedFailures?

    @Option(
        help: ArgumentHelp(
            "Add a line of JSON for each case to this file: seconds, peak memory, status.", valueName: "file.jsonl"),
        completion: .file(extensions: ["jsonl"]))
    var log: String?

    /// Counts failed cases, and writes the log.
    func watch(_ observer: WorkObserver) throws -> BatchWatch {
        try BatchWatch(observer, log: log, shard: shard, allowed: allowFailures)
    }
}

/// The value of `--allow-failures`; `any` is what ``CommandLineHints`` puts where there is no number.
enum AllowedFailures: ExpressibleByArgument {
    case any
    case number(Int)

    static let anyText = "any"

    init?(argument: String) {
        if argument == Self.anyText {
            self = .any
        } else if let number = Int(argument), number >= 0 {
            self = .number(number)
        } else {
            return nil
        }
    }

    func take(_ failed: Int) -> Bool {
        switch self {
        case .any: true
        case .number(let number): failed <= number
        }
    }
}

/// `i/n`, or what Slurm says.
enum ShardArgument {
    static func shard(_ text: String, _ environment: [String: String]) throws -> Shard {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts[0] == "slurm", parts.count <= 2 {
            return try slurm(count: parts.count == 2 ? String(parts[1]) : nil, environment)
        }
        guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]),
            let shard = Shard(number, of: count)
        else {
            throw ValidationError(
                "--shard is '\(text)', expected i/n with 1 ≤ i ≤ n ≤ \(Shard.counts.upperBound), e.g. 3/20, or slurm")
        }
        return shard
    }

    /// Tasks of an array are numbered as its user likes: from 0 or 1, or in steps. Where an array has gaps, as that of tasks which are
    /// run again, its size is not that of the whole.
    private static func slurm(count: String?, _ environment: [String: String]) throws -> Shard {
        func number(_ name: String) throws -> Int? {
            guard let text = environment["SLURM_ARRAY_TASK_" + name], !text.isEmpty else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw ValidationError("--shard slurm: SLURM_ARRAY_TASK_\(name) is '\(text)', expected a number")
            }
            return number
        }
        guard let task = try number("ID") else {
            throw ValidationError(
                "--shard slurm: found no SLURM_ARRAY_TASK_ID, expected a task of a job array (sbatch --array=1-20); elsewhere give"
                    + " --shard i/n")
        }
        if let count {
            guard let count = Int(count), let shard = Shard(task, of: count) else {
                throw ValidationError(
                    "--shard slurm/\(count): SLURM_ARRAY_TASK_ID is \(task), expected 1 to \(count); number the array from 1"
                )
            }
            return shard
        }
        guard let count = try number("COUNT") else {
            throw ValidationError(
                "--shard slurm: found no SLURM_ARRAY_TASK_COUNT; give --shard slurm/n with the number of tasks")
        }
        let (first, last, step) = (try number("MIN") ?? 1, try number("MAX"), max(1, try number("STEP") ?? 1))
        let isWhole = last.map { ($0 - first) / step + 1 == count && ($0 - first) % step == 0 } ?? true
        guard isWhole, (task - first) % step == 0, let shard = Shard((task - first) / step + 1, of: count) else {
            throw ValidationError(
                "--shard slurm: task \(task) of an array of \(count) from \(first)\(last.map { " to \($0)" } ?? "") is not one of"
                    + " all in turn (are some run again?); give --shard slurm/n with the number of all parts")
        }
        return shard
    }
}
