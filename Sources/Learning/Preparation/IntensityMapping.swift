// Values of a scan (HU, Bq/ml, arbitrary) to the range 0...1 that the network's normalisation starts from. Which range of
// values that is belongs to the modality and is written into the run's configuration.

import Imaging
import Ingestion

/// Which values become 0 and 1; those beyond are clipped.
public enum IntensityRange: Hashable, Sendable {
    /// Fixed values in the modality's unit, HU for CT.
    case window(lower: Double, upper: Double)
    /// Percentiles of the volume that the slice belongs to: robust against a few bright voxels.
    case percentiles(lower: Double, upper: Double)
    /// Everything that the stored bits can hold: v / 255 for an 8-bit PNG, as ToTensor does.
    case stored

    /// The range in values.
    /// - Parameter stored: what the file's bits can hold, where that is known.
    /// - Returns: nil when the volume has one value only, or the ends are not numbers: nothing can be seen in it.
    func limits(of volume: Volume, stored: ClosedRange<Double>?) -> ClosedRange<Double>? {
        let ends: (Double, Double)
        switch self {
        case .window(let lower, let upper): ends = (lower, upper)
        case .percentiles(let lower, let upper): ends = rankedEnds(of: volume.values, lower, upper)
        case .stored:
            if let stored {
                ends = (stored.lowerBound, stored.upperBound)
            } else {
                ends = rankedEnds(of: volume.values, 0, 100)
            }
        }
        return ends.0 < ends.1 && ends.1 - ends.0 < .infinity ? ends.0...ends.1 : nil
    }
}

/// Ranges by modality (`CT`, `MR`, `PT`, `PNG` …).
public struct IntensityMapping: Hashable, Sendable {
    public var byModality: [String: IntensityRange]
    /// Of every modality that is not named.
    public var other: IntensityRange

    public init(byModality: [String: IntensityRange], other: IntensityRange) {
        (self.byModality, self.other) = (byModality, other)
    }

    /// CT in the usual soft-tissue window (centre 40, width 400 HU), PNG as stored, all else from the 0.5th to the 99.5th
    /// percentile of each volume.
    public static let standard = IntensityMapping(
        byModality: ["CT": .window(lower: -160, upper: 240), "PNG": .stored],
        other: .percentiles(lower: 0.5, upper: 99.5))

    public subscript(modality: String) -> IntensityRange { byModality[modality] ?? other }

    /// A PNG has grey levels, not the values of a modality, whatever it shows.
    public subscript(image: ImageSource) -> IntensityRange {
        self[image.format == .png ? "PNG" : image.identity.modality]
    }
}

/// The most values that percentiles are taken from; larger volumes are read at regular steps.
private let mostSampled = 1 << 20

/// Percentiles by nearest rank of the finite values, of at most ``mostSampled`` at regular steps.
private func rankedEnds(of values: VoxelValues, _ lower: Double, _ upper: Double) -> (Double, Double) {
    // An odd step does not fall in with rows of even length.
    let step = values.count <= mostSampled ? 1 : values.count / mostSampled | 1
    var sampled = stride(from: 0, to: values.count, by: step).map { values[$0] }.filter(\.isFinite)
    guard !sampled.isEmpty else { return (.nan, .nan) }
    sampled.sort()
    func rank(_ percent: Double) -> Double {
        sampled[Int((percent / 100 * Double(sampled.count - 1)).rounded())]
    }
    return (rank(lower), rank(upper))
}
