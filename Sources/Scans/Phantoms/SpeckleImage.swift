import Imaging
import Ingestion
import PNG
import SeededRandom

/// An ultrasound-like image: fully developed speckle, log-compressed to 8 bits, with one hypoechoic lesion.
///
/// Many scatterers in each resolution cell make the echo a complex Gaussian, so the amplitude is Rayleigh distributed
/// with mean / standard deviation = √(π / (4 − π)) = 1.913 (Burckhardt, IEEE Trans. Sonics Ultrason. 25, 1978). The beam
/// runs down the columns; neighbouring samples along it correlate more than neighbouring beams.
public struct SpeckleImage: Sendable {
    public let seed: UInt64
    /// Rows, and as many columns.
    public let size: Int
    /// Echo amplitude before compression, row by row; mean square 1 in tissue, 10^(−9/10) in the lesion.
    public let amplitude: [Double]
    /// The picture: log-compressed amplitude, row by row.
    public let pixels: [UInt8]
    /// Label 1 the lesion, 2 normal tissue, 0 the dark frame around the picture.
    public let labels: [UInt8]

    /// How much weaker the lesion scatters, dB.
    static let lesionLevel = -9.0
    /// What black to white spans, dB, and the level of white above the mean square amplitude of tissue.
    static let dynamicRange = 60.0
    static let white = 22.0
    /// Smoothing of the echo field: along the beam (y) wider than across.
    static let echo = CorrelatedNoise(weights: ([1, 2, 1], [1, 6, 15, 20, 15, 6, 1], [1]))
    /// Width of the unlabelled frame, pixels.
    static let frame = 8

    public init(seed: UInt64, size: Int) {
        var generator = SeededGenerator(seed: seed)
        let extent = SIMD3(size, size, 1)
        let inPhase = Self.echo.field(size: extent, from: &generator)
        let quadrature = Self.echo.field(size: extent, from: &generator)
        var labels = [UInt8](repeating: 0, count: size * size)
        for y in Self.frame..<size - Self.frame {
            for x in Self.frame..<size - Self.frame { labels[y * size + x] = Self.isLesion(x, y, size) ? 1 : 2 }
        }
        // 10^(−9/20), as a literal so that no library's power function is in the bits.
        let weakening = 0.354_813_389_233_575_5
        let amplitude = (0..<size * size).map { offset in
            let (i, q) = (inPhase[offset], quadrature[offset])
            return ((i * i + q * q) / 2).squareRoot() * (labels[offset] == 1 ? weakening : 1)
        }
        (self.seed, self.size, self.labels, self.amplitude) = (seed, size, labels, amplitude)
        pixels = zip(amplitude, labels).map { $1 == 0 ? 0 : Self.compressed($0) }
    }

    private static func isLesion(_ x: Int, _ y: Int, _ size: Int) -> Bool {
        let across = (Double(x) + 0.5) / Double(size) - 0.56
        let along = (Double(y) + 0.5) / Double(size) - 0.47
        return across * across / (0.21 * 0.21) + along * along / (0.16 * 0.16) <= 1
    }

    /// Grey level of an amplitude: 255 at `white`, falling by 255 / `dynamicRange` a dB, at least 1 so that an echo is
    /// never as black as the frame.
    static func compressed(_ amplitude: Double) -> UInt8 {
        guard amplitude.isNormal else { return 1 }
        let decibel = 20 / 2.302_585_092_994_046 * naturalLogarithm(amplitude)
        let grey = 255 * (1 + (decibel - white) / dynamicRange)
        return UInt8(max(1, min(255, grey.rounded())))
    }

    /// Label `label` as a region.
    public func region(_ label: UInt8) -> Region {
        Region(
            name: label == 1 ? "Hypoechoic lesion" : "Tissue", label: Int(label),
            box: VoxelBox(lower: .zero, size: SIMD3(size, size, 1)), voxels: labels.map { $0 == label ? 1 : 0 }
        ).cropped()
    }

    public var truth: PhantomTruth {
        let values = pixels.map { Int($0) }
        // 20 log₁₀ of a Rayleigh amplitude of mean square 1 has mean −10 γ / ln 10 and standard deviation
        // 10 π / (√6 ln 10) dB, γ Euler's constant.
        let greyPerDecibel = 255 / Self.dynamicRange
        let meanLevel = -2.506_815_7
        let deviation = 5.570_053_5
        return PhantomTruth(
            kind: .ultrasoundSpeckle,
            about: """
                Grey values of log-compressed Rayleigh speckle. Design: mean and standard deviation that the compression \
                gives before rounding and clipping to 1…255; the amplitude before it has mean / standard deviation 1.913.
                """,
            seed: seed,
            regions: [(UInt8(1), Self.lesionLevel), (2, 0)].map { label, level in
                .init(
                    of: region(label),
                    in: values,
                    size: SIMD3(size, size, 1),
                    image: "speckle.png",
                    masks: ["speckle_mask.png": Int(label)],
                    directions: [.x, .y, .plane],
                    design: [
                        "mean": 255 + greyPerDecibel * (meanLevel + level - Self.white),
                        "standardDeviation": greyPerDecibel * deviation,
                    ]
                )
            }
        )
    }

    /// Writes `speckle.png` and `speckle_mask.png` into a folder that exists.
    func write(to folder: String) throws -> PhantomTruth {
        try PNGWriter.write(grey: pixels, width: size, height: size, to: "\(folder)/speckle.png")
        try PNGWriter.write(grey: labels, width: size, height: size, to: "\(folder)/speckle_mask.png")
        return truth
    }
}
