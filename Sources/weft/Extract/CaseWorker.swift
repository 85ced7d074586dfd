import Imaging
import Ingestion
import Radiomics
import Reports
import Tables

/// Turns one case into rows.
struct CaseWorker: Sendable {
    let extractor: Extractor
    let settingsHash: String
    let disclosure: IdentityDisclosure
    let matrices: MatrixFolder?

    /// `isKnown` takes over the row of an earlier run and says whether there was one; `deliver` gets the rows that were
    /// computed, a region at a time; `measured` what a report needs of each that has values.
    func rows(
        of item: ExtractionCase, isKnown: (RowKey) -> Bool, measured: (MeasuredRegion) -> Void,
        deliver: ([FeatureRow]) -> Void
    ) {
        switch item.work {
        case .failed(let identity, let entry, let reason):
            deliver([failure(item, identity, entry, reason)])
        case .wholeImage(let image):
            withVolume(item, image, deliver) { volume, imageHash, findings in
                let region = Region.whole(volume.geometry)
                add(
                    item, image, volume, imageHash, region, mask: nil, findings: findings, isKnown, measured, deliver)
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
                                    findings: unitFindings + mask.findings + findings, isKnown, measured, deliver)
                            }
                        }
                    } catch {
                        deliver([
                            failure(
                                item, image.identity, nil, "mask \(disclosure.shown(mask.path)): \(error.reason)", mask)
                        ])
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
        mask: MaskSource?, findings: [Finding], _ isKnown: (RowKey) -> Bool, _ measured: (MeasuredRegion) -> Void,
        _ deliver: ([FeatureRow]) -> Void
    ) {
        let identity = identity(item, image.identity, MaskSource.Entry(name: region.name, label: region.label))
        let maskHash = region.fingerprint.description
        var diagnostics = imageDiagnostics(image, volume, imageHash, mask)
        diagnostics[.maskHash] = maskHash
        guard !isKnown(RowKey(identity, diagnostics)) else { return }
        let all = image.findings + item.findings + findings
        do throws(ExtractionError) {
            if let reason = brokenThirdAxis(image, region) {
                deliver([FeatureRow(identity: identity, status: .failed, reason: reason, diagnostics: diagnostics)])
                return
            }
            let writer = matrices.map { MatrixWriter($0, identity, mask: mask, maskHash: maskHash) }
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
            measured(
                MeasuredRegion(
                    image: image, mask: mask, name: region.name, label: region.label,
                    slices: region.box.lower.z..<region.box.upper.z, unit: volume.unit,
                    discretisation: extraction.diagnostics.discretisation, measures: extraction.measures))
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

    /// Neighbours across a gap, or in the next frame of a loop, are no neighbours in space: what looks across slices would
    /// be wrong without showing it.
    private func brokenThirdAxis(_ image: ImageSource, _ region: Region) -> String? {
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
        return looksAcross ? image.brokenThirdAxis(under: region, Self.howToStayWithinSlices) : nil
    }

    private static let howToStayWithinSlices =
        "ask for what stays within slices (--aggregations 2D_avg,2D_comb,2D and --families without"
        + " morph and loc, no --resample across slices)"
}

extension ImageSource {
    /// Why what looks across the slices of a region would be wrong; nil when it would not. `advice` says how not to.
    func brokenThirdAxis(under region: Region, _ advice: String) -> String? {
        if thirdAxis == .frames, region.box.size.z > 1 {
            return "the image is a loop of \(geometry.size.z) frames, whose third axis is time; \(advice)"
        }
        let slices = region.box.lower.z..<max(region.box.lower.z, region.box.upper.z - 1)
        guard let gap = gapsAfter.first(where: slices.contains) else { return nil }
        return
            "a slice is missing inside the region, after slice \(gap + 1) of \(geometry.size.z); add it, or \(advice)"
    }
}
