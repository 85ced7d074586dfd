import Imaging
import Ingestion

/// The slices of one image as the network's data: mapped to 0...1, at the network's scale, 16 bits.
struct PreparedImage: Sendable {
    var description: CacheDescription.Series
    /// One for each of `description.slices`.
    var slices: [PreparedSlice]

    /// - Parameter relative: how the paths of files are written down.
    /// - Returns: nil when every slice has one grey level only.
    static func make(
        _ image: ImageSource, settings: PreparationSettings, patients: PatientRule, relative: (String) -> String
    ) throws(IngestionError) -> PreparedImage? {
        let volume = try image.load(jobs: 1)
        let stored = image.format == .png ? try ImageSource.storedRange(png: image.path) : nil
        guard let limits = settings.intensity[image.identity.modality].limits(of: volume, stored: stored) else {
            return nil
        }
        let (side, resampler) = (settings.side, settings.scale.resampler(of: volume.geometry, image))
        var kept: [Int] = []
        var slices: [PreparedSlice] = []
        for index in 0..<volume.geometry.size.z {
            let slice =
                settings.scale == .resize
                ? PreparedSlice(
                    width: side, height: side, pixels: slice(index, of: volume, limits: limits, image, side: side))
                : scaled(index, of: volume, by: resampler, limits: limits, image)
            guard max(slice.width, slice.height) <= PreparationSettings.largestSide else {
                throw IngestionError.badAttribute(
                    path: image.path, name: "the size at the network's scale",
                    found: "\(slice.width) x \(slice.height) pixels",
                    expected: "at most \(PreparationSettings.largestSide) along a side; take a coarser data.scale")
            }
            guard !slice.isFlat else { continue }
            kept.append(index)
            slices.append(slice)
        }
        guard !kept.isEmpty else { return nil }
        let paths = kept.map { image.slices.count == 1 ? image.path : image.slices[$0].path }
        let isOneFile = paths.allSatisfy { $0 == paths[0] }
        let description = CacheDescription.Series(
            patient: image.patientKey(patients, relative: relative).description,
            modality: image.identity.modality,
            bodyPart: image.identity.bodyPart, columns: volume.geometry.size.x, rows: volume.geometry.size.y,
            lower: limits.lowerBound, upper: limits.upperBound,
            files: (isOneFile ? [paths[0]] : paths).map(relative), slices: kept)
        return PreparedImage(description: description, slices: slices)
    }

    fileprivate static func slice(
        _ index: Int, of volume: Volume, limits: ClosedRange<Double>, _ image: ImageSource, side: Int
    ) -> [UInt16] {
        bytes(of: volume, limits: limits, image).map { eightBit($0, volume.geometry.size, side) }
            ?? continuous(volume, slice: index, limits: limits, side: side)
    }

    /// The pixels of an 8-bit PNG that is used as it is stored: those go through Pillow's own integer arithmetic.
    private static func bytes(of volume: Volume, limits: ClosedRange<Double>, _ image: ImageSource) -> [UInt8]? {
        guard image.format == .png, limits == 0...255, case .int16(let values) = volume.values else { return nil }
        return values.map { UInt8(clamping: $0) }
    }

    /// v / 255 is v · 257 / 65535: the 8 bits are kept exactly.
    private static func eightBit(_ pixels: [UInt8], _ size: SIMD3<Int>, _ side: Int) -> [UInt16] {
        resized(bytes: pixels, width: size.x, height: size.y, to: (side, side), kernel: .bilinear).map {
            UInt16($0) * 257
        }
    }

    private static func continuous(
        _ volume: Volume, slice: Int, limits: ClosedRange<Double>, side: Int
    ) -> [UInt16] {
        let size = volume.geometry.size
        let values = mapped(volume.values(in: .slice(slice, of: size)), limits)
        return resized(values: values, width: size.x, height: size.y, to: (side, side), kernel: .bilinear)
            .map(UInt16.init(grey:))
    }

    /// A slice on its own grid, or on the one of a resampler.
    fileprivate static func scaled(
        _ index: Int, of volume: Volume, by resampler: Resampler?, limits: ClosedRange<Double>, _ image: ImageSource
    ) -> PreparedSlice {
        if resampler == nil, let bytes = bytes(of: volume, limits: limits, image) {
            let size = volume.geometry.size
            return PreparedSlice(width: size.x, height: size.y, pixels: bytes.map { UInt16($0) * 257 })
        }
        let size = resampler?.target.size ?? volume.geometry.size
        let box = VoxelBox.slice(index, of: size)
        let values = resampler?.values(of: volume, in: box, by: .linear) ?? volume.values(in: box)
        return PreparedSlice(width: size.x, height: size.y, pixels: mapped(values, limits).map(UInt16.init(grey:)))
    }

    /// To 0...1.
    private static func mapped(_ values: [Double], _ limits: ClosedRange<Double>) -> [Float] {
        let width = limits.upperBound - limits.lowerBound
        return values.map { value in
            // What is not a number is as dark as what lies below the range.
            let place = (value - limits.lowerBound) / width
            return place > 0 ? Float(min(place, 1)) : 0
        }
    }
}

extension VoxelBox {
    fileprivate static func slice(_ index: Int, of size: SIMD3<Int>) -> VoxelBox {
        VoxelBox(lower: SIMD3(0, 0, index), size: SIMD3(size.x, size.y, 1))
    }
}

/// The slices of a loaded image as a network sees them, without a cache.
public struct SliceViews: Sendable {
    private let image: ImageSource
    private let volume: Volume
    private let resampler: Resampler?
    private let scale: ImageScale
    /// The values, in the image's unit, that become 0 and 1.
    public let limits: ClosedRange<Double>
    /// Of the slices at their scale.
    public let geometry: Geometry

    /// Nil when the image has one grey level only.
    ///
    /// - Parameter scale: of ``scaled(_:)`` and ``prepared(_:side:)``.
    public init?(
        _ volume: Volume, of image: ImageSource, intensity: IntensityMapping, scale: ImageScale = .pixels
    ) throws(IngestionError) {
        let stored = image.format == .png ? try ImageSource.storedRange(png: image.path) : nil
        guard let limits = intensity[image.identity.modality].limits(of: volume, stored: stored) else { return nil }
        (self.image, self.volume, self.limits, self.scale) = (image, volume, limits, scale)
        resampler = scale.resampler(of: volume.geometry, image)
        geometry = resampler?.target ?? volume.geometry
    }

    /// A whole slice made to a square, `[size, size]`; 0...65535 stand for 0...1.
    public func pixels(_ slice: Int, size: Int) -> [UInt16] {
        PreparedImage.slice(slice, of: volume, limits: limits, image, side: size)
    }

    /// A slice as a store of prepared slices has it; nil when it has one grey level only.
    ///
    /// - Parameter side: rows and columns, with ``ImageScale/resize``.
    public func prepared(_ slice: Int, side: Int) -> PreparedSlice? {
        let prepared =
            scale == .resize
            ? PreparedSlice(width: side, height: side, pixels: pixels(slice, size: side)) : scaled(slice)
        return prepared.isFlat ? nil : prepared
    }

    /// A slice at its scale.
    public func scaled(_ slice: Int) -> PreparedSlice {
        PreparedImage.scaled(slice, of: volume, by: resampler, limits: limits, image)
    }

    /// A region of the image on the grid of the slices at their scale.
    public func scaled(_ region: Region) -> Region { resampler?.region(region, by: .linear) ?? region }
}

extension ImageSource {
    /// Tells patients apart without saying who they are: as a table says; else of the Patient ID; where there is none, of study or
    /// series; of a PNG, of its file or folder.
    public func patientKey(_ rule: PatientRule, relative: (String) -> String) -> Fingerprint {
        if let patient = rule.table?.patient(of: path) { return Fingerprint(of: "table \(patient)") }
        if format == .png {
            let file = relative(path)
            guard rule.png == .folder else { return Fingerprint(of: "PNG \(file)") }
            return Fingerprint(of: "folder \(file.lastIndex(of: "/").map { file[..<$0] } ?? "")")
        }
        if !identity.patientID.isEmpty { return Fingerprint(of: "patient \(identity.patientID)") }
        if !identity.studyUID.isEmpty { return Fingerprint(of: "study \(identity.studyUID)") }
        return Fingerprint(of: "series \(identity.seriesUID) \(relative(path))")
    }
}
