// A weights file is understood whole or refused: a key that is passed over would be a layer that is left out, and the numbers
// would be those of another network.

import Files
import Foundation
import NeuralNetwork

/// The tensors of a file under the key names of the MAE repository, all of them known, finite and of a type for weights.
struct WeightsContents {
    let path: String
    let tensors: [String: StoredTensor]
    /// What a safetensors file says beside its tensors.
    let metadata: [String: String]
    let encoder: Stack
    let decoder: Stack

    /// Transformer blocks, as their keys say it.
    struct Stack: Equatable {
        /// 0 where the file has none.
        var depth: Int
        var scaling: LayerScaling
    }

    /// A `.safetensors` file or one of `torch.save` (`.pth`, `.pt`, `.bin`), told apart by content; the folder of a run stands for
    /// the `model.safetensors` in it.
    init(_ path: String) throws(WeightsFileError) {
        let model = path + (path.hasSuffix("/") ? "" : "/") + "model.safetensors"
        let path = FileManager.default.fileExists(atPath: model) ? model : path
        let (stored, metadata) = try Self.stored(path)
        let tensors = try Self.withoutPrefix(Self.withoutMoments(stored, metadata), path)
        for (key, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            if let reason = Self.reasonAgainst(key) { throw .unknownKey(path: path, key: key, reason: reason) }
            guard tensor.element.isFloatingPoint else {
                throw .type(path: path, tensor: key, found: tensor.element.rawValue)
            }
            if let (place, value) = tensor.firstNotFinite {
                throw .notFinite(path: path, tensor: key, place: place, value: value)
            }
        }
        encoder = try Self.stack("blocks", tensors, path)
        decoder = try Self.stack("decoder_blocks", tensors, path)
        (self.path, self.tensors, self.metadata) = (path, tensors, metadata)
    }

    private static func stored(
        _ path: String
    ) throws(WeightsFileError) -> (tensors: [String: StoredTensor], metadata: [String: String]) {
        do {
            let data = try mapWholeFile(at: path)
            if PyTorchCheckpoint.recognises(data) { return (try PyTorchCheckpoint(parsing: data).tensors, [:]) }
            let file = try SafetensorsFile(parsing: data)
            return (file.tensors, file.metadata)
        } catch let error as SafetensorsError {
            throw .safetensors(path: path, error)
        } catch let error as PyTorchCheckpointError {
            throw .checkpoint(path: path, error)
        } catch let error as FileReadingError {
            throw .unreadable(path: path, reason: error.reason)
        } catch {
            throw .unreadable(path: path, reason: SystemError.text(of: error))
        }
    }

    /// The moments of AdamW in a checkpoint of ours, and only there, are no weights.
    private static func withoutMoments(
        _ tensors: [String: StoredTensor], _ metadata: [String: String]
    ) -> [String: StoredTensor] {
        guard metadata["weft"] == "checkpoint" else { return tensors }
        return tensors.filter { tensor in
            !["exp_avg.", "exp_avg_sq.", "average."].contains { tensor.key.hasPrefix($0) }
        }
    }

    // MARK: Prefixes

    /// What programs put before the names of an encoder that is a part of something.
    private static let wrappers: Set<Substring> = ["module", "model", "encoder", "backbone"]

    private static func withoutPrefix(
        _ tensors: [String: StoredTensor], _ path: String
    ) throws(WeightsFileError) -> [String: StoredTensor] {
        let mark = "patch_embed.proj.weight"
        guard tensors[mark] == nil else { return tensors }
        let carriers = tensors.keys.filter { $0.hasSuffix("." + mark) }.sorted()
        guard let carrier = carriers.first else { return tensors }
        guard carriers.count == 1 else { throw .severalEncoders(path: path, keys: carriers) }
        let words = carrier.dropLast(mark.count + 1).split(separator: ".", omittingEmptySubsequences: false)
        guard words.allSatisfy(wrappers.contains) else {
            throw .unknownKey(
                path: path, key: carrier,
                reason:
                    "stands under '\(words.joined(separator: "."))', and only \(wrappers.sorted().joined(separator: ", ")) "
                    + "are known there")
        }
        var result: [String: StoredTensor] = [:]
        for (key, tensor) in tensors {
            // A decoder may stand beside what wraps the encoder alone.
            var rest = key[...]
            for word in words where rest.hasPrefix(word + ".") { rest = rest.dropFirst(word.count + 1) }
            guard result.updateValue(tensor, forKey: String(rest)) == nil else {
                throw .unknownKey(path: path, key: key, reason: "is \(rest), which is there a second time")
            }
        }
        return result
    }

    // MARK: Keys

    /// Of a block, by timm's names; ``scales`` beside them.
    private static let blockParts = ["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"].flatMap {
        ["\($0).weight", "\($0).bias"]
    }
    private static let scales = ["ls1.gamma", "ls2.gamma"]

    private static let others: Set<String> = Set(
        ["cls_token", "pos_embed", "mask_token", "decoder_pos_embed"]
            + [
                "patch_embed.proj", "norm", "fc_norm", "sd_norm", "head", "decoder_embed", "decoder_norm",
                "decoder_pred",
            ].flatMap { ["\($0).weight", "\($0).bias"] })

    /// Nil for a key that is understood.
    private static func reasonAgainst(_ key: String) -> String? {
        if others.contains(key) { return nil }
        if let (_, _, part) = block(of: key), blockParts.contains(part) || scales.contains(part) { return nil }
        let known = [
            ("q_norm", "normalises queries"), ("k_norm", "normalises keys"), ("reg_token", "is of register tokens"),
            ("register_tokens", "is of register tokens"), ("dist", "belongs to a distillation token"),
            ("rel_pos", "is of relative positions"), ("relative_position", "is of relative positions"),
            ("gamma_", "is a scale by another name than timm's ls1.gamma and ls2.gamma"),
            ("norm_pre", "is a norm before the blocks"), ("patch_embed.norm", "is a norm of patches"),
        ]
        return known.first { key.contains($0.0) }?.1 ?? "is none of the MAE repository's names"
    }

    /// `blocks.3.mlp.fc1.bias` is of stack `blocks`, block 3, part `mlp.fc1.bias`.
    private static func block(of key: String) -> (stack: Substring, number: Int, part: String)? {
        let words = key.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "blocks" || words[0] == "decoder_blocks", let number = Int(words[1]),
            number >= 0, String(number) == words[1]
        else { return nil }
        return (words[0], number, String(words[2]))
    }

    /// The blocks of a stack: numbered from 0 without a gap, each with all of its parts, and scales in all of them or in none.
    private static func stack(
        _ name: String, _ tensors: [String: StoredTensor], _ path: String
    ) throws(WeightsFileError) -> Stack {
        let parts = tensors.keys.compactMap(block).filter { $0.stack == name }
        let numbers = Set(parts.map(\.number))
        guard let last = numbers.max() else { return Stack(depth: 0, scaling: .none) }
        if let gap = (0...numbers.count).first(where: { !numbers.contains($0) }), gap < last {
            throw .blockGap(path: path, missing: "\(name).\(gap)", last: "\(name).\(last)")
        }
        let isScaled = parts.contains { scales.contains($0.part) }
        for number in 0...last {
            for part in blockParts + (isScaled ? scales : []) where tensors["\(name).\(number).\(part)"] == nil {
                throw .noEncoder(path: path, missing: "\(name).\(number).\(part)", reason: "is absent")
            }
        }
        return Stack(depth: last + 1, scaling: isScaled ? .perChannel : .none)
    }
}
