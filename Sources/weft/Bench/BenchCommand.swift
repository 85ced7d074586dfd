import ArgumentParser

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time this machine on weft's own hot paths.", subcommands: [])
}
