import CKernels
import Glibc
import Testing
import TextureCore

/// The C kernels that train: the same bits at every level of the processor, and the numbers of the definition in Swift,
/// which Double uses.
@Suite struct SoftKernelTests {
    static let side = 256
    static let stride = 264

    /// Plain memory for one level, freed with the object.
    final class Memory {
        private var pointers: [UnsafeMutableRawPointer] = []

        func zeros<T>(_ count: Int, _ zero: T) -> UnsafeMutablePointer<T> {
            let raw = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<T>.stride, alignment: 64)
            pointers.append(raw)
            return raw.initializeMemory(as: T.self, repeating: zero, count: count)
        }

        deinit { for pointer in pointers { pointer.deallocate() } }
    }

    /// Every number that a level makes of two patches of 16 × 16 values well within 0...1, as bits.
    static func bits(_ kernels: TextureKernels, _ patches: [[Float]], sharpness: Double, kept: Int) -> [UInt64] {
        let memory = Memory()
        let farthest = Int((60 / sharpness).rounded(.up)) + kept + 1
        let powers = memory.zeros(2 * farthest + 1, Float(0))
        let exactPowers = memory.zeros(2 * farthest + 1, 0.0)
        for k in 0...2 * farthest {
            exactPowers[k] = exp(min(60, max(-60, sharpness * Double(k - farthest))))
            powers[k] = Float(exactPowers[k])
        }
        var binning = TextureBinning(
            lower: 0, perBin: 256, least: 0, most: 1, farthest: 600, lowest: -256, sharpness: sharpness,
            reach: log(1e7) / sharpness, height: -expm1(-sharpness), steepness: sharpness * 256, smallest: 1e-7,
            kept: Int32(kept), powers: powers, exactPowers: exactPowers, firstPower: Int32(-farthest),
            lastOffset: Int32(2 * farthest - kept))
        let blocksOfStart = memory.zeros(side, UInt32(0))
        for start in 0..<side {
            let last = (min(side, start + kept) - 1) / 8
            for block in start / 8...last { blocksOfStart[start] |= 1 << UInt32(block) }
        }
        let planes = TexturePlanes(
            own: memory.zeros(side * stride, 0), other: memory.zeros(side * stride, 0),
            touched: memory.zeros(side + 8, 0), blocksOfStart: blocksOfStart,
            vectors: memory.zeros(side * stride / 8 + 16, 0), vectorCount: memory.zeros(1, 0), side: Int32(side),
            stride: Int32(stride), blockShift: 3)
        let partialSums = memory.zeros(8 * 256, Float(0))
        var numbers: [UInt64] = []
        var bands: [TextureBands] = []
        let pairs = TexturePairs(first: 0, rows: 15, columns: 16, width: 16, step: 16)
        for (patch, plane) in zip(patches, [planes.own, planes.other]) {
            let band = TextureBands(
                weights: memory.zeros(256 * kept, 0), slopes: memory.zeros(256 * kept, 0), starts: memory.zeros(256, 0),
                kept: Int32(kept), rows: Int32(kept == 4 ? 3 : kept))
            kernels.bands(patch, 256, &binning, band)
            kernels.accumulate(patch, band, pairs, plane, planes)
            for k in 0..<256 * kept {
                numbers.append(UInt64(band.weights[k].bitPattern) << 32 | UInt64(band.slopes[k].bitPattern))
            }
            bands.append(band)
        }
        for k in 0..<side * stride { numbers.append(UInt64(planes.own[k].bitPattern)) }
        let difference = kernels.compare(
            planes,
            TextureComparison(factor: 1, otherFactor: 0.99, damping: 0.004, otherDamping: 0.005, givesMoments: 1))
        for sum in [difference.squares, difference.slopeTimesCount, difference.differenceTimesSquare] {
            numbers.append(sum.bitPattern)
        }
        kernels.backpropagate(bands[0], pairs, planes, partialSums)
        for k in 0..<8 * 256 { numbers.append(UInt64(partialSums[k].bitPattern)) }
        return numbers
    }

    @Test(arguments: [(30.0, 4), (5.0, 8), (1.0, 40)])
    func everyLevelGivesTheSameBits(_ sharpness: Double, _ kept: Int) throws {
        // Some neighbours are equal, so that runs are added at once.
        let patches = [3.0, 4].map { (seed: Double) -> [Float] in
            (0..<256).map { (pixel: Int) -> Float in
                let place = Double(pixel / 2)
                return Float(0.5 + 0.25 * sin(seed * place * place))
            }
        }
        let base = try #require(weft_texture_kernels(0)).pointee
        let expected = Self.bits(base, patches, sharpness: sharpness, kept: kept)
        #expect(expected.contains { $0 != 0 })
        for level in Int32(1)...2 {
            guard let kernels = weft_texture_kernels(level) else { continue }
            let found = Self.bits(kernels.pointee, patches, sharpness: sharpness, kept: kept)
            let different = zip(found, expected).count { $0 != $1 }
            #expect(different == 0, "\(String(cString: kernels.pointee.level)): \(different) of \(found.count) numbers")
        }
        #expect(weft_texture_kernels(3) == nil)
    }

    /// Float, in C, against Double, in Swift. Not two bins, whose matrices hardly differ: Float then loses what both share.
    @Test(arguments: [8, 33, 64, 256, 300], [0.5, 1, 5, 17, 30])
    func floatAgreesWithDouble(_ bins: Int, _ sharpness: Double) throws {
        let (x, y) = (SoftGradientTests.patch(31), SoftGradientTests.patch(32))
        let layout = try SoftGradientTests.layout()
        let (singleX, singleY) = (x.map { Float($0) }, y.map { Float($0) })
        for ends in SoftLevels.Ends.allCases {
            for symmetry in [CooccurrenceMatrix.Symmetry.directed, .symmetric] {
                for normalisation in CooccurrenceLoss.MatrixNormalisation.allCases {
                    let scale = CooccurrenceLoss.Scale(
                        bins: bins, sharpness: sharpness, offsets: [Offset(1, 0), Offset(-1, 2)])
                    let loss = TextureLoss(
                        cooccurrence: (
                            1,
                            try CooccurrenceLoss(
                                range: -1...2, scales: [scale], ends: ends, symmetry: symmetry,
                                comparison: .meanSquare(normalisation, .damped))
                        ))
                    let name = "\(bins) bins L \(sharpness) \(ends) \(symmetry) \(normalisation)"
                    let float = loss.valueAndGradient(prediction: singleX, target: singleY, layout: layout)
                    // What Float was given, so that only the arithmetic differs.
                    let double = loss.valueAndGradient(
                        prediction: singleX.map { Double($0) }, target: singleY.map { Double($0) }, layout: layout)
                    let error = SoftFixtureTests.worst([float.value.total], [double.value.total], floor: 1e-18)
                    #expect(error < 1e-5, "\(name): \(error)")
                    let slope = SoftFixtureTests.worst(float.gradient.map { Double($0) }, double.gradient, floor: 1e-13)
                    #expect(slope < 1e-5, "\(name): gradient \(slope)")
                }
            }
        }
    }
}
