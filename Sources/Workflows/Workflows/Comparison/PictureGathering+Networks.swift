import Evaluation
import Foundation
import Reconstruction

extension PictureGathering {
    /// Pictures that networks reconstruct on the spot, the same patches hidden from each.
    mutating func reconstruct(_ observer: WorkObserver) throws {
        let networks = try request.weights.map {
            try Reconstructor.load($0, request.slices, seed: request.seed, jobs: request.jobs)
        }
        for (path, network) in zip(request.weights, networks).dropFirst() {
            guard network.grid == networks[0].grid else {
                throw ReconstructionError.differs(
                    path: path, found: "squares of \(network.grid.width) pixels in patches of \(network.grid.side)",
                    first: request.weights[0], expected: "\(networks[0].grid.width) in \(networks[0].grid.side)")
            }
            guard network.intensity == networks[0].intensity else {
                throw ReconstructionError.differs(
                    path: path, found: "other ranges of grey values (metadata intensity)", first: request.weights[0],
                    expected: "its own")
            }
        }
        compared.models = request.weights.map(Self.modelName)
        for ((path, model), network) in zip(zip(request.weights, compared.models), networks) {
            for guess in network.guesses {
                observer.note("\(path): \(guess)")
                compared.notes.append("\(model): \(guess).")
            }
        }
        trained = try request.weights.lazy.compactMap { try TrainedTexture(weights: $0) }.first
        var source = try SlicePictures(
            request.inputs, request.slices, identity: request.identity, jobs: request.jobs, observer)
        var namesArePatients = false
        if request.heldOut {
            let held = try TrainingRun.heldOut(by: request.weights, jobs: request.jobs)
            (source.patients, source.patientRule) = (held.patients, held.rule)
            namesArePatients = held.rule.table == nil
        } else {
            compared.notes.append(
                "The networks may have been trained on some of these pictures (--held-out leaves those out).")
        }
        var found: [ReconstructedPicture] = []
        var windows = Windows()
        compared.failed = try source.forEachImage(
            side: networks[0].imageSize, intensity: networks[0].intensity, observer
        ) { slices in
            let made = try networks.map { try $0.reconstruct(slices.map(\.pixels), names: slices.map(\.name)) }
            if let slice = slices.first { windows.add(slice.limits, slice.origin.modality, cut: slice.cutShare) }
            for (index, slice) in slices.enumerated() {
                found.append(
                    ReconstructedPicture(
                        slice.origin, grid: networks[0].grid, visible: made[0][index].visible, original: slice.pixels,
                        reconstructions: made.map { $0[index].pixels }))
            }
        }
        compared.pictures = found
        if namesArePatients, found.contains(where: { $0.origin.modality == "PNG" }) {
            compared.notes.append(
                "Each file name (or folder) of the PNGs was taken as a patient when the networks' held-out images were chosen: "
                    + "where several are of one patient, they are no test (weft pretrain --patients).")
        }
        compared.window = windows.words
        if let warning = windows.warning { compared.notes.append(warning) }
        let hidden = request.slices.visiblePatches.map { "visible patches of \(request.identity.shown($0))" }
        compared.about =
            "Squares of \(networks[0].grid.width) pixels, patches of \(networks[0].grid.side); "
            + (hidden ?? "\(request.slices.maskRatio) of the patches hidden, seed \(request.seed)")
            + ", the same for each model; weights "
            + zip(compared.models, networks).map { "\($0.0) \($0.1.fingerprint.description.prefix(12))" }.joined(
                separator: ", ")
    }

    /// The folder of a run for its model.safetensors, else the file without suffix.
    private static func modelName(_ path: String) -> String {
        let file = URL(fileURLWithPath: path)
        let name = file.deletingPathExtension().lastPathComponent
        return ["model", "last", "best"].contains(name) ? file.deletingLastPathComponent().lastPathComponent : name
    }
}

extension PictureGathering {
    /// What the networks see of the values, by modality.
    struct Windows {
        private var limits: [String: Set<ClosedRange<Double>>] = [:]
        private var cuts: [Double] = []

        mutating func add(_ range: ClosedRange<Double>, _ modality: String, cut: Double? = nil) {
            limits[modality, default: []].insert(range)
            if let cut { cuts.append(cut) }
        }

        /// `CT -160 to 240 HU, MR of each image by itself`.
        var words: String {
            limits.sorted { $0.key < $1.key }.map { modality, ranges in
                let unit = modality == "CT" ? " HU" : ""
                guard ranges.count == 1, let range = ranges.first else { return "\(modality) of each image by itself" }
                return "\(modality) \(shownBriefly(range.lowerBound)) to \(shownBriefly(range.upperBound))\(unit)"
            }.joined(separator: ", ")
        }

        /// Where the networks do not see more than 1 % of an image's voxels as they are.
        var warning: String? {
            let many = cuts.filter { $0 > 0.01 }
            guard let most = many.max() else { return nil }
            return "warning: the networks' window (\(words)) cuts more than 1 % of the voxels of \(many.count) of "
                + "\(cuts.count) images, \(shownShare(most)) at most: texture beyond it is not compared"
        }
    }
}
