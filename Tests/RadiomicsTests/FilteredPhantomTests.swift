import Foundation
import Imaging
import Radiomics
import TestSupport
import Testing

/// IBSI-2, phase 2: statistics of the filtered CT phantom, slice by slice (A) and in the volume at 1 mm (B).
@Suite(.serialized, .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct FilteredPhantomTests {
    private static let phantom = Result { try LoadedCase(["data/ibsi1/ct_phantom/dicom"]) }

    private static let filters: [(id: Int, planar: String, spatial: String)] = [
        (1, "original", "original"), (2, "{kind: mean, support: 5}", "{kind: mean, support: 5}"),
        (3, "{kind: log, sigma: 1.5}", "{kind: log, sigma: 1.5}"),
        (
            4, "{kind: laws, kernels: L5E5, energyDistance: 7, rotationInvariant: max}",
            "{kind: laws, kernels: L5E5E5, energyDistance: 7, rotationInvariant: max}"
        ),
        (
            5, "{kind: gabor, sigma: 5, lambda: 2, gamma: 1.5, thetaStep: 22.5, rotationInvariant: mean}",
            "{kind: gabor, sigma: 5, lambda: 2, gamma: 1.5, thetaStep: 22.5, rotationInvariant: mean}"
        ),
        (
            6, "{kind: wavelet, family: db3, subbands: LH, rotationInvariant: mean}",
            "{kind: wavelet, family: db3, subbands: LLH, rotationInvariant: mean}"
        ),
        (
            7, "{kind: wavelet, family: db3, subbands: HH, level: 2, rotationInvariant: mean}",
            "{kind: wavelet, family: db3, subbands: HHH, level: 2, rotationInvariant: mean}"
        ),
        (8, "{kind: simoncelli, level: 1}", "{kind: simoncelli, level: 1}"),
        (9, "{kind: simoncelli, level: 2}", "{kind: simoncelli, level: 2}"),
    ]

    private struct Row {
        let filter: String
        let tag: String
        let value: Double
        let tolerance: Double
    }

    /// There is no consensus on this one.
    private static let withoutValue = ["8.B": "stat_qcod"]

    private static func rows() throws -> [Row] {
        let text = try String(
            contentsOfFile: SharedFiles.path("reference/ibsi2/reference_values.csv"), encoding: .utf8)
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.trimmingCharacters(in: .whitespaces).split(
                separator: ";", omittingEmptySubsequences: false)
            guard cells.count == 5, let value = Double(cells[3]), let tolerance = Double(cells[4]) else { return nil }
            return Row(filter: String(cells[0]), tag: String(cells[2]), value: value, tolerance: tolerance)
        }
    }

    @Test("All values of the filtered CT phantom that have a consensus hold: 323 of 324")
    func values() throws {
        let (rows, phantom) = (try Self.rows(), try Self.phantom.get())
        #expect(rows.count == 324 - Self.withoutValue.count)
        var (held, lines) = (0, ["filter   values that hold   largest difference in tolerances"])
        for (setting, isPlanar) in [("A", true), ("B", false)] {
            for filter in Self.filters {
                let item = isPlanar ? filter.planar : filter.spatial
                let image = isPlanar && filter.id > 1 ? item.replacing("}", with: ", dimension: 2D}") : item
                let settings = try ExtractionSettings(
                    yaml: """
                        \(isPlanar ? "resample: none" : "resample: {spacing: [1, 1, 1], interpolation: cubic}")
                        resegment: {range: [-1000, 400]}
                        images: [\(image)]
                        families: [stat]
                        """)
                #expect(try ExtractionSettings(yaml: settings.yaml) == settings)
                let extraction = try Extractor(settings).features(
                    of: phantom.region, in: phantom.volume, modality: "CT")
                let name = settings.featureImages[0].name
                var found: [String: Double] = [:]
                for value in extraction.values {
                    let column = value.column.name
                    let tag = filter.id == 1 ? column : String(column.dropFirst(name.count + 2))
                    found[tag] = value.measure.value
                }
                let own = rows.filter { $0.filter == "\(filter.id).\(setting)" }
                #expect(own.count == (Self.withoutValue["\(filter.id).\(setting)"] == nil ? 18 : 17))
                var (count, worst) = (0, (0.0, ""))
                for row in own {
                    let value = try #require(found[row.tag], "\(row.tag)")
                    // To three digits, as IBSI compares.
                    let part = abs(value - row.value) / row.tolerance
                    if part > worst.0 { worst = (part, "\(row.tag) \(value), \(row.value) ± \(row.tolerance)") }
                    let holds = Self.holds(value, row)
                    count += holds ? 1 : 0
                    #expect(
                        holds, "\(filter.id).\(setting) \(row.tag): \(value), expected \(row.value) ± \(row.tolerance)")
                }
                held += count
                lines.append("\(filter.id).\(setting)   \(count)   \(worst.0) (\(worst.1))")
            }
        }
        print((lines + ["\(held) of \(rows.count) hold"]).joined(separator: "\n"))
    }

    /// Values are rounded to three significant digits before they are compared.
    private static func holds(_ value: Double, _ row: Row) -> Bool {
        guard value != 0, value.isFinite else { return abs(value - row.value) <= row.tolerance }
        let scale = pow(10, 2 - floor(log10(abs(value))))
        let rounded = (value * scale).rounded() / scale
        return min(abs(rounded - row.value), abs(value - row.value)) <= row.tolerance * (1 + 1e-9)
    }
}
