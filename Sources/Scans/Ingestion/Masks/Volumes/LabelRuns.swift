import Files
import Foundation
import Imaging
import Synchronization

/// The labels of a volume that are not 0, in runs of one value along x, and the box of each value. A volume of a hundred organs has
/// some ten runs a row.
final class LabelRuns: Sendable {
    struct Run {
        var start: Int32
        var end: Int32
        var value: Int32
    }

    /// Why values are no labels.
    enum Misfit: Error {
        case negative(Int)
        case tooManyValues
    }

    private let runs: [Run]
    /// For each row of each layer its first run; layers of a row follow each other.
    private let firsts: [Int32]
    let boxes: [LabelVolume.Key: VoxelBox]

    private init(_ runs: [Run], _ firsts: [Int32], _ boxes: [LabelVolume.Key: VoxelBox]) {
        (self.runs, self.firsts, self.boxes) = (runs, firsts, boxes)
    }

    /// - Parameter row: (y + z · size.y) · layers + layer.
    func row(_ row: Int) -> ArraySlice<Run> { runs[Int(firsts[row])..<Int(firsts[row + 1])] }

    var byteCount: Int { runs.count * MemoryLayout<Run>.stride + firsts.count * MemoryLayout<Int32>.stride }

    /// In one pass.
    ///
    /// - Parameters:
    ///   - labels: x fastest, layers of a voxel side by side.
    ///   - mostValues: no more are looked for.
    static func found<Value: FixedWidthInteger>(
        in labels: [Value], _ size: SIMD3<Int>, _ layers: Int, _ mostValues: Int
    ) -> Result<LabelRuns, Misfit> {
        var runs: [Run] = []
        var firsts: [Int32] = []
        firsts.reserveCapacity(size.y * size.z * layers + 1)
        var corners: [LabelVolume.Key: Corners] = [:]
        var problem: Misfit?
        labels.withUnsafeBufferPointer { labels in
            scan: for z in 0..<size.z {
                for y in 0..<size.y {
                    let row = (z * size.y + y) * size.x
                    for layer in 0..<layers {
                        // Counts of runs are below 2^31: there are not so many voxels of a mask that memory would hold.
                        firsts.append(Int32(clamping: runs.count))
                        var x = 0
                        while x < size.x {
                            let value = labels[(row + x) * layers + layer]
                            let start = x
                            repeat { x += 1 } while x < size.x && labels[(row + x) * layers + layer] == value
                            guard value != 0 else { continue }
                            guard value > 0 else {
                                problem = .negative(Int(value))
                                break scan
                            }
                            runs.append(Run(start: Int32(start), end: Int32(x), value: Int32(value)))
                            let low = SIMD3(Int32(start), Int32(y), Int32(z))
                            let high = SIMD3(Int32(x), Int32(y + 1), Int32(z + 1))
                            let key = LabelVolume.Key(layer: layer, value: Int(value))
                            guard let known = corners[key] else {
                                guard corners.count < mostValues, runs.count < Int(Int32.max) else {
                                    problem = .tooManyValues
                                    break scan
                                }
                                corners[key] = Corners(lower: low, upper: high)
                                continue
                            }
                            corners[key] = Corners(
                                lower: pointwiseMin(known.lower, low), upper: pointwiseMax(known.upper, high))
                        }
                    }
                }
            }
        }
        if let problem { return .failure(problem) }
        firsts.append(Int32(clamping: runs.count))
        let boxes = corners.mapValues { corners in
            VoxelBox(
                lower: SIMD3<Int>(truncatingIfNeeded: corners.lower),
                size: SIMD3<Int>(truncatingIfNeeded: corners.upper &- corners.lower))
        }
        return .success(LabelRuns(Array(runs), firsts, boxes))
    }

    private struct Corners {
        var lower: SIMD3<Int32>
        var upper: SIMD3<Int32>
    }
}

/// Which files, and in which state: another size or time makes others of them.
struct FileStamps: Hashable {
    private struct Stamp: Hashable {
        var identity: FileIdentity
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let stamps: [Stamp]

    /// Nil when one of them is not there.
    init?(_ paths: [String]) {
        var stamps: [Stamp] = []
        for path in paths {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            stamps.append(
                Stamp(
                    identity: FileIdentity(status), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
                    nanoseconds: status.st_mtim.tv_nsec))
        }
        self.stamps = stamps
    }
}

/// The label images that this process has read last, as far as a budget goes: a scan lists their regions, and work on the image takes
/// them soon after.
final class HeldLabels: Sendable {
    static let shared = HeldLabels()

    private struct State {
        var labels: [FileStamps: LabelVolume] = [:]
        /// The oldest first.
        var order: [FileStamps] = []
        var bytes = 0
    }

    private static let mostBytes = 1 << 27
    private let state = Mutex(State())

    func labels(_ files: FileStamps) -> LabelVolume? { state.withLock { $0.labels[files] } }

    func hold(_ labels: LabelVolume, of files: FileStamps) {
        guard labels.byteCount < Self.mostBytes / 4 else { return }
        state.withLock { state in
            guard state.labels.updateValue(labels, forKey: files) == nil else { return }
            state.order.append(files)
            state.bytes += labels.byteCount
            while state.bytes > Self.mostBytes, let oldest = state.order.first {
                state.order.removeFirst()
                state.bytes -= state.labels.removeValue(forKey: oldest)?.byteCount ?? 0
            }
        }
    }
}

extension LabelVolume {
    var byteCount: Int { runs.byteCount + 1024 }
}
