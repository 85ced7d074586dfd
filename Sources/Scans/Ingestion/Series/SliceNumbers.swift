import Imaging

/// How the slices of an image are counted where people see numbers: as their series does, by Instance Number or by the frame,
/// which is what a viewer shows. Where these are missing or not one for each slice, from 1 in the order along the normal.
public struct SliceNumbers: Sendable {
    /// One for each slice, in the order of the volume.
    public let numbers: [Int]
    /// From the lowest to the highest.
    public let range: ClosedRange<Int>

    public init(_ image: ImageSource) {
        let stated = image.slices.compactMap(\.number)
        let isOwn = stated.count == image.slices.count && Set(stated).count == stated.count
        numbers = isOwn ? stated : Array(1...max(image.slices.count, 1))
        range = (numbers.min() ?? 1)...(numbers.max() ?? 1)
    }

    /// `slice 11 of 24`, and `slice 25 (0 to 48)` in a series that does not count from 1 without a gap.
    ///
    /// - Parameter slice: from 0, in the order of the volume.
    public func shown(_ slice: Int) -> String {
        let number = "slice \(numbers[slice])"
        guard numbers.count > 1 else { return number }
        return range == 1...numbers.count
            ? "\(number) of \(numbers.count)" : "\(number) (\(range.lowerBound) to \(range.upperBound))"
    }
}
