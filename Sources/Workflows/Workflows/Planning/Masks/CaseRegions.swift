import Imaging
import Ingestion
import Radiomics

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
    /// Whether it is no longer as its mask has it.
    package var isMade = false

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

/// What becomes of one region of a case.
package enum CaseOutcome {
    case region(CaseRegion)
    case failed(CaseFailure)
    /// Nobody would miss it.
    case leftOut(CaseFailure)
}

/// A region of a case that is made when somebody asks for it, so that not all of a case are in memory.
package struct PendingRegion: Sendable {
    /// About how many voxels its box has.
    package var size: Int
    package let make: @Sendable () -> CaseOutcome
}

extension ImageCase {
    /// Loads the image once and calls `body` for each region in the order of the masks, `failed` for each that cannot be had,
    /// and `leftOut` for each that nobody would miss.
    package func forEachRegion<Loaded: LoadedImage, Failure: Error>(
        _ identity: IdentityDisclosure, _ operations: [MaskOperation] = [],
        load: (ImageSource) throws(LoadFailure) -> Loaded, failed: (CaseFailure) -> Void,
        leftOut: (CaseFailure) -> Void, _ body: (CaseRegion, Loaded) throws(Failure) -> Void
    ) throws(Failure) {
        let (loaded, regions) = pendingRegions(identity, operations, load: load)
        for region in regions {
            switch region.make() {
            case .failed(let failure): failed(failure)
            case .leftOut(let region): leftOut(region)
            case .region(let region): if let loaded { try body(region, loaded) }
            }
        }
    }

    /// Loads the image once and lists its regions in the order of the masks.
    ///
    /// - Parameter operations: what is made of the regions before anything else.
    /// - Returns: no image where there is no region either.
    package func pendingRegions<Loaded: LoadedImage>(
        _ identity: IdentityDisclosure, _ operations: [MaskOperation], load: (ImageSource) throws(LoadFailure) -> Loaded
    ) -> (Loaded?, [PendingRegion]) {
        func failed(_ image: ImageIdentity, _ reason: String, of entry: MaskSource.Entry? = nil) -> [PendingRegion] {
            [.failed(CaseFailure(identity: image, entry: entry, mask: nil, reason: reason))]
        }
        let image: ImageSource
        switch work {
        case .failed(let identity, let entry, let reason): return (nil, failed(identity, reason, of: entry))
        case .wholeImage(let source): image = source
        case .regions(let source, let masks, let selection):
            image = source
            // What operations make may be what is asked for.
            if operations.isEmpty, let reason = selection.reasonForNothing(among: masks.flatMap(\.entries)) {
                return (nil, reasonForNothing(masks, reason).map { failed(image.identity, $0) } ?? [])
            }
        }
        if let failure = image.findings.first(where: { $0.severity == .failure }) {
            return (nil, failed(image.identity, failure.text))
        }
        let loaded: Loaded
        do throws(LoadFailure) { loaded = try load(image) } catch {
            return (nil, failed(image.identity, error.reason))
        }
        let regions: [PendingRegion]
        switch work {
        case .regions(_, let masks, let selection) where operations.isEmpty:
            regions = pendingRegions(of: masks, selection, on: image, identity) { $0.entries.filter(selection.matches) }
        default: regions = made(by: operations, on: image, loaded.volume, identity)
        }
        return (loaded, regions)
    }

    /// Nil where the image that the masks were drawn on has the row.
    private func reasonForNothing(_ masks: [MaskSource], _ reason: String) -> String? {
        masks.allSatisfy { borrowedMasks.contains($0.path) } ? nil : reason
    }

    /// - Parameter chosen: which of a mask's regions are wanted.
    func pendingRegions(
        of masks: [MaskSource], _ selection: RegionSelection, on image: ImageSource, _ identity: IdentityDisclosure,
        _ chosen: (MaskSource) -> [MaskSource.Entry]
    ) -> [PendingRegion] {
        let shared = SharedRegions(of: masks, selection)
        return masks.flatMap { mask -> [PendingRegion] in
            let pending: [PendingOutcome]
            do throws(IngestionError) {
                pending = try mask.pendingRegions(
                    selection.takes(mask) ? chosen(mask) : [], on: image, isNamed: selection.asksForRegions,
                    grid: selection.maskGrid)
            } catch {
                let reason = "mask \(identity.shown(mask.path)): \(error.reason)"
                return [.failed(CaseFailure(identity: image.identity, entry: nil, mask: mask, reason: reason))]
            }
            let isBorrowed = borrowedMasks.contains(mask.path)
            return pending.map { outcome in
                PendingRegion(size: outcome.boxVoxels) {
                    outcome.make().named(by: selection).ofCase(image, mask, isBorrowed: isBorrowed, shared)
                }
            }
        }
    }
}

extension PendingRegion {
    /// One that is made already.
    init(_ outcome: CaseOutcome) {
        if case .region(let region) = outcome { size = region.region.box.voxelCount } else { size = 0 }
        make = { outcome }
    }

    static func failed(_ failure: CaseFailure) -> PendingRegion { PendingRegion(.failed(failure)) }
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

    fileprivate func ofCase(
        _ image: ImageSource, _ mask: MaskSource, isBorrowed: Bool, _ shared: SharedRegions
    ) -> CaseOutcome {
        func failure(_ entry: MaskSource.Entry, _ reason: String) -> CaseFailure {
            CaseFailure(identity: image.identity, entry: entry, mask: mask, reason: reason)
        }
        switch self {
        case .failed(let entry, let reason) where isBorrowed:
            return .leftOut(failure(entry, "drawn on another image, does not fit this one: \(reason)"))
        case .failed(let entry, let reason): return .failed(failure(entry, reason))
        case .leftOut(let entry, let reason): return .leftOut(failure(entry, reason))
        case .region(let region, let findings):
            let entry = MaskSource.Entry(name: region.name, label: region.label)
            let note = shared.note(on: entry, of: mask).map { [$0] } ?? []
            return .region(CaseRegion(image: image, mask: mask, region: region, findings: findings + note))
        }
    }
}
