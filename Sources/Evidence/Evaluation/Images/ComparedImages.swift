/// Two sides of images as they were given, measured.
public struct ComparedImages: Sendable {
    /// Of the two sides; different.
    public var names: [String]
    /// What the images are, e.g. "pictures", "series", "regions".
    public var things = "images"
    public var bins = 32
    public var pairs: [Pair] = []
    public var failures: [Failure] = []
    /// What the reader should know.
    public var notes: [String] = []
    /// What puts the numbers in doubt.
    public var warnings: [String] = []
    /// A line about each side: modality, size, spacing.
    public var about: [String] = []

    public init(names: [String]) { self.names = names }

    /// Of the pairs, which have one where they are of one modality.
    var window: ComparisonWindow { pairs.first?.window ?? .common }

    /// Of the values: HU, SUVbw g/ml, grey values …; empty where there are several.
    public var unit: String {
        let units = Set(pairs.map(\.unit))
        return units.count == 1 ? units.first ?? "" : ""
    }

    /// An image, or a region of it, of each side.
    public struct Pair: Sendable {
        public var name: String
        /// Empty of a whole image.
        public var region = ""
        /// Empty where the files name none, or not the same one.
        public var patient = ""
        /// `CT`; of two different ones `CT and PT`.
        public var modality = ""
        /// Of the values of both; empty where they differ.
        public var unit = ""
        /// That its levels follow from.
        public var window = ComparisonWindow.common
        public var origins: [Origin]
        public var first: MeasuredImage
        public var second: MeasuredImage
        public var voxels: VoxelDifference?
        public var notes: [String] = []
        public var warnings: [String] = []

        public init(_ name: String, _ origins: [Origin], _ first: MeasuredImage, _ second: MeasuredImage) {
            (self.name, self.origins, self.first, self.second) = (name, origins, first, second)
        }

        /// `lesion1`, `lesion1, GTV-1`.
        public var title: String { region.isEmpty ? name : "\(name), \(region)" }
    }

    /// Where an image comes from. Empty where a file does not say.
    public struct Origin: Hashable, Sendable {
        public var path: String
        public var modality = ""
        public var study = ""
        public var series = ""

        public init(path: String) { self.path = path }
    }

    /// What could not be compared.
    public struct Failure: Hashable, Sendable {
        public var name: String
        public var region: String
        public var reason: String

        public init(_ name: String, region: String = "", reason: String) {
            (self.name, self.region, self.reason) = (name, region, reason)
        }
    }
}
