import ArgumentParser
import Workflows

/// How much of the patient's identity a command shows.
struct IdentityOptions: ParsableArguments {
    enum Choice: String, CaseIterable, ExpressibleByArgument { case pseudonym, full }

    @Option(
        help: "How the patient appears in what is written: pseudonym (default) or full, the Patient ID of the files.")
    var identity = Choice.pseudonym

    @Option(
        help: "File of a secret key (16 bytes or more) that pseudonyms are made with, so that nobody can try them out.",
        completion: .file())
    var pseudonymKey: String?

    var disclosure: IdentityDisclosure {
        get throws {
            guard let pseudonymKey else { return identity == .full ? .full : .pseudonym }
            do throws(PseudonymKeyError) {
                return .keyedPseudonym(try PseudonymKey(contentsOf: pseudonymKey))
            } catch {
                let status: ExitStatus = if case .notFound = error { .inputNotFound } else { .inputUnreadable }
                throw CommandFailure(status, error.description)
            }
        }
    }

    func validate() throws {
        guard identity != .full || pseudonymKey == nil else {
            throw ValidationError("--identity full makes no pseudonyms; leave out --pseudonym-key")
        }
    }
}
