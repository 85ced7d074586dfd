import Encoding
import Files
import Foundation
import Imaging
import Ingestion
import Parallel

/// Which slices of an archive cross a region: what a classifier learns from.
public struct SliceLabels: Sendable {
    /// One slice of an image that has the region.
    public struct Row: Hashable, Sendable {
        /// Absolute path of the slice's file.
        public var image: String
        public var label: Label
        public var patient: String
    }

    /// A slice that has a voxel of the region, and one that has none.
    public enum Label: String, Sendable {
        case crossing = "with"
        case clear = "without"
    }

    /// One row per slice of every image that has the region, in the order of the archive.
    public private(set) var rows: [Row] = []
    /// Images and masks that gave no rows, with the reason.
    public private(set) var leftOut: [String] = []
    /// Images that have the region in several masks: a slice is `with` when it crosses one of them.
    public private(set) var notes: [String] = []

    /// - Parameters:
    ///   - inputs: files, folders, archives.
    ///   - region: name of a region, or a pattern as of ``RegionSelection``.
    ///   - kinds: of files that hold the region; empty: all.
    /// - Throws: ``WorkflowError/ingestion(_:)`` when an input cannot be read.
    public init(
        of inputs: [String], region: String, kinds: Set<MaskSource.Format> = [],
        identity: IdentityDisclosure = .pseudonym, jobs: Int = ProcessInfo.processInfo.activeProcessorCount,
        _ observer: WorkObserver = .silent
    ) throws(WorkflowError) {
        let archive = try Archive.scan(inputs, jobs: jobs, observer)
        let selection = RegionSelection(names: [region], formats: kinds)
        let index = MaskIndex(archive.masks, of: archive.images)
        let images = archive.images
        let outcomes = Workers(jobs).map(images.count) { number in
            let masks = index.masks(for: images[number]).filter(selection.takes)
            return Self.rows(images[number], masks, selection, identity)
        }
        for outcome in outcomes {
            rows += outcome.rows
            leftOut += outcome.leftOut
            notes += outcome.notes
        }
    }

    private static func rows(
        _ image: ImageSource, _ masks: [MaskSource], _ selection: RegionSelection, _ disclosure: IdentityDisclosure
    ) -> (rows: [Row], leftOut: [String], notes: [String]) {
        var leftOut: [String] = []
        var crossed = [Bool](repeating: false, count: image.slices.count)
        var isFound = false
        for mask in masks {
            do throws(IngestionError) {
                for outcome in try mask.regions(on: image, matching: selection) {
                    switch outcome {
                    case .failed(let entry, let reason), .leftOut(let entry, let reason):
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
            return ([], leftOut + ["\(image.path): \(reason)"], [])
        }
        guard Set(image.slices.map(\.path)).count == image.slices.count else {
            return ([], leftOut + ["\(image.path): found frames of one file, expected a file for each slice"], [])
        }
        let rows = zip(image.slices, crossed).map { slice, isCrossed in
            Row(
                image: slice.path, label: isCrossed ? .crossing : .clear,
                patient: image.identity.patient(disclosure))
        }
        let notes = SharedRegions(of: masks, selection).names.map { name in
            "\(image.path): region '\(name)' stands in several masks, a slice that crosses one of them is"
                + " '\(Label.crossing.rawValue)' (--mask-kind takes one)"
        }
        return (rows, leftOut, notes)
    }
}
