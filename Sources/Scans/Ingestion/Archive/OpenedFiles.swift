import DICOM
import PNG

// Files of the rooms before, opened with the errors of this one.

extension IngestionError {
    init(_ error: DICOMError) {
        self =
            switch error {
            case .notDICOM(let path, let found): .notDICOM(path: path, found: found)
            case .badPixels(let path, let found): .badPixels(path: path, found: found)
            case .notReady(let reason): .unreadable(path: ".", reason: reason)
            }
    }

    init(_ error: PNGError) { self = .notPNG(path: error.path, found: error.found) }
}

extension DICOMFile {
    /// As ``DICOMFile/init(path:)``.
    static func open(_ path: String) throws(IngestionError) -> DICOMFile {
        do { return try DICOMFile(path: path) } catch { throw IngestionError(error) }
    }

    /// As ``DICOMFile/pixelLayout()``.
    func layout() throws(IngestionError) -> DICOMPixelLayout {
        do { return try pixelLayout() } catch { throw IngestionError(error) }
    }

    /// As ``DICOMFile/readFrames(_:into:)``.
    func decode(_ frames: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(IngestionError) {
        do { try readFrames(frames, into: target) } catch { throw IngestionError(error) }
    }
}

extension PNGFile {
    /// As ``PNGFile/init(path:)``.
    static func open(_ path: String) throws(IngestionError) -> PNGFile {
        do { return try PNGFile(path: path) } catch { throw IngestionError(error) }
    }

    /// As ``PNGFile/samples(_:)``.
    func decode(_ palette: Palette) throws(IngestionError) -> Samples {
        do { return try samples(palette) } catch { throw IngestionError(error) }
    }
}
