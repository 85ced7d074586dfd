import Evaluation
import Files
import Foundation
import Imaging
import Ingestion

/// The images and masks of one input of a comparison.
struct ComparedSide {
    let path: String
    let images: [ImageSource]
    let masks: [MaskSource]

    /// - Throws: ``ImageComparisonError/noImage(path:reason:)`` or `IngestionError`.
    init(_ path: String, _ selection: RegionSelection, _ given: GivenMasks, modalities: [String], jobs: Int) throws {
        self.path = path
        var archive = try Archive.scan([path], jobs: jobs)
        archive.nameModality(modalities)
        masks = archive.masks.filter(selection.takes)
        if let reason = archive.reasonForNoImage { throw IngestionError.notMeasurable(path: path, reason: reason) }
        // What serves as a mask is no image.
        archive.images.removeAll(where: given.serves)
        let found = archive.images
        images = found.filter { modalities.isEmpty || modalities.contains($0.identity.modality) }
        guard !images.isEmpty else {
            let modality = Set(found.map(\.identity.modality)).sorted().joined(separator: ", ")
            let reason =
                found.isEmpty
                ? "what is there is given with --mask, and a mask is no image"
                : "expected modality \(modalities.joined(separator: " or ")), there is \(modality)"
            throw ImageComparisonError.noImage(path: path, reason: reason)
        }
    }

    /// What the two sides are called: as much of the ends of their paths as tells them apart.
    static func titles(of inputs: [String]) -> [String] {
        let parts = inputs.map { input -> [String] in
            let parts = input.split(separator: "/").filter { $0 != "." }.map(String.init)
            return parts.contains("..") || parts.isEmpty
                ? InputPath.absolute(input).split(separator: "/").map(String.init) : parts
        }
        for count in 1...max(1, parts.map(\.count).max() ?? 1) {
            let titles = parts.map { $0.suffix(count).joined(separator: "/") }
            if Set(titles).count == titles.count { return titles }
        }
        return parts.enumerated().map { "\($0.element.last ?? "") (\($0.offset == 0 ? "first" : "second"))" }
    }

    /// What the images are, for a sentence.
    static func things(_ pairs: [ImagePairing.Pair]) -> String {
        let images = pairs.flatMap(\.images)
        if images.allSatisfy({ $0.format == .png }) { return "pictures" }
        return images.allSatisfy { $0.format == .dicom && $0.slices.count > 1 } ? "series" : "images"
    }

    /// A line about each side; of several pairs what all have in common.
    static func about(_ pairs: [ImagePairing.Pair], _ names: [String], _ looks: [ReadPair.Look]) -> [String] {
        names.indices.map { side in
            let images = pairs.map { $0.images[side] }
            func common(_ text: (ImageSource) -> String) -> String {
                let texts = Set(images.map(text))
                return texts.count == 1 ? texts.first ?? "" : "various"
            }
            let modality = common { $0.identity.modality.isEmpty ? "no modality" : $0.identity.modality }
            let size = common { image in
                let size = image.geometry.size
                return size.z == 1 ? "\(size.x) × \(size.y) pixels" : "\(size.x) × \(size.y) × \(size.z) voxels"
            }
            let spacing = common { image in
                guard image.format == .dicom else { return "no pixel spacing" }
                let spacing = image.geometry.spacing
                return [spacing.x, spacing.y, spacing.z].map { shownBriefly($0) }.joined(separator: " × ") + " mm"
            }
            let unit = Set(looks.compactMap(\.units).map { $0[side] })
            let values = looks.compactMap { $0.ranges.map { $0[side] } }.joined()
            let low = values.map(\.lowerBound).min()
            let high = values.map(\.upperBound).max()
            let range = low.flatMap { low in high.map { ", values \(shownBriefly(low)) to \(shownBriefly($0))" } } ?? ""
            let count = images.count == 1 ? "" : "\(images.count) images, "
            return "\(names[side]): \(count)\(modality), \(size), \(spacing)\(range) "
                + (unit.count == 1 ? unit.first ?? "" : "in various units")
        }
    }
}

/// Stored grey values of PNGs: as they are where all have one depth, else shares of white.
struct GreyDepths: Sendable {
    /// White by path; empty where all are the same.
    private let whites: [String: Double]
    let warnings: [String]

    init(_ pairs: [ImagePairing.Pair]) throws(IngestionError) {
        var whites: [String: Double] = [:]
        for image in pairs.flatMap(\.images) where image.format == .png {
            whites[image.path] = try ImageSource.storedRange(png: image.path).upperBound
        }
        let depths = Set(whites.values).sorted()
        self.whites = depths.count > 1 ? whites : [:]
        warnings =
            depths.count > 1
            ? [
                "PNGs of \(depths.map { "\(Int(log2($0 + 1)))" }.joined(separator: " and ")) bits: every one is taken as shares "
                    + "of its own white (\(depths.map { "\(Int($0))" }.joined(separator: ", "))), which is a guess where not all "
                    + "bits are used"
            ] : []
    }

    /// The volume in the unit that it is compared in.
    func applied(to volume: Volume, of image: ImageSource) -> (volume: Volume, unit: String) {
        guard image.format == .png else { return (volume, volume.unit.words) }
        guard let white = whites[image.path] else { return (volume, "grey values") }
        let shares = (0..<volume.values.count).map { volume.values[$0] / white }
        return (Volume(geometry: volume.geometry, values: .float64(shares), unit: volume.unit), "shares of white")
    }
}

extension IntensityUnit {
    /// For a sentence.
    var words: String {
        switch self {
        case .hounsfield: "HU"
        case .named(let name): name
        case .arbitrary: "grey values"
        }
    }
}
