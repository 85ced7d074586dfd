// What the mask tests share: the image of a folder, the mask of a file, and a region as a whole grid.
import DICOM
import Foundation
import Imaging
import Ingestion
import Testing

enum MaskFiles {
    /// The files below a folder, by path.
    static func files(_ folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".dcm") }.sorted().map { folder + "/" + $0 }
    }

    /// The one image below a folder.
    static func image(_ folder: String) throws -> ImageSource {
        let archive = try Archive.scan([folder], jobs: 2)
        return try #require(archive.images.first)
    }

    static func mask(_ path: String) throws -> MaskSource {
        let file = try DICOMFile(path: path)
        return file.string(.modality) == "SEG"
            ? try MaskSource(segmentation: file, path: path) : try MaskSource(rtstruct: file, path: path)
    }
}

extension RegionOutcome {
    var region: Region? { if case .region(let region, _) = self { region } else { nil } }
    var findings: [String] { if case .region(_, let findings) = self { findings.map(\.text) } else { [] } }
    /// Why it is no region, be it a failure or left out.
    var reason: String? {
        switch self {
        case .failed(_, let reason), .leftOut(_, let reason): reason
        case .region: nil
        }
    }
}

extension Region {
    /// 1 or 0 for every voxel of a grid of `size`, x fastest.
    func onGrid(_ size: SIMD3<Int>) -> [UInt8] {
        var whole = [UInt8](repeating: 0, count: size.x * size.y * size.z)
        for z in 0..<box.size.z {
            for y in 0..<box.size.y {
                for x in 0..<box.size.x {
                    let target = ((box.lower.z + z) * size.y + box.lower.y + y) * size.x + box.lower.x + x
                    whole[target] = voxels[box.offset(x, y, z)]
                }
            }
        }
        return whole
    }
}
