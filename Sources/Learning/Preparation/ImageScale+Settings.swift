// The scale of images as a value of a settings file.

import SettingsFile
import Yams

extension SettingsValue<ImageScale> {
    /// `resize`, `pixels` or `{spacing: [1, 1]}`.
    package static var imageScale: Self {
        Self(
            "resize, pixels or {spacing: [x, y]} in mm",
            read: { node, key throws(SettingsError) in try ImageScale(node, key: key) }, written: \.node)
    }
}

extension ImageScale {
    static let expected = "resize, pixels or {spacing: [x, y]}, two numbers of mm above 0"

    fileprivate init(_ node: Node, key: String) throws(SettingsError) {
        switch node.string {
        case "resize": self = .resize
        case "pixels": self = .pixels
        default:
            guard let (kind, value) = node.mapping.flatMap({ $0.count == 1 ? $0.first : nil }), kind.string == "spacing"
            else { throw .value(key: key, found: node.shown, expected: Self.expected) }
            let numbers = try SettingsValue<[Double]>.numbers.read(value, key + ".spacing")
            guard numbers.count == 2, numbers.allSatisfy({ $0 > 0 && $0 < 1e6 }) else {
                throw .value(key: key + ".spacing", found: value.shown, expected: "two numbers of mm above 0")
            }
            self = .spacing(SIMD2(numbers[0], numbers[1]))
        }
    }

    /// On one line; undone by ``init(yaml:)``.
    package var yaml: String { node.flow }

    /// What the metadata of a model says of the images that it was trained on.
    package init(yaml: String) throws(SettingsError) {
        let key = "data.scale"
        guard let node = try Node.root(of: yaml) else {
            throw .value(key: key, found: "nothing", expected: Self.expected)
        }
        try self.init(node, key: key)
    }

    fileprivate var node: Node {
        switch self {
        case .resize: Node("resize")
        case .pixels: Node("pixels")
        case .spacing(let spacing): Node([(Node("spacing"), Node(numbers: [spacing.x, spacing.y]))])
        }
    }
}
