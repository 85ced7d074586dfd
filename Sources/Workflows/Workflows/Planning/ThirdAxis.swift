import Imaging
import Ingestion

extension ImageSource {
    /// Why what looks across the slices of a region would be wrong; nil when it would not: neighbours across a gap, or in
    /// the next frame of a loop, are no neighbours in space. `advice` says how not to look across.
    package func brokenThirdAxis(under region: Region, _ advice: String) -> String? {
        if thirdAxis == .frames, region.box.size.z > 1 {
            return "the image is a loop of \(geometry.size.z) frames, whose third axis is time; \(advice)"
        }
        let (first, last) = (region.box.lower.z, max(region.box.lower.z, region.box.upper.z - 1))
        if let step = unevenAfter.first(where: { (first - 1...last).contains($0) }) {
            let distance = length(slices[step + 1].position - slices[step].position)
            return
                "the slices at the region are unevenly spaced: from slice \(step + 1) to the next \(Self.shown(distance)) mm,"
                + " elsewhere \(Self.shown(geometry.spacing.z)) mm, so that no thickness holds for all of them; \(advice)"
        }
        // Where every step at the region is longer, the spacing is that of slices elsewhere.
        let steps = (max(first - 1, 0)..<min(last + 1, max(geometry.size.z - 1, 0)))
        let isAllGaps = !gapsAfter.isEmpty && !steps.isEmpty && steps.allSatisfy(gapsAfter.contains)
        if let gap = isAllGaps ? steps.first : gapsAfter.first(where: (first..<last).contains) {
            return
                "a slice is missing \(isAllGaps ? "beside" : "inside") the region, after slice \(gap + 1) of"
                + " \(geometry.size.z); add it, or \(advice)"
        }
        return region.reasonForStripes(advice)
    }

    private static func shown(_ millimetres: Double) -> String { "\((millimetres * 1000).rounded() / 1000)" }
}

extension Region {
    /// Why a region that was drawn on thicker slices than the image's, and so has none of its voxels on most of those between,
    /// has no neighbours across slices; nil for one that lies side by side, in one part or several.
    fileprivate func reasonForStripes(_ advice: String) -> String? {
        let area = box.size.x * box.size.y
        let filled = (0..<box.size.z).filter { z in voxels[z * area..<(z + 1) * area].contains { $0 != 0 } }
        let steps = zip(filled, filled.dropFirst()).map { $1 - $0 }
        guard steps.count >= 2, steps.count(where: { $0 > 1 }) * 2 > steps.count else { return nil }
        let empty = box.size.z - filled.count
        return
            "the region lies in stripes: \(empty) of its \(box.size.z) slices have no voxel of it, as if it was drawn on thicker "
            + "slices; draw it on each slice, give the image that it was drawn on, or \(advice)"
    }
}
