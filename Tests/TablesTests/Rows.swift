import Radiomics
import Tables
import TextureCore

/// Small rows: two features of one region.
enum Rows {
    static var columns: [FeatureColumn] {
        get throws {
            var settings = ExtractionSettings()
            try settings.select(features: ["stat_mean", "stat_var"])
            return settings.columns
        }
    }

    static func identity(_ name: String, roi: String = "Lesion") -> RowIdentity {
        RowIdentity(caseID: name, patient: "P-1", study: "1.2", image: "image", roi: roi, label: "1")
    }

    static func diagnostics(imageHash: String) -> [Diagnostic: String] {
        [.settingsHash: "s", .imageHash: imageHash, .maskHash: "m", .maskFile: "mask.dcm"]
    }

    /// The second feature is undefined.
    static func row(
        _ name: String, roi: String = "Lesion", imageHash: String = "i", value: Double = 0.1
    ) throws -> FeatureRow {
        let measures: [Measure] = [.value(value), .undefined(.noVoxels)]
        let values = FeatureValues(zip(try columns, measures).map { FeatureValue(column: $0, measure: $1) })
        return FeatureRow(
            identity: identity(name, roi: roi), status: .ok, diagnostics: diagnostics(imageHash: imageHash),
            values: .features(values))
    }

    static func key(_ name: String, imageHash: String = "i") -> RowKey {
        RowKey(identity(name), diagnostics(imageHash: imageHash))
    }
}
