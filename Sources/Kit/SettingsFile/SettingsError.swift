/// What is wrong with a settings file, one of its keys, or an option that sets one.
public enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    case notYAML(reason: String)
    /// `place` in words: `under loss`, `at the top level`, `in --set`. `known` are the keys that could stand there, where no
    /// nearest one says enough.
    case unknownKey(String, place: String, nearest: String?, known: [String] = [])
    /// A name that is none of many: `kind` and `place` as in "no feature 'x' in the convention ibsi"; `overview` says
    /// where all of them are listed.
    case unknownName(String, kind: String, place: String, nearest: String?, overview: String)
    /// `key` is the path of a key, `section.name`, or an option.
    case value(key: String, found: String, expected: String)
    case unavailable(key: String, what: String)
    /// Settings that exclude each other; a whole sentence.
    case conflict(String)

    public var description: String {
        switch self {
        case .notYAML(let reason): "not readable as YAML: \(reason)"
        case .unknownKey(let key, let place, let nearest?, _):
            "unknown key '\(key)' \(place); did you mean '\(nearest)'?"
        case .unknownKey(let key, let place, nil, let known):
            "unknown key '\(key)' \(place)"
                + (known.isEmpty ? "" : ", expected one of \(known.joined(separator: ", "))")
        case .unknownName(let name, let kind, let place, let nearest, let overview):
            "no \(kind) '\(name)' \(place); " + (nearest.map { "did you mean '\($0)'?" } ?? overview)
        case .value(let key, let found, let expected): "\(key): found \(found), expected \(expected)"
        case .unavailable(let key, let what):
            "\(key): \(what) is not available in this version of weft; remove it to go on"
        case .conflict(let text): text
        }
    }
}
