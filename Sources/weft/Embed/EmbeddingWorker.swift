import Finetuning
import Imaging
import Ingestion
import Parallel
import Preparation
import Radiomics
import Tables
import Workflows

/// Turns one case into rows of an embedding. The same plan as `weft extract`'s gives the same cases and regions.
struct EmbeddingWorker {
    enum Rows { case image, slices }

    let embedder: Embedder
    let normalisation: Preparation.Normalisation
    let intensity: IntensityMapping
    let pool: Embed.Pool
    let rows: Rows
    let disclosure: IdentityDisclosure
    let jobs: Int

    func rows(of item: ImageCase) -> [FeatureRow] {
        switch item.work {
        case .failed(let identity, let entry, let reason): return [failure(item, identity, entry, reason)]
        case .wholeImage(let image):
            return withViews(item, image) { volume, views in whole(item, image, volume, views) }
        case .regions(let image, let masks, let selection):
            if let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) {
                return [failure(item, image.identity, nil, reason)]
            }
            return withViews(item, image) { volume, views in
                masks.flatMap { mask -> [FeatureRow] in
                    do throws(IngestionError) {
                        return try mask.regions(on: image, matching: selection).map { outcome in
                            switch outcome {
                            case .failed(let entry, let reason): failure(item, image.identity, entry, reason)
                            case .region(let region, let findings):
                                row(item, image, region, volume, views, image.findings + mask.findings + findings)
                            }
                        }
                    } catch {
                        let shown = disclosure.shown(mask.path)
                        return [failure(item, image.identity, nil, "mask \(shown): \(error.reason)")]
                    }
                }
            }
        }
    }

    private func withViews(
        _ item: ImageCase, _ image: ImageSource, _ body: (Volume, SliceViews) -> [FeatureRow]
    ) -> [FeatureRow] {
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            return [self.failure(item, image.identity, nil, failure.text)]
        }
        do throws(IngestionError) {
            let volume = try image.load(jobs: jobs)
            guard let views = try SliceViews(volume, of: image, intensity: intensity) else {
                return [failure(item, image.identity, nil, "the image has one grey level only")]
            }
            return body(volume, views)
        } catch {
            return [failure(item, image.identity, nil, error.reason)]
        }
    }

    // MARK: Regions

    private func row(
        _ item: ImageCase, _ image: ImageSource, _ region: Region, _ volume: Volume, _ views: SliceViews,
        _ findings: [Finding]
    ) -> FeatureRow {
        let entry = MaskSource.Entry(name: region.name, label: region.label)
        guard region.voxelCount > 0 else {
            return failure(item, image.identity, entry, "the region has no voxel on the image")
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
        forEachTokens(of: weights.map(\.slice), views) { place, tokens in
            for (patch, count) in weights[place].counts.enumerated() where count > 0 {
                for k in 0..<width { sum[k] += count * Double(tokens[(1 + patch) * width + k]) }
                total += count
            }
        }
        return finished(
            item, image, entry, embedder.normalised(mean: sum.map { $0 / total }), findings)
    }

    // MARK: Whole images

    private func whole(
        _ item: ImageCase, _ image: ImageSource, _ volume: Volume, _ views: SliceViews
    ) -> [FeatureRow] {
        let (width, patches) = (embedder.width, embedder.configuration.patchCount)
        var embeddings: [[Double]] = []
        forEachTokens(of: Array(0..<volume.geometry.size.z), views) { _, tokens in
            switch pool {
            case .cls: embeddings.append(tokens[..<width].map(Double.init))
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
            let region = Region.whole(volume.geometry)
            let mean = (0..<width).map { k in
                embeddings.reduce(0) { $0 + $1[k] } / Double(embeddings.count)
            }
            return [
                finished(
                    item, image, MaskSource.Entry(name: region.name, label: region.label), mean, image.findings)
            ]
        }
    }

    /// Calls with the tokens [1 + L, D] of each slice, in order.
    private func forEachTokens(of slices: [Int], _ views: SliceViews, _ body: (Int, [Float]) -> Void) {
        let (size, most) = (embedder.configuration.imageHeight, embedder.batchCapacity)
        let normalisation = normalisation
        for start in stride(from: 0, to: slices.count, by: most) {
            let range = start..<min(start + most, slices.count)
            let chosen = slices[range]
            let made = concurrentMap(count: chosen.count, jobs: jobs) { place in
                views.view(chosen[chosen.startIndex + place], size: size, normalisation: normalisation)
            }
            for (place, tokens) in zip(range, embedder.tokens(of: made.flatMap { $0 }, count: range.count)) {
                body(place, tokens)
            }
        }
    }

    // MARK: Rows

    private func finished(
        _ item: ImageCase, _ image: ImageSource, _ entry: MaskSource.Entry, _ values: [Double],
        _ findings: [Finding]
    ) -> FeatureRow {
        let warnings = (findings + item.findings).filter { $0.severity == .warning }.map(\.text)
        return FeatureRow(
            identity: identity(item, image.identity, entry), status: warnings.isEmpty ? .ok : .warning,
            reason: warnings.joined(separator: "; "), measures: values.map { .value($0) })
    }

    private func failure(
        _ item: ImageCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?, _ reason: String
    ) -> FeatureRow {
        FeatureRow(identity: self.identity(item, identity, entry), status: .failed, reason: reason)
    }

    private func identity(
        _ item: ImageCase, _ identity: ImageIdentity, _ entry: MaskSource.Entry?
    ) -> RowIdentity {
        RowIdentity(item, identity, entry, disclosure)
    }
}
