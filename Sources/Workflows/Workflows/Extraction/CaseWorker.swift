import Imaging
import Ingestion
import Radiomics
import Reports
import Tables

/// Turns one case into rows.
struct CaseWorker: Sendable {
    let extractors: CaseExtractors
    let disclosure: IdentityDisclosure
    let matrices: OutputFolder?
    let leftOut: LeftOutRegions

    /// A volume with what was found while it was read.
    struct LoadedVolume: LoadedImage {
        var volume: Volume
        var hash: String
        var findings: [Finding]
    }

    /// What the rows of a case will say of it, as far as that is known before its image is loaded.
    func expected(_ item: ImageCase) -> TableFile.ExpectedCase {
        TableFile.ExpectedCase(RowIdentity(item, item.identity, nil, disclosure), kind(of: item).rowSettings)
    }

    func kind(of item: ImageCase) -> CaseExtractors.Kind {
        item.image.map { extractors[ImageKind($0)] } ?? extractors.common
    }

    /// Rows and measured regions of case `number` go to `rows`, a region at a time.
    func work(on item: ImageCase, number: Int, into rows: RowCollector) {
        item.forEachRegion(disclosure) { image throws(LoadFailure) in
            let unit = extractors[ImageKind(image)].extractor.settings.imageUnit
            let (volume, findings) = try LoadFailure.catching { () throws(IngestionError) in
                try image.load(as: unit)
            }
            return LoadedVolume(volume: volume, hash: volume.fingerprint.description, findings: findings)
        } failed: { failure in
            rows.add([row(item, failure)], caseNumber: number)
        } leftOut: { region in
            leftOut.add(item, region)
        } _: { region, loaded in
            work(on: region, of: item, loaded, number: number, into: rows)
        }
    }

    private func work(
        on chosen: CaseRegion, of item: ImageCase, _ loaded: LoadedVolume, number: Int, into rows: RowCollector
    ) {
        let (image, region, volume) = (chosen.image, chosen.region, loaded.volume)
        let kind = extractors[ImageKind(image)]
        let identity = RowIdentity(item, image.identity, chosen.entry, disclosure)
        let maskHash = region.fingerprint.description
        var diagnostics = imageDiagnostics(image, loaded, chosen.mask)
        diagnostics[.maskHash] = maskHash
        guard !rows.takeOver(RowKey(identity, diagnostics), caseNumber: number) else { return }
        func fail(_ reason: String) {
            rows.add(
                [FeatureRow(identity: identity, status: .failed, reason: reason, diagnostics: diagnostics)],
                caseNumber: number)
        }
        if let reason = brokenThirdAxis(image, region, kind.extractor.settings) { return fail(reason) }
        let writer = matrices.map { MatrixWriter($0, identity, mask: chosen.mask, maskHash: maskHash) }
        let extraction: Extraction
        do {
            extraction = try kind.extractor.features(
                of: region, in: volume, modality: image.identity.modality, observe: writer?.write)
        } catch { return fail(error.description) }
        if let problem = writer?.problem { return fail(problem) }
        diagnostics.merge(regionDiagnostics(extraction.diagnostics, image.lengths)) { _, new in new }
        let findings = image.findings + item.findings + loaded.findings + chosen.maskFindings
        let notes = findings.filter { $0.severity == .note }.map(\.text) + extraction.notes
        let warnings =
            findings.filter { $0.severity == .warning }.map(\.text) + guesses(image, kind.extractor.settings)
            + extraction.warnings
        if !notes.isEmpty { diagnostics[.notes] = notes.joined(separator: "; ") }
        rows.add(
            MeasuredRegion(
                image: image, mask: chosen.mask, name: region.name, label: region.label,
                slices: region.box.lower.z..<region.box.upper.z, unit: volume.unit,
                discretisation: extraction.diagnostics.discretisation, values: extraction.values),
            caseNumber: number)
        var row = FeatureRow(
            identity: identity, status: warnings.isEmpty ? .ok : .warning, reason: warnings.joined(separator: "; "),
            diagnostics: diagnostics,
            values: .features(extraction.values.under(extractors.columns, otherwise: kind.otherwise)))
        row.lengths = image.lengths
        rows.add([row], caseNumber: number)
        rows.count(extraction.levelUse?.doubts ?? [])
    }

    /// What numbers hang on that the file does not say.
    private func guesses(_ image: ImageSource, _ settings: ExtractionSettings) -> [String] {
        var guesses: [String] = []
        let unit = image.lengths == .millimetre ? "mm" : "pixel"
        let asksForBodies = settings.activeFamilies.contains { [.morph, .loc].contains($0) }
        if image.thickness == .assumed, asksForBodies {
            guesses.append("one slice whose thickness the file does not say: volumes and surfaces take it as 1 \(unit)")
        }
        if image.lengths == .pixel, image.thirdAxis == .space, image.geometry.size.z > 1, asksForBodies {
            let step = (image.geometry.spacing.z * 1000).rounded() / 1000
            guesses.append(
                "the files do not say how large a pixel is: volumes, surfaces and distances take its side as 1 mm, slices being "
                    + "\(step) mm apart")
        }
        if image.lengths == .pixel, settings.resample != nil {
            guesses.append("the file does not say how large a pixel is: resampled as if its side were 1 mm")
        }
        return guesses
    }

    /// Asked of the region of every case, since what looks across slices would be wrong without showing it.
    private func brokenThirdAxis(
        _ image: ImageSource, _ region: Region, _ settings: ExtractionSettings
    ) -> String? {
        let resamples = settings.resample?.isAcrossSlices(of: image.geometry) == true
        return resamples || settings.looksAcrossSlices
            ? image.brokenThirdAxis(under: region, Self.howToStayWithinSlices) : nil
    }

    private static let howToStayWithinSlices =
        "ask for what stays within slices (--aggregations 2D_avg,2D_comb,2D and --families without"
        + " morph and loc, no --resample across slices)"
}
