import Imaging
import Radiomics
import TextureCore

/// What a column of the table is called in DICOM: concept name, and what qualifies it.
public struct FeatureConcept: Sendable {
    public let name: CodedConcept
    /// How directions and slices became one value, or whose arithmetic it is (TID 1419 row 7).
    public let method: CodedConcept?
    /// In voxels; several where the convention merges them.
    let distances: [Int]
    let direction: String?
    /// The filtered image that it is of, as the columns call it; nil: the original.
    let image: String?
    /// Of the intensity range or of the volume, which IBSI's codes BC2M and GBPN leave open.
    let percent: Double?
    let usesGreyLevels: Bool
    let convention: Convention

    public init(_ column: FeatureColumn, _ settings: ExtractionSettings) {
        let definition = column.definition
        convention = settings.convention
        name = Self.name(column, settings.convention)
        switch settings.convention {
        case .ibsi: method = column.aggregation.map { CodedConcept($0.ibsiCode, CodedConcept.ibsi, $0.meaning) }
        case .pyradiomics: method = CodedConcept("3.0.1", CodedConcept.pyradiomics, "as PyRadiomics 3.0.1 computes it")
        }
        let merged = definition.family.usesDistances && settings.convention == .pyradiomics
        distances = column.distance.map { [$0] } ?? (merged ? settings.texture.distances : [])
        direction = column.direction
        image = column.isOfOriginal ? nil : column.image
        percent = ["ivh_v10": 10, "ivh_i10": 10, "ivh_v90": 90, "ivh_i90": 90][definition.tag]
        usesGreyLevels = definition.family.usesGreyLevels
    }

    /// The IBSI code where the definition is IBSI's. PyRadiomics' kurtosis is not: IBSI's is less by 3.
    private static func name(_ column: FeatureColumn, _ convention: Convention) -> CodedConcept {
        let definition = column.definition
        let isSaid = definition.family == .ih && definition.title.contains("histogram")
        let meaning = definition.title + (isSaid ? "" : definition.family.ofWhat)
        let isIBSI = convention == .ibsi || definition.tag != "stat_kurt"
        if let code = definition.ibsiCode, isIBSI { return CodedConcept(code, CodedConcept.ibsi, meaning) }
        switch convention {
        case .ibsi: return CodedConcept(definition.tag, CodedConcept.weft, meaning)
        case .pyradiomics:
            let title = definition.tag == "stat_kurt" ? "Kurtosis" : meaning
            return CodedConcept(
                column.isOfOriginal ? definition.pyradiomicsColumn ?? column.name : column.name,
                CodedConcept.pyradiomics, title)
        }
    }

    /// The unit of the intensities that it is made of: a response of a filter has lost the image's.
    func unit(of intensity: IntensityUnit) -> IntensityUnit { image == nil ? intensity : .arbitrary }

    /// The items below a measurement: how it was made (TID 1419 rows 7 and 13 to 14c).
    ///
    /// - Parameter discretisation: of the image that it is of; nil: not known.
    package func qualifiers(_ discretisation: Discretisation?, _ intensity: IntensityUnit) -> [ContentItem] {
        var items: [ContentItem] = []
        if let method { items.append(.init(.hasConceptModifier, .measurementMethod, .code(method))) }
        for distance in distances {
            items.append(number("distance", "Distance of voxel pairs", Double(distance), UnitOfMeasure.voxels))
        }
        if let image { items.append(.init(.inferredFrom, term("filter", "Image filter"), .text(image))) }
        if let direction {
            items.append(.init(.inferredFrom, term("direction", "Direction of voxel pairs"), .text(direction)))
        }
        if let percent { items.append(number("fraction", "Fraction", percent, UnitOfMeasure.percent)) }
        guard usesGreyLevels, let discretisation else { return items }
        let method = term("discretisation", "Discretisation")
        switch (discretisation, convention) {
        case (.binWidth(let width, let start), let convention):
            let fixed =
                convention == .ibsi
                ? CodedConcept("Q3RU", CodedConcept.ibsi, "Fixed bin size")
                : CodedConcept("binWidth", CodedConcept.pyradiomics, "Fixed bin width")
            items.append(.init(.inferredFrom, method, .code(fixed)))
            items.append(number("binWidth", "Bin width", width, UnitOfMeasure.of(intensity)))
            if let start, convention == .ibsi {
                items.append(number("lowerBound", "Start of the first bin", start, UnitOfMeasure.of(intensity)))
            }
        case (.binCount(let count), let convention):
            let fixed =
                convention == .ibsi
                ? CodedConcept("K15C", CodedConcept.ibsi, "Fixed bin number")
                : CodedConcept("binCount", CodedConcept.pyradiomics, "Fixed bin count")
            items.append(.init(.inferredFrom, method, .code(fixed)))
            items.append(number("binCount", "Number of bins", Double(count), UnitOfMeasure.bins))
        case (.none, _):
            let levels = term("greyLevels", "Intensities are grey levels")
            items.append(.init(.inferredFrom, method, .code(levels)))
        }
        return items
    }

    private func term(_ value: String, _ meaning: String) -> CodedConcept {
        CodedConcept(value, CodedConcept.weft, meaning)
    }

    private func number(_ value: String, _ meaning: String, _ number: Double, _ unit: CodedConcept) -> ContentItem {
        ContentItem(.inferredFrom, term(value, meaning), .number(number, unit))
    }
}

extension FeatureFamily {
    /// Features of different families share titles; a viewer shows nothing but the meaning.
    fileprivate var ofWhat: String {
        switch self {
        case .morph, .shape2D, .loc, .stat, .ivh: ""
        case .ih: " of histogram"
        case .cm: " of GLCM"
        case .rlm: " of GLRLM"
        case .szm: " of GLSZM"
        case .dzm: " of GLDZM"
        case .ngt: " of NGTDM"
        case .ngl: " of NGLDM"
        }
    }
}
