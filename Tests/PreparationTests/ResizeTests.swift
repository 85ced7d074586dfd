import Foundation
import Preparation
import TestSupport
import Testing

/// What Pillow and torchvision give, from the fixtures of kind `preprocess`.
@Suite("Preprocessing Fixture", .enabled(if: FixtureSet.exists, "\(FixtureSet.absence)"))
struct ResizeFixtureTests {
    @Test("Grey pictures are resized bit for bit as by Pillow", arguments: ResizeKernel.allCases)
    func grey(_ kernel: ResizeKernel) throws {
        for file in try FixtureSet.files(ofKind: "preprocess") {
            let image = try Picture(file, "gray")
            let expected = try Picture(file, "gray_resized.\(kernel.rawValue)")
            let found = image.resized(to: (expected.width, expected.height), kernel)
            #expect(found.largestDifference(from: expected) == 0, "\(file.name)")
        }
    }

    @Test("The pre-training transform, in both pass orders", arguments: ["wide", "tall"], PassOrder.allCases)
    func pretraining(_ name: String, _ order: PassOrder) throws {
        for file in try FixtureSet.files(ofKind: "preprocess") {
            let plan = try #require(file.description[name] as? [String: Any])
            let size = try #require(plan["pretrain_resize"] as? [Int])
            let crop = try #require(plan["crop"] as? Int)
            let suffix = order == .columnsFirst ? "columns" : "pillow13"
            let expected = try Picture(file, "\(name)_pretrain_u8.\(suffix)")
            let found = try Picture(file, name).resized(to: (size[1], size[0]), .bilinear, order).cropped(to: crop)
            #expect(found.largestDifference(from: expected) == 0, "\(file.name)")
        }
    }

    @Test("The evaluation transform: shorter side, bicubic", arguments: ["wide", "tall"])
    func evaluation(_ name: String) throws {
        for file in try FixtureSet.files(ofKind: "preprocess") {
            let plan = try #require(file.description[name] as? [String: Any])
            let size = try #require(plan["eval_resize"] as? [Int])
            let crop = try #require(plan["crop"] as? Int)
            let expected = try Picture(file, "\(name)_eval_u8")
            let found = try Picture(file, name).resized(to: (size[1], size[0]), .bicubic).cropped(to: crop)
            #expect(found.largestDifference(from: expected) == 0, "\(file.name)")
        }
    }

    @Test("ImageNet normalisation of the prepared picture")
    func normalised() throws {
        for file in try FixtureSet.files(ofKind: "preprocess") {
            let bytes = try file.tensors.tensor("wide_pretrain_u8.columns")
            let expected = try file.tensors.tensor("wide_pretrain_normalised")
            let (mean, deviation) = (file.numbers("mean"), file.numbers("std"))
            #expect(ChannelNormalisation.imageNet == ChannelNormalisation(mean: mean, deviation: deviation))
            let area = bytes.shape[0] * bytes.shape[1]
            var worst = 0.0
            for channel in 0..<3 {
                for pixel in 0..<area {
                    let value = (bytes.values[pixel * 3 + channel] / 255 - mean[channel]) / deviation[channel]
                    worst = max(worst, abs(value - expected.values[channel * area + pixel]))
                }
            }
            // The fixture is float32 of values up to 2.6.
            #expect(worst < 3e-7)
        }
    }
}

@Suite("Resizing")
struct ResizeTests {
    @Test(
        "A resize without rounding lies within half a level of each pass of the 8-bit one",
        arguments: ResizeKernel.allCases)
    func floatsAgree(_ kernel: ResizeKernel) {
        let (width, height) = (61, 43)
        let bytes = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13 & 63) + 96 }
        let eight = resized(bytes: bytes, width: width, height: height, to: (32, 77), kernel: kernel)
        let exact = resized(values: bytes.map(Float.init), width: width, height: height, to: (32, 77), kernel: kernel)
        let worst = zip(eight, exact).map { abs(Float($0) - $1) }.max() ?? .infinity
        // Half a level for each rounding; bicubic weights amplify the first by at most 1.25 (the sum of their sizes).
        #expect(worst <= 0.5 + 0.5 * 1.3, "worst \(worst)")
    }

    @Test("A flat picture stays flat, and the same size is left alone")
    func identity() {
        let flat = [Float](repeating: 0.25, count: 20 * 30)
        let larger = resized(values: flat, width: 20, height: 30, to: (41, 7), kernel: .bicubic)
        #expect((larger.map { abs($0 - 0.25) }.max() ?? 1) < 1e-6)
        let ramp = (0..<600).map(Float.init)
        #expect(resized(values: ramp, width: 20, height: 30, to: (20, 30), kernel: .bilinear) == ramp)
    }

    @Test("The centre crop takes the middle", arguments: [(6, 2, 2), (7, 2, 2), (5, 2, 2), (9, 4, 2)])
    func crop(side: Int, size: Int, offset: Int) {
        let pixels = Array(0..<side * side)
        let first = centreCrop(pixels, width: side, height: side, to: size)[0]
        #expect(first == offset * side + offset)
    }
}

private struct Picture {
    var width: Int
    var height: Int
    var samples: Int
    var pixels: [UInt8]

    init(width: Int, height: Int, samples: Int, pixels: [UInt8]) {
        (self.width, self.height, self.samples, self.pixels) = (width, height, samples, pixels)
    }

    init(_ file: FixtureSet.File, _ name: String) throws {
        let tensor = try file.tensors.tensor(name)
        self.init(
            width: tensor.shape[1], height: tensor.shape[0], samples: tensor.shape.count > 2 ? tensor.shape[2] : 1,
            pixels: tensor.values.map { UInt8($0) })
    }

    func resized(to size: (Int, Int), _ kernel: ResizeKernel, _ order: PassOrder = .columnsFirst) -> Picture {
        Picture(
            width: size.0, height: size.1, samples: samples,
            pixels: Preparation.resized(
                bytes: pixels, width: width, height: height, samples: samples, to: (size.0, size.1), kernel: kernel,
                order: order))
    }

    func cropped(to side: Int) -> Picture {
        Picture(
            width: side, height: side, samples: samples,
            pixels: centreCrop(pixels, width: width, height: height, samples: samples, to: side))
    }

    func largestDifference(from other: Picture) -> Int {
        guard (width, height, samples) == (other.width, other.height, other.samples) else { return .max }
        return zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max() ?? .max
    }
}
