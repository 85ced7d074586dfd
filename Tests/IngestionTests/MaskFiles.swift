// What the mask tests share: an image's grid straight from its headers, and a region as a whole grid.
import Foundation
import Imaging
import Ingestion

enum MaskFiles {
    /// The files below a folder, by path.
    static func files(_ folder: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".dcm") }.sorted().map { folder + "/" + $0 }
    }

    /// The grid of one series of single-frame slices with equal steps; no pixels, no checks. An independent twin of what
    /// SliceStack.swift does with care.
    static func image(_ folder: String) throws -> ImageSource {
        var slices: [(distance: Double, slice: ImageSource.Slice)] = []
        var identity = ImageIdentity()
        var geometry = Geometry(size: .one)
        for path in files(folder) {
            let file = try DICOMFile(path: path)
            let cosines = file.doubles(.imageOrientationPatient)
            let spacing = file.doubles(.pixelSpacing)
            guard cosines.count == 6, spacing.count == 2, let position = file.root.vector(.imagePositionPatient) else {
                continue
            }
            let (x, y) = (SIMD3(cosines[0], cosines[1], cosines[2]), SIMD3(cosines[3], cosines[4], cosines[5]))
            geometry.direction = .init(x: x, y: y, z: cross(x, y))
            geometry.size = SIMD3(file.integer(.columns) ?? 0, file.integer(.rows) ?? 0, 1)
            geometry.spacing = SIMD3(spacing[1], spacing[0], 1)
            identity.seriesUID = file.string(.seriesInstanceUID) ?? ""
            identity.frameOfReferenceUID = file.string(.frameOfReferenceUID) ?? ""
            identity.modality = file.string(.modality) ?? ""
            let slice = ImageSource.Slice(
                path: path,
                frame: 0,
                sopInstanceUID: file.string(.sopInstanceUID) ?? "",
                position: position
            )
            slices.append((dot(position, geometry.direction.z), slice))
        }
        slices.sort { $0.distance < $1.distance }
        geometry.size.z = slices.count
        if let first = slices.first, let last = slices.last, slices.count > 1 {
            geometry.origin = first.slice.position
            geometry.spacing.z = (last.distance - first.distance) / Double(slices.count - 1)
        }
        return ImageSource(
            format: .dicom,
            identity: identity,
            path: folder,
            geometry: geometry,
            slices: slices.map(\.slice)
        )
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
    var reason: String? { if case .failed(_, let reason) = self { reason } else { nil } }
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
