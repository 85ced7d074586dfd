import Foundation
import Imaging
import Ingestion
import Phantoms
import Radiomics
import SeededRandom
import TextureCore

/// Voxel-wise feature maps: a region in 3D, a slice, and kernels of growing radius.
package struct MapBenchmark {
    /// DICOM folder with a mask; nil: a made region of 12,000 voxels.
    package var input: String?
    package var threads = 2
    /// Of the sweep, from 1.
    package var largestRadius = 6
    /// Timed runs after one to warm up.
    package var repeats = 9

    package init() {}

    package func run(_ report: (Measurement) -> Void) throws {
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.extraction.convention = .pyradiomics
        settings.extraction.discretise = GreyLevelSetting(.width(25))
        try settings.select(["glcm"])
        let scan = try input.map { try BenchScan(path: $0) } ?? Self.madeScan([47, 70, 7])
        report(try measure("map-region", settings, scan))

        var planar = try Self.oneFeature(radius: 2, levels: 32)
        planar.stayWithinSlices()
        report(try measure("map-slice", planar, Self.speckle()))

        let block = Self.madeScan([48, 48, 24])
        for radius in 1...largestRadius {
            report(try measure("map-radius-\(radius)", Self.oneFeature(radius: radius, levels: 16), block))
        }
    }

    private static func oneFeature(radius: Int, levels: Int) throws -> FeatureMapSettings {
        var settings = FeatureMapSettings(ExtractionSettings())
        settings.kernelRadius = radius
        settings.extraction.discretise = GreyLevelSetting(.count(levels))
        settings.extraction.texture.aggregations = [.merged3D]
        try settings.select(["cm_contrast"])
        return settings
    }

    private func measure(
        _ name: String, _ settings: FeatureMapSettings, _ scan: BenchScan
    ) throws -> Measurement {
        let mapper = FeatureMapper(settings)
        var levels = 0
        let seconds = try Measurement.time(repeats: repeats) {
            let maps = try mapper.maps(of: scan.region, in: scan.volume, modality: "", jobs: threads)
            levels = maps.greyLevelCount
            blackHole(maps.maps.count)
        }
        var measurement = Measurement(name: name, seconds: seconds, threads: threads)
        let voxels = Double(scan.region.voxelCount)
        let side = Double(2 * settings.kernelRadius + 1)
        let time = measurement.median * Double(threads) / voxels * 1e9
        let (face, volume) = settings.flatAxis == nil ? (side * side, side * side * side) : (side, side * side)
        measurement.details = [
            ("voxels", voxels), ("features", Double(settings.extraction.columns.count)), ("levels", Double(levels)),
            ("radius", Double(settings.kernelRadius)), ("thread_ns_per_voxel", time),
            ("ns_per_face_voxel", time / face), ("ns_per_kernel_voxel", time / volume),
        ]
        return measurement
    }

    // MARK: Scans

    /// An ellipsoid that touches the box, with smooth and noisy values over about 25 bins of 25.
    private static func madeScan(_ size: SIMD3<Int>) -> BenchScan {
        var generator = SeededGenerator(seed: 4)
        var values: [Int16] = []
        var inside: [UInt8] = []
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let centre = SIMD3(Double(x), Double(y), Double(z)) + 0.5
                    let unit = 2 * centre / SIMD3(Double(size.x), Double(size.y), Double(size.z)) - 1
                    values.append(Int16(900 + 120 * unit.x * unit.y + 60 * generator.normal()))
                    inside.append((unit * unit).sum() <= 1.02 ? 1 : 0)
                }
            }
        }
        let region = Region(
            name: "ellipsoid", label: 1, box: VoxelBox(lower: .zero, size: size), voxels: inside)
        return BenchScan(volume: Volume(geometry: Geometry(size: size), values: .int16(values)), region: region)
    }

    private static func speckle() -> BenchScan {
        let picture = SpeckleImage(seed: 0, size: 512)
        let geometry = Geometry(size: [picture.size, picture.size, 1])
        return BenchScan(
            volume: Volume(geometry: geometry, values: .int16(picture.pixels.map { Int16($0) })),
            region: .whole(geometry))
    }
}
