import DICOM
import Files

/// What one file turned out to be.
enum FileContent: Sendable {
    case slices([SliceHeader])
    /// Of one file: a PNG, or the volumes of a volume file.
    case images([ImageSource])
    case mask(MaskSource)
    /// A DICOMDIR lists files that are found without it, unless it alone was given.
    case index(DICOMDirectory?)
    /// A README, a licence, a list: no image, and no fault that it is there.
    case companion
    case skipped(SkippedFile)
    /// Should be DICOM, by its first bytes or its name, and could not be read.
    case unreadableDICOM(SkippedFile)

    /// What the user says of a file by the way in which it is given.
    enum Standing: Sendable { case named, found }

    init(path: String, role: PictureRoles.Role, _ standing: Standing) {
        do throws(IngestionError) {
            self = try Self.read(path, role, standing)
        } catch {
            if let refusal = Self.refusal(of: path) {
                let skipped = SkippedFile(refusal, at: path)
                self = FileName(path).ends(in: ".dcm") ? .unreadableDICOM(skipped) : .skipped(skipped)
                return
            }
            // A kind that is known by its content is a better word than what a reader found wrong with it.
            guard error.isOfUnknownFormat, let kind = FileKind(of: path), !kind.isRead else {
                let skipped = SkippedFile(error, at: path)
                self = Self.shouldBeDICOM(path, error) ? .unreadableDICOM(skipped) : .skipped(skipped)
                return
            }
            if standing == .found, kind.isCompanion(named: path) {
                self = .companion
                return
            }
            let skipped = SkippedFile(IngestionError.foreign(path: path, kind), at: path)
            let isAmongSlices = FileName(path).ends(in: ".dcm") || (kind == .empty && FileName(path).suffix.isEmpty)
            self = isAmongSlices ? .unreadableDICOM(skipped) : .skipped(skipped)
        }
    }

    /// What the system says where it does not give the file: a reader would blame the file.
    private static func refusal(of path: String) -> IngestionError? {
        do throws(FileReadingError) {
            _ = try OpenFile(reading: path)
            return nil
        } catch {
            guard case .refused(_, let reason) = error else { return nil }
            return .unreadable(path: path, reason: reason.description)
        }
    }

    private static func shouldBeDICOM(_ path: String, _ error: IngestionError) -> Bool {
        switch error {
        case .png, .volume, .notLabels, .notMeasurable: false
        case .dicom(.notDICOM): FileName(path).ends(in: ".dcm") || DICOMFile.hasMagic(path)
        default: true
        }
    }

    /// The name says which reader is asked first; where that one does not know the file, its content says which.
    private static func read(
        _ path: String, _ role: PictureRoles.Role, _ standing: Standing
    ) throws(IngestionError) -> FileContent {
        let named = Reader(named: path)
        do throws(IngestionError) { return try read(path, by: named, role, standing) } catch {
            guard error.isOfUnknownFormat, let kind = FileKind(of: path), let other = Reader(kind), other != named
            else {
                throw error
            }
            return try read(path, by: other, role, standing)
        }
    }

    /// The readers that there are.
    private enum Reader: Equatable {
        case dicom, png
        case volume(VolumeFormat)

        init(named path: String) {
            if FileName(path).ends(in: ".png") {
                self = .png
            } else {
                self = VolumeFormat(named: path).map(Reader.volume) ?? .dicom
            }
        }

        /// Nil for a kind that is not read.
        init?(_ kind: FileKind) {
            switch kind {
            case .dicom: self = .dicom
            case .png: self = .png
            default:
                guard let format = VolumeFormat(kind) else { return nil }
                self = .volume(format)
            }
        }
    }

    private static func read(
        _ path: String, by reader: Reader, _ role: PictureRoles.Role, _ standing: Standing
    ) throws(IngestionError) -> FileContent {
        switch reader {
        case .dicom: try dicom(path, standing)
        case .png: try png(path, role)
        case .volume(let format): try volume(path, format, role, standing)
        }
    }

    private static func png(_ path: String, _ role: PictureRoles.Role) throws(IngestionError) -> FileContent {
        switch role {
        case .image: return .images([try ImageSource(png: path)])
        case .mask(let imageStems): return .mask(try MaskSource(labelImage: path, of: imageStems))
        case .maskIfLabels(let imageStems):
            // Where the name alone does not say it the values do.
            return try MaskSource.looksLikeLabels(path)
                ? .mask(try MaskSource(labelImage: path, of: imageStems)) : .images([try ImageSource(png: path)])
        }
    }

    private static func volume(
        _ path: String, _ format: VolumeFormat, _ role: PictureRoles.Role, _ standing: Standing
    ) throws(IngestionError) -> FileContent {
        // The voxels of a header that is found as well.
        if standing == .found, NIfTIPair.header(of: path) != nil { return .companion }
        switch role {
        case .mask(let imageStems): return .mask(try MaskSource(labelVolume: path, of: imageStems))
        case .maskIfLabels(let imageStems) where MaskSource.looksLikeLabels(volume: path, format):
            return .mask(try MaskSource(labelVolume: path, of: imageStems))
        case .image, .maskIfLabels: return .images(try ImageSource.volumes(in: path, as: format))
        }
    }

    private static func dicom(_ path: String, _ standing: Standing) throws(IngestionError) -> FileContent {
        if standing == .found, FileName(path).name.uppercased() == "DICOMDIR" { return .index(nil) }
        let file = try DICOMFile.open(path)
        if file.root.count(.directoryRecordSequence) != nil {
            return .index(standing == .named ? DICOMDirectory(file, path: path) : nil)
        }
        let modality = file.string(.modality) ?? ""
        // The class says it where somebody has changed the modality.
        let format = file.string(.sopClassUID).flatMap(MaskSource.Format.init(sopClassUID:))
        switch format ?? MaskSource.Format(rawValue: modality) {
        case .rtstruct: return .mask(try MaskSource(rtstruct: file, path: path))
        case .seg: return .mask(try MaskSource(segmentation: file, path: path))
        default: break
        }
        func skipped(_ found: String) -> FileContent {
            .skipped(
                SkippedFile(path: path, reason: "found \(found), expected an image, an RTSTRUCT or a SEG; leave it out")
            )
        }
        let hasPixels = [DICOMTag.pixelData, .floatPixelData, .doubleFloatPixelData].contains {
            file.root.count($0) != nil
        }
        guard hasPixels || (file.root.count(.rows) != nil && file.root.count(.columns) != nil) else {
            return skipped("\(modality.isEmpty ? "an object" : "a \(modality) object") without pixels")
        }
        return .slices(try file.sliceHeaders())
    }
}

extension IngestionError {
    /// Whether a reader says that the file is none of its own, or only half of one.
    fileprivate var isOfUnknownFormat: Bool {
        switch self {
        case .dicom(.notDICOM), .png(.damaged), .volume(_, .otherFormat): true
        default: false
        }
    }
}
