/// What is wrong with a settings file, one of its keys, or an option that sets one.
public enum SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    case notYAML(reason: String)
    /// `place` in words: `under loss`, `at the top level`, `in --set`. `known` are the keys that could stand there, where no
    /// nearest one says enough.
    case unknownKey(String, place: String, nearest: String?, known: [String] = [])
    /// A key that there is, but elsewhere: `paths` are its right places.
    case misplacedKey(String, place: String, paths: [String])
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
        case .misplacedKey(let key, let place, let paths):
            "unknown key '\(key)' \(place); its place is \(paths.map { "'\($0)'" }.joined(separator: " or "))"
        case .unknownName(let name, let kind, let place, let nearest, let overview):
            "no \(kind) '\(name)' \(place); " + (nearest.map { "did you mean '\($0)'?" } ?? overview)
        case .value(let key, let found, let expected): "\(key): found \(found), expected \(expected)"
        case .unavailable(let key, let what):
            "\(key): \(what) is not available in this version of weft; remove it to go on"
        case .conflict(let text): text
        }
    }
}

extension SettingsError {
    /// An unknown key that is known at another level, with the places where it is; any other error as it is.
    package func placed(among entries: [SettingsEntry]) -> SettingsError {
        guard case .unknownKey(let key, let place, let nearest, _) = self else { return self }
        // A path as one word, `discretise.binWidth: 25`, is a key at the wrong level, too.
        let word = key.split(separator: ".").last.map(String.init) ?? key
        func places(where isMeant: (String) -> Bool) -> [String] {
            let found = entries.map(\.path).filter { path in
                path != key && isMeant(path.split(separator: ".").last.map(String.init) ?? path)
            }
            return Array(found.sorted { Self.depth($0) < Self.depth($1) }.prefix(Self.mostPlaces))
        }
        if key != word, let path = entries.map(\.path).first(where: { $0 == key }) {
            return .misplacedKey(
                key, place: place, paths: [path.replacing(".", with: ": {") + ": …" + Self.closing(path)])
        }
        // A slip of the case alone is no reason to look nearby first, but the nearest of the same level is the likelier one.
        let exact = places { $0.lowercased() == word.lowercased() }
        if !exact.isEmpty, nearest.map({ $0.lowercased() != key.lowercased() }) ?? true {
            return .misplacedKey(key, place: place, paths: exact)
        }
        guard nearest == nil else { return self }
        let names = entries.map(\.name)
        guard let slip = nearestWord(to: word, among: names) else { return self }
        return .misplacedKey(key, place: place, paths: places { $0 == slip })
    }

    /// More than a person reads in a message.
    private static let mostPlaces = 3

    private static func depth(_ path: String) -> Int { path.count { $0 == "." } }

    private static func closing(_ path: String) -> String { String(repeating: "}", count: depth(path)) }
}
