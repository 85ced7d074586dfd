import Imaging
import Ingestion

/// What a case's regions are drawn on.
package protocol LoadedImage {
    var volume: Volume { get }
}

/// Why a case's image cannot be worked on.
package struct LoadFailure: Error {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }

    /// What `body` gives, or its error as a reason.
    package static func catching<Value>(_ body: () throws(IngestionError) -> Value) throws(LoadFailure) -> Value {
        do { return try body() } catch { throw LoadFailure(error.reason) }
    }
}

/// One region of a case.
package struct CaseRegion {
    package var image: ImageSource
    /// Nil when the region is the whole image.
    package var mask: MaskSource?
    package var region: Region
    /// What was found while the region was made of its mask.
    package var findings: [Finding] = []

    /// The mask's own, then the region's.
    package var maskFindings: [Finding] { (mask?.findings ?? []) + findings }
    package var entry: MaskSource.Entry { MaskSource.Entry(name: region.name, label: region.label) }
}

/// A region, or a whole case, that cannot be worked on.
package struct CaseFailure {
    package var identity: ImageIdentity
    package var entry: MaskSource.Entry?
    package var mask: MaskSource?
    package var reason: String
}

extension ImageCase {
    /// Loads the image once and calls `body` for each region in the order of the masks, `failed` for each that cannot be had,
    /// and `leftOut` for each that nobody would miss.
    package func forEachRegion<Loaded: LoadedImage, Failure: Error>(
        _ identity: IdentityDisclosure, load: (ImageSource) throws(LoadFailure) -> Loaded,
        failed: (CaseFailure) -> Void, leftOut: (CaseFailure) -> Void,
        _ body: (CaseRegion, Loaded) throws(Failure) -> Void
    ) throws(Failure) {
        func fail(_ entry: MaskSource.Entry?, _ mask: MaskSource?, _ image: ImageIdentity, _ reason: String) {
            failed(CaseFailure(identity: image, entry: entry, mask: mask, reason: reason))
        }
        let image: ImageSource
        switch work {
        case .failed(let identity, let entry, let reason): return fail(entry, nil, identity, reason)
        case .wholeImage(let source): image = source
        case .regions(let source, let masks, let selection):
            image = source
            if let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) {
                // The image that the masks were drawn on has the row.
                guard !masks.allSatisfy({ borrowedMasks.contains($0.path) }) else { return }
                return fail(nil, nil, image.identity, reason)
            }
        }
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            return fail(nil, nil, image.identity, failure.text)
        }
        let loaded: Loaded
        do throws(LoadFailure) { loaded = try load(image) } catch {
            return fail(nil, nil, image.identity, error.reason)
        }
        guard case .regions(_, let masks, let selection) = work else {
            return try body(CaseRegion(image: image, region: .whole(loaded.volume.geometry)), loaded)
        }
        let shared = SharedRegions(of: masks, selection)
        for mask in masks {
            let outcomes: [RegionOutcome]
            do throws(IngestionError) {
                outcomes = try mask.regions(on: image, matching: selection)
            } catch {
                fail(nil, mask, image.identity, "mask \(identity.shown(mask.path)): \(error.reason)")
                continue
            }
            for outcome in outcomes {
                switch outcome.named(by: selection) {
                case .failed(let entry, let reason) where borrowedMasks.contains(mask.path):
                    let reason = "drawn on another image, does not fit this one: \(reason)"
                    leftOut(CaseFailure(identity: image.identity, entry: entry, mask: mask, reason: reason))
                case .failed(let entry, let reason): fail(entry, mask, image.identity, reason)
                case .leftOut(let entry, let reason):
                    leftOut(CaseFailure(identity: image.identity, entry: entry, mask: mask, reason: reason))
                case .region(let region, let findings):
                    let entry = MaskSource.Entry(name: region.name, label: region.label)
                    let note = shared.note(on: entry, of: mask).map { [$0] } ?? []
                    try body(CaseRegion(image: image, mask: mask, region: region, findings: findings + note), loaded)
                }
            }
        }
    }
}

extension RegionOutcome {
    /// With the name that a register has for the region, and a note of the mask's own.
    fileprivate func named(by selection: RegionSelection) -> RegionOutcome {
        guard !selection.register.isEmpty else { return self }
        switch self {
        case .region(var region, let findings):
            let entry = MaskSource.Entry(name: region.name, label: region.label)
            region.name = selection.shown(entry).name
            return .region(region, findings: findings + [selection.register.finding(entry)].compactMap(\.self))
        case .failed(let entry, let reason): return .failed(selection.shown(entry), reason: reason)
        case .leftOut(let entry, let reason): return .leftOut(selection.shown(entry), reason: reason)
        }
    }
}
