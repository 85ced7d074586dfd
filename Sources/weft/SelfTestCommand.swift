import ArgumentParser
import SelfTest

/// `weft selftest`: whether this installation computes what it should.
struct SelfTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selftest",
        abstract: "Prove that this installation computes what it should.",
        discussion: """
            Computes the 482 consensus values of the IBSI-1 digital phantom, compares the learned half's co-occurrence \
            matrices with the exact ones and the gradient of its loss with finite differences, multiplies matrices with \
            the kernels that OpenBLAS chose for this processor, and reads a tiny file of every coding. All that it needs \
            is in the program. A line a check; exit status 70 when one fails.

              weft selftest

            """)

    func run() throws {
        let holds = SelfTest().run { check in
            Console.print("\(check.holds ? "ok   " : "FAILS")  \(check.name): \(check.figure)\n")
            if case .fails(let reasons) = check.outcome {
                for reason in reasons { Console.print("       \(reason)\n") }
            }
        }
        guard holds else {
            throw CommandFailure(
                .internalError,
                "this installation does not compute what it should: found the lines that say FAILS, expected none; "
                    + "please report them with the output of lscpu")
        }
    }
}
