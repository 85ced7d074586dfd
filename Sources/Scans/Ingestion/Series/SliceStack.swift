import Foundation
import Imaging

/// Puts slices together to images: groups headers, orders each group along its normal, and says what is odd.
///
/// File names and Instance Numbers decide nothing but which of two slices at one place stays.
public enum SliceStack {
    /// Slices closer than this along the normal lie at one place, mm.
    static let samePlace = 0.001
    /// Orientation cosines that differ by less come from writers that keep three decimals; half a voxel over 500.
    static let sameDirection = 1e-3

    /// One image a stack, in an order that does not depend on the order of `headers`.
    public static func images(from headers: [SliceHeader]) -> [ImageSource] {
        let sorted = headers.sorted { ($0.path, $0.frame) < ($1.path, $1.frame) }
        var images: [ImageSource] = []
        let groups = groups(sorted)
        let splits = splitSeries(groups)
        for group in groups {
            guard group[0].place != nil else {
                images.append(unplaced(group))
                continue
            }
            let (slices, copies) = withoutCopies(group)
            let findings = noSeries(group) + splits[seriesKey(group[0]), default: []] + copies
            for part in split(slices) { images.append(stack(part.slices, findings: findings + part.findings)) }
        }
        return images.sorted { key($0) < key($1) }
    }

    private static func key(_ image: ImageSource) -> (String, String, String, Int, String, String) {
        let identity = image.identity
        return (
            identity.patientID, identity.studyUID, identity.modality, Int(identity.seriesNumber) ?? Int.max,
            identity.seriesUID, image.slices[0].path + "\u{0}\(image.slices[0].frame)"
        )
    }

    // MARK: Grouping

    private struct Key: Hashable {
        var patient, study, modality, series, frameOfReference, object: String
        var columns, rows: Int
        var isLocaliser: Bool
    }

    /// By what can be hashed first, then by orientation and pixel spacing within a tolerance.
    private static func groups(_ headers: [SliceHeader]) -> [[SliceHeader]] {
        var groups: [[SliceHeader]] = []
        var known: [Key: [Int]] = [:]
        for header in headers {
            // A multi-frame object is a volume by itself; a slice without a place is an image by itself.
            let alone = header.place == nil || header.frameCount > 1
            // Without a series the folder is the best sign of what belongs together.
            let folder = header.identity.seriesUID.isEmpty ? folder(of: header.path) : ""
            let key = Key(
                patient: header.identity.patientID,
                study: header.identity.studyUID,
                modality: header.identity.modality,
                series: header.identity.seriesUID,
                frameOfReference: header.identity.frameOfReferenceUID,
                object: alone ? header.path : folder,
                columns: header.columns,
                rows: header.rows,
                isLocaliser: header.isLocaliser
            )
            if let index = known[key, default: []].first(where: { belongs(header, to: groups[$0]) }) {
                groups[index].append(header)
            } else {
                known[key, default: []].append(groups.count)
                groups.append([header])
            }
        }
        return groups
    }

    /// Orientations that drift by rounding from slice to slice stay together: the last slice decides as well as the first.
    private static func belongs(_ header: SliceHeader, to group: [SliceHeader]) -> Bool {
        [group.first, group.last].contains { $0.map { isParallel($0, header) } ?? false }
    }

    /// Orientation cosines within ``sameDirection``, pixel spacing within 1e-4 of itself.
    private static func isParallel(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        isSpacedAlike(a, b) && isTurnedAlike(a, b)
    }

    private static func isSpacedAlike(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        let spacing = a.pixelSpacing - b.pixelSpacing
        return max(abs(spacing.x), abs(spacing.y)) <= 1e-4 * a.pixelSpacing.max()
    }

    private static func isTurnedAlike(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        switch (a.place, b.place) {
        case (nil, nil): return true
        case (let a?, let b?): return max(farthest(a.row - b.row), farthest(a.column - b.column)) <= sameDirection
        default: return false
        }
    }

    private static func farthest(_ v: SIMD3<Double>) -> Double { max(abs(v.x), abs(v.y), abs(v.z)) }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func noSeries(_ group: [SliceHeader]) -> [Finding] {
        guard group.count > 1, group[0].frameCount == 1, group[0].identity.seriesUID.isEmpty else { return [] }
        return [Finding(.warning, "no Series Instance UID; the slices of one folder are taken as one image")]
    }

    private static func seriesKey(_ header: SliceHeader) -> [String] {
        let identity = header.identity
        return [identity.patientID, identity.studyUID, identity.seriesUID, identity.modality]
    }

    /// For each series that is several groups although its slices are files of their own: what tells the groups apart.
    private static func splitSeries(_ groups: [[SliceHeader]]) -> [[String]: [Finding]] {
        let classic = groups.compactMap(\.first).filter { first in
            first.place != nil && first.frameCount == 1 && !first.isLocaliser && !first.identity.seriesUID.isEmpty
        }
        return Dictionary(grouping: classic, by: seriesKey).compactMapValues { parts in
            guard parts.count > 1 else { return nil }
            func differs(_ isSame: (SliceHeader) -> Bool) -> Bool { !parts.allSatisfy(isSame) }
            let first = parts[0]
            var what: [String] = []
            if differs({ $0.identity.frameOfReferenceUID == first.identity.frameOfReferenceUID }) {
                what.append("frames of reference")
            }
            if differs({ $0.columns == first.columns && $0.rows == first.rows }) { what.append("rows and columns") }
            if differs({ isSpacedAlike(first, $0) }) { what.append("pixel spacings") }
            if differs({ isTurnedAlike(first, $0) }) { what.append("orientations") }
            let named = what.isEmpty ? "their headers" : what.joined(separator: " and ")
            return [Finding(.warning, "the series is split into \(parts.count) images because \(named) differ")]
        }
    }

    /// Leaves out files that hold an object that is there already. The same UID at another position is another slice,
    /// whatever its writer did.
    private static func withoutCopies(_ slices: [SliceHeader]) -> ([SliceHeader], [Finding]) {
        var seen: [String: [SIMD3<Double>]] = [:]
        var shared = 0
        let kept = slices.filter { slice in
            guard !slice.sopInstanceUID.isEmpty, let place = slice.place else { return true }
            let name = "\(slice.sopInstanceUID) \(slice.frame)"
            let known = seen[name, default: []]
            guard !known.contains(where: { farthest($0 - place.position) <= samePlace }) else { return false }
            if !known.isEmpty { shared += 1 }
            seen[name] = known + [place.position]
            return true
        }
        let left = slices.count - kept.count
        var findings: [Finding] = []
        if left > 0 { findings.append(Finding(.warning, "\(left) copies of slices (same SOP Instance UID) left out")) }
        if shared > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(shared) slices have the SOP Instance UID of another slice at a different position; all were kept"
                )
            )
        }
        return (kept, findings)
    }

    // MARK: Several images at the same places

    /// Numbers the place of every slice along the normal: equal numbers lie at one place.
    private static func places(_ slices: [SliceHeader]) -> (numbers: [Int], count: Int) {
        let heights = slices.map(height)
        var numbers = [Int](repeating: 0, count: slices.count)
        var last = -Double.infinity
        var count = 0
        for index in heights.indices.sorted(by: { heights[$0] < heights[$1] }) {
            if heights[index] - last > samePlace {
                count += 1
                last = heights[index]
            }
            numbers[index] = count - 1
        }
        return (numbers, count)
    }

    private static func height(_ slice: SliceHeader) -> Double {
        guard let place = slice.place else { return 0 }
        return dot(place.position, place.normal)
    }

    /// When places repeat throughout, splits by the attribute that leaves the fewest repeats, and again as needed.
    private static func split(_ slices: [SliceHeader]) -> [(slices: [SliceHeader], findings: [Finding])] {
        let (numbers, count) = places(slices)
        let repeats = slices.count - count
        var slicesAt = [Int](repeating: 0, count: count)
        for number in numbers { slicesAt[number] += 1 }
        // A few slices sent twice are duplicates, not a second image.
        guard repeats > 0, slicesAt.count(where: { $0 > 1 }) * 2 >= count else { return [(slices, [])] }
        var best: (left: Int, separator: SliceHeader.Separator, parts: [String: [SliceHeader]])?
        for separator in SliceHeader.Separator.allCases {
            let parts = Dictionary(grouping: slices) { $0.separators[separator] ?? "" }
            guard parts.count > 1 else { continue }
            let left = parts.values.reduce(0) { $0 + $1.count - places($1).count }
            // Splitting a stack into single slices separates nothing.
            guard parts.count <= slices.count / 2 || count == 1, left < best?.left ?? repeats else { continue }
            best = (left, separator, parts)
        }
        guard let best else { return [(slices, [])] }
        return best.parts.sorted { $0.key < $1.key }.flatMap { value, part in
            let shown = value.isEmpty ? "none" : value
            let note = Finding(
                .note,
                "the series holds \(best.parts.count) images at these places; this is \(best.separator.rawValue) \(shown)"
            )
            return split(part).map { ($0.slices, [note] + $0.findings) }
        }
    }

    // MARK: One stack

    /// Orders slices along their normal and measures the steps.
    private static func stack(_ slices: [SliceHeader], findings: [Finding]) -> ImageSource {
        var findings = findings
        let ordered = withoutDuplicates(slices, &findings)
        let first = ordered[0]
        // The caller only passes slices that have a place.
        let places = ordered.compactMap(\.place)
        let line = SliceLine(places: places, fallback: first.sliceSpacing)
        findings += line.findings
        let (row, column) = (places[0].row, places[0].column)
        let turned = places.map { max(farthest($0.row - row), farthest($0.column - column)) }.max() ?? 0
        if turned > sameDirection {
            let degrees = rounded(2 * asin(min(turned / 2, 1)) * 180 / Double.pi)
            findings.append(Finding(.warning, "slices are turned against the first, by up to about \(degrees)°"))
        }
        findings += notes(ordered)
        let geometry = Geometry(
            size: SIMD3(first.columns, first.rows, ordered.count),
            spacing: SIMD3(first.pixelSpacing.x, first.pixelSpacing.y, line.spacing),
            origin: places[0].position,
            direction: .init(x: places[0].row, y: places[0].column, z: line.direction)
        )
        return source(ordered, geometry: geometry, findings: findings, gapsAfter: line.gapsAfter)
    }

    /// Of slices at one place keeps the one with the lowest Instance Number, then UID.
    private static func withoutDuplicates(_ slices: [SliceHeader], _ findings: inout [Finding]) -> [SliceHeader] {
        let (numbers, count) = places(slices)
        var kept = [SliceHeader?](repeating: nil, count: count)
        var repeated: Set<Int> = []
        for (slice, number) in zip(slices, numbers) {
            guard let other = kept[number] else {
                kept[number] = slice
                continue
            }
            repeated.insert(number)
            if rank(slice) < rank(other) { kept[number] = slice }
        }
        let ordered = kept.compactMap { $0 }
        if !repeated.isEmpty {
            let shown = repeated.sorted().prefix(3).map { "\(rounded(height(ordered[$0])))" }.joined(separator: ", ")
            findings.append(
                Finding(
                    .warning,
                    "\(slices.count - count) duplicate slices left out, at \(repeated.count) places (\(shown)"
                        + "\(repeated.count > 3 ? ", …" : "") mm along the normal); kept the lowest Instance Number"
                )
            )
        }
        return ordered
    }

    private static func rank(_ slice: SliceHeader) -> (Int, String, String) {
        (slice.instanceNumber ?? Int.max, slice.sopInstanceUID, slice.path)
    }

    // MARK: Images without a place

    /// A projection, a secondary capture, or the frames of a loop: the grid starts at the origin.
    private static func unplaced(_ frames: [SliceHeader]) -> ImageSource {
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
            spacing: SIMD3(first.pixelSpacing.x, first.pixelSpacing.y, first.sliceSpacing ?? 1)
        )
        var image = source(frames, geometry: geometry, findings: findings, gapsAfter: [])
        image.place = .absent
        image.thirdAxis = isLoop ? .frames : .space
        return image
    }

    /// Every decision once, in the order in which it first appears.
    private static func notes(_ slices: [SliceHeader]) -> [Finding] {
        var seen: Set<String> = []
        return slices.flatMap(\.notes).filter { seen.insert($0).inserted }.map { Finding(.note, $0) }
    }

    private static func source(
        _ slices: [SliceHeader],
        geometry: Geometry,
        findings: [Finding],
        gapsAfter: [Int]
    ) -> ImageSource {
        let step = geometry.direction.z * geometry.spacing.z
        let planes = slices.enumerated().map { index, slice in
            ImageSource.Slice(
                path: slice.path,
                frame: slice.frame,
                sopInstanceUID: slice.sopInstanceUID,
                position: slice.place?.position ?? geometry.origin + step * Double(index)
            )
        }
        let paths = Set(slices.map(\.path))
        let path = paths.count == 1 ? slices[0].path : commonFolder(paths)
        return ImageSource(
            format: .dicom,
            identity: slices[0].identity,
            path: path,
            geometry: geometry,
            slices: planes,
            transferSyntax: slices[0].transferSyntax,
            findings: findings,
            gapsAfter: gapsAfter
        )
    }

    /// The deepest folder that holds all the files.
    private static func commonFolder(_ paths: Set<String>) -> String {
        var common: ArraySlice<Substring>?
        for path in paths {
            let folders = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            guard let known = common else {
                common = folders
                continue
            }
            common = known.prefix(zip(known, folders).prefix { $0 == $1 }.count)
        }
        let folder = (common ?? []).joined(separator: "/")
        return folder.isEmpty ? "." : folder
    }
}

/// 3 decimals, for a sentence.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
