// One step that makes regions of regions, before any other of ExtractionSettings, as `maskOperations` names it.

import Filters
import Imaging
import SettingsFile
import Yams

/// An item of `maskOperations`.
public struct MaskOperation: Hashable, Sendable {
    public var kind: Kind
    /// Names of the regions that it takes, with the patterns of `--roi`, and numbers of regions without a name; for a kind that changes
    /// regions nil: all that there are.
    public var regions: [String]?
    /// What is made is called this, and what it was made of stays; `*` stands for the name of that. Nil: it takes the place of the
    /// region that it was made of.
    public var name: String?
    /// components, largest
    public var connectivity = Connectivity.corners
    /// components: mm³; pieces below are left out.
    public var leastVolume = 0.0
    /// erode, dilate: mm.
    public var distance = 0.0
    /// ring: mm from the border, negative inside the region.
    public var inner = 0.0
    public var outer = 0.0
    /// fill: 2D fills slice by slice.
    public var dimension = ImageFilter.Dimension.volume
    /// slices
    public var take = SliceChoice.largest
    /// threshold: both ends belong to it, in the image's unit.
    public var least: Double?
    public var most: Double?
    /// threshold: of what `of` says.
    public var percent: Double?
    public var of = Reference.maximum

    public init(_ kind: Kind) { self.kind = kind }

    public enum Kind: String, CaseIterable, Sendable {
        // A region of several.
        case union, intersection, difference
        // Each region by itself.
        case components, largest, erode, dilate, ring, fill, slices, threshold

        /// Whether one region is made of several.
        var joins: Bool { [.union, .intersection, .difference].contains(self) }
    }

    /// Of what a percentage is.
    public enum Reference: String, CaseIterable, Sendable {
        case maximum
        /// The highest mean in a sphere of 1 cm³ around a voxel of the region (IBSI's global intensity peak).
        case peak
    }

    /// Which slices of a region are kept.
    public enum SliceChoice: Hashable, Sendable {
        /// The one with most of its voxels; of several the first.
        case largest
        /// Each as a region of its own.
        case each
        /// By their numbers in the series, both ends included.
        case range(ClosedRange<Int>)
    }
}

// MARK: Keys

extension MaskOperation: KeyedSettings {
    public init() { self.init(.union) }

    package static let keys: [SettingsKey<MaskOperation>] = [
        .choice("kind", \.kind, .item),
        SettingsKey("regions", \.regions, SettingsValue.texts.orNull, .item, "names, patterns or numbers of regions") {
            $0.map { !$0.isEmpty && $0.allSatisfy { !$0.isEmpty } } ?? true
        }.written { $0.regions != nil },
        SettingsKey("name", \.name, SettingsValue.text.orNull, .item, "a name for what is made") {
            $0.map { !$0.isEmpty } ?? true
        }.written { $0.name != nil },
        SettingsKey("connectivity", \.connectivity, .connectivity, .item),
        .number("leastVolume", \.leastVolume, .item, "mm³ from 0") { $0 >= 0 },
        .number("distance", \.distance, .item, "a positive number of mm to 1000") { $0 > 0 && $0 <= 1000 },
        .number("inner", \.inner, .item, "mm from -1000 to 1000") { abs($0) <= 1000 },
        .number("outer", \.outer, .item, "mm from -1000 to 1000") { abs($0) <= 1000 },
        .choice("dimension", \.dimension, .item), SettingsKey("take", \.take, .slices, .item),
        limit("least", \.least), limit("most", \.most),
        SettingsKey("percent", \.percent, SettingsValue.number.orNull, .item, "a number from 0 to 100") {
            $0.map { (0...100).contains($0) } ?? true
        }.written { $0.percent != nil },
        .choice("of", \.of, .item),
    ]

    private static func limit(
        _ name: String, _ place: SettingsKey<MaskOperation>.Place<Double?>
    ) -> SettingsKey<MaskOperation> {
        SettingsKey(name, place, SettingsValue.number.orNull, .item, "a number in the image's unit").written {
            $0[keyPath: place] != nil
        }
    }

    /// The keys of a kind. Those that it must have come first.
    static func names(of kind: Kind) -> (needed: [String], other: [String]) {
        switch kind {
        case .union, .intersection, .difference: (["regions", "name"], [])
        case .components: ([], ["regions", "name", "connectivity", "leastVolume"])
        case .largest: ([], ["regions", "name", "connectivity"])
        case .erode, .dilate: (["distance"], ["regions", "name"])
        case .ring: (["outer"], ["inner", "regions", "name"])
        case .fill: ([], ["regions", "name", "dimension"])
        case .slices: (["take"], ["regions", "name"])
        case .threshold: ([], ["regions", "name", "least", "most", "percent", "of"])
        }
    }

    /// From an item: a mapping with the key `kind`, or the word of a kind that needs no other key.
    package init(_ node: Node, _ path: String) throws(SettingsError) {
        self.init()
        if node.string != nil, node.mapping == nil {
            kind = try node.choice(path, Kind.self)
        } else {
            let pairs = try node.pairs(path, expected: "an operation such as {kind: dilate, distance: 5}")
            guard let named = pairs.first(where: { $0.0 == "kind" }) else {
                throw .value(
                    key: path, found: "an operation without kind",
                    expected: "{kind: \(Kind.allCases.map(\.rawValue).joined(separator: " | ")), …}")
            }
            kind = try named.1.choice("\(path).kind", Kind.self)
            let (needed, other) = Self.names(of: kind)
            _ = try node.pairs(
                path, of: ["kind"] + needed + other, place: "in a mask operation of kind \(kind.rawValue)")
            try Self.keys.read(node, into: &self, under: path)
        }
        let given = Set(node.mapping?.keys.compactMap(\.string) ?? [])
        for name in Self.names(of: kind).needed where !given.contains(name) {
            let expected = Self.keys.first { $0.name == name }?.expected ?? "a value"
            throw .value(key: "\(path).\(name)", found: "nothing", expected: expected)
        }
        try validate(path, percentOf: given.contains("of"))
    }

    package func validate() throws(SettingsError) { try validate("maskOperations", percentOf: false) }

    /// What does not go together.
    private func validate(_ path: String, percentOf: Bool) throws(SettingsError) {
        switch kind {
        case .difference:
            guard (regions?.count ?? 0) > 1 else {
                throw .value(
                    key: "\(path).regions", found: "\(regions?.count ?? 0)",
                    expected: "a region and, after it, those that are taken away from it")
            }
        case .ring:
            guard inner < outer else {
                throw .value(
                    key: path, found: "inner \(inner), outer \(outer)",
                    expected: "an inner distance below the outer one")
            }
        case .threshold:
            guard (least != nil || most != nil) != (percent != nil) else {
                throw .value(
                    key: path, found: percent == nil ? "no limit" : "limits of two kinds",
                    expected: "least or most (or both) in the image's unit, or percent of the region's maximum or peak")
            }
            if percentOf, percent == nil {
                throw .conflict("\(path).of changes nothing without percent: leave it out, or give percent")
            }
            if let least, let most, least > most {
                throw .value(key: path, found: "least \(least), most \(most)", expected: "least not above most")
            }
        default: break
        }
        if kind.joins, name?.contains("*") == true {
            throw .value(key: "\(path).name", found: "'\(name ?? "")'", expected: "a name without *")
        }
    }

    /// As an item is written: with the keys of its kind.
    package var node: Node {
        let own = Self.names(of: kind)
        let usual = MaskOperation(kind)
        var names = Set(["kind"] + own.needed + own.other)
        if connectivity == usual.connectivity { names.remove("connectivity") }
        if leastVolume == usual.leastVolume { names.remove("leastVolume") }
        if inner == usual.inner { names.remove("inner") }
        if dimension == usual.dimension { names.remove("dimension") }
        if percent == nil { names.remove("of") }
        return Self.keys.filter { names.contains($0.name) }.node(of: self) ?? Node(kind.rawValue)
    }
}

extension SettingsOption {
    fileprivate static let item = absent("an operation is given as a whole")
}

extension SettingsValue<Connectivity> {
    fileprivate static var connectivity: Self {
        Self(
            "6, 18 or 26 neighbours",
            read: { node, key throws(SettingsError) in
                guard let known = node.int.flatMap(Connectivity.init(rawValue:)) else {
                    throw .value(key: key, found: node.shown, expected: "6, 18 or 26 neighbours")
                }
                return known
            }, written: { Node("\($0.rawValue)") })
    }
}

extension SettingsValue<MaskOperation.SliceChoice> {
    fileprivate static var slices: Self {
        let expected = "largest, each, or the first and the last number, e.g. [10, 20]"
        return Self(
            expected,
            read: { node, key throws(SettingsError) in
                switch node.string {
                case "largest": return .largest
                case "each": return .each
                default:
                    guard let items = node.sequence.map(Array.init), items.count == 2, let first = items[0].int,
                        let last = items[1].int, first <= last
                    else { throw .value(key: key, found: node.shown, expected: expected) }
                    return .range(first...last)
                }
            },
            written: { choice in
                switch choice {
                case .largest: Node("largest")
                case .each: Node("each")
                case .range(let range): Node([Node("\(range.lowerBound)"), Node("\(range.upperBound)")])
                }
            })
    }
}

// MARK: The list

extension MaskOperation {
    /// From a list of items, or one of them.
    package static func list(_ node: Node, _ path: String) throws(SettingsError) -> [MaskOperation] {
        guard let items = node.sequence.map(Array.init) else { return [try MaskOperation(node, path)] }
        var list: [MaskOperation] = []
        for (number, item) in items.enumerated() {
            list.append(try MaskOperation(item, items.count == 1 ? path : "\(path)[\(number + 1)]"))
        }
        return list
    }

    /// From the text of `--mask-operations`.
    package static func list(yaml: String, option: String) throws(SettingsError) -> [MaskOperation] {
        guard let node = try Node.root(of: yaml) else {
            throw .value(key: option, found: "nothing", expected: "an operation such as {kind: dilate, distance: 5}")
        }
        return try list(node, option)
    }
}

extension ExtractionSettings {
    /// The key `maskOperations`.
    static let maskOperationsKey = SettingsKey<ExtractionSettings>(
        "maskOperations",
        .named(
            "mask-operations",
            help: """
                What is made of the regions first, one after the other, in YAML, e.g. '[{kind: union, regions: [GTV, Nodes], \
                name: All}, {kind: dilate, distance: 5}]'. Default: nothing.
                """),
        "a list of operations",
        read: { node, path, settings throws(SettingsError) in
            settings.maskOperations = node.string == "none" ? [] : try MaskOperation.list(node, path)
        },
        written: { settings in
            settings.maskOperations.isEmpty ? nil : Node(settings.maskOperations.map(\.node))
        }
    ).about(
        """
        They work on the image's own grid, before resampling, in weft extract and weft map; weft inspect lists regions as masks \
        have them, weft filter filters the whole image and has none, networks see regions as masks have them. An operation is {kind: …} with keys of its kind. union, \
        intersection, difference: regions (of a difference the first less all others) and name make a new region. All others \
        change each of the regions named by regions, or every region there is, in place; with name, in which * stands for the \
        region's own, what is made stands beside it. components: connectivity (6, 18 or 26), leastVolume (mm³, 0); each piece \
        is a region NAME_1, NAME_2, … from the largest. largest: connectivity. erode, dilate: distance (mm between the centres \
        of voxels; what lies beyond the image takes nothing away). ring: inner (0) and outer, mm from the border, negative \
        inside the region. fill: dimension (3D; 2D fills each slice). slices: take (largest, each, or [first, last] as the series \
        counts). threshold: least and most in the image's unit, both included, or percent of the region's maximum or \
        peak (of; peak is the highest mean in a sphere of 1 cm³). Regions are named as --roi names them, one without a name by its \
        number; a name that no region has is a failed row, a pattern may find none beside others that do. Rows stand for the \
        regions that --roi and --label choose, before and after, and for what is made unless they choose only others.
        """)
}
