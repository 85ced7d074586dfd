import Foundation
import MaskedAutoencoder

/// The same training step by PyTorch, in a process of its own: the MAE repository's network in eager mode with its fused attention
/// (scaled_dot_product_attention), mean squared error of the hidden patches, AdamW fused.
struct TorchStep {
    /// A Python that has torch.
    var python: String
    var shape: MaskedAutoencoderConfiguration
    var batchSize: Int
    var threads: Int
    /// Timed steps after one to warm up.
    var repeats: Int

    /// Median seconds of a step.
    /// - Throws: ``BenchmarkError`` when there is no torch.
    func seconds() throws -> Double {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let numbers: [Int] = [
            shape.imageHeight, shape.patchSide, shape.channels, shape.visibleCount, shape.encoder.width,
            shape.encoder.depth, shape.encoder.heads, shape.decoder.width, shape.decoder.depth, shape.decoder.heads,
            batchSize, threads, repeats,
        ]
        process.arguments = [python, "-c", Self.program] + numbers.map { String($0) }
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let found = text.split(separator: "\n").last.flatMap { Double($0) }
        guard process.terminationStatus == 0, let found else { throw BenchmarkError.noTorch(python: python) }
        return found
    }

    private static let program = """
        import sys, time, torch
        from torch import nn
        from torch.nn.functional import scaled_dot_product_attention
        size, p, c, keep, w, d, h, dw, dd, dh, batch, threads, repeats = map(int, sys.argv[1:])
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        L, P = (size // p) ** 2, p * p * c
        class Block(nn.Module):
            def __init__(self, w, h):
                super().__init__()
                self.h, self.n1, self.n2 = h, nn.LayerNorm(w, 1e-6), nn.LayerNorm(w, 1e-6)
                self.qkv, self.proj = nn.Linear(w, 3 * w), nn.Linear(w, w)
                self.mlp = nn.Sequential(nn.Linear(w, 4 * w), nn.GELU(), nn.Linear(4 * w, w))
            def forward(self, x):
                b, n, w = x.shape
                q, k, v = self.qkv(self.n1(x)).reshape(b, n, 3, self.h, w // self.h).permute(2, 0, 3, 1, 4).unbind(0)
                x = x + self.proj(scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, w))
                return x + self.mlp(self.n2(x))
        class Autoencoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.patch, self.cls = nn.Conv2d(c, w, p, p), nn.Parameter(torch.zeros(1, 1, w))
                self.register_buffer("pos", torch.randn(1, L + 1, w))
                self.blocks, self.norm = nn.Sequential(*[Block(w, h) for _ in range(d)]), nn.LayerNorm(w, 1e-6)
                self.embed, self.token = nn.Linear(w, dw), nn.Parameter(torch.zeros(1, 1, dw))
                self.register_buffer("dpos", torch.randn(1, L + 1, dw))
                self.dblocks, self.dnorm = nn.Sequential(*[Block(dw, dh) for _ in range(dd)]), nn.LayerNorm(dw, 1e-6)
                self.pred = nn.Linear(dw, P)
            def forward(self, x):
                b, n = x.shape[0], size // p
                target = x.reshape(b, c, n, p, n, p).permute(0, 2, 4, 3, 5, 1).reshape(b, L, P)
                order = torch.rand(b, L).argsort(1)
                restore, seen = order.argsort(1), order[:, :keep]
                x = self.patch(x).flatten(2).transpose(1, 2) + self.pos[:, 1:]
                x = torch.gather(x, 1, seen[..., None].expand(-1, -1, w))
                x = torch.cat([(self.cls + self.pos[:, :1]).expand(b, -1, -1), x], 1)
                x = self.embed(self.norm(self.blocks(x)))
                y = torch.cat([x[:, 1:], self.token.expand(b, L - keep, -1)], 1)
                y = torch.gather(y, 1, restore[..., None].expand(-1, -1, dw))
                y = torch.cat([x[:, :1], y], 1) + self.dpos
                y = self.pred(self.dnorm(self.dblocks(y)))[:, 1:]
                hidden = (restore >= keep).float()
                return (((y - target) ** 2).mean(-1) * hidden).sum() / hidden.sum()
        net = Autoencoder()
        adam = torch.optim.AdamW(net.parameters(), 1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
        images, seconds = torch.randn(batch, c, size, size), []
        for step in range(repeats + 1):
            start = time.perf_counter()
            adam.zero_grad(set_to_none=True)
            net(images).backward()
            adam.step()
            seconds.append(time.perf_counter() - start)
        print(sorted(seconds[1:])[repeats // 2])
        """
}
