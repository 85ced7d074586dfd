import CKernels
import NeuralNetwork
import Parallel
import SeededRandom
import Testing

/// The C loops in Float: against themselves at every level of the processor, and against the plain Swift ones in Double.
struct KernelTests {
    /// Normal with this deviation, and the values at which exponentials and their tails are cut off.
    static func numbers(_ count: Int, seed: UInt64, deviation: Double) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        let edges: [Float] = [0, -0.0, 1e-30, 6, -6, 13, -13, 40, -40, 120, -120]
        return (0..<count).map { $0 < edges.count ? edges[$0] : Float(deviation * generator.normal()) }
    }

    /// Every number that the kernels of a level write; lengths are no multiples of a vector.
    private static func bits(_ kernels: NetworkKernels) -> [UInt32] {
        let count = 1003
        var (x, slopes) = (numbers(count, seed: 1, deviation: 3), numbers(count, seed: 2, deviation: 1))
        var y = [Float](repeating: 0, count: count)
        kernels.gelu(x, &y, Int64(count))
        var written = y
        kernels.geluBackward(x, &slopes, &y, Int64(count))
        written += slopes + y
        let (side, stride) = (37, 48)
        var weights = numbers(side * stride, seed: 3, deviation: 4)
        var weightSlopes = numbers(side * stride, seed: 4, deviation: 1)
        kernels.softmax(&weights, Int64(side), Int64(side), Int64(stride), 0.3)
        kernels.softmaxBackward(weights, &weightSlopes, Int64(side), Int64(side), Int64(stride))
        written += weights + weightSlopes
        let update = NetworkAdamW(
            factor: 0.5, beta1: 0.9, rest1: 0.1, beta2: 0.95, rest2: 0.05, epsilon: 1e-8, keep: 0.999, rate: 1e-3,
            correction: 1.2)
        var (m, v) = (numbers(count, seed: 5, deviation: 0.1), numbers(count, seed: 6, deviation: 0.1).map { $0 * $0 })
        let squares = kernels.adamw(update, &x, slopes, &m, &v, Int64(count))
        return (written + x + m + v + [Float(squares)]).map(\.bitPattern)
    }

    @Test func everyLevelGivesTheSameBits() throws {
        let expected = Self.bits(try #require(weft_network_kernels(0)).pointee)
        for level in Int32(1)...2 {
            guard let kernels = weft_network_kernels(level) else { continue }
            let found = Self.bits(kernels.pointee)
            let different = zip(found, expected).count { $0 != $1 }
            #expect(different == 0, "\(String(cString: kernels.pointee.level)): \(different) of \(found.count) numbers")
        }
        #expect(weft_network_kernels(3) == nil)
    }

    /// The bounds are some units in the last place of Float (6e-8) of the largest term of each value; in the tail the rounding
    /// of x²/2 is an error of e^(-x²/2) relative.
    @Test func geluAgreesWithDouble() {
        let x = Self.numbers(4001, seed: 7, deviation: 4)
        let dy = Self.numbers(4001, seed: 8, deviation: 1)
        var (y, yAgain, dx) = (dy, dy, dy)
        Float.gelu(x, into: &y, count: x.count)
        Float.geluBackward(x, dyToDx: &dx, into: &yAgain, count: x.count)
        #expect(y == yAgain)
        var (exact, exactSlopes) = (dy.map { Double($0) }, dy.map { Double($0) })
        Double.geluBackward(x.map { Double($0) }, dyToDx: &exactSlopes, into: &exact, count: x.count)
        for i in x.indices {
            let off = abs(Double(y[i]) - exact[i])
            let bound = (5e-7 + 6e-8 * Double(x[i] * x[i])) * abs(exact[i]) + 1e-30
            #expect(off <= bound, "gelu(\(x[i])): \(y[i]), expected \(exact[i])")
            let slopeOff = abs(Double(dx[i]) - exactSlopes[i])
            #expect(slopeOff <= 5e-7 * Double(abs(dy[i])) * 1.2, "gelu'(\(x[i])): \(dx[i]), expected \(exactSlopes[i])")
        }
    }

    @Test(arguments: [1, 16, 37, 197]) func softmaxAgreesWithDouble(_ side: Int) {
        let stride = (side + 15) / 16 * 16
        var p = Self.numbers(side * stride, seed: 9, deviation: 10)
        var exact = p.map { Double($0) }
        Float.softmax(&p, rows: side, side: side, stride: stride, scale: 0.125)
        Double.softmax(&exact, rows: side, side: side, stride: stride, scale: 0.125)
        let worst = zip(p, exact).map { abs(Double($0) - $1) / max($1, 1e-30) }.max() ?? .infinity
        // The argument of e^x has an error of half a unit of up to 16.
        #expect(worst < 2e-6, "\(worst) relative")
        var ds = Self.numbers(side * stride, seed: 10, deviation: 1)
        var exactSlopes = ds.map { Double($0) }
        Float.softmaxBackward(p, dpToDs: &ds, rows: side, side: side, stride: stride)
        Double.softmaxBackward(p.map { Double($0) }, dpToDs: &exactSlopes, rows: side, side: side, stride: stride)
        let worstSlope = zip(ds, exactSlopes).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(worstSlope < 3e-5, "\(worstSlope) of values up to 120")
    }

    @Test func adamWAgreesWithDouble() {
        var layout = ParameterLayout()
        layout.add("w.weight", 31, 33)
        let (w, g) = (ParameterBuffer<Float>(layout), ParameterBuffer<Float>(layout))
        let (exactW, exactG) = (ParameterBuffer<Double>(layout), ParameterBuffer<Double>(layout))
        let start = Self.numbers(31 * 33, seed: 11, deviation: 1)
        let (optimiser, exact) = (AdamW<Float>(layout), AdamW<Double>(layout))
        for i in start.indices { (w.values[i], exactW.values[i]) = (start[i], Double(start[i])) }
        for step in 0..<5 {
            let slopes = Self.numbers(31 * 33, seed: UInt64(20 + step), deviation: 0.1)
            for i in slopes.indices { (g.values[i], exactG.values[i]) = (slopes[i], Double(slopes[i])) }
            let norm = optimiser.step(w, gradients: g, learningRate: 1e-3, workers: Workers(1))
            let exactNorm = exact.step(exactW, gradients: exactG, learningRate: 1e-3, workers: Workers(1))
            #expect(abs(norm - exactNorm) < 1e-6 * exactNorm)
        }
        let worst = start.indices.map { abs(Double(w.values[$0]) - exactW.values[$0]) / max(1, abs(exactW.values[$0])) }
        #expect((worst.max() ?? 1) < 5e-7, "\(worst.max() ?? 1)")
    }
}
