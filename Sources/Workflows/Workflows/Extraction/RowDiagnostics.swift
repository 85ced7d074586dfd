import Files
import Imaging
import Ingestion
import Radiomics
import Tables

/// What stands in a row beside the values.
extension CaseWorker {
    /// The row of a region, or a case, that could not be computed.
    func row(_ item: ImageCase, _ failure: CaseFailure) -> FeatureRow {
        var diagnostics = settingsDiagnostics(item.image.map { extractors[ImageKind($0)] } ?? extractors.common)
        if let mask = failure.mask { describe(mask, in: &diagnostics) }
        return FeatureRow(
            identity: RowIdentity(item, failure.identity, failure.entry, disclosure), status: .failed,
            reason: failure.reason, diagnostics: diagnostics)
    }

    private func settingsDiagnostics(_ kind: CaseExtractors.Kind) -> [Diagnostic: String] {
        [
            .version: Release.version, .convention: kind.extractor.settings.convention.rawValue,
            .settingsHash: kind.hash,
        ]
    }

    func imageDiagnostics(_ source: ImageSource, _ image: LoadedVolume, _ mask: MaskSource?) -> [Diagnostic: String] {
        let geometry = image.volume.geometry
        var diagnostics = settingsDiagnostics(extractors[ImageKind(source)])
        diagnostics[.imageHash] = image.hash
        diagnostics[.imageSize] = "\(geometry.size.x) \(geometry.size.y) \(geometry.size.z)"
        if source.lengths == .millimetre {
            diagnostics[.imageSpacing] = "\(geometry.spacing.x) \(geometry.spacing.y) \(geometry.spacing.z)"
        }
        switch image.volume.unit {
        case .hounsfield: diagnostics[.intensityUnit] = "HU"
        case .named(let name): diagnostics[.intensityUnit] = name
        case .arbitrary: break
        }
        if let mask { describe(mask, in: &diagnostics) }
        return diagnostics
    }

    private func describe(_ mask: MaskSource, in diagnostics: inout [Diagnostic: String]) {
        diagnostics[.maskFile] = String(FileName(mask.path).name)
        diagnostics[.maskFormat] = mask.format.rawValue
    }

    func regionDiagnostics(_ region: RegionDiagnostics, _ lengths: LengthUnit) -> [Diagnostic: String] {
        let (initial, used) = (region.initial, region.used)
        var diagnostics: [Diagnostic: String] = [
            .voxels: "\(initial.voxelCount)",
            .boxLower: "\(initial.box.lower.x) \(initial.box.lower.y) \(initial.box.lower.z)",
            .boxSize: "\(initial.box.size.x) \(initial.box.size.y) \(initial.box.size.z)",
            .gridSize: "\(used.gridSize.x) \(used.gridSize.y) \(used.gridSize.z)",
            .voxelsOnGrid: "\(used.voxelCount)", .voxelsUsed: "\(used.intensityVoxelCount)",
            .intensityMean: "\(used.meanIntensity)", .intensityMinimum: "\(used.intensityRange.lowerBound)",
            .intensityMaximum: "\(used.intensityRange.upperBound)",
        ]
        if lengths == .millimetre {
            diagnostics[.gridSpacing] = "\(used.gridSpacing.x) \(used.gridSpacing.y) \(used.gridSpacing.z)"
        }
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

extension RowIdentity {
    /// What features and embeddings call a region, so that their tables join.
    package init(
        _ item: ImageCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?, _ disclosure: IdentityDisclosure
    ) {
        self.init(
            caseID: item.name, patient: identity.patient(disclosure), study: identity.studyUID,
            series: identity.seriesUID, modality: identity.modality, image: item.shownPath, roi: entry?.name ?? "",
            label: entry.map { "\($0.label)" } ?? "")
    }
}
