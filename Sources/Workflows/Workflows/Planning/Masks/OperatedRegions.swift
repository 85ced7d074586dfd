import Imaging
import Ingestion
import Radiomics

extension ImageCase {
    /// What operations make of the regions, all of which are in memory meanwhile.
    func made(
        by operations: [MaskOperation], on image: ImageSource, _ volume: Volume, _ identity: IdentityDisclosure
    ) -> [PendingRegion] {
        let selection: RegionSelection
        let pending: [PendingRegion]
        switch work {
        case .failed: return []
        case .wholeImage:
            selection = .all
            pending = [PendingRegion(.region(CaseRegion(image: image, region: .whole(volume.geometry))))]
            guard !operations.isEmpty else { return pending }
        case .regions(_, let masks, let chosen):
            selection = chosen
            let needed = chosen.needed(for: operations, among: masks.flatMap(\.entries))
            pending = pendingRegions(of: masks, chosen, on: image, identity) { $0.entries.filter(needed) }
        }
        let outcomes = pending.map { $0.make() }
        var items: [RegionSet.Item] = []
        var lost: [RegionSet.Failure] = []
        var paths: [String] = []
        for (place, outcome) in outcomes.enumerated() {
            switch outcome {
            case .region(let found):
                let path = found.mask?.path ?? ""
                if !paths.contains(path) { paths.append(path) }
                items.append(
                    RegionSet.Item(
                        found.region, source: place, mask: paths.firstIndex(of: path) ?? 0,
                        isChosen: selection.matches(found.entry)))
            case .failed(let failure), .leftOut(let failure):
                guard let entry = failure.entry else { continue }
                lost.append(
                    RegionSet.Failure(
                        name: entry.name, label: entry.label, source: place, reason: failure.reason,
                        isChosen: selection.matches(entry)))
            }
        }
        let made = operations.compactMap(\.name)
        var set = RegionSet(
            items, lost: lost, on: volume, sliceNumbers: SliceNumbers(image).numbers,
            matches: { pattern, name in pattern == name || Glob(pattern).matches(name) })
        set.apply(operations) { name, label in
            selection.wants(MaskSource.Entry(name: name, label: label), made: made)
        }
        return rows(of: set, outcomes, on: image, selection)
    }

    /// In the order of what they were made of.
    private func rows(
        of set: RegionSet, _ outcomes: [CaseOutcome], on image: ImageSource, _ selection: RegionSelection
    ) -> [PendingRegion] {
        var rows: [(source: Int, region: PendingRegion)] = []
        for (place, outcome) in outcomes.enumerated() {
            switch outcome {
            case .region: continue
            case .failed(let failure), .leftOut(let failure):
                // What is needed for something else alone has no row of its own.
                guard failure.entry.map(selection.matches) ?? true else { continue }
                rows.append((place, PendingRegion(outcome)))
            }
        }
        for item in set.items where item.isChosen {
            guard case .region(var region) = outcomes[item.source] else { continue }
            if item.isMade {
                region.region = item.region
                region.findings += [Finding(.note, "mask operations: " + item.steps.joined(separator: "; "))]
                region.isMade = true
            }
            rows.append((item.source, PendingRegion(.region(region))))
        }
        for failure in set.failures where failure.isChosen {
            let entry = MaskSource.Entry(name: failure.name, label: failure.label)
            var mask: MaskSource?
            if outcomes.indices.contains(failure.source), case .region(let region) = outcomes[failure.source] {
                mask = region.mask
            }
            rows.append(
                (
                    failure.source,
                    .failed(
                        CaseFailure(
                            identity: image.identity, entry: entry, mask: mask,
                            reason: "mask operations: \(failure.reason)"))
                ))
        }
        let ordered = rows.enumerated().sorted { ($0.element.source, $0.offset) < ($1.element.source, $1.offset) }
        guard ordered.isEmpty else { return ordered.map(\.element.region) }
        let entries = set.items.map { MaskSource.Entry(name: $0.region.name, label: $0.region.label) }
        guard case .regions(_, let masks, _) = work, !masks.allSatisfy({ borrowedMasks.contains($0.path) }) else {
            return []
        }
        let reason = selection.reasonForNothing(among: entries) ?? "the mask holds no region"
        return [.failed(CaseFailure(identity: image.identity, entry: nil, mask: nil, reason: reason))]
    }
}

extension RegionSelection {
    /// Whether something that an operation makes has a row: by its name and number, where those are asked for; otherwise all has, but
    /// what is made of regions in place that a register does not know.
    ///
    /// - Parameter made: names that operations give.
    fileprivate func wants(_ entry: MaskSource.Entry, made: [String]) -> Bool {
        guard labels.isEmpty || labels.contains(entry.label) else { return false }
        guard names.isEmpty else { return names.contains { $0 == entry.name || Glob($0).matches(entry.name) } }
        return register.isEmpty || register.names.contains(entry.name)
            || made.contains { Glob($0).matches(entry.name) || Glob($0 + "_*").matches(entry.name) }
    }

    /// Which regions have to be had: those that are asked for, those that an operation names, and all where what is asked for is
    /// made only.
    fileprivate func needed(
        for operations: [MaskOperation], among entries: [MaskSource.Entry]
    ) -> (MaskSource.Entry) -> Bool {
        let named = operations.flatMap { $0.regions ?? [] }
        let made = operations.compactMap(\.name)
        func isMade(_ name: String) -> Bool {
            made.contains { $0 == name || Glob(name).matches($0) }
        }
        let isKnown = names.allSatisfy { name in
            isMade(name) || entries.contains { shown($0).name == name || Glob(name).matches(shown($0).name) }
        }
        // A name with * is made of those of regions, which are not known yet.
        let takesAll = !isKnown || made.contains { $0.contains("*") } && !names.isEmpty
        return { entry in
            if takesAll || matches(entry) { return true }
            let shown = shown(entry)
            let name = shown.name.isEmpty ? "\(shown.label)" : shown.name
            return named.contains { $0 == name || Glob($0).matches(name) }
        }
    }
}
