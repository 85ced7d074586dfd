import Files
import Imaging
import Ingestion
import Parallel
import Workflows

/// Which slices of an archive cross a region: a table that `weft finetune` learns from.
struct SliceLabels {
    /// Label of a slice that has a voxel of the region, and of one that has none.
    static let (crossing, clear) = ("with", "without")

    private(set) var table = PlainTable(["image", "label", "patient"])
    /// Images and masks that gave no rows, with the reason.
    private(set) var leftOut: [String] = []

    /// One row a slice of every image that has the region, in the order of the archive.
    init(_ archive: Archive, region: String, disclosure: IdentityDisclosure, jobs: Int) {
        let selection = RegionSelection(names: [region])
        let index = MaskIndex(archive.masks)
        let images = archive.images
        for outcome in concurrentMap(
            count: images.count, jobs: jobs,
            { number in
                Self.rows(images[number], index.masks(for: images[number]), selection, disclosure)
            })
        {
            table.rows += outcome.rows
            leftOut += outcome.leftOut
        }
    }

    private static func rows(
        _ image: ImageSource, _ masks: [MaskSource], _ selection: RegionSelection, _ disclosure: IdentityDisclosure
    ) -> (rows: [[String]], leftOut: [String]) {
        var leftOut: [String] = []
        var crossed = [Bool](repeating: false, count: image.slices.count)
        var isFound = false
        for mask in masks {
            do throws(IngestionError) {
                for outcome in try mask.regions(on: image, matching: selection) {
                    switch outcome {
                    case .failed(let entry, let reason):
                        leftOut.append("\(mask.path): region '\(entry.name)': \(reason)")
                    case .region(let region, _):
                        isFound = true
                        let area = region.box.size.x * region.box.size.y
                        for z in 0..<region.box.size.z {
                            crossed[region.box.lower.z + z] =
                                crossed[region.box.lower.z + z]
                                || region.voxels[z * area..<(z + 1) * area].contains { $0 != 0 }
                        }
                    }
                }
            } catch { leftOut.append("\(error)") }
        }
        guard isFound else {
            let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) ?? "its region could not be read"
            return ([], leftOut + ["\(image.path): \(reason)"])
        }
        guard Set(image.slices.map(\.path)).count == image.slices.count else {
            return ([], leftOut + ["\(image.path): found frames of one file, expected a file for each slice"])
        }
        let rows = zip(image.slices, crossed).map { slice, isCrossed in
            [InputPath.absolute(slice.path), isCrossed ? crossing : clear, image.identity.patient(disclosure)]
        }
        return (rows, leftOut)
    }
}
