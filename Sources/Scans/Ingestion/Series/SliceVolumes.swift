// One series, or one multi-frame object, may hold several volumes at the same positions: b-values, echoes, phases of the heart
// or of contrast. Never is one image made of several: slices that nothing tells apart make an image that fails.
import DICOM
import Foundation
import Imaging

extension SliceStack {
    /// Slices of one image, and what was noticed when they were told from the others.
    typealias Part = (slices: [SliceHeader], findings: [Finding])

    /// What a slice shows, so that a duplicate is known by its pixels; nil when they cannot be read.
    typealias Content = (SliceHeader) -> SliceContent?

    /// Splits slices, some of which lie at the same position, into images in which none does, by the first of these that can:
    /// an attribute whose every value is there at every position; equal pixels, which are duplicates; moments in their order;
    /// the order in which the slices were written; an attribute whose values are there at some positions.
    static func split(_ slices: [SliceHeader], content: Content) -> [Part] {
        let (numbers, count) = positionNumbers(slices)
        guard slices.count > count else { return interleaved(slices) ?? [(slices, [])] }
        func further(_ parts: [[SliceHeader]], _ finding: (Int) -> Finding) -> [Part] {
            parts.enumerated().flatMap { index, part in
                split(part, content: content).map { ($0.slices, [finding(index)] + $0.findings) }
            }
        }
        func named(_ separation: Separation) -> [Part] {
            further(separation.parts.map(\.slices)) {
                .note(
                    "the series holds \(separation.parts.count) images at these places; this is "
                        + "\(separation.separator.rawValue) \(separation.parts[$0].value)")
            }
        }
        if let whole = separation(slices, count, complete: true) { return named(whole) }
        let unequal = withoutDuplicates(slices, numbers, content)
        if unequal.slices.count == count { return [unequal] }
        for separator in SliceHeader.Separator.allCases where separator.isMoment {
            guard let parts = ranked(slices, numbers, count, by: { $0.separators[separator].flatMap { Double($0) } })
            else { continue }
            return further(parts) {
                .note(
                    "the series holds \(parts.count) images at these places; this is number \($0 + 1) in the order of "
                        + separator.rawValue)
            }
        }
        if isWrittenInVolumes(slices, numbers, count),
            let parts = ranked(slices, numbers, count, by: { $0.writtenOrder.map { Double($0) } })
        {
            return further(parts) {
                Finding(
                    .warning,
                    "the series holds \(parts.count) images at these places that no attribute tells apart; by the order of "
                        + "\(slices[0].frameCount > 1 ? "frames" : "Instance Number") this is taken to be number \($0 + 1)"
                )
            }
        }
        if let some = separation(slices, count, complete: false) { return named(some) }
        return [undivided(unequal, count)]
    }

    // MARK: By an attribute

    private struct Separation {
        var separator: SliceHeader.Separator
        var parts: [(value: String, slices: [SliceHeader])]
        /// Slices that still share a position with another of their part.
        var left: Int
    }

    /// By the attribute that leaves the fewest slices at a shared position.
    ///
    /// - Parameter complete: whether every value must be there at every position.
    private static func separation(_ slices: [SliceHeader], _ count: Int, complete: Bool) -> Separation? {
        var best: Separation?
        for separator in SliceHeader.Separator.allCases {
            let parts = parts(slices, by: separator)
            guard parts.count > 1 else { continue }
            let counts = parts.map { positionNumbers($0.slices).count }
            // Splitting a stack into single slices separates nothing.
            guard complete ? counts.allSatisfy({ $0 == count }) : parts.count <= slices.count / 2 else { continue }
            let left = slices.count - counts.reduce(0, +)
            guard left < best?.left ?? slices.count - count else { continue }
            best = Separation(separator: separator, parts: parts, left: left)
        }
        return best
    }

    /// Equal numbers are equal however they are written; in the order of numbers, then of text.
    private static func parts(
        _ slices: [SliceHeader], by separator: SliceHeader.Separator
    ) -> [(value: String, slices: [SliceHeader])] {
        let parts = Dictionary(grouping: slices) { slice -> String in
            let value = slice.separators[separator] ?? ""
            return Double(value).map { "\($0)" } ?? value
        }
        return parts.sorted { a, b in
            guard let first = Double(a.key), let second = Double(b.key) else { return a.key < b.key }
            return first < second
        }.map { (value: $0.value[0].separators[separator] ?? "none", slices: $0.value) }
    }

    /// Stacks that lie between each other's slices (a second phase half a slice further on) look like one of uneven steps, or of
    /// even ones; likewise those that a file itself calls stacks (PS3.3 C.7.6.16.2.2.4), wherever they lie. Even slices that were
    /// taken in two passes, the odd ones and the even ones, are one stack: only what makes other pictures parts those.
    private static func interleaved(_ slices: [SliceHeader]) -> [Part]? {
        guard slices.count >= 4 else { return nil }
        let isWhole = isEven(slices)
        for separator in SliceHeader.Separator.allCases where isWhole ? separator.isOfContrast : !separator.isMoment {
            let parts = parts(slices, by: separator)
            guard parts.count > 1, parts.allSatisfy({ $0.slices.count > 1 && isEven($0.slices) }) else { continue }
            let ends = parts.map { part in part.slices.map(height).sorted() }
            guard let lowest = ends.compactMap(\.last).min(), let highest = ends.compactMap(\.first).max(),
                separator == .stackID || highest < lowest
            else { continue }
            return parts.map { part in
                let finding = Finding.note(
                    "the series holds \(parts.count) images \(highest < lowest ? "that lie between" : "beside") each other's slices; this is "
                        + "\(separator.rawValue) \(part.value)")
                return (part.slices, [finding])
            }
        }
        return nil
    }

    private static func isEven(_ slices: [SliceHeader]) -> Bool {
        let heights = slices.map(height).sorted()
        let steps = zip(heights, heights.dropFirst()).map { $1 - $0 }
        guard let low = steps.min(), let high = steps.max() else { return true }
        return high - low <= max(0.02 * low, 0.02)
    }

    // MARK: By order

    /// One part per rank of a number among the slices of one position; nil unless every position has as many slices, each
    /// with a number of its own.
    private static func ranked(
        _ slices: [SliceHeader], _ numbers: [Int], _ count: Int, by number: (SliceHeader) -> Double?
    ) -> [[SliceHeader]]? {
        let depth = slices.count / count
        guard depth > 1, depth * count == slices.count else { return nil }
        var atPosition = [[(number: Double, slice: SliceHeader)]](repeating: [], count: count)
        for (slice, position) in zip(slices, numbers) {
            guard let number = number(slice) else { return nil }
            atPosition[position].append((number, slice))
        }
        for position in atPosition {
            guard position.count == depth, Set(position.map(\.number)).count == depth else { return nil }
        }
        let ordered = atPosition.map { $0.sorted { $0.number < $1.number } }
        return (0..<depth).map { rank in ordered.map { $0[rank].slice } }
    }

    /// Whether the slices were written volume by volume, or position by position: in any other order a rank means nothing.
    private static func isWrittenInVolumes(_ slices: [SliceHeader], _ numbers: [Int], _ count: Int) -> Bool {
        let depth = slices.count / count
        let written = zip(slices, numbers).map { (order: $0.writtenOrder ?? 0, position: $1) }.sorted { $0 < $1 }
            .map(\.position)
        func runs(of length: Int, _ distinct: Int) -> Bool {
            stride(from: 0, to: written.count, by: length).allSatisfy {
                Set(written[$0..<min($0 + length, written.count)]).count == distinct
            }
        }
        return runs(of: depth, 1) || runs(of: count, count)
    }

    // MARK: Duplicates

    /// Of slices with equal pixels at one position keeps the one with the lowest Instance Number, then UID.
    private static func withoutDuplicates(_ slices: [SliceHeader], _ numbers: [Int], _ content: Content) -> Part {
        let atPosition = Dictionary(grouping: slices.indices, by: { numbers[$0] })
        var dropped: Set<Int> = []
        var repeated: [Double] = []
        for number in atPosition.keys.sorted() {
            let indices = (atPosition[number] ?? []).sorted { rank(slices[$0]) < rank(slices[$1]) }
            guard indices.count > 1 else { continue }
            var seen: Set<SliceContent> = []
            for index in indices {
                guard let shown = content(slices[index]), !seen.insert(shown).inserted else { continue }
                dropped.insert(index)
                if repeated.last != height(slices[index]) { repeated.append(height(slices[index])) }
            }
        }
        guard !dropped.isEmpty else { return (slices, []) }
        let finding = Finding(
            .warning,
            "\(dropped.count) duplicate slices left out, at \(repeated.count) places (\(shown(repeated))); their pixels are the"
                + " same, kept the lowest Instance Number")
        return (slices.indices.filter { !dropped.contains($0) }.map { slices[$0] }, [finding])
    }

    static func rank(_ slice: SliceHeader) -> (Int, String, String) {
        (slice.instanceNumber ?? Int.max, slice.sopInstanceUID, slice.path)
    }

    /// One slice per position, so that the image can be listed, and a failure, for which of them is right is not known.
    private static func undivided(_ part: Part, _ count: Int) -> Part {
        let (numbers, _) = positionNumbers(part.slices)
        var first = [SliceHeader?](repeating: nil, count: count)
        var shared: [Int: Double] = [:]
        for (slice, number) in zip(part.slices, numbers) {
            guard let other = first[number] else {
                first[number] = slice
                continue
            }
            shared[number] = height(slice)
            if rank(slice) < rank(other) { first[number] = slice }
        }
        let places = shared.sorted { $0.key < $1.key }.map(\.value)
        let failure = Finding(
            .failure,
            "\(part.slices.count) slices at \(count) places: at \(places.count) of them (\(shown(places))) slices with different"
                + " pixels that no attribute tells apart, expected one slice per place; give the slices of one image alone"
        )
        return (first.compactMap { $0 }, part.findings + [failure])
    }

    /// The first few places, for a message.
    private static func shown(_ heights: [Double]) -> String {
        heights.prefix(3).map { "\(rounded($0))" }.joined(separator: ", ") + (heights.count > 3 ? ", …" : "")
            + " mm along the normal"
    }
}

extension Finding {
    fileprivate static func note(_ text: String) -> Finding { Finding(.note, text) }
}

/// What one slice shows: its stored samples, and how they become values.
struct SliceContent: Hashable, Sendable {
    var samples: Fingerprint
    var values: PixelHeader.Samples?
}

/// Reads what slices show, one file open at a time.
final class SliceContentReader {
    private var opened: (path: String, file: DICOMFile, layout: DICOMPixelLayout)?

    func content(_ slice: SliceHeader) -> SliceContent? {
        do throws(IngestionError) {
            if opened?.path != slice.path {
                let file = try DICOMFile.open(slice.path)
                opened = (slice.path, file, try file.layout())
            }
            guard let opened else { return nil }
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: opened.layout.bytesPerFrame, alignment: 16)
            defer { bytes.deallocate() }
            try opened.file.decode(slice.frame..<slice.frame + 1, into: bytes)
            let samples = Fingerprint(of: UnsafeRawBufferPointer(bytes))
            return SliceContent(samples: samples, values: slice.pixels?.frame(slice.frame).samples)
        } catch {
            return nil
        }
    }
}
