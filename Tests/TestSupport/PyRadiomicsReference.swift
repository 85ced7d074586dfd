import Foundation

/// PyRadiomics' own output (`reference/pyradiomics/*.json`): features by setting.
package struct PyRadiomicsReference: Decodable, Sendable {
    package struct Variant: Decodable, Sendable {
        package var settings: Settings
        package var features: [String: Double?]
    }

    package struct Settings: Decodable, Sendable {
        package var force2D: Bool?
        package var binCount: Int?
        package var binWidth: Double?
        package var distances: [Int]?
        package var symmetricalGLCM: Bool?
        package var weightingNorm: String?
    }

    package struct ROI: Decodable, Sendable {
        package var roi: String
        package var voxels: Int
        package var boundingBox: [[Int]]
        package var size: [Int]
        package var spacing: [Double]

        private enum CodingKeys: String, CodingKey {
            case roi
            case voxels = "roi_voxels"
            /// First and last voxel as z, y, x.
            case boundingBox = "roi_bbox_zyx"
            case size = "size_xyz"
            case spacing = "spacing_xyz"
        }
    }

    package var roi: ROI
    package var variants: [String: Variant]

    package init(_ name: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.path("reference/pyradiomics/\(name).json")))
        self = try JSONDecoder().decode(Self.self, from: data)
    }

    /// The features of one class that differ by more than `relativeTolerance`, worst first, in words.
    package static func differences(
        _ expected: [String: Double?], prefixes: [String], relativeTolerance: Double, _ found: (String) -> Double?
    ) -> (compared: Int, failures: [String]) {
        var compared = 0
        var failures: [(Double, String)] = []
        for (name, value) in expected where prefixes.contains(where: { name.hasPrefix($0) }) {
            guard let value else { continue }
            compared += 1
            guard let mine = found(name) else {
                failures.append((.infinity, "\(name): no value, expected \(value)"))
                continue
            }
            let difference = abs(mine - value) / max(abs(value), 1e-12)
            if difference > relativeTolerance {
                failures.append((difference, "\(name): \(mine), expected \(value), off by \(difference) relative"))
            }
        }
        return (compared, failures.sorted { $0.0 > $1.0 }.map(\.1))
    }
}
