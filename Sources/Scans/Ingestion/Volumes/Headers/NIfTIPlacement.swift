import CNIfTI
import Foundation
import Imaging

/// Where a NIfTI header says that the voxels lie: by the sform, else by the qform, else by the spacings alone. NIfTI's positions
/// are RAS; the geometry is LPS, and nothing after it turns again.
struct NIfTIPlacement {
    private(set) var geometry: Geometry
    private(set) var position = ImageSource.PatientPosition.stated
    private(set) var thickness = ImageSource.Thickness.stated
    private(set) var findings: [Finding] = []

    /// Forms that lie further apart are a warning, mm.
    private static let toldDistance = 0.01

    init(_ header: CNiftiHeader, size: SIMD3<Int>, axisCount: Int) throws(VolumeError) {
        var findings: [Finding] = []
        let unit = Self.millimetres(header, &findings)
        let stated = withUnsafeBytes(of: header.pixdim) { Array($0.bindMemory(to: Double.self)) }
        var spacing = SIMD3(stated[1], stated[2], stated[3]) * unit
        for axis in 0..<3 where spacing[axis] < 0 {
            findings.append(
                Finding(
                    .warning, "pixdim[\(axis + 1)] is negative, expected a length; its size was taken as the spacing"))
            spacing[axis] = -spacing[axis]
        }
        if axisCount < 3, !(spacing.z > 0) {
            spacing.z = 1
            thickness = .assumed
        }
        let isSpaced = (0..<3).allSatisfy { spacing[$0].isFinite && spacing[$0] > 0 }
        var qform: VolumeAxes?
        if header.qformCode > 0, isSpaced { qform = Self.qform(header, spacing, unit) }
        let sform = header.sformCode > 0 ? Self.sform(header, unit) : nil
        let isSound = sform.map { Self.spans($0, size) } ?? false

        if let sform, isSound {
            var sform = sform
            // The step to a slice that there is not may be left out.
            if size.z == 1, length(sform.columns[2]) == 0 {
                let across = cross(sform.columns[0], sform.columns[1])
                sform.columns[2] = across / length(across) * (spacing.z > 0 ? spacing.z : 1)
                thickness = .assumed
            }
            let (grid, odd) = try sform.geometry(size: size, field: "the sform")
            geometry = grid
            findings += odd
            if let qform {
                let apart = sform.distance(to: qform, over: size)
                findings.append(
                    apart > Self.toldDistance
                        ? Finding(
                            .warning,
                            "sform and qform lie up to \(shortest(apart)) mm apart; positions are the sform's")
                        : Finding(.note, "positions are the sform's, the qform agrees within \(Self.small(apart)) mm"))
            } else {
                let apart = (0..<3).filter {
                    size[$0] > 1 && !(abs(grid.spacing[$0] - spacing[$0]) <= 1e-3 * grid.spacing[$0])
                }
                if !apart.isEmpty {
                    let (own, other) = (grid.spacing, spacing)
                    findings.append(
                        Finding(
                            .warning,
                            "the sform's spacing is \(Self.shown(own)) mm, pixdim says \(Self.shown(other)); taken from the sform"
                        ))
                } else {
                    findings.append(Finding(.note, "positions are the sform's; there is no qform"))
                }
            }
        } else if let qform {
            if header.sformCode > 0 {
                findings.append(
                    Finding(
                        .warning,
                        "the sform's matrix spans no room although its code is \(header.sformCode); taken from the qform"
                    ))
            } else {
                findings.append(Finding(.note, "positions are the qform's; there is no sform"))
            }
            let (grid, odd) = try qform.geometry(size: size, field: "the qform")
            geometry = grid
            findings += odd
        } else if header.sformCode > 0, let sform {
            // Nothing to fall back to: the error says what is wrong with it.
            geometry = try sform.geometry(size: size, field: "the sform").geometry
        } else {
            guard isSpaced else {
                throw .badField(
                    name: "pixdim", found: "\(stated[1]) \(stated[2]) \(stated[3])",
                    expected: "three lengths above 0, as there is no sform to take them from")
            }
            geometry = try VolumeAxes.unplaced(spacing: spacing).geometry(size: size, field: "pixdim").geometry
            position = .absent
            findings.append(.unplaced("neither sform nor qform is set"))
        }
        self.findings = findings
    }

    /// What the header's unit of length is in mm.
    private static func millimetres(_ header: CNiftiHeader, _ findings: inout [Finding]) -> Double {
        switch header.units & 7 {
        case 0, 2: return 1
        case 1: return 1000
        case 3: return 0.001
        default:
            findings.append(Finding(.warning, "xyzt_units names no unit of length (\(header.units & 7)); taken as mm"))
            return 1
        }
    }

    private static func sform(_ header: CNiftiHeader, _ unit: Double) -> VolumeAxes {
        var header = header
        return withUnsafeBytes(of: &header.sform) { axes(Array($0.bindMemory(to: Double.self)), unit) }
    }

    private static func qform(_ header: CNiftiHeader, _ spacing: SIMD3<Double>, _ unit: Double) -> VolumeAxes? {
        var header = header
        let lengths = [spacing.x / unit, spacing.y / unit, spacing.z / unit]
        var rows = [Double](repeating: 0, count: 12)
        rows.withUnsafeMutableBytes { rows in
            cnifti_qform(
                &header, lengths, header.pixdim.0 < 0 ? -1 : 1,
                rows.bindMemory(to: (Double, Double, Double, Double).self).baseAddress)
        }
        guard rows.allSatisfy(\.isFinite) else { return nil }
        return axes(rows, unit)
    }

    /// Of a matrix row by row, RAS, to LPS.
    private static func axes(_ rows: [Double], _ unit: Double) -> VolumeAxes {
        func column(_ k: Int) -> SIMD3<Double> { SIMD3(rows[k], rows[4 + k], rows[8 + k]) * unit }
        return VolumeAxes(columns: [column(0), column(1), column(2)], origin: column(3)).turned(by: [-1, -1, 1])
    }

    /// Whether it says anything at all; what is odd about it is judged later.
    private static func spans(_ axes: VolumeAxes, _ size: SIMD3<Int>) -> Bool {
        let values = (axes.columns + [axes.origin]).flatMap { [$0.x, $0.y, $0.z] }
        guard values.allSatisfy(\.isFinite) else { return false }
        return length(cross(axes.columns[0], axes.columns[1])) > 0 && (length(axes.columns[2]) > 0 || size.z == 1)
    }

    private static func shown(_ spacing: SIMD3<Double>) -> String {
        "\(shortest(spacing.x)) × \(shortest(spacing.y)) × \(shortest(spacing.z))"
    }

    private static func small(_ distance: Double) -> String { distance < 1e-6 ? "0" : String(format: "%.1g", distance) }
}
