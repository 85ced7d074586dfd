import Evaluation
import Foundation
import TextureCore

/// How far the texture of reconstructions is from that of their originals: of folders that ``ImageReconstruction`` wrote, of
/// pairs of pictures, or of images that networks reconstruct on the spot.
public struct ReconstructionComparison: Sendable {
    /// Folders of reconstructions, one per model; or originals and one or more sets of reconstructions, files or folders
    /// paired by name; or, with weights, images to reconstruct.
    public var inputs: [String]
    /// Networks that reconstruct the images on the spot, the same patches hidden from each.
    public var weights: [String] = []
    /// With the weights of runs: only patients that none of them was trained on.
    public var heldOut = false
    /// What the models are called; empty: after their files or folders.
    public var names: [String] = []
    public var slices = SliceInput()
    /// Of plain pictures: the values that are black and white; of PNGs, where none is given, what their bits can hold.
    public var window = ComparisonWindow.common
    /// Side of a patch of plain pictures, pixels.
    public var patch = 16
    /// Grey levels, over the whole range; nil: as the first model was trained, else 32.
    public var bins: Int?
    /// L of the differentiable counts; nil: as the first model was trained, else 2.5.
    public var sharpness: Double?
    /// Resamples of the patients for the intervals.
    public var resamples = 2000
    /// Of hidden patches and resamples.
    public var seed: UInt64 = 0
    /// How the patient appears in the result.
    public var identity = IdentityDisclosure.pseudonym
    public var jobs = ProcessInfo.processInfo.activeProcessorCount
    /// What the result says of how it was made.
    public var command = ""

    public init(of inputs: [String]) { self.inputs = inputs }

    /// Whether a folder holds what ``ImageReconstruction`` wrote.
    public static func isRecorded(_ path: String) -> Bool { ReconstructionRecord.exists(in: path) }

    /// - Throws: ``ReconstructionError``, ``WorkflowError``, or an error of the weights or of reading images. An image that
    ///   fails throws nothing: the observer hears why.
    public func compare(_ observer: WorkObserver = .silent) throws -> PictureComparison {
        observer.willStart()
        let found = try PictureGathering(self, observer)
        for note in found.compared.notes { observer.note(note) }
        let measurement: TextureMeasurement
        do {
            measurement = try TextureMeasurement(
                bins: bins ?? found.trained?.bins ?? 32, sharpness: sharpness ?? found.trained?.sharpness ?? 2.5)
        } catch let error as SoftLevelsError { throw ReconstructionError.softLevels(error) }
        let progress = observer.begin(
            WorkStep("measuring", unit: "pictures", total: found.compared.pictures.count))
        defer { progress.finish() }
        return try PictureComparison(
            found.compared, measurement: measurement, resamples: resamples, seed: seed, command: command, jobs: jobs
        ) { progress.advance() }
    }
}
