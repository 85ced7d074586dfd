import Imaging
import Radiomics
import TextureCore

/// What a row is about. The order is that of the columns.
public struct RowIdentity: Hashable, Sendable {
    /// Stable across runs; made of identifiers, not of the patient's data.
    public var caseID: String
    /// A pseudonym unless the user asked for the real identifier.
    public var patient: String
    public var study: String
    public var series: String
    public var modality: String
    public var image: String
    public var roi: String
    /// A whole number, or nothing.
    public var label: String

    public init(
        caseID: String, patient: String = "", study: String = "", series: String = "", modality: String = "",
        image: String, roi: String = "", label: String = ""
    ) {
        (self.caseID, self.patient, self.study, self.series) = (caseID, patient, study, series)
        (self.modality, self.image, self.roi, self.label) = (modality, image, roi, label)
    }

    /// In the order of ``FeatureTable/identityColumns``, status and reason not among them.
    var cells: [String] { [caseID, patient, study, series, modality, image, roi, label] }
}

/// How a case ended.
public enum RowStatus: String, Sendable { case ok, warning, failed }

/// One region of one image, or a case that could not be computed.
public struct FeatureRow: Sendable {
    public var identity: RowIdentity
    public var status: RowStatus
    public var reason: String
    /// In the order of ``FeatureTable/diagnosticColumns``; missing ones are empty cells.
    public var diagnostics: [Diagnostic: String]
    public var values: Values
    /// Of the image, for the units of the values.
    public var lengths = LengthUnit.millimetre

    public enum Values: Sendable {
        /// Of a failed case.
        case none
        case features(FeatureValues)
        /// Under the names of a table that is not of the catalogue's features.
        case numbers([Double])
    }

    public init(
        identity: RowIdentity, status: RowStatus, reason: String = "", diagnostics: [Diagnostic: String] = [:],
        values: Values = .none
    ) {
        (self.identity, self.status, self.reason) = (identity, status, reason)
        (self.diagnostics, self.values) = (diagnostics, values)
    }
}

/// The `diagnostics_*` columns, in their order.
public enum Diagnostic: String, CaseIterable, Sendable {
    case version = "weft_version"
    case convention = "convention"
    case settings = "settings"
    case settingsHash = "settings_hash"
    case imageHash = "image_hash"
    case maskHash = "mask_hash"
    case imageSize = "image_size"
    case imageSpacing = "image_spacing_mm"
    case intensityUnit = "intensity_unit"
    case maskFile = "mask_file"
    case maskFormat = "mask_format"
    case voxels = "roi_voxels"
    case boxLower = "roi_box_first"
    case boxSize = "roi_box_size"
    case gridSize = "grid_size"
    case gridSpacing = "grid_spacing_mm"
    case voxelsOnGrid = "grid_roi_voxels"
    case voxelsUsed = "roi_voxels_used"
    case intensityMean = "roi_intensity_mean"
    case intensityMinimum = "roi_intensity_min"
    case intensityMaximum = "roi_intensity_max"
    case discretisation = "discretisation"
    case greyLevels = "grey_levels"
    case notes = "notes"

    public var column: String { "diagnostics_\(rawValue)" }

    /// Whether its text is that of a number, as ``Double/shortestText`` has it.
    var isNumber: Bool {
        switch self {
        case .voxels, .voxelsOnGrid, .voxelsUsed, .intensityMean, .intensityMinimum, .intensityMaximum, .greyLevels:
            true
        default: false
        }
    }

    /// What a line of the long layout says of how its value was made, so that it can be cited without the others.
    static let ofLongLines: [Diagnostic] = [
        .version, .convention, .settings, .settingsHash, .imageHash, .maskHash, .imageSpacing, .intensityUnit,
        .maskFile,
        .gridSpacing, .voxelsUsed, .discretisation, .greyLevels, .notes,
    ]
}

/// One row per region, or one row per value.
public enum TableLayout: String, CaseIterable, Sendable { case wide, long }

/// Turns rows into records of cells under fixed columns.
public struct FeatureTable: Sendable {
    public static let identityColumns = [
        "case", "patient", "study", "series", "modality", "image", "roi", "label", "status", "reason",
    ]

    public let layout: TableLayout
    let features: [FeatureColumn]
    /// Values that are no features of the catalogue, and no diagnostics beside them.
    private let plain: [String]
    /// Of a shard.
    public var marks: ShardMarks?

    public init(layout: TableLayout, features: [FeatureColumn]) {
        (self.layout, self.features, plain) = (layout, features, [])
    }

    /// Identity, then a column for each of the names: one row per region.
    public init(plain: [String]) { (layout, features, self.plain) = (.wide, [], plain) }

    public var columns: [String] {
        guard plain.isEmpty else { return Self.identityColumns + plain }
        return switch layout {
        case .wide: Self.identityColumns + Diagnostic.allCases.map(\.column) + features.map(\.name)
        case .long:
            Self.identityColumns + Diagnostic.ofLongLines.map(\.column) + Self.valueColumns
        }
    }

    /// What a finished line begins with is a line of these; the table of a shard has its marks behind them.
    var finishedColumns: [String] { columns + (marks == nil ? [] : ShardMarks.columns) }

    /// What the lines of a journal have beyond those of the table, to tell whether a row is about the same content: a plain table
    /// does not say it of itself.
    private var journalKeys: [Diagnostic] { plain.isEmpty ? [] : Diagnostic.keys }

    var journalColumns: [String] { columns + journalKeys.map(\.column) }

    /// What a line of the journal has, in its order.
    var journalLineColumns: [TableColumn] {
        lineColumns + journalKeys.map { TableColumn(name: $0.column, isNumber: $0.isNumber) }
    }

    /// ``records(of:)`` as the journal has them.
    func journalRecords(of row: FeatureRow) -> [[Cell]] {
        let keys = journalKeys.map { Cell(text: row.diagnostics[$0] ?? "") }
        return records(of: row).map { $0 + keys }
    }

    /// Whether finished lines are those of the journal.
    var isJournalled: Bool { journalKeys.isEmpty }

    /// What a line of the table has, in its order.
    var lineColumns: [TableColumn] {
        let columns = columns
        let others = Set(Diagnostic.allCases.filter(\.isNumber).map(\.column) + ["label"])
        let numbers: Range<Int> =
            switch layout {
            case .wide: columns.count - featureCount..<columns.count
            case .long: columns.count - Self.valueColumns.count + 1..<columns.count - Self.valueColumns.count + 2
            }
        return columns.enumerated().map { TableColumn(name: $1, isNumber: numbers.contains($0) || others.contains($1)) }
    }

    /// Of the long layout, behind identity and content; the second is the number.
    static let valueColumns = ["feature", "value", "undefined", "unit", "ibsi", "aggregation"]

    var featureNames: [String] { plain.isEmpty ? features.map(\.name) : plain }

    /// Whether a record may be the one at `index` of a row: in the long layout each has its feature, and a failed case none.
    func isRecord(_ index: Int, of status: RowStatus, feature: String?) -> Bool {
        guard layout == .long else { return true }
        return feature == (status == .failed ? "" : features[index].name)
    }

    /// How many records a computed row makes.
    var linesPerRow: Int { layout == .wide ? 1 : features.count }

    /// The records of a row: one, or in the long layout one per value (one without a value for a failed case).
    public func records(of row: FeatureRow) -> [[Cell]] {
        let identity =
            row.identity.cells.dropLast().map(Cell.init(text:)) + [Cell(number: row.identity.label)]
            + [row.status.rawValue, row.reason].map(Cell.init(text:))
        func cells(_ diagnostics: [Diagnostic]) -> [Cell] {
            diagnostics.map { diagnostic in
                let text = row.diagnostics[diagnostic] ?? ""
                return diagnostic.isNumber ? Cell(number: text) : Cell(text: text)
            }
        }

        switch layout {
        case .wide:
            return [identity + (plain.isEmpty ? cells(Diagnostic.allCases) : []) + measures(of: row).map(Cell.init)]
        case .long:
            let common = identity + cells(Diagnostic.ofLongLines)
            guard case .features(let values) = row.values else {
                return [common + [Cell](repeating: .empty, count: Self.valueColumns.count)]
            }
            check(values)
            return values.map { value in
                let reason: Cell =
                    if case .undefined(let reason) = value.measure { .text(reason.rawValue) } else { .empty }
                return common + [
                    .text(value.column.name), Cell(value.measure), reason,
                    .text(value.column.definition.unit.title(lengths: row.lengths)),
                    value.column.definition.ibsiCode.map(Cell.text) ?? .empty,
                    value.column.aggregation.map { .text($0.ibsiCode) } ?? .empty,
                ]
            }
        }
    }

    /// Of a row, one per column, nil where it has none.
    func measures(of row: FeatureRow) -> [Measure?] {
        switch row.values {
        case .none: return [Measure?](repeating: nil, count: featureCount)
        case .features(let values):
            check(values)
            return values.measures
        case .numbers(let numbers):
            precondition(numbers.count == plain.count, "a row of \(numbers.count) numbers under \(plain.count) columns")
            return numbers.map { .value($0) }
        }
    }

    private var featureCount: Int { plain.isEmpty ? features.count : plain.count }

    /// A row of other columns would stand under wrong names. The lists of one run are one, so that this costs nothing.
    private func check(_ values: FeatureValues) {
        precondition(values.columns == features, "a row of \(values.count) values under other columns than its own")
    }
}

extension Cell {
    init(text: String) { self = text.isEmpty ? .empty : .text(text) }

    init(number text: String) { self = Double(text).map(Cell.number) ?? Cell(text: text) }

    fileprivate init(_ measure: Measure?) { self = measure?.value.map(Cell.number) ?? .empty }
}

extension Diagnostic {
    /// Those that tell whether a row is about the same content under the same settings.
    static let keys: [Diagnostic] = [.settingsHash, .imageHash, .maskHash, .maskFile]
}

/// One cell of a table.
public enum Cell: Hashable, Sendable {
    case empty
    case text(String)
    case number(Double)
}
