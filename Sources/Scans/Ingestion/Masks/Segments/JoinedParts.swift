// A segmentation that was stored in several files (PS3.3 C.7.6.16.2.2.4, concatenations): its parts become one mask.

extension MaskSource {
    /// The masks in their order, each file once, with the parts of a concatenation joined into one mask where the first of them
    /// stood. Joining again what was joined, with others, is as joining all at once.
    public static func joined(_ masks: [MaskSource]) -> [MaskSource] {
        var known: Set<String> = []
        var result: [MaskSource] = []
        var parts: [String: [MaskSource]] = [:]
        for mask in masks.flatMap(\.parts) where known.insert(mask.path).inserted {
            guard let uid = mask.concatenation?.uid else {
                result.append(mask)
                continue
            }
            if parts[uid] == nil { result.append(mask) }
            parts[uid, default: []].append(mask)
        }
        return result.map { mask in
            mask.concatenation.flatMap { parts[$0.uid] }.map(Self.init(parts:)) ?? mask
        }
    }

    private var parts: [MaskSource] {
        var first = self
        first.furtherParts = []
        return [first] + furtherParts
    }

    /// Of copies of a part the first counts.
    private init(parts: [MaskSource]) {
        var instances: Set<String> = []
        let ordered = parts.filter { $0.sopInstanceUID.isEmpty || instances.insert($0.sopInstanceUID).inserted }
            .enumerated()
            .sorted { a, b in
                let (i, j) = (a.element.concatenation?.part ?? .max, b.element.concatenation?.part ?? .max)
                return i != j ? i < j : a.offset < b.offset
            }.map(\.element)
        self = ordered[0]
        furtherParts = Array(ordered.dropFirst())
        for part in furtherParts {
            entries += part.entries.filter { !entries.contains($0) }
            for uid in part.referencedSeriesUIDs { referencedSeriesUIDs.appendOnce(uid) }
            for uid in part.frameOfReferenceUIDs { frameOfReferenceUIDs.appendOnce(uid) }
            referencedInstanceUIDs.formUnion(part.referencedInstanceUIDs)
            findings += part.findings.filter { !findings.contains($0) }
        }
    }

    /// Why the mask cannot be known: part of it is not there, or two files claim to be the same part.
    var reasonForBeingIncomplete: String? {
        let concatenations = parts.compactMap(\.concatenation)
        if let reason = SliceHeader.Concatenation.reasonForBeingIncomplete(concatenations, "segmentation") {
            return reason + "; add them, or the folder that holds all"
        }
        let numbers = concatenations.compactMap(\.part)
        guard Set(numbers).count < numbers.count else { return nil }
        let list = numbers.sorted().map(String.init).joined(separator: ", ")
        return
            "the segmentation was stored in several files (a concatenation), whose In-concatenation Numbers are \(list), expected"
            + " each once; leave out the files that do not belong to it"
    }
}
