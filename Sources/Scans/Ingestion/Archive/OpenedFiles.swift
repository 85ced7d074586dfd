import DICOM
import PNG

// What the rooms DICOM and PNG open and decode, with the errors of this one: each function is as the one it calls.

extension DICOMFile {
    static func open(_ path: String, checked: Stamp? = nil) throws(IngestionError) -> DICOMFile {
        do { return try DICOMFile(path: path, checked: checked) } catch { throw .dicom(error) }
    }

    func layout() throws(IngestionError) -> DICOMPixelLayout {
        do { return try pixelLayout() } catch { throw .dicom(error) }
    }

    @discardableResult
    func decode(
        _ frames: Range<Int>, into target: UnsafeMutableRawBufferPointer
    ) throws(IngestionError) -> BitsAbove {
        do { return try readFrames(frames, into: target) } catch { throw .dicom(error) }
    }
}

extension PNGFile {
    static func open(_ path: String) throws(IngestionError) -> PNGFile {
        do { return try PNGFile(path: path) } catch { throw .png(error) }
    }

    func decode(_ palette: Palette) throws(IngestionError) -> Samples {
        do { return try samples(palette) } catch { throw .png(error) }
    }
}
