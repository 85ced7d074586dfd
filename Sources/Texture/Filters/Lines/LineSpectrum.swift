import NumericalMethods

/// A long kernel as factors of frequencies: from some length on a transform forth and back is cheaper than all products.
struct LineSpectrum: Sendable {
    private let transform: FourierTransform
    private let factors: [(c: Double, s: Double)]
    private let outputs: Int

    /// Nil where products are cheaper. Measured on AVX-512: a product of a kernel 0.05 ns a voxel, a step of a transform (half a
    /// radix 4) of eight lines 0.45 ns a point and line.
    init?(_ weights: [Double], outputs: Int) {
        let taps = weights.count
        let points = FourierTransform.size(atLeast: outputs + taps - 1)
        var steps = 1.0
        while Double(1 << Int(steps)) < Double(points) { steps += 1 }
        guard Double(taps * outputs) * 0.05 > 2 * steps * Double(points) * 0.45 else { return nil }
        let transform = FourierTransform(count: points)
        // y(j) = Σ w(k) x(j + k): the kernel is turned round.
        var line = [ComplexLanes](repeating: .zero, count: points)
        for (k, weight) in weights.enumerated() { line[(points - k) % points].re[0] = weight }
        let memory = LineMemory(points, transform.scratchCount)
        memory.line.update(from: line, count: points)
        transform.transform(memory.line, scratch: memory.scratch)
        factors = (0..<points).map { (memory.line[$0].re[0] / Double(points), memory.line[$0].im[0] / Double(points)) }
        (self.transform, self.outputs) = (transform, outputs)
    }

    /// Eight lines at a time, two of them as the parts of a complex one. Lines with a voxel that holds no number are left to the
    /// products, so that only what it has weight in is spoilt.
    ///
    /// - Parameters:
    ///   - lines: [outputs + taps - 1][width]
    ///   - target: [outputs][width]
    ///   - width: a multiple of 8.
    func correlate(
        _ lines: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, width: Int, _ weights: [Double]
    ) {
        let count = outputs + weights.count - 1
        let memory = LineMemory(transform.count, transform.scratchCount)
        let line = memory.line
        for first in stride(from: 0, to: width, by: 8) {
            var isFinite = true
            for k in 0..<count {
                let (re, im) = (
                    UnsafeRawPointer(lines + k * width + first), UnsafeRawPointer(lines + k * width + first + 4)
                )
                let value = ComplexLanes(
                    re: re.loadUnaligned(as: SIMD4<Double>.self), im: im.loadUnaligned(as: SIMD4<Double>.self))
                let sum = (value.re - value.re + (value.im - value.im)).sum()
                isFinite = isFinite && sum == 0
                line[k] = value
            }
            guard isFinite else {
                for j in 0..<outputs {
                    for lane in first..<first + 8 {
                        var sum = 0.0
                        for (k, weight) in weights.enumerated() { sum += weight * lines[(j + k) * width + lane] }
                        target[j * width + lane] = sum
                    }
                }
                continue
            }
            for k in count..<transform.count { line[k] = .zero }
            transform.transform(line, scratch: memory.scratch)
            for k in 0..<transform.count { line[k] = line[k].times(factors[k].c, factors[k].s).swapped }
            transform.transform(line, scratch: memory.scratch)
            for j in 0..<outputs {
                for lane in 0..<4 {
                    target[j * width + first + lane] = line[j].im[lane]
                    target[j * width + first + 4 + lane] = line[j].re[lane]
                }
            }
        }
    }
}
