// The intensity-volume histogram of IBSI 3.5: which part of the region has at least a certain intensity.

import TextureCore

public enum IntensityVolumeFeature: Hashable, CaseIterable, Sendable {
    /// Part of the volume with at least 10 %, 90 % of the intensity range.
    case volumeAt10, volumeAt90
    /// Lowest intensity that at most 10 %, 90 % of the volume reach.
    case intensityAt10, intensityAt90
    case volumeDifference, intensityDifference
    /// Of the part of the volume over the part of the intensity range.
    case areaUnderCurve
}

/// How intensities are cut into steps for the intensity-volume histogram, apart from the grey levels.
public enum IntensityVolumeBins: Hashable, Sendable {
    /// As IBSI 3.5 advises: the intensities themselves for an integer CT, steps of 2.5 HU for a CT that is not integer, of
    /// 0.1 for PET, and 1000 bins for everything else.
    case automatic
    /// Steps of this width from the re-segmentation's lower end; without one from the region's minimum.
    case width(Double)
    case count(Int)
    /// Intensities are whole numbers.
    case none
}

struct IntensityVolumeHistogram {
    /// Steps; whole numbers.
    private let levels: ValueFrequencies
    private let lowest: Double
    private let highest: Double
    /// Intensity of step k: `origin + width k`.
    private let origin: Double
    private let width: Double

    /// - Parameters:
    ///   - intensities: of the region, not empty.
    ///   - start: lower end of the re-segmentation range, if it has one.
    init(_ intensities: SortedSample, bins: IntensityVolumeBins, start: Double?) {
        let (minimum, maximum) = (intensities.minimum, intensities.maximum)
        switch bins {
        case .automatic, .none:
            levels = intensities.sorted.mapped { $0.rounded() }
            (lowest, highest, origin, width) = (minimum.rounded(), maximum.rounded(), 0, 1)
        case .width(let step):
            let start = start.map { min($0, minimum) } ?? minimum
            func level(_ value: Double) -> Double { ((value - start) / step).rounded(.down) + 1 }
            levels = intensities.sorted.mapped(level)
            // Step 1 starts at the re-segmentation's end, whether or not a voxel lies in it.
            (lowest, highest) = (1, level(maximum))
            // The middle of the bin stands for it.
            (origin, width) = (start - step / 2, step)
        case .count(let count):
            let span = maximum - minimum
            levels = intensities.sorted.mapped { value in
                span == 0 ? 1 : min(Double(count), (Double(count) * (value - minimum) / span).rounded(.down) + 1)
            }
            (lowest, highest) = span == 0 ? (1, 1) : (1, Double(count))
            (origin, width) = (0, 1)
        }
    }

    func measure(_ feature: IntensityVolumeFeature) -> Measure {
        switch feature {
        case .volumeAt10: volume(at: 0.1)
        case .volumeAt90: volume(at: 0.9)
        case .intensityAt10: intensity(at: 0.1)
        case .intensityAt90: intensity(at: 0.9)
        case .volumeDifference: difference(volume(at: 0.1), volume(at: 0.9))
        case .intensityDifference: difference(intensity(at: 0.1), intensity(at: 0.9))
        case .areaUnderCurve: .value(area)
        }
    }

    /// Trapezoids over all steps from the lowest to the highest. Every voxel adds 1/N to ν at each step up to its own, so
    /// that Σ ν is the mean number of steps up to a voxel's. 0 for one intensity (IBSI 9CMM).
    private var area: Double {
        guard highest > lowest else { return 0 }
        var steps = 0.0
        levels.forEachDistinct { level, times in steps += times * (level - lowest + 1) }
        let all = steps / Double(levels.count)
        let ends = 1 + Double(levels.count - levels.count(below: highest)) / Double(levels.count)
        return (all - ends / 2) / (highest - lowest)
    }

    private func difference(_ a: Measure, _ b: Measure) -> Measure {
        guard let x = a.value else { return a }
        guard let y = b.value else { return b }
        return .value(x - y)
    }

    private func volume(at fraction: Double) -> Measure {
        guard highest > lowest else { return .undefined(.oneIntensity) }
        // A hair less, because 0.1 · 30 must stay 3.
        let step = (lowest + fraction * (highest - lowest) - 1e-9).rounded(.up)
        return .value(Double(levels.count - levels.count(below: step)) / Double(levels.count))
    }

    private func intensity(at fraction: Double) -> Measure {
        // So many voxels may reach the step: the one after the next brightest voxel's.
        let allowed = Int((fraction * Double(levels.count) + 1e-9).rounded(.down))
        guard allowed < levels.count else { return .value(origin + width * lowest) }
        let step = max(lowest, levels[levels.count - 1 - allowed] + 1)
        guard step <= highest else { return .undefined(.noSuchIntensity) }
        return .value(origin + width * step)
    }
}

extension IntensityVolumeBins {
    /// What `automatic` means for a modality.
    func resolved(modality: String, isInteger: Bool) -> IntensityVolumeBins {
        guard self == .automatic else { return self }
        switch modality {
        case "CT": return isInteger ? .none : .width(2.5)
        case "PT": return .width(0.1)
        default: return .count(1000)
        }
    }
}
