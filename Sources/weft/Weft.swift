import ArgumentParser

@main
struct Weft: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "weft", subcommands: [Phantom.self])
}
