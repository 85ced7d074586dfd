import Encoding
import Files
import Imaging
import Ingestion
import Radiomics
import Tables

/// What stands in a row beside the values.
extension CaseWorker {
    /// The row of a region, or a case, that could not be computed.
    func row(_ item: ImageCase, _ failure: CaseFailure) -> FeatureRow {
        var diagnostics = settingsDiagnostics(kind(of: item))
        if let mask = failure.mask { describe(mask, in: &diagnostics) }
        return FeatureRow(
            identity: RowIdentity(item, failure.identity, failure.entry, disclosure), status: .failed,
            reason: failure.reason, diagnostics: diagnostics)
    }

    private func settingsDiagnostics(_ kind: CaseExtractors.Kind) -> [Diagnostic: String] {
        kind.rowSettings.diagnostics.merging(
            [.convention: kind.extractor.settings.convention.rawValue]) { own, _ in own }
    }

    private static func shown(_ vector: SIMD3<Double>) -> String {
        "\(vector.x.shortestText) \(vector.y.shortestText) \(vector.z.shortestText)"
    }

    func imageDiagnostics(_ source: ImageSource, _ image: LoadedVolume, _ mask: MaskSource?) -> [Diagnostic: String] {
        let geometry = image.volume.geometry
        var diagnostics = settingsDiagnostics(extractors[ImageKind(source)])
        diagnostics[.imageHash] = image.hash
        diagnostics[.imageSize] = "\(geometry.size.x) \(geometry.size.y) \(geometry.size.z)"
        if source.lengths == .millimetre { diagnostics[.imageSpacing] = Self.shown(geometry.spacing) }
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
        ]
        if lengths == .millimetre { diagnostics[.gridSpacing] = Self.shown(used.gridSpacing) }
        let (lowest, highest) = (used.intensityRange.lowerBound, used.intensityRange.upperBound)
        for (diagnostic, value) in [
            (Diagnostic.intensityMean, used.meanIntensity), (.intensityMinimum, lowest), (.intensityMaximum, highest),
        ] where value.isFinite { diagnostics[diagnostic] = value.shortestText }
        if let discretisation = region.discretisation {
            diagnostics[.greyLevels] = "\(region.greyLevelCount)"
            switch discretisation {
            case .binWidth(let width, let start):
                diagnostics[.discretisation] =
                    "bin width \(width.shortestText)" + (start.map { " from \($0.shortestText)" } ?? "")
            case .binCount(let count): diagnostics[.discretisation] = "\(count) bins"
            case .none: diagnostics[.discretisation] = "none"
            }
        }
        return diagnostics
    }
}

extension RowSettings {
    /// Families and features are told by the columns of the table.
    init(of settings: ExtractionSettings) {
        let yaml = settings.yaml
        self.init(
            version: Release.version, hash: Fingerprint(of: Release.version + yaml).description, yaml: yaml,
            except: ["families", "features"])
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
