/// A picture beside what one or more networks made of it.
public struct ReconstructedPicture: Sendable {
    /// Whose it is. Empty where a file does not say.
    public struct Origin: Hashable, Sendable {
        public var caseID: String
        /// Tells patients apart; as much of the patient's identity as may be written.
        public var patient: String
        public var study = ""
        public var series = ""
        public var modality = ""
        /// From 0.
        public var slice = 0

        public init(caseID: String, patient: String) { (self.caseID, self.patient) = (caseID, patient) }
    }

    public var origin: Origin
    public let grid: PatchGrid
    /// Patches that the encoders saw, ascending; nil when that is not known.
    public let visible: [Int]?
    /// Row by row; 0...65535 stand for the ends of the range that the network's images have.
    public let original: [UInt16]
    /// One per model.
    public let reconstructions: [[UInt16]]

    public init(
        _ origin: Origin, grid: PatchGrid, visible: [Int]?, original: [UInt16], reconstructions: [[UInt16]]
    ) {
        precondition(
            reconstructions.allSatisfy { $0.count == original.count } && original.count == grid.width * grid.height)
        (self.origin, self.grid, self.visible) = (origin, grid, visible)
        (self.original, self.reconstructions) = (original, reconstructions)
    }

    /// `CT-1f3a90b2c4 slice 12`, counted from 0.
    public var name: String { "\(origin.caseID) slice \(origin.slice)" }

    public var masked: [Int]? { visible.map { grid.others(than: $0) } }

    /// A model's reconstruction in the masked patches, the original in the visible ones; the whole reconstruction where
    /// these are not known.
    public func pasted(_ model: Int) -> [UInt16] {
        guard let visible else { return reconstructions[model] }
        let seen = grid.pixels(of: visible)
        return original.indices.map { seen[$0] ? original[$0] : reconstructions[model][$0] }
    }
}
