import Files
import Ingestion

/// Regions of one name that an image has in several of its masks, an RTSTRUCT and a SEG say: each has a row, which names the
/// other. Upper and lower case are one, and so are the spellings of a register's region.
struct SharedRegions {
    private struct Place: Hashable {
        var path: String
        var entry: MaskSource.Entry
    }

    private var others: [Place: [MaskSource]] = [:]
    /// As the first mask has them, each once.
    private(set) var names: [String] = []

    init(of masks: [MaskSource], _ selection: RegionSelection) {
        var places: [String: [(mask: MaskSource, entry: MaskSource.Entry)]] = [:]
        var order: [String] = []
        for mask in masks {
            for entry in mask.entries.filter(selection.matches).map(selection.shown) where !entry.name.isEmpty {
                let key = entry.name.lowercased()
                if places[key] == nil { order.append(key) }
                places[key, default: []].append((mask, entry))
            }
        }
        for key in order {
            guard let found = places[key], Set(found.map(\.mask.path)).count > 1 else { continue }
            names.append(found[0].entry.name)
            for (mask, entry) in found {
                others[Place(path: mask.path, entry: entry)] = masks.filter { other in
                    other.path != mask.path && found.contains { $0.mask.path == other.path }
                }
            }
        }
    }

    /// - Parameter entry: as rows show it.
    func note(on entry: MaskSource.Entry, of mask: MaskSource) -> Finding? {
        guard let others = others[Place(path: mask.path, entry: entry)] else { return nil }
        let files = others.map { "\(FileName($0.path).name) (\($0.format.rawValue))" }.joined(separator: ", ")
        let isOfOneKind = others.allSatisfy { $0.format == mask.format }
        return Finding(
            .note,
            "a region of this name stands in \(files) as well, with a row of its own; "
                + (isOfOneKind ? "--mask takes one of the files" : "--mask-kind takes one of them"))
    }
}
