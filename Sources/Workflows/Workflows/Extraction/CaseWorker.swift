import Imaging
import Ingestion
import Parallel
import Radiomics
import Reports
import Tables

/// Turns one case into rows.
struct CaseWorker: Sendable {
    let extractors: CaseExtractors
    let disclosure: IdentityDisclosure
    let matrices: OutputFolder?
    let steps: StepOutput?
    let leftOut: LeftOutRegions
    /// Threads for the regions of one case.
    let jobsInCase: Int

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

    /// Rows and measured regions of case `number` go to `rows`, a region at a time and in the order of the masks. Several threads
    /// begin with the largest regions, so that none works alone at the end.
    func work(on item: ImageCase, number: Int, into rows: RowCollector) {
        let settings = kind(of: item).extractor.settings
        let (loaded, regions) = item.pendingRegions(disclosure, settings.maskOperations) { image throws(LoadFailure) in
            let (volume, findings) = try LoadFailure.catching { () throws(IngestionError) in
                try image.load(as: settings.imageUnit)
            }
            return LoadedVolume(volume: volume, hash: volume.fingerprint.description, findings: findings)
        }
        let delivery = OrderedDelivery<Outcome?> { $0.map { rows.add($0, caseNumber: number) } }
        let order = regions.indices.sorted { (regions[$1].size, $0) < (regions[$0].size, $1) }
        // One thread delivers in order, so that rows need not wait for each other.
        let isAlone = jobsInCase == 1
        Workers(jobsInCase).forEach(order.count) { place, _ in
            let region = isAlone ? place : order[place]
            delivery.deliver(outcome(of: regions[region], in: item, loaded, rows, number), number: region)
        }
    }

    /// A row, and what is to be reported beside it.
    struct Outcome: Sendable {
        var row: FeatureRow
        var measured: MeasuredRegion?
        var doubts: [LevelUse.Doubt] = []
    }

    /// Nil where there is no row, or an earlier run has it.
    private func outcome(
        of region: PendingRegion, in item: ImageCase, _ loaded: LoadedVolume?, _ rows: RowCollector, _ number: Int
    ) -> Outcome? {
        switch region.make() {
        case .failed(let failure): return Outcome(row: row(item, failure))
        case .leftOut(let region):
            leftOut.add(item, region)
            return nil
        case .region(let chosen): return loaded.flatMap { outcome(of: chosen, of: item, $0, number: number, rows) }
        }
    }

    private func outcome(
        of chosen: CaseRegion, of item: ImageCase, _ loaded: LoadedVolume, number: Int, _ rows: RowCollector
    ) -> Outcome? {
        let (image, region, volume) = (chosen.image, chosen.region, loaded.volume)
        let kind = extractors[ImageKind(image)]
        let identity = RowIdentity(item, image.identity, chosen.entry, disclosure)
        let maskHash = region.fingerprint.description
        var diagnostics = imageDiagnostics(image, loaded, chosen.mask)
        diagnostics[.maskHash] = maskHash
        guard !rows.takeOver(RowKey(identity, diagnostics), caseNumber: number) else { return nil }
        func fail(_ reason: String) -> Outcome {
            Outcome(row: FeatureRow(identity: identity, status: .failed, reason: reason, diagnostics: diagnostics))
        }
        if let reason = brokenThirdAxis(image, region, kind.extractor.settings) { return fail(reason) }
        let writer = matrices.map { MatrixWriter($0, identity, mask: chosen.mask, maskHash: maskHash) }
        let extraction: Extraction
        do {
            extraction = try kind.extractor.features(
                of: region, in: volume, modality: image.identity.modality, observe: writer?.write)
        } catch { return fail(error.description) }
        if let problem = writer?.problem { return fail(problem) }
        if let steps {
            do throws(ExtractionError) {
                let taken = try kind.extractor.steps(of: region, in: volume, modality: image.identity.modality)
                if let problem = steps.write(taken, identity, mask: chosen.mask, maskHash: maskHash) {
                    return fail(problem)
                }
            } catch { return fail(error.description) }
        }
        diagnostics.merge(regionDiagnostics(extraction.diagnostics, image.lengths)) { _, new in new }
        let findings = image.findings + item.findings + loaded.findings + chosen.maskFindings
        let notes = findings.filter { $0.severity == .note }.map(\.text) + extraction.notes
        let warnings =
            findings.filter { $0.severity == .warning }.map(\.text) + guesses(image, kind.extractor.settings)
            + extraction.warnings
        if !notes.isEmpty { diagnostics[.notes] = notes.joined(separator: "; ") }
        var measured = MeasuredRegion(
            image: image, mask: chosen.mask, name: region.name, label: region.label,
            slices: region.box.lower.z..<region.box.upper.z, unit: volume.unit,
            discretisation: extraction.diagnostics.discretisation, values: extraction.values)
        measured.isMade = chosen.isMade
        var row = FeatureRow(
            identity: identity, status: warnings.isEmpty ? .ok : .warning, reason: warnings.joined(separator: "; "),
            diagnostics: diagnostics,
            values: .features(extraction.values.under(extractors.columns, otherwise: kind.otherwise)))
        row.lengths = image.lengths
        return Outcome(row: row, measured: measured, doubts: extraction.levelUse?.doubts ?? [])
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
