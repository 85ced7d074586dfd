/// Something the reader of a table should know about an image or a region, in words.
public struct Finding: Hashable, Sendable {
    public enum Severity: String, Sendable, Comparable {
        /// A decision that was taken and changes nothing about trust, e.g. "RGB converted to luminance".
        case note
        /// The numbers stand, but somebody should look, e.g. "gantry tilt of 12°".
        case warning
        /// Whatever depends on it cannot be computed.
        case failure

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int { self == .note ? 0 : self == .warning ? 1 : 2 }
    }

    public var severity: Severity
    public var text: String

    public init(_ severity: Severity, _ text: String) {
        (self.severity, self.text) = (severity, text)
    }
}

extension Finding {
    static let noPixelSpacing = Finding(.note, "no pixel spacing: lengths are in pixels, areas in square pixels")
}

/// A file that takes no part, and why.
public struct SkippedFile: Hashable, Sendable {
    public var path: String
    public var reason: String
    /// Where it is of a kind that is not read.
    public var kind: FileKind?

    public init(path: String, reason: String, kind: FileKind? = nil) {
        (self.path, self.reason, self.kind) = (path, reason, kind)
    }

    init(_ error: IngestionError, at path: String) {
        var kind: FileKind?
        if case .foreign(_, let found) = error { kind = found }
        self.init(path: path, reason: error.reason, kind: kind)
    }
}
