import Encoding
import Imaging
import TextureCore

/// The regions of one image while operations go over them, in the order of the rows.
public struct RegionSet: Sendable {
    /// One of them.
    public struct Item: Sendable {
        public var region: Region
        /// The place among what the set was made of, of the first region that it is made of.
        public let source: Int
        /// Names the mask that it comes from, so that regions of one name in several masks are not taken for each other.
        public let mask: Int
        /// Whether it was asked for as it is, not only to make something of it.
        public var isChosen: Bool
        /// Whether it is no longer as its mask has it.
        public var isMade = false
        /// What was done to it, in words.
        public var steps: [String] = []

        public init(_ region: Region, source: Int, mask: Int, isChosen: Bool) {
            (self.region, self.source, self.mask, self.isChosen) = (region, source, mask, isChosen)
        }
    }

    /// A region that an operation could not make, or that it left nothing of.
    public struct Failure: Sendable {
        public var name: String
        public var label: Int
        public var source: Int
        public var reason: String
        public var isChosen: Bool

        public init(name: String, label: Int, source: Int, reason: String, isChosen: Bool) {
            (self.name, self.label, self.source) = (name, label, source)
            (self.reason, self.isChosen) = (reason, isChosen)
        }
    }

    public private(set) var items: [Item]
    public private(set) var failures: [Failure] = []
    private let volume: Volume
    /// What the image's slices are called.
    private let sliceNumbers: [Int]
    private let matches: @Sendable (_ pattern: String, _ name: String) -> Bool

    /// - Parameters:
    ///   - lost: regions that could not be had; what needs them fails.
    ///   - matches: whether a pattern stands for a name.
    public init(
        _ items: [Item], lost: [Failure] = [], on volume: Volume, sliceNumbers: [Int],
        matches: @escaping @Sendable (_ pattern: String, _ name: String) -> Bool
    ) {
        (self.items, self.volume, self.sliceNumbers, self.matches) = (items, volume, sliceNumbers, matches)
        self.lost = lost
    }

    /// Those that failed before.
    private let lost: [Failure]

    /// - Parameter isWanted: whether something is wanted by its name, when it is made of what is not.
    public mutating func apply(
        _ operations: [MaskOperation], isWanted: (_ name: String, _ label: Int) -> Bool
    ) {
        for (number, operation) in operations.enumerated() {
            let words = operations.count > 1 ? "\(operation.kind.rawValue) (\(number + 1))" : operation.kind.rawValue
            if operation.kind.joins {
                join(operation, words, isWanted)
            } else {
                change(operation, words, isWanted)
            }
        }
    }

    // MARK: Names

    /// What a region is called where it is named.
    private static func called(_ name: String, _ label: Int) -> String { name.isEmpty ? "\(label)" : name }

    private static func called(_ region: Region) -> String { called(region.name, region.label) }

    private static func isPattern(_ name: String) -> Bool { name.contains { "*?[".contains($0) } }

    private func places(of name: String) -> [Int] {
        let exact = items.indices.filter { Self.called(items[$0].region) == name }
        // A name that is letter by letter one of theirs is no pattern.
        return exact.isEmpty ? items.indices.filter { matches(name, Self.called(items[$0].region)) } : exact
    }

    /// Why there is no region of a name; nil when a pattern may find none.
    private func reasonForNone(_ name: String) -> String? {
        if let lost = (lost + failures).first(where: { matches(name, Self.called($0.name, $0.label)) }) {
            return "needs the region '\(Self.called(lost.name, lost.label))', which failed: \(lost.reason)"
        }
        guard !Self.isPattern(name) else { return nil }
        return "needs the region '\(name)', which is not there; \(listed)"
    }

    private var listed: String {
        guard !items.isEmpty else { return "there is none" }
        let names = items.prefix(20).map { "'\(Self.called($0.region))'" }.joined(separator: ", ")
        return "there is \(names)" + (items.count > 20 ? " and \(items.count - 20) more" : "")
    }

    // MARK: Of several one

    private mutating func join(
        _ operation: MaskOperation, _ words: String, _ isWanted: (String, Int) -> Bool
    ) {
        let name = operation.name ?? ""
        var groups: [[Int]] = []
        var source = items.first?.source ?? lost.first?.source ?? 0
        func fail(_ reason: String) {
            failures.append(
                Failure(
                    name: name, label: 0, source: source, reason: "\(words) of \(Self.listed(operation)): \(reason)",
                    isChosen: isWanted(name, 0)))
        }
        for pattern in operation.regions ?? [] {
            let found = places(of: pattern)
            if found.isEmpty, let reason = reasonForNone(pattern) { return fail(reason) }
            groups.append(found)
        }
        let all = groups.joined().reduce(into: [Int]()) { if !$0.contains($1) { $0.append($1) } }
        guard let first = all.first, operation.kind != .difference || !groups[0].isEmpty else {
            return fail("no region is called so; \(listed)")
        }
        source = items[first].source
        var masks: [String: Int] = [:]
        for place in all {
            let (item, key) = (items[place], Self.called(items[place].region).lowercased())
            if let other = masks[key], other != item.mask {
                return fail(
                    "the region '\(Self.called(item.region))' stands in several masks; take one of them with --mask-kind or --mask"
                )
            }
            masks[key] = item.mask
        }
        let regions = all.map { items[$0].region }
        let made: Region =
            switch operation.kind {
            case .intersection: .intersection(regions, name: name, label: 0)
            case .difference:
                Region.union(groups[0].map { items[$0].region }, name: name, label: 0).subtracting(
                    all.filter { !groups[0].contains($0) }.map { items[$0].region })
            default: .union(regions, name: name, label: 0)
            }
        let count = made.voxelCount
        guard count > 0 else {
            let counts = regions.map { "'\(Self.called($0))' \($0.voxelCount)" }.joined(separator: ", ")
            return fail("nothing is left; voxels: \(counts)")
        }
        var item = Item(made, source: source, mask: -1, isChosen: isWanted(name, 0))
        let before = all.map { "'\(Self.called(items[$0].region))' (\(items[$0].region.voxelCount) voxels)" }
        item.steps = ["\(operation.kind.rawValue) of \(before.joined(separator: ", ")): \(count) voxels"]
        item.isMade = true
        // What was done to the parts belongs to what is made of them.
        item.steps =
            all.flatMap { place in items[place].steps.map { "\(Self.called(items[place].region)): \($0)" } }
            + item.steps
        place([item])
    }

    private static func listed(_ operation: MaskOperation) -> String {
        (operation.regions ?? []).map { "'\($0)'" }.joined(separator: ", ")
    }

    /// Something new comes last, and takes the place of what bears its name already.
    private mutating func place(_ new: [Item]) {
        let names = Set(new.map { Self.called($0.region) })
        items.removeAll { names.contains(Self.called($0.region)) }
        items += new
    }

    // MARK: Each by itself

    private mutating func change(
        _ operation: MaskOperation, _ words: String, _ isWanted: (String, Int) -> Bool
    ) {
        var chosen = Set(items.indices)
        if let patterns = operation.regions {
            chosen = []
            for pattern in patterns {
                let found = places(of: pattern)
                if found.isEmpty, !Self.isPattern(pattern) {
                    // What failed has a row already.
                    if !(lost + failures).contains(where: { matches(pattern, Self.called($0.name, $0.label)) }) {
                        failures.append(
                            Failure(
                                name: pattern, label: 0, source: items.first?.source ?? 0,
                                reason: "\(words): \(reasonForNone(pattern) ?? "")", isChosen: true))
                    }
                }
                chosen.formUnion(found)
            }
        }
        var kept: [Item] = []
        var new: [Item] = []
        for (place, item) in items.enumerated() {
            guard chosen.contains(place) else {
                kept.append(item)
                continue
            }
            if operation.name != nil { kept.append(item) }
            for made in self.made(operation, words, of: item, isWanted) {
                if operation.name == nil { kept.append(made) } else { new.append(made) }
            }
        }
        items = kept
        self.place(new)
    }

    /// Empty when nothing is left, which is a failure then.
    private mutating func made(
        _ operation: MaskOperation, _ words: String, of item: Item, _ isWanted: (String, Int) -> Bool
    ) -> [Item] {
        let before = item.region.voxelCount
        let own = Self.called(item.region)
        let name = operation.name.map { $0.replacing("*", with: own) } ?? item.region.name
        func isChosen(_ name: String) -> Bool {
            operation.name == nil
                ? item.isChosen || isWanted(name, item.region.label) : isWanted(name, item.region.label)
        }
        var (parts, remark): ([Region], String)
        do throws(OperationFailure) {
            (parts, remark) = try operation.parts(of: item.region, volume, sliceNumbers)
        } catch {
            failures.append(
                Failure(
                    name: name, label: item.region.label, source: item.source,
                    reason: "\(words) of '\(own)' (\(before) voxels): \(error.reason)", isChosen: isChosen(name)))
            return []
        }
        parts = parts.filter { !$0.voxels.isEmpty }
        guard !parts.isEmpty else {
            failures.append(
                Failure(
                    name: name, label: item.region.label, source: item.source,
                    reason: "\(words): none of the \(before) voxels of '\(own)' is left (\(remark))",
                    isChosen: isChosen(name)))
            return []
        }
        return parts.enumerated().map { number, part in
            var made = item
            made.isMade = true
            made.region = part
            made.region.name =
                operation.isMany ? Self.called(name, part.label) + operation.suffix(number, part, sliceNumbers) : name
            made.isChosen = isChosen(name) || isChosen(made.region.name)
            let piece = parts.count > 1 || operation.isMany ? ", \(number + 1) of \(parts.count)" : ""
            made.steps.append("\(remark)\(piece): \(before) voxels before, \(part.voxelCount) after")
            return made
        }
    }
}

/// Why an operation cannot be applied to a region.
private struct OperationFailure: Error {
    var reason: String
}

extension MaskOperation {
    /// Whether a region becomes several, which get numbers.
    fileprivate var isMany: Bool { kind == .components || kind == .slices && take == .each }

    fileprivate func suffix(_ number: Int, _ part: Region, _ sliceNumbers: [Int]) -> String {
        kind == .components ? "_\(number + 1)" : "_slice\(sliceNumbers[part.box.lower.z])"
    }

    /// What becomes of a region, and what is said of it. Parts without voxels are empty.
    fileprivate func parts(
        of region: Region, _ volume: Volume, _ sliceNumbers: [Int]
    ) throws(OperationFailure) -> (parts: [Region], words: String) {
        let grid = volume.geometry
        switch kind {
        case .union, .intersection, .difference: return ([region], kind.rawValue)
        case .components:
            let all = region.components(connectivity)
            let large = all.filter { Double($0.voxelCount) * VoxelEdges(grid).volume >= leastVolume }
            let small = all.count - large.count
            let left = small > 0 ? ", \(small) below \(leastVolume.sentenceText) mm³ left out" : ""
            return (large, "pieces of \(connectivity.rawValue) neighbours\(left)")
        case .largest:
            let pieces = region.components(connectivity)
            return (
                Array(pieces.prefix(1)), "largest of \(pieces.count) piece(s) of \(connectivity.rawValue) neighbours"
            )
        case .erode: return ([region.shrunk(by: distance, in: grid)], "eroded by \(distance.sentenceText) mm")
        case .dilate: return ([region.grown(by: distance, in: grid)], "dilated by \(distance.sentenceText) mm")
        case .ring:
            return (
                [region.ring(from: inner, to: outer, in: grid)],
                "ring from \(inner.sentenceText) to \(outer.sentenceText) mm of its border"
            )
        case .fill:
            let isFlat = dimension == .slice
            return ([region.filled(withinSlices: isFlat)], isFlat ? "holes filled in each slice" : "holes filled")
        case .slices: return slices(of: region, sliceNumbers)
        case .threshold: return try threshold(of: region, volume)
        }
    }

    private func slices(of region: Region, _ numbers: [Int]) -> (parts: [Region], words: String) {
        let counts = region.sliceCounts
        switch take {
        case .largest:
            guard let most = counts.max(), let place = counts.firstIndex(of: most) else { return ([], "no slice") }
            let slice = region.box.lower.z + place
            return ([region.slices(slice..<slice + 1)], "largest slice, \(numbers[slice])")
        case .each:
            let crossed = counts.indices.filter { counts[$0] > 0 }.map { region.box.lower.z + $0 }
            return (crossed.map { region.slices($0..<$0 + 1) }, "slices")
        case .range(let range):
            // The numbers of a series may run against the order of the slices.
            let parts = numbers.indices.filter { range.contains(numbers[$0]) }.map { region.slices($0..<$0 + 1) }
            return (
                [Region.union(parts, name: region.name, label: region.label)],
                "slices \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }

    private func threshold(
        of region: Region, _ volume: Volume
    ) throws(OperationFailure) -> (parts: [Region], words: String) {
        let region = region.cropped()
        var limits = (least ?? -.infinity, most ?? .infinity)
        var words = [least.map { "at least \($0.sentenceText)" }, most.map { "at most \($0.sentenceText)" }].compactMap(
            \.self
        )
        .joined(separator: " and ")
        let values = volume.values(in: region.box)
        var voxels = region.voxels
        for k in voxels.indices where voxels[k] != 0 && !values[k].isFinite { voxels[k] = 0 }
        if let percent {
            guard let maximum = voxels.indices.lazy.filter({ voxels[$0] != 0 }).map({ values[$0] }).max() else {
                throw OperationFailure(reason: "no voxel holds a finite number")
            }
            let whole = of == .maximum ? maximum : Self.peak(of: region.box, voxels, in: volume)
            guard whole.isFinite, whole > 0 else {
                throw OperationFailure(
                    reason:
                        "\(percent.sentenceText) % of the \(of.rawValue) need a \(of.rawValue) above 0, it is \(whole)")
            }
            limits = (whole * percent / 100, .infinity)
            words =
                "at least \(percent.sentenceText) % of the \(of.rawValue) \(whole.sentenceText), \(limits.0.sentenceText)"
        }
        for k in voxels.indices where voxels[k] != 0 && !(limits.0 <= values[k] && values[k] <= limits.1) {
            voxels[k] = 0
        }
        let part = Region(name: region.name, label: region.label, box: region.box, voxels: voxels).cropped()
        return ([part], "threshold: \(words)")
    }

    /// The highest mean in a sphere of 1 cm³ around a voxel of the region.
    private static func peak(of box: VoxelBox, _ voxels: [UInt8], in volume: Volume) -> Double {
        let around = box.grown(by: LocalIntensityPeak.margin(in: volume.geometry), within: volume.geometry.size)
        let peak = LocalIntensityPeak(box, inside: voxels, block: VolumeBlock(volume, box: around)).globalPeak
        if case .value(let value) = peak { return value }
        return .nan
    }
}
