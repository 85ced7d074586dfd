import SelfTest
import Testing

@Suite struct SelfTestTests {
    @Test func everyCheckHolds() {
        var checks: [SelfTest.Check] = []
        let holds = SelfTest().run { checks.append($0) }
        #expect(holds, "\(checks.filter { !$0.holds })")
        #expect(checks.first?.figure == "482 of 482 consensus values")
        #expect(checks.count == 4 + SampleFile.all.count)
    }

    @Test("A value that is not the published one is found, and said with both")
    func wrongConsensus() {
        let check = PhantomCheck.consensus(
            ConsensusTable(csv: "tag,value,tolerance stat_mean,2.15,0 stat_median,2,0 nothing,1,0"))
        #expect(!check.holds)
        #expect(check.figure == "1 of 3 consensus values")
        guard case .fails(let reasons) = check.outcome else { return }
        #expect(reasons == ["stat_median: 1.0, expected 2.0 ± 0.0", "nothing: no value, expected 1.0"])
    }

    @Test("A file whose coded pixels are damaged, or that is cut short, fails", arguments: SampleFile.all)
    func damagedFile(_ sample: SampleFile) {
        #expect(DecoderCheck.pixels(of: sample).holds)
        var damaged = sample
        // Within the coded pixels of each: the checksums of PNG and gzip, or other pixels.
        for place in (sample.bytes.count - 60)..<(sample.bytes.count - 20) { damaged.bytes[place] ^= 0x55 }
        #expect(!DecoderCheck.pixels(of: damaged).holds)
        var short = sample
        short.bytes.removeLast(sample.bytes.count / 4)
        #expect(!DecoderCheck.pixels(of: short).holds)
    }
}
