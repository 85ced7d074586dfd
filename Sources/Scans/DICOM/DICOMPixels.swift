import CDICOM

/// How the decoded samples of a file are laid out, as the door to DCMTK says it.
public typealias DICOMPixelLayout = CDicomPixelLayout

extension DICOMFile {
    /// How the decoded samples are laid out; throws ``DICOMError/badPixels(path:found:)`` when header and bytes
    /// contradict each other.
    public func pixelLayout() throws(DICOMError) -> DICOMPixelLayout {
        var layout = DICOMPixelLayout()
        var error = CDicomError()
        guard cdicom_pixel_layout(handle, &layout, &error) else {
            throw .badPixels(path: path, found: error.sentence)
        }
        return layout
    }

    /// Decodes frames into `target`: stored values, exact, as `pixelLayout()` says.
    public func readFrames(_ frames: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(DICOMError) {
        guard let first = UInt32(exactly: frames.lowerBound), let count = UInt32(exactly: frames.count) else {
            throw .badPixels(path: path, found: "frames \(frames) were asked for")
        }
        var error = CDicomError()
        guard cdicom_read_frames(handle, first, count, target.baseAddress, target.count, &error) else {
            throw .badPixels(path: path, found: error.sentence)
        }
    }
}

extension DICOMPixelLayout {
    /// Bytes of one decoded frame.
    public var bytesPerFrame: Int { Int(rows) * Int(columns) * Int(samplesPerPixel) * Int(bytesPerSample) }

    /// Whole numbers, else floats (32 or 64 bits).
    public var holdsIntegers: Bool { kind == CDICOM_INTEGER }

    /// E.g. MONOCHROME2, of the decoded samples.
    public var photometric: String {
        withUnsafeBytes(of: photometricInterpretation) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
