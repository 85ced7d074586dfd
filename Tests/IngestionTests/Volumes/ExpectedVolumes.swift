import Foundation
import TestSupport
import Testing

/// What `expected.json` of the volumes beside the checkout says of each file.
struct ExpectedVolume: CustomTestStringConvertible, Sendable {
    let folder: String
    let name: String
    let expect: String
    let why: String
    let shape: [Int]
    let numbers: [String: Double]
    let vectors: [String: [Double]]
    let probe: [String: Double]
    /// Voxels and name by label, and by segment the voxels, the mean, the minimum and the maximum of the image.
    let labels: [Int: (voxels: Int, name: String?)]
    let segments: [(name: String, voxels: Int, values: [Double])]
    let means: [Int: Double]

    var path: String { SharedFiles.path("data/\(folder)/\(name)") }
    var testDescription: String { "\(folder)/\(name)" }

    static let all = ["nifti", "nrrd"].flatMap(read)

    static func named(_ name: String) -> ExpectedVolume? { all.first { $0.name == name } }

    private static func read(_ folder: String) -> [ExpectedVolume] {
        guard SharedFiles.exist,
            let data = FileManager.default.contents(atPath: SharedFiles.path("data/\(folder)/expected.json")),
            let document = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let files = document["files"] as? [String: [String: Any]]
        else { return [] }
        return files.sorted { $0.key < $1.key }.map { ExpectedVolume(folder, $0.key, $0.value) }
    }

    private init(_ folder: String, _ name: String, _ entry: [String: Any]) {
        (self.folder, self.name) = (folder, name)
        expect = entry["expect"] as? String ?? ""
        why = entry["why"] as? String ?? ""
        shape = (entry["shape"] as? [Int]) ?? []
        numbers = entry.compactMapValues { ($0 as? NSNumber)?.doubleValue }
        vectors = entry.compactMapValues { ($0 as? [NSNumber])?.map(\.doubleValue) }
        probe = (entry["probe"] as? [String: NSNumber])?.mapValues(\.doubleValue) ?? [:]
        var labels: [Int: (voxels: Int, name: String?)] = [:]
        for (label, value) in entry["labels"] as? [String: [String: Any]] ?? [:] {
            guard let number = Int(label), let voxels = value["voxels"] as? Int else { continue }
            labels[number] = (voxels, value["name"] as? String)
        }
        self.labels = labels
        let named = (entry["segments"] as? [String: [String: Any]] ?? [:]).map { ($0.key, $0.value) }
        let listed = (entry["segments_in_order"] as? [[String: Any]] ?? []).map { ($0["name"] as? String ?? "", $0) }
        segments = (named + listed).map { name, value in
            (
                name, value["voxels"] as? Int ?? 0,
                ["mean", "min", "max"].compactMap { (value[$0] as? NSNumber)?.doubleValue }
            )
        }
        let means = (entry["roi_means"] ?? entry["roi_means_in_example_ct_sm"]) as? [String: NSNumber] ?? [:]
        self.means = Dictionary(uniqueKeysWithValues: means.map { (Int($0.key) ?? 0, $0.value.doubleValue) })
    }
}
