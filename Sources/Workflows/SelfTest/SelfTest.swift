/// What an installation has to show before its numbers are trusted: the consensus values of IBSI-1, the learned half's matrices
/// against the exact ones, gradients, products of matrices, and a file of every coding. Needs no file and no network.
package struct SelfTest {
    package struct Check: Sendable {
        package enum Outcome: Hashable, Sendable {
            case holds
            /// What was found, and what was expected.
            case fails([String])
        }

        package let name: String
        /// How many of how many, or how near.
        package let figure: String
        package let outcome: Outcome

        package init(_ name: String, figure: String, failures: [String] = []) {
            (self.name, self.figure) = (name, figure)
            outcome = failures.isEmpty ? .holds : .fails(failures)
        }

        package var holds: Bool { outcome == .holds }
    }

    package init() {}

    /// - Returns: whether all checks hold.
    package func run(_ report: (Check) -> Void) -> Bool {
        let checks: [() -> [Check]] = [
            { [PhantomCheck.consensus()] }, { [SoftMatrixCheck.againstExact()] }, { [GradientCheck.textureLoss()] },
            { [ProductCheck.products()] }, { SampleFile.all.map(DecoderCheck.pixels) },
        ]
        var hold = true
        for check in checks {
            for result in check() {
                hold = hold && result.holds
                report(result)
            }
        }
        return hold
    }
}
