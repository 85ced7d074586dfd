import ArgumentParser
import Workflows

/// How a command works, whatever it computes.
struct RunningOptions: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
        help: "How many threads work, a number from 1 to 1024.")
    var jobCount = JobCount.allCores

    @Option(
        help: "How the patient appears in what is written: pseudonym (default) or full, the Patient ID of the files.")
    var identity = IdentityDisclosure.pseudonym

    @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; failures are still named.")
    var quiet = false

    var jobs: Int { jobCount.count }
    var verbosity: Verbosity { quiet ? .quiet : .normal }
    var observer: WorkObserver { .console(verbosity) }
}

extension IdentityDisclosure: ExpressibleByArgument {}
