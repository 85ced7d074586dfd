import Glibc
import Imaging

/// What the injected dose is divided by: weight, lean body mass or body surface of the patient.
struct BodyMeasure {
    let header: UptakeHeader

    init(_ header: UptakeHeader) { self.header = header }

    /// g, or cm² for the surface.
    func measure(_ unit: ImageUnit) throws(UptakeError) -> Double {
        switch unit {
        case .stored: return 1
        case .bodyWeight: return try weight * 1000
        case .leanBodyMass:
            // Janmahasatian et al. 2005, Clin Pharmacokinet 44:1051, kg from kg and kg/m².
            let (weight, index) = (try weight, try weight / (height * height))
            return try isMale ? 9_270_000 * weight / (6680 + 216 * index) : 9_270_000 * weight / (8780 + 244 * index)
        case .leanBodyMassJames:
            // James 1976, kg from kg and cm; below 0 for the very heavy.
            let (weight, centimetres) = (try weight, try height * 100)
            let ratio = weight / centimetres
            let mass = try isMale ? 1.1 * weight - 128 * ratio * ratio : 1.07 * weight - 148 * ratio * ratio
            guard mass > 0 else {
                throw .unusable(
                    "lean body mass after James", found: "\(mass) kg for \(weight) kg and \(centimetres) cm",
                    expected: "more than 0; take suvlbm, after Janmahasatian")
            }
            return mass * 1000
        case .bodySurface:
            // Du Bois & Du Bois 1916, m² from kg and cm.
            return try 0.007184 * pow(weight, 0.425) * pow(height * 100, 0.725) * 10_000
        }
    }

    /// Factor from one kind of SUV to another; the same kind needs no patient.
    func change(from old: ImageUnit, to new: ImageUnit) throws(UptakeError) -> Double {
        old == new ? 1 : try measure(new) / measure(old)
    }

    private var weight: Double {
        get throws(UptakeError) {
            try number("Patient Weight (0010,1030)", header.weight, "kg", most: 700)
        }
    }

    private var height: Double {
        get throws(UptakeError) { try number("Patient Size (0010,1020)", header.size, "m", most: 2.8) }
    }

    private func number(_ name: String, _ value: Double?, _ unit: String, most: Double) throws(UptakeError) -> Double {
        guard let value, value != 0 else { throw .missing(name, expected: unit) }
        guard value > 0, value <= most else {
            throw .unusable(name, found: "\(value)", expected: "\(unit), at most \(most)")
        }
        return value
    }

    private var isMale: Bool {
        get throws(UptakeError) {
            switch header.sex {
            case "M": return true
            case "F": return false
            case let other?: throw .unusable("Patient Sex (0010,0040)", found: other, expected: "M or F")
            case nil: throw .missing("Patient Sex (0010,0040)", expected: "M or F")
            }
        }
    }
}
