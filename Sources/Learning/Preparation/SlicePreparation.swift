import Imaging
import Ingestion

/// The slices of one image as the network's data: mapped to 0...1, at the network's scale, 16 bits.
package struct PreparedImage: Sendable {
    var description: CacheDescription.Series
    /// One for each of `description.slices`.
    package var slices: [PreparedSlice]

    private init(description: CacheDescription.Series, slices: [PreparedSlice]) {
        (self.description, self.slices) = (description, slices)
    }

    /// Slices of one image by their numbers, at least one.
    ///
    /// - Parameters:
    ///   - size: of the image.
    ///   - limits: the values that became 0 and 1.
    ///   - patients: whose image it is.
    ///   - relative: how the paths of files are written down.
    package init(
        of image: ImageSource, size: SIMD3<Int>, limits: ClosedRange<Double>,
        slices: [(number: Int, slice: PreparedSlice)], patients: PatientRule, relative: (String) -> String
    ) {
        let kept = slices.map(\.number)
        let paths = kept.map { image.slices.count == 1 ? image.path : image.slices[$0].path }
        let isOneFile = paths.allSatisfy { $0 == paths[0] }
        self.init(
            description: CacheDescription.Series(
                patient: image.patientKey(patients, relative: relative).description,
                // Whose a PNG is hangs on its being one, whatever it shows.
                modality: image.format == .png ? "PNG" : image.identity.modality, bodyPart: image.identity.bodyPart,
                columns: size.x, rows: size.y,
                lower: limits.lowerBound, upper: limits.upperBound,
                files: (isOneFile ? [paths[0]] : paths).map(relative), slices: kept),
            slices: slices.map(\.slice))
    }

    /// - Parameter relative: how the paths of files are written down.
    /// - Returns: nil when every slice has one grey level only.
    static func make(
        _ image: ImageSource, settings: PreparationSettings, patients: PatientRule, relative: (String) -> String
    ) throws(IngestionError) -> PreparedImage? {
        let volume = try image.load(jobs: 1)
        let stored = image.format == .png ? try ImageSource.storedRange(png: image.path) : nil
        guard let limits = settings.intensity[image].limits(of: volume, stored: stored) else {
            return nil
        }
        let (side, resampler) = (settings.side, settings.scale.resampler(of: volume.geometry, image))
        var slices: [(number: Int, slice: PreparedSlice)] = []
        for index in 0..<volume.geometry.size.z {
            let slice =
                settings.scale == .resize
                ? small(index, of: volume, limits: limits, image, side: side, settings.fit)
                : scaled(index, of: volume, by: resampler, limits: limits, image)
            try check(slice, of: image)
            guard !slice.isFlat else { continue }
            slices.append((index, slice))
        }
        guard !slices.isEmpty else { return nil }
        return PreparedImage(
            of: image, size: volume.geometry.size, limits: limits, slices: slices, patients: patients,
            relative: relative)
    }

    fileprivate static func check(_ slice: PreparedSlice, of image: ImageSource) throws(IngestionError) {
        guard max(slice.width, slice.height) <= PreparationSettings.largestSide else {
            throw IngestionError.badAttribute(
                path: image.path, name: "the size at the network's scale",
                found: "\(slice.width) x \(slice.height) pixels",
                expected: "at most \(PreparationSettings.largestSide) along a side; take a coarser data.scale")
        }
    }

    /// A whole slice made small.
    fileprivate static func small(
        _ index: Int, of volume: Volume, limits: ClosedRange<Double>, _ image: ImageSource, side: Int, _ fit: SliceFit
    ) -> PreparedSlice {
        let size = fit.size(of: SIMD2(volume.geometry.size.x, volume.geometry.size.y), side: side)
        let pixels =
            bytes(of: volume, limits: limits, image).map { eightBit($0, volume.geometry.size, size, fit.kernel) }
            ?? continuous(volume, slice: index, limits: limits, size, fit.kernel)
        return PreparedSlice(width: size.x, height: size.y, pixels: pixels)
    }

    /// The pixels of an 8-bit PNG that is used as it is stored: those go through Pillow's own integer arithmetic.
    private static func bytes(of volume: Volume, limits: ClosedRange<Double>, _ image: ImageSource) -> [UInt8]? {
        guard image.format == .png, limits == 0...255, case .int16(let values) = volume.values else { return nil }
        return values.map { UInt8(clamping: $0) }
    }

    /// v / 255 is v · 257 / 65535: the 8 bits are kept exactly.
    private static func eightBit(
        _ pixels: [UInt8], _ size: SIMD3<Int>, _ target: SIMD2<Int>, _ kernel: ResizeKernel
    ) -> [UInt16] {
        resized(bytes: pixels, width: size.x, height: size.y, to: (target.x, target.y), kernel: kernel).map {
            UInt16($0) * 257
        }
    }

    private static func continuous(
        _ volume: Volume, slice: Int, limits: ClosedRange<Double>, _ target: SIMD2<Int>, _ kernel: ResizeKernel
    ) -> [UInt16] {
        let size = volume.geometry.size
        let values = mapped(volume.values(in: .slice(slice, of: size)), limits)
        return resized(values: values, width: size.x, height: size.y, to: (target.x, target.y), kernel: kernel)
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
        guard let limits = intensity[image].limits(of: volume, stored: stored) else { return nil }
        (self.image, self.volume, self.limits, self.scale) = (image, volume, limits, scale)
        resampler = scale.resampler(of: volume.geometry, image)
        geometry = resampler?.target ?? volume.geometry
    }

    /// A whole slice made to a square, `[size, size]`; 0...65535 stand for 0...1.
    public func pixels(_ slice: Int, size: Int) -> [UInt16] {
        PreparedImage.small(slice, of: volume, limits: limits, image, side: size, .square).pixels
    }

    /// A slice as a store of prepared slices has it; nil when it has one grey level only.
    ///
    /// - Parameters:
    ///   - side: rows and columns, with ``ImageScale/resize``.
    ///   - fit: how the slice comes to them.
    public func prepared(_ slice: Int, side: Int, _ fit: SliceFit = .square) -> PreparedSlice? {
        let prepared =
            scale == .resize
            ? PreparedImage.small(slice, of: volume, limits: limits, image, side: side, fit) : scaled(slice)
        return prepared.isFlat ? nil : prepared
    }

    /// A slice at its scale.
    public func scaled(_ slice: Int) -> PreparedSlice {
        PreparedImage.scaled(slice, of: volume, by: resampler, limits: limits, image)
    }

    /// The slices that regions touch, cut around them, at their scale; slices of one grey level are left out.
    ///
    /// - Parameters:
    ///   - regions: of the image, looked at as one.
    ///   - side: of the tiles that will be looked at, pixels.
    /// - Throws: `IngestionError` when a slice is too large at its scale.
    package func cut(around regions: [Region], side: Int) throws(IngestionError) -> [(
        number: Int, slice: PreparedSlice
    )] {
        let (scaled, size) = (regions.map(scaled), geometry.size)
        var slices: [(number: Int, slice: PreparedSlice)] = []
        for z in 0..<size.z {
            var inside = [UInt8](repeating: 0, count: size.x * size.y)
            for region in scaled where region.box.lower.z <= z && z < region.box.upper.z {
                let box = region.box
                for y in 0..<box.size.y {
                    for x in 0..<box.size.x where region.voxels[box.offset(x, y, z - box.lower.z)] == 1 {
                        inside[(box.lower.y + y) * size.x + box.lower.x + x] = 1
                    }
                }
            }
            guard inside.contains(1) else { continue }
            let whole = self.scaled(z)
            try PreparedImage.check(whole, of: image)
            guard let slice = whole.cut(around: inside, side: side), !slice.isFlat else { continue }
            slices.append((z, slice))
        }
        return slices
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
