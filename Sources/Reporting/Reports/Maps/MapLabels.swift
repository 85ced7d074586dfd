import Imaging

/// What the pictures of a map say beside what they show.
public struct MapLabels: Sendable {
    /// The feature by name.
    public var title: String
    /// Of the feature; empty for none.
    public var unit: String
    /// How the map was made, each part a few words: its column, kernel, bins.
    public var making: [String]
    /// Of what it was made: case, region.
    public var subject: [String]
    /// Of the image; empty for none.
    public var imageUnit: String
    public var lengths: LengthUnit
    /// Nil where the file does not say how the patient lies.
    public var sides: PatientSides?
    public var polarity: GreyPolarity
    /// What is said of a slice of the grid, from 0.
    public var slice: @Sendable (Int) -> Slice

    /// What stands beside one slice.
    public struct Slice: Sendable {
        /// `axial slice 11 of 24`, `z -12.5 mm`
        public var parts: [String]
        /// The same on a small picture, from the most important on.
        public var brief: [String]

        public init(parts: [String], brief: [String]) { (self.parts, self.brief) = (parts, brief) }
    }

    public init(
        title: String, unit: String, making: [String], subject: [String], imageUnit: String,
        lengths: LengthUnit = .millimetre, sides: PatientSides? = nil, polarity: GreyPolarity = .moreIsBrighter,
        slice: @escaping @Sendable (Int) -> Slice
    ) {
        (self.title, self.unit, self.making, self.subject) = (title, unit, making, subject)
        (self.imageUnit, self.lengths, self.sides, self.polarity) = (imageUnit, lengths, sides, polarity)
        self.slice = slice
    }
}
