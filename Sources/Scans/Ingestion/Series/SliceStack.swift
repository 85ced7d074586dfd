import Files
import Foundation
import Imaging

/// Puts slices together to images: groups headers, orders each group along its normal, and says what is odd.
///
/// File names and Instance Numbers decide nothing but which of two slices at one position stays.
public enum SliceStack {
    /// Slices closer than this along the normal lie at one position, mm.
    static let samePosition = 0.001
    /// Orientation cosines that differ by less come from writers that keep three decimals; half a voxel over 500.
    static let sameDirection = 1e-3

    /// One image per stack, in an order that does not depend on the order of `headers`. Files are opened only where slices
    /// lie at one position and no attribute tells them apart: whether their pixels are the same decides.
    public static func images(from headers: [SliceHeader]) -> [ImageSource] {
        let reader = SliceContentReader()
        let sorted = headers.sorted { ($0.path, $0.frame) < ($1.path, $1.frame) }
        var images: [ImageSource] = []
        let groups = groups(sorted)
        let splits = splitSeries(groups)
        for group in groups {
            guard group[0].plane != nil else {
                images.append(withoutPosition(group))
                continue
            }
            let (slices, copies) = withoutCopies(group)
            let findings = noSeries(group) + missingParts(group) + splits[seriesKey(group[0]), default: []] + copies
            for part in split(slices, content: reader.content) {
                images.append(stack(part.slices, findings: findings + part.findings))
            }
        }
        return images.sorted { key($0) < key($1) }
    }

    static func key(_ image: ImageSource) -> (String, String, String, Int, String, String) {
        let identity = image.identity
        return (
            identity.patientID, identity.studyUID, identity.modality, Int(identity.seriesNumber) ?? Int.max,
            identity.seriesUID, image.slices[0].path + "\u{0}\(image.slices[0].frame)"
        )
    }

    // MARK: One stack

    /// Orders slices along their normal and measures the steps.
    static func stack(_ slices: [SliceHeader], findings: [Finding]) -> ImageSource {
        var findings = findings
        let ordered = slices.sorted { (height($0), $0.path, $0.frame) < (height($1), $1.path, $1.frame) }
        let first = ordered[0]
        // The caller only passes slices that have a plane.
        let planes = ordered.compactMap(\.plane)
        let line = SliceLine(planes: planes, fallback: first.sliceSpacing)
        findings += line.findings
        let (row, column) = (planes[0].row, planes[0].column)
        let turned = planes.map { max(farthest($0.row - row), farthest($0.column - column)) }.max() ?? 0
        if turned > sameDirection {
            let degrees = rounded(2 * asin(min(turned / 2, 1)) * 180 / Double.pi)
            findings.append(Finding(.warning, "slices are turned against the first, by up to about \(degrees)°"))
        }
        findings += notes(ordered)
        let geometry = Geometry(
            size: SIMD3(first.columns, first.rows, ordered.count),
            spacing: SIMD3(first.pixelSpacing.x, first.pixelSpacing.y, line.spacing), origin: planes[0].position,
            direction: .init(x: planes[0].row, y: planes[0].column, z: line.direction))
        var image = source(ordered, geometry: geometry, findings: findings, gapsAfter: line.gapsAfter)
        image.unevenAfter = line.unevenAfter
        return image
    }

    // MARK: Images without a position

    /// A projection, a secondary capture, or the frames of a loop: the grid starts at the origin.
    static func withoutPosition(_ frames: [SliceHeader]) -> ImageSource {
        let first = frames[0]
        var findings = notes(frames) + [Finding(.note, "no position in the patient")]
        let isLoop = frames.count > 1 && first.sliceSpacing == nil
        if isLoop {
            findings.append(
                Finding(
                    .warning,
                    "\(frames.count) frames without positions or spacing between them: the third axis counts frames (time "
                        + "or views), not mm; features in 3D mean nothing here"
                )
            )
        }
        let geometry = Geometry(
            size: SIMD3(first.columns, first.rows, frames.count),
            spacing: SIMD3(first.pixelSpacing.x, first.pixelSpacing.y, first.sliceSpacing ?? 1))
        var image = source(frames, geometry: geometry, findings: findings, gapsAfter: [])
        image.patientPosition = .absent
        image.thirdAxis = isLoop ? .frames : .space
        return image
    }

    /// Every decision once, in the order in which it first appears.
    static func notes(_ slices: [SliceHeader]) -> [Finding] {
        var seen: Set<String> = []
        func findings(_ severity: Finding.Severity, _ texts: [String]) -> [Finding] {
            texts.filter { seen.insert($0).inserted }.map { Finding(severity, $0) }
        }
        return findings(.failure, slices.compactMap(\.refusal)) + findings(.warning, slices.flatMap(\.warnings))
            + findings(.note, slices.flatMap(\.notes))
    }

    static func source(
        _ slices: [SliceHeader], geometry: Geometry, findings: [Finding], gapsAfter: [Int]
    ) -> ImageSource {
        let step = geometry.direction.z * geometry.spacing.z
        let numbered = slices.enumerated().map { index, slice in
            var numbered = ImageSource.Slice(
                path: slice.path, frame: slice.frame, sopInstanceUID: slice.sopInstanceUID,
                position: slice.plane?.position ?? geometry.origin + step * Double(index), pixels: slice.pixels)
            numbered.number = slice.frameCount > 1 ? slice.frame + 1 : slice.instanceNumber
            return numbered
        }
        let paths = Set(slices.map(\.path))
        let path = paths.count == 1 ? slices[0].path : FileName.commonFolder(of: paths)
        var image = ImageSource(
            format: .dicom, identity: slices[0].identity, path: path, geometry: geometry, slices: numbered,
            transferSyntax: slices[0].transferSyntax, findings: findings, gapsAfter: gapsAfter)
        image.lengths = slices[0].lengths
        if slices.count == 1, slices[0].sliceSpacing == nil { image.thickness = .assumed }
        return image
    }
}
