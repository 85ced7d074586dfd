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
        let delivery = OrderedDelivery<Outcome?> { $0.map { rows.add($0, caseNumber: number) } }
        var tasks: [Work] = []
        func take(_ task: Work) {
            tasks.append(task)
            // One thread needs not hold the regions.
            guard jobsInCase == 1 else { return }
            delivery.deliver(outcome(of: task, in: item, rows, number), number: tasks.count - 1)
            tasks[tasks.count - 1] = .done
        }
        item.forEachRegion(disclosure) { image throws(LoadFailure) in
            let unit = extractors[ImageKind(image)].extractor.settings.imageUnit
            let (volume, findings) = try LoadFailure.catching { () throws(IngestionError) in
                try image.load(as: unit)
            }
            return LoadedVolume(volume: volume, hash: volume.fingerprint.description, findings: findings)
        } failed: { failure in
            take(.failure(failure))
        } leftOut: { region in
            leftOut.add(item, region)
        } _: { region, loaded in
            take(.region(region, loaded))
        }
        guard jobsInCase > 1 else { return }
        let order = tasks.indices.sorted { (tasks[$1].size, $0) < (tasks[$0].size, $1) }
        Workers(jobsInCase).forEach(order.count) { place, _ in
            let task = order[place]
            delivery.deliver(outcome(of: tasks[task], in: item, rows, number), number: task)
        }
    }

    /// What a case has a row for.
    private enum Work {
        case failure(CaseFailure)
        case region(CaseRegion, LoadedVolume)
        case done

        /// About how long it takes.
        var size: Int { if case .region(let chosen, _) = self { chosen.region.box.voxelCount } else { 0 } }
    }

    /// A row, and what is to be reported beside it.
    struct Outcome: Sendable {
        var row: FeatureRow
        var measured: MeasuredRegion?
        var doubts: [LevelUse.Doubt] = []
    }

    /// Nil where an earlier run has the row.
    private func outcome(of task: Work, in item: ImageCase, _ rows: RowCollector, _ number: Int) -> Outcome? {
        switch task {
        case .failure(let failure): Outcome(row: row(item, failure))
        case .region(let chosen, let loaded): outcome(of: chosen, of: item, loaded, number: number, rows)
        case .done: nil
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
        diagnostics.merge(regionDiagnostics(extraction.diagnostics, image.lengths)) { _, new in new }
        let findings = image.findings + item.findings + loaded.findings + chosen.maskFindings
        let notes = findings.filter { $0.severity == .note }.map(\.text) + extraction.notes
        let warnings =
            findings.filter { $0.severity == .warning }.map(\.text) + guesses(image, kind.extractor.settings)
            + extraction.warnings
        if !notes.isEmpty { diagnostics[.notes] = notes.joined(separator: "; ") }
        let measured = MeasuredRegion(
            image: image, mask: chosen.mask, name: region.name, label: region.label,
            slices: region.box.lower.z..<region.box.upper.z, unit: volume.unit,
            discretisation: extraction.diagnostics.discretisation, values: extraction.values)
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
