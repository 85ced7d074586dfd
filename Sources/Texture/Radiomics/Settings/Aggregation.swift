import TextureCore

/// How matrices of several directions and slices become one value (IBSI 3.6 to 3.11): over the directions and slices
/// either the matrices are merged first (`comb`) or the values averaged (`avg`). Families without directions know slices,
/// merged slices and the volume.
public enum Aggregation: String, CaseIterable, Sendable {
    /// By slice, averaged over slices and directions (BTW3).
    case averaged2D = "2D_avg"
    /// By slice, directions merged, averaged over slices (SUJT).
    case merged2D = "2D_comb"
    /// Slices merged, averaged over directions (JJUI).
    case averaged25D = "2_5D_avg"
    /// Slices and directions merged (ZW7Z).
    case merged25D = "2_5D_comb"
    /// In the volume, averaged over 13 directions (ITBB).
    case averaged3D = "3D_avg"
    /// In the volume, directions merged (IAZD).
    case merged3D = "3D_comb"
    /// Without directions: by slice, averaged over slices (8QNN).
    case slices = "2D"
    /// Without directions: slices merged (62GR).
    case mergedSlices = "2_5D"
    /// Without directions: in the volume (KOBO).
    case volume = "3D"

    public var ibsiCode: String {
        switch self {
        case .averaged2D: "BTW3"
        case .merged2D: "SUJT"
        case .averaged25D: "JJUI"
        case .merged25D: "ZW7Z"
        case .averaged3D: "ITBB"
        case .merged3D: "IAZD"
        case .slices: "8QNN"
        case .mergedSlices: "62GR"
        case .volume: "KOBO"
        }
    }

    /// Where neighbours are looked for.
    public var dimension: TextureDimension {
        switch self {
        case .averaged2D, .merged2D, .slices: .slice
        case .averaged25D, .merged25D, .mergedSlices: .mergedSlices
        case .averaged3D, .merged3D, .volume: .volume
        }
    }

    /// Whether it is one of the six of families that have directions.
    public var isDirectional: Bool {
        switch self {
        case .averaged2D, .merged2D, .averaged25D, .merged25D, .averaged3D, .merged3D: true
        case .slices, .mergedSlices, .volume: false
        }
    }

    /// That which merges the directions that this one averages over; nil where none are averaged.
    var mergedTwin: Aggregation? {
        switch self {
        case .averaged2D: .merged2D
        case .averaged25D: .merged25D
        case .averaged3D: .merged3D
        case .merged2D, .merged25D, .merged3D, .slices, .mergedSlices, .volume: nil
        }
    }

    /// Whether it looks across slices.
    public var isVolumetric: Bool { dimension == .volume }
}

extension TextureSettings {
    /// Those of the aggregations that a family has.
    public func aggregations(of family: FeatureFamily) -> [Aggregation] {
        switch family {
        case .cm, .rlm: aggregations.filter(\.isDirectional)
        case .szm, .dzm, .ngt, .ngl: aggregations.filter { !$0.isDirectional }
        default: []
        }
    }
}
