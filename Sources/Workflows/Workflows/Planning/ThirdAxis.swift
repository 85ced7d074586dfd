import Imaging
import Ingestion

extension ImageSource {
    /// Why what looks across the slices of a region would be wrong; nil when it would not: neighbours across a gap, or in
    /// the next frame of a loop, are no neighbours in space. `advice` says how not to look across.
    package func brokenThirdAxis(under region: Region, _ advice: String) -> String? {
        if thirdAxis == .frames, region.box.size.z > 1 {
            return "the image is a loop of \(geometry.size.z) frames, whose third axis is time; \(advice)"
        }
        let slices = region.box.lower.z..<max(region.box.lower.z, region.box.upper.z - 1)
        if let gap = gapsAfter.first(where: slices.contains) {
            return
                "a slice is missing inside the region, after slice \(gap + 1) of \(geometry.size.z); add it, or \(advice)"
        }
        return region.reasonForStripes(advice)
    }
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
