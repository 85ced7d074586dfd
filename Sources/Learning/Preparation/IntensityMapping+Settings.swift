// Ranges of intensities by modality as a value of a settings file.

import SettingsFile
import Yams

extension SettingsValue<IntensityMapping> {
    /// Ranges of values by modality.
    package static var intensity: Self {
        Self(
            "ranges by modality",
            read: { node, key throws(SettingsError) in try IntensityMapping(node, key: key) }, written: \.node)
    }
}

extension IntensityMapping {
    /// `{CT: {window: [-160, 240]}, PNG: stored, other: {percentiles: [0.5, 99.5]}}`; what is not named stays standard.
    fileprivate init(_ node: Node, key: String) throws(SettingsError) {
        self = .standard
        for (modality, value) in try node.pairs(key, expected: "ranges by modality") {
            let range = try IntensityRange(value, key: "\(key).\(modality)")
            if modality == "other" { other = range } else { byModality[modality] = range }
        }
    }

    /// On one line; undone by ``init(yaml:)``.
    package var yaml: String { node.flow }

    /// What the metadata of a model says of the images that it was trained on.
    package init(yaml: String) throws(SettingsError) {
        let key = "data.intensity"
        guard let node = try Node.root(of: yaml) else {
            throw .value(key: key, found: "nothing", expected: "ranges by modality")
        }
        try self.init(node, key: key)
    }

    fileprivate var node: Node {
        let pairs =
            byModality.sorted { $0.key < $1.key }.map { (Node($0.key), $0.value.node) } + [(Node("other"), other.node)]
        return Node(pairs)
    }
}

extension IntensityRange {
    fileprivate init(_ node: Node, key: String) throws(SettingsError) {
        let expected = "stored, {window: [lower, upper]} or {percentiles: [lower, upper]}"
        if node.string == "stored" {
            self = .stored
            return
        }
        guard let (kind, ends) = node.mapping.flatMap({ $0.count == 1 ? $0.first : nil }) else {
            throw .value(key: key, found: node.shown, expected: expected)
        }
        let range = try SettingsValue.range.read(ends, key)
        switch kind.string {
        case "window": self = .window(lower: range.lowerBound, upper: range.upperBound)
        case "percentiles":
            guard range.lowerBound >= 0, range.upperBound <= 100 else {
                throw .value(
                    key: key, found: "[\(range.lowerBound), \(range.upperBound)]", expected: "percentiles from 0 to 100"
                )
            }
            self = .percentiles(lower: range.lowerBound, upper: range.upperBound)
        default: throw .value(key: key, found: kind.shown, expected: expected)
        }
    }

    fileprivate var node: Node {
        switch self {
        case .stored: Node("stored")
        case .window(let lower, let upper): Node([(Node("window"), Node(numbers: [lower, upper]))])
        case .percentiles(let lower, let upper): Node([(Node("percentiles"), Node(numbers: [lower, upper]))])
        }
    }
}
