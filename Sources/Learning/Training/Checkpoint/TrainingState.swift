import Files
import NeuralNetwork

/// What a checkpoint holds of any run: weights, both moments of AdamW, the weights' average where one is kept, and the numbers of
/// the steps.
package struct TrainingState {
    package let weights: ParameterBuffer<Float>
    package let optimiser: AdamW<Float>
    package let average: WeightAverage?

    /// The key of the metadata that holds the settings of the run, as YAML.
    package static let settingsKey = "settings"
    private static let firstMoment = "exp_avg."
    private static let secondMoment = "exp_avg_sq."
    private static let averagePrefix = "average."

    package init(weights: ParameterBuffer<Float>, optimiser: AdamW<Float>, average: WeightAverage? = nil) {
        (self.weights, self.optimiser, self.average) = (weights, optimiser, average)
    }

    private var buffers: [(buffer: ParameterBuffer<Float>, prefix: String)] {
        [(weights, ""), (optimiser.firstMoment, Self.firstMoment), (optimiser.secondMoment, Self.secondMoment)]
            + (average.map { [($0.values, Self.averagePrefix)] } ?? [])
    }

    private var tensors: [NamedTensor] { buffers.flatMap { $0.buffer.tensors(prefix: $0.prefix) } }

    /// Appears whole or not at all. `metadata` says `slices`, the fingerprint of what it was trained on, and anything else;
    /// `fixed` are tensors beside the weights that are not read back.
    package func write(
        to path: String, step: Int, metadata: [String: String], with fixed: [NamedTensor] = []
    ) throws {
        let own = [
            "format": "pt", "weft": "checkpoint", "step": "\(step)", "adamw_step": "\(optimiser.step)",
            SafetensorsFile.fingerprintKey: SafetensorsFile.fingerprint(of: tensors),
        ]
        try SafetensorsFile.write(fixed + tensors, metadata: metadata.merging(own) { $1 }, to: path)
    }

    /// The step that a checkpoint says it is of; nil when it says none, or is no file of the format. Its numbers are not read.
    package static func step(of path: String) -> Int? {
        guard let file = try? SafetensorsFile(contentsOf: path) else { return nil }
        return file.metadata["step"].flatMap { Int($0) }
    }

    /// The settings of the run as a checkpoint says them; nil when it says none, or is no file of the format.
    package static func settings(of path: String) -> String? {
        (try? SafetensorsFile(contentsOf: path))?.metadata[settingsKey]
    }

    /// Inverse of ``write(to:step:metadata:)``: gives the step, and what else the file says.
    package func read(
        _ path: String, slices expected: String, totalSteps: Int
    ) throws -> (step: Int, metadata: [String: String]) {
        func fault(_ reason: String) -> RunError { .checkpoint(path: path, reason: reason) }
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(contentsOf: path)
        } catch let error as SafetensorsError {
            throw fault("\(error)")
        } catch { throw fault("cannot be read (\(SystemError.text(of: error)))") }
        func number(_ key: String) throws -> Int {
            guard let number = file.metadata[key].flatMap({ Int($0) }), number >= 0 else {
                throw fault("does not say its \(key)")
            }
            return number
        }
        let slices = file.metadata["slices"] ?? "none"
        guard slices == expected else { throw RunError.otherSlices(path: path, found: slices, expected: expected) }
        for (buffer, prefix) in buffers {
            for entry in buffer.layout.entries {
                guard let tensor = file.tensors[prefix + entry.name], tensor.shape == entry.shape else {
                    throw fault("has no tensor '\(prefix + entry.name)' of \(entry.shape)")
                }
                _ = buffer[entry].update(fromContentsOf: tensor.values(as: Float.self))
            }
        }
        let (found, told) = (
            SafetensorsFile.fingerprint(of: tensors), file.metadata[SafetensorsFile.fingerprintKey] ?? "none"
        )
        guard found == told else { throw fault("its numbers have fingerprint \(found), expected \(told)") }
        let step = try number("step")
        optimiser.step = try number("adamw_step")
        guard step <= totalSteps else { throw fault("is of step \(step), and the run has \(totalSteps)") }
        return (step, file.metadata)
    }
}
