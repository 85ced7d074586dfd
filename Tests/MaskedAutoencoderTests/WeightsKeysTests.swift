import Foundation
import MaskedAutoencoder
import NeuralNetwork
import Parallel
import SeededRandom
import TestSupport
import Testing

/// Tensors of a small encoder that a test changes before they are written.
struct WeightsDraft {
    struct Tensor {
        var shape: [Int]
        var type = "F32"
        var bytes: [UInt8]

        init(_ shape: [Int], _ values: [Float]? = nil) {
            self.shape = shape
            let values = values ?? [Float](repeating: 0.5, count: shape.reduce(1, *))
            bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
        }

        init<Word: FixedWidthInteger>(_ type: String, _ shape: [Int], repeating word: Word) {
            (self.shape, self.type) = (shape, type)
            let one = withUnsafeBytes(of: word.littleEndian, Array.init)
            bytes = (0..<shape.reduce(1, *)).flatMap { _ in one }
        }
    }

    var tensors: [String: Tensor] = [:]
    var metadata = ["heads": "3", "decoder_heads": "2"]

    /// Of images of 16 × 16 in patches of 8, 12 wide, two blocks; with a decoder of one block.
    init() throws {
        let shape = try MaskedAutoencoderConfiguration(
            imageHeight: 16, imageWidth: 16, patchSide: 8, channels: 3, encoder: .init(width: 12, depth: 2, heads: 3),
            decoder: .init(width: 8, depth: 1, heads: 2))
        let network = MaskedAutoencoderNetwork<Float>(shape, batchCapacity: 1, workers: Workers(1))
        var generator = SeededGenerator(seed: 1)
        network.initialise(from: &generator)
        WeightsFile.withTensors(of: network) { all in
            for tensor in all { tensors[tensor.name] = Tensor(tensor.shape, Array(tensor.values)) }
        }
    }

    func write(to path: String) throws {
        var (entries, data): ([String], [UInt8]) = ([], [])
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            entries.append(
                #""\#(name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"#
                    + #""data_offsets":[\#(data.count),\#(data.count + tensor.bytes.count)]}"#)
            data += tensor.bytes
        }
        let words = metadata.map { #""\#($0)":"\#($1)""# }.joined(separator: ",")
        let header = #"{"__metadata__":{\#(words)},\#(entries.joined(separator: ","))}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
        try Data(length + Array(header.utf8) + data).write(to: URL(fileURLWithPath: path))
    }

    func read() throws -> EncoderWeights {
        let folder = try TemporaryFolder()
        try write(to: folder["w.safetensors"])
        return try EncoderWeights(path: folder["w.safetensors"])
    }

    /// What is said of it, or nothing when it is taken.
    func refusal() throws -> String? {
        do {
            let file = try read()
            let network = VisionTransformer<Float>(
                try file.configuration(imageSize: nil), end: file.end, batchCapacity: 1, for: .inference,
                workers: Workers(1))
            try file.load(into: network)
            return nil
        } catch let error as WeightsFileError { return error.description }
    }
}

/// A file is understood whole, or refused with the key.
@Suite("What weights files may hold")
struct WeightsKeysTests {
    @Test("The usual file is taken")
    func usual() throws {
        let draft = try WeightsDraft()
        #expect(try draft.refusal() == nil)
        let file = try draft.read()
        #expect(file.encoder == .init(width: 12, depth: 2, heads: 3) && file.decoder?.depth == 1 && file.guesses == [])
    }

    @Test(
        "A key that is not known is refused by its name",
        arguments: [
            "blocks.0.attn.q_norm.weight", "blocks.1.attn.k_norm.bias", "reg_token", "register_tokens", "dist_token",
            "head_dist.weight", "blocks.0.gamma_1", "blocks.0.attn.relative_position_bias_table", "norm_pre.weight",
            "patch_embed.norm.weight", "blocks.0.mlp.fc3.weight", "blocks.00.norm1.weight", "blocks.-1.norm1.weight",
            "rope.freqs", "exp_avg.cls_token", "fc.weight", "decoder_blocks.0.attn.q_norm.weight", "blocks.0.ls3.gamma",
        ])
    func unknown(_ key: String) throws {
        var draft = try WeightsDraft()
        draft.tensors[key] = .init([12])
        let refusal = try draft.refusal()
        #expect(refusal?.contains(key) == true, "\(refusal ?? "taken")")
    }

    @Test("LayerScale in every block is taken, in some of them refused")
    func layerScale() throws {
        var draft = try WeightsDraft()
        for block in 0..<2 { for scale in 1...2 { draft.tensors["blocks.\(block).ls\(scale).gamma"] = .init([12]) } }
        #expect(try draft.refusal() == nil)
        #expect(try draft.read().encoder.scaling == .perChannel)
        #expect(try draft.read().decoder?.scaling == LayerScaling.none)
        draft.tensors["blocks.1.ls2.gamma"] = nil
        #expect(try draft.refusal()?.contains("blocks.1.ls2.gamma is absent") == true)
        draft.tensors["blocks.1.ls2.gamma"] = .init([1])
        #expect(try draft.refusal()?.contains("blocks.1.ls2.gamma has shape [1]") == true)
    }

    @Test("A gap in the blocks' numbers and a block without a part are refused")
    func gaps() throws {
        var draft = try WeightsDraft()
        for (key, tensor) in draft.tensors where key.hasPrefix("blocks.1.") {
            draft.tensors["blocks.3." + key.dropFirst(9)] = tensor
        }
        for key in draft.tensors.keys where key.hasPrefix("blocks.1.") { draft.tensors[key] = nil }
        #expect(try draft.refusal()?.contains("blocks.1 is absent, and blocks.3 is there") == true)
        draft = try WeightsDraft()
        for (key, tensor) in draft.tensors where key.hasPrefix("decoder_blocks.0.") {
            draft.tensors["decoder_blocks.2." + key.dropFirst(17)] = tensor
        }
        #expect(try draft.refusal()?.contains("decoder_blocks.1 is absent") == true)
        draft = try WeightsDraft()
        for key in draft.tensors.keys where key.hasPrefix("blocks.0.") { draft.tensors[key] = nil }
        #expect(try draft.refusal()?.contains("blocks.0 is absent") == true)
        draft = try WeightsDraft()
        draft.tensors["blocks.1.attn.qkv.bias"] = nil
        #expect(try draft.refusal()?.contains("blocks.1.attn.qkv.bias is absent") == true)
    }

    @Test(
        "Values that are not finite are refused by key and place, in weights that are used and in others",
        arguments: ["blocks.1.mlp.fc1.weight", "cls_token", "decoder_pred.bias", "mask_token"],
        [Float.nan, .infinity, -.infinity])
    func notFinite(_ key: String, _ value: Float) throws {
        var draft = try WeightsDraft()
        let shape = try #require(draft.tensors[key]).shape
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        values[5] = value
        draft.tensors[key] = .init(shape, values)
        let refusal = try #require(try draft.refusal())
        #expect(refusal.contains("\(key) has the value \(value)") && refusal.contains("number 5"), "\(refusal)")
    }

    @Test("Half, bfloat16 and double are read; what they cannot say as float32, and other types, are refused")
    func types() throws {
        var draft = try WeightsDraft()
        let key = "blocks.0.norm1.bias"
        for tensor in [
            WeightsDraft.Tensor("F16", [12], repeating: 0x3800 as UInt16),
            .init("BF16", [12], repeating: 0x3f00 as UInt16),
            .init("F64", [12], repeating: (0.5).bitPattern),
        ] {
            draft.tensors[key] = tensor
            #expect(try draft.refusal() == nil)
            #expect(try draft.read().tensors[key]?.values(as: Float.self) == [Float](repeating: 0.5, count: 12))
        }
        for (tensor, word) in [
            (WeightsDraft.Tensor("F16", [12], repeating: 0x7c00 as UInt16), "inf"),
            (.init("BF16", [12], repeating: 0x7fc0 as UInt16), "nan"),
            (.init("F64", [12], repeating: (1e300).bitPattern), "1e+300"),
            (.init("I64", [12], repeating: 1), "type I64"), (.init("U8", [12], repeating: 1 as UInt8), "type U8"),
            (.init("I8", [12], repeating: 1 as Int8), "type I8"),
        ] as [(WeightsDraft.Tensor, String)] {
            draft.tensors[key] = tensor
            let refusal = try #require(try draft.refusal())
            #expect(refusal.contains(key) && refusal.contains(word), "\(refusal)")
        }
    }

    @Test(
        "Prefixes of wrapping programs are taken off",
        arguments: ["module.", "model.", "encoder.", "module.model.", "backbone."])
    func prefixes(_ prefix: String) throws {
        let plain = try WeightsDraft()
        var draft = plain
        draft.tensors = Dictionary(uniqueKeysWithValues: plain.tensors.map { (prefix + $0.key, $0.value) })
        #expect(try draft.refusal() == nil)
        #expect(try draft.read().tensors.keys.sorted() == plain.tensors.keys.sorted())
        draft.tensors[prefix + "reg_token"] = .init([12])
        #expect(try draft.refusal()?.contains("reg_token") == true)
    }

    @Test("Other prefixes and several encoders in a file are refused")
    func otherPrefixes() throws {
        let plain = try WeightsDraft()
        var draft = plain
        draft.tensors = Dictionary(uniqueKeysWithValues: plain.tensors.map { ("teacher." + $0.key, $0.value) })
        #expect(try draft.refusal()?.contains("teacher.patch_embed.proj.weight") == true)
        for (key, tensor) in plain.tensors { draft.tensors["student." + key] = tensor }
        #expect(try draft.refusal()?.contains("2 encoders") == true)
        draft = plain
        for (key, tensor) in plain.tensors { draft.tensors["model_ema." + key] = tensor }
        #expect(try draft.refusal()?.contains("model_ema.") == true)
    }

    /// timm's `no_embed_class`: the class token has no position, which is a row of zeros.
    @Test("Positions without a row for the class token")
    func positions() throws {
        var draft = try WeightsDraft()
        draft.tensors["pos_embed"] = .init([1, 4, 12], (0..<48).map(Float.init))
        #expect(try draft.refusal() == nil)
        let file = try draft.read()
        #expect(file.gridSide == 2)
        let network = VisionTransformer<Float>(
            try file.configuration(imageSize: nil), end: .tokens, batchCapacity: 1, workers: Workers(1))
        let report = try file.load(into: network)
        #expect(report.interpolated == nil)
        let table = Array(network.weights[network.layers.positions])
        #expect(table == [Float](repeating: 0, count: 12) + (0..<48).map(Float.init))
        draft.tensors["pos_embed"] = .init([1, 7, 12])
        #expect { try draft.read().configuration(imageSize: nil) } throws: {
            "\($0)".contains("pos_embed is of 6 patches")
        }
    }

    @Test("One last norm, a whole head that takes the encoder's width")
    func ends() throws {
        var draft = try WeightsDraft()
        draft.tensors["head.weight"] = .init([5, 12])
        #expect(try draft.refusal()?.contains("head.bias is absent") == true)
        draft.tensors["head.bias"] = .init([5])
        #expect(try draft.refusal() == nil)
        #expect(try draft.read().headClasses == 5)
        draft.tensors["head.weight"] = .init([5, 16])
        #expect(try draft.refusal()?.contains("head.weight has shape [5, 16]") == true)
        draft = try WeightsDraft()
        draft.tensors["fc_norm.weight"] = .init([12])
        #expect(try draft.refusal()?.contains("fc_norm.bias is absent") == true)
        draft.tensors["fc_norm.bias"] = .init([12])
        #expect(try draft.refusal()?.contains("norm.weight stands beside fc_norm.weight") == true)
        (draft.tensors["norm.weight"], draft.tensors["norm.bias"]) = (nil, nil)
        #expect(try draft.refusal() == nil)
        #expect(try draft.read().end == .pooled)
    }

    @Test(
        "What the file says of its network must be able to be so",
        arguments: [
            ("heads", "5"), ("heads", "0"), ("heads", "three"), ("decoder_heads", "3"), ("image_size", "0"),
            ("image_size", "9223372036854775807"), ("mean", "0.5"), ("mean", "0.1,nan,0.2"), ("deviation", "1,1,0"),
        ])
    func metadata(_ key: String, _ value: String) throws {
        var draft = try WeightsDraft()
        draft.metadata[key] = value
        #expect(try draft.refusal()?.contains("\(key)=\(value)") == true)
    }

    @Test("A number of heads that nothing tells is said to be a guess")
    func guess() throws {
        var draft = try WeightsDraft()
        draft.metadata = [:]
        #expect(try draft.read().guesses.map(\.part) == [.encoder, .decoder])
        draft.metadata = ["heads": "3"]
        #expect(try draft.read().guesses.map(\.part) == [.decoder])
    }

    @Test("A network takes no blocks that it does not have")
    func otherDepth() throws {
        let folder = try TemporaryFolder()
        let draft = try WeightsDraft()
        try draft.write(to: folder["w.safetensors"])
        let shape = try MaskedAutoencoderConfiguration(
            imageHeight: 16, imageWidth: 16, patchSide: 8, channels: 3, encoder: .init(width: 12, depth: 1, heads: 3),
            decoder: .init(width: 8, depth: 1, heads: 2))
        let network = MaskedAutoencoderNetwork<Float>(shape, batchCapacity: 1, workers: Workers(1))
        #expect { try WeightsFile.load(folder["w.safetensors"], into: network) } throws: {
            "\($0)".contains("blocks.1.")
        }
    }

    @Test("Pickles that are no archive are told by their first bytes, with what to do")
    func oldFormats() throws {
        let folder = try TemporaryFolder()
        let old: [UInt8] = [
            0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e, 0x80, 2,
        ]
        for (name, bytes, word) in [
            ("old", old, "old format"), ("pickle", [0x80, 4, 0x95, 0, 1, 0, 0, 0, 0, 0, 0, 0x7d, 0x2e], "pickle"),
            ("two", [0x80, 2, 0x7d, 0x71, 0, 0x28, 0x58, 1, 0, 0, 0], "pickle"),
        ] {
            try Data(bytes).write(to: URL(fileURLWithPath: folder[name]))
            #expect { try EncoderWeights(path: folder[name]) } throws: {
                "\($0)".contains(word) && "\($0)".contains("torch.save")
            }
        }
        // A safetensors header of 640 bytes begins with 80 02 as well.
        #expect(!PyTorchCheckpoint.recognises(Data([0x80, 2, 0, 0, 0, 0, 0, 0, 0x7b])))
    }
}
