import Radiomics
import Reconstruction
import Statistics
import TextureCore

/// Originals beside the reconstructions of one or more models, wherever they come from.
public struct ComparedPictures: Sendable {
    public var pictures: [ReconstructedPicture] = []
    /// A name for each model, all different.
    public var models: [String] = []
    /// What the reader should know.
    public var notes: [String] = []
    /// How the reconstructions came about, in words.
    public var about = ""
    /// Values between which the grey levels lie, in words with their unit.
    public var window = ""
    /// Images that could not be taken.
    public var failed = 0

    public init() {}
}

/// How far the texture of reconstructions is from that of the originals, feature by feature, and which model is closer.
public struct PictureComparison: Sendable {
    public let compared: ComparedPictures
    public let texture: TextureComparison
    /// The command that asked for it, for the record.
    public let command: String
    public let resamples: Int
    public let seed: UInt64
    public let notes: [String]

    /// The view that stands first: one matrix per picture, where the network had to guess.
    package let mainView: TextureView
    /// Views whose errors are summed up, in the order of the report, each with one row per feature.
    package let summaries: [(view: TextureView, rows: [TextureComparison.Row])]
    /// One row per distance.
    package let distances: [TextureComparison.Row]
    /// The same, of the mean grey of what is visible in place of a network.
    package let meanGrey: [TextureComparison.Row]

    package static let features = TextureMeasurement.features.map { feature -> (tag: String, title: String) in
        let definition = FeatureDefinition.cooccurrence.first { $0.0 == feature }?.1
        return (definition?.tag ?? "\(feature)", definition?.title ?? "\(feature)")
    }
    /// The names of the distances, each of which is 0 for a perfect reconstruction.
    package static let distanceNames = [
        (tag: "mse", title: "Mean squared error of pixels (grey 0…1)"),
        (tag: "one_minus_ssim", title: "1 - SSIM of patches"),
        (tag: "glcm", title: "GLCM distance (the training's loss)"),
        (tag: "one_minus_ssim_image", title: "1 - SSIM of the picture"),
    ]

    /// - Parameters:
    ///   - resamples: of the patients, for the intervals.
    ///   - command: for the record.
    ///   - jobs: threads; the result does not depend on them.
    ///   - progress: called after each picture, from any thread.
    /// - Precondition: at least one picture; all have the same number of models.
    public init(
        _ compared: ComparedPictures, measurement: TextureMeasurement, resamples: Int, seed: UInt64, command: String,
        jobs: Int, progress: (@Sendable () -> Void)? = nil
    ) throws {
        self.compared = compared
        texture = try TextureComparison(
            compared.pictures, measurement: measurement, jobs: jobs, progress: progress)
        (self.command, self.resamples, self.seed) = (command, resamples, seed)
        let texture = texture
        mainView = TextureView(.image, texture.masksAreKnown ? .masked : .whole, .exact)
        summaries = texture.views.map { ($0, texture.rows($0, resamples: resamples, seed: seed)) }
        let values = texture.distances
        let columns: [(TextureMeasurement.Distances) -> Double] = [
            { $0.meanSquaredError }, { 1 - $0.similarity }, { $0.cooccurrence }, { 1 - $0.imageSimilarity },
        ]
        distances = texture.rows(
            columns.map { column in values.map { model in model.map { $0.map(column) } } }, resamples: resamples,
            seed: seed)
        meanGrey = texture.rows(
            columns.map { column in [texture.meanGrey.map { $0.map(column) }] }, resamples: resamples, seed: seed)
        var notes = compared.notes
        if let grey = meanGrey[0].models[0].mean.value {
            for (name, model) in zip(compared.models, distances[0].models) {
                guard let error = model.mean.value, error >= grey else { continue }
                notes.append(
                    "\(name) is no better than one grey: mean squared error \(shown(error)), that of the mean of what is visible "
                        + "\(shown(grey)).")
            }
        }
        if compared.failed > 0 { notes.append("\(compared.failed) image(s) failed and are left out.") }
        self.notes = notes
    }

    package func rows(_ view: TextureView) -> [TextureComparison.Row] {
        summaries.first { $0.view == view }?.rows ?? []
    }

    package var summary: String {
        let window = compared.window.isEmpty ? "" : "window \(compared.window), "
        let count = texture.origins.count
        return
            "\(count == 1 ? "1 picture" : "\(count) pictures") of \(countOfUnits), "
            + "\(compared.models.joined(separator: " and ")); \(window)"
            + "\(texture.measurement.bins) grey levels, L = \(shown(texture.measurement.sharpness))"
    }
}
