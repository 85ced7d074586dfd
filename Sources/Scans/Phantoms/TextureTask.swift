import Encoding
import Files
import Foundation
import Imaging
import Ingestion
import PNG
import SeededRandom

/// A classification task that only texture solves: images whose classes have the same histogram, pixel by pixel, and the
/// same gradients in distribution, but different co-occurrence.
///
/// A smooth field s carries white noise w whose amplitude follows s: f = s + a(s) w, so that what is bright is rough.
/// Ranks of f become grey values of a template that is symmetric about the image's mean; in class `dark-rough` the ranks of
/// −f do, in class `even-rough` a depends on another field than s. So for `bright-rough` against `dark-rough`
/// - each image has exactly the template's histogram: mean, variance and all first-order features know nothing;
/// - the image is the negative of one of the other class, in distribution: differences of pixels, their powers at any
///   distance and direction, edges and the power spectrum know nothing;
/// - the joint distribution of neighbours differs in its third moment E[(a + b)³]: cluster shade of the co-occurrence
///   matrix is negative where bright is rough, positive where dark is.
///
/// Patients have their own mean, contrast and grain. The n-th patients of all classes share them, so that a first-order
/// feature has an area under the curve of exactly ½.
public struct TextureTask: Hashable, Sendable {
    public enum TextureClass: Int, CaseIterable, Sendable {
        case brightRough, darkRough, evenRough

        /// Also the folder; alphabetical, as readers of image folders number classes.
        public var name: String {
            switch self {
            case .brightRough: "bright-rough"
            case .darkRough: "dark-rough"
            case .evenRough: "even-rough"
            }
        }
    }

    public enum Split: String, Sendable {
        case training = "train"
        case validation = "val"
    }

    public let classes: Int
    /// In each class.
    public let patients: Int
    public let imagesPerPatient: Int
    /// Rows and columns.
    public let size: Int
    public let seed: UInt64

    public static let classCounts = 2...3
    public static let patientCounts = 2...9999
    public static let imageCounts = 1...999

    /// - Throws: ``PhantomError`` when a number is outside its range.
    public init(
        classes: Int = 2, patients: Int = 40, imagesPerPatient: Int = 4, size: Int = 64, seed: UInt64 = 1
    ) throws {
        for (name, count, expected) in [
            ("classes", classes, Self.classCounts), ("patients a class", patients, Self.patientCounts),
            ("images a patient", imagesPerPatient, Self.imageCounts),
        ] {
            guard expected.contains(count) else {
                throw PhantomError.count(name: name, found: count, expected: expected)
            }
        }
        guard PhantomRequest.sizes.contains(size) else {
            throw PhantomError.size(found: size, expected: PhantomRequest.sizes)
        }
        (self.classes, self.patients, self.imagesPerPatient) = (classes, patients, imagesPerPatient)
        (self.size, self.seed) = (size, seed)
    }

    /// One image of the task, without its pixels.
    public struct Item: Hashable, Sendable {
        public var textureClass: TextureClass
        /// From 0, the same in all classes for patients that share mean, contrast and grain.
        public var number: Int
        public var patient: String
        public var split: Split
        /// From 0.
        public var image: Int

        /// Relative to the folder of the task.
        public var path: String { "\(split.rawValue)/\(textureClass.name)/\(patient)_\(image).png" }
    }

    /// The last quarter of the patients, at least one, is for validation.
    public var items: [Item] {
        let validation = max(1, patients / 4)
        return (0..<patients).flatMap { number in
            TextureClass.allCases.prefix(classes).flatMap { textureClass in
                (0..<imagesPerPatient).map { image in
                    let serial = String(number * classes + textureClass.rawValue + 1)
                    return Item(
                        textureClass: textureClass, number: number,
                        patient: "P" + String(repeating: "0", count: max(0, 5 - serial.count)) + serial,
                        split: number < patients - validation ? .training : .validation, image: image)
                }
            }
        }
    }

    /// Row by row.
    public func pixels(of item: Item) -> [UInt8] {
        var own = SeededGenerator(seed: seed &* 0x2545_f491_4f6c_dd1d &+ UInt64(item.number))
        let mean = 112 + own.integer(below: 32)
        let spread = 20 + 14 * own.uniform()
        // Binomial weights of 5 to 9 taps: blobs of about 4 to 6 pixels.
        let taps = 4 + own.integer(below: 5)
        let serial = (item.number * TextureClass.allCases.count + item.textureClass.rawValue) * 1000 + item.image
        var generator = SeededGenerator(seed: (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15 &+ UInt64(serial))
        let field = roughened(taps: taps, item.textureClass, &generator)
        let order = field.indices.sorted { (field[$0], $0) < (field[$1], $1) }
        let template = Self.template(count: field.count, mean: mean, spread: spread)
        var pixels = [UInt8](repeating: 0, count: field.count)
        for (rank, pixel) in order.enumerated() { pixels[pixel] = template[rank] }
        return pixels
    }

    /// f, or −f.
    private func roughened(taps: Int, _ textureClass: TextureClass, _ generator: inout SeededGenerator) -> [Double] {
        var weights = [1.0]
        for _ in 0..<taps { weights = zip([0] + weights, weights + [0]).map { $0 + $1 } }
        let smooth = CorrelatedNoise(weights: (weights, weights, [1]))
        let extent = SIMD3(size, size, 1)
        let base = smooth.field(size: extent, from: &generator)
        let carrier = textureClass == .evenRough ? smooth.field(size: extent, from: &generator) : base
        // Rough as its own field would make f vary less where f is extreme; measured, this factor gives equal gradients.
        let share = textureClass == .evenRough ? Self.evenAmplitude : 1
        return base.indices.map { pixel in
            let s = carrier[pixel]
            // A sigmoid of square roots, whose bits are the same everywhere.
            let amplitude = share * (0.15 + 0.425 * (1 + s / (1 + s * s).squareRoot()))
            let value = base[pixel] + amplitude * generator.normal()
            return textureClass == .darkRough ? -value : value
        }
    }

    static let evenAmplitude = 0.91

    /// Ascending grey values, symmetric about `mean`: quantiles of a logistic distribution of standard deviation `spread`,
    /// cut at ± 108, rounded symmetrically.
    static func template(count: Int, mean: Int, spread: Double) -> [UInt8] {
        // Its standard deviation is π / √3 times its scale.
        let scale = spread * 3.0.squareRoot() / Double.pi
        return (0..<count).map { rank in
            let below = Double(min(rank, count - 1 - rank)) + 0.5
            let distance = scale * naturalLogarithm((Double(count) - below) / below)
            let step = Int(min(108, distance).rounded())
            return UInt8(2 * rank < count ? mean - step : mean + step)
        }
    }

    /// `image,label,patient,split`, a line per image.
    public var table: String {
        let rows = items.map { [$0.path, $0.textureClass.name, $0.patient, $0.split.rawValue] }
        return ([["image", "label", "patient", "split"]] + rows).map { CSV.line($0) + "\n" }.joined()
    }

    /// Writes the images and `labels.csv` into a folder that exists; files of the same names are replaced.
    public func write(to folder: String) throws {
        for textureClass in TextureClass.allCases.prefix(classes) {
            for split in [Split.training, .validation] {
                try makeFolder(at: "\(folder)/\(split.rawValue)/\(textureClass.name)")
            }
        }
        for item in items {
            try PNGWriter.write(grey: pixels(of: item), width: size, height: size, to: "\(folder)/\(item.path)")
        }
        let path = "\(folder)/labels.csv"
        try writeWholeFile(at: path, table.utf8)
    }
}
