import TextureCore

/// PyRadiomics' class `firstorder`, in its order (firstorder.py), where it differs from the IBSI statistics.
public enum PyRadiomicsFirstOrder: String, CaseIterable, Sendable {
    case percentile10 = "10Percentile"
    case percentile90 = "90Percentile"
    case energy = "Energy"
    case entropy = "Entropy"
    case interquartileRange = "InterquartileRange"
    case kurtosis = "Kurtosis"
    case maximum = "Maximum"
    case meanAbsoluteDeviation = "MeanAbsoluteDeviation"
    case mean = "Mean"
    case median = "Median"
    case minimum = "Minimum"
    case range = "Range"
    case robustMeanAbsoluteDeviation = "RobustMeanAbsoluteDeviation"
    case rootMeanSquared = "RootMeanSquared"
    case skewness = "Skewness"
    case totalEnergy = "TotalEnergy"
    case uniformity = "Uniformity"
    case variance = "Variance"

    /// `histogram` of PyRadiomics' bins of the intensities as doubles, nil when they make too many of them; `voxelVolume`
    /// in mm³; `shift` is voxelArrayShift.
    func measure(
        _ sample: SortedSample, _ histogram: IntensityHistogram?, voxelVolume: Double, shift: Double
    ) -> Measure {
        switch self {
        case .percentile10: sample.measure(.percentile10)
        case .percentile90: sample.measure(.percentile90)
        case .energy: .value(sample.energy(shift: shift))
        case .entropy: histogram.map { .value($0.entropy) } ?? .undefined(.undiscretisable)
        case .interquartileRange: sample.measure(.interquartileRange)
        // Without the 3 taken off that IBSI's excess kurtosis has.
        case .kurtosis: .value(sample.kurtosis)
        case .maximum: sample.measure(.maximum)
        case .meanAbsoluteDeviation: sample.measure(.meanAbsoluteDeviation)
        case .mean: sample.measure(.mean)
        case .median: sample.measure(.median)
        case .minimum: sample.measure(.minimum)
        case .range: sample.measure(.range)
        case .robustMeanAbsoluteDeviation: sample.measure(.robustMeanAbsoluteDeviation)
        case .rootMeanSquared: .value((sample.energy(shift: shift) / Double(sample.count)).squareRoot())
        case .skewness: sample.measure(.skewness)
        // Energy times the volume of a voxel: outside IBSI.
        case .totalEnergy: .value(sample.energy(shift: shift) * voxelVolume)
        case .uniformity: histogram.map { .value($0.uniformity) } ?? .undefined(.undiscretisable)
        case .variance: sample.measure(.variance)
        }
    }
}
