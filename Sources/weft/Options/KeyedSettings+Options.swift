import ArgumentParser
import Foundation
import SettingsFile

extension KeyedSettings {
    /// What the list of keys says of the option that sets one of them.
    static func optionHelp(_ path: String) -> ArgumentHelp { ArgumentHelp(help(path)) }

    /// `--settings FILE`: what the file mentions over what there is.
    mutating func read(file path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.inputNotFound, "\(path): cannot be read, expected a settings file; check the path")
        }
        do throws(SettingsError) {
            try read(yaml: String(decoding: data, as: UTF8.self))
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
