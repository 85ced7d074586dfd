import DICOM
import Imaging

/// What the header of a DICOM file says about its pixels, taken down at the scan as values, so that loading opens the file
/// only for the pixels themselves. One for all frames of a file: an archive has hundreds of thousands.
final class PixelHeader: Sendable {
    /// Of the file when its header was read.
    let stamp: DICOMFile.Stamp
    let sopClassUID: String
    let layout: DICOMPixelLayout
    /// Dose, patient and decay of a PET; nil for another modality.
    let uptake: UptakeHeader?
    /// One of each frame; a single one when all are alike.
    private let frames: [Frame]

    /// What differs between frames.
    struct Frame: Hashable, Sendable {
        var samples: Samples
        var unit: IntensityUnit
    }

    /// How stored values become the modality's.
    enum Samples: Hashable, Sendable {
        case transform(SampleTransform)
        /// By lookup tables, which give values of this kind and are read again beside the pixels: with 65,536 entries each
        /// those of an archive would not fit into memory.
        case tables(ValueKind)
        /// The image cannot be loaded; it is listed all the same.
        case unusable(IngestionError)
    }

    init(_ file: DICOMFile, _ layout: DICOMPixelLayout, _ groups: FunctionalGroups) {
        (stamp, self.layout) = (file.stamp, layout)
        sopClassUID = file.string(.sopClassUID) ?? ""
        uptake = file.string(.modality) == "PT" ? UptakeHeader(file) : nil
        let frames = (0..<max(groups.perFrame.count, 1)).map { Frame(file, $0, layout, groups) }
        self.frames = frames.allSatisfy { $0 == frames[0] } ? [frames[0]] : frames
    }

    /// Of frame `index`, from 0.
    func frame(_ index: Int) -> Frame { frames.indices.contains(index) ? frames[index] : frames[0] }

    /// Whether the pixels are to be read in the same way.
    func agrees(with other: PixelHeader) -> Bool {
        layout == other.layout && frames == other.frames && uptake == other.uptake
    }
}

extension PixelHeader {
    /// Of a file that the scan did not see.
    convenience init(path: String) throws(IngestionError) {
        let file = try DICOMFile.open(path)
        self.init(file, try file.layout(), FunctionalGroups(file.root))
    }
}

extension ImageSource.Slice {
    /// What a reference to the DICOM object of the slice needs beside its UID, as the scan read it: its SOP class and how
    /// many frames it has.
    package func object() throws(IngestionError) -> (sopClassUID: String, frames: Int) {
        let header = if let pixels { pixels } else { try PixelHeader(path: path) }
        return (header.sopClassUID, header.layout.frames)
    }
}

/// Two are equal that were read from the same state of the same file.
extension PixelHeader: Hashable {
    static func == (a: PixelHeader, b: PixelHeader) -> Bool { a === b || a.stamp == b.stamp }
    func hash(into hasher: inout Hasher) { hasher.combine(stamp) }
}

extension PixelHeader.Frame {
    init(_ file: DICOMFile, _ index: Int, _ layout: DICOMPixelLayout, _ groups: FunctionalGroups) {
        do throws(IngestionError) {
            let transform = try SampleTransform(file, frame: index, layout: layout, groups: groups)
            samples = transform.holdsTables ? .tables(transform.valueKind(layout)) : .transform(transform)
        } catch {
            samples = .unusable(error)
        }
        unit = IntensityUnit(file, groups.item(index, .pixelValueTransformationSequence))
    }
}

extension IntensityUnit {
    /// HU for CT; Gy for a dose; what Units (PT) or Rescale Type say; otherwise arbitrary.
    fileprivate init(_ file: DICOMFile, _ transformation: DICOMItem?) {
        let modality = file.string(.modality) ?? ""
        let type =
            (transformation ?? file.root).string(.rescaleType)
            ?? file.root.item(.modalityLUTSequence)?
            .string(.modalityLUTType)
        // "US" is unspecified (PS3.3 C.11.1.1.2).
        let known = type.flatMap { $0 == "US" ? nil : $0 }
        if known == "HU" || (modality == "CT" && type == nil) {
            self = .hounsfield
        } else if modality == "RTDOSE" {
            self = .named(file.string(.doseUnits) == "GY" ? "Gy" : "relative dose")
        } else if modality == "PT", let units = file.string(.units) {
            self = .named(units)
        } else {
            self = known.map(IntensityUnit.named) ?? .arbitrary
        }
    }
}
