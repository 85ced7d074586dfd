/// How far a guess of the hidden patches is from the original, in one unit everywhere: the mean squared difference of grey values,
/// of which 0 is black and 1 white.
public struct HiddenError: Hashable, Sendable {
    /// Of what the network made.
    public var network: Double
    /// Of ``meanGrey(of:grid:visible:)``: what a network that has learned anything is below.
    public var meanGrey: Double

    public init(network: Double, meanGrey: Double) { (self.network, self.meanGrey) = (network, meanGrey) }

    /// - Returns: nil where no patch is hidden.
    public init?(original: [UInt16], reconstruction: [UInt16], grid: PatchGrid, visible: [Int]) {
        let hidden = grid.pixels(of: grid.others(than: visible))
        let places = hidden.indices.filter { hidden[$0] }
        guard !places.isEmpty else { return nil }
        let guess = Self.meanGrey(of: original, grid: grid, visible: visible)
        func error(_ value: (Int) -> UInt16) -> Double {
            places.reduce(0.0) { sum, place in
                let difference = (Double(value(place)) - Double(original[place])) / 65535
                return sum + difference * difference
            } / Double(places.count)
        }
        (network, meanGrey) = (error { reconstruction[$0] }, error { _ in guess })
    }

    /// The mean of the patches that are shown, or of the whole picture where these are not known: the best constant guess of
    /// somebody who sees what the network sees.
    public static func meanGrey(of original: [UInt16], grid: PatchGrid, visible: [Int]?) -> UInt16 {
        let seen = visible.map { grid.pixels(of: $0) }
        var (sum, count) = (0, 0)
        for place in original.indices where seen?[place] ?? true {
            sum += Int(original[place])
            count += 1
        }
        return UInt16((Double(sum) / Double(max(1, count))).rounded())
    }
}
