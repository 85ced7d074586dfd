import Foundation
import SeededRandom
import TestSupport
import Testing

/// Damaged input of every kind: read, or refused in words. Input n of a reader is the same on every machine; a crash leaves
/// it in the folder, and its number.
///
/// `WEFT_FUZZ_INPUTS` says how many there are of each reader, `WEFT_FUZZ_FIRST` where to begin, `WEFT_FUZZ_READER` which
/// reader, `WEFT_FUZZ_SEED` another series, `WEFT_FUZZ_FOLDER` where they lie. `make fuzz` sets them.
@Suite("damaged input of every kind") struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func number(_ name: String, or standard: Int) -> Int {
        environment[name].flatMap { Int($0) } ?? standard
    }

    static let readers = FuzzedReader.allCases.filter { reader in
        environment["WEFT_FUZZ_READER"].map { $0 == reader.rawValue } ?? true
    }

    /// Longer than any of these small inputs may take, under a sanitizer and on a machine that does other things.
    private static let patience = 60.0

    @Test("no input crashes a reader, hangs it, or is refused in words that say nothing", arguments: readers)
    func damaged(reader: FuzzedReader) throws {
        let place =
            Self.environment["WEFT_FUZZ_FOLDER"]
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("weft-fuzz-\(UUID().uuidString)").path
        let folder = "\(place)/\(reader.rawValue)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let corpus = try FuzzCorpus(in: folder + "/corpus")
        let seeds = corpus.seeds(of: reader)
        let mutation = Mutation(words: reader.words, others: seeds)
        let (path, counter) = ("\(folder)/\(reader.fileName)", "\(folder)/number")
        let first = Self.number("WEFT_FUZZ_FIRST", or: 0)
        let seed = UInt64(Self.number("WEFT_FUZZ_SEED", or: 1))
        var (readAll, refused) = (0, 0)
        for seed in seeds {
            try Data(seed).write(to: URL(fileURLWithPath: path))
            #expect(throws: Never.self, "undamaged") { _ = try reader.read(path, corpus) }
        }
        for number in first..<(first + Self.number("WEFT_FUZZ_INPUTS", or: 300)) {
            var random = SeededGenerator(seed: seed &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(number))
            var bytes = mutation.damaged(seeds[random.integer(below: seeds.count)], &random)
            // Two of three with checksums that fit, or nothing behind them would be reached.
            if reader == .png, random.integer(below: 3) > 0 { PNGChunks.renewChecksums(&bytes) }
            // Two of three damaged before they are compressed, or their checksum would be all that is looked at.
            if reader == .nifti, bytes.first != 0x1F, random.integer(below: 3) > 0 { bytes = VolumeBytes.gzip(bytes) }
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            try Data("\(number)\n".utf8).write(to: URL(fileURLWithPath: counter))
            let start = ContinuousClock.now
            do {
                if let words = try reader.read(path, corpus) {
                    refused += 1
                    #expect(Self.isSentence(words), "input \(number): \(words)")
                } else {
                    readAll += 1
                }
            } catch { Issue.record("input \(number): \(error)") }
            let taken = ContinuousClock.now - start
            #expect(taken < .seconds(Self.patience), "input \(number) took \(taken)")
        }
        print("\(reader.rawValue): \(readAll) read, \(refused) refused")
        if Self.environment["WEFT_FUZZ_FOLDER"] == nil { try FileManager.default.removeItem(atPath: place) }
    }

    /// What a person can do something with, in weft's words and not in those of a library.
    private static func isSentence(_ words: String) -> Bool {
        !words.isEmpty && words.utf8.count < 20_000
            && !["NSCocoaErrorDomain", "Error Domain", "internal error", "Swift.", "(null)"].contains(
                where: words.contains)
    }
}
