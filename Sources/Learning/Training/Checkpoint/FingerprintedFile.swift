import Imaging
import NeuralNetwork

extension NamedTensor {
    var fingerprint: Fingerprint { Fingerprint(of: UnsafeRawBufferPointer(values)) }
}

extension SafetensorsFile {
    /// The key of the metadata that holds the fingerprint of the tensors' fingerprints, in order.
    package static let fingerprintKey = "fingerprint"

    /// ``write(_:metadata:to:)`` with a fingerprint of the numbers among the metadata.
    package static func writeFingerprinted(
        _ tensors: [NamedTensor], metadata: [String: String], to path: String
    ) throws {
        try write(tensors, metadata: metadata.merging([fingerprintKey: fingerprint(of: tensors)]) { $1 }, to: path)
    }

    static func fingerprint(of tensors: [NamedTensor]) -> String {
        Fingerprint(of: tensors.map(\.fingerprint.description).joined()).description
    }
}
