import Evaluation

/// Finds the pictures of a ``ReconstructionComparison``, wherever they are.
struct PictureGathering {
    let request: ReconstructionComparison
    var compared = ComparedPictures()
    /// How the first model that says so was trained.
    var trained: TrainedTexture?

    init(_ request: ReconstructionComparison, _ observer: WorkObserver) throws {
        self.request = request
        if !request.weights.isEmpty {
            try reconstruct(observer)
        } else if request.inputs.allSatisfy({ ReconstructionRecord.exists(in: $0) }) {
            try readRecords(request.inputs)
        } else {
            try pair()
        }
        guard !compared.pictures.isEmpty else { throw ReconstructionError.nothingToCompare(inputs: request.inputs) }
        if !request.names.isEmpty {
            guard request.names.count == compared.models.count else {
                throw ReconstructionError.names(found: request.names.count, models: compared.models.count)
            }
            compared.models = request.names
        }
        compared.models = Self.distinct(compared.models)
    }

    private static func distinct(_ names: [String]) -> [String] {
        var counts: [String: Int] = [:]
        return names.map { name in
            counts[name, default: 0] += 1
            return counts[name] == 1 ? name : "\(name) #\(counts[name] ?? 0)"
        }
    }
}
