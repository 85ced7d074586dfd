// A network's square as a DICOM image of the same patient: of the class of its source where that is a classic CT, MR or PET
// slice, otherwise Secondary Capture (PS3.3 A.3, A.4, A.21, A.8.1). Patient, study and frame of reference are the source's, by
// request: these are the user's own images; series and object are new.

import DICOM
import Imaging
import Ingestion

struct DerivedImage {
    enum Version: String, CaseIterable {
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

    private let picture: SlicePicture
    private let version: Version
    private let side: Int
    private let frame: SliceFrame
    /// What the new UIDs are made of, so that the same command gives the same files.
    private let key: String
    private let weights: Fingerprint

    init(
        _ picture: SlicePicture, _ version: Version, visible: [Int], view: ReconstructionOptions.View, side: Int,
        weights: Fingerprint
    ) {
        (self.picture, self.version, self.side, self.weights) = (picture, version, side, weights)
        frame = SliceFrame(picture.image.geometry, side: side, view: view)
        // The original does not depend on weights, nor on what is visible.
        let made = version == .original ? "" : "\(weights) \(visible)"
        key = "weft reconstruct 1 \(version.rawValue) \(view.rawValue) \(side) \(made)"
    }

    func write(_ pixels: [UInt16], to path: String) throws {
        let slice = picture.image.slices[picture.origin.slice]
        let source = try DICOMFile(path: slice.path)
        let sopClass = source.string(.sopClassUID) ?? ""
        let isClassic = Self.classic.contains(sopClass) && (source.integer(.numberOfFrames) ?? 1) == 1
        let file = isClassic ? try DICOMWriter(derivedFrom: source) : try secondaryCapture(source)
        let root = file.root
        let kind = source.root.strings(.imageType).dropFirst(2).first ?? (isClassic ? "AXIAL" : "")
        // The standard has no secondary PET images (PS3.3 C.8.9.4.1.4).
        let second = isClassic && sopClass == Self.pet ? "PRIMARY" : "SECONDARY"
        try root.put(.imageType, ["DERIVED", second, kind].filter { !$0.isEmpty }.joined(separator: "\\"))
        try root.put(.sopInstanceUID, uid("instance \(slice.sopInstanceUID) \(slice.path) \(slice.frame)"))
        try root.put(.seriesInstanceUID, uid("series \(picture.origin.series) \(weights)"))
        try root.put(.seriesNumber, 9000 + (Version.allCases.firstIndex(of: version) ?? 0) + 1)
        try root.put(.seriesDescription, "weft \(version.rawValue)")
        try root.put(.instanceNumber, picture.origin.slice + 1)
        try root.put(
            Tag.derivationDescription, "weft \(Weft.version) reconstruct: \(version.sentence); weights \(weights)")
        try reference(source, slice, root)
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
    private func secondaryCapture(_ source: DICOMFile) throws -> DICOMWriter {
        let file = try DICOMWriter()
        let root = file.root
        for tag in Tag.ofPatientAndStudy { try root.put(tag, source.string(tag) ?? "") }
        for tag in Tag.kept { if let text = source.string(tag) { try root.put(tag, text) } }
        try root.put(.sopClassUID, Self.secondaryCapture)
        try root.put(.modality, source.string(.modality) ?? "OT")
        try root.put(Tag.conversionType, "WSD")
        try root.put(Tag.patientOrientation, "")
        return file
    }

    private func reference(_ source: DICOMFile, _ slice: ImageSource.Slice, _ root: DICOMWriter.Item) throws {
        guard let sopClass = source.string(.sopClassUID), let instance = source.string(.sopInstanceUID) else { return }
        try root.append(.sourceImageSequence) { item in
            try item.put(.referencedSOPClassUID, sopClass)
            try item.put(.referencedSOPInstanceUID, instance)
            if source.integer(.numberOfFrames) ?? 1 > 1 {
                try item.put(Tag.referencedFrameNumber, slice.frame + 1)
            }
        }
    }

    /// The square's first pixel lies elsewhere, and its pixels are of another size.
    private func place(_ root: DICOMWriter.Item, _ slice: ImageSource.Slice) throws {
        guard picture.image.patientPosition == .stated else { return }
        let direction = picture.image.geometry.direction
        let origin = slice.position + direction.x * frame.start.x + direction.y * frame.start.y
        try root.put(.imagePositionPatient, [origin.x, origin.y, origin.z])
        try root.put(
            .imageOrientationPatient,
            [direction.x.x, direction.x.y, direction.x.z, direction.y.x, direction.y.y, direction.y.z])
        try root.put(.pixelSpacing, [frame.spacing.y, frame.spacing.x])
    }

    private func putPixels(_ root: DICOMWriter.Item, _ pixels: [UInt16], isPET: Bool, isCT: Bool) throws {
        let (low, high) = (picture.limits.lowerBound, picture.limits.upperBound)
        try root.put(.samplesPerPixel, 1)
        try root.put(.photometricInterpretation, "MONOCHROME2")
        try root.put(.rows, side)
        try root.put(.columns, side)
        try root.put(.bitsAllocated, 16)
        try root.put(.bitsStored, 16)
        try root.put(Tag.highBit, 15)
        try root.put(.pixelRepresentation, 0)
        // A PET's intercept is 0 (PS3.3 C.8.9.4), so that its stored values count from 0, not from the lower end.
        let intercept = isPET ? 0 : low
        let slope = (high - intercept) / 65535
        try root.put(.rescaleIntercept, intercept)
        try root.put(.rescaleSlope, slope)
        if isCT { try root.put(.rescaleType, "HU") }
        try root.put(Tag.windowCenter, (low + high) / 2)
        try root.put(Tag.windowWidth, high - low)
        let stored =
            isPET
            ? pixels.map { pixel in
                let value = low + (high - low) * Double(pixel) / 65535
                return UInt16(min(max((value / slope).rounded(), 0), 65535))
            } : pixels
        try root.put(.pixelData, words: stored)
    }

    /// A UUID-derived UID (PS3.5 B.2) whose UUID is of version 8: 122 bits of our own choice (RFC 9562, 5.8).
    private func uid(_ name: String) -> String {
        let print = Fingerprint(of: "\(key) \(name)")
        let high = print.high & ~0xf000 | 0x8000
        let low = print.low & ~(0b11 << 62) | 0b10 << 62
        return "2.25.\(UInt128(high) << 64 | UInt128(low))"
    }
}

/// Elements that only derived images need, by the keywords of PS3.6.
private enum Tag {
    static let derivationDescription = DICOMTag(0x0008_2111)
    static let conversionType = DICOMTag(0x0008_0064)
    static let referencedFrameNumber = DICOMTag(0x0008_1160)
    static let patientOrientation = DICOMTag(0x0020_0020)
    static let highBit = DICOMTag(0x0028_0102)
    static let windowCenter = DICOMTag(0x0028_1050)
    static let windowWidth = DICOMTag(0x0028_1051)
    /// Type 2 and above of the Patient and General Study modules (PS3.3 C.7.1.1, C.7.2.1).
    static let ofPatientAndStudy: [DICOMTag] = [
        .patientName, .patientID, DICOMTag(0x0010_0030), .patientSex, .studyInstanceUID, DICOMTag(0x0008_0020),
        DICOMTag(0x0008_0030), DICOMTag(0x0008_0090), DICOMTag(0x0020_0010), DICOMTag(0x0008_0050),
    ]
    /// Where the source has them: study description, body part, laterality, frame of reference and its indicator.
    static let kept: [DICOMTag] = [
        .studyDescription, .bodyPartExamined, DICOMTag(0x0020_0060), .frameOfReferenceUID, DICOMTag(0x0020_1040),
    ]
}
