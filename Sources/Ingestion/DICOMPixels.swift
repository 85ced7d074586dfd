import CDICOM

extension DICOMFile {
    /// How the decoded samples are laid out; throws ``IngestionError/badPixels(path:found:)`` when header and bytes
    /// contradict each other.
    public func pixelLayout() throws(IngestionError) -> CDicomPixelLayout {
        var layout = CDicomPixelLayout()
        var error = CDicomError()
        guard cdicom_pixel_layout(handle, &layout, &error) else {
            throw .badPixels(path: path, found: error.sentence)
        }
        return layout
    }

    /// Decodes frames into `target`: stored values, exact, as `pixelLayout()` says.
    public func readFrames(_ frames: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(IngestionError) {
        guard let first = UInt32(exactly: frames.lowerBound), let count = UInt32(exactly: frames.count) else {
            throw .badPixels(path: path, found: "frames \(frames) were asked for")
        }
        var error = CDicomError()
        guard cdicom_read_frames(handle, first, count, target.baseAddress, target.count, &error) else {
            throw .badPixels(path: path, found: error.sentence)
        }
    }
}

extension CDicomPixelLayout {
    /// Bytes of one decoded frame.
    public var bytesPerFrame: Int { Int(rows) * Int(columns) * Int(samplesPerPixel) * Int(bytesPerSample) }

    /// E.g. MONOCHROME2, of the decoded samples.
    public var photometric: String {
        withUnsafeBytes(of: photometricInterpretation) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
