// What a DICOM file says about each of its planes (PS3.3 C.7.6.2, C.7.6.16, C.8.4, C.8.5.5).
import DICOM
import Imaging

extension DICOMFile {
    /// Headers of all frames. Checks that the file holds the pixels that it claims, without decoding them.
    public func sliceHeaders() throws(IngestionError) -> [SliceHeader] {
        let layout = try layout()
        let groups = FunctionalGroups(root)
        let frames = layout.frames
        guard groups.perFrame.isEmpty || groups.perFrame.count == frames else {
            throw .badAttribute(
                path: path, name: "number of Per-frame Functional Groups", found: "\(groups.perFrame.count)",
                expected: "\(frames) as Number of Frames says")
        }
        var notes: [String] = []
        if layout.samplesPerPixel > 1 || layout.photometric == "PALETTE COLOR" {
            notes.append("\(layout.photometric) converted to luminance")
        }
        if let inverted = InvertedPhotometric(self, layout) { notes.append(inverted.note) }
        if layout.photometric == "YBR_FULL", string(.photometricInterpretation) == "RGB" {
            notes.append("labelled RGB although its JPEG stream is coded as YCbCr; read as what it is")
        }
        if root.count(.pixelPaddingValue) ?? 0 > 0 {
            notes.append("Pixel Padding Value \(string(.pixelPaddingValue) ?? "") left as it is")
        }
        var template = SliceHeader(
            path: path, frameCount: frames, sopInstanceUID: string(.sopInstanceUID) ?? "",
            instanceNumber: integer(.instanceNumber), identity: identity, columns: layout.columns, rows: layout.rows,
            pixelSpacing: .one, plane: nil, transferSyntax: transferSyntax, notes: notes)
        template.concatenation = SliceHeader.Concatenation(self)
        template.pixels = PixelHeader(self, layout, groups)
        template.warnings = codedBitsWarning(layout).map { [$0] } ?? []
        if groups.perFrame.isEmpty, let sign = signOfMosaic {
            template.refusal =
                "\(sign): the slices of a volume stand side by side as tiles of one picture, expected one"
                + " slice per image; convert the series to one file per slice (or to an enhanced object) first"
        }
        let dimensions = VolumeDimensions(root)
        var headers: [SliceHeader] = []
        // The count is the file's claim: room for more grows as headers come.
        headers.reserveCapacity(min(frames, 65_536))
        for frame in 0..<frames {
            headers.append(try header(of: frame, groups: groups, dimensions: dimensions, template: template))
        }
        return headers
    }

    private func header(
        of frame: Int, groups: FunctionalGroups, dimensions: VolumeDimensions, template: SliceHeader
    ) throws(IngestionError) -> SliceHeader {
        var header = template
        header.frame = frame
        header.plane = try plane(
            position: groups.item(frame, .planePositionSequence) ?? root,
            orientation: groups.item(frame, .planeOrientationSequence) ?? root)
        // Without functional groups all frames share one position: it is that of the first frame only.
        if template.frameCount > 1 && groups.perFrame.isEmpty {
            header.plane = try dosePlane(of: frame, among: template.frameCount)
        }
        if header.plane == nil { header.plane = try detectorPlane(of: frame, among: template.frameCount) }
        let measures = groups.item(frame, .pixelMeasuresSequence) ?? root
        (header.pixelSpacing, header.lengths, header.notes) = try pixelSpacing(measures, notes: template.notes)
        header.sliceSpacing = [.spacingBetweenSlices, .sliceThickness].lazy
            .compactMap { measures.double($0) ?? self.double($0) }
            .map(abs).first { $0 > 0 && $0 <= 1e6 }
        // A cine loop is no stack: its slice thickness says nothing about the way from frame to frame.
        if header.plane == nil {
            header.sliceSpacing = double(.spacingBetweenSlices).map(abs).flatMap { $0 > 0 && $0 <= 1e6 ? $0 : nil }
        }
        header.notes += rescaleNotes(groups.item(frame, .pixelValueTransformationSequence) ?? root)
        header.separators = separators(frame, groups, dimensions)
        header.isLocaliser = header.separators[.imageType]?.contains("LOCALIZER") ?? false
        return header
    }

    /// How a file says that its picture is a Siemens mosaic; nil when it does not. De-identification may take away the one or
    /// the other.
    private var signOfMosaic: String? {
        if root.strings(.imageType).contains(where: { $0.uppercased() == "MOSAIC" }) { return "Image Type says MOSAIC" }
        guard let block = root.privateBlock(0x0019, "SIEMENS MR HEADER"),
            let count = root.integer(block.element(0x0A)), count > 1
        else { return nil }
        return "Siemens' Number of Images in Mosaic (0019,xx0A) says \(count)"
    }

    /// JPEG 2000 keeps the number of bits exactly; the other codecs are often given more than are stored, and lose the sign
    /// when they are given fewer.
    private func codedBitsWarning(_ layout: DICOMPixelLayout) -> String? {
        let jpeg2000: Set = ["1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"]
        guard let coded = layout.codedBits, coded != layout.bitsStored,
            jpeg2000.contains(transferSyntax) || (coded < layout.bitsStored && layout.isSigned)
        else { return nil }
        return
            "the codestream has \(coded) bits a sample, expected \(layout.bitsStored) as Bits Stored (0028,0101) says; the "
            + "header was believed: compare it with the pixels"
    }

    /// Each needs the other (PS3.3 C.11.1); alone it is applied with what changes nothing in the other's place.
    private func rescaleNotes(_ item: DICOMItem) -> [String] {
        guard root.item(.modalityLUTSequence) == nil else { return [] }
        switch (item.string(.rescaleSlope), item.string(.rescaleIntercept)) {
        case (nil, let intercept?) where item.double(.rescaleIntercept) != 0:
            return ["Rescale Intercept \(intercept) without Rescale Slope; a slope of 1 taken"]
        case (let slope?, nil) where item.double(.rescaleSlope) != 1:
            return ["Rescale Slope \(slope) without Rescale Intercept; an intercept of 0 taken"]
        default: return []
        }
    }

    private var identity: ImageIdentity {
        var identity = ImageIdentity()
        identity.patientID = string(.patientID) ?? ""
        identity.patientName = string(.patientName) ?? ""
        identity.studyUID = string(.studyInstanceUID) ?? ""
        identity.studyDescription = string(.studyDescription) ?? ""
        identity.seriesUID = string(.seriesInstanceUID) ?? ""
        identity.seriesDescription = string(.seriesDescription) ?? ""
        identity.seriesNumber = string(.seriesNumber) ?? ""
        identity.modality = string(.modality) ?? ""
        identity.bodyPart = string(.bodyPartExamined) ?? ""
        identity.frameOfReferenceUID = string(.frameOfReferenceUID) ?? ""
        identity.manufacturer = string(.manufacturer) ?? ""
        return identity
    }

    private func plane(position: DICOMItem, orientation: DICOMItem) throws(IngestionError) -> SliceHeader.Plane? {
        let found = orientation.doubles(.imageOrientationPatient)
        let stated = position.doubles(.imagePositionPatient)
        guard position.count(.imagePositionPatient) ?? 0 > 0, !found.isEmpty else { return nil }
        // A body is no longer than this, and differences of larger numbers lose the digits that tell slices apart.
        guard stated.count == 3, stated.allSatisfy({ abs($0) <= 1e6 }) else {
            throw .badAttribute(
                path: path, name: "Image Position (Patient)",
                found: stated.count == 3 ? "\(stated)" : position.string(.imagePositionPatient) ?? "\(stated)",
                expected: "three numbers of at most 1e6 mm")
        }
        let position = SIMD3(stated[0], stated[1], stated[2])
        let expected = "six numbers: two perpendicular unit vectors"
        guard found.count == 6, found.allSatisfy(\.isFinite) else {
            throw .badAttribute(path: path, name: "Image Orientation (Patient)", found: "\(found)", expected: expected)
        }
        let row = SIMD3(found[0], found[1], found[2])
        let column = SIMD3(found[3], found[4], found[5])
        // A hundredth allows for writers that round to two decimals.
        guard abs(length(row) - 1) < 0.01, abs(length(column) - 1) < 0.01, abs(dot(row, column)) < 0.01 else {
            throw .badAttribute(path: path, name: "Image Orientation (Patient)", found: "\(found)", expected: expected)
        }
        return SliceHeader.Plane(position: position, row: row / length(row), column: column / length(column))
    }

    /// Where a nuclear-medicine reconstruction's frame lies (PS3.3 C.8.4.11 and C.8.4.15): the detector's position and
    /// orientation are those of the first slice, the others follow along its normal, Spacing Between Slices (with its
    /// sign) apart. Nil for projections, for gated volumes, and where one of these is not said.
    private func detectorPlane(of frame: Int, among frames: Int) throws(IngestionError) -> SliceHeader.Plane? {
        guard string(.modality) == "NM", let detector = root.item(.detectorInformationSequence) else { return nil }
        let type = root.strings(.imageType)
        guard type.count < 3 || type[2] == "RECON TOMO", root.count(.detectorInformationSequence) == 1,
            var plane = try plane(position: detector, orientation: detector)
        else { return nil }
        guard frames > 1 else { return plane }
        guard frames <= 4096 else { return nil }
        let stated = root.doubles(.sliceVector)
        let numbers = stated.isEmpty ? (1...frames).map { Double($0) } : stated
        guard let step = double(.spacingBetweenSlices), step != 0, abs(step) * Double(frames) <= 1e6,
            numbers.count == frames, Set(numbers).count == frames
        else { return nil }
        plane.position += plane.normal * (step * (numbers[frame] - 1))
        return plane
    }

    /// Where a frame of a dose grid lies (PS3.3 C.8.8.3.2): Grid Frame Offset Vector says how far along the normal of the first
    /// one, or, where it does not begin with 0, at which z. Nil for any other object.
    private func dosePlane(of frame: Int, among frames: Int) throws(IngestionError) -> SliceHeader.Plane? {
        guard string(.modality) == "RTDOSE", var plane = try plane(position: root, orientation: root) else {
            return nil
        }
        let offsets = root.doubles(.gridFrameOffsetVector)
        guard offsets.count == frames, offsets.allSatisfy({ abs($0) <= 1e6 }) else {
            throw .badAttribute(
                path: path, name: "Grid Frame Offset Vector", found: "\(offsets.count) numbers",
                expected: "an offset in mm for each of \(frames) frames")
        }
        if offsets[0] == 0 {
            plane.position += plane.normal * offsets[frame]
        } else {
            plane.position.z = offsets[frame]
        }
        return plane
    }

    /// Pixel Spacing, else Imager Pixel Spacing, else the ultrasound region's, else the pixel itself; says which it was.
    private func pixelSpacing(_ measures: DICOMItem, notes: [String]) throws(IngestionError) -> (
        SIMD2<Double>, LengthUnit, [String]
    ) {
        var notes = notes
        for (item, tag, note) in [
            (measures, DICOMTag.pixelSpacing, nil),
            (root, .pixelSpacing, nil),
            (root, .imagerPixelSpacing, "pixel spacing at the detector (Imager Pixel Spacing), not in the patient"),
        ] {
            let values = item.doubles(tag)
            if values.isEmpty { continue }
            if values.count == 2, values.contains(0), values.allSatisfy({ $0 >= 0 }) {
                let name = note == nil ? "Pixel Spacing" : "Imager Pixel Spacing"
                let zero = "\(name) is 0, which no pixel has; taken as if it were not there"
                if !notes.contains(zero) { notes.append(zero) }
                continue
            }
            guard values.count == 2, values.allSatisfy({ $0 > 0 && $0 <= 1e6 }) else {
                throw .badAttribute(
                    path: path, name: note == nil ? "Pixel Spacing" : "Imager Pixel Spacing", found: "\(values)",
                    expected: "two positive numbers of at most 1e6 mm")
            }
            return (SIMD2(values[1], values[0]), .millimetre, notes + (note.map { [$0] } ?? []))
        }
        if let ultrasound = ultrasoundSpacing() {
            return (ultrasound, .millimetre, notes + ["pixel spacing from the ultrasound region's calibration"])
        }
        return (.one, .pixel, notes + [Finding.noPixelSpacing.text])
    }

    /// Physical deltas when all calibrated regions agree and are in cm (PS3.3 C.8.5.5), as mm.
    private func ultrasoundSpacing() -> SIMD2<Double>? {
        let centimetres = 3
        var spacings: Set<SIMD2<Double>> = []
        for region in items(.sequenceOfUltrasoundRegions) {
            guard region.integer(.physicalUnitsXDirection) == centimetres,
                region.integer(.physicalUnitsYDirection) == centimetres,
                let x = region.double(.physicalDeltaX), let y = region.double(.physicalDeltaY), x != 0, y != 0
            else { continue }
            spacings.insert(SIMD2(abs(x) * 10, abs(y) * 10))
        }
        return spacings.count == 1 ? spacings.first : nil
    }

}
