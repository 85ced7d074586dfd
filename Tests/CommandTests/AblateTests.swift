import Foundation
import Testing

@Suite("weft ablate")
struct AblateTests {
    @Test(
        "a plan that cannot be carried out is refused before anything runs",
        arguments: [
            ("dataset: d\nrows: [{name: a, pretrain: none}]\ncolour: red\n", "unknown key 'colour' at the top level"),
            ("rows: [{name: a, pretrain: none}]\n", "dataset: found nothing"),
            ("dataset: d\n", "rows: found nothing"),
            ("dataset: d\nrows: [{name: a}]\n", "archive: found nothing"),
            ("dataset: d\nrows: [{name: MSE +, pretrain: none}, {name: mse, pretrain: none}]\n", "like another's"),
            ("dataset: d\nrows: [{pretrain: none}]\n", "rows[1].name: found nothing"),
            ("dataset: d\nrows: [{name: a, pretrain: none, epochs: 3}]\n", "unknown key 'epochs' in row 1"),
            ("dataset: d\nfinetune: {seed: 3}\nrows: [{name: a, pretrain: none}]\n", "ablate sets it for each run"),
            ("dataset: d\nfinetune: {weights: w}\nrows: [{name: a, pretrain: none}]\n", "ablate sets it for each run"),
            ("dataset: d\nseeds: [0, 0]\nrows: [{name: a, pretrain: none}]\n", "different whole numbers"),
            ("dataset: [d\n", "not readable as YAML"),
            ("archive: x\ndataset: d\npretrain: {epochz: 3}\nrows: [{name: a}]\n", "epochz"),
            ("archive: x\ndataset: d\npretrain: {set: [loss.binz=3]}\nrows: [{name: a}]\n", "binz"),
        ])
    func faults(plan: String, message: String) throws {
        let scratch = try Scratch()
        try scratch.write("plan.yaml", plan)
        let refused = try scratch.weft(expecting: 64, ["ablate", "plan.yaml", "-o", "out"])
        #expect(refused.error.contains(message), "\(refused.error)")
        #expect(!scratch.exists("out"))
    }

    /// Whether this build can fine-tune.
    private static let canFinetune: Bool = {
        do { return try Scratch().weft("--help").text.contains("\n  finetune ") } catch { return false }
    }()

    private static let plan = """
        archive: task/train
        dataset: task/labels.csv
        positive: dark-rough
        pretrain:
          model: vit-ti16
          image-size: 32
          epochs: 1,0
          batch-size: 4
          holdout: 0
          warmup: 1
          set: [model.decoderDepth=1, model.decoderWidth=32, model.decoderHeads=2]
        finetune: {epochs: 1, batch-size: 4}
        rows:
          - name: from scratch
            pretrain: none
            finetune: {model: vit-ti16, image-size: 32}
          - name: MSE
          - {name: "MSE, two epochs", finetune: {epochs: 2}}

        """

    @Test(
        "rows that pre-train alike share it; the same command again goes on where it stopped",
        .enabled(if: canFinetune, "this build has no weft finetune"))
    func endToEnd() throws {
        let scratch = try Scratch()
        try scratch.weft(
            expecting: 0,
            ["phantom", "texture-task", "-o", "task", "--patients", "4", "--images-per-patient", "2", "--size", "32"])
        try scratch.write("plan.yaml", Self.plan)
        let lines = try scratch.weft(expecting: 0, ["ablate", "plan.yaml", "-o", "out", "--dry-run"]).text.split(
            separator: "\n")
        #expect(lines.count == 5 && !scratch.exists("out"))
        #expect(lines.count { $0.contains("--weights=out/mse/seed-0/pretrain/model.safetensors") } == 2, "\(lines)")

        let first = try scratch.weft(expecting: 0, ["ablate", "plan.yaml", "-o", "out", "-j", "1"])
        #expect(first.text.contains("from scratch") && first.text.contains("auroc"))
        let table = Table(csv: String(decoding: try scratch.read("out/table.csv"), as: UTF8.self))
        #expect(try table.row(("row", "MSE"), ("metric", "auroc"))["failure"] == "")
        #expect(!scratch.exists("out/mse-two-epochs/seed-0/pretrain"))

        // A row that was lost is made again, the others are left alone.
        try FileManager.default.removeItem(atPath: scratch.path("out/from-scratch/seed-0/finetune/predictions.csv"))
        try FileManager.default.removeItem(atPath: scratch.path("out/from-scratch/seed-0/finetune/config.yaml"))
        let again = try scratch.weft(expecting: 0, ["ablate", "plan.yaml", "-o", "out", "-j", "1"])
        #expect(again.text == first.text)
        #expect(again.error.split(separator: "\n").count { $0.contains("done earlier") } == 4, "\(again.error)")

        // A second ablation in the folder is refused before it changes anything.
        let second = try scratch.shell("flock out/.lock weft ablate plan.yaml -o out")
        #expect(second.status == 73 && second.error.contains("another ablation works"), "\(second.error)")

        try scratch.write("plan.yaml", Self.plan + "seeds: [1]\n")
        let other = try scratch.weft(expecting: 73, ["ablate", "plan.yaml", "-o", "out"])
        #expect(other.error.contains("runs of another plan"))
    }
}
