import Encoding
import Imaging

/// One of the parts into which the cases of a run are dealt: the third of twenty. Each case is in exactly one of them, by a hash of
/// what the table calls it, so that it stays there when others come or go.
public struct Shard: Hashable, Sendable {
    /// From 1.
    public let number: Int
    public let count: Int

    public static let counts = 1...1_000_000

    /// Nil for one that there cannot be.
    public init?(_ number: Int, of count: Int) {
        guard Self.counts.contains(count), (1...count).contains(number) else { return nil }
        (self.number, self.count) = (number, count)
    }

    /// Images of one DICOM series stay together, since a structured report is about all of them; the other cases go by their names.
    public func holds(_ identity: RowIdentity) -> Bool {
        let name = identity.series.isEmpty ? identity.caseID : identity.series
        return Fingerprint(of: "shard \(name.singleLine)").low % UInt64(count) == UInt64(number - 1)
    }
}

extension Shard: CustomStringConvertible {
    /// `3 of 20`: no spreadsheet takes it for a date.
    public var description: String { "\(number) of \(count)" }

    /// Inverse of ``description``.
    init?(described text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[1] == "of", let number = Int(words[0]), let count = Int(words[2]) else {
            return nil
        }
        self.init(number, of: count)
    }
}
