/// The learned backend, for programs that embed weft: `import WeftLearning` brings the networks, what prepares images for
/// them, and the trainers.
@_exported import Finetuning
@_exported import MaskedAutoencoder
@_exported import NeuralNetwork
@_exported import Preparation
@_exported import Pretraining
@_exported import Reconstruction
@_exported import Training
