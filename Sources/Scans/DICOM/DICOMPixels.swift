import CDICOM

/// How the samples that ``DICOMFile/readFrames(_:into:)`` writes are laid out: frame by frame, row by row, the samples of a
/// pixel together.
public struct DICOMPixelLayout: Hashable, Sendable {
    public var columns: Int
    public var rows: Int
    public var frames: Int
    /// 1, 3 or 4.
    public var samplesPerPixel: Int
    public var bitsAllocated: Int
    public var bitsStored: Int
    /// As the codestream of the first frame says; nil for pixels that are not JPEG, JPEG-LS or JPEG 2000.
    public var codedBits: Int?
    public var isSigned: Bool
    /// Whole numbers, else floats (32 or 64 bits).
    public var holdsIntegers: Bool
    /// Of one decoded sample: 1, 2 or 4 for whole numbers, 4 or 8 for floats. One stored bit becomes a byte.
    public var bytesPerSample: Int
    /// Photometric Interpretation of the decoded samples, e.g. MONOCHROME2; a decoder may turn YBR into RGB.
    public var photometric: String

    init(_ layout: CDicomPixelLayout) {
        (columns, rows, frames) = (Int(layout.columns), Int(layout.rows), Int(layout.frames))
        samplesPerPixel = Int(layout.samplesPerPixel)
        (bitsAllocated, bitsStored) = (Int(layout.bitsAllocated), Int(layout.bitsStored))
        codedBits = layout.codedBits > 0 ? Int(layout.codedBits) : nil
        (isSigned, holdsIntegers) = (layout.isSigned, layout.kind == CDICOM_INTEGER)
        bytesPerSample = Int(layout.bytesPerSample)
        photometric = withUnsafeBytes(of: layout.photometricInterpretation) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Bytes of one decoded frame.
    public var bytesPerFrame: Int { rows * columns * samplesPerPixel * bytesPerSample }
}

extension DICOMFile {
    /// How the decoded samples are laid out; throws ``DICOMError/badPixels(path:found:)`` when header and bytes
    /// contradict each other.
    public func pixelLayout() throws(DICOMError) -> DICOMPixelLayout {
        var layout = CDicomPixelLayout()
        var error = CDicomError()
        guard cdicom_pixel_layout(handle, &layout, &error) else {
            throw error.error(path, or: DICOMError.badPixels)
        }
        return DICOMPixelLayout(layout)
    }

    /// What became of bits above Bits Stored, and of those below where High Bit is higher than it needs to be.
    public enum BitsAbove: Sendable {
        /// There were none but those of the sign, or of an overlay.
        case unused
        /// They are no part of a value (PS3.5 8.1.1) and were cut off: Bits Stored may be wrong.
        case cut
    }

    /// Decodes frames (from 0) into `target`: stored values, exact, as ``pixelLayout()`` says.
    @discardableResult
    public func readFrames(
        _ frames: Range<Int>, into target: UnsafeMutableRawBufferPointer
    ) throws(DICOMError) -> BitsAbove {
        guard let first = UInt32(exactly: frames.lowerBound), let count = UInt32(exactly: frames.count) else {
            throw .badPixels(path: path, found: "frames \(frames) were asked for")
        }
        var error = CDicomError()
        var cut = false
        guard cdicom_read_frames(handle, first, count, target.baseAddress, target.count, &cut, &error) else {
            throw error.error(path, or: DICOMError.badPixels)
        }
        return cut ? .cut : .unused
    }
}
