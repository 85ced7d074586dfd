import Encoding
import Files

/// A secret with which pseudonyms are made, so that nobody who has not got it can find out by trying which Patient ID gives which.
public struct PseudonymKey: Hashable, Sendable {
    private let bytes: [UInt8]

    public static let sizes = 16...4096

    /// The bytes of a file, whatever they are, its last line end included.
    public init(contentsOf path: String) throws(PseudonymKeyError) {
        do throws(FileReadingError) { bytes = Array(try readWholeFile(at: path)) } catch {
            if case .absent = error { throw .notFound(path: path) }
            throw .unreadable(path: path, reason: error.reason)
        }
        guard Self.sizes.contains(bytes.count) else { throw .size(path: path, found: bytes.count) }
    }

    /// The first 48 bits of HMAC-SHA-256 of the Patient ID (RFC 2104), as hexadecimal digits.
    func digits(of patientID: String) -> String {
        MessageAuthentication.code(of: patientID.utf8, key: bytes).prefix(6).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

public enum PseudonymKeyError: Error, Hashable, CustomStringConvertible {
    case notFound(path: String)
    case unreadable(path: String, reason: String)
    /// Bytes.
    case size(path: String, found: Int)

    public var description: String {
        switch self {
        case .notFound(let path): "\(path): found nothing at this path, expected a key; check the spelling"
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .size(let path, let found):
            "\(path): found a key of \(found) bytes, expected \(PseudonymKey.sizes.lowerBound) to "
                + "\(PseudonymKey.sizes.upperBound); make one with: head -c 32 /dev/urandom > \(path)"
        }
    }
}
