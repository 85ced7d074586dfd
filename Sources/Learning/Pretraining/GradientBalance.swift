// Terms of a loss have units of their own: at 256 bins and sharpness 5 the matrices' term is 0.6 % of the paper's sum, at 32 bins
// and 2.5 it drowns the others. What moves the network is the gradient at the prediction, so the weights can be said as shares
// of that.

import MaskedAutoencoder

/// Weights of the terms of a loss by the lengths of their gradients.
///
/// With the length n of a term's gradient at the prediction and its weight r as it is set, the term gets the factor
/// r / n · (Σ r n / Σ r): each term's share of the sum of lengths is r / Σ r, and that sum is what it would be without a balance.
struct GradientBalance: Hashable, Sendable {
    let kind: LossBalance
    /// Lengths by the terms' names; what a checkpoint has to hold.
    private var lengths: [String: Double] = [:]

    /// What one step counts beside those before it: the lengths are those of about a hundred steps.
    private static let pace = 0.01

    init(_ kind: LossBalance) { self.kind = kind }

    /// Whether a term has to be measured before a step with it.
    func lacksTerms(of loss: ReconstructionLoss) -> Bool {
        kind != .none && loss.terms.count > 1 && loss.terms.contains { lengths[$0.name] == nil }
    }

    /// Takes the lengths of terms that it has not yet.
    mutating func begin(with value: ReconstructionLoss.Value) {
        for term in value.terms where lengths[term.name] == nil {
            if let slope = term.slope, slope.isFinite, slope > 0 { lengths[term.name] = slope }
        }
    }

    /// After a step, for the next.
    mutating func follow(_ slopes: [(name: String, slope: Double)]) {
        guard kind == .gradient else { return }
        for (name, slope) in slopes where slope.isFinite {
            lengths[name] = lengths[name].map { $0 + Self.pace * (slope - $0) }
        }
    }

    /// The loss with factors in the place of its weights. A term without a gradient keeps its weight.
    func applied(to loss: ReconstructionLoss) -> ReconstructionLoss {
        guard kind != .none, loss.terms.count > 1 else { return loss }
        var (weights, products) = (0.0, 0.0)
        for term in loss.terms {
            guard let length = lengths[term.name] else { continue }
            weights += term.weight
            products += term.weight * length
        }
        guard weights > 0 else { return loss }
        var balanced = loss
        for (index, term) in loss.terms.enumerated() {
            if let length = lengths[term.name] { balanced.terms[index].weight *= products / weights / length }
        }
        return balanced
    }

    /// Of all terms that validation measures; those that take no part have weight 0 and keep it.
    func applied(to loss: ReconstructionLoss, of phase: LossSettings.Phase) -> ReconstructionLoss {
        guard phase == .texture else { return loss }
        let balanced = applied(to: ReconstructionLoss(loss.terms.filter { $0.weight > 0 }))
        var all = loss
        for term in balanced.terms {
            if let index = all.terms.firstIndex(where: { $0.name == term.name }) { all.terms[index] = term }
        }
        return all
    }

    /// For a checkpoint, to the last bit.
    var text: String { lengths.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ") }

    /// Inverse of ``text``; what is none of it is measured anew.
    mutating func restore(_ text: String) {
        lengths = [:]
        for part in text.split(separator: ",") {
            let words = part.split(separator: " ")
            guard words.count == 2, let length = Double(words[1]), length > 0 else { continue }
            lengths[String(words[0])] = length
        }
    }
}
