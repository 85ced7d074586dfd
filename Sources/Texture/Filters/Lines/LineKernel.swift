/// Weights along one axis: the response at n is Σ weights[k] x(n + first + k).
public struct LineKernel: Hashable, Sendable {
    public var first: Int
    public var weights: [Double]

    public init(first: Int, weights: [Double]) {
        precondition(!weights.isEmpty, "a kernel without weights")
        (self.first, self.weights) = (first, weights)
    }

    /// A kernel that is convolved, Σ h(k) x(n + centre - k): turned round into weights.
    public init(convolving h: [Double], centre: Int) {
        self.init(first: centre - (h.count - 1), weights: h.reversed())
    }

    /// As the same filter acts on an image that is turned over along the axis, and turned back afterwards.
    public var flipped: LineKernel {
        LineKernel(first: -(first + weights.count - 1), weights: weights.reversed())
    }

    /// The places that the responses of some voxels are made of.
    func reach(of voxels: Range<Int>) -> Range<Int> {
        voxels.lowerBound + first..<voxels.upperBound + first + weights.count - 1
    }
}

/// What is done along one axis.
enum AxisFilter: Hashable, Sendable {
    case nothing
    /// One kernel after the other, each with the boundary of the axis.
    case kernels([LineKernel])

    static func kernel(_ kernel: LineKernel) -> AxisFilter { .kernels([kernel]) }

    var flipped: AxisFilter {
        switch self {
        case .nothing: self
        case .kernels(let kernels): .kernels(kernels.map(\.flipped))
        }
    }
}
