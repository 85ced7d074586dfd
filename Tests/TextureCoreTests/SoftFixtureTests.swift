import Foundation
import TestSupport
import Testing
import TextureCore

/// Values and gradients of an independent PyTorch implementation in float64 (`fixtures/mae`), in the arithmetic that
/// trains and in its double twin.
@Suite(.enabled(if: FixtureSet.exists, Comment(rawValue: FixtureSet.absence)))
struct SoftFixtureTests {
    /// Mixed bound: relative to the largest reference value, but never below what the float64 reference itself rounds.
    static func worst(_ found: [Double], _ expected: [Double], scale: Double? = nil, floor: Double) -> Double {
        precondition(found.count == expected.count)
        let largest = scale ?? expected.reduce(0) { max($0, abs($1)) }
        var worst = 0.0
        for (a, b) in zip(found, expected) {
            let error = abs(a - b)
            guard error > floor || error.isNaN else { continue }
            worst = error.isNaN ? .infinity : max(worst, error / max(largest, floor))
        }
        return worst
    }

    static let variants: [(CooccurrenceLoss.MatrixNormalisation, CooccurrenceLoss.Weighting)] = [
        (.counts, .plain), (.counts, .damped), (.pairs, .plain), (.pairs, .damped), (.sum, .plain), (.sum, .damped),
    ]

    @Test func softCountsAndLossesOfEveryVariant() throws {
        for file in try FixtureSet.files(ofKind: "glcm") {
            let (low, high) = (try #require(file.number("lo")), try #require(file.number("hi")))
            let (a, b) = (try file.tensors.tensor("patch_a"), try file.tensors.tensor("patch_b"))
            let (kinds, height, width) = (a.shape[0], a.shape[1], a.shape[2])
            #expect(file.strings("variants").count == Self.variants.count)
            let layout = try PatchLayout(
                images: 1, imageWidth: width, imageHeight: height, channels: 1, width: width, height: height)
            var (worstFloat, worstDouble, worstCount) = ((0.0, ""), (0.0, ""), (0.0, ""))
            for bins in file.numbers("bins").map({ Int($0) }) {
                let losses = try file.tensors.tensor("loss_f64.b\(bins)")
                let gradients = try file.tensors.tensor("grad_f64.b\(bins)")
                let counts = try? file.tensors.tensor("counts.b\(bins)")
                for (s, sharpness) in file.numbers("sharpness").enumerated() {
                    for (r, ends) in [SoftLevels.Ends.open, .mirrored].enumerated() {
                        let levels = try SoftLevels(range: low...high, bins: bins, sharpness: sharpness, ends: ends)
                        let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness)
                        // A value in Float is known to 2^-24 of the range, bins · 2^-24 of a bin, and a membership changes
                        // by at most sharpness / 4 over a bin: its error is up to sharpness · bins · 2^-26, which is
                        // 1.4e-5 at sharpness 30 with 32 bins, and below 1e-5 once the pairs of a patch are added up.
                        // Beyond that the bound grows in proportion.
                        let blur = max(1, sharpness * Double(bins) / (30 * 32))
                        for (v, (normalisation, weighting)) in Self.variants.enumerated() {
                            let loss = TextureLoss(
                                cooccurrence: (
                                    1,
                                    try CooccurrenceLoss(
                                        range: low...high, scales: [scale], ends: ends,
                                        comparison: .meanSquare(normalisation, weighting), bounds: .unclamped)
                                ))
                            // What a value of this variant can amount to: flat patches damped are rounding noise in float.
                            let largest = (0..<kinds).map { losses[$0, s, r, v][0] }.max() ?? 0
                            for kind in 0..<kinds {
                                let name =
                                    "bins \(bins) L \(sharpness) \(ends) \(normalisation) \(weighting) patch \(kind)"
                                let (x, y) = (a[kind], b[kind])
                                let expected = losses[kind, s, r, v]
                                let double = loss.valueAndGradient(prediction: x, target: y, layout: layout)
                                let float = loss.valueAndGradient(
                                    prediction: x.map { Float($0) }, target: y.map { Float($0) }, layout: layout)
                                // The large cell of a flat patch is 240 equal products added up, so it is known to 1e-14
                                // at best (3e-12 of counts); carried to the loss:
                                let known = normalisation == .counts ? 3e-12 : 1.3e-14
                                let noise = max(1e-18, known * (2 * expected[0]).squareRoot() / Double(bins))
                                note(&worstDouble, Self.worst([double.value.total], expected, floor: noise), name)
                                note(
                                    &worstFloat,
                                    Self.worst([float.value.total], expected, scale: largest, floor: 1e-18) / blur,
                                    name)
                                guard v < gradients.shape[3] else { continue }
                                let slopes = gradients[kind, s, r, v]
                                note(
                                    &worstDouble, Self.worst(double.gradient, slopes, floor: 1e-13), name + " gradient")
                                let steepest =
                                    (0..<kinds).map { k in
                                        gradients[k, s, r, v].reduce(0) { max($0, abs($1)) }
                                    }.max() ?? 0
                                note(
                                    &worstFloat,
                                    Self.worst(
                                        float.gradient.map { Double($0) }, slopes, scale: steepest, floor: 1e-13)
                                        / blur,
                                    name + " gradient")
                            }
                        }
                        guard let counts else { continue }
                        for kind in 0..<kinds {
                            for (d, offset) in [Offset(1, 0), Offset(0, 1)].enumerated() {
                                let matrix = levels.cooccurrence(of: a[kind], width: width, offset: offset)
                                // The larger matrices are stored in float32.
                                let stored = bins == 8 ? 1.0 : 1e-3
                                note(
                                    &worstCount,
                                    stored
                                        * Self.worst(
                                            matrix.dense.flatMap { $0 }, counts[kind, s, r, d], floor: 1e-13),
                                    "counts bins \(bins) L \(sharpness) \(ends) patch \(kind) \(offset)")
                            }
                        }
                    }
                }
            }
            print("\(file.name): worst double \(worstDouble), float \(worstFloat), counts \(worstCount)")
            #expect(worstDouble.0 < 1e-10, "\(file.name) in double: \(worstDouble)")
            #expect(worstFloat.0 < 1e-5, "\(file.name) in float: \(worstFloat)")
            #expect(worstCount.0 < 1e-10, "\(file.name): \(worstCount)")
        }
    }

    @Test func summariesOfTheLargestMatrices() throws {
        for file in try FixtureSet.files(ofKind: "glcm") {
            let (low, high) = (try #require(file.number("lo")), try #require(file.number("hi")))
            let a = try file.tensors.tensor("patch_a")
            var worst = (0.0, "")
            for bins in file.numbers("bins").map({ Int($0) }) {
                let moments = try file.tensors.tensor("moments.b\(bins)")
                let nonzero = try file.tensors.tensor("nonzero.b\(bins)")
                let rows = try? file.tensors.tensor("rowsum.b\(bins)")
                let columns = try? file.tensors.tensor("colsum.b\(bins)")
                let topValue = try? file.tensors.tensor("top_value.b\(bins)")
                let topIndex = try? file.tensors.tensor("top_index.b\(bins)")
                for kind in 0..<a.shape[0] {
                    for (s, sharpness) in file.numbers("sharpness").enumerated() {
                        for (r, ends) in [SoftLevels.Ends.open, .mirrored].enumerated() {
                            let levels = try SoftLevels(range: low...high, bins: bins, sharpness: sharpness, ends: ends)
                            for (d, offset) in [Offset(1, 0), Offset(0, 1)].enumerated() {
                                let name = "bins \(bins) L \(sharpness) \(ends) patch \(kind) \(offset)"
                                let full = levels.cooccurrence(of: a[kind], width: a.shape[2], offset: offset).dense
                                let flat = full.flatMap { $0 }
                                var bilinear = 0.0
                                var trace = 0.0
                                for i in 0..<bins {
                                    trace += full[i][i]
                                    for j in 0..<bins {
                                        bilinear += cos(0.1 * Double(i)) * full[i][j] * sin(0.07 * Double(j) + 0.5)
                                    }
                                }
                                let found = [
                                    flat.reduce(0, +), flat.reduce(0) { $0 + $1 * $1 }, trace, bilinear,
                                ]
                                note(&worst, Self.worst(found, moments[kind, s, r, d], floor: 1e-13), name + " moments")
                                let above = Double(flat.filter { $0 > 1e-7 }.count)
                                // Cells within rounding of 1e-7 may fall on either side.
                                #expect(
                                    abs(above - nonzero[kind, s, r, d][0]) <= 2, "\(name): \(above) cells above 1e-7")
                                if let rows, let columns {
                                    let ofRows = full.map { $0.reduce(0, +) }
                                    let ofColumns = (0..<bins).map { j in full.reduce(0) { $0 + $1[j] } }
                                    note(&worst, Self.worst(ofRows, rows[kind, s, r, d], floor: 1e-13), name + " rows")
                                    note(&worst, Self.worst(ofColumns, columns[kind, s, r, d], floor: 1e-13), name)
                                }
                                if let topValue, let topIndex {
                                    let places = topIndex[kind, s, r, d]
                                    let found = (0..<places.count / 2).map {
                                        full[Int(places[2 * $0])][Int(places[2 * $0 + 1])]
                                    }
                                    note(
                                        &worst, Self.worst(found, topValue[kind, s, r, d], floor: 1e-13), name + " top")
                                }
                            }
                        }
                    }
                }
            }
            print("\(file.name): worst summary \(worst)")
            #expect(worst.0 < 1e-10, "\(file.name): \(worst)")
        }
    }

    @Test func otherOffsets() throws {
        for file in try FixtureSet.files(ofKind: "glcm_offsets") {
            let (low, high) = (try #require(file.number("lo")), try #require(file.number("hi")))
            let sharpness = try #require(file.number("sharpness"))
            let ends = file.description["reflect"] as? Bool == true ? SoftLevels.Ends.mirrored : .open
            // The fixture names steps (row, column).
            let steps = try #require(file.description["offsets"] as? [[Int]])
            let offsets = steps.map { Offset($0[1], $0[0]) }
            let (a, b) = (try file.tensors.tensor("patch_a"), try file.tensors.tensor("patch_b"))
            let layout = try PatchLayout(
                images: 1, imageWidth: a.shape[2], imageHeight: a.shape[1], channels: 1, width: a.shape[2],
                height: a.shape[1])
            var (worst, worstFloat) = ((0.0, ""), (0.0, ""))
            for bins in file.numbers("bins").map({ Int($0) }) {
                let counts = try file.tensors.tensor("counts.b\(bins)")
                let losses = try file.tensors.tensor("loss_f64.b\(bins)")
                let gradients = try file.tensors.tensor("grad_f64.b\(bins)")
                let levels = try SoftLevels(range: low...high, bins: bins, sharpness: sharpness, ends: ends)
                let scale = CooccurrenceLoss.Scale(bins: bins, sharpness: sharpness, offsets: offsets)
                let loss = TextureLoss(
                    cooccurrence: (
                        1,
                        try CooccurrenceLoss(
                            range: low...high, scales: [scale], ends: ends, comparison: .meanSquare(.counts, .plain),
                            bounds: .unclamped)
                    ))
                for kind in 0..<a.shape[0] {
                    let name = "bins \(bins) patch \(kind)"
                    for (k, offset) in offsets.enumerated() {
                        let matrix = levels.cooccurrence(of: a[kind], width: a.shape[2], offset: offset)
                        note(&worst, Self.worst(matrix.dense.flatMap { $0 }, counts[kind, k], floor: 1e-13), name)
                    }
                    let found = loss.valueAndGradient(prediction: a[kind], target: b[kind], layout: layout)
                    note(&worst, Self.worst([found.value.total], losses[kind], floor: 1e-18), name + " loss")
                    note(&worst, Self.worst(found.gradient, gradients[kind], floor: 1e-13), name + " gradient")
                    let float = loss.valueAndGradient(
                        prediction: a[kind].map { Float($0) }, target: b[kind].map { Float($0) }, layout: layout)
                    note(&worstFloat, Self.worst([float.value.total], losses[kind], floor: 1e-18), name + " loss")
                    note(
                        &worstFloat, Self.worst(float.gradient.map { Double($0) }, gradients[kind], floor: 1e-13),
                        name + " gradient")
                }
            }
            print("\(file.name): worst double \(worst), float \(worstFloat)")
            #expect(worst.0 < 1e-10, "\(file.name): \(worst)")
            #expect(worstFloat.0 < 1e-5, "\(file.name): \(worstFloat)")
        }
    }

    @Test func structuralSimilarity() throws {
        for file in try FixtureSet.files(ofKind: "ssim") {
            let window = Int(try #require(file.number("window_size")))
            let sigma = try #require(file.number("sigma"))
            let taps = try file.tensors.tensor("window").values
            #expect(Self.worst(StructuralSimilarity.taps(window, sigma: sigma), taps, floor: 0) < 1e-14)
            var (worst, worstFloat) = ((0.0, ""), (0.0, ""))
            for name in file.tensors.names.compactMap({ $0.hasPrefix("x.") ? String($0.dropFirst(2)) : nil }) {
                let (x, y) = (try file.tensors.tensor("x.\(name)"), try file.tensors.tensor("y.\(name)"))
                let values = try file.tensors.tensor("value_f64.\(name)").values
                let gradients = try file.tensors.tensor("grad_f64.\(name)").values
                let size = x.shape.count
                let (channels, height, width) = (x.shape[size - 3], x.shape[size - 2], x.shape[size - 1])
                let hasItems = size == 5
                let patches = x.values.count / (channels * height * width)
                let layout = try PatchLayout(
                    images: patches, imageWidth: width, imageHeight: height, channels: channels, width: width,
                    height: height)
                let normalisation = hasItems ? StructuralSimilarity.RangeNormalisation.ownRange : .none
                let loss = TextureLoss(
                    similarity: (
                        1, try StructuralSimilarity(window: window, sigma: sigma, normalisation: normalisation)
                    ))
                // With items the patches of one share their range; the pages [patch][C][h][w] of an item lie together.
                let whole =
                    hasItems
                    ? try PatchLayout(
                        images: x.shape[0], imageWidth: width, imageHeight: x.shape[1] * channels * height, channels: 1,
                        width: width, height: height) : layout
                let double = loss.valueAndGradient(prediction: x.values, target: y.values, layout: whole)
                let float = loss.valueAndGradient(
                    prediction: x.values.map { Float($0) }, target: y.values.map { Float($0) }, layout: whole)
                let mean = 1 - values.reduce(0, +) / Double(values.count)
                note(&worst, Self.worst([double.value.similarity], [mean], floor: 1e-16), name)
                note(&worstFloat, Self.worst([float.value.similarity], [mean], floor: 1e-16), name)
                // The reference differentiates the sum of similarities, or the mean of 1 - similarity.
                let factor = hasItems ? 1 : -Double(patches)
                note(
                    &worst, Self.worst(double.gradient.map { $0 * factor }, gradients, floor: 1e-16), name + " gradient"
                )
                note(
                    &worstFloat, Self.worst(float.gradient.map { Double($0) * factor }, gradients, floor: 1e-16),
                    name + " gradient")
            }
            print("\(file.name): worst double \(worst), float \(worstFloat)")
            #expect(worst.0 < 1e-10, "\(file.name): \(worst)")
            #expect(worstFloat.0 < 1e-5, "\(file.name): \(worstFloat)")
        }
    }
}

/// Keeps the worst error and where it was.
func note(_ worst: inout (Double, String), _ error: Double, _ name: String) {
    if error > worst.0 { worst = (error, name) }
}
