import Files
import Imaging
import SeededRandom
import VolumeWriting

/// A CT with many organs of known texture, as a program that segments a body leaves it: `ct.nii.gz` and `ct_seg.nii.gz`, a label an
/// organ, with their names in the header. Organs are ellipsoids in the cells of a lattice, none touches another.
public struct OrganScan: Sendable {
    public let seed: UInt64
    public let labels: Int
    public let grid: Geometry
    private let organs: [Organ]

    /// As many as TotalSegmentator's first model has.
    public static let labelCounts = 1...104

    struct Organ: Sendable {
        /// Voxels, from the first one's centre.
        var centre: SIMD3<Double>
        var radii: SIMD3<Double>
        /// HU
        var mean: Double
        var deviation: Double

        var box: VoxelBox {
            let lower = SIMD3<Int>((centre - radii).rounded(.up))
            return VoxelBox(lower: lower, size: SIMD3<Int>((centre + radii).rounded(.down)) &- lower &+ 1)
        }
    }

    private static let noise = 25.0

    /// - Parameters:
    ///   - size: voxels along x and y.
    ///   - slices: along z.
    public init(seed: UInt64, size: Int, slices: Int, labels: Int) {
        (self.seed, self.labels) = (seed, labels)
        let extent = SIMD3(size, size, slices)
        grid = Geometry(
            size: extent, spacing: SIMD3(400 / Double(size), 400 / Double(size), 600 / Double(slices)),
            origin: SIMD3(-200, -200, 0))
        // The coarsest lattice with enough cells.
        var cells = SIMD3(1, 1, 1)
        while cells.x * cells.y * cells.z < labels {
            let sides = (0..<3).map { Double(extent[$0]) / Double(cells[$0]) }
            cells[sides.indices.max { sides[$0] < sides[$1] } ?? 2] += 1
        }
        var generator = SeededGenerator(seed: seed)
        let cell = SIMD3<Double>(extent) / SIMD3<Double>(cells)
        organs = (0..<labels).map { number in
            let place = SIMD3(number % cells.x, number / cells.x % cells.y, number / (cells.x * cells.y))
            let shares = SIMD3(generator.uniform(), generator.uniform(), generator.uniform())
            return Organ(
                centre: (SIMD3<Double>(place) + 0.5) * cell - 0.5, radii: cell * (0.2 + 0.25 * shares),
                mean: (-100 + 300 * generator.uniform()).rounded(), deviation: (10 + 40 * generator.uniform()).rounded()
            )
        }
    }

    /// `Organ 7` for the label 7.
    public static func name(_ label: Int) -> String { "Organ \(label)" }

    /// The labels of one slice; every organ has at least one voxel in all.
    func labels(ofSlice z: Int) -> [UInt8] {
        var labels = [UInt8](repeating: 0, count: grid.size.x * grid.size.y)
        for (number, organ) in organs.enumerated() {
            let depth = (Double(z) - organ.centre.z) / organ.radii.z
            guard abs(depth) <= 1 else { continue }
            let box = organ.box
            for y in box.lower.y..<box.upper.y {
                let height = (Double(y) - organ.centre.y) / organ.radii.y
                let rest = 1 - depth * depth - height * height
                guard rest >= 0 else { continue }
                let reach = rest.squareRoot() * organ.radii.x
                let (first, last) = (
                    Int((organ.centre.x - reach).rounded(.up)), Int((organ.centre.x + reach).rounded(.down))
                )
                guard first <= last else { continue }
                for x in first...last { labels[y * grid.size.x + x] = UInt8(number + 1) }
            }
        }
        return labels
    }

    /// The CT of one slice, HU: white noise, of each organ with its own mean and width, around it that of water.
    func values(ofSlice z: Int) -> [Int16] {
        // Each slice draws its own, so that slices can be made in any order.
        var generator = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(z) &+ 1)
        return labels(ofSlice: z).map { label in
            let (mean, deviation) = label == 0 ? (0, Self.noise) : { ($0.mean, $0.deviation) }(organs[Int(label) - 1])
            return Int16((mean + deviation * generator.normal()).rounded())
        }
    }

    // MARK: Files

    private struct Slices: WrittenVoxels {
        let scan: OrganScan
        let element: MapVoxels.Element
        var grid: Geometry { scan.grid }

        func slice(_ z: Int) -> [Float] {
            element == .uint8 ? scan.labels(ofSlice: z).map { Float($0) } : scan.values(ofSlice: z).map { Float($0) }
        }
    }

    /// Writes `ct.nii.gz` and `ct_seg.nii.gz` into a folder that exists.
    func write(to folder: String) throws -> PhantomTruth {
        let names = Dictionary(uniqueKeysWithValues: (1...labels).map { ($0, Self.name($0)) })
        try writeWholeFile(at: "\(folder)/ct.nii.gz") { path in
            try NIfTIFile(Slices(scan: self, element: .int16), description: "weft phantom organs").write(to: path)
        }
        try writeWholeFile(at: "\(folder)/ct_seg.nii.gz") { path in
            try NIfTIFile(Slices(scan: self, element: .uint8), description: "weft phantom organs", names: names)
                .write(to: path)
        }
        return truth
    }

    /// What was written, slice by slice.
    private var truth: PhantomTruth {
        var tallies = [Tally](repeating: Tally(), count: labels + 1)
        for z in 0..<grid.size.z {
            for (label, value) in zip(labels(ofSlice: z), values(ofSlice: z)) { tallies[Int(label)].add(Int(value)) }
        }
        return PhantomTruth(
            kind: .organs,
            about: """
                White noise in HU, of each organ with a mean and a standard deviation of its own. Design: what they were drawn \
                with, before rounding.
                """,
            seed: seed,
            regions: (1...labels).map { label in
                tallies[label].truth(
                    Self.name(label), label, design: organs[label - 1])
            })
    }

    /// Sums of one organ's values, exact.
    private struct Tally {
        var (count, sum, squares) = (0, 0, 0)
        var (lowest, highest) = (Int.max, Int.min)

        mutating func add(_ value: Int) {
            count += 1
            sum += value
            squares += value * value
            (lowest, highest) = (min(lowest, value), max(highest, value))
        }

        func truth(_ name: String, _ label: Int, design: Organ) -> PhantomTruth.RegionTruth {
            let n = Int128(count)
            return .init(
                image: "ct.nii.gz", masks: ["ct_seg.nii.gz": label], name: name, voxels: count,
                mean: Double(sum) / Double(count),
                variance: Double(n * Int128(squares) - Int128(sum) * Int128(sum)) / Double(n * n), minimum: lowest,
                maximum: highest, cooccurrence: [],
                design: ["mean": design.mean, "standardDeviation": design.deviation])
        }
    }
}
