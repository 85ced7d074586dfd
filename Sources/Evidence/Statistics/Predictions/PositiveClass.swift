/// Which of two classes is the one that sensitivity, precision and ROC are about, and how that was decided: the one rule of all
/// commands.
public struct PositiveClass: Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// By whoever asked for the figures.
        case asked
        /// It is called `malignant`, `yes`, `1` …, or the other one `benign`, `no`, `0` ….
        case name
        /// The names say nothing; it has fewer observations.
        case rarer
        /// Both have as many: the second in order.
        case second

        /// In words, after the name of the class.
        public var explanation: String {
            switch self {
            case .asked: "as asked for"
            case .name: "by its name"
            case .rarer: "the rarer class"
            case .second: "the second of two that are equally frequent"
            }
        }
    }

    /// Index of the class.
    public var number: Int
    public var reason: Reason

    public init(number: Int, reason: Reason) { (self.number, self.reason) = (number, reason) }

    /// Of two classes: by their names, else the rarer one, else the second. Nil for more than two, of which none is positive
    /// until somebody says so.
    /// - Parameters:
    ///   - classes: names, different ones.
    ///   - labels: the class of each observation.
    public init?(of classes: [String], labels: [Int]) {
        guard classes.count == 2 else { return nil }
        let words = classes.map { $0.lowercased() }
        let named = words.indices.filter { Self.positive.contains(words[$0]) }
        let opposed = words.indices.filter { Self.negative.contains(words[$0]) }
        if named.count == 1 {
            self.init(number: named[0], reason: .name)
        } else if named.isEmpty, opposed.count == 1 {
            self.init(number: 1 - opposed[0], reason: .name)
        } else {
            let counts = words.indices.map { number in labels.count { $0 == number } }
            self.init(number: counts[0] < counts[1] ? 0 : 1, reason: counts[0] == counts[1] ? .second : .rarer)
        }
    }

    /// Names of positive classes, in lower case.
    public static let positive: Set<String> = [
        "with", "malignant", "malign", "positive", "pos", "yes", "y", "true", "t", "1", "1.0", "+", "present",
        "abnormal",
        "diseased", "disease", "cancer", "tumour", "tumor", "lesion", "pathological", "case", "event",
    ]
    /// Names of negative ones.
    public static let negative: Set<String> = [
        "without", "benign", "negative", "neg", "no", "n", "false", "f", "0", "0.0", "-", "-1", "absent", "normal",
        "healthy",
        "none", "background", "control",
    ]
}
