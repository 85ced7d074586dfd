import Files
import Imaging

/// What the files of each region start with: names that do not hang on which other cases a process works on.
struct MapNames {
    /// Of cases that files cannot tell apart by letters, digits and a length of 48 bytes.
    private let ambiguous: Set<String>
    private var used: Set<String> = []

    /// - Parameter cases: of the whole run.
    init(_ cases: [ImageCase]) {
        let names = Dictionary(grouping: Set(cases.map(\.name)), by: OutputFolder.fileName)
        ambiguous = Set(names.filter { $0.value.count > 1 }.keys)
    }

    /// A number tells regions of one case with equal names apart: they come in the same order every time.
    mutating func unused(_ item: ImageCase, _ chosen: CaseRegion) -> String {
        let (region, mask) = (chosen.region, chosen.mask)
        let maskName = mask.map { String(FileName($0.path).imageStem) } ?? ""
        let parts = [maskName, region.name, mask == nil ? "" : "\(region.label)"].filter { !$0.isEmpty }
        let name = ([ofCase(item.name)] + parts.map(OutputFolder.fileName)).joined(separator: "_")
        var unused = name
        var number = 2
        while !used.insert(unused).inserted {
            unused = "\(name)-\(number)"
            number += 1
        }
        return unused
    }

    private func ofCase(_ name: String) -> String {
        let short = OutputFolder.fileName(name)
        return ambiguous.contains(short) ? "\(short)-\(Fingerprint(of: name).description.prefix(8))" : short
    }
}
