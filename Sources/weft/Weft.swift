import ArgumentParser
import Workflows

/// The table of contents: one command a file.
struct Weft: ParsableCommand {
    static let version = Release.version

    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "Texture features of medical images, from scan to table.",
        discussion: """
            A folder of DICOM or PNG with contours goes in, a table of radiomics features that can be cited comes out.

              weft inspect FOLDER                what is in it
              weft extract FOLDER -o table.csv   features of every region of interest

            Exit status: 0 all done, 2 finished but some cases failed (their rows say why), 64 wrong usage, \
            65 input unreadable, 66 input not found, 70 internal error, 73 output cannot be written, 130 interrupted \
            (143 by TERM, 129 by HUP, 138 by USR1).
            """,
        version: version,
        subcommands: [
            Inspect.self, Extract.self, Filter.self, Map.self, Explain.self, Pretrain.self, Finetune.self,
            Predict.self, Embed.self, Merge.self, Reconstruct.self, Evaluate.self, Compare.self, Ablate.self,
            Harmonise.self, TextureLossCommand.self, Phantom.self, SelfTestCommand.self, Bench.self,
        ])
}

@main
enum Main {
    static func main() {
        StandardStreams.open()
        Interruption.prepare()
        let words = CommandLineHints.joined(Array(CommandLine.arguments.dropFirst()))
        do {
            if let unknown = CommandLineHints.unknownCommand(words) { throw CommandFailure(.usage, unknown) }
            var command = try Weft.parseAsRoot(words)
            try command.run()
        } catch let failure as CommandFailure {
            end(failure)
        } catch let error as WorkflowError {
            end(CommandFailure(error))
        } catch  where Weft.exitCode(for: error) == .failure {
            if let failure = CommandFailure(system: error) { end(failure) }
            // No error of the command line and none that a command has words for.
            Console.error("internal error: \(error); please report it with the command that shows it")
            Weft.exit(withError: ExitStatus.internalError.code)
        } catch {
            let hint = CommandLineHints.missingValue(Weft.message(for: error), words)
            guard let hint else { Weft.exit(withError: error) }
            Console.write("\(Weft.fullMessage(for: error))\n\(hint)\n")
            Weft.exit(withError: Weft.exitCode(for: error))
        }
    }

    private static func end(_ failure: CommandFailure) -> Never {
        Console.error(failure.message)
        let status = failure.status == .interrupted ? Interruption.status : failure.status.rawValue
        Weft.exit(withError: ExitCode(status))
    }
}
