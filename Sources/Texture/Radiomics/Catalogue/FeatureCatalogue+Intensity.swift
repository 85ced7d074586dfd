// Symbols: X the intensities of the N voxels of the region, μ their mean; P_q the q-th percentile by linear interpolation
// between order statistics (as NumPy); Xd the grey levels from 1 to Ng, n_i how many voxels have level i, p_i = n_i / N.

extension FeatureDefinition {
    /// Intensity-based statistics, IBSI 3.3.
    public static let statistics: [(IntensityStatistic, FeatureDefinition)] = [
        (
            .mean,
            .init(.stat, "mean", "Mean", ibsi: "Q4LE", pyradiomics: "Mean", unit: .intensity, "Σ X / N", flat: "X")
        ),
        (
            .variance,
            .init(
                .stat, "var", "Variance", ibsi: "ECT3", pyradiomics: "Variance", unit: .intensitySquared,
                "Σ (X - μ)² / N", flat: "0", others: "divides by N, not N - 1")
        ),
        (
            .skewness,
            .init(
                .stat, "skew", "Skewness", ibsi: "KE2A", pyradiomics: "Skewness",
                "(Σ (X - μ)³ / N) / σ³", flat: "0")
        ),
        (
            .kurtosis,
            .init(
                .stat, "kurt", "Excess kurtosis", ibsi: "IPH6", pyradiomics: "Kurtosis",
                "(Σ (X - μ)⁴ / N) / σ⁴ - 3", flat: "0", others: "PyRadiomics does not subtract 3 (flat: 0 as well)")
        ),
        (
            .median,
            .init(.stat, "median", "Median", ibsi: "Y12H", pyradiomics: "Median", unit: .intensity, "P_50", flat: "X")
        ),
        (
            .minimum,
            .init(.stat, "min", "Minimum", ibsi: "1GSF", pyradiomics: "Minimum", unit: .intensity, "min X", flat: "X")
        ),
        (
            .percentile10,
            .init(
                .stat, "p10", "10th percentile", ibsi: "QG58", pyradiomics: "10Percentile", unit: .intensity, "P_10",
                flat: "X")
        ),
        (
            .percentile90,
            .init(
                .stat, "p90", "90th percentile", ibsi: "8DWT", pyradiomics: "90Percentile", unit: .intensity, "P_90",
                flat: "X")
        ),
        (
            .maximum,
            .init(.stat, "max", "Maximum", ibsi: "84IY", pyradiomics: "Maximum", unit: .intensity, "max X", flat: "X")
        ),
        (
            .interquartileRange,
            .init(
                .stat, "iqr", "Interquartile range", ibsi: "SALO", pyradiomics: "InterquartileRange", unit: .intensity,
                "P_75 - P_25", flat: "0")
        ),
        (
            .range,
            .init(
                .stat, "range", "Range", ibsi: "2OJQ", pyradiomics: "Range", unit: .intensity, "max X - min X",
                flat: "0")
        ),
        (
            .meanAbsoluteDeviation,
            .init(
                .stat, "mad", "Mean absolute deviation", ibsi: "4FUA", pyradiomics: "MeanAbsoluteDeviation",
                unit: .intensity, "Σ |X - μ| / N", flat: "0")
        ),
        (
            .robustMeanAbsoluteDeviation,
            .init(
                .stat, "rmad", "Robust mean absolute deviation", ibsi: "1128",
                pyradiomics: "RobustMeanAbsoluteDeviation", unit: .intensity,
                "mean absolute deviation of the X with P_10 ≤ X ≤ P_90 from their own mean", flat: "0")
        ),
        (
            .medianAbsoluteDeviation,
            .init(
                .stat, "medad", "Median absolute deviation", ibsi: "N72L", unit: .intensity, "Σ |X - P_50| / N",
                flat: "0", others: "the mean deviation from the median, not the median of the deviations")
        ),
        (
            .coefficientOfVariation,
            .init(
                .stat, "cov", "Coefficient of variation", ibsi: "7TET", "σ / μ", flat: "0; undefined when the mean is 0"
            )
        ),
        (
            .quartileCoefficientOfDispersion,
            .init(
                .stat, "qcod", "Quartile coefficient of dispersion", ibsi: "9S40", "(P_75 - P_25) / (P_75 + P_25)",
                flat: "0; undefined when P_25 + P_75 is 0")
        ),
        (
            .energy,
            .init(
                .stat, "energy", "Energy", ibsi: "N8CA", pyradiomics: "Energy", unit: .intensitySquared, "Σ X²",
                flat: "N X²")
        ),
        (
            .rootMeanSquare,
            .init(
                .stat, "rms", "Root mean square", ibsi: "5ZWQ", pyradiomics: "RootMeanSquared", unit: .intensity,
                "√(Σ X² / N)", flat: "|X|")
        ),
    ]

    /// Intensity histogram, IBSI 3.4: the statistics of the grey levels, and five of the histogram itself.
    public static let histogram: [(HistogramFeature, FeatureDefinition)] = [
        (
            .statistic(.mean),
            .init(.ih, "mean", "Mean grey level", ibsi: "X6K6", unit: .greyLevel, "Σ Xd / N", flat: "Xd")
        ),
        (
            .statistic(.variance),
            .init(
                .ih, "var", "Grey level variance", ibsi: "CH89", unit: .greyLevelSquared, "Σ (Xd - μ)² / N", flat: "0")
        ),
        (
            .statistic(.skewness),
            .init(.ih, "skew", "Grey level skewness", ibsi: "88K1", "(Σ (Xd - μ)³ / N) / σ³", flat: "0")
        ),
        (
            .statistic(.kurtosis),
            .init(.ih, "kurt", "Grey level excess kurtosis", ibsi: "C3I7", "(Σ (Xd - μ)⁴ / N) / σ⁴ - 3", flat: "0")
        ),
        (
            .statistic(.median),
            .init(.ih, "median", "Median grey level", ibsi: "WIFQ", unit: .greyLevel, "P_50", flat: "Xd")
        ),
        (
            .statistic(.minimum),
            .init(.ih, "min", "Minimum grey level", ibsi: "1PR8", unit: .greyLevel, "min Xd", flat: "Xd")
        ),
        (
            .statistic(.percentile10),
            .init(.ih, "p10", "10th percentile of grey levels", ibsi: "GPMT", unit: .greyLevel, "P_10", flat: "Xd")
        ),
        (
            .statistic(.percentile90),
            .init(.ih, "p90", "90th percentile of grey levels", ibsi: "OZ0C", unit: .greyLevel, "P_90", flat: "Xd")
        ),
        (
            .statistic(.maximum),
            .init(.ih, "max", "Maximum grey level", ibsi: "3NCY", unit: .greyLevel, "max Xd", flat: "Xd")
        ),
        (
            .mode,
            .init(
                .ih, "mode", "Histogram mode", ibsi: "AMMC", unit: .greyLevel,
                "the most frequent level; of several the one closest to the mean, of two as close the lower", flat: "Xd"
            )
        ),
        (
            .statistic(.interquartileRange),
            .init(
                .ih, "iqr", "Interquartile range of grey levels", ibsi: "WR0O", unit: .greyLevel, "P_75 - P_25",
                flat: "0")
        ),
        (
            .statistic(.range),
            .init(.ih, "range", "Range of grey levels", ibsi: "5Z3W", unit: .greyLevel, "max Xd - min Xd", flat: "0")
        ),
        (
            .statistic(.meanAbsoluteDeviation),
            .init(
                .ih, "mad", "Mean absolute deviation of grey levels", ibsi: "D2ZX", unit: .greyLevel, "Σ |Xd - μ| / N",
                flat: "0")
        ),
        (
            .statistic(.robustMeanAbsoluteDeviation),
            .init(
                .ih, "rmad", "Robust mean absolute deviation of grey levels", ibsi: "WRZB", unit: .greyLevel,
                "mean absolute deviation of the Xd with P_10 ≤ Xd ≤ P_90 from their own mean", flat: "0")
        ),
        (
            .statistic(.medianAbsoluteDeviation),
            .init(
                .ih, "medad", "Median absolute deviation of grey levels", ibsi: "4RNL", unit: .greyLevel,
                "Σ |Xd - P_50| / N", flat: "0")
        ),
        (
            .statistic(.coefficientOfVariation),
            .init(.ih, "cov", "Coefficient of variation of grey levels", ibsi: "CWYJ", "σ / μ", flat: "0")
        ),
        (
            .statistic(.quartileCoefficientOfDispersion),
            .init(
                .ih, "qcod", "Quartile coefficient of dispersion of grey levels", ibsi: "SLWD",
                "(P_75 - P_25) / (P_75 + P_25)", flat: "0")
        ),
        (
            .entropy,
            .init(
                .ih, "entropy", "Histogram entropy", ibsi: "TLU2", pyradiomics: "Entropy", unit: .bit,
                "-Σ p_i log₂ p_i",
                flat: "0", others: "PyRadiomics lists it under firstorder")
        ),
        (
            .uniformity,
            .init(
                .ih, "uniformity", "Histogram uniformity", ibsi: "BJ5W", pyradiomics: "Uniformity", "Σ p_i²", flat: "1",
                others: "PyRadiomics lists it under firstorder")
        ),
        (
            .maximumGradient,
            .init(
                .ih, "max_grad", "Maximum histogram gradient", ibsi: "12CE", unit: .count,
                "max H'(i), H'(i) = (n_{i+1} - n_{i-1}) / 2, one-sided at the ends",
                flat: "undefined for one bin, otherwise as the formula says")
        ),
        (
            .maximumGradientLevel,
            .init(
                .ih, "max_grad_g", "Grey level of the maximum histogram gradient", ibsi: "8E6O", unit: .greyLevel,
                "the first i where H'(i) is largest", flat: "undefined for one bin")
        ),
        (
            .minimumGradient,
            .init(
                .ih, "min_grad", "Minimum histogram gradient", ibsi: "VQB3", unit: .count, "min H'(i)",
                flat: "undefined for one bin")
        ),
        (
            .minimumGradientLevel,
            .init(
                .ih, "min_grad_g", "Grey level of the minimum histogram gradient", ibsi: "RHQZ", unit: .greyLevel,
                "the first i where H'(i) is smallest", flat: "undefined for one bin")
        ),
    ]
}
