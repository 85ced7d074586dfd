import TextureCore

/// The discretisation that a case gets, and what should be said about it.
public struct ResolvedDiscretisation: Hashable, Sendable {
    public var discretisation: Discretisation
    public var notes: [String]
}

extension GreyLevelSetting {
    /// Fixed bin widths start at the re-segmentation's lower end (IBSI 2.7), else at `lowerBound`, else at -1000 HU for CT
    /// and 0 for PET, else at the region's minimum, which is said because bins then differ between cases.
    public func resolved(
        modality: String, resegmentation: Resegmentation, convention: Convention
    ) -> ResolvedDiscretisation {
        switch bins {
        case .none: return ResolvedDiscretisation(discretisation: .none, notes: [])
        case .count(let count): return ResolvedDiscretisation(discretisation: .binCount(count), notes: [])
        case .width(let width): return fixed(width)
        case .automatic:
            guard convention == .ibsi else { return fixed(25) }
            guard modality == "CT" else {
                return ResolvedDiscretisation(
                    discretisation: .binCount(32),
                    notes: ["32 bins by default for \(modality.isEmpty ? "this image" : modality)"])
            }
            var resolved = fixed(25)
            resolved.notes.insert("bin width 25 HU by default for CT", at: 0)
            return resolved
        }

        func fixed(_ width: Double) -> ResolvedDiscretisation {
            guard convention == .ibsi else {
                return ResolvedDiscretisation(discretisation: .binWidth(width, lowerBound: nil), notes: [])
            }
            var notes: [String] = []
            var start = lowerBound
            if let range = resegmentation.range, range.lowerBound.isFinite {
                start = range.lowerBound
            } else if start == nil {
                switch modality {
                case "CT": start = -1000
                case "PT": start = 0
                default: notes = ["bins start at the region's minimum; give --lower-bound to make cases comparable"]
                }
            }
            return ResolvedDiscretisation(discretisation: .binWidth(width, lowerBound: start), notes: notes)
        }
    }
}
