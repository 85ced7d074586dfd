/// What regions are to be called, and the spellings that files have for them, in the user's order.
public struct RegionRegister: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var name: String
        /// Patterns with `*`, `?` and `[abc]`, whose upper and lower case are one; the name itself is a spelling, too.
        public var spellings: [String]

        public init(_ name: String, _ spellings: [String]) { (self.name, self.spellings) = (name, spellings) }
    }

    public var entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }

    public var isEmpty: Bool { entries.isEmpty }
    public var names: [String] { entries.map(\.name) }
}
