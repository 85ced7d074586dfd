import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import TestSupport
import TextureCore

/// One `mae` fixture: a tiny network, a batch, and what an independent PyTorch implementation computed in float64.
struct NetworkFixture: CustomStringConvertible, Sendable {
    let name: String
    let configuration: MaskedAutoencoderConfiguration
    let batch: Int
    let loss: ReconstructionLoss
    let terms: [String: Double]
    let adamW: AdamWSettings
    /// For each loss ("mse", "total"): learning rates, and losses before each step.
    let steps: [String: (rates: [Double], losses: [Double])]
    /// What the float64 references are rounded to.
    let doubleBound: Double
    private let tensors: UncheckedTensors

    var description: String { name }

    static func all() throws -> [NetworkFixture] { try FixtureSet.files(ofKind: "mae").map(NetworkFixture.init) }

    init(_ file: FixtureSet.File) throws {
        func table(_ key: String) throws -> [String: Any] {
            guard let table = file.description[key] as? [String: Any] else { throw FixtureFailure.missing(key) }
            return table
        }
        func number(_ table: [String: Any], _ key: String) throws -> Double {
            guard let number = table[key] as? NSNumber else { throw FixtureFailure.missing(key) }
            return number.doubleValue
        }
        name = file.name
        tensors = UncheckedTensors(tensors: file.tensors)
        let model = try table("model")
        func size(_ key: String) throws -> Int { Int(try number(model, key)) }
        configuration = try MaskedAutoencoderConfiguration(
            imageHeight: size("img_h"), imageWidth: size("img_w"), patchSide: size("patch"), channels: size("channels"),
            maskRatio: file.number("mask_ratio") ?? .nan,
            encoder: .init(width: size("dim"), depth: size("depth"), heads: size("heads")),
            decoder: .init(width: size("dec_dim"), depth: size("dec_depth"), heads: size("dec_heads")))
        batch = Int(file.number("batch") ?? 0)

        let settings = try table("loss")
        let range = try number(settings, "lo")...number(settings, "hi")
        let scale = CooccurrenceLoss.Scale(
            bins: Int(try number(settings, "bins")), sharpness: try number(settings, "sharpness"))
        let mode = settings["mode"] as? String
        let texture = try CooccurrenceLoss(
            range: range, scales: [scale], ends: settings["reflect"] as? Bool == true ? .mirrored : .open,
            comparison: .meanSquare(
                mode == "raw" ? .counts : mode == "sum" ? .sum : .pairs,
                settings["scale"] as? Bool == true ? .damped : .plain))
        let similarity = try StructuralSimilarity(
            window: Int(number(settings, "ssim_window")), sigma: number(settings, "ssim_sigma"), clamp: range)
        let isOfImage = settings["ssim_where"] as? String == "image"
        loss = ReconstructionLoss([
            .pixels(PixelLoss(), weight: try number(settings, "mse_weight")),
            .texture(texture, weight: try number(settings, "glcm_weight")),
            .structure(
                similarity, weight: try number(settings, "ssim_weight"), scope: isOfImage ? .image : .hidden),
        ])
        terms = try table("terms").compactMapValues { ($0 as? NSNumber)?.doubleValue }

        let optimiser = try table("optimiser")
        let betas = (optimiser["betas"] as? [NSNumber])?.map(\.doubleValue) ?? []
        guard betas.count == 2 else { throw FixtureFailure.missing("betas") }
        adamW = AdamWSettings(
            beta1: betas[0], beta2: betas[1], epsilon: try number(optimiser, "eps"),
            weightDecay: try number(optimiser, "weight_decay"))
        steps = try table("steps").compactMapValues { entry in
            guard let entry = entry as? [String: [NSNumber]], let rates = entry["lr"],
                let losses = entry["loss before each step"]
            else { return nil }
            return (rates.map(\.doubleValue), losses.map(\.doubleValue))
        }
        doubleBound = file.description["precision"] as? String == "float64" ? 1e-8 : 2e-7
    }

    func tensor(_ name: String) throws -> [Double] { try tensors.tensors.tensor(name).values }
    func names(_ prefix: String) -> [String] {
        tensors.tensors.names.filter { $0.hasPrefix(prefix + ".") }.map { String($0.dropFirst(prefix.count + 1)) }
    }

    func loss(_ which: String) -> ReconstructionLoss { which == "mse" ? .meanSquaredError : loss }

    func network<T: TrainingScalar>(_: T.Type, threads: Int = 1) throws -> MaskedAutoencoderNetwork<T> {
        let network = MaskedAutoencoderNetwork<T>(
            configuration, batchCapacity: batch, workers: Workers(threads))
        for entry in network.weights.layout.entries {
            let values = try tensor("w.\(entry.name)")
            guard values.count == entry.count else { throw FixtureFailure.missing(entry.name) }
            for (i, value) in values.enumerated() { network.weights[entry][i] = T(value) }
        }
        return network
    }

    func images<T: TrainingScalar>(_: T.Type) throws -> [T] { try tensor("imgs").map { T($0) } }

    /// The mask of noise [B, L], or of step `step` of noise [steps, B, L].
    func mask(_ tensorName: String = "noise", step: Int = 0) throws -> PatchMask {
        let values = try tensor(tensorName)
        let count = configuration.patchCount
        let first = step * batch * count
        let noise = (0..<batch).map { Array(values[first + $0 * count..<first + ($0 + 1) * count]) }
        return try PatchMask(noise: noise, keeping: configuration.visibleCount)
    }
}

enum FixtureFailure: Error { case missing(String) }

/// Read only.
private struct UncheckedTensors: @unchecked Sendable { let tensors: Safetensors }

/// The largest difference, relative to the largest expected value.
func worstRelative<T: BinaryFloatingPoint>(_ found: some Collection<T>, _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let largest = expected.reduce(0) { max($0, abs($1)) }
    var worst = 0.0
    for (a, b) in zip(found, expected) {
        let error = abs(Double(a) - b)
        worst = error.isNaN ? .infinity : max(worst, error)
    }
    return worst / max(largest, .leastNormalMagnitude)
}

/// Leaves out the middle third of a qkv bias: the key's bias, whose exact gradient is zero (mae.md, section 7).
func withoutKeyBias<T>(_ name: String, _ values: some Collection<T>) -> [T] {
    let values = Array(values)
    guard name.hasSuffix("attn.qkv.bias") else { return values }
    return Array(values.prefix(values.count / 3) + values.suffix(values.count / 3))
}
