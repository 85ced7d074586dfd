import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time this machine on weft's own hot paths.",
        discussion: """
            Each case reports the median of several runs and stands beside something known that is timed in the same \
            run: compare ratios, for seconds move with the machine.
            """,
        subcommands: [
            GLCMBench.self, SoftGLCMBench.self, ExtractBench.self, ScanBench.self, MapBench.self, TrainStepBench.self,
        ])
}
