import Files
import Imaging
import Ingestion
import MaskedAutoencoder
import Preparation
import Radiomics
import Tables

/// Turns one case into rows of an embedding. The same plan as `weft extract`'s gives the same cases and regions.
struct EmbeddingWorker {
    let encoder: FrozenEncoder
    let readout: Readout
    let normalisation: ChannelNormalisation
    let intensity: IntensityMapping
    let views: ImageViews
    let scale: ImageScale
    /// Pixels.
    let stride: Int
    let rows: EmbeddingRows
    let disclosure: IdentityDisclosure
    let jobs: Int
    /// What had to be guessed of the network.
    let guess: Finding?
    let leftOut = LeftOutRegions()

    /// `emb_0` …, and what they are of before the number where there is more than one kind: `emb_tiles_block9_sd_0`.
    var columns: [String] {
        let parts = views == .both ? ["whole_", "tiles_"] : [""]
        return parts.flatMap { part in readout.names(of: encoder).map { "emb_" + part + $0 } }
    }

    /// - Parameters:
    ///   - settingsHash: of what the numbers hang on, for rows that are told again when a run goes on.
    ///   - isTaken: whether the row of an earlier run with this key is taken over; nothing is computed then.
    func rows(of item: ImageCase, settingsHash: String, isTaken: (RowKey) -> Bool) -> [FeatureRow] {
        var rows: [FeatureRow] = []
        item.forEachRegion(disclosure) { image throws(LoadFailure) in
            let volume = try LoadFailure.catching { () throws(IngestionError) in try image.load(jobs: jobs) }
            let loaded = try LoadFailure.catching { () throws(IngestionError) in
                try EncoderViews(
                    volume, of: image, intensity: intensity, scale: scale, stride: stride, encoder.configuration)
            }
            guard let loaded else { throw LoadFailure("the image has one grey level only") }
            return loaded
        } failed: { failure in
            rows.append(row(item, failure.identity, failure.entry, .failed, failure.reason))
        } leftOut: { region in
            leftOut.add(item, region)
        } _: { region, loaded in
            let content: [Diagnostic: String] = [
                .settingsHash: settingsHash, .imageHash: loaded.volume.fingerprint.description,
                .maskHash: region.region.fingerprint.description,
                .maskFile: region.mask.map { String(FileName($0.path).name) } ?? "",
            ]
            let entries =
                region.mask == nil && self.rows == .slices
                ? (0..<loaded.sliceCount).map { MaskSource.Entry(name: "slice", label: $0) } : [region.entry]
            let missing = entries.map { RowIdentity(item, region.image.identity, $0, disclosure) }
                .filter { !isTaken(RowKey($0, content)) }
            guard !missing.isEmpty else { return }
            let made = region.mask == nil ? whole(item, region, loaded) : [self.row(item, region, loaded)]
            for var row in made where missing.contains(row.identity) {
                row.diagnostics = content
                rows.append(row)
            }
        }
        return rows
    }

    private func row(_ item: ImageCase, _ chosen: CaseRegion, _ loaded: EncoderViews) -> FeatureRow {
        guard chosen.region.voxelCount > 0 else {
            return row(item, chosen.image.identity, chosen.entry, .failed, "the region has no voxel on the image")
        }
        let (whole, tiles) = (
            views.includesWhole ? loaded.whole(chosen.region) : nil,
            views.includesTiles ? loaded.tiles(chosen.region) : nil
        )
        guard tiles?.isEmpty != true else {
            return row(
                item, chosen.image.identity, chosen.entry, .failed,
                "no pixel of the region is left at the network's scale; take a finer --scale, or --whole")
        }
        let pooled = [whole, tiles].compactMap { $0 }.map { pool($0, loaded) }
        var findings = chosen.image.findings + chosen.maskFindings
        if readout.pool == .moments, let fewest = pooled.map(\.tokenCount).min(), fewest == 1 {
            findings.append(
                Finding(.warning, "the region lies in one patch of the network's view; its standard deviations are 0"))
        }
        return finished(item, chosen.image, chosen.entry, pooled.flatMap { $0.values(encoder) }, findings)
    }

    private func whole(_ item: ImageCase, _ chosen: CaseRegion, _ loaded: EncoderViews) -> [FeatureRow] {
        let (image, slices) = (chosen.image, 0..<loaded.sliceCount)
        let parts = [
            views.includesWhole ? slices.flatMap { loaded.whole($0) } : nil,
            views.includesTiles ? slices.flatMap { loaded.tiles($0) } : nil,
        ].compactMap { $0 }
        switch rows {
        case .slices:
            let pooled = parts.map { pool($0, loaded, rows: slices.count, row: \.slice) }
            return slices.map { slice in
                finished(
                    item, image, MaskSource.Entry(name: "slice", label: slice),
                    pooled.flatMap { $0[slice].values(encoder) }, image.findings)
            }
        case .image:
            let values = parts.flatMap { pool($0, loaded).values(encoder) }
            return [finished(item, image, chosen.entry, values, image.findings)]
        }
    }

    private func pool(_ views: [EncoderViews.View], _ loaded: EncoderViews) -> PooledTokens {
        pool(views, loaded, rows: 1) { _ in 0 }[0]
    }

    /// - Parameter row: from 0, that a view counts in.
    private func pool(
        _ views: [EncoderViews.View], _ loaded: EncoderViews, rows: Int, row: (EncoderViews.View) -> Int
    ) -> [PooledTokens] {
        var pooled = [PooledTokens](repeating: PooledTokens(readout, of: encoder), count: rows)
        loaded.forEachTokens(of: views, encoder, readout, normalisation, jobs: jobs) { view, tokens in
            pooled[row(view)].add(tokens, weights: view.weights)
        }
        return pooled
    }

    // MARK: Rows

    private func finished(
        _ item: ImageCase, _ image: ImageSource, _ entry: MaskSource.Entry, _ values: [Double],
        _ findings: [Finding]
    ) -> FeatureRow {
        guard values.allSatisfy(\.isFinite) else {
            return row(
                item, image.identity, entry, .failed,
                "the network gives a value that is not finite; look at the image's values, or take other weights")
        }
        let all = findings + item.findings + (guess.map { [$0] } ?? [])
        let warnings = all.filter { $0.severity == .warning }.map(\.text)
        return row(
            item, image.identity, entry, warnings.isEmpty ? .ok : .warning, warnings.joined(separator: "; "), values)
    }

    private func row(
        _ item: ImageCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?, _ status: RowStatus,
        _ reason: String, _ values: [Double]? = nil
    ) -> FeatureRow {
        FeatureRow(
            identity: RowIdentity(item, identity, entry, disclosure), status: status, reason: reason,
            values: values.map { .numbers($0) } ?? .none)
    }
}
