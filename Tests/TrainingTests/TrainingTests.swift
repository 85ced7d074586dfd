import Files
import Foundation
import NeuralNetwork
import TestSupport
import Testing
import Training

@Suite("The kit that all trainers share")
struct TrainingTests {
    @Test("A folder is locked once, and free when the lock is gone")
    func folderLock() throws {
        let folder = try TemporaryFolder()
        var lock: FolderLock? = try FolderLock(folder.path)
        #expect(throws: FolderLockError.inUse(folder: folder.path)) { try FolderLock(folder.path) }
        #expect { try RunFolder(folder.path).lock() } throws: { "\($0)".contains("another process trains") }
        withExtendedLifetime(lock) {}
        lock = nil
        _ = try FolderLock(folder.path)
        #expect(throws: FolderLockError.self) { try FolderLock(folder["absent"]) }
    }

    @Test("A checkpoint gives back weights, moments and step, and refuses numbers that have changed")
    func checkpoint() throws {
        let folder = try TemporaryFolder()
        var layout = ParameterLayout()
        _ = Linear("layer", inputs: 3, outputs: 2, in: &layout)
        func state(_ value: Float) -> TrainingState {
            let state = TrainingState(weights: ParameterBuffer(layout), optimiser: AdamW(layout))
            for (number, buffer) in [state.weights, state.optimiser.firstMoment, state.optimiser.secondMoment]
                .enumerated()
            {
                for entry in layout.entries {
                    for i in 0..<entry.count { buffer[entry][i] = value + Float(10 * number + i) }
                }
            }
            return state
        }
        let path = folder["last.safetensors"]
        let (written, read) = (state(0.5), state(0))
        written.optimiser.step = 7
        try written.write(to: path, step: 8, metadata: ["slices": "abc", "note": "a \"b\""])
        let (step, metadata) = try read.read(path, slices: "abc", totalSteps: 9)
        #expect(step == 8 && read.optimiser.step == 7 && metadata["note"] == "a \"b\"")
        for entry in layout.entries {
            #expect(Array(read.weights[entry]) == Array(written.weights[entry]))
            #expect(Array(read.optimiser.secondMoment[entry]) == Array(written.optimiser.secondMoment[entry]))
        }
        #expect(throws: RunError.self) { try read.read(path, slices: "abd", totalSteps: 9) }
        #expect(throws: RunError.self) { try read.read(path, slices: "abc", totalSteps: 7) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect { try read.read(path, slices: "abc", totalSteps: 9) } throws: { "\($0)".contains("its numbers") }
    }

    @Test("Read-ahead gives what was made, in order, and ends")
    func readAhead() throws {
        let items = ReadAhead<Int>(depth: 2) { $0 < 50 ? $0 * $0 : nil }
        var found: [Int] = []
        while let item = try items.next() { found.append(item) }
        #expect(found == (0..<50).map { $0 * $0 })
        #expect(try items.next() == nil)
        let endless = ReadAhead<Int>(depth: 1) { $0 }
        #expect(try endless.next() == 0)
        endless.stop()
        struct Fault: Error {}
        let failing = ReadAhead<Int>(depth: 4) { number in
            if number == 2 { throw Fault() }
            return number
        }
        // What was made before comes first.
        #expect(try failing.next() == 0 && failing.next() == 1)
        #expect(throws: Fault.self) { try failing.next() }
        #expect(throws: Fault.self) { try failing.next() }
    }
}
