import Figures
import Foundation
import Imaging
import Ingestion
import PNG
import Reconstruction
import Reports

/// Writes what a network made of slices: a labelled picture and four versions as data.
struct ReconstructionFiles {
    let folder: String
    let format: ReconstructionFormat
    let view: SliceView
    let grid: PatchGrid
    /// Fingerprint of the weights.
    let weights: Fingerprint
    private var names: Set<String> = []

    init(
        folder: String, format: ReconstructionFormat, view: SliceView, grid: PatchGrid,
        weights: Fingerprint
    ) {
        (self.folder, self.format, self.view) = (folder, format, view)
        (self.grid, self.weights) = (grid, weights)
    }

    mutating func write(
        _ picture: SlicePicture, _ result: Reconstructor.Result
    ) throws -> ReconstructionRecord.Picture {
        if format == .dicom, picture.image.format != .dicom {
            throw IngestionError.unreadable(
                path: picture.image.path, reason: "a PNG belongs to no DICOM study; leave out --format dicom")
        }
        let stem = unusedName(picture)
        let seen = grid.pixels(of: result.visible)
        let masked = picture.pixels.indices.map { seen[$0] ? picture.pixels[$0] : 0 }
        let pasted = picture.pixels.indices.map { seen[$0] ? picture.pixels[$0] : result.pixels[$0] }
        let hidden = seen.map { !$0 }
        let panel = PictureRow.canvas(
            title: "\(picture.origin.caseID), slice \(picture.origin.slice)",
            [
                .init("original", grey: eightBits(picture.pixels)),
                .init("visible", grey: eightBits(picture.pixels), hidden: hidden),
                .init("reconstruction", grey: eightBits(result.pixels)),
                .init("pasted", grey: eightBits(pasted)),
            ], width: grid.width, height: grid.height)
        let panelName = "\(stem)_panel.png"
        try PNGWriter.write(
            rgb: panel.samples, width: panel.width, height: panel.height, to: "\(folder)/\(panelName)")
        var files: [String: String] = [:]
        let versions: [(DerivedImage.Version, [UInt16])] = [
            (.original, picture.pixels), (.masked, masked), (.reconstruction, result.pixels), (.pasted, pasted),
        ]
        for (version, pixels) in versions {
            let name = "\(stem)_\(version.rawValue).\(format == .png ? "png" : "dcm")"
            files[version.rawValue] = name
            switch format {
            case .png:
                try PNGWriter.write(
                    grey: pixels, width: grid.width, height: grid.height, to: "\(folder)/\(name)")
            case .dicom:
                let source = DerivedImage.Source(
                    image: picture.image, slice: picture.origin.slice, limits: picture.limits, view: view,
                    side: grid.width)
                try DerivedImage(
                    source, version, visible: result.visible, weights: weights, release: Release.version
                ).write(pixels, to: "\(folder)/\(name)")
            }
        }
        let origin = picture.origin
        let error = HiddenError(
            original: picture.pixels, reconstruction: result.pixels, grid: grid, visible: result.visible)
        return ReconstructionRecord.Picture(
            name: origin.caseID, patient: origin.patient, study: origin.study, series: origin.series,
            modality: origin.modality, image: picture.shownPath, slice: origin.slice, visible: result.visible,
            offset: picture.limits.lowerBound,
            scale: (picture.limits.upperBound - picture.limits.lowerBound) / 65535, clipped: result.clipped,
            mse: error?.network, meanGreyMSE: error?.meanGrey, panel: panelName, original: files["original"] ?? "",
            masked: files["masked"] ?? "",
            reconstruction: files["reconstruction"] ?? "", pasted: files["pasted"] ?? "")
    }

    private func eightBits(_ pixels: [UInt16]) -> [UInt8] { pixels.map { UInt8((Int($0) + 128) / 257) } }

    /// The cases come in the same order every time, so a number tells equal names apart.
    private mutating func unusedName(_ picture: SlicePicture) -> String {
        let digits = String(picture.origin.slice)
        let number = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        let name = "\(OutputFolder.fileName(picture.origin.caseID))_s\(number)"
        var unused = name
        var count = 2
        while !names.insert(unused).inserted {
            unused = "\(name)-\(count)"
            count += 1
        }
        return unused
    }
}
