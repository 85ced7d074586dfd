import Finetuning
import Imaging
import Ingestion
import Parallel
import Preparation
import Radiomics
import Tables

/// Turns one case into rows of an embedding. The same plan as `weft extract`'s gives the same cases and regions.
struct EmbeddingWorker {
    let embedder: Embedder
    let normalisation: ChannelNormalisation
    let intensity: IntensityMapping
    let pool: EmbeddingPool
    let rows: EmbeddingRows
    let disclosure: IdentityDisclosure
    let jobs: Int
    let leftOut = LeftOutRegions()

    /// A volume with the slices that the network sees.
    private struct LoadedViews: LoadedImage {
        var volume: Volume
        var views: SliceViews
    }

    func rows(of item: ImageCase) -> [FeatureRow] {
        var rows: [FeatureRow] = []
        item.forEachRegion(disclosure) { image throws(LoadFailure) in
            let volume = try LoadFailure.catching { () throws(IngestionError) in try image.load(jobs: jobs) }
            let views = try LoadFailure.catching { () throws(IngestionError) in
                try SliceViews(volume, of: image, intensity: intensity)
            }
            guard let views else { throw LoadFailure("the image has one grey level only") }
            return LoadedViews(volume: volume, views: views)
        } failed: { failure in
            rows.append(row(item, failure.identity, failure.entry, .failed, failure.reason))
        } leftOut: { region in
            leftOut.add(item, region)
        } _: { region, loaded in
            rows += region.mask == nil ? whole(item, region, loaded) : [self.row(item, region, loaded)]
        }
        return rows
    }

    // MARK: Regions

    private func row(_ item: ImageCase, _ chosen: CaseRegion, _ loaded: LoadedViews) -> FeatureRow {
        let (image, region, volume) = (chosen.image, chosen.region, loaded.volume)
        guard region.voxelCount > 0 else {
            return row(item, image.identity, chosen.entry, .failed, "the region has no voxel on the image")
        }
        let shape = embedder.configuration
        let patches = shape.patchCount
        let box = region.box
        // Voxels of the region in each patch of each slice that it touches.
        var weights: [(slice: Int, counts: [Double])] = []
        for z in 0..<box.size.z {
            var counts = [Double](repeating: 0, count: patches)
            for y in 0..<box.size.y {
                let row = (box.lower.y + y) * shape.patchRows / volume.geometry.size.y
                for x in 0..<box.size.x where region.voxels[box.offset(x, y, z)] == 1 {
                    counts[
                        row * shape.patchColumns + (box.lower.x + x) * shape.patchColumns / volume.geometry.size.x] += 1
                }
            }
            if counts.contains(where: { $0 > 0 }) { weights.append((box.lower.z + z, counts)) }
        }
        let width = embedder.width
        var (sum, total) = ([Double](repeating: 0, count: width), 0.0)
        forEachTokens(of: weights.map(\.slice), loaded.views) { index, tokens in
            for (patch, count) in weights[index].counts.enumerated() where count > 0 {
                for k in 0..<width { sum[k] += count * Double(tokens[(1 + patch) * width + k]) }
                total += count
            }
        }
        return finished(
            item, image, chosen.entry, embedder.normalised(mean: sum.map { $0 / total }),
            image.findings + chosen.maskFindings)
    }

    // MARK: Whole images

    private func whole(_ item: ImageCase, _ chosen: CaseRegion, _ loaded: LoadedViews) -> [FeatureRow] {
        let image = chosen.image
        let (width, patches) = (embedder.width, embedder.configuration.patchCount)
        var embeddings: [[Double]] = []
        forEachTokens(of: Array(0..<loaded.volume.geometry.size.z), loaded.views) { _, tokens in
            switch pool {
            case .classToken: embeddings.append(tokens[..<width].map(Double.init))
            case .mean:
                var mean = [Double](repeating: 0, count: width)
                for patch in 1...patches {
                    for k in 0..<width { mean[k] += Double(tokens[patch * width + k]) / Double(patches) }
                }
                embeddings.append(embedder.normalised(mean: mean))
            }
        }
        switch rows {
        case .slices:
            return embeddings.enumerated().map { slice, embedding in
                finished(item, image, MaskSource.Entry(name: "slice", label: slice), embedding, image.findings)
            }
        case .image:
            let mean = (0..<width).map { k in
                embeddings.reduce(0) { $0 + $1[k] } / Double(embeddings.count)
            }
            return [finished(item, image, chosen.entry, mean, image.findings)]
        }
    }

    /// Calls with the tokens [1 + L, D] of each slice, in order.
    private func forEachTokens(of slices: [Int], _ views: SliceViews, _ body: (Int, [Float]) -> Void) {
        let (size, most) = (embedder.configuration.imageHeight, embedder.batchCapacity)
        let normalisation = normalisation
        for start in stride(from: 0, to: slices.count, by: most) {
            let range = start..<min(start + most, slices.count)
            let chosen = slices[range]
            let made = Workers(jobs).map(chosen.count) { index in
                views.view(chosen[chosen.startIndex + index], size: size, normalisation: normalisation)
            }
            for (index, tokens) in zip(range, embedder.tokens(of: made.flatMap { $0 }, count: range.count)) {
                body(index, tokens)
            }
        }
    }

    // MARK: Rows

    private func finished(
        _ item: ImageCase, _ image: ImageSource, _ entry: MaskSource.Entry, _ values: [Double],
        _ findings: [Finding]
    ) -> FeatureRow {
        let warnings = (findings + item.findings).filter { $0.severity == .warning }.map(\.text)
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
