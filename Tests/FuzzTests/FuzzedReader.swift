import Evaluation
import Finetuning
import Foundation
import Imaging
import Ingestion
import MaskedAutoencoder
import NeuralNetwork
import Pretraining
import Radiomics
import SettingsFile
import Tables
import Training

/// What reads bytes that others wrote.
enum FuzzedReader: String, CaseIterable {
    case dicom, rtstruct, seg, png, nifti, nrrd, metaImage, safetensors, pickle, settings, cells, journal, log

    var fileName: String {
        switch self {
        case .dicom, .rtstruct, .seg: "input.dcm"
        case .png: "input.png"
        case .nifti: "input.nii.gz"
        case .nrrd: "input.seg.nrrd"
        case .metaImage: "input.mha"
        case .safetensors: "input.safetensors"
        case .pickle: "input.pth"
        case .settings: "input.yaml"
        case .cells: "input.csv"
        case .journal: "input.csv.partial"
        case .log: "input.jsonl"
        }
    }

    /// Parts of the format.
    var words: [[UInt8]] {
        let texts: [String] =
            switch self {
            case .dicom, .rtstruct, .seg:
                ["OB", "OW", "UN", "SQ", "DS", "IS", "US", "LO", "MONOCHROME1", "PALETTE COLOR", "1.2.840.10008.1.2.1"]
            case .nifti:
                ["n+1\u{0}", "ni1\u{0}", "<Label Key=\"1\">", "]]>", "\u{0}\u{0}\u{C0}\u{7F}", "\u{1F}\u{8B}\u{8}"]
            case .nrrd:
                [
                    "sizes: 9 9 9\n", "type: double\n", "encoding: ascii\n", "encoding: bzip2\n", "byte skip: -1\n",
                    "line skip: 9\n", "Segment0_Layer:=7\n", "space: RAS\n", "data file: LIST 2\na.raw\n", "nan",
                    "1e999",
                    "(1,2,3) ", "kinds: list\n", "dimension: 16\n", "data file: %d 1 9999999 1\n", "\n\n",
                ]
            case .metaImage:
                [
                    "NDims = 4\n", "ElementType = MET_DOUBLE\n", "HeaderSize = -1\n", "BinaryData = False\n", "LIST\n",
                    " 1e999", " = ",
                ]
            case .png: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "sBIT", "gAMA"]
            case .safetensors:
                ["\"F32\"", "\"BF16\"", "\"shape\":[", "\"data_offsets\":[0,", "__metadata__", "blocks.7."]
            case .pickle: ["q\u{0}", "X\u{4}\u{0}\u{0}\u{0}", "h\u{0}", "t", "}", "u.", "ctorch\nFloatStorage\n"]
            case .settings: [": ", "- ", "&a ", "*a", "{", "[", "null", "true", "1e99", "\n  ", "!!binary ", "|\n"]
            case .cells: [",", "\"", "\n", "\r\n", ";", "\"\"", "\u{FEFF}", "nan"]
            case .journal, .log: ["\"", "\n", ",", "null", "1e999", "\\u0000", "{", "}"]
            }
        return texts.map { Array($0.utf8) }
    }

    /// Reads the file as the commands do. Returns what went wrong, in words, or nil when it was read.
    /// - Throws: an error that no reader should give.
    func read(_ path: String, _ corpus: FuzzCorpus) throws -> String? {
        switch self {
        case .dicom: return try Self.ingest(path, masksOn: nil)
        case .png: return try Self.ingest(path, masksOn: nil) ?? Self.labels(path, on: corpus.picture)
        case .nifti, .nrrd, .metaImage: return try Self.volume(path)
        case .rtstruct, .seg:
            return try Self.ingest(path, masksOn: corpus.series)
        case .safetensors, .pickle:
            do throws(WeightsFileError) {
                _ = try EncoderWeights(path: path)
                return nil
            } catch { return error.description }
        case .settings: return Self.settings(path)
        case .cells: return try Self.cells(path)
        case .journal: return try corpus.table.resume(journal: path)
        case .log: return try Self.log(path)
        }
    }

    /// Loads every image of the file, and reads its masks onto another.
    private static func ingest(_ path: String, masksOn image: ImageSource?) throws -> String? {
        do {
            let archive = try Archive.scan([path], jobs: 1)
            for found in archive.images { try load(found) }
            if let image { for mask in archive.masks { _ = try mask.regions(on: image) } }
            return archive.skipped.first?.reason
        } catch let error as IngestionError { return error.description }
    }

    /// As images, and as a mask on the first of them.
    private static func volume(_ path: String) throws -> String? {
        let (asImage, asMask) = (try ingest(path, masksOn: nil), mask(path))
        return asImage ?? asMask
    }

    private static func mask(_ path: String) -> String? {
        do throws(IngestionError) {
            let mask = try MaskSource(labelVolume: path)
            for image in try Archive.scan([path], jobs: 1).images.prefix(1) { _ = try mask.regions(on: image) }
            return nil
        } catch { return error.description }
    }

    /// Reads a PNG as a mask, whatever it is called.
    private static func labels(_ path: String, on image: ImageSource) throws -> String? {
        do {
            _ = try MaskSource(labelImage: path).regions(on: image)
            return nil
        } catch let error as IngestionError { return error.description }
    }

    /// Pictures of a size that damage claims are passed over: that they are refused or fit is the reader's to say.
    private static func load(_ image: ImageSource) throws {
        let size = image.geometry.size
        guard size.x * size.y * size.z <= 1 << 24 else { return }
        _ = try image.load(jobs: 1)
    }

    private static func settings(_ path: String) -> String? {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        var faults: [SettingsError] = []
        func attempt(_ body: () throws(SettingsError) -> Void) {
            do throws(SettingsError) { try body() } catch { faults.append(error) }
        }
        attempt { () throws(SettingsError) in _ = try ExtractionSettings(yaml: text).columns }
        attempt { () throws(SettingsError) in _ = try PretrainingSettings(yaml: text) }
        attempt { () throws(SettingsError) in _ = try FinetuningSettings(yaml: text) }
        attempt { () throws(SettingsError) in _ = try AblationPlan(yaml: text, folder: "") }
        return faults.isEmpty ? nil : faults.map(\.description).joined(separator: "; ")
    }

    private static func cells(_ path: String) throws -> String? {
        var faults: [String] = []
        func attempt(_ body: () throws -> Void) throws {
            do { try body() } catch let error as IngestionError {
                faults.append(error.description)
            } catch let error as DatasetError { faults.append(error.description) }
        }
        try attempt { _ = try Manifest(path: path) }
        try attempt { _ = try DatasetSource(path: path) }
        try attempt { _ = try PredictionFile(path: path) }
        return faults.isEmpty ? nil : faults.joined(separator: "; ")
    }

    private static func log(_ path: String) throws -> String? {
        var broken = 0
        try LineLog.forEachLine(of: path) { line in
            if StepRecord(json: line) == nil, ValidationRecord(json: line) == nil { broken += 1 }
        }
        return broken == 0 ? nil : "\(broken) lines are not whole"
    }
}
