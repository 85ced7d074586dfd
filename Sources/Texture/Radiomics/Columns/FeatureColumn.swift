import TextureCore

/// One column of the table: a feature under a certain aggregation, distance and direction.
public struct FeatureColumn: Hashable, Sendable {
    public let name: String
    /// Of which image, ``FeatureImage/name``.
    public let image: String
    /// What it is selected by within its family: the tag, in the PyRadiomics convention its name without class.
    public let feature: String
    public let definition: FeatureDefinition
    /// The family that it is computed with: that of the definition, but PyRadiomics has two features of the histogram in its
    /// class `firstorder`.
    public let family: FeatureFamily
    public let aggregation: Aggregation?
    /// Of the voxel pairs, in voxels; nil for families without distances and in the PyRadiomics convention, which merges them.
    public var distance: Int?
    /// The single direction that it is of, as in the name: `3D_dir_1_-1_0`.
    public var direction: String?
    let quantity: FeatureQuantity
    /// Nil where the feature is read from none.
    let matrices: MatrixSource?

    /// Whether it is of the image as it is, not of a response.
    public var isOfOriginal: Bool { image == FeatureImage.originalName }
}

/// Which of the matrices of a region a column is read from.
enum MatrixSource: Hashable, Sendable {
    case aggregated(Aggregation, distance: Int)
    /// A single direction: its index in the directions of the dimension.
    case directional(TextureDimension, direction: Int, distance: Int)
    /// PyRadiomics: all neighbours at the distances of the settings.
    case shell
}

/// A column with its value.
public struct FeatureValue: Hashable, Sendable {
    public var column: FeatureColumn
    public var measure: Measure

    public init(column: FeatureColumn, measure: Measure) { (self.column, self.measure) = (column, measure) }
}

/// The values of one region, each with its column. All regions of a run share one list of columns.
public struct FeatureValues: Hashable, Sendable {
    public private(set) var columns: [FeatureColumn]
    /// In the order of the columns.
    public private(set) var measures: [Measure]

    public init(_ values: [FeatureValue]) { (columns, measures) = (values.map(\.column), values.map(\.measure)) }

    mutating func append(_ other: FeatureValues) {
        columns += other.columns
        measures += other.measures
    }

    /// The same values under the columns of a table; what is not among them has `reason` instead.
    public func under(_ all: [FeatureColumn], otherwise reason: UndefinedReason) -> FeatureValues {
        guard all != columns else { return self }
        let known = Dictionary(zip(columns, measures), uniquingKeysWith: { first, _ in first })
        return FeatureValues(all.map { FeatureValue(column: $0, measure: known[$0] ?? .undefined(reason)) })
    }

    init(_ columns: [FeatureColumn], _ measures: [Measure]) { (self.columns, self.measures) = (columns, measures) }
}

extension FeatureValues: RandomAccessCollection {
    public var startIndex: Int { columns.startIndex }
    public var endIndex: Int { columns.endIndex }
    public subscript(position: Int) -> FeatureValue {
        FeatureValue(column: columns[position], measure: measures[position])
    }
}
