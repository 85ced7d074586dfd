// The turns that bring a grid onto itself: of a plane four, of a volume 24.

/// One of them: what is done along which axis, and in which direction.
struct GridTurn: Hashable, Sendable {
    /// The filter's axis that comes to lie along x, y and z.
    var axes: SIMD3<Int>
    /// 1 where it points the other way.
    private var flips: SIMD3<Int>

    /// All four turns about z.
    static let ofPlane = all.filter { $0.axes.z == 2 && $0.flips.z == 0 }

    /// Permutations of the axes with signs whose determinant is 1.
    static let ofVolume = all

    private static let all: [GridTurn] = {
        var turns: [GridTurn] = []
        for axes in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [1, 0, 2], [0, 2, 1], [2, 1, 0]] as [SIMD3<Int>] {
            let parity = (axes[0] > axes[1] ? 1 : 0) + (axes[0] > axes[2] ? 1 : 0) + (axes[1] > axes[2] ? 1 : 0)
            for signs in 0..<8 {
                let flips = SIMD3(signs & 1, signs >> 1 & 1, signs >> 2 & 1)
                if (parity + flips.wrappedSum()) % 2 == 0 { turns.append(GridTurn(axes: axes, flips: flips)) }
            }
        }
        return turns
    }()

    private init(axes: SIMD3<Int>, flips: SIMD3<Int>) { (self.axes, self.flips) = (axes, flips) }

    /// The filter as it acts after the turn.
    func applied(to term: SeparableTerm) -> SeparableTerm {
        var turned = term
        for axis in 0..<3 {
            let filter = term[axes[axis]]
            turned[axis] = flips[axis] != 0 ? filter.flipped : filter
        }
        return turned
    }

    /// The order of a Riesz transform after the turn, and whether its sign is the other one.
    func applied(to order: SIMD3<Int>) -> (order: SIMD3<Int>, isNegative: Bool) {
        var (turned, odd) = (SIMD3<Int>.zero, 0)
        for axis in 0..<3 {
            turned[axis] = order[axes[axis]]
            odd += flips[axis] * turned[axis]
        }
        return (turned, odd % 2 == 1)
    }
}
