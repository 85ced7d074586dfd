import Foundation
import Imaging
import Ingestion

package enum DecoderCheck {
    /// A file written into a folder of its own, since a scan reads all that lies beside it, and read as any other.
    package static func pixels(of sample: SampleFile) -> SelfTest.Check {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("weft-selftest-\(ProcessInfo.processInfo.globallyUniqueString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let file = folder.appendingPathComponent(sample.name)
            try Data(sample.bytes).write(to: file)
            let images = try Archive.scan([file.path], jobs: 1).images
            let volume = try images.first?.load()
            let values = volume.map { $0.values(in: VoxelBox(lower: .zero, size: $0.geometry.size)) } ?? []
            let most = sample.tolerance
            return SelfTest.Check(
                sample.coding, figure: most == 0 ? "256 pixels" : "256 pixels within \(Int(most))",
                failures: sample.differences(values))
        } catch { return SelfTest.Check(sample.coding, figure: "cannot be read", failures: ["\(error)"]) }
    }
}

extension SampleFile {
    /// Of a pixel; what is coded with loss is off by a few.
    var tolerance: Double { pixels == .ramp ? 4 : 0 }

    /// In words, the first few.
    func differences(_ found: [Double]) -> [String] {
        guard found.count == 256 else { return ["found \(found.count) pixels, expected 256"] }
        let wrong = found.indices.filter { abs(found[$0] - expected($0 % 16, $0 / 16)) > tolerance }
        return wrong.prefix(3).map {
            "pixel \($0 % 16), \($0 / 16) is \(found[$0]), expected \(expected($0 % 16, $0 / 16))"
        }
    }

    private func expected(_ x: Int, _ y: Int) -> Double {
        switch pixels {
        case .exact: Double((31 * x + 17 * y * y) % 4096)
        case .ramp: Double(8 * x + 4 * y)
        }
    }
}
