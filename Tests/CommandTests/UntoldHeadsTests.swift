import Foundation
import Testing

/// Weights that do not tell their number of heads, of a width that no usual network has: what depends on it says the guess.
@Suite("a guessed number of heads")
struct UntoldHeadsTests {
    /// An autoencoder of images of 32 x 32 in patches of 8, 48 wide, with a decoder of 16; one block each.
    private func weights(_ metadata: [String: String], to path: URL) throws {
        var shapes: [(String, [Int])] = [
            ("cls_token", [1, 1, 48]), ("pos_embed", [1, 17, 48]), ("patch_embed.proj.weight", [48, 1, 8, 8]),
            ("patch_embed.proj.bias", [48]), ("norm.weight", [48]), ("norm.bias", [48]), ("mask_token", [1, 1, 16]),
            ("decoder_embed.weight", [16, 48]), ("decoder_embed.bias", [16]), ("decoder_pos_embed", [1, 17, 16]),
            ("decoder_norm.weight", [16]), ("decoder_norm.bias", [16]), ("decoder_pred.weight", [64, 16]),
            ("decoder_pred.bias", [64]),
        ]
        for (block, width) in [("blocks.0", 48), ("decoder_blocks.0", 16)] {
            for (layer, outputs, inputs) in [
                ("attn.qkv", 3 * width, width), ("attn.proj", width, width), ("mlp.fc1", 4 * width, width),
                ("mlp.fc2", width, 4 * width),
            ] {
                shapes += [("\(block).\(layer).weight", [outputs, inputs]), ("\(block).\(layer).bias", [outputs])]
            }
            for norm in ["norm1", "norm2"] {
                shapes += [("\(block).\(norm).weight", [width]), ("\(block).\(norm).bias", [width])]
            }
        }
        var (header, data): ([String: Any], [UInt8]) = (["__metadata__": metadata], [])
        for (number, (name, shape)) in shapes.enumerated() {
            let start = data.count
            for k in 0..<shape.reduce(1, *) {
                let value = Float((k * 37 + number * 11) % 19 - 9) / 60
                data += withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
            }
            header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, data.count]] as [String: Any]
        }
        let json = try JSONSerialization.data(withJSONObject: header)
        let length = withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init)
        try (Data(length) + json + Data(data)).write(to: path)
    }

    @Test(
        "is said by embed, finetune, reconstruct and compare, and on the page; where the file tells it nobody guesses")
    func said() throws {
        let scratch = try Scratch(sample: "samples")
        let metadata = ["image_size": "32", "channels": "1", "mean": "0.3", "deviation": "0.2"]
        let told = metadata.merging(["heads": "3", "decoder_heads": "2"]) { $1 }
        try weights(metadata, to: scratch.folder.appendingPathComponent("untold.safetensors"))
        try weights(told, to: scratch.folder.appendingPathComponent("told.safetensors"))
        func said(_ line: String) throws -> String {
            let result = try scratch.shell("weft \(line)")
            #expect(result.status == 0, "\(line): \(result.error)")
            return result.error + result.text
        }
        for (name, isGuessed) in [("untold", true), ("told", false)] {
            let file = "\(name).safetensors"
            func expect(_ text: String, _ what: String) {
                #expect(text.contains("heads") == isGuessed, "\(what) of \(name): \(text.suffix(600))")
            }
            let rows = Table(
                csv: try scratch.weft(expecting: 0, ["embed", "samples/ct-lesion", "--weights", file, "-q"]).text
            ).rows
            #expect(!rows.isEmpty && rows.allSatisfy { $0["status"] == (isGuessed ? "warning" : "ok") })
            expect(rows[0]["reason"] ?? "", "embed")
            expect(
                try said(
                    "finetune samples/lesion-slices.csv --weights \(file) --epochs 1 --shared-patients allow -o f-\(name)"
                )
                .replacingOccurrences(of: "held-out", with: ""), "finetune")
            expect(
                try said("reconstruct samples/ct-lesion --weights \(file) --max-slices 2 -o r-\(name)"), "reconstruct")
            expect(
                try said(
                    "compare samples/ct-lesion --weights \(file) --weights told.safetensors --max-slices 2 -o c-\(name).html"
                ),
                "compare")
            let page = String(decoding: try scratch.read("c-\(name).html"), as: UTF8.self)
            #expect(
                page.contains("untold: the weights do not say how many heads") == isGuessed, "the page of \(name)")
        }
    }
}
