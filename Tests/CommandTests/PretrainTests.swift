import Foundation
import Testing

@Suite("weft pretrain")
struct PretrainTests {
    @Test("A recipe says what it sets, what nobody says is decided aloud, and so is who a PNG's patient is")
    func recipe() throws {
        let scratch = try Scratch(sample: "samples/texture-pair")
        let printed = try scratch.weft(expecting: 0, ["pretrain", "--recipe", "small", "--print-settings"]).text
        #expect(printed.contains("name: \"vit-ti16\"") && printed.contains("batchSize: 32"), "\(printed)")
        let small = ["--image-size", "32", "--epochs", "1,0", "--scale", "resize", "--set", "model.decoderDepth=1"]
        let run = try scratch.weft(expecting: 0, ["pretrain", "texture-pair", "-o", "run", "--warmup", "0"] + small)
        #expect(
            run.error.contains("vit-ti16 at 32 pixels, decoder 128/1/4: for 2 slices, fewer than 20000"), "\(run.error)"
        )
        #expect(run.error.contains("from random weights)"), "\(run.error)")
        #expect(run.error.contains("patients: each file name of 2 PNGs is taken as a patient"), "\(run.error)")
        let report = String(decoding: try scratch.read("run/report.html"), as: UTF8.self)
        #expect(report.contains("weft pretrain texture-pair -o run") && report.contains("taken as a patient"))
        // With a table they are one patient, so that nobody can be held out.
        let names = try scratch.names(in: "texture-pair").filter { $0.hasSuffix(".png") }
        try scratch.write("texture-pair/labels.csv", "image,patient\n" + names.map { "\($0),one\n" }.joined())
        let other = try scratch.weft(
            expecting: 0, ["pretrain", "texture-pair", "-o", "other", "--recipe", "small", "--batch-size", "1"] + small)
        #expect(other.error.contains("--recipe small sets: "), "\(other.error)")
        #expect(other.error.contains("labels.csv, which names 2 of 2 images"), "\(other.error)")
        #expect(other.error.contains("training on 2 slices of 1 patients, 0 of 0 held out"), "\(other.error)")
        #expect(other.error.contains("a warm-up of 20.0 epochs is longer than a third of the run"), "\(other.error)")
    }

    @Test("weft bench train-step takes the shape of the decoder, and says where a Python has no torch")
    func bench() throws {
        let scratch = try Scratch()
        let shape = [
            "bench", "train-step", "--model", "vit-ti16", "--image-size", "32", "--batch-size", "1", "--steps", "1",
            "--decoder",
        ]
        let text = try scratch.weft(expecting: 0, shape + ["16,1,2", "--json"]).text
        #expect(text.contains("\"decoder_width\": 16, \"decoder_depth\": 1, \"decoder_heads\": 2"), "\(text)")
        #expect(try scratch.weft(expecting: 64, shape + ["16,1"]).error.contains("width, blocks and heads"))
        #expect(try scratch.weft(expecting: 64, shape + ["16,1,3"]).error.contains("heads"))
        let without = try scratch.weft(
            expecting: 65, shape + ["16,1,2", "--beside", "torch", "--python", "/bin/false"])
        #expect(without.error.contains("expected a Python that has torch"), "\(without.error)")
    }
}
