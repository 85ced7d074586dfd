import NeuralNetwork
import Preparation

/// What a ``TrainingLoop`` trains: its gradients, its records and its held-out images. The loop knows files, time and the
/// optimiser, and nothing of the network.
package protocol Trainable: AnyObject {
    /// What a batch was measured by.
    associatedtype Loss
    associatedtype Step: LogRecord
    associatedtype Validation: LogRecord

    /// Writes the gradients of a batch into those of the network.
    /// - Throws: ``NonFiniteLoss`` before the gradients are of any use, and what else goes wrong.
    func gradients(of batch: ImageBatch, at position: StepPosition) throws -> Loss
    /// The line of a step that was taken.
    func record(_ loss: Loss, _ measured: StepMeasurement) -> Step
    /// Measures the held-out images after an epoch (from 0) and `step` steps; nil where none is held out.
    func validate(epoch: Int, step: Int) throws -> Validation?
    /// Whether a checkpoint of this moment is kept for good.
    func keepsCheckpoint(afterEpochs epochs: Int) -> Bool
    /// What else a checkpoint says, beside epoch, seed and slices: all that a reader of its weights needs, as the model says it.
    var checkpointMetadata: [String: String] { get }
    /// As YAML: a run goes on with no others, unless that is wanted.
    var settingsText: String { get }
    /// Tensors that belong to the weights and are not trained; they are valid within `body` only.
    func withFixedTensors<Result>(_ body: ([NamedTensor]) throws -> Result) rethrows -> Result
}

extension Trainable {
    package func keepsCheckpoint(afterEpochs epochs: Int) -> Bool { false }
    package var checkpointMetadata: [String: String] { [:] }
    package func withFixedTensors<Result>(_ body: ([NamedTensor]) throws -> Result) rethrows -> Result { try body([]) }
}

/// Where a step stands in its run; all that is random in it follows from these numbers and the seed.
package struct StepPosition: Hashable, Sendable {
    /// How many steps there were before.
    package let step: Int
    /// From 0.
    package let epoch: Int
    /// Epochs done, with the share of this one: the time of the learning rate.
    package let time: Double

    package init(step: Int, stepsPerEpoch: Int) {
        let (epoch, index) = step.quotientAndRemainder(dividingBy: stepsPerEpoch)
        (self.step, self.epoch) = (step, epoch)
        time = Double(epoch) + Double(index) / Double(stepsPerEpoch)
    }
}

/// What the loop measures of a step.
package struct StepMeasurement: Hashable, Sendable {
    /// From 0.
    package var epoch: Int
    /// How many steps there were, this one included.
    package var step: Int
    package var learningRate: Double
    /// Of the gradient as it came, before clipping.
    package var gradientNorm: Double
    /// Waiting for the images counts: the rate is that of the run.
    package var imagesPerSecond: Double
}

/// A loss that is not finite; the loop says where, and with which images.
package struct NonFiniteLoss: Error, Hashable {
    /// The term of the loss, for people.
    package var term: String

    package init(term: String) { self.term = term }
}
