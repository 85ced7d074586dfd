import MaskedAutoencoder
import Radiomics
import TextureCore

/// Why a case cannot be timed.
package enum BenchmarkError: Error, CustomStringConvertible {
    case noRegion(path: String)
    case levels(path: String, DiscretisationError)
    case extraction(path: String, ExtractionError)
    /// A program that was timed failed.
    case process(command: String, status: Int32)
    case model(ConfigurationError)
    case lossTerm(String)
    case noLossTerm
    case noTorch(python: String)

    package var description: String {
        switch self {
        case .noRegion(let path): "\(path): no image with a mask that gives a region"
        case .levels(let path, let error): "\(path): \(error)"
        case .extraction(let path, let error): "\(path): \(error)"
        case .process(let command, let status): "\(command): ended with status \(status)"
        case .model(let error): error.description
        case .lossTerm(let term): "--loss has the term \(term); expected mse, glcm or ssim, joined by +"
        case .noTorch(let python):
            "\(python): cannot run PyTorch's step; expected a Python that has torch, give it with --python"
        case .noLossTerm: "--loss names no term; expected mse, glcm or ssim, joined by +"
        }
    }
}
