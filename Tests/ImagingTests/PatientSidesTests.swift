import Imaging
import Testing

@Suite("sides of the patient on a slice")
struct PatientSidesTests {
    private func direction(_ x: SIMD3<Double>, _ y: SIMD3<Double>) -> Geometry.Direction {
        .init(x: x, y: y, z: cross(x, y))
    }

    /// Left, right, top, bottom as a viewer shows a slice of a patient on the back.
    @Test(
        "letters of the three planes, whichever way they are turned",
        arguments: [
            ([1.0, 0, 0], [0.0, 1, 0], ["R", "L", "A", "P"], PatientSides.Plane.axial),
            ([-1, 0, 0], [0, -1, 0], ["L", "R", "P", "A"], .axial),
            ([1, 0, 0], [0, 0, -1], ["R", "L", "H", "F"], .coronal),
            ([0, 1, 0], [0, 0, -1], ["A", "P", "H", "F"], .sagittal),
            ([0, 1, 0], [-1, 0, 0], ["A", "P", "L", "R"], .axial),
        ])
    func planes(_ x: [Double], _ y: [Double], letters: [String], plane: PatientSides.Plane) {
        let sides = PatientSides(direction(SIMD3(x[0], x[1], x[2]), SIMD3(y[0], y[1], y[2])))
        #expect([sides.left, sides.right, sides.top, sides.bottom] == letters)
        #expect(sides.plane == plane)
    }

    @Test("a slice that leans has two letters from 15° on, the stronger first", arguments: [0.0, 10, 14, 16, 30, 44])
    func leaning(degrees: Double) {
        // A coronal slice whose upper side is tilted forward.
        let (sine, cosine) = (sinOf(degrees), (1 - sinOf(degrees) * sinOf(degrees)).squareRoot())
        let sides = PatientSides(direction([1, 0, 0], [0, sine, -cosine]))
        #expect([sides.left, sides.right] == ["R", "L"])
        #expect([sides.top, sides.bottom] == (degrees < 15 ? ["H", "F"] : ["HA", "FP"]), "\(degrees)°")
        #expect(sides.plane == (degrees < 15 ? .coronal : .oblique))
    }

    @Test("a slice that leans to all three axes has no third letter")
    func oblique() {
        let x = SIMD3<Double>(1, 1, 1) / 3.0.squareRoot()
        let y = SIMD3<Double>(1, -2, 1) / 6.0.squareRoot()
        let sides = PatientSides(direction(x, y))
        #expect([sides.left, sides.right, sides.top, sides.bottom] == ["RA", "LP", "PR", "AL"])
        #expect(sides.plane == .oblique)
    }

    @Test(
        "where a slice lies: along the axis that it stands upright on, otherwise along its normal, always growing with the axis"
    )
    func position() {
        func text(_ x: SIMD3<Double>, _ y: SIMD3<Double>) -> String {
            PatientSides(direction(x, y)).position(of: [10, 20, -30.5]) { "\($0)" }
        }
        #expect(text([1, 0, 0], [0, 1, 0]) == "z -30.5 mm")
        #expect(text([1, 0, 0], [0, -1, 0]) == "z -30.5 mm")
        #expect(text([1, 0, 0], [0, 0, -1]) == "y 20.0 mm")
        #expect(text([0, 1, 0], [0, 0, -1]) == "x 10.0 mm")
        #expect(text([1, 0, 0], [0, 0.8, 0.6]).hasPrefix("along the normal -36.4"))
    }

    private func sinOf(_ degrees: Double) -> Double {
        // The series suffices for a test below a quarter turn.
        let x = degrees * .pi / 180
        return x - x * x * x / 6 + x * x * x * x * x / 120
    }
}
