// A network's square as a DICOM image of the same patient: of the class of its source where that is a classic CT, MR or PET
// slice, otherwise Secondary Capture (PS3.3 A.3, A.4, A.21, A.8.1). Patient, study and frame of reference are the source's, by
// request: these are the user's own images; series and object are new.

import DICOM
import Imaging
import Ingestion
import Reconstruction

/// Writes what a network saw or made of a slice.
package struct DerivedImage {
    package enum Version: String, CaseIterable {
        case original, masked, reconstruction, pasted

        var sentence: String {
            switch self {
            case .original: "resized to the square that the network sees"
            case .masked: "resized; patches that the encoder did not see are at the lower end of the range"
            case .reconstruction: "masked autoencoder's reconstruction from the visible patches"
            case .pasted:
                "masked autoencoder's reconstruction in the patches it did not see, resized original elsewhere"
            }
        }
    }

    /// The slice that the square was made of.
    package struct Source {
        var image: ImageSource
        /// Its number in the image, from 0.
        var slice: Int
        /// Values, in the image's unit, that pixels of 0 and 65535 stand for.
        var limits: ClosedRange<Double>
        var view: SliceView
        /// Of the square, pixels.
        var side: Int

        package init(image: ImageSource, slice: Int, limits: ClosedRange<Double>, view: SliceView, side: Int) {
            (self.image, self.slice, self.limits) = (image, slice, limits)
            (self.view, self.side) = (view, side)
        }
    }

    private let source: Source
    private let version: Version
    private let frame: SliceFrame
    /// What the new UIDs are made of, so that the same command gives the same files.
    private let key: String
    private let weights: Fingerprint
    private let release: String

    /// - Parameters:
    ///   - visible: the patches that the encoder saw, ascending.
    ///   - release: of weft.
    package init(_ source: Source, _ version: Version, visible: [Int], weights: Fingerprint, release: String) {
        (self.source, self.version, self.weights, self.release) = (source, version, weights, release)
        frame = SliceFrame(source.image.geometry, side: source.side, view: source.view)
        // The original does not depend on weights, nor on what is visible.
        let made = version == .original ? "" : "\(weights) \(visible)"
        key = "weft reconstruct 1 \(version.rawValue) \(source.view.rawValue) \(source.side) \(made)"
    }

    /// - Parameter pixels: side × side, row by row.
    /// - Throws: `DICOMError` or `DICOMWritingError`.
    package func write(_ pixels: [UInt16], to path: String) throws {
        let slice = source.image.slices[source.slice]
        let original = try DICOMFile(path: slice.path)
        let sopClass = original.string(.sopClassUID) ?? ""
        let isClassic = Self.classic.contains(sopClass) && (original.integer(.numberOfFrames) ?? 1) == 1
        let file = isClassic ? try DICOMWriter(derivedFrom: original) : try secondaryCapture(original)
        let root = file.root
        let kind = original.root.strings(.imageType).dropFirst(2).first ?? (isClassic ? "AXIAL" : "")
        // The standard has no secondary PET images (PS3.3 C.8.9.4.1.4).
        let second = isClassic && sopClass == Self.pet ? "PRIMARY" : "SECONDARY"
        try root.put(.imageType, ["DERIVED", second, kind].filter { !$0.isEmpty }.joined(separator: "\\"))
        try root.put(.sopInstanceUID, uid("instance \(slice.sopInstanceUID) \(slice.path) \(slice.frame)"))
        try root.put(.seriesInstanceUID, uid("series \(source.image.identity.seriesUID) \(weights)"))
        try root.put(.seriesNumber, 9000 + (Version.allCases.firstIndex(of: version) ?? 0) + 1)
        try root.put(.seriesDescription, "weft \(version.rawValue)")
        try root.put(.instanceNumber, source.slice + 1)
        try root.put(
            .derivationDescription, "weft \(release) reconstruct: \(version.sentence); weights \(weights)")
        try reference(original, slice, root)
        try place(root, slice)
        try putPixels(root, pixels, isPET: isClassic && sopClass == Self.pet, isCT: isClassic && sopClass == Self.ct)
        try file.write(to: path)
    }

    private static let (ct, mr, pet) = (
        "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"
    )
    private static let classic: Set = [ct, mr, pet]
    private static let secondaryCapture = "1.2.840.10008.5.1.4.1.1.7"

    /// Patient and study of the source, nothing else of it.
    private func secondaryCapture(_ original: DICOMFile) throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        for tag in Self.ofPatientAndStudy { try root.put(tag, original.string(tag) ?? "") }
        for tag in Self.kept { if let text = original.string(tag) { try root.put(tag, text) } }
        try root.put(.sopClassUID, Self.secondaryCapture)
        try root.put(.modality, original.string(.modality) ?? "OT")
        try root.put(.conversionType, "WSD")
        try root.put(.patientOrientation, "")
        return file
    }

    private func reference(_ original: DICOMFile, _ slice: ImageSource.Slice, _ root: DICOMWriter.Item) throws {
        guard let sopClass = original.string(.sopClassUID), let instance = original.string(.sopInstanceUID) else {
            return
        }
        try root.append(.sourceImageSequence) { item in
            try item.put(.referencedSOPClassUID, sopClass)
            try item.put(.referencedSOPInstanceUID, instance)
            if original.integer(.numberOfFrames) ?? 1 > 1 {
                try item.put(.referencedFrameNumber, slice.frame + 1)
            }
        }
    }

    /// The square's first pixel lies elsewhere, and its pixels are of another size.
    private func place(_ root: DICOMWriter.Item, _ slice: ImageSource.Slice) throws {
        guard source.image.patientPosition == .stated else { return }
        let direction = source.image.geometry.direction
        let origin = slice.position + direction.x * frame.start.x + direction.y * frame.start.y
        try root.put(.imagePositionPatient, [origin.x, origin.y, origin.z])
        try root.put(
            .imageOrientationPatient,
            [direction.x.x, direction.x.y, direction.x.z, direction.y.x, direction.y.y, direction.y.z])
        try root.put(.pixelSpacing, [frame.spacing.y, frame.spacing.x])
    }

    private func putPixels(_ root: DICOMWriter.Item, _ pixels: [UInt16], isPET: Bool, isCT: Bool) throws {
        let (low, high) = (source.limits.lowerBound, source.limits.upperBound)
        try root.put(.samplesPerPixel, 1)
        try root.put(.photometricInterpretation, "MONOCHROME2")
        try root.put(.rows, source.side)
        try root.put(.columns, source.side)
        try root.put(.bitsAllocated, 16)
        try root.put(.bitsStored, 16)
        try root.put(.highBit, 15)
        try root.put(.pixelRepresentation, 0)
        // A PET's intercept is 0 (PS3.3 C.8.9.4), so that its stored values count from 0, not from the lower end.
        let intercept = isPET ? 0 : low
        let slope = (high - intercept) / 65535
        try root.put(.rescaleIntercept, intercept)
        try root.put(.rescaleSlope, slope)
        if isCT { try root.put(.rescaleType, "HU") }
        try root.put(.windowCenter, (low + high) / 2)
        try root.put(.windowWidth, high - low)
        let stored =
            isPET
            ? pixels.map { pixel in
                let value = low + (high - low) * Double(pixel) / 65535
                return slope > 0 ? UInt16(min(max((value / slope).rounded(), 0), 65535)) : 0
            } : pixels
        try root.put(.pixelData, words: stored)
    }

    private func uid(_ name: String) -> String { ContentUID.of("\(key) \(name)") }

    /// Type 2 and above of the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1).
    private static let ofPatientAndStudy: [DICOMTag] = [
        .patientName, .patientID, .patientBirthDate, .patientSex, .studyInstanceUID, .studyDate, .studyTime,
        .referringPhysicianName, .studyID, .accessionNumber,
    ]
    /// Where the source has them.
    private static let kept: [DICOMTag] = [
        .studyDescription, .bodyPartExamined, .laterality, .frameOfReferenceUID, .positionReferenceIndicator,
    ]
}
