// A picture in, a picture of another size out, the aspect ratio ignored: what Pillow's resize gives, for the pre-training
// transform (bilinear) and the evaluation transform (bicubic). Antialiased: when an axis shrinks, the kernel is stretched by
// the same factor, so that every input pixel has its part.

/// The kernel of an axis, in output pixels when enlarging and in input pixels times the scale when shrinking.
public enum ResizeKernel: String, Hashable, Sendable, CaseIterable {
    /// 1 - |x| up to 1.
    case bilinear
    /// Keys' cubic with a = -0.5, up to 2.
    case bicubic

    var support: Double { self == .bilinear ? 1 : 2 }

    func callAsFunction(_ x: Double) -> Double {
        let x = abs(x)
        switch self {
        case .bilinear: return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        }
    }
}

/// Which axis is resized first. It matters for 8-bit pictures, which are rounded in between.
public enum PassOrder: String, Hashable, Sendable, CaseIterable {
    /// Pillow up to 12.
    case columnsFirst
    /// Pillow 13: rows first when the height shrinks by more than twice what the width does.
    case pillow13

    func startsWithRows(from input: (width: Int, height: Int), to output: (width: Int, height: Int)) -> Bool {
        self == .pillow13 && output.height < input.height
            && input.height - output.height > 2 * (input.width - output.width)
    }
}

/// For every output pixel of one axis: the input pixels that it is made of, and their weights.
struct ResizeWeights: Sendable {
    /// First input pixel of each output pixel.
    private(set) var first: [Int] = []
    /// Where each output pixel's weights begin; one more than there are output pixels.
    private(set) var start: [Int] = [0]
    /// Each output pixel's sum to 1.
    private(set) var weights: [Double] = []

    init(from input: Int, to output: Int, kernel: ResizeKernel) {
        precondition(input > 0 && output > 0, "resize from \(input) to \(output) pixels")
        let scale = Double(input) / Double(output)
        let stretch = max(scale, 1)
        let reach = kernel.support * stretch
        for k in 0..<output {
            let centre = (Double(k) + 0.5) * scale
            let lower = max(0, Int(centre - reach + 0.5))
            let upper = min(input, Int(centre + reach + 0.5))
            let raw = (lower..<upper).map { kernel((Double($0) - centre + 0.5) * (1 / stretch)) }
            let sum = raw.reduce(0, +)
            weights += raw.map { sum == 0 ? $0 : $0 / sum }
            first.append(lower)
            start.append(weights.count)
        }
    }

    /// Pillow's 22-bit fixed-point weights.
    var fixed: [Int] { weights.map { Int($0 * 0x1p22 + ($0 < 0 ? -0.5 : 0.5)) } }
}

/// Resizes 8-bit pictures as Pillow does, bit for bit: fixed-point weights, rounded to 8 bits after each axis.
///
/// - Parameters:
///   - pixels: `[height, width, samples]`, samples fastest.
/// - Returns: `[output height, output width, samples]`.
public func resized(
    bytes pixels: [UInt8], width: Int, height: Int, samples: Int = 1, to output: (width: Int, height: Int),
    kernel: ResizeKernel, order: PassOrder = .columnsFirst
) -> [UInt8] {
    resized(pixels, width: width, height: height, samples: samples, to: output, kernel: kernel, order: order) { axis in
        let fixed = axis.fixed
        return { first, weights, read in
            var sum = 1 << 21
            for (tap, weight) in weights.enumerated() { sum += fixed[weight] * Int(read(first + tap)) }
            return UInt8(clamping: sum >> 22)
        }
    }
}

/// Resizes values without rounding in between; a bicubic kernel may overshoot their range.
///
/// - Parameter values: `[height, width]`.
/// - Returns: `[output height, output width]`.
public func resized(
    values: [Float], width: Int, height: Int, to output: (width: Int, height: Int), kernel: ResizeKernel
) -> [Float] {
    resized(values, width: width, height: height, samples: 1, to: output, kernel: kernel, order: .columnsFirst) {
        axis in
        let weights = axis.weights.map(Float.init)
        return { first, range, read in
            var sum: Float = 0
            for (tap, weight) in range.enumerated() { sum += weights[weight] * read(first + tap) }
            return sum
        }
    }
}

/// One output value from the input values of its axis: the first of them, the places of its weights, and how to read one.
private typealias Tap<Value> = (_ first: Int, _ weights: Range<Int>, _ read: (Int) -> Value) -> Value

private func resized<Value: BitwiseCopyable>(
    _ pixels: [Value], width: Int, height: Int, samples: Int, to output: (width: Int, height: Int),
    kernel: ResizeKernel, order: PassOrder, tap: (ResizeWeights) -> Tap<Value>
) -> [Value] {
    precondition(
        pixels.count == width * height * samples, "\(pixels.count) values for \(width) × \(height) × \(samples)")
    var (pixels, width, height) = (pixels, width, height)

    func columns() {
        guard output.width != width else { return }
        let axis = ResizeWeights(from: width, to: output.width, kernel: kernel)
        let value = tap(axis)
        let old = pixels
        pixels = old.withUnsafeBufferPointer { old in
            [Value](unsafeUninitializedCapacity: height * output.width * samples) { new, count in
                for y in 0..<height {
                    for k in 0..<output.width {
                        for sample in 0..<samples {
                            let row = y * width
                            new.initializeElement(
                                at: count,
                                to: value(axis.first[k], axis.start[k]..<axis.start[k + 1]) {
                                    old[(row + $0) * samples + sample]
                                })
                            count += 1
                        }
                    }
                }
            }
        }
        width = output.width
    }

    func rows() {
        guard output.height != height else { return }
        let axis = ResizeWeights(from: height, to: output.height, kernel: kernel)
        let value = tap(axis)
        let old = pixels
        let stride = width * samples
        pixels = old.withUnsafeBufferPointer { old in
            [Value](unsafeUninitializedCapacity: output.height * stride) { new, count in
                for k in 0..<output.height {
                    for x in 0..<stride {
                        new.initializeElement(
                            at: count,
                            to: value(axis.first[k], axis.start[k]..<axis.start[k + 1]) { old[$0 * stride + x] })
                        count += 1
                    }
                }
            }
        }
        height = output.height
    }

    if order.startsWithRows(from: (width, height), to: output) {
        rows()
        columns()
    } else {
        columns()
        rows()
    }
    return pixels
}

/// The middle of a picture, as torchvision's CenterCrop: the larger margin, of an odd difference, lies before it or after
/// it by rounding half to even. A picture smaller than the crop is not accepted.
public func centreCrop<Value>(
    _ pixels: [Value], width: Int, height: Int, samples: Int = 1, to side: Int
) -> [Value] {
    precondition(side <= width && side <= height, "a crop of \(side) from \(width) × \(height)")
    let left = Int((Double(width - side) / 2).rounded(.toNearestOrEven))
    let top = Int((Double(height - side) / 2).rounded(.toNearestOrEven))
    var cropped: [Value] = []
    cropped.reserveCapacity(side * side * samples)
    for y in top..<top + side {
        cropped += pixels[(y * width + left) * samples..<(y * width + left + side) * samples]
    }
    return cropped
}
