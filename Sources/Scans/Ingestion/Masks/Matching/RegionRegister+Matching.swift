import Imaging

extension RegionRegister {
    /// What the register makes of a region of a mask.
    public struct Match: Hashable, Sendable {
        public var name: String
        /// Other names that a spelling of theirs gives to the region as well.
        public var others: [String]
    }

    /// What a region is called; nil when it has none of the spellings. A spelling without a pattern comes before a pattern,
    /// and then the order of the register decides. A region without a name goes by its number.
    public func match(_ entry: MaskSource.Entry) -> Match? {
        let found = (entry.name.isEmpty ? "\(entry.label)" : entry.name).lowercased()
        func fitting(_ isSpelling: (String) -> Bool) -> [String] {
            entries.filter { ([$0.name] + $0.spellings).contains { isSpelling($0.lowercased()) } }.map(\.name)
        }
        let literal = fitting { $0 == found }
        let all = literal.isEmpty ? fitting { Glob($0).matches(found) } : literal
        return all.first.map { Match(name: $0, others: Array(all.dropFirst())) }
    }

    /// What somebody should know of the name that a region got.
    public func finding(_ entry: MaskSource.Entry) -> Finding? {
        guard let match = match(entry) else { return nil }
        let called = entry.name.isEmpty ? "label \(entry.label)" : "'\(entry.name)'"
        guard match.others.isEmpty else {
            return Finding(
                .warning,
                "\(called) is a spelling of \(([match.name] + match.others).joined(separator: " and ")); taken as"
                    + " \(match.name), the first of them; make the spellings under regions exclude each other")
        }
        return entry.name == match.name ? nil : Finding(.note, "called \(called) in the mask")
    }
}
