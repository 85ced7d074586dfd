import ArgumentParser
import SettingsFile

/// What helps where the command line was not understood, beside what ArgumentParser says of it.
enum CommandLineHints {
    /// The words as the parser takes them.
    static func joined(_ words: [String]) -> [String] { sayingHowManyFailures(joiningNegativeNumbers(words)) }

    /// The number of `--allow-failures` may be left out, and what follows may be an input.
    static func sayingHowManyFailures(_ words: [String]) -> [String] {
        words.enumerated().map { place, word in
            guard word == "--allow-failures" else { return word }
            let next = words.indices.contains(place + 1) ? words[place + 1] : ""
            return Int(next) == nil ? "\(word)=\(AllowedFailures.anyText)" : word
        }
    }

    /// The words as ArgumentParser takes them: a negative number after an option is its value (`--lower-bound -5`,
    /// `--range -500,400`), which without this only options that say so would take. No option begins with a digit.
    static func joiningNegativeNumbers(_ words: [String]) -> [String] {
        var joined: [String] = []
        var isOption = true
        for word in words {
            if isOption, let option = joined.last, isName(option), isNegativeNumber(word) {
                joined[joined.count - 1] = "\(option)=\(word)"
            } else {
                joined.append(word)
            }
            // After it come no options.
            if word == "--" { isOption = false }
        }
        return joined
    }

    private static func isName(_ word: String) -> Bool { word.hasPrefix("-") && !word.contains("=") && word != "-" }

    private static func isNegativeNumber(_ word: String) -> Bool {
        let rest = word.dropFirst()
        let digits = rest.hasPrefix(".") ? rest.dropFirst() : rest
        return word.hasPrefix("-") && digits.first?.isNumber == true && digits.first?.isASCII == true
    }

    /// What to say where a word stands in the place of a command that is none; nil where it does not.
    static func unknownCommand(_ words: [String]) -> String? {
        var path = "weft"
        var commands = Weft.configuration.subcommands
        for word in words {
            guard !word.hasPrefix("-"), word != "help", !commands.isEmpty else { return nil }
            let names = commands.map { $0._commandName }
            guard let command = commands.first(where: { $0._commandName == word }) else {
                let hint =
                    nearestWord(to: word, among: names).map { "did you mean '\(path) \($0)'?" }
                    ?? "expected one of \(names.joined(separator: ", "));"
                return "unknown command '\(word)'; \(hint) '\(path) --help' says what each does"
            }
            path += " \(word)"
            commands = command.configuration.subcommands
        }
        return nil
    }

    /// What stands where the value of an option is missing, and how one with a dash is written; nil for any other message.
    static func missingValue(_ message: String, _ words: [String]) -> String? {
        guard let start = message.range(of: "Missing value for '")?.upperBound,
            let end = message[start...].firstIndex(where: { $0 == " " || $0 == "'" })
        else { return nil }
        let option = String(message[start..<end])
        guard let place = words.firstIndex(of: option), words.indices.contains(place + 1) else {
            return "Hint:  the command line ends after \(option); write its value there."
        }
        let next = words[place + 1]
        guard next.hasPrefix("-") else { return nil }
        let joint = option.hasPrefix("--") ? "\(option)=\(next)" : "\(option)\(next)"
        return
            "Hint:  after \(option) stands '\(next)', which looks like an option; a value that begins with a dash is written "
            + "\(joint)"
    }
}
