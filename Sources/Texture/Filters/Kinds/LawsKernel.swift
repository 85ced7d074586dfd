/// K. Laws' kernels with 3 and 5 weights, each of norm 1 (IBSI-2, table of Laws kernels).
public enum LawsKernel: String, CaseIterable, Sendable {
    case level3 = "L3"
    case level5 = "L5"
    case edge3 = "E3"
    case edge5 = "E5"
    case spot3 = "S3"
    case spot5 = "S5"
    case wave5 = "W5"
    case ripple5 = "R5"

    private var weights: [Double] {
        switch self {
        case .level3: [1, 2, 1]
        case .level5: [1, 4, 6, 4, 1]
        case .edge3: [-1, 0, 1]
        case .edge5: [-1, -2, 0, 2, 1]
        case .spot3: [-1, 2, -1]
        case .spot5: [-1, 0, 2, 0, -1]
        case .wave5: [-1, 2, 0, -2, 1]
        case .ripple5: [1, -4, 6, -4, 1]
        }
    }

    var kernel: LineKernel {
        let norm = weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return LineKernel(convolving: weights.map { $0 / norm }, centre: weights.count / 2)
    }

    /// `L5E5E5`; nil when a part is no kernel.
    public static func list(_ text: String) -> [LawsKernel]? {
        guard text.count % 2 == 0, !text.isEmpty else { return nil }
        var (kernels, rest) = ([LawsKernel](), Substring(text))
        while !rest.isEmpty {
            guard let kernel = LawsKernel(rawValue: String(rest.prefix(2))) else { return nil }
            kernels.append(kernel)
            rest = rest.dropFirst(2)
        }
        return kernels
    }
}
