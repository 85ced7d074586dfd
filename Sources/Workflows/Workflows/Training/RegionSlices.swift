import Imaging
import Ingestion
import Parallel
import Preparation

/// The slices of one case that its regions touch, cut around them, as a classifier of regions sees them.
struct RegionSlices {
    let image: ImageSource
    let slices: [(number: Int, slice: PreparedSlice)]
    /// Columns, rows and slices of the image.
    let size: SIMD3<Int>
    let limits: ClosedRange<Double>

    /// Nil for a case that nobody would miss: its masks were drawn on another image and do not fit this one.
    ///
    /// - Parameters:
    ///   - side: of the tiles, pixels.
    ///   - failed: hears of regions that cannot be had, where others can.
    /// - Throws: ``LoadFailure`` when no region can be looked at.
    init?(
        of item: ImageCase, intensity: IntensityMapping, scale: ImageScale, side: Int, _ disclosure: IdentityDisclosure,
        jobs: Int, failed: (String) -> Void
    ) throws(LoadFailure) {
        var (regions, loaded): ([Region], Loaded?) = ([], nil)
        var failures: [String] = []
        item.forEachRegion(disclosure) { image throws(LoadFailure) in
            let volume = try LoadFailure.catching { () throws(IngestionError) in try image.load(jobs: jobs) }
            let views = try LoadFailure.catching { () throws(IngestionError) in
                try SliceViews(volume, of: image, intensity: intensity, scale: scale)
            }
            guard let views else { throw LoadFailure("the image has one grey level only") }
            return Loaded(image: image, volume: volume, views: views)
        } failed: { failure in
            let name = failure.entry.map { $0.name.isEmpty ? "" : "\($0.name): " } ?? ""
            failures.append(name + failure.reason)
        } leftOut: { _ in
        } _: { chosen, image in
            loaded = image
            if chosen.region.voxelCount > 0 { regions.append(chosen.region) }
        }
        guard let loaded, !regions.isEmpty else {
            guard let failure = failures.first else { return nil }
            throw LoadFailure(failure)
        }
        failures.forEach(failed)
        slices = try LoadFailure.catching { () throws(IngestionError) in
            try loaded.views.cut(around: regions, side: side)
        }
        guard !slices.isEmpty else {
            throw LoadFailure(
                "no pixel of the region is left at the network's scale, or the image has one grey level there")
        }
        (image, size, limits) = (loaded.image, loaded.volume.geometry.size, loaded.views.limits)
    }

    private struct Loaded: LoadedImage {
        let image: ImageSource
        let volume: Volume
        let views: SliceViews
    }
}
