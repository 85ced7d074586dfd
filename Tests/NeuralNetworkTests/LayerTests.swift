import Foundation
import NeuralNetwork
import Parallel
import SeededRandom
import Testing

/// Each layer's backward against central differences of its forward, in double. The step is 1e-5, so that the difference of
/// a smooth function is off by about 1e-10 from truncation and 1e-11 from rounding; the bound is 1e-8 relative to the largest
/// gradient. Sizes are no multiples of the vectors, so that their ends are tested too.
struct LayerTests {
    static let step = 1e-5
    static let bound = 1e-8

    /// A network of one layer: y = f(x, weights); the loss is Σ y · r with fixed random r, so that dy = r.
    struct Case: CustomStringConvertible, Sendable {
        let description: String
        let inputCount: Int
        let outputCount: Int
        let layout: ParameterLayout
        let forward: @Sendable (_ x: [Double], _ context: LayerContext<Double>) -> [Double]
        /// Forward, then backward: gives dx and leaves the gradients of parameters in the context.
        let backward: @Sendable (_ x: [Double], _ dy: [Double], _ context: LayerContext<Double>) -> [Double]
    }

    static let cases: [Case] = [linear, layerNorm, gelu, attention, block, embedding]

    static let linear: Case = {
        var layout = ParameterLayout()
        let layer = Linear("l", inputs: 11, outputs: 19, in: &layout)
        return Case(
            description: "linear", inputCount: 5 * 11, outputCount: 5 * 19, layout: layout,
            forward: { x, context in buffer(5 * 19) { layer.forward(x, rows: 5, into: $0, context) } },
            backward: { x, dy, context in
                layer.backwardParameters(dy, x: x, rows: 5, context)
                return buffer(5 * 11) { layer.backwardInput(dy, rows: 5, into: $0, context) }
            })
    }()

    static let layerNorm: Case = {
        var layout = ParameterLayout()
        let layer = LayerNorm("n", width: 21, in: &layout)
        let arena = Arena<Double>()
        let (y, moments) = (UncheckedPointer(arena.take(7 * 21)), UncheckedPointer(arena.take(14)))
        return Case(
            description: "layer norm", inputCount: 7 * 21, outputCount: 7 * 21, layout: layout,
            forward: { x, context in
                buffer(7 * 21) { [arena] in
                    _ = arena
                    layer.forward(x, rows: 7, into: $0, moments: moments.pointer, context)
                }
            },
            backward: { x, dy, context in
                layer.forward(x, rows: 7, into: y.pointer, moments: moments.pointer, context)
                return buffer(7 * 21) {
                    layer.backward(
                        dy, x: x, moments: moments.pointer, rows: 7, addingTo: $0, recomputing: y.pointer, context)
                }
            })
    }()

    static let gelu = Case(
        description: "GELU", inputCount: 37, outputCount: 37, layout: ParameterLayout(),
        forward: { x, context in buffer(37) { GELU.forward(x, count: 37, into: $0, workers: context.workers) } },
        backward: { x, dy, context in
            var y = [Double](repeating: 0, count: 37)
            return buffer(37) {
                $0.update(from: dy, count: 37)
                GELU.backward(x, count: 37, dyToDx: $0, recomputing: &y, workers: context.workers)
            }
        })

    static let attention: Case = {
        let layer = Attention(width: 12, heads: 3)
        let arena = Arena<Double>()
        let scratch = AttentionScratch(tokens: 9, workers: Workers(2), from: arena)
        return Case(
            description: "attention", inputCount: 2 * 9 * 36, outputCount: 2 * 9 * 12, layout: ParameterLayout(),
            forward: { x, context in
                buffer(2 * 9 * 12) { [arena] in
                    _ = arena
                    layer.forward(x, sequences: 2, tokens: 9, into: $0, scratch: scratch, context)
                }
            },
            backward: { x, dy, context in
                buffer(2 * 9 * 36) {
                    layer.backward(dy, qkv: x, sequences: 2, tokens: 9, into: $0, scratch: scratch, context)
                }
            })
    }()

    static let block: Case = {
        var layout = ParameterLayout()
        let stack = TransformerStack("b", depth: 2, width: 12, heads: 3, hiddenWidth: 20, in: &layout)
        let arena = Arena<Double>()
        let states = TransformerStates(of: stack, sequences: 2, tokens: 9, from: arena)
        let scratch = TransformerScratch(
            [stack.size(sequences: 2, tokens: 9)], workers: Workers(2), from: arena)
        return Case(
            description: "two transformer blocks", inputCount: 18 * 12, outputCount: 18 * 12, layout: layout,
            forward: { x, context in
                buffer(18 * 12) { [arena] in
                    _ = arena
                    states.input.update(from: x, count: 18 * 12)
                    stack.forward(states, sequences: 2, tokens: 9, scratch: scratch, context)
                    $0.update(from: states.output, count: 18 * 12)
                }
            },
            backward: { x, dy, context in
                states.input.update(from: x, count: 18 * 12)
                stack.forward(states, sequences: 2, tokens: 9, scratch: scratch, context)
                return buffer(18 * 12) {
                    $0.update(from: dy, count: 18 * 12)
                    stack.backward($0, states, sequences: 2, tokens: 9, scratch: scratch, context)
                }
            })
    }()

    static let embedding: Case = {
        var layout = ParameterLayout()
        let layer = PatchEmbedding("e", patchSide: 3, channels: 2, width: 7, in: &layout)
        let places = [(image: 1, patch: 3), (image: 0, patch: 0), (image: 1, patch: 2)]
        return Case(
            description: "patch embedding", inputCount: 2 * 2 * 6 * 6, outputCount: 3 * 7, layout: layout,
            forward: { x, context in
                var patches = [Double](repeating: 0, count: 3 * 18)
                return buffer(3 * 7) {
                    layer.forward(x, height: 6, width: 6, places: places, into: $0, patches: &patches, context)
                }
            },
            backward: { x, dy, context in
                var patches = [Double](repeating: 0, count: 3 * 18)
                _ = buffer(3 * 7) {
                    layer.forward(x, height: 6, width: 6, places: places, into: $0, patches: &patches, context)
                }
                layer.backward(dy, patches: patches, count: 3, context)
                return []
            })
    }()

    @Test(arguments: cases) func backwardIsTheDerivativeOfForward(_ layer: Case) {
        let (weights, gradients) = (ParameterBuffer<Double>(layer.layout), ParameterBuffer<Double>(layer.layout))
        let context = LayerContext(
            weights: weights, gradients: gradients, accumulation: .overwritten, workers: Workers(2))
        var generator = SeededGenerator(seed: 11)
        for entry in layer.layout.entries { for i in 0..<entry.count { weights[entry][i] = generator.normal() } }
        var x = (0..<layer.inputCount).map { _ in generator.normal() }
        let dy = (0..<layer.outputCount).map { _ in generator.normal() }
        func loss() -> Double { zip(layer.forward(x, context), dy).reduce(0) { $0 + $1.0 * $1.1 } }

        let dx = layer.backward(x, dy, context)
        var (pairs, largest): ([(String, Double, Double)], Double) = ([], 0)
        for i in dx.indices {
            let middle = x[i]
            x[i] = middle + Self.step
            let up = loss()
            x[i] = middle - Self.step
            pairs.append(("x[\(i)]", dx[i], (up - loss()) / (2 * Self.step)))
            x[i] = middle
        }
        for entry in layer.layout.entries {
            for i in 0..<entry.count {
                let middle = weights[entry][i]
                weights[entry][i] = middle + Self.step
                let up = loss()
                weights[entry][i] = middle - Self.step
                pairs.append(("\(entry.name)[\(i)]", gradients[entry][i], (up - loss()) / (2 * Self.step)))
                weights[entry][i] = middle
            }
        }
        largest = pairs.reduce(0) { max($0, abs($1.2)) }
        for (name, found, expected) in pairs {
            #expect(
                abs(found - expected) <= Self.bound * largest,
                "\(layer) \(name): \(found), differences give \(expected)")
        }
        // Added to, the gradients double.
        let once = layer.layout.entries.map { Array(gradients[$0]) }
        var again = context
        again.accumulation = .added
        _ = layer.backward(x, dy, again)
        for (entry, once) in zip(layer.layout.entries, once) {
            #expect(zip(gradients[entry], once).allSatisfy { abs($0 - 2 * $1) <= 1e-13 * largest }, "\(entry.name)")
        }
    }

    /// The vectors' e^x and Φ against libm's.
    @Test func floatKernelsAreAccurate() {
        var x = (0..<40_000).map { Float($0) * 0.001 - 20 }
        var y = [Float](repeating: 0, count: x.count)
        var dx = [Float](repeating: 1, count: x.count)
        GELU.backward(&x, count: x.count, dyToDx: &dx, recomputing: &y, workers: Workers(2))
        var worst = (value: 0.0, slope: 0.0)
        for i in x.indices {
            let (t, share) = (Double(x[i]), 0.5 * erfc(-Double(x[i]) * 0.5.squareRoot()))
            let density = exp(-0.5 * t * t) / (2 * Double.pi).squareRoot()
            worst.value = max(worst.value, abs(Double(y[i]) - t * share) / max(1, abs(t)))
            worst.slope = max(worst.slope, abs(Double(dx[i]) - (share + t * density)))
        }
        #expect(worst.value < 2e-7 && worst.slope < 3e-7, "\(worst)")
    }
}

/// A zeroed array that `fill` writes into.
private func buffer(_ count: Int, _ fill: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
    var values = [Double](repeating: 0, count: count)
    values.withUnsafeMutableBufferPointer { fill($0.baseAddress!) }
    return values
}

/// The cases run one after the other.
private struct UncheckedPointer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Double>
    init(_ pointer: UnsafeMutablePointer<Double>) { self.pointer = pointer }
}
