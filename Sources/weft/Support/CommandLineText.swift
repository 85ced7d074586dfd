import Encoding
import Workflows

/// The command line as it was given, for records and reports.
enum CommandLineText {
    /// As a shell takes it. Absolute paths are cut to their last part unless identity may be told in full.
    static func recorded(_ identity: IdentityDisclosure) -> String {
        let words = CommandLine.arguments.dropFirst().map { word -> String in
            guard word.hasPrefix("-"), let equals = word.firstIndex(of: "=") else { return identity.shown(word) }
            return word[...equals] + identity.shown(String(word[word.index(after: equals)...]))
        }
        return (["weft"] + words.map(ShellWord.quoted)).joined(separator: " ")
    }
}
