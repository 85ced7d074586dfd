import Files
import Imaging

// Which slices may form one image: those of one series, size, orientation and pixel spacing.
extension SliceStack {
    private struct Key: Hashable {
        var patient, study, modality, series, frameOfReference, object: String
        var columns, rows: Int
        var isLocaliser: Bool
    }

    /// By what can be hashed first, then by orientation and pixel spacing within a tolerance.
    static func groups(_ headers: [SliceHeader]) -> [[SliceHeader]] {
        var groups: [[SliceHeader]] = []
        var known: [Key: [Int]] = [:]
        for header in headers {
            // A multi-frame object is a volume by itself, however many files hold it; a slice without a position is an image
            // by itself.
            let alone = header.plane == nil || header.frameCount > 1
            // Without a series the folder is the best sign of what belongs together.
            let folder = header.identity.seriesUID.isEmpty ? String(FileName(header.path).folder) : ""
            let key = Key(
                patient: header.identity.patientID, study: header.identity.studyUID, modality: header.identity.modality,
                series: header.identity.seriesUID, frameOfReference: header.identity.frameOfReferenceUID,
                object: header.concatenation?.uid ?? (alone ? header.path : folder), columns: header.columns,
                rows: header.rows,
                isLocaliser: header.isLocaliser)
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
    static func belongs(_ header: SliceHeader, to group: [SliceHeader]) -> Bool {
        [group.first, group.last].contains { $0.map { isParallel($0, header) } ?? false }
    }

    /// Orientation cosines within ``sameDirection``, pixel spacing within 1e-4 of itself.
    static func isParallel(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        isSpacedAlike(a, b) && isTurnedAlike(a, b)
    }

    static func isSpacedAlike(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        let spacing = a.pixelSpacing - b.pixelSpacing
        return max(abs(spacing.x), abs(spacing.y)) <= 1e-4 * a.pixelSpacing.max()
    }

    static func isTurnedAlike(_ a: SliceHeader, _ b: SliceHeader) -> Bool {
        switch (a.plane, b.plane) {
        case (nil, nil): return true
        case (let a?, let b?): return max(farthest(a.row - b.row), farthest(a.column - b.column)) <= sameDirection
        default: return false
        }
    }

    /// The parts of a concatenation that are not there.
    static func missingParts(_ group: [SliceHeader]) -> [Finding] {
        let reason = SliceHeader.Concatenation.reasonForBeingIncomplete(group.compactMap(\.concatenation), "image")
        return reason.map { [Finding(.warning, $0)] } ?? []
    }

    static func noSeries(_ group: [SliceHeader]) -> [Finding] {
        guard group.count > 1, group[0].frameCount == 1, group[0].identity.seriesUID.isEmpty else { return [] }
        return [Finding(.warning, "no Series Instance UID; the slices of one folder are taken as one image")]
    }

    static func seriesKey(_ header: SliceHeader) -> [String] {
        let identity = header.identity
        return [identity.patientID, identity.studyUID, identity.seriesUID, identity.modality]
    }

    /// For each series that is several groups although its slices are files of their own: what tells the groups apart.
    static func splitSeries(_ groups: [[SliceHeader]]) -> [[String]: [Finding]] {
        let classic = groups.compactMap(\.first).filter { first in
            first.plane != nil && first.frameCount == 1 && !first.isLocaliser && !first.identity.seriesUID.isEmpty
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

    /// The largest of the three differences.
    static func farthest(_ v: SIMD3<Double>) -> Double { max(abs(v.x), abs(v.y), abs(v.z)) }
}
