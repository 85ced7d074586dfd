/// Why a PET has no standardised uptake value.
public enum UptakeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An attribute, named with its tag, that is not there.
    case missing(String, expected: String)
    /// An attribute, or what follows from several, that gives no uptake value.
    case unusable(String, found: String, expected: String)

    public var description: String {
        switch self {
        case .missing(let name, let expected): "no \(name); expected \(expected)"
        case .unusable(let name, let found, let expected): "\(name) is \(found), expected \(expected)"
        }
    }
}
