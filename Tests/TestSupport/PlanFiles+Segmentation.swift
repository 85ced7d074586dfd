import Foundation

extension PlanFiles {
    /// A segment and the slices on which a square of 8 x 8 voxels is drawn of it; `isBlank` draws none of its voxels.
    package struct Segment {
        package var number: Int
        package var name: String
        package var slices: [Int]
        package var isBlank: Bool

        package init(_ number: Int, _ name: String, slices: [Int], isBlank: Bool = false) {
            (self.number, self.name, self.slices, self.isBlank) = (number, name, slices, isBlank)
        }
    }

    package enum Ownership {
        case stated, absent
        case strangers(at: Int)
    }

    /// Which of how many files of a concatenation.
    package typealias Part = (number: Int, count: Int)

    /// A binary segmentation of the series, all of it or the part with the frames of some slices.
    /// - Parameters:
    ///   - codestream: JPEG 2000 of each frame, instead of its bits.
    ///   - ownership: whether frames say which segment they are of, or those of a slice name one that is not listed.
    package func writeSegmentation(
        _ segments: [Segment], name: String = "seg.dcm", part: Part? = nil, of slices: Range<Int> = 0..<6,
        codestream: [UInt8]? = nil, ownership: Ownership = .stated
    ) throws {
        let frames = segments.flatMap { segment in
            segment.slices.filter(slices.contains).map { (segment, slice: $0) }
        }
        var data = DICOMBytes()
        data.text(0x0008_0016, "UI", Self.segmentationStorage)
        data.text(0x0008_0018, "UI", "2.25.800.\(part?.number ?? 0)")
        data.text(0x0008_0060, "CS", "SEG")
        data.sequence(0x0008_1115, [DICOMBytes { $0.text(0x0020_000E, "UI", Self.series) }])
        data.text(0x0020_0052, "UI", Self.frame)
        if let part {
            data.text(0x0020_9161, "UI", "2.25.801")
            data.words(0x0020_9162, "US", [UInt16(part.number)])
            data.words(0x0020_9163, "US", [UInt16(part.count)])
        }
        data.describePixels(
            "MONOCHROME2", columns: 20, rows: 20, frames: max(frames.count, 1), allocated: 1, stored: 1)
        data.text(0x0062_0001, "CS", "BINARY")
        data.sequence(
            0x0062_0002,
            segments.map { segment in
                DICOMBytes {
                    $0.words(0x0062_0004, "US", [UInt16(segment.number)])
                    $0.text(0x0062_0005, "LO", segment.name)
                }
            })
        let measures = DICOMBytes { $0.text(0x0028_0030, "DS", "1\\1") }
        let orientation = DICOMBytes { $0.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0") }
        data.sequence(
            0x5200_9229,
            [
                DICOMBytes {
                    $0.sequence(0x0020_9116, [orientation])
                    $0.sequence(0x0028_9110, [measures])
                }
            ])
        // A file has at least one frame; that of a part without any belongs to no segment.
        let items = frames.map { segment, slice in
            switch ownership {
            case .stated: Self.groups(of: segment.number, slice: slice)
            case .absent: Self.groups(of: nil, slice: slice)
            case .strangers(let other): Self.groups(of: slice == other ? 7 : segment.number, slice: slice)
            }
        }
        data.sequence(0x5200_9230, items.isEmpty ? [Self.groups(of: 99, slice: slices.lowerBound)] : items)
        var bits = [UInt8](repeating: 0, count: 50 * max(frames.count, 1))
        for (k, frame) in frames.enumerated() where !frame.0.isBlank {
            for voxel in (4..<12).flatMap({ y in (4..<12).map { k * 400 + y * 20 + $0 } }) {
                bits[voxel / 8] |= 1 << UInt8(voxel % 8)
            }
        }
        guard let codestream else {
            data.add(0x7FE0_0010, "OB", bits)
            try Data(data.file(sopClass: Self.segmentationStorage)).write(to: URL(fileURLWithPath: folder[name]))
            return
        }
        let bytes = data.file(
            frames: frames.map { _ in codestream }, transferSyntax: "1.2.840.10008.1.2.4.90",
            sopClass: Self.segmentationStorage)
        try Data(bytes).write(to: URL(fileURLWithPath: folder[name]))
    }

    private static let segmentationStorage = "1.2.840.10008.5.1.4.1.1.66.4"

    private static func groups(of segment: Int?, slice: Int) -> DICOMBytes {
        DICOMBytes {
            $0.sequence(
                0x0020_9113, [DICOMBytes { $0.text(0x0020_0032, "DS", "0\\0\\\(slice * 2)") }])
            guard let segment else { return }
            $0.sequence(
                0x0062_000A, [DICOMBytes { $0.words(0x0062_000B, "US", [UInt16(segment)]) }])
        }
    }
}
