import Foundation
import Parallel
import Reconstruction

/// Hides patches of slices and lets a pre-trained network fill them in: pictures and data in a folder that
/// ``ReconstructionComparison`` reads.
public struct ImageReconstruction: Sendable {
    /// DICOM files and folders of them, PNGs, or CSV manifests.
    public var inputs: [String]
    /// The network with its decoder: `.safetensors`, or `.pth` with the MAE repository's key names.
    public var weights: String
    public var slices: SliceInput
    /// Of the hidden patches.
    public var seed: UInt64
    public var format: ReconstructionFormat
    /// How the patient appears in the record.
    public var identity: IdentityDisclosure
    public var jobs: Int
    /// What the record says of how it was made.
    public var command: String

    public init(
        of inputs: [String], weights: String, slices: SliceInput = SliceInput(), seed: UInt64 = 0,
        format: ReconstructionFormat = .png, identity: IdentityDisclosure = .pseudonym,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount, command: String = ""
    ) {
        (self.inputs, self.weights, self.slices, self.seed) = (inputs, weights, slices, seed)
        (self.format, self.identity, self.jobs, self.command) = (format, identity, jobs, command)
    }

    /// Of each slice a labelled picture and four versions as data, and a record of all of them.
    /// - Throws: ``ReconstructionError``, ``WorkflowError``, or an error of the weights, of DICOM or of writing. An image that
    ///   fails throws nothing: the observer hears why.
    public func write(to folder: OutputFolder, _ observer: WorkObserver = .silent) throws -> ReconstructionSummary {
        let reconstructor = try Reconstructor.load(weights, slices, seed: seed, jobs: jobs)
        for guess in reconstructor.guesses { observer.note(guess) }
        try folder.prepare(option: "--output")
        let source = try SlicePictures(inputs, slices, identity: identity, jobs: jobs, observer)
        let trained = try TrainedTexture(weights: weights)
        var record = ReconstructionRecord(
            command: command, format: format.rawValue, view: slices.view,
            network: .init(
                weights: identity.shown(weights), fingerprint: reconstructor.fingerprint.description,
                imageSize: reconstructor.imageSize, patchSide: reconstructor.grid.side, bins: trained?.bins,
                sharpness: trained?.sharpness),
            masking: slices.visiblePatches == nil
                ? .init(hidden: slices.maskRatio, seed: seed) : .init(hidden: nil, seed: nil))
        var files = ReconstructionFiles(
            folder: folder.path, format: format, view: slices.view, grid: reconstructor.grid,
            weights: reconstructor.fingerprint)
        observer.willStart()
        let failed = try source.forEachImage(
            side: reconstructor.imageSize, intensity: reconstructor.intensity, observer
        ) { pictures in
            let results = try reconstructor.reconstruct(pictures.map(\.pixels), names: pictures.map(\.name))
            for (picture, result) in zip(pictures, results) {
                record.pictures.append(try files.write(picture, result))
            }
        }
        // Last: where it is, all the others are.
        try record.write(to: folder.path)
        return ReconstructionSummary(
            slices: record.pictures.count, failed: failed,
            errors: record.pictures.compactMap { picture in
                picture.mse.flatMap { network in picture.meanGreyMSE.map { (network, $0) } }
            })
    }
}

/// How the data of reconstructions are written.
public enum ReconstructionFormat: String, CaseIterable, Sendable {
    /// 16 bits, with the scale in the record.
    case png
    /// Derived images of the same patient and study in new series; DICOM input only.
    case dicom
}

/// How a reconstruction went.
public struct ReconstructionSummary: Sendable {
    public internal(set) var slices: Int
    /// Images.
    public internal(set) var failed: Int
    /// Means over the slices of the errors of their hidden patches; nil where nothing was hidden.
    public let error: HiddenError?

    init(slices: Int, failed: Int, errors: [(network: Double, meanGrey: Double)]) {
        (self.slices, self.failed) = (slices, failed)
        let count = Double(errors.count)
        error =
            errors.isEmpty
            ? nil
            : HiddenError(
                network: errors.reduce(0) { $0 + $1.network } / count,
                meanGrey: errors.reduce(0) { $0 + $1.meanGrey } / count)
    }

    /// For a person: how right the network is, and whether it is better than no network.
    public var text: String {
        var text = "\(slices) slice(s)"
        guard let error else { return text }
        text += String(
            format: "; mean squared error of the hidden patches %.4g, of their mean grey guess %.4g (grey 0 to 1)",
            error.network,
            error.meanGrey)
        if error.network >= error.meanGrey { text += ": the network is no better than one grey" }
        return text
    }
}

extension Reconstructor {
    /// With the masks of a request; a mask that is a PNG is read once the network's grid is known.
    static func load(_ weights: String, _ slices: SliceInput, seed: UInt64, jobs: Int) throws -> Reconstructor {
        let masks = try slices.masks(seed: seed, grid: nil)
        let first = try Reconstructor(weights: weights, masks: masks, workers: Workers(jobs))
        let final = try slices.masks(seed: seed, grid: first.grid)
        return final == masks ? first : try Reconstructor(weights: weights, masks: final, workers: Workers(jobs))
    }
}
