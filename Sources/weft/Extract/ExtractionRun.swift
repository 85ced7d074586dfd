import Foundation
import Imaging
import Ingestion
import Radiomics
import Reporting
import Synchronization

/// Works through the cases on several threads, each case one image with all its regions: memory is bounded by one
/// image a thread.
struct ExtractionRun {
    let plan: ExtractionPlan
    let extractor: Extractor
    let running: RunningOptions
    let matrices: MatrixFolder?

    func perform(into sink: TableSink) throws {
        say(plan)
        Interruption.watch()
        let progress = Progress("extracting", unit: "cases", total: plan.cases.count, verbosity: running.verbosity)
        let settingsHash = Fingerprint(of: Weft.version + extractor.settings.yaml).description
        let worker = CaseWorker(
            extractor: extractor, settingsHash: settingsHash, disclosure: running.identity, matrices: matrices)
        let cases = plan.cases
        let tally = Mutex(Tally())
        // The sink is used under the lock only.
        let shared = UncheckedSendable(sink)
        _ = concurrentMap(count: cases.count, jobs: running.jobs) { number in
            guard !Interruption.isRequested, tally.withLock({ $0.error == nil }) else { return }
            let isKnown = { (key: RowKey) in tally.withLock { _ in shared.value.reuse(key, caseNumber: number) } }
            worker.rows(of: cases[number], isKnown: isKnown) { rows in
                tally.withLock { tally in
                    do {
                        try shared.value.append(rows, caseNumber: number)
                        tally.failed += rows.count { $0.status == .failed }
                        tally.warnings += rows.count { $0.status == .warning }
                        tally.failures += rows.filter { $0.status == .failed }.prefix(max(0, 5 - tally.failures.count))
                    } catch { tally.error = error }
                }
            }
            tally.withLock { tally in
                tally.casesDone += 1
                shared.value.finishCase(number)
            }
            progress.advance()
        }
        progress.finish()
        try conclude(tally.withLock { $0 }, sink)
    }

    struct Tally: Sendable {
        var casesDone = 0
        var failed = 0
        var warnings = 0
        var failures: [FeatureRow] = []
        var error: (any Error)?
    }

    private func say(_ plan: ExtractionPlan) {
        if !plan.imagesWithoutMask.isEmpty {
            Console.note(
                "\(plan.imagesWithoutMask.count) image(s) without a mask are left out (--whole-image takes them)",
                running.verbosity)
        }
        if let first = plan.skipped.first {
            Console.note(
                "\(plan.skipped.count) file(s) skipped, e.g. \(first.path): \(first.reason)", running.verbosity)
        }
    }

    private func conclude(_ tally: Tally, _ sink: TableSink) throws {
        if let error = tally.error as? TableError { throw CommandFailure(error) }
        if let error = tally.error { throw CommandFailure(.internalError, "\(error)") }
        guard !Interruption.isRequested else {
            let kept = try sink.interrupt()
            throw CommandFailure(
                .interrupted, "interrupted after \(tally.casesDone) of \(plan.cases.count) cases\(kept)")
        }
        try sink.finish()
        for row in tally.failures {
            let roi = row.identity.roi.isEmpty ? row.identity.label : row.identity.roi
            Console.error("\(row.identity.caseID)\(roi.isEmpty ? "" : " \(roi)"): \(row.reason)")
        }
        if tally.warnings > 0 {
            Console.note("\(tally.warnings) region(s) with a warning: see the column 'reason'", running.verbosity)
        }
        guard tally.failed == 0 else {
            let others = tally.failed > tally.failures.count ? ", the first \(tally.failures.count) above" : ""
            throw CommandFailure(
                .someCasesFailed,
                "\(tally.failed) region(s) or case(s) failed\(others); their rows say why (column 'reason')")
        }
    }
}

/// Turns one case into rows.
struct CaseWorker: Sendable {
    let extractor: Extractor
    let settingsHash: String
    let disclosure: IdentityDisclosure
    let matrices: MatrixFolder?

    /// `isKnown` takes over the row of an earlier run and says whether there was one; `deliver` gets the rows that were
    /// computed, a region at a time.
    func rows(of item: ExtractionCase, isKnown: (RowKey) -> Bool, deliver: ([FeatureRow]) -> Void) {
        switch item.work {
        case .failed(let identity, let entry, let reason):
            deliver([failure(item, identity, entry, reason)])
        case .wholeImage(let image):
            withVolume(item, image, deliver) { volume, imageHash, findings in
                let region = Region.whole(volume.geometry)
                add(item, image, volume, imageHash, region, mask: nil, findings: findings, isKnown, deliver)
            }
        case .regions(let image, let masks, let selection):
            if let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) {
                deliver([failure(item, image.identity, nil, reason)])
                return
            }
            withVolume(item, image, deliver) { volume, imageHash, unitFindings in
                for mask in masks {
                    do throws(IngestionError) {
                        for outcome in try mask.regions(on: image, matching: selection) {
                            switch outcome {
                            case .failed(let entry, let reason):
                                deliver([failure(item, image.identity, entry, reason, mask)])
                            case .region(let region, let findings):
                                add(
                                    item, image, volume, imageHash, region, mask: mask,
                                    findings: unitFindings + mask.findings + findings, isKnown, deliver)
                            }
                        }
                    } catch {
                        deliver([failure(item, image.identity, nil, "mask \(error)", mask)])
                    }
                }
            }
        }
    }

    private func withVolume(
        _ item: ExtractionCase, _ image: ImageSource, _ deliver: ([FeatureRow]) -> Void,
        _ body: (Volume, String, [Finding]) -> Void
    ) {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            deliver([self.failure(item, image.identity, nil, failure.text)])
            return
        }
        do throws(IngestionError) {
            let (volume, findings) = try image.load(as: extractor.settings.imageUnit)
            body(volume, volume.fingerprint.description, findings)
        } catch {
            deliver([failure(item, image.identity, nil, error.reason)])
        }
    }

    private func add(
        _ item: ExtractionCase, _ image: ImageSource, _ volume: Volume, _ imageHash: String, _ region: Region,
        mask: MaskSource?, findings: [Finding], _ isKnown: (RowKey) -> Bool, _ deliver: ([FeatureRow]) -> Void
    ) {
        let identity = identity(item, image.identity, MaskSource.Entry(name: region.name, label: region.label))
        let maskHash = region.fingerprint.description
        var diagnostics = imageDiagnostics(image, volume, imageHash, mask)
        diagnostics[.maskHash] = maskHash
        guard !isKnown(RowKey(identity, diagnostics)) else { return }
        let all = image.findings + item.findings + findings
        do throws(ExtractionError) {
            if let reason = missingSlice(image, region) {
                deliver([FeatureRow(identity: identity, status: .failed, reason: reason, diagnostics: diagnostics)])
                return
            }
            let writer = matrices.map { MatrixWriter($0, identity, mask: mask) }
            let extraction = try extractor.features(
                of: region, in: volume, modality: image.identity.modality, observe: writer?.write)
            if let problem = writer?.problem {
                deliver([FeatureRow(identity: identity, status: .failed, reason: problem, diagnostics: diagnostics)])
                return
            }
            diagnostics.merge(regionDiagnostics(extraction.diagnostics)) { _, new in new }
            let notes = all.filter { $0.severity == .note }.map(\.text) + extraction.notes
            let warnings = all.filter { $0.severity == .warning }.map(\.text) + extraction.warnings
            if !notes.isEmpty { diagnostics[.notes] = notes.joined(separator: "; ") }
            deliver([
                FeatureRow(
                    identity: identity, status: warnings.isEmpty ? .ok : .warning,
                    reason: warnings.joined(separator: "; "), diagnostics: diagnostics, measures: extraction.measures)
            ])
        } catch {
            deliver([
                FeatureRow(identity: identity, status: .failed, reason: error.description, diagnostics: diagnostics)
            ])
        }
    }

    /// Neighbours across a gap are no neighbours: what looks across slices would be wrong without showing it.
    private func missingSlice(_ image: ImageSource, _ region: Region) -> String? {
        let texture = extractor.settings.texture
        let resamples = (extractor.settings.resample?.spacing.z ?? 0) > 0
        let looksAcross =
            resamples
            || extractor.settings.activeFamilies.contains { family in
                switch (family, extractor.settings.convention) {
                case (.morph, _), (.loc, _): true
                case (.shape2D, _): false
                case (_, .pyradiomics): family.usesGreyLevels && texture.pyradiomics.force2DDimension != 0
                case (_, .ibsi): texture.aggregations(of: family).contains(where: \.isVolumetric)
                }
            }
        let slices = region.box.lower.z..<region.box.upper.z - 1
        guard looksAcross, let gap = image.gapsAfter.first(where: slices.contains) else { return nil }
        return "a slice is missing inside the region, after slice \(gap + 1) of \(image.geometry.size.z);"
            + " add it, or ask for what stays within slices (--aggregations 2D_avg,2D_comb,2D and --families without"
            + " morph and loc, no --resample across slices)"
    }

    // MARK: what stands in the row

    private func identity(_ item: ExtractionCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?) -> RowIdentity
    {
        RowIdentity(
            caseID: item.name, patient: identity.patient(disclosure), study: identity.studyUID,
            series: identity.seriesUID, modality: identity.modality, image: item.shownPath, roi: entry?.name ?? "",
            label: entry.map { "\($0.label)" } ?? "")
    }

    private func failure(
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

    private func imageDiagnostics(
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

    private func describe(_ mask: MaskSource, in diagnostics: inout [Diagnostic: String]) {
        diagnostics[.maskFile] = URL(fileURLWithPath: mask.path).lastPathComponent
        diagnostics[.maskFormat] = mask.format.rawValue
    }

    private func regionDiagnostics(_ region: RegionDiagnostics) -> [Diagnostic: String] {
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
