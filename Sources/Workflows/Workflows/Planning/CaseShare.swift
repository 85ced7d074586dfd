import Imaging
import Ingestion
import Tables

/// The cases of a plan that one process works on: all of them, or those of a shard. What depends on the whole plan (columns, what is
/// refused, names) is the same in every share.
package struct CaseShare: Sendable {
    /// In the order of the plan.
    package let cases: [ImageCase]
    /// Nil where all cases are of one process.
    package let marks: ShardMarks?

    /// - Parameters:
    ///   - settings: all that the numbers in the rows hang on, as text.
    package init(
        _ plan: CasePlan, _ shard: Shard?, settings: String, _ disclosure: IdentityDisclosure
    ) {
        guard let shard else {
            (cases, marks) = (plan.cases, nil)
            return
        }
        let identities = plan.cases.map { RowIdentity($0, $0.identity, nil, disclosure) }
        let own = identities.indices.filter { shard.holds(identities[$0]) }
        cases = own.map { plan.cases[$0] }
        let run = Fingerprint(
            of: ([Release.version, settings, plan.regions.inWords]
                + zip(plan.cases, identities).map { $1.fingerprintText + $0.regionNames.joined(separator: "\t") })
                .joined(separator: "\n"))
        marks = ShardMarks(
            shard: shard, run: "\(plan.cases.count) cases \(run.description.prefix(16))", places: own.map { $0 + 1 })
    }
}

extension RowIdentity {
    fileprivate var fingerprintText: String {
        [caseID, patient, study, series, modality, image].joined(separator: "\t")
    }
}

extension RegionChoice {
    /// Which regions are asked for, whatever the folders are called.
    fileprivate var inWords: String {
        "\(isWholeImage) \(selection.names) \(selection.labels) \(selection.formats.map(\.rawValue).sorted()) "
            + "\(selection.register.names) \(selection.maskGrid) \(reach)"
    }
}
