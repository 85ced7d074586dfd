import Foundation

/// The reference fixtures of GLCM-MAE: a folder of safetensors files described by its `manifest.json`. The folder is
/// `WEFT_FIXTURES`, by default `fixtures/mae` of the evidence; names and sizes come from the manifest.
package enum FixtureSet {
    package static let root: String =
        ProcessInfo.processInfo.environment["WEFT_FIXTURES"] ?? SharedFiles.path("fixtures/mae")

    package static var exists: Bool { FileManager.default.fileExists(atPath: root + "/manifest.json") }
    package static let absence = "the folder of fixtures is absent (set WEFT_FIXTURES)"

    package struct File {
        package let name: String
        package let description: [String: Any]
        package let tensors: Safetensors

        package func numbers(_ key: String) -> [Double] {
            (description[key] as? [Any] ?? []).compactMap { ($0 as? NSNumber)?.doubleValue }
        }
        package func number(_ key: String) -> Double? { (description[key] as? NSNumber)?.doubleValue }
        package func strings(_ key: String) -> [String] { description[key] as? [String] ?? [] }
    }

    /// All safetensors files of a kind.
    package static func files(ofKind kind: String) throws -> [File] {
        try described(ofKind: kind).map {
            File(name: $0.key, description: $0.value, tensors: try Safetensors(contentsOf: root + "/" + $0.key))
        }
    }

    /// The names of all files of a kind, of whatever format.
    package static func names(ofKind kind: String) throws -> [String] { try described(ofKind: kind).map(\.key) }

    private static func described(ofKind kind: String) throws -> [(key: String, value: [String: Any])] {
        let data = try Data(contentsOf: URL(fileURLWithPath: root + "/manifest.json"))
        let manifest = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        let files = manifest?["files"] as? [String: [String: Any]] ?? [:]
        return files.filter { $0.value["kind"] as? String == kind }.sorted { $0.key < $1.key }
    }
}
