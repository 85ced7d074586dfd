import Foundation
import Testing

@Suite("weft compare of tables, on the task that only texture solves")
struct CompareTableTests {
    /// The task's images, its first-order features and its co-occurrence features.
    private func task(_ scratch: Scratch, patients: Int = 12) throws {
        try scratch.weft(
            expecting: 0,
            [
                "phantom", "texture-task", "-o", "task", "--patients", "\(patients)", "--images-per-patient", "2",
                "--size", "48",
            ])
        for family in ["stat", "cm"] {
            try scratch.weft(
                expecting: 0,
                [
                    "extract", "task", "--whole-image", "--families", family, "--aggregations", "2D_comb", "-o",
                    "\(family).csv", "-q",
                ])
        }
    }

    @Test("first-order features know nothing, co-occurrence does; cluster shade alone is enough")
    func textureOnly() throws {
        let scratch = try Scratch()
        try task(scratch)
        try scratch.weft(
            expecting: 0,
            [
                "compare", "--features", "stat.csv", "--embeddings", "cm.csv", "--labels", "task/labels.csv", "-o",
                "c.csv",
                "-o", "c.html", "--predictions", "p", "-q",
            ])
        let table = Table(csv: String(decoding: try scratch.read("c.csv"), as: UTF8.self))
        let learned = try table.row(("part", "classifier"), ("name", "learned"), ("figure", "auroc"))
        #expect(try learned.number("value") > 0.95)
        let first = try table.row(("part", "classifier"), ("name", "handcrafted"), ("figure", "auroc"))
        // 48 images of 24 patients: three standard errors of an area of ½ among 24 patients are 0.36. Below ½ it may fall farther:
        // the twin of a held-out image, with the same histogram and the other class, is in the training part.
        #expect(try first.number("value") < 0.5 + 0.36, "\(first)")
        // The mean of the two probabilities is judged as well, and its predictions are those of the files.
        let files = try ["handcrafted", "learned", "mean"].map {
            Table(csv: String(decoding: try scratch.read("p/\($0).csv"), as: UTF8.self))
        }
        let column = try #require(files[0].columns.last { $0.hasPrefix("p_") })
        for (a, (b, mean)) in zip(files[0].rows, zip(files[1].rows, files[2].rows)) {
            let expected = (try a.number(column) + b.number(column)) / 2
            #expect(abs(try mean.number(column) - expected) < 1e-12)
        }
        let answer = try table.row(
            ("part", "difference"), ("name", "mean"), ("against", "handcrafted"), ("figure", "auroc"))
        #expect(try answer.number("value") > 0)
        let page = String(decoding: try scratch.read("c.html"), as: UTF8.self)
        #expect(page.contains("has the largest auroc") && page.contains("Positive is "))
        #expect(page.contains("<pre>weft compare") && page.contains("seed 0. weft "))
        for name in ["stacked", "blocks"] {
            let found = try table.row(("part", "classifier"), ("name", name), ("figure", "auroc"))
            #expect(try found.number("value") > 0.9, "\(found)")
            #expect(scratch.exists("p/\(name).csv"))
        }
        let difference = try table.row(
            ("part", "difference"), ("name", "learned"), ("against", "handcrafted"), ("figure", "auroc"))
        #expect(try difference.number("p") < 0.05)
        #expect(String(decoding: try scratch.read("c.html"), as: UTF8.self).contains("stat_mean"))

        // Each first-order feature by itself: the same values in both classes, so exactly one half.
        let features = Table(csv: String(decoding: try scratch.read("stat.csv"), as: UTF8.self))
        let cooccurrence = Table(csv: String(decoding: try scratch.read("cm.csv"), as: UTF8.self))
        func area(_ table: Table, _ column: String) throws -> Double {
            var values: [Bool: [Double]] = [:]
            for row in table.rows {
                let isDark = try #require(row["image"]).contains("dark-rough")
                values[isDark, default: []].append(try row.number(column))
            }
            let (dark, bright) = (values[true] ?? [], values[false] ?? [])
            let wins = dark.reduce(0.0) { sum, a in
                sum + bright.reduce(0.0) { $0 + (a > $1 ? 1 : a == $1 ? 0.5 : 0) }
            }
            return wins / Double(dark.count * bright.count)
        }
        for column in features.columns where column.hasPrefix("stat_") && features.rows[0][column] != "" {
            #expect(try area(features, column) == 0.5, "\(column)")
        }
        #expect(try area(cooccurrence, "cm_clust_shade_2D_comb") == 1)
        #expect(abs(try area(cooccurrence, "cm_contrast_2D_comb") - 0.5) < 0.25)

        // What it wrote is what evaluate reads, with the same figures.
        let evaluated = try scratch.weft(
            expecting: 0, ["evaluate", "p/learned.csv", "p/handcrafted.csv", "-o", "e.csv", "-q"])
        #expect(evaluated.error.isEmpty)
        let figures = Table(csv: String(decoding: try scratch.read("e.csv"), as: UTF8.self))
        #expect(
            try figures.row(("model", "p/learned.csv"), ("against", ""), ("name", "auroc")).number("value")
                == learned.number("value"))
    }

    @Test("an embedding that holds a feature decodes it; rows without a partner are counted")
    func decoding() throws {
        let scratch = try Scratch()
        var features = "case,patient,image,roi,label,status,cm_a,cm_b\n"
        var embeddings = "case,image,embedding_0,embedding_1\n"
        for row in 0..<40 {
            let (a, b) = (Double(row * 17 % 40), Double(row * 29 % 37))
            features +=
                "c\(row),P\(row / 2),i\(row),whole,1,\(row == 39 ? "failed" : "ok"),\(a),\(row == 3 ? "" : "\(b)")\n"
            if row != 5 { embeddings += "c\(row),i\(row),\(2 * a + 1),\(Double(row * 13 % 31))\n" }
        }
        try scratch.write("f.csv", features)
        try scratch.write("e.csv", embeddings)
        let result = try scratch.weft(
            expecting: 0, ["compare", "--features", "f.csv", "--embeddings", "e.csv", "-o", "-"])
        let table = Table(csv: result.text)
        let a = try table.row(("part", "decodability"), ("name", "cm_a"))
        #expect(try a.number("value") > 0.99 && a.number("rows") == 38)
        let b = try table.row(("part", "decodability"), ("name", "cm_b"))
        #expect(try b.number("value") < 0.5 && b.number("rows") == 37)
        #expect(result.error.contains("1 of 39 rows of f.csv have no embedding in e.csv, e.g. c5"), "\(result.error)")
        #expect(result.error.contains("1 failed rows"))
    }

    @Test("tables that do not belong together are refused with both sides")
    func refusals() throws {
        let scratch = try Scratch()
        try scratch.write("f.csv", "case,cm_a\nx,1\ny,2\n")
        try scratch.write("e.csv", "case,embedding_0\nz,1\n")
        let arguments = ["compare", "--features", "f.csv", "--embeddings", "e.csv"]
        let apart = try scratch.weft(expecting: 65, arguments)
        #expect(apart.error.contains("the first has 'x', the second 'z'"), "\(apart.error)")
        try scratch.write("e.csv", "case,embedding_0\nx,1\nx,2\n")
        #expect(try scratch.weft(expecting: 65, arguments).error.contains("rows 1 and 2 both are x"))
        try scratch.write("e.csv", "image,embedding_0\nx,1\n")
        #expect(try scratch.weft(expecting: 65, arguments).error.contains("no identity column in common"))
        try scratch.weft(expecting: 64, ["compare", "--features", "f.csv"])
        try scratch.weft(expecting: 64, arguments + ["--join", "nothing"])
        try scratch.write("e.csv", "case,embedding_0\nx,1\ny,2\n")
        try scratch.write("l.csv", "case,label\nx,a\ny,a\n")
        #expect(
            try scratch.weft(expecting: 65, arguments + ["--labels", "l.csv"]).error.contains("only the class 'a'"))
    }

    @Test("what compare predicts pairs with what finetune does: names, classes, folds")
    func pairsWithFinetune() throws {
        let scratch = try Scratch()
        try task(scratch, patients: 8)
        try scratch.weft(
            expecting: 0,
            [
                "finetune", "task/labels.csv", "--weights", "none", "--model", "vit-ti16", "--image-size", "32",
                "--folds", "3",
                "--epochs", "1", "--batch-size", "8", "-o", "run", "-q",
            ])
        try scratch.weft(
            expecting: 0,
            [
                "compare", "--features", "stat.csv", "--embeddings", "cm.csv", "--labels", "task/labels.csv", "--folds",
                "3",
                "--predictions", "p", "-q",
            ])
        let result = try scratch.weft(
            expecting: 0, ["evaluate", "p/handcrafted.csv", "run/predictions.csv", "-o", "e.csv", "--common"])
        // All images, none left out; and the same folds, so that a paired t over them is there.
        #expect(!result.text.contains("are compared on the"), "\(result.text)")
        let figures = Table(csv: String(decoding: try scratch.read("e.csv"), as: UTF8.self))
        #expect(try figures.row(("against", "run/predictions.csv"), ("name", "paired_t_corrected"))["p"] != "")
    }

    @Test("two tables of embeddings are two views, with a file of predictions each")
    func views() throws {
        let scratch = try Scratch()
        try task(scratch, patients: 8)
        try scratch.weft(
            expecting: 0,
            [
                "extract", "task", "--whole-image", "--families", "rlm", "--aggregations", "2D_comb", "-o", "rlm.csv",
                "-q",
            ])
        let arguments = [
            "compare", "--features", "stat.csv", "--embeddings", "cm.csv", "--embeddings", "rlm.csv", "--labels",
            "task/labels.csv", "--predictions", "p",
        ]
        let result = try scratch.weft(expecting: 0, arguments)
        #expect(result.text.contains("the mean of the 3 probabilities"), "\(result.text)")
        for name in ["handcrafted", "learned_cm", "learned_rlm", "learned", "joined", "mean", "stacked", "blocks"] {
            #expect(scratch.exists("p/\(name).csv"), "\(name)")
        }
        let refused = try scratch.weft(expecting: 73, arguments)
        #expect(refused.error.contains("p/handcrafted.csv exists"), "\(refused.error)")
        try scratch.weft(
            expecting: 64,
            ["compare", "--features", "stat.csv", "--embeddings", "cm.csv", "--embeddings", "cm.csv"])
    }
}
