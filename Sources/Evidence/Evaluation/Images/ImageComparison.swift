import Statistics

/// How the texture of two sides of images differs: of each region by its name, or of whole images, each modality by itself.
public struct ImageComparison: Sendable {
    public let compared: ComparedImages
    /// One for each modality and name of a region, in the order of the pairs; where every image has one region or is taken whole,
    /// by modality alone.
    public let regions: [RegionComparison]
    /// The command that asked for it, for the record.
    public let command: String
    public let resamples: Int
    public let seed: UInt64

    /// - Parameters:
    ///   - resamples: of the patients or pairs, for the intervals.
    ///   - command: for the record.
    /// - Precondition: at least one pair.
    public init(_ compared: ComparedImages, resamples: Int, seed: UInt64, command: String) {
        (self.compared, self.resamples, self.seed, self.command) = (compared, resamples, seed, command)
        let isOneEach = Set(compared.pairs.map(\.name)).count == compared.pairs.count
        let isOneModality = Set(compared.pairs.map(\.modality)).count == 1
        let keys = compared.pairs.map { [$0.modality, isOneEach ? "" : $0.region] }
        let numbers = patientNumbers(keys)
        regions = (0...(numbers.max() ?? 0)).map { group in
            var own = compared
            own.pairs = zip(compared.pairs, numbers).filter { $0.1 == group }.map(\.0)
            let names = Set(own.pairs.map(\.region))
            let title = [isOneModality ? "" : own.pairs[0].modality, names.count == 1 ? names.first ?? "" : ""]
            return RegionComparison(
                own, region: title.filter { !$0.isEmpty }.joined(separator: ", "), resamples: resamples, seed: seed)
        }
    }
}
