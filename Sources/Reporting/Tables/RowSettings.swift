/// What a row was made with, as the row says it.
public struct RowSettings: Hashable, Sendable {
    /// Of weft.
    public var version: String
    public var hash: String
    /// Key and value of each setting on one line: `discretise: {binWidth: 25}; ivh: automatic`.
    public var text: String

    public init(version: String, hash: String, text: String) {
        (self.version, self.hash, self.text) = (version, hash, text)
    }

    /// - Parameters:
    ///   - yaml: the settings as a file, a key at the margin of each line, or further indented lines of the key above.
    ///   - except: keys that the columns of the table tell.
    public init(version: String, hash: String, yaml: String, except: [String]) {
        var entries: [String] = []
        for line in yaml.split(separator: "\n") {
            if line.hasPrefix(" "), let last = entries.indices.last {
                entries[last] += " " + String(line.drop { $0 == " " })
            } else {
                entries.append(String(line))
            }
        }
        let kept = entries.filter { entry in !except.contains { entry.hasPrefix($0 + ":") } }
        self.init(version: version, hash: hash, text: kept.joined(separator: "; "))
    }

    init(_ cells: [String: String]) {
        func cell(_ diagnostic: Diagnostic) -> String { cells[diagnostic.column] ?? "" }
        self.init(version: cell(.version), hash: cell(.settingsHash), text: cell(.settings))
    }

    public var diagnostics: [Diagnostic: String] { [.version: version, .settings: text, .settingsHash: hash] }

    /// Sentences of what these, which a table has, say otherwise than those of a run; none for the same ones.
    func differences(from run: RowSettings) -> [String] {
        guard hash != run.hash else { return [] }
        func difference(_ what: String, _ there: String?, _ now: String?) -> String {
            "\(what) is \(there ?? "not said") there and \(now ?? "not said") now"
        }
        let (there, now) = (entries, run.entries)
        var keys: [String] = []
        for (key, _) in there + now where !keys.contains(key) { keys.append(key) }
        var found = keys.compactMap { key -> String? in
            let (a, b) = (there.first { $0.0 == key }?.1, now.first { $0.0 == key }?.1)
            return a == b ? nil : difference(key, a, b)
        }
        if version != run.version { found.append(difference("the version of weft", version, run.version)) }
        return found.isEmpty ? [difference("the settings' hash", hash, run.hash)] : found
    }

    private var entries: [(String, String)] {
        text.split(separator: ";").map { entry in
            let parts = entry.drop { $0 == " " }.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : "")
        }
    }
}
