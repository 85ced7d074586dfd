internal import COpenBLAS

/// The library that multiplies matrices, which is loaded with the first product and not with the program.
public enum OpenBLAS {
    /// The processor whose kernels it uses, by its own name: `Zen`, `SkylakeX` …; loads it.
    public static var core: String { String(cString: copenblas_core()) }

    /// Loads it, if it is not loaded. Where it cannot be had products end the process, for they have no error to give; so whatever
    /// multiplies asks before it starts.
    public static func load() throws(OpenBLASError) {
        if let reason = copenblas_load() { throw OpenBLASError(reason: String(cString: reason)) }
    }
}

public struct OpenBLASError: Error, Hashable, CustomStringConvertible {
    /// The system loader's words, which name the file.
    public var reason: String

    public var description: String {
        "OpenBLAS, which multiplies matrices, cannot be used: \(reason); install the Debian package libopenblas0"
    }
}
