import CPNG

/// Why a file cannot be used as a PNG; the description is a sentence for the user that ends in what to do.
public enum PNGError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No PNG, truncated, or damaged.
    case damaged(path: String, found: String)
    /// More pixels than are worked on; `found` says how many may be.
    case tooLarge(path: String, found: String)
    /// The system did not give the file, or not the memory for it.
    case refused(path: String, reason: String)

    public var path: String {
        switch self {
        case .damaged(let path, _), .tooLarge(let path, _), .refused(let path, _): path
        }
    }

    /// The sentence without the path.
    public var reason: String {
        switch self {
        case .damaged(_, let found): "\(found), expected a whole PNG; save the file again or leave it out"
        case .tooLarge(_, let found): "\(found); cut the picture into parts, or leave it out"
        case .refused(_, let reason): reason
        }
    }

    public var description: String { "\(path): \(reason)" }
}

/// How the samples of a PNG are laid out, as the door to libpng says it.
public typealias PNGLayout = CPngLayout

/// A PNG whose header was read; its samples stay on disk until asked for.
public struct PNGFile: Sendable {
    public let path: String
    public let layout: PNGLayout

    public init(path: String) throws(PNGError) {
        var layout = PNGLayout()
        var error = CPngError()
        guard cpng_read_layout(path, &layout, &error) else { throw error.error(path) }
        (self.path, self.layout) = (path, layout)
    }

    public var width: Int { Int(layout.width) }
    public var height: Int { Int(layout.height) }

    /// What a palette's pixels are read as.
    public enum Palette: Sendable { case colours, indices }

    /// Channels of a pixel as ``samples(_:)`` gives them: 1 grey or indices, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
    public func channels(_ palette: Palette) -> Int {
        layout.isPalette && palette == .indices ? 1 : Int(layout.samplesPerPixel)
    }

    /// The stored samples exactly, row by row from the top, all channels of a pixel together.
    public func samples(_ palette: Palette) throws(PNGError) -> Samples {
        let indices = layout.isPalette && palette == .indices
        let bytes = indices ? 1 : Int(layout.bytesPerSample)
        let count = width * height * channels(palette)
        var problem: CPngError?
        func read(_ target: UnsafeMutableRawPointer?) -> Bool {
            var error = CPngError()
            guard cpng_read(path, indices, target, count * bytes, &error) else {
                problem = error
                return false
            }
            return true
        }
        let samples: Samples =
            bytes == 2
            ? .sixteen([UInt16](unsafeUninitializedCapacity: count) { $1 = read($0.baseAddress) ? count : 0 })
            : .eight([UInt8](unsafeUninitializedCapacity: count) { $1 = read($0.baseAddress) ? count : 0 })
        if let problem { throw problem.error(path) }
        return samples
    }

    /// Samples of at most 8, or of 16 bits.
    public enum Samples: Sendable {
        case eight([UInt8])
        case sixteen([UInt16])
    }
}

extension CPngError {
    /// As Swift's.
    func error(_ path: String) -> PNGError {
        switch fault {
        case CPNG_TOO_LARGE: .tooLarge(path: path, found: sentence)
        case CPNG_REFUSED: .refused(path: path, reason: sentence)
        default: .damaged(path: path, found: sentence)
        }
    }

    /// The text as Swift's.
    var sentence: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
