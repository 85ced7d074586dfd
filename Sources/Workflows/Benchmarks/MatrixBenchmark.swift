import Imaging
import Parallel
import Phantoms
import SeededRandom
import TextureCore

/// Co-occurrence matrices and all their features, beside counting the pairs alone.
package struct MatrixBenchmark {
    /// DICOM folder with a mask; nil: a made region of 125,000 voxels.
    package var input: String?
    /// How many images the second case has.
    package var images = 200
    /// Timed runs after one to warm up.
    package var repeats = 9

    package init() {}

    package func run(_ report: (Measurement) -> Void) throws {
        let grid = try input.map(region) ?? Self.madeRegion()
        report(measure("glcm-roi", [grid], Directions.spatial))
        let speckle = (0..<images).map { Self.speckle(seed: UInt64($0)) }
        let single = measure("glcm-images", speckle, Directions.planar)
        report(single)
        var double = measure("glcm-images", speckle, Directions.planar, threads: 2)
        double.details.append(("speedup_over_one_thread", single.median / double.median))
        report(double)
    }

    private func measure(
        _ name: String, _ grids: [LevelGrid], _ directions: [Offset], threads: Int = 1
    ) -> Measurement {
        let counting = Measurement.time(repeats: repeats) {
            blackHole(
                Workers(threads).map(grids.count) { k in
                    VoxelPairs(grids[k], reach: 1).count(along: directions).offsets.count
                })
        }
        var pairs = 0.0
        let seconds = Measurement.time(repeats: repeats) {
            let counts = Workers(threads).map(grids.count) { k in
                let matrices = VoxelPairs(grids[k], reach: 1).count(along: directions).matrices(.symmetric)
                blackHole(HaralickFeatures.average(matrices.map { HaralickFeatures($0, convention: .ibsi) }))
                return matrices.reduce(0) { $0 + $1.total / 2 }
            }
            pairs = counts.reduce(0, +)
        }
        var measurement = Measurement(name: name, seconds: seconds, threads: threads)
        let floor = counting.sorted()[counting.count / 2]
        measurement.details = [
            ("images", Double(grids.count)), ("pairs", pairs),
            ("levels", Double(grids.map(\.greyLevelCount).max() ?? 0)),
            ("features", Double(HaralickFeature.allCases.count)),
            ("ns_per_pair", measurement.median / pairs * 1e9), ("counting_seconds", floor),
            ("ratio_to_counting", measurement.median / floor),
        ]
        return measurement
    }

    private func region(_ path: String) throws -> LevelGrid {
        let scan = try BenchScan(path: path)
        let region = scan.region.cropped()
        let values = zip(scan.volume.values(in: region.box), region.voxels).filter { $1 != 0 }.map(\.0)
        do {
            // From -1000, so that the phantom's region has the 69 bins of the other programs.
            let levels = try GreyLevels(of: values, by: .binWidth(25, lowerBound: -1000), convention: .ibsi)
            return LevelGrid(size: region.box.size, inside: region.voxels, greyLevels: levels)
        } catch { throw BenchmarkError.levels(path: path, error) }
    }

    /// An ellipsoid of about 125,000 voxels in a box of 100 × 99 × 26 with 69 smoothly varying, noisy levels.
    private static func madeRegion() -> LevelGrid {
        var generator = SeededGenerator(seed: 1)
        let size = SIMD3(100, 99, 26)
        var levels = [UInt16](repeating: 0, count: size.x * size.y * size.z)
        for z in 0..<size.z {
            for y in 0..<size.y {
                for x in 0..<size.x {
                    let (a, b, c) = (Double(x) / 49.5 - 1, Double(y) / 49 - 1, Double(z) / 12.5 - 1)
                    guard a * a + b * b + c * c * 0.7 <= 1.0 else { continue }
                    let smooth = 45 + 20 * a * b
                    let noisy = smooth + 3 * generator.normal()
                    levels[(z * size.y + y) * size.x + x] = UInt16(max(1, min(69, noisy)))
                }
            }
        }
        return LevelGrid(size: size, levels: levels, greyLevelCount: 69)
    }

    /// The picture of `weft phantom us-speckle --size 512`, one grey level per value.
    private static func speckle(seed: UInt64) -> LevelGrid {
        let picture = SpeckleImage(seed: seed, size: 512)
        return LevelGrid(
            size: [picture.size, picture.size, 1], levels: picture.pixels.map { UInt16($0) + 1 }, greyLevelCount: 256)
    }
}
