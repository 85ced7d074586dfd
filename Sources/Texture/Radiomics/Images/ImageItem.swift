// The images of a table: the original and filters of it, as settings name them. An item with lists stands for an image each.

import Filters
import SettingsFile
import TextureCore
import Yams

/// An item of `images`.
public struct ImageItem: Hashable, Sendable {
    public var kind: Kind
    /// mean: voxels along each axis.
    public var support = [5]
    /// log, gabor: mm.
    public var sigma: [WrittenNumber] = []
    /// log: where the kernel ends, in sigmas.
    public var truncate = 4.0
    /// laws: a kernel an axis, `L5E5E5`.
    public var kernels: [String] = []
    /// laws: voxels on each side over which the absolute response is averaged; nil: the response itself.
    public var energyDistance: Int?
    /// gabor: wavelength, mm.
    public var lambda = 0.0
    /// gabor: how much narrower the Gaussian is across the wave than along it.
    public var gamma = 1.0
    /// gabor: direction of the wave, degrees, and from one to the next.
    public var theta = 0.0
    public var thetaStep: Double?
    /// gabor; nil: xy, with more than one direction in 3D all three.
    public var planes: [GaborFilter.Plane]?
    /// wavelet
    public var family = "coif1"
    /// wavelet, simoncelli: which levels; in PyRadiomics' convention how many.
    public var level = [1]
    /// wavelet, PyRadiomics: how many levels are thrown away first.
    public var startLevel = 0
    /// wavelet; nil: all.
    public var subbands: [String]?
    /// riesz: along x, y, z.
    public var order = [1, 0, 0]
    /// riesz: one filter, of whose response it is; none: of the image.
    public var of: [ImageItem] = []
    /// gradient: per mm, not per voxel.
    public var useSpacing = true
    /// lbp2D: voxels, and neighbours on the circle.
    public var radius = 1.0
    public var samples = 8
    /// lbp3D: degrees of the harmonics, and divisions of the icosahedron.
    public var levels = 2
    public var subdivision = 1
    /// lbp3D: m1, m2, …, k; nil: all.
    public var parts: [String]?
    /// Nil: 3D, of one slice 2D.
    public var dimension: ImageFilter.Dimension?
    public var boundary = Boundary.mirror
    public var rotationInvariant = Pooling.none
    /// What this image has instead of the settings that all have.
    public var own = OwnSettings()

    public init(_ kind: Kind = .original) { self.kind = kind }

    public static let original = ImageItem(.original)

    public enum Kind: String, CaseIterable, Sendable {
        case original, mean, log, laws, gabor, wavelet, simoncelli, riesz
        case square, squareRoot, logarithm, exponential, gradient, lbp2D, lbp3D
    }

    /// Grey levels of one image, and what a parameter file of PyRadiomics may say of it.
    public struct OwnSettings: Hashable, Sendable {
        public var binWidth: Double?
        public var binCount: Int?
        public var distances: [Int]?
        public var symmetricalGLCM: Bool?
        public var weightingNorm: PyRadiomicsTexture.Weighting?
        public var gldmA: Int?
        public var voxelArrayShift: Int?

        public init() {}
    }
}

/// A number that PyRadiomics puts into a name as it was written: 1 and 1.0 are two names.
public struct WrittenNumber: Hashable, Sendable {
    public var value: Double
    public var isInteger: Bool

    public init(_ value: Double, isInteger: Bool = false) { (self.value, self.isInteger) = (value, isInteger) }

    /// As Python shows it.
    var pythonText: String { isInteger ? String(Int(value)) : "\(value)" }
}

extension SettingsValue<WrittenNumber> {
    static var writtenNumber: Self {
        Self(
            "a positive number", type: "number",
            read: { node, key throws(SettingsError) in
                let number = try node.number(key)
                return WrittenNumber(number, isInteger: node.string.flatMap { Int($0) } != nil)
            }, written: { Node($0.pythonText) }, accepts: { $0.value > 0 && $0.value.isFinite })
    }
}

// MARK: Keys

extension ImageItem: KeyedSettings {
    public init() { self.init(.original) }

    package static let keys: [SettingsKey<ImageItem>] = [
        .choice("kind", \.kind, .item), list("support", \.support, .integer, "voxels from 1") { $0 >= 1 },
        SettingsKey("sigma", \.sigma, SettingsValue.writtenNumber.list, .item, "positive numbers of mm"),
        .number("truncate", \.truncate, .item, "a number of sigmas from 0.5 to 20") { (0.5...20).contains($0) },
        list("kernels", \.kernels, .text, "kernels for two or three axes such as L5E5E5") {
            LawsKernel.list($0).map { (2...3).contains($0.count) } ?? false
        },
        SettingsKey(
            "energyDistance", \.energyDistance, SettingsValue.integer.orNull, .item, "a number of voxels from 1"
        ) { $0.map { $0 >= 1 } ?? true }.written { $0.energyDistance != nil },
        .number("lambda", \.lambda, .item, "a positive number of mm") { $0 > 0 },
        .number("gamma", \.gamma, .item, "a positive number") { $0 > 0 },
        .number("theta", \.theta, .item, "degrees"),
        SettingsKey(
            "thetaStep", \.thetaStep, SettingsValue.number.orNull, .item, "degrees from 0.1 to 180"
        ) { $0.map { (0.1...180).contains($0) } ?? true }.written { $0.thetaStep != nil },
        SettingsKey("planes", \.planes, SettingsValue.choice.list.orNull, .item, "xy, xz, yz").written {
            $0.planes != nil
        },
        SettingsKey(
            "family", \.family, SettingsValue.text, .item, "one of \(WaveletFamily.names.joined(separator: ", "))"
        ) { WaveletFamily($0) != nil },
        list("level", \.level, .integer, "levels from 1 to 8") { (1...8).contains($0) },
        .integer("start_level", \.startLevel, .item, "levels from 0 to 7") { (0...7).contains($0) }.written {
            $0.startLevel != 0
        },
        SettingsKey("subbands", \.subbands, .subbands, .item, "all, or letters for each axis such as LLH"),
        SettingsKey("order", \.order, .integers, .item, "three whole numbers from 0, one of them at least 1") {
            $0.count == 3 && $0.allSatisfy { (0...8).contains($0) } && $0 != [0, 0, 0]
        },
        SettingsKey(
            "of", .item, "a filter: mean, log, laws, gabor, wavelet or simoncelli",
            read: { node, path, item throws(SettingsError) in
                let inner = try ImageItem(node, path)
                guard [.mean, .log, .laws, .gabor, .wavelet, .simoncelli].contains(inner.kind) else {
                    throw .value(
                        key: path, found: inner.kind.rawValue,
                        expected: "mean, log, laws, gabor, wavelet or simoncelli")
                }
                item.of = [inner]
            }, written: { $0.of.first?.node }),
        .flag("useSpacing", \.useSpacing, .item),
        .number("radius", \.radius, .item, "a number of voxels from 1") { $0 >= 1 },
        .integer("samples", \.samples, .item, "a number of neighbours from 1") { (1...1024).contains($0) },
        .integer("levels", \.levels, .item, "degrees from 1 to 8") { (1...8).contains($0) },
        .integer("subdivision", \.subdivision, .item, "divisions from 0 to 4") { (0...4).contains($0) },
        SettingsKey(
            "parts", \.parts, SettingsValue.text.list.orNull, .item, "degrees such as m1, or k for the kurtosis"
        ) {
            $0.map { !$0.isEmpty && $0.allSatisfy { $0 == "k" || ($0.first == "m" && Int($0.dropFirst()) != nil) } }
                ?? true
        }.written { $0.parts != nil },
        SettingsKey("dimension", \.dimension, SettingsValue.choice.orNull, .item, "3D or 2D").written {
            $0.dimension != nil
        },
        .choice("boundary", \.boundary, .item), .choice("rotationInvariant", \.rotationInvariant, .item),
        SettingsKey("binWidth", \.own.binWidth, SettingsValue.number.orNull, .item, "a positive number") {
            $0.map { $0 > 0 } ?? true
        }.written { $0.own.binWidth != nil },
        SettingsKey("binCount", \.own.binCount, SettingsValue.integer.orNull, .item, "a number from 1") {
            $0.map { (1...GreyLevels.most).contains($0) } ?? true
        }.written { $0.own.binCount != nil },
        SettingsKey("distances", \.own.distances, SettingsValue.integers.orNull, .item, "whole numbers from 1") {
            $0.map { !$0.isEmpty && $0.allSatisfy { $0 >= 1 } } ?? true
        }.written { $0.own.distances != nil },
        SettingsKey("symmetricalGLCM", \.own.symmetricalGLCM, SettingsValue.flag.orNull, .item).written {
            $0.own.symmetricalGLCM != nil
        },
        SettingsKey("weightingNorm", \.own.weightingNorm, SettingsValue.choice.orNull, .item).written {
            $0.own.weightingNorm != nil
        },
        SettingsKey("gldm_a", \.own.gldmA, SettingsValue.integer.orNull, .item, "a whole number from 0") {
            $0.map { $0 >= 0 } ?? true
        }.written { $0.own.gldmA != nil },
        SettingsKey("voxelArrayShift", \.own.voxelArrayShift, SettingsValue.integer.orNull, .item).written {
            $0.own.voxelArrayShift != nil
        },
    ]

    private static func list<Value: Sendable>(
        _ name: String, _ place: SettingsKey<ImageItem>.Place<[Value]>, _ kind: SettingsValue<Value>,
        _ expected: String, where accepts: @escaping @Sendable (Value) -> Bool
    ) -> SettingsKey<ImageItem> {
        SettingsKey(name, place, kind.list, .item, expected) { !$0.isEmpty && $0.allSatisfy(accepts) }
    }

    /// The keys that an item of a kind has, in a convention. Those that it must have come first.
    package static func names(of kind: Kind, in convention: Convention) -> (needed: [String], other: [String]) {
        let turns = convention == .ibsi ? ["dimension", "boundary", "rotationInvariant"] : []
        let own =
            ["binWidth", "binCount"]
            + (convention == .pyradiomics
                ? ["distances", "symmetricalGLCM", "weightingNorm", "gldm_a", "voxelArrayShift"] : [])
        let (needed, other): ([String], [String]) =
            switch kind {
            case .original: ([], [])
            case .mean: (["support"], turns)
            case .log: (["sigma"], (convention == .ibsi ? ["truncate"] : []) + turns)
            case .laws: (["kernels"], ["energyDistance"] + turns)
            case .gabor: (["sigma", "lambda"], ["gamma", "theta", "thetaStep", "planes"] + turns)
            case .wavelet:
                ([], ["family", "level", "subbands"] + (convention == .pyradiomics ? ["start_level"] : []) + turns)
            case .simoncelli: ([], ["level"] + turns)
            case .riesz: (["order"], ["of"] + turns)
            case .square, .squareRoot, .logarithm, .exponential: ([], [])
            case .gradient: ([], ["useSpacing"])
            case .lbp2D: ([], ["radius", "samples"])
            case .lbp3D: ([], ["levels", "subdivision", "parts"])
            }
        // The original's grey levels are those of the settings; only a parameter file of PyRadiomics has others for it.
        return (needed, other + (kind == .original && convention == .ibsi ? [] : own))
    }

    /// From an item: `original`, or a mapping with the key `kind`.
    package init(_ node: Node, _ path: String) throws(SettingsError) {
        self.init()
        if let name = node.string, node.mapping == nil {
            kind = try node.choice(path, Kind.self)
            guard Self.names(of: kind, in: .ibsi).needed.isEmpty else {
                throw .value(
                    key: path, found: "'\(name)' alone",
                    expected:
                        "{kind: \(name), \(Self.names(of: kind, in: .ibsi).needed.map { "\($0): …" }.joined(separator: ", "))}"
                )
            }
            return
        }
        let pairs = try node.pairs(path, expected: "original, or a filter such as {kind: log, sigma: 3}")
        guard let named = pairs.first(where: { $0.0 == "kind" }) else {
            throw .value(
                key: path, found: "a filter without kind",
                expected: "{kind: \(Kind.allCases.map(\.rawValue).joined(separator: " | ")), …}")
        }
        let kind = try named.1.choice("\(path).kind", Kind.self)
        let (needed, other) = Convention.allCases.reduce(into: ([String](), [String]())) { all, convention in
            let names = Self.names(of: kind, in: convention)
            (all.0, all.1) = (names.needed, all.1 + names.other.filter { !all.1.contains($0) })
        }
        _ = try node.pairs(path, of: ["kind"] + needed + other, place: "in an image of kind \(kind.rawValue)")
        for name in needed where !pairs.contains(where: { $0.0 == name }) {
            throw .value(
                key: "\(path).\(name)", found: "nothing",
                expected: Self.keys.first { $0.name == name }?.expected ?? "a value")
        }
        try Self.keys.read(node, into: &self, under: path)
    }

    /// As an item is written: with the keys of its kind.
    package var node: Node {
        if self == .original { return Node(Kind.original.rawValue) }
        var names: Set<String> = ["kind"]
        for convention in Convention.allCases {
            let own = Self.names(of: kind, in: convention)
            names.formUnion(own.needed + own.other)
        }
        if isUsual("boundary", \.boundary) { names.remove("boundary") }
        if isUsual("rotationInvariant", \.rotationInvariant) { names.remove("rotationInvariant") }
        if subbands == nil { names.remove("subbands") }
        return Self.keys.filter { names.contains($0.name) }.node(of: self) ?? Node(kind.rawValue)
    }

    /// As one writes it on one line.
    public var text: String { node.flow }

    private func isUsual<Value: Equatable>(_ name: String, _ place: KeyPath<ImageItem, Value>) -> Bool {
        self[keyPath: place] == ImageItem()[keyPath: place]
    }

    /// What does not go together. ``validate(in:)`` knows the convention as well.
    package func validate() throws(SettingsError) {}
}

extension SettingsOption {
    fileprivate static let item = absent("an image is given as a whole")
}

extension SettingsValue<[String]?> {
    /// `all`, or letters.
    fileprivate static var subbands: Self {
        Self(
            "all, or letters for each axis such as LLH",
            read: { node, key throws(SettingsError) in node.string == "all" ? nil : try node.texts(key) },
            written: { $0.map { Node($0.map { Node($0) }) } ?? Node("all") },
            accepts: { $0.map { !$0.isEmpty && $0.allSatisfy { Subband($0) != nil } } ?? true })
    }
}
