import ArgumentParser
import Files
import SettingsFile

extension KeyedSettings {
    /// What the list of keys says of the option that sets one of them.
    static func optionHelp(_ path: String) -> ArgumentHelp { ArgumentHelp(help(path)) }

    /// `--settings FILE`: what the file mentions over what there is.
    mutating func read(file path: String) throws {
        let text = try settingsText(path)
        do throws(SettingsError) {
            try read(yaml: text)
        } catch { throw CommandFailure(.usage, "\(path): \(error)") }
    }

    /// `--set KEY=VALUE`, once or more.
    mutating func set(_ pairs: [String], example: String) throws(SettingsError) {
        for pair in pairs {
            guard let equals = pair.firstIndex(of: "=") else {
                throw .value(key: "--set", found: pair, expected: "key=value, e.g. \(example)")
            }
            try set(String(pair[..<equals]), to: String(pair[pair.index(after: equals)...]))
        }
    }
}

/// The content of a settings file.
func settingsText(_ path: String) throws(CommandFailure) -> String {
    do {
        return String(decoding: try readWholeFile(at: path), as: UTF8.self)
    } catch {
        guard case .absent = error else { throw CommandFailure(.inputUnreadable, "\(error)") }
        throw CommandFailure(.inputNotFound, "\(path): no such settings file; check the path")
    }
}
