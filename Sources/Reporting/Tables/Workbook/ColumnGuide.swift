import Radiomics
import TextureCore

/// What a column of a table is, for who has nothing but the table.
struct ColumnGuideEntry {
    var column: String
    var title: String
    var unit = ""
    var ibsiCode = ""
    var aggregation = ""
    var meaning: String
}

extension FeatureTable {
    /// An entry for each column, in their order; in the long layout those of the features follow, which name its lines.
    var guide: [ColumnGuideEntry] {
        let named = Dictionary(
            features.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let entries = columns.map { name -> ColumnGuideEntry in
            if let identity = Self.identityGuide[name] {
                return ColumnGuideEntry(column: name, title: identity.title, meaning: identity.meaning)
            }
            if let diagnostic = Diagnostic.allCases.first(where: { $0.column == name }) {
                return ColumnGuideEntry(
                    column: name, title: diagnostic.title, unit: diagnostic.unit, meaning: diagnostic.meaning)
            }
            if layout == .long, let value = Self.valueGuide[name] {
                return ColumnGuideEntry(column: name, title: value.title, meaning: value.meaning)
            }
            return named[name].map(ColumnGuideEntry.init)
                ?? ColumnGuideEntry(
                    column: name, title: "value", meaning: "a number of its own, under the name that its maker gave it")
        }
        return entries + (layout == .long ? features.map(ColumnGuideEntry.init) : [])
    }

    private static let identityGuide: [String: (title: String, meaning: String)] = [
        "case": (
            "case",
            "name of the image that is the same in every run: modality and a hash of the series for DICOM, the path within the input otherwise"
        ),
        "patient": (
            "patient",
            "pseudonym of the patient, which joins tables, or the Patient ID where that was asked for; empty where the files name none"
        ),
        "study": ("study", "Study Instance UID"),
        "series": ("series", "Series Instance UID"),
        "modality": ("modality", "CT, MR, PT, US and so on, as DICOM has it; the format where there is no modality"),
        "image": ("image", "path of the image within the input"),
        "roi": ("region", "name of the region of interest"),
        "label": ("label", "number of the region in its mask"),
        "status": ("status", "ok; warning: the numbers stand, but somebody should look; failed: there are none"),
        "reason": ("reason", "what the warning or the failure is"),
    ]

    private static let valueGuide: [String: (title: String, meaning: String)] = [
        "feature": ("feature", "name of the feature; each is explained below"),
        "value": ("value", "the feature's value; empty where it is undefined"),
        "undefined": ("undefined", "why there is no value"),
        "unit": ("unit", "unit of the value"),
        "ibsi": (
            "IBSI code", "the feature's code in the reference manual of the Image Biomarker Standardisation Initiative"
        ),
        "aggregation": ("aggregation", "IBSI code of how directions and slices were put together"),
    ]
}

extension ColumnGuideEntry {
    init(_ feature: FeatureColumn) {
        let definition = feature.definition
        self.init(
            column: feature.name, title: definition.title,
            unit: definition.unit == .none ? "none" : definition.unit.rawValue, ibsiCode: definition.ibsiCode ?? "",
            aggregation: feature.aggregation?.ibsiCode ?? "", meaning: "")
        var parts = ["\(definition.family.title): \(definition.formula)"]
        if !feature.isOfOriginal { parts.append("of the filtered image \(feature.image)") }
        if let aggregation = feature.aggregation { parts.append("aggregated \(aggregation.meaning)") }
        if let distance = feature.distance, distance != 1 { parts.append("distance \(distance) voxels") }
        if let direction = feature.direction { parts.append("in one direction: \(direction)") }
        parts.append("of a flat region: \(definition.whenFlat)")
        meaning = parts.joined(separator: "; ")
    }
}

extension Diagnostic {
    var title: String {
        switch self {
        case .version: "version of weft"
        case .convention: "convention"
        case .settings: "settings"
        case .settingsHash: "hash of the settings"
        case .imageHash: "hash of the image"
        case .maskHash: "hash of the mask"
        case .imageSize: "size of the image"
        case .imageSpacing: "spacing of the image"
        case .intensityUnit: "unit of the intensities"
        case .maskFile: "file of the mask"
        case .maskFormat: "format of the mask"
        case .voxels: "voxels of the region"
        case .boxLower: "first voxel of the region's box"
        case .boxSize: "size of the region's box"
        case .gridSize: "size of the grid"
        case .gridSpacing: "spacing of the grid"
        case .voxelsOnGrid: "voxels of the region on the grid"
        case .voxelsUsed: "voxels that were measured"
        case .intensityMean: "mean intensity"
        case .intensityMinimum: "least intensity"
        case .intensityMaximum: "greatest intensity"
        case .discretisation: "discretisation"
        case .greyLevels: "grey levels"
        case .notes: "notes"
        }
    }

    var unit: String {
        switch self {
        case .imageSpacing, .gridSpacing: "mm"
        case .imageSize, .voxels, .boxLower, .boxSize, .gridSize, .voxelsOnGrid, .voxelsUsed: "voxels"
        case .intensityMean, .intensityMinimum, .intensityMaximum: "that of the intensities"
        default: ""
        }
    }

    var meaning: String {
        switch self {
        case .version: "which weft made the row"
        case .convention: "whose definitions the features follow: ibsi or pyradiomics"
        case .settings:
            "what the row was made with, as keys of a settings file; the columns tell which families and features"
        case .settingsHash: "of version and settings: rows of equal hash were made alike"
        case .imageHash: "of the image's voxels and geometry, not of its files"
        case .maskHash: "of the region's voxels, not of its file"
        case .imageSize: "along x, y and z"
        case .imageSpacing: "between voxel centres along x, y and z"
        case .intensityUnit: "HU, or the unit that the image's header gives; empty where there is none"
        case .maskFile: "where the region comes from"
        case .maskFormat: "RTSTRUCT, SEG, PNG and so on"
        case .voxels: "on the image's own grid"
        case .boxLower: "along x, y and z, counted from 0"
        case .boxSize: "along x, y and z"
        case .gridSize: "of the grid that the features are of, around the region: the image's own without resampling"
        case .gridSpacing: "of the grid that the features are of"
        case .voxelsOnGrid: "after resampling"
        case .voxelsUsed: "after re-segmentation: those whose intensities count"
        case .intensityMean, .intensityMinimum, .intensityMaximum: "of the voxels that were measured"
        case .discretisation: "how intensities became grey levels, as it was carried out"
        case .greyLevels: "how many there were"
        case .notes: "decisions that were taken, in words"
        }
    }
}
