import ArgumentParser
import Workflows

/// How much of the patient's identity a command shows.
struct IdentityOptions: ParsableArguments {
    enum Choice: String, CaseIterable, ExpressibleByArgument { case pseudonym, full }

    @Option(
        help: "How the patient appears in what is written: pseudonym (default) or full, the Patient ID of the files.")
    var identity = Choice.pseudonym

    @OptionGroup var secret: PseudonymKeyOptions

    var disclosure: IdentityDisclosure {
        get throws { try secret.key.map(IdentityDisclosure.keyedPseudonym) ?? (identity == .full ? .full : .pseudonym) }
    }

    func validate() throws {
        guard identity != .full || secret.pseudonymKey == nil else {
            throw ValidationError("--identity full makes no pseudonyms; leave out --pseudonym-key")
        }
    }
}

/// The secret that pseudonyms are made with.
struct PseudonymKeyOptions: ParsableArguments {
    @Option(
        help: "File of a secret key (16 bytes or more) that pseudonyms are made with, so that nobody can try them out.",
        completion: .file())
    var pseudonymKey: String?

    var key: PseudonymKey? {
        get throws {
            guard let pseudonymKey else { return nil }
            do throws(PseudonymKeyError) {
                return try PseudonymKey(contentsOf: pseudonymKey)
            } catch {
                let status: ExitStatus = if case .notFound = error { .inputNotFound } else { .inputUnreadable }
                throw CommandFailure(status, error.description)
            }
        }
    }
}
