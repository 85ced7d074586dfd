import Foundation
import Testing

/// What is loaded only when it is needed, and is not there then.
@Suite("OpenBLAS that cannot be loaded")
struct MissingLibraryTests {
    @Test("is said by the commands that multiply, with status 70 and what to install; the others do without")
    func missing() throws {
        let scratch = try Scratch(sample: "samples")
        try scratch.write("libopenblas.so.0", "no library")
        let tiny = "--model vit-ti8 --image-size 32 --epochs 1 --quiet"
        let commands = [
            "finetune samples/lesion-slices.csv -o run --shared-patients allow \(tiny)",
            "pretrain samples -o pre --settings samples/pretrain-tiny.yaml --modality CT --holdout 0 --quiet",
        ]
        for command in commands {
            let result = try scratch.shell("LD_LIBRARY_PATH=. exec weft \(command)")
            #expect(result.status == 70, "\(command): \(result.error)")
            #expect(result.error.contains("OpenBLAS") && result.error.contains("libopenblas0"), "\(result.error)")
        }
        #expect(
            try scratch.shell("LD_LIBRARY_PATH=. exec weft extract samples/us-speckle --families stat -q -o t.csv")
                .status == 0)
        for (table, column) in [("f.csv", "stat_mean"), ("e.csv", "emb_0")] {
            let rows = (0..<12).map { "c\($0),p\($0),r,\($0 * $0 % 7)" }
            try scratch.write(table, "case,patient,roi,\(column)\n" + rows.joined(separator: "\n") + "\n")
        }
        let compare = "exec weft compare --features f.csv --embeddings e.csv -q -o r.html"
        let without = try scratch.shell("LD_LIBRARY_PATH=. \(compare)")
        #expect(without.status == 70 && without.error.contains("OpenBLAS"), "\(without.error)")
        #expect(!scratch.exists("r.html"))
    }
}
