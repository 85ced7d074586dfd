import Encoding
import Foundation
import Imaging

/// What is known about a phantom, written beside it as `truth.json`. All numbers are computed with integers from the
/// values as written, and rounded once.
public struct PhantomTruth: Codable, Equatable, Sendable {
    public var kind: PhantomKind
    public var about: String
    public var seed: UInt64
    public var regions: [RegionTruth]

    /// One region of one image.
    public struct RegionTruth: Codable, Equatable, Sendable {
        /// File or folder of the image, relative to `truth.json`.
        public var image: String
        /// Files that hold the region, relative to `truth.json`, each with the ROI, segment or label number it has there.
        public var masks: [String: Int]
        public var name: String
        public var voxels: Int
        public var mean: Double
        /// Population variance, as IBSI's stat_var.
        public var variance: Double
        public var minimum: Int
        public var maximum: Int
        /// Co-occurrence at distance 1 when every value is its own grey level (bin width 1; bin count 2 for two values).
        public var cooccurrence: [CooccurrenceTruth]
        /// What the phantom was drawn from, e.g. the standard deviation that `variance` estimates; absent for a mixture of
        /// tissues.
        public var design: [String: Double]?
    }

    /// Two features of the symmetric co-occurrence matrix, straight from the pairs (a, b) of voxels.
    public struct CooccurrenceTruth: Codable, Equatable, Sendable {
        /// "x", "y", "z" for one direction; "2D" and "3D" for all 4 or 13 directions merged into one matrix.
        public var directions: String
        public var pairs: Int
        /// Σ (a − b)² / pairs: IBSI cm_contrast, ACUI.
        public var contrast: Double
        /// Pearson's correlation of the pairs taken both ways round: IBSI cm_corr, NI2N. Absent where all values are equal.
        public var correlation: Double?
    }

    /// Sorted keys, so that equal truths are equal bytes.
    public func json() throws -> Data {
        try JSON.document(self)
    }
}

/// The directions whose pairs go into one matrix.
enum PairDirections: String, CaseIterable {
    case x, y, z
    case plane = "2D"
    case space = "3D"

    /// One of each opposite pair of unit steps.
    var offsets: [SIMD3<Int>] {
        switch self {
        case .x: [[1, 0, 0]]
        case .y: [[0, 1, 0]]
        case .z: [[0, 0, 1]]
        case .plane: [[1, 0, 0], [0, 1, 0], [1, 1, 0], [-1, 1, 0]]
        case .space:
            Self.plane.offsets + (-1...1).flatMap { y in (-1...1).map { x in SIMD3(x, y, 1) } }
        }
    }
}

extension PhantomTruth.RegionTruth {
    /// `values`: the whole grid of `size`, x fastest, as integers.
    init(
        of region: Region, in values: [Int], size: SIMD3<Int>, image: String, masks: [String: Int],
        directions: [PairDirections], design: [String: Double]? = nil
    ) {
        let measured = RegionValues(of: region, in: values, size: size)
        let count = Int128(measured.inside.count)
        // Exact: n Σx² − (Σx)² in 128-bit integers.
        let sum = measured.inside.reduce(Int128(0)) { $0 + Int128($1) }
        let squares = measured.inside.reduce(Int128(0)) { $0 + Int128($1) * Int128($1) }
        self.init(
            image: image, masks: masks, name: region.name, voxels: measured.inside.count,
            mean: Double(sum) / Double(count), variance: Double(count * squares - sum * sum) / Double(count * count),
            minimum: measured.inside.min() ?? 0, maximum: measured.inside.max() ?? 0,
            cooccurrence: directions.map { measured.cooccurrence($0) }, design: design)
    }
}

/// The values of a region's voxels, and which of its box's voxels are inside.
private struct RegionValues {
    let region: Region
    /// Of the region's box.
    let values: [Int]
    let inside: [Int]

    init(of region: Region, in whole: [Int], size: SIMD3<Int>) {
        let box = region.box
        var values = [Int]()
        values.reserveCapacity(box.voxelCount)
        for z in 0..<box.size.z {
            for y in 0..<box.size.y {
                let row = ((box.lower.z + z) * size.y + box.lower.y + y) * size.x + box.lower.x
                values.append(contentsOf: whole[row..<row + box.size.x])
            }
        }
        self.region = region
        self.values = values
        inside = zip(values, region.voxels).filter { $1 == 1 }.map { $0.0 }
    }

    func cooccurrence(_ directions: PairDirections) -> PhantomTruth.CooccurrenceTruth {
        let box = region.box
        var (pairs, differences, sum, squares, products) = (0, 0, 0, 0, 0)
        for offset in directions.offsets {
            for z in 0..<box.size.z where (0..<box.size.z).contains(z + offset.z) {
                for y in 0..<box.size.y where (0..<box.size.y).contains(y + offset.y) {
                    for x in 0..<box.size.x where (0..<box.size.x).contains(x + offset.x) {
                        let here = box.offset(x, y, z)
                        let there = box.offset(x + offset.x, y + offset.y, z + offset.z)
                        guard region.voxels[here] == 1, region.voxels[there] == 1 else { continue }
                        let (a, b) = (values[here], values[there])
                        pairs += 1
                        differences += (a - b) * (a - b)
                        sum += a + b
                        squares += a * a + b * b
                        products += a * b
                    }
                }
            }
        }
        // Over the 2n ordered pairs: 4n² cov = 4n Σab − S² and 4n² var = 2n Σ(a² + b²) − S², S = Σ(a + b).
        let n = Int128(pairs)
        let square = Int128(sum) * Int128(sum)
        let covariance = 4 * n * Int128(products) - square
        let variance = 2 * n * Int128(squares) - square
        return .init(
            directions: directions.rawValue, pairs: pairs, contrast: Double(differences) / Double(pairs),
            correlation: variance == 0 ? nil : Double(covariance) / Double(variance))
    }
}
