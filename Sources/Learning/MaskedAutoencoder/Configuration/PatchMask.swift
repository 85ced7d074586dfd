import SeededRandom

/// Which patches of each image of a batch the encoder sees. Chance comes in from outside or not at all, so that every step
/// can be repeated.
public struct PatchMask: Hashable, Sendable {
    /// L
    public let patchCount: Int
    /// For each image K patches, in the order in which the encoder gets them.
    public let visible: [[Int]]

    /// A given choice: the same number of patches, at least one, for each image.
    public init(visible: [[Int]], patchCount: Int) throws(PatchMaskError) {
        let count = visible.first?.count ?? 0
        for (image, patches) in visible.enumerated() {
            guard !patches.isEmpty, patches.count == count else {
                throw .visibleCount(image: image, found: patches.count, expected: max(1, count))
            }
            guard let bad = patches.first(where: { !(0..<patchCount).contains($0) }) else {
                guard Set(patches).count == count else { throw .repeatedPatch(image: image) }
                continue
            }
            throw .noSuchPatch(image: image, found: bad, count: patchCount)
        }
        (self.visible, self.patchCount) = (visible, patchCount)
    }

    /// The `keeping` patches with the smallest noise of each image, smallest first, as the MAE repository chooses; noise
    /// [B][L].
    public init(noise: [[Double]], keeping: Int) throws(PatchMaskError) {
        let visible = noise.map { noise in
            Array(noise.indices.sorted { (noise[$0], $0) < (noise[$1], $1) }.prefix(keeping))
        }
        try self.init(visible: visible, patchCount: noise.first?.count ?? 0)
    }

    /// `keeping` of `patchCount` patches uniformly at random for each image.
    public init(images: Int, patchCount: Int, keeping: Int, from generator: inout SeededGenerator) {
        precondition((1...max(1, patchCount)).contains(keeping), "\(keeping) of \(patchCount) patches visible")
        self.patchCount = patchCount
        var visible: [[Int]] = []
        for _ in 0..<images { visible.append(Array(generator.permutation(patchCount).prefix(keeping))) }
        self.visible = visible
    }

    public var imageCount: Int { visible.count }
    /// K
    public var visibleCount: Int { visible.first?.count ?? 0 }

    /// The patches that are not visible, image · L + patch, in ascending order.
    public var masked: [Int] {
        visible.enumerated().flatMap { image, patches in
            let seen = Set(patches)
            return (0..<patchCount).lazy.filter { !seen.contains($0) }.map { image * patchCount + $0 }
        }
    }
}

public enum PatchMaskError: Error, Equatable, CustomStringConvertible {
    case visibleCount(image: Int, found: Int, expected: Int)
    case noSuchPatch(image: Int, found: Int, count: Int)
    case repeatedPatch(image: Int)

    public var description: String {
        switch self {
        case .visibleCount(let image, let found, let expected):
            "image \(image) shows \(found) patches to the encoder; expected \(expected)"
        case .noSuchPatch(let image, let found, let count):
            "image \(image) shows patch \(found) of \(count) (counted from 0)"
        case .repeatedPatch(let image): "image \(image) shows a patch twice"
        }
    }
}
