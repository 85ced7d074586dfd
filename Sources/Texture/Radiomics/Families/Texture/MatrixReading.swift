import TextureCore

/// The features behind a column: of one matrix, or of several over which values are averaged.
enum MatrixReading<Features> {
    case single(Features)
    case averaged([Features])

    /// From the matrices of the slices, or of the volume.
    init<Matrix: TextureMatrix>(
        _ matrices: [Matrix], in dimension: TextureDimension, _ features: (Matrix) -> Features
    ) {
        if dimension == .slice {
            self = .averaged(matrices.filter { !$0.isEmpty }.map(features))
        } else {
            self = .single(features(matrices.count == 1 ? matrices[0] : .merged(matrices)))
        }
    }

    func measure(_ feature: (Features) -> Measure) -> Measure {
        switch self {
        case .single(let features): feature(features)
        case .averaged(let all): .average(all.map(feature))
        }
    }
}
