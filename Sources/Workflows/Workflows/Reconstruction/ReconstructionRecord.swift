import Encoding
import Files
import Foundation
import Ingestion
import Reconstruction

/// `reconstructions.json`: what lies in a folder of reconstructions and how it was made; `weft compare` reads it.
struct ReconstructionRecord: Codable {
    struct Network: Codable {
        /// The weights' file.
        var weights: String
        var fingerprint: String
        var imageSize: Int
        var patchSide: Int
        /// Of the run that trained it, where that is known.
        var bins: Int?
        var sharpness: Double?
    }

    struct Masking: Codable {
        /// Nil when the patches were given.
        var hidden: Double?
        var seed: UInt64?
    }

    struct Picture: Codable {
        var name: String
        var patient: String
        var study: String
        var series: String
        var modality: String
        var image: String
        var slice: Int
        /// From 0, row by row.
        var visible: [Int]
        /// A stored value v of the 16-bit PNGs stands for offset + scale · v in the unit of the image.
        var offset: Double
        var scale: Double
        /// Predicted pixels beyond the range, which are clipped to its ends.
        var clipped: Int
        /// Mean squared errors of the hidden patches, grey values 0 to 1: of the network, and of the mean grey of what it saw. Nil
        /// in records of earlier versions, and where nothing is hidden.
        var mse: Double?
        var meanGreyMSE: Double?
        var panel: String
        var original: String
        var masked: String
        var reconstruction: String
        var pasted: String

        private enum CodingKeys: String, CodingKey {
            case name = "case"
            case patient, study, series, modality, image, slice, visible, offset, scale, clipped, mse
            case meanGreyMSE = "mse_mean_grey"
            case panel, original, masked, reconstruction, pasted
        }
    }

    static let fileName = "reconstructions.json"

    var weft = Release.version
    var command: String
    var format: String
    var view: SliceView
    var network: Network
    var masking: Masking
    var pictures: [Picture] = []

    func write(to folder: String) throws {
        let data = try JSON.document(self)
        try writeWholeFile(at: "\(folder)/\(Self.fileName)", data)
    }

    static func exists(in folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(fileName)")
    }

    /// - Throws: ``ReconstructionError`` when the file is no record, or its sizes cannot be.
    init(readingFrom folder: String) throws(ReconstructionError) {
        let path = "\(folder)/\(Self.fileName)"
        do {
            self = try JSONDecoder().decode(Self.self, from: readWholeFile(at: path))
        } catch let error as FileReadingError {
            throw .noRecord(path: path, reason: error.reason)
        } catch {
            throw .noRecord(path: path, reason: SystemError.text(of: error))
        }
        guard (1...1 << 14).contains(network.imageSize), (1...network.imageSize).contains(network.patchSide) else {
            throw .recordedSize(path: path, side: network.imageSize, patch: network.patchSide)
        }
        let count = grid.count
        for picture in pictures where picture.visible.contains(where: { !(0..<count).contains($0) }) {
            throw .recordedPatch(path: path, picture: picture.name, count: count)
        }
    }

    init(command: String, format: String, view: SliceView, network: Network, masking: Masking) {
        (self.command, self.format, self.view) = (command, format, view)
        (self.network, self.masking) = (network, masking)
    }

    var grid: PatchGrid {
        PatchGrid(width: network.imageSize, height: network.imageSize, side: network.patchSide)
    }
}
