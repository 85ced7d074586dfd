import DICOM
import Files
import Foundation
import Ingestion
import Testing

/// Writer and reader are each other's inverse.
@Suite("Writing DICOM")
struct DICOMWriterTests {
    private func written(
        as syntax: DICOMWriter.TransferSyntax = .explicitLittleEndian,
        _ fill: (DICOMWriter.Item) throws -> Void,
        _ check: (DICOMFile, Data) throws -> Void
    ) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-writer-\(UUID()).dcm").path
        let writer = try DICOMWriter()
        try writer.root.put(.sopClassUID, "1.2.840.10008.5.1.4.1.1.7")
        try writer.root.put(.sopInstanceUID, "1.2.3")
        try fill(writer.root)
        try writer.write(to: path, as: syntax)
        defer { unlink(path) }
        try check(try DICOMFile(path: path), try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test("text, numbers, sequences and pixels come back", arguments: DICOMWriter.TransferSyntax.allCases)
    func roundTrip(syntax: DICOMWriter.TransferSyntax) throws {
        let pixels = (0..<300 * 200).map { UInt16(truncatingIfNeeded: $0 &* 7919) }
        try written(as: syntax) { root in
            try root.put(.patientName, "Größe^Ωmega")
            try root.put(.imagePositionPatient, [-71.25, 1.0 / 3, 1e-7])
            try root.append(.segmentSequence) { try $0.put(.segmentNumber, 1) }
            try root.append(.segmentSequence) { try $0.put(.segmentLabel, "zwei") }
            for (tag, value) in [
                (DICOMTag.samplesPerPixel, 1), (.rows, 200), (.columns, 300), (.bitsAllocated, 16), (.bitsStored, 16),
                (.pixelRepresentation, 0), (DICOMTag(0x0028_0102), 15),
            ] { try root.put(tag, value) }
            try root.put(.photometricInterpretation, "MONOCHROME2")
            try root.put(.pixelData, words: pixels)
        } _: { file, _ in
            #expect(file.transferSyntax == syntax.rawValue)
            #expect(file.string(.patientName) == "Größe^Ωmega")
            // 16 characters hold 14 digits of 0.333…
            let position = file.doubles(.imagePositionPatient)
            #expect(position == [-71.25, 0.33333333333333, 1e-7])
            #expect(file.items(.segmentSequence).map { $0.integer(.segmentNumber) } == [1, nil])
            #expect(file.items(.segmentSequence).map { $0.string(.segmentLabel) } == [nil, "zwei"])
            var stored = [UInt16](repeating: 0, count: pixels.count)
            try stored.withUnsafeMutableBytes { try file.readFrames(0..<1, into: $0) }
            #expect(stored == pixels)
        }
    }

    @Test(
        "a decimal string keeps a number exactly where 16 characters can",
        arguments: [0, -0.0, 1.5, -0.1, 1e-30, -123_456.789, 123_456_789.125, 1e300, 0.97265625]
    )
    func decimals(value: Double) throws {
        try written {
            try $0.put(.rescaleSlope, value)
        } _: { file, _ in
            #expect(file.double(.rescaleSlope) == value)
        }
    }

    @Test(
        "what does not fit an element is refused",
        arguments: [
            (DICOMTag.rows, 65_536.0), (.rows, -1), (.rows, 1.5), (.instanceNumber, 3e9), (.rescaleSlope, .nan),
        ]
    )
    func refused(tag: DICOMTag, value: Double) throws {
        let writer = try DICOMWriter()
        #expect(throws: DICOMWritingError.element(tag: tag, value: "\(value)")) { try writer.root.put(tag, value) }
        #expect(throws: DICOMWritingError.element(tag: tag, value: "an item")) { try writer.root.append(tag) { _ in } }
    }

    @Test("the same calls give the same bytes")
    func repeatable() throws {
        var first = Data()
        try written {
            try $0.put(.patientID, "A")
        } _: {
            first = $1
        }
        try written {
            try $0.put(.patientID, "A")
        } _: {
            #expect($1 == first)
        }
    }

    @Test("a data set without UIDs is refused, saying which")
    func withoutUID() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weft-writer-\(UUID()).dcm").path
        let error = #expect(throws: FileWritingError.self) { try DICOMWriter().write(to: path) }
        #expect(error?.reason == "the data set has no SOP Class UID (0008,0016)")
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
