import Imaging

/// Which entries of which masks are wanted: `--roi` (glob patterns on names), `--label` (numbers) and `--mask-kind`.
///
/// Within each list any match will do; when several lists are given an entry must match in all. Empty lists choose all, or
/// all that the register knows.
public struct RegionSelection: Hashable, Sendable {
    /// Patterns in which `*` is any text, `?` one character and `[abc]`, `[a-z]`, `[!x]` one of a set. Upper and lower
    /// case differ. A name that equals the pattern letter by letter always matches.
    public var names: [String]
    public var labels: [Int]
    /// Kinds of files that hold the regions.
    public var formats: Set<MaskSource.Format>
    /// What regions are called instead of by the mask's name, which `names` then ask for.
    public var register: RegionRegister
    /// A table of names for the labels of label images; see ``LabelNames``.
    public var labelTable: String?
    /// What becomes of a label image on another grid than the image's.
    public var maskGrid: MaskGrid

    public init(
        names: [String] = [], labels: [Int] = [], formats: Set<MaskSource.Format> = [],
        register: RegionRegister = RegionRegister(), labelTable: String? = nil, maskGrid: MaskGrid = .own
    ) {
        (self.names, self.labels, self.formats, self.register) = (names, labels, formats, register)
        (self.labelTable, self.maskGrid) = (labelTable, maskGrid)
    }

    public static let all = RegionSelection()

    /// Whether single regions are asked for, so that one which is none is missed.
    public var asksForRegions: Bool { !names.isEmpty || !labels.isEmpty }

    /// Whether regions of this mask are wanted at all.
    public func takes(_ mask: MaskSource) -> Bool { formats.isEmpty || formats.contains(mask.format) }

    public func matches(_ entry: MaskSource.Entry) -> Bool {
        guard labels.isEmpty || labels.contains(entry.label) else { return false }
        let registered = register.match(entry)?.name
        guard !names.isEmpty else { return register.isEmpty || registered != nil }
        return names.contains { $0 == registered ?? entry.name || Glob($0).matches(registered ?? entry.name) }
    }

    /// What the row of an entry calls it.
    public func shown(_ entry: MaskSource.Entry) -> MaskSource.Entry {
        register.match(entry).map { MaskSource.Entry(name: $0.name, label: entry.label) } ?? entry
    }

    /// Why nothing among `entries` was chosen, with what there is and what to do; nil when something was.
    public func reasonForNothing(among entries: [MaskSource.Entry]) -> String? {
        guard !entries.contains(where: matches) else { return nil }
        guard !entries.isEmpty else { return "the mask holds no region" }
        var wanted: [String] = []
        if !names.isEmpty { wanted.append("named " + names.map { "'\($0)'" }.joined(separator: " or ")) }
        if names.isEmpty, !register.isEmpty {
            wanted.append("with a spelling of \(register.names.joined(separator: " or "))")
        }
        if !labels.isEmpty { wanted.append("with label " + labels.map(String.init).joined(separator: " or ")) }
        var reason = "no region \(wanted.joined(separator: " and ")); there is "
        reason += listed(entries)
        let folded = names.map { $0.lowercased() }
        let cased = entries.filter { entry in
            let name = shown(entry).name.lowercased()
            return folded.contains { $0 == name || Glob($0).matches(name) }
                && (labels.isEmpty || labels.contains(entry.label))
        }
        if !names.isEmpty, entries.allSatisfy(\.name.isEmpty) {
            reason += " (numbers without names); choose with --label"
        } else if let first = cased.first {
            reason += "; upper and lower case differ: write --roi '\(shown(first).name)'"
        } else if names.isEmpty, !register.isEmpty {
            reason += "; add a spelling under regions"
        } else if labels.isEmpty {
            reason += "; give one of these names, or a pattern such as 'GTV*'"
        } else {
            reason += "; give one of these numbers with --label"
        }
        return reason
    }

    private func listed(_ entries: [MaskSource.Entry]) -> String {
        let shown = entries.prefix(20).map(\.shown)
        let more = entries.count > 20 ? " and \(entries.count - 20) more" : ""
        return shown.joined(separator: ", ") + more
    }
}

/// A shell pattern, matched against a whole name character by character (so that `?` is one letter, also an ä).
public struct Glob: Sendable {
    private enum Part: Sendable {
        case anyText, anyCharacter
        case literal(Character)
        case oneOf([ClosedRange<Character>], negated: Bool)

        func accepts(_ character: Character) -> Bool {
            switch self {
            case .anyText, .anyCharacter: true
            case .literal(let literal): literal == character
            case .oneOf(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
            }
        }

        var isAnyText: Bool { if case .anyText = self { true } else { false } }
    }

    private let parts: [Part]

    public init(_ pattern: String) {
        let text = Array(pattern)
        var parts: [Part] = []
        var i = 0
        while i < text.count {
            switch text[i] {
            case "*": parts.append(.anyText)
            case "?": parts.append(.anyCharacter)
            case "[":
                if let (set, end) = Glob.set(in: text, at: i) {
                    parts.append(set)
                    i = end
                } else {
                    parts.append(.literal("["))
                }
            default: parts.append(.literal(text[i]))
            }
            i += 1
        }
        self.parts = parts
    }

    /// The set that opens at `start` and where its `]` stands; nil when it is never closed.
    private static func set(in text: [Character], at start: Int) -> (Part, Int)? {
        var i = start + 1
        let negated = i < text.count && (text[i] == "!" || text[i] == "^")
        if negated { i += 1 }
        var ranges: [ClosedRange<Character>] = []
        let first = i
        while i < text.count, text[i] != "]" || i == first {
            if i + 2 < text.count, text[i + 1] == "-", text[i + 2] != "]" {
                if text[i] <= text[i + 2] { ranges.append(text[i]...text[i + 2]) }
                i += 3
            } else {
                ranges.append(text[i]...text[i])
                i += 1
            }
        }
        return i < text.count ? (.oneOf(ranges, negated: negated), i) : nil
    }

    /// Remembers only the last `*`, so the time is at most pattern × name.
    public func matches(_ name: String) -> Bool {
        let text = Array(name)
        var (i, p) = (0, 0)
        var star: (part: Int, taken: Int)?
        while i < text.count {
            if p < parts.count, parts[p].isAnyText {
                star = (p, i)
                p += 1
            } else if p < parts.count, parts[p].accepts(text[i]) {
                (i, p) = (i + 1, p + 1)
            } else if let last = star {
                star = (last.part, last.taken + 1)
                (i, p) = (last.taken + 1, last.part + 1)
            } else {
                return false
            }
        }
        return parts[p...].allSatisfy(\.isAnyText)
    }
}
