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
        guard let gap = gapsAfter.first(where: slices.contains) else { return nil }
        return
            "a slice is missing inside the region, after slice \(gap + 1) of \(geometry.size.z); add it, or \(advice)"
    }
}
