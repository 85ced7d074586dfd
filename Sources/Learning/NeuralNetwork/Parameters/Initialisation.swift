import SeededRandom

extension ParameterBuffer {
    /// The MAE repository's start: Xavier-uniform for what has two axes or more, seen as a matrix [first axis, the others];
    /// normal with deviation 0.02 for tokens (`*_token`); 1 for the γ of norms and scales; 0 for biases. In the order of the layout.
    public func initialise(from generator: inout SeededGenerator) {
        for entry in layout.entries {
            let values = self[entry]
            if entry.name.hasSuffix("_token") {
                for i in values.indices { values[i] = T(0.02 * generator.normal()) }
            } else if entry.shape.count > 1 {
                let (outputs, inputs) = (entry.shape[0], entry.count / entry.shape[0])
                let bound = (6 / Double(outputs + inputs)).squareRoot()
                for i in values.indices { values[i] = T(bound * (2 * generator.uniform() - 1)) }
            } else {
                let start: T = entry.name.hasSuffix(".weight") || entry.name.hasSuffix(".gamma") ? 1 : 0
                for i in values.indices { values[i] = start }
            }
        }
    }
}
