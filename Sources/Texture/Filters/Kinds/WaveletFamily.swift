/// An orthogonal wavelet, by PyWavelets' name.
public struct WaveletFamily: Hashable, Sendable {
    public let name: String
    /// The decomposition filters as PyWavelets lists them, to be convolved.
    let low: [Double]
    let high: [Double]

    /// Nil for a name that is not among ``names``.
    public init?(_ name: String) {
        guard let low = Self.lowPass[name == "haar" ? "db1" : name] else { return nil }
        (self.name, self.low) = (name, low)
        // The mirror filter: h(k) = (-1)^(k+1) l(L-1-k).
        high = low.indices.map { ($0 % 2 == 0 ? -1 : 1) * low[low.count - 1 - $0] }
    }

    public static let names =
        ["haar"]
        + ["db", "sym", "coif"].flatMap { family in
            lowPass.keys.filter { $0.hasPrefix(family) }.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }
        }

    /// With 2^(level-1) - 1 zeros after every coefficient, the centre at half its length.
    func kernel(_ pass: Pass, level: Int) -> LineKernel {
        let coefficients = pass == .low ? low : high
        let step = 1 << (level - 1)
        var h = [Double](repeating: 0, count: coefficients.count * step)
        for (k, value) in coefficients.enumerated() { h[k * step] = value }
        return LineKernel(convolving: h, centre: h.count / 2)
    }

    public enum Pass: Character, Sendable {
        case low = "L"
        case high = "H"
    }
}

/// Which part of an image's frequencies a wavelet keeps: a letter for each axis, x first.
public struct Subband: Hashable, Sendable, CustomStringConvertible {
    public var passes: [WaveletFamily.Pass]

    public init(_ passes: [WaveletFamily.Pass]) { self.passes = passes }

    /// `LLH`
    public init?(_ letters: String) {
        let passes = letters.compactMap(WaveletFamily.Pass.init(rawValue:))
        guard passes.count == letters.count, (2...3).contains(passes.count) else { return nil }
        self.passes = passes
    }

    public var description: String { String(passes.map(\.rawValue)) }

    public var isApproximation: Bool { passes.allSatisfy { $0 == .low } }

    /// Of so many axes; details in PyRadiomics' order, LLH, LHL, …, then the approximation.
    public static func all(axes: Int) -> [Subband] {
        let bands = (0..<1 << axes).map { bits in
            Subband((0..<axes).map { bits >> (axes - 1 - $0) & 1 == 1 ? .high : .low })
        }
        return bands.filter { !$0.isApproximation } + bands.filter(\.isApproximation)
    }
}
