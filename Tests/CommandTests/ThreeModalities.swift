// A folder as a PACS gives it: patients with a CT, a PET and an MR in one frame of reference, and contours on the CT.

import Foundation
import TestSupport

/// Patients under `FOLDER/NAME/`, 20 × 20 × 6 voxels of 1 × 1 × 2 mm each.
struct ThreeModalities {
    /// The square contour of each ROI spans slices 1 to 4, 8 × 8 pixels.
    static let voxels = 8 * 8 * 4

    let scratch: Scratch
    let folder: String

    /// - Parameter rois: of each patient.
    init(_ scratch: Scratch, _ folder: String, rois: [(patient: String, names: [String])]) throws {
        (self.scratch, self.folder) = (scratch, folder)
        for (number, patient) in rois.enumerated() {
            let path = "\(folder)/\(patient.patient)"
            try FileManager.default.createDirectory(atPath: scratch.path(path), withIntermediateDirectories: true)
            for modality in ["CT", "PT", "MR"] { try series(modality, of: patient.patient, number, in: path) }
            try structures(patient.names, number, in: path)
        }
    }

    private static func uid(_ patient: Int, _ modality: String) -> String {
        "2.25.\(1000 * (patient + 1) + (["CT": 1, "PT": 2, "MR": 3][modality] ?? 0))"
    }

    /// HU from -1000 to 1000; 1 to 13 SUV; grey values from 0 to 2000.
    private func series(_ modality: String, of patient: String, _ number: Int, in path: String) throws {
        let sopClass = [
            "CT": "1.2.840.10008.5.1.4.1.1.2", "PT": "1.2.840.10008.5.1.4.1.1.128", "MR": "1.2.840.10008.5.1.4.1.1.4",
        ][modality]
        let series = Self.uid(number, modality)
        for slice in 0..<6 {
            var data = DICOMBytes()
            data.text(0x0008_0016, "UI", sopClass ?? "")
            data.text(0x0008_0018, "UI", "\(series).\(slice)")
            data.text(0x0008_0021, "DA", "20200301")
            data.text(0x0008_0022, "DA", "20200301")
            data.text(0x0008_0031, "TM", "130000")
            data.text(0x0008_0032, "TM", "130000")
            data.text(0x0008_0060, "CS", modality)
            data.text(0x0010_0020, "LO", patient)
            data.text(0x0010_1030, "DS", "80")
            data.text(0x0018_0050, "DS", "2")
            data.text(0x0020_000D, "UI", "2.25.\(number + 1)")
            data.text(0x0020_000E, "UI", series)
            data.text(0x0020_0032, "DS", "0\\0\\\(2 * slice)")
            data.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
            data.text(0x0020_0052, "UI", "2.25.\(500 + number)")
            data.describePixels("MONOCHROME2", columns: 20, rows: 20)
            data.text(0x0028_0030, "DS", "1\\1")
            if modality == "PT" { data.text(0x0028_0051, "CS", "DECY\\ATTN") }
            data.text(0x0028_1052, "DS", modality == "CT" ? "-1000" : "0")
            data.text(0x0028_1053, "DS", modality == "PT" ? "33" : "1")
            if modality == "PT" {
                var tracer = DICOMBytes()
                tracer.text(0x0018_1072, "TM", "120000")
                tracer.text(0x0018_1074, "DS", "400000000")
                tracer.text(0x0018_1075, "DS", "6586")
                data.sequence(0x0054_0016, [tracer])
                data.text(0x0054_1001, "CS", "BQML")
                data.text(0x0054_1102, "CS", "START")
            }
            data.words(0x7FE0_0010, "OW", (0..<400).map { UInt16(($0 * 37 + slice * 101 + $0 * $0 % 89) % 2001) })
            let file = Data(data.file(sopClass: sopClass ?? ""))
            try file.write(to: scratch.folder.appendingPathComponent("\(path)/\(modality)-\(slice).dcm"))
        }
    }

    private func structures(_ names: [String], _ number: Int, in path: String) throws {
        let files = try PlanFiles()
        let series = Self.uid(number, "CT")
        try files.writeStructureSet(
            names.enumerated().map { index, name in
                PlanFiles.ROI(
                    index + 1, name,
                    contours: (1...4).map { PlanFiles.square(x: 3.5, y: 3.5 + Double(index), z: 2 * Double($0)) })
            }, frame: "2.25.\(500 + number)", series: series)
        try FileManager.default.moveItem(
            atPath: files.path + "/rt.dcm", toPath: scratch.path("\(path)/rt.dcm"))
    }
}
