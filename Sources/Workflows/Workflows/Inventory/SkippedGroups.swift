import Encoding
import Files
import Ingestion

/// Files that take no part, those of one kind together, or of one reason where the kind is not known.
struct SkippedGroups {
    /// In the order in which the first of each appears.
    let lines: [String]

    init(_ skipped: [SkippedFile]) {
        enum Group: Hashable {
            case kind(FileKind)
            /// Reasons are one whatever numbers they hold.
            case reason(suffix: String, String)
        }
        var order: [Group] = []
        var files: [Group: [SkippedFile]] = [:]
        for file in skipped {
            let suffix = FileName(file.path).suffix.lowercased()
            let group =
                file.kind.map(Group.kind) ?? .reason(suffix: suffix, file.reason.withoutNumbers)
            if files[group] == nil { order.append(group) }
            files[group, default: []].append(file)
        }
        lines = order.map { group in
            guard let found = files[group], let first = found.first else { return "" }
            let path = first.path.printable
            guard found.count > 1 else { return "\(path): \(first.reason.printable)" }
            switch group {
            case .kind(let kind): return "\(found.count) \(kind.name.several), e.g. \(path): \(kind.advice)"
            case .reason(let suffix, _):
                let what = suffix.isEmpty ? "files without a suffix" : "\(suffix.printable) files"
                return "\(found.count) \(what), e.g. \(path): \(first.reason.printable)"
            }
        }
    }
}

extension String {
    /// A # for each row of digits.
    fileprivate var withoutNumbers: String {
        var kept = ""
        for character in self {
            if !("0"..."9").contains(character) { kept.append(character) } else if kept.last != "#" { kept.append("#") }
        }
        return kept
    }
}
