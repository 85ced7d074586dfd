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

    private struct Line: LogRecord {
        var epoch: Int
        var step: Int
        var json: String { "\(epoch) \(step)" }
        init(epoch: Int, step: Int) { (self.epoch, self.step) = (epoch, step) }
        init?(json: some StringProtocol) {
            let numbers = json.split(separator: " ").compactMap { Int($0) }
            guard numbers.count == 2 else { return nil }
            self.init(epoch: numbers[0], step: numbers[1])
        }
    }

    @Test(
        "A log is cut back to a checkpoint, and the lines that it lacks are told",
        arguments: [
            ("0 1\n0 2\n1 3\n1 4\n2 5\n", [], "0 1\n0 2\n1 3\n1 4\n"),  // whole, and ahead of the checkpoint
            ("0 1\n0 2\n", [3, 4], "0 1\n0 2\n"),  // cut off
            ("0 1\nx\n1 3\n1 4\n", [2], "0 1\n1 3\n1 4\n"),  // a damaged line in the middle
            ("0 1\n0 2\n1 3\n1 4\n2", [], "0 1\n0 2\n1 3\n1 4\n"),  // half of a line that nobody misses
            ("0 1\n7 2\n0 1\n1 4\n", [2, 3], "0 1\n1 4\n"),  // another epoch, a line again
            ("", [1, 2, 3, 4], ""),
        ] as [(String, [Int], String)])
    func logGap(_ text: String, _ absent: [Int], _ kept: String) throws {
        let folder = try TemporaryFolder()
        let path = folder["log.jsonl"]
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let gap = try LineLog.cut(path, toStep: 4, stepsPerEpoch: 2, of: Line.self, expecting: 1...4)
        #expect((gap?.steps ?? []) == absent)
        #expect(String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self) == kept)
        #expect(gap.map { "\($0)".contains("log.jsonl: \(absent.count) line(s)") } ?? true)
        #expect(
            try LineLog.cut(folder["none"], toStep: 1, stepsPerEpoch: 2, of: Line.self, expecting: 1...1)?.steps == [1])
    }

    @Test("A log that is a link is not followed")
    func linkedLog() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder["log.jsonl"], withDestinationPath: folder["elsewhere"])
        let error = #expect(throws: FileWritingError.self) { try LineLog(appendingTo: folder["log.jsonl"]) }
        #expect(error?.description.contains("put the file itself in the place of the link") == true)
        #expect(!FileManager.default.fileExists(atPath: folder["elsewhere"]))
    }

    @Test("A run that was killed while its slices were prepared can be begun again, and its temporary files go")
    func killedPreparation() throws {
        let folder = try TemporaryFolder()
        let run = RunFolder(folder["run"])
        try run.prepare(existing: .refuse)
        func touch(_ path: String) throws { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        try touch(run.path + "/.prepared.slices.12-34.part")
        try touch(run.beginning)
        #expect(run.unfinishedBeginning == "x")
        try run.prepare(existing: .refuse)
        #expect(try FileManager.default.contentsOfDirectory(atPath: run.path).sorted() == [".beginning.yaml", ".lock"])
        // Other runs' files of a beginning count as such, and only beside it.
        let dataset = run.path + "/dataset.json"
        try touch(dataset)
        try run.prepare(existing: .refuse, others: [dataset])
        #expect(throws: RunError.self) { try run.prepare(existing: .refuse) }
        run.hasBegun()
        #expect(throws: RunError.self) { try run.prepare(existing: .refuse, others: [dataset]) }
        try FileManager.default.removeItem(atPath: dataset)
        // A stranger's temporary file is a reason to refuse.
        try touch(run.path + "/.stranger.12-34.part")
        #expect(throws: RunError.self) { try run.prepare(existing: .refuse) }
        try FileManager.default.removeItem(atPath: run.path + "/.stranger.12-34.part")
        // Checkpoints' and everybody's, by the holder of the lock.
        try makeFolder(at: run.checkpoints)
        let left = [
            run.path + "/.last.safetensors.1-2.part", run.path + "/.report.html.1-2.part",
            run.checkpoints + "/.epoch-00002.safetensors.1-2.part",
        ]
        for path in left { try touch(path) }
        try touch(run.config)
        let lock = try run.lock()
        run.removeLeftovers()
        withExtendedLifetime(lock) {}
        for path in left { #expect(!FileManager.default.fileExists(atPath: path)) }
        #expect(run.unfinishedBeginning == nil && FileManager.default.fileExists(atPath: run.config))
    }
}
