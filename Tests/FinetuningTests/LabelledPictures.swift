import Files
import Foundation
import Ingestion
import PNG
import SeededRandom
import TestSupport

/// PNGs of two classes that only their texture tells apart: the same grey levels in rows or in columns, with noise.
struct LabelledPictures {
    let folder: TemporaryFolder

    init(training: Int = 12, validation: Int = 6, side: Int = 40) throws {
        folder = try TemporaryFolder()
        for (split, count) in [("train", training), ("val", validation)] {
            for (number, name) in ["columns", "rows"].enumerated() {
                try makeFolder(at: folder["\(split)/\(name)"])
                for index in 0..<count {
                    let seed = UInt64(1000 * number + index + (split == "val" ? 500 : 0))
                    try Self.write(
                        to: folder["\(split)/\(name)/\(index).png"], rows: number == 1, seed: seed, side: side)
                }
            }
        }
    }

    static func write(to path: String, rows: Bool, seed: UInt64, side: Int = 40) throws {
        var generator = SeededGenerator(seed: seed)
        let phase = generator.integer(below: 6)
        let pixels = (0..<side * side).map { pixel -> UInt8 in
            let place = (rows ? pixel / side : pixel % side) + phase
            return UInt8((place % 6 < 3 ? 60 : 160) + generator.integer(below: 40))
        }
        try PNGWriter.write(grey: pixels, width: side, height: side, to: path)
    }
}
