import Encoding
import Foundation

/// The segments that 3D Slicer writes into the key/value pairs of a `.seg.nrrd`: `Segment3_Name`, `Segment3_LabelValue`,
/// `Segment3_Layer`.
struct SlicerSegments {
    private struct Stated {
        var name: String?
        var value: Int?
        var layer: Int?
    }

    private var stated: [Int: Stated] = [:]

    var isEmpty: Bool { stated.isEmpty }

    init(_ pairs: [(key: String, value: String)]) {
        for (key, value) in pairs {
            guard key.hasPrefix("Segment"), let line = key.firstIndex(of: "_") else { continue }
            let digits = key[..<line].dropFirst("Segment".count)
            guard digits.count <= 6, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits) else {
                continue
            }
            let value = value.trimmingCharacters(in: .whitespaces)
            switch key[line...].dropFirst() {
            case "ID": stated[number, default: Stated()].name = stated[number]?.name
            case "Name": stated[number, default: Stated()].name = value
            case "LabelValue": stated[number, default: Stated()].value = Int(value)
            case "Layer": stated[number, default: Stated()].layer = Int(value)
            default: break
            }
        }
    }

    /// The segments that there can be. Slicer before 4.11 wrote neither value nor layer: each segment has a layer of its own, in
    /// which it is 1.
    func resolved(layers: Int, _ findings: inout [Finding]) -> [SlicerSegment] {
        var segments: [SlicerSegment] = []
        for (place, number) in stated.keys.sorted().enumerated() {
            guard let own = stated[number] else { continue }
            let name = own.name ?? ""
            let layer = own.layer ?? (own.value == nil ? place : 0)
            guard (0..<layers).contains(layer) else {
                findings.append(
                    Finding(
                        .warning,
                        "the segment '\(name.printable)' says that it lies in layer \(layer), the file has \(layers) (from 0); it "
                            + "was left out"))
                continue
            }
            segments.append(SlicerSegment(name: name, layer: layer, value: own.value ?? 1))
        }
        return segments
    }
}
