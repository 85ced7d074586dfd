import Foundation
import MaskedAutoencoder
import Preparation

/// What a network makes of one image: three pictures of `side` × `side` grey values next to each other.
public struct HeldOutReconstruction: Sendable {
    /// The file that the slice is from.
    public var source: String
    /// Rows and columns of each picture, pixels.
    public var side: Int
    /// `[side, 3 · side]`: the image, what the encoder sees of it (the rest grey), the reconstruction pasted into the masked
    /// patches.
    public var pixels: [UInt8]
}

extension Trainer {
    /// Of `count` images spread over the held-out ones (over the training ones where none is held out), or as many as there
    /// are.
    public func reconstructions(count: Int) throws -> [HeldOutReconstruction] {
        let all = holdout.validation.isEmpty ? holdout.training : holdout.validation
        let slices = (0..<min(count, all.count)).map { all[(2 * $0 + 1) * all.count / (2 * min(count, all.count))] }
        let loader = heldOutLoader(slices)
        let size = settings.model.imageSize
        let configuration = network.configuration
        return try slices.indices.map { index in
            let batch = try loader.batch([index], epoch: 0)
            let mask = mask("report", epoch: 0, item: slices[index], images: 1)
            let whole = network.forward(batch.values, mask: mask).predictedImages()
            let masked = Set(mask.masked)
            let grey = { (value: Float) in UInt8(grey: loader.normalisation.grey(value)) }
            var rows: [UInt8] = []
            rows.reserveCapacity(3 * size * size)
            func isMasked(_ x: Int, _ y: Int) -> Bool {
                masked.contains(y / configuration.patchSide * configuration.patchColumns + x / configuration.patchSide)
            }
            for y in 0..<size {
                let line = y * size..<(y + 1) * size
                rows += batch.values[line].map(grey)
                rows += (0..<size).map { isMasked($0, y) ? 128 : grey(batch.values[y * size + $0]) }
                rows += (0..<size).map { grey(isMasked($0, y) ? whole[y * size + $0] : batch.values[y * size + $0]) }
            }
            return HeldOutReconstruction(source: store.source(of: slices[index]), side: size, pixels: rows)
        }
    }

    /// What was taken as patients where the images do not say it; nil where they do.
    public var patientsInWords: String? {
        let pngs = store.contents.series.count { $0.modality == "PNG" }
        guard pngs > 0 else { return nil }
        if !settings.data.patients.isEmpty {
            return
                "as \(URL(fileURLWithPath: settings.data.patients).lastPathComponent) says; a PNG that it does not name counts "
                + "as a patient of its own"
        }
        let each = settings.data.preparation.pngPatient == .file ? "file name" : "folder"
        return
            "each \(each) of \(pngs) PNGs is taken as a patient; where several are of one patient, give --patients CSV, or the "
            + "held-out images are no test"
    }

    /// How many images of each modality the slices are from, in alphabetical order: `3 CT, 1 MR`; empty without any.
    public var modalities: String {
        let counts = Dictionary(grouping: store.contents.series, by: \.modality).mapValues { $0.count }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    /// Values of all weights.
    public var parameterCount: Int { network.weights.layout.count }
}
