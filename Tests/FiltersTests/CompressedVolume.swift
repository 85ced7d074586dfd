import Foundation
import Imaging

/// A NIfTI-1 file as the reference data of IBSI-2 have it: little endian, one volume, unscaled. For tests alone.
struct CompressedVolume {
    let size: SIMD3<Int>
    let spacing: SIMD3<Double>
    let values: [Double]

    enum Problem: Error {
        case notReadable(String)
        case type(Int16)
    }

    init(_ path: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0, data.count > 352 else { throw Problem.notReadable(path) }
        func read<Value: BitwiseCopyable>(_ type: Value.Type, _ offset: Int) -> Value {
            data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
        }
        size = SIMD3(Int(read(Int16.self, 42)), Int(read(Int16.self, 44)), Int(read(Int16.self, 46)))
        spacing = SIMD3(Double(read(Float.self, 80)), Double(read(Float.self, 84)), Double(read(Float.self, 88)))
        let start = Int(read(Float.self, 108))
        let count = size.x * size.y * size.z
        let type = read(Int16.self, 70)
        values = try (0..<count).map { k in
            switch type {
            case 2: Double(read(UInt8.self, start + k))
            case 4: Double(read(Int16.self, start + 2 * k))
            case 16: Double(read(Float.self, start + 4 * k))
            case 64: read(Double.self, start + 8 * k)
            default: throw Problem.type(type)
            }
        }
    }

    var block: VolumeBlock {
        VolumeBlock(
            grid: Geometry(size: size, spacing: spacing), box: VoxelBox(lower: .zero, size: size), values: values)
    }
}
