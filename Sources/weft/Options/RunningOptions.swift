import ArgumentParser
import Workflows

/// How a command works, whatever it computes.
struct RunningOptions: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
        help: "How many threads work, a number from 1 to 1024.")
    var jobCount = JobCount.allCores

    @OptionGroup var shown: IdentityOptions

    @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; failures are still named.")
    var quiet = false

    var jobs: Int { jobCount.count }
    var identity: IdentityDisclosure { get throws { try shown.disclosure } }
    var verbosity: Verbosity { quiet ? .quiet : .normal }
    var observer: WorkObserver { .console(verbosity) }
}
