import Foundation
import Imaging
import Ingestion
import Radiomics
import Tables

/// What stands in a row beside the values.
extension CaseWorker {
    func identity(_ item: ExtractionCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?) -> RowIdentity {
        RowIdentity(item, identity, entry, disclosure)
    }

    func failure(
        _ item: ExtractionCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?, _ reason: String,
        _ mask: MaskSource? = nil
    ) -> FeatureRow {
        var diagnostics: [Diagnostic: String] = [
            .version: Weft.version, .convention: extractor.settings.convention.rawValue, .settingsHash: settingsHash,
        ]
        if let mask { describe(mask, in: &diagnostics) }
        return FeatureRow(
            identity: self.identity(item, identity, entry), status: .failed, reason: reason, diagnostics: diagnostics)
    }

    func imageDiagnostics(
        _ image: ImageSource, _ volume: Volume, _ imageHash: String, _ mask: MaskSource?
    ) -> [Diagnostic: String] {
        let geometry = volume.geometry
        var diagnostics: [Diagnostic: String] = [
            .version: Weft.version, .convention: extractor.settings.convention.rawValue,
            .settingsHash: settingsHash, .imageHash: imageHash,
            .imageSize: "\(geometry.size.x) \(geometry.size.y) \(geometry.size.z)",
            .imageSpacing: "\(geometry.spacing.x) \(geometry.spacing.y) \(geometry.spacing.z)",
        ]
        switch volume.unit {
        case .hounsfield: diagnostics[.intensityUnit] = "HU"
        case .named(let name): diagnostics[.intensityUnit] = name
        case .arbitrary: break
        }
        if let mask { describe(mask, in: &diagnostics) }
        return diagnostics
    }

    func describe(_ mask: MaskSource, in diagnostics: inout [Diagnostic: String]) {
        diagnostics[.maskFile] = URL(fileURLWithPath: mask.path).lastPathComponent
        diagnostics[.maskFormat] = mask.format.rawValue
    }

    func regionDiagnostics(_ region: RegionDiagnostics) -> [Diagnostic: String] {
        let (initial, used) = (region.initial, region.used)
        var diagnostics: [Diagnostic: String] = [
            .voxels: "\(initial.voxelCount)",
            .boxLower: "\(initial.box.lower.x) \(initial.box.lower.y) \(initial.box.lower.z)",
            .boxSize: "\(initial.box.size.x) \(initial.box.size.y) \(initial.box.size.z)",
            .gridSize: "\(used.gridSize.x) \(used.gridSize.y) \(used.gridSize.z)",
            .gridSpacing: "\(used.gridSpacing.x) \(used.gridSpacing.y) \(used.gridSpacing.z)",
            .voxelsOnGrid: "\(used.voxelCount)", .voxelsUsed: "\(used.intensityVoxelCount)",
            .intensityMean: "\(used.meanIntensity)", .intensityMinimum: "\(used.intensityRange.lowerBound)",
            .intensityMaximum: "\(used.intensityRange.upperBound)",
        ]
        if let discretisation = region.discretisation {
            diagnostics[.greyLevels] = "\(region.greyLevelCount)"
            switch discretisation {
            case .binWidth(let width, let start):
                diagnostics[.discretisation] = "bin width \(width)" + (start.map { " from \($0)" } ?? "")
            case .binCount(let count): diagnostics[.discretisation] = "\(count) bins"
            case .none: diagnostics[.discretisation] = "none"
            }
        }
        return diagnostics
    }
}
