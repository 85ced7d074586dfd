import Foundation
import Testing

/// `weft finetune` and `weft embed` as their users have them, with a tiny network.
@Suite("fine-tuning, probing and embedding")
struct FinetuneTests {
    private static let tiny = [
        "--model", "vit-ti8", "--image-size", "32", "--epochs", "2", "--batch-size", "8", "--rate", "0.02", "--warmup",
        "1",
    ]

    /// `set/train` and `set/val` with columns and rows of the same grey levels.
    private func pictures(_ scratch: Scratch, training: Int = 6, validation: Int = 3) throws {
        for (split, count) in [("train", training), ("val", validation)] {
            for (number, name) in ["columns", "rows"].enumerated() {
                try FileManager.default.createDirectory(
                    atPath: scratch.path("set/\(split)/\(name)"), withIntermediateDirectories: true)
                for index in 0..<count {
                    let pixels = (0..<1600).map { pixel -> UInt8 in
                        let place = (number == 1 ? pixel / 40 : pixel % 40) + index
                        return UInt8((place % 6 < 3 ? 60 : 160) + (pixel * (index + 7)) % 30)
                    }
                    try scratch.picture("set/\(split)/\(name)/\(index)", width: 40, pixels)
                }
            }
        }
    }

    @Test("a run leaves its files, predicts every held-out image, and is not overwritten")
    func run() throws {
        let scratch = try Scratch()
        try pictures(scratch)
        let result = try scratch.weft(expecting: 0, ["finetune", "set", "-o", "run"] + Self.tiny)
        #expect(result.error.contains("18 slices (9 'columns', 9 'rows') of 18 patients"), "\(result.error)")
        for file in ["config.yaml", "log.jsonl", "validation.jsonl", "model.safetensors", "last.safetensors"] {
            #expect(scratch.exists("run/\(file)"), "\(file)")
        }
        #expect(!scratch.exists("run/best.safetensors"))
        let page = String(decoding: try scratch.read("run/report.html"), as: UTF8.self)
        for text in ["Positive is rows", "cross entropy", "predicted", "checkpointMinutes"] {
            #expect(page.contains(text), "\(text)")
        }
        let table = Table(csv: String(decoding: try scratch.read("run/predictions.csv"), as: UTF8.self))
        #expect(
            table.columns == [
                "image", "patient", "case", "slice", "fold", "label", "prediction", "p_columns", "p_rows",
            ])
        #expect(table.rows.count == 6)
        let row = try table.row(("image", "val/rows/1.png"))
        #expect(row["label"] == "rows" && row["fold"] == "" && row["slice"] == "0" && row["case"] == "val/rows/1")
        #expect(abs(try row.number("p_columns") + row.number("p_rows") - 1) < 1e-12)
        let again = try scratch.weft(expecting: 73, ["finetune", "set", "-o", "run"] + Self.tiny)
        #expect(again.error.contains("--resume run"), "\(again.error)")
        try scratch.weft(expecting: 64, ["finetune", "--resume", "run"])
    }

    @Test("folds: every image is predicted once, in its fold, and each fold is a run")
    func folds() throws {
        let scratch = try Scratch()
        try pictures(scratch)
        try scratch.weft(
            expecting: 0,
            ["finetune", "set", "-o", "run", "--folds", "3", "--epochs", "1"]
                + Self.tiny.filter { $0 != "--epochs" && $0 != "2" })
        let table = Table(csv: String(decoding: try scratch.read("run/predictions.csv"), as: UTF8.self))
        #expect(Set(table.rows.compactMap { $0["image"] }).count == 18 && table.rows.count == 18)
        #expect(Set(table.rows.compactMap { $0["fold"] }) == ["1", "2", "3"])
        #expect(scratch.exists("run/fold-3/model.safetensors") && scratch.exists("run/fold-1/log.jsonl"))
    }

    /// Slices at their own scale, under tiles and whole, and pictures made small: the same numbers as the run itself has of them.
    @Test(
        "predict says of held-out images what the run said, and of folds the mean",
        arguments: [["--tiles"], ["--whole"], ["--both", "--pool", "cls", "--stride", "5"]])
    func predict(views: [String]) throws {
        let scratch = try Scratch()
        try pictures(scratch)
        try scratch.weft(expecting: 0, ["finetune", "set", "-o", "run", "-q"] + Self.tiny + views)
        let own = Table(csv: String(decoding: try scratch.read("run/predictions.csv"), as: UTF8.self))
        let labels = own.rows.compactMap { row in row["image"].map { "set/\($0),\(row["label"] ?? "")" } }
        try scratch.write("labels.csv", "image,label\n" + labels.joined(separator: "\n") + "\n")
        let found = try scratch.weft(
            expecting: 0, ["predict", "set/val", "--weights", "run", "--labels", "labels.csv", "--slices"])
        #expect(found.error.contains("6 of 6 image(s) go by the names of images that the run has worked with"))
        let table = Table(csv: found.text)
        #expect(table.columns == own.columns && table.rows.count == 6)
        for row in own.rows {
            let image = String((row["image"] ?? "").dropFirst("val/".count))
            let again = try table.row(("image", image))
            for column in ["label", "prediction", "slice"] { #expect(again[column] == row[column]) }
            // Images go through the network in other batches.
            #expect(try abs(again.number("p_rows") - row.number("p_rows")) < 1e-6)
        }
        try scratch.weft(
            expecting: 0, ["predict", "set/val", "--weights", "run", "--labels", "labels.csv", "-o", "p.csv", "-q"])
        #expect(try scratch.weft(expecting: 0, ["evaluate", "p.csv"]).text.contains("accuracy"))
        try scratch.weft(expecting: 73, ["predict", "set/val", "--weights", "run", "-o", "p.csv"])
    }

    @Test("regions: only what they cover tells the classes apart, and predict looks at them as the run did")
    func regions() throws {
        let scratch = try Scratch()
        var state: UInt64 = 5
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        try FileManager.default.createDirectory(
            atPath: scratch.path("set"), withIntermediateDirectories: true)
        // Stripes in a disc, and stripes the other way around it: the whole picture has both.
        var labels = "image,label,split\n"
        for index in 0..<40 {
            let (rows, split) = (index % 2 == 1, index < 28 ? "train" : "val")
            let (x, y, phase) = (20 + random(56), 20 + random(56), random(6))
            var (pixels, mask) = ([UInt8](), [UInt8]())
            for pixel in 0..<96 * 96 {
                let (column, row) = (pixel % 96, pixel / 96)
                let isInside = (column - x) * (column - x) + (row - y) * (row - y) <= 15 * 15
                let place = (rows == isInside ? row : column) + phase
                pixels.append(UInt8((place % 6 < 3 ? 60 : 160) + random(40)))
                mask.append(isInside ? 255 : 0)
            }
            try scratch.picture("set/\(index)", width: 96, pixels)
            try scratch.picture("set/\(index)_mask", width: 96, mask)
            labels += "set/\(index).png,\(rows ? "rows" : "columns"),\(split)\n"
        }
        try scratch.picture("set/alone", width: 96, (0..<9216).map { UInt8($0 % 200) })
        labels += "set/alone.png,rows,train\n"
        try scratch.write("labels.csv", labels)
        let options = [
            "--model", "vit-ti8", "--image-size", "32", "--batch-size", "8", "--rate", "0.02", "--warmup", "1",
        ]
        let run = try scratch.weft(
            expecting: 2, ["finetune", "labels.csv", "--roi", "*", "-o", "run", "--epochs", "14"] + options)
        #expect(run.error.contains("set/alone.png: left out: "), "\(run.error)")
        let own = Table(csv: String(decoding: try scratch.read("run/predictions.csv"), as: UTF8.self))
        let right = own.rows.count { $0["label"] == $0["prediction"] }
        #expect(own.rows.count == 12 && right >= 11, "\(right) of \(own.rows.count)")
        let found = try scratch.weft(expecting: 0, ["predict", "set", "--weights", "run", "-q"])
        let table = Table(csv: found.text)
        #expect(table.rows.count == 40)
        for row in own.rows {
            let again = try table.row(("image", String((row["image"] ?? "").dropFirst("set/".count))))
            #expect(try abs(again.number("p_rows") - row.number("p_rows")) < 1e-6)
        }
        // A probe reads the tokens of the region alone.
        try scratch.weft(
            expecting: 2,
            [
                "finetune", "labels.csv", "--roi", "*", "--weights", "run/model.safetensors", "--probe", "attentive",
                "-o", "probe", "-q",
            ])
        let probed = Table(csv: String(decoding: try scratch.read("probe/predictions.csv"), as: UTF8.self))
        #expect(probed.rows.count { $0["label"] == $0["prediction"] } >= 11)
        let refused = try scratch.weft(
            expecting: 64, ["finetune", "labels.csv", "--roi", "*", "--whole", "-o", "no"] + options)
        #expect(refused.error.contains("regions are seen through tiles"), "\(refused.error)")
        try scratch.weft(expecting: 0, ["finetune", "labels.csv", "-o", "all", "--epochs", "1", "-q"] + options)
        let whole = try scratch.weft(expecting: 64, ["predict", "set", "--weights", "all", "--roi", "x"])
        #expect(whole.error.contains("looks at whole images"), "\(whole.error)")
    }

    @Test("A region has the same embedding from two resamplings of its series, at a scale of its own")
    func embeddingsOfTwoSpacings() throws {
        let scratch = try Scratch(sample: "samples")
        var rows: [[Double]] = []
        for spacing in ["0.6", "0.8"] {
            try scratch.weft(
                expecting: 0,
                [
                    "filter", "samples/ct-lesion", "--filter", "{kind: mean, support: 1}", "--resample",
                    "\(spacing),\(spacing),3", "-o", "\(spacing).nii.gz", "-q",
                ])
            let found = try scratch.weft(
                expecting: 0,
                [
                    "embed", "\(spacing).nii.gz", "--mask", "samples/ct-lesion", "--mask-kind", "rtstruct", "--roi",
                    "Lesion",
                    "--untrained", "vit-ti16", "--image-size", "64", "--tiles", "--scale", "1,1", "--seed", "0", "-q",
                ])
            let table = Table(csv: found.text)
            rows.append(try table.columns.filter { $0.hasPrefix("emb_") }.map { try table.rows[0].number($0) })
        }
        func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let cosine = product(rows[0], rows[1]) / (product(rows[0], rows[0]) * product(rows[1], rows[1])).squareRoot()
        #expect(rows[0].count == 384 && cosine > 0.99, "\(cosine)")
    }

    @Test("predict averages folds and slices, and says what is no classifier")
    func predictFolds() throws {
        let scratch = try Scratch(sample: "samples")
        let tiny = Self.tiny + ["--shared-patients", "allow", "-q"]
        let labels = try scratch.weft(
            expecting: 0, ["inspect", "samples/ct-lesion", "--slice-labels", "Lesion", "--mask-kind", "seg", "-q"]
        ).text
        let lines = labels.split(separator: "\n").enumerated().map { number, line in
            number == 0
                ? "image,label,fold" : "\(line.split(separator: ",")[0...1].joined(separator: ",")),\(number % 2)"
        }
        try scratch.write("labels.csv", lines.joined(separator: "\n") + "\n")
        try scratch.weft(expecting: 0, ["finetune", "labels.csv", "-o", "run"] + tiny)
        func predict(_ options: String...) throws -> Table {
            Table(csv: try scratch.weft(expecting: 0, ["predict", "samples/ct-lesion", "-q"] + options).text)
        }
        let both = try predict("--weights", "run", "--slices")
        let (one, two) = (
            try predict("--weights", "run/fold-1/model.safetensors", "--slices"),
            try predict("--weights", "run/fold-2", "--slices")
        )
        #expect(both.rows.count == 24)
        for ((row, a), b) in zip(zip(both.rows, one.rows), two.rows) {
            #expect(try abs(row.number("p_with") - (a.number("p_with") + b.number("p_with")) / 2) < 1e-12)
            #expect(row["label"] == "" && row["fold"] == "")
        }
        let whole = try predict("--weights", "run")
        let mean = try both.rows.reduce(0) { $0 + (try $1.number("p_with")) } / 24
        #expect(try whole.rows.count == 1 && abs(whole.rows[0].number("p_with") - mean) < 1e-12)
        #expect(whole.rows[0]["slice"] == "")
        try scratch.weft(
            expecting: 0, ["pretrain", "samples", "-o", "mae", "-q", "--settings", "samples/pretrain-tiny.yaml"])
        let none = try scratch.weft(
            expecting: 65, ["predict", "samples/ct-lesion", "--weights", "mae/model.safetensors"])
        #expect(none.error.contains("classes"), "\(none.error)")
        try scratch.weft(expecting: 66, ["predict", "samples/ct-lesion", "--weights", "nowhere"])
        try scratch.weft(expecting: 64, ["predict", "samples/ct-lesion"])
    }

    @Test("killed and resumed, a run ends with the same bytes")
    func killed() throws {
        let scratch = try Scratch()
        try pictures(scratch)
        let arguments = ["finetune", "set"] + Self.tiny + ["--epochs", "12", "--set", "run.checkpointMinutes=0", "-q"]
        try scratch.weft(expecting: 0, arguments + ["-o", "whole"])
        let running = try scratch.start(arguments + ["-o", "part"])
        let deadline = Date().addingTimeInterval(60)
        while !scratch.exists("part/last.safetensors"), Date() < deadline { usleep(20_000) }
        kill(running.process.processIdentifier, SIGINT)
        let result = try running.wait()
        // On a fast machine it may have ended.
        if result.status != 0 {
            #expect(result.status == 130 && result.error.contains("weft finetune --resume part"), "\(result.error)")
            try scratch.weft(expecting: 0, ["finetune", "--resume", "part", "-q"])
        }
        for file in ["model.safetensors", "predictions.csv", "validation.jsonl"] {
            #expect(try scratch.read("part/\(file)") == scratch.read("whole/\(file)"), "\(file)")
        }
    }

    @Test("what is wrong with a dataset is said before training, with status 65")
    func complaints() throws {
        let scratch = try Scratch()
        try pictures(scratch)
        try Data("no picture".utf8).write(to: scratch.folder.appendingPathComponent("set/train/rows/broken.png"))
        let broken = try scratch.weft(expecting: 2, ["finetune", "set", "-o", "broken", "--quiet"] + Self.tiny)
        #expect(broken.error.contains("train/rows/broken.png: left out"), "\(broken.error)")
        #expect(broken.error.contains("1 file(s) or row(s) cannot be used"), "\(broken.error)")

        let rows = (0..<3).flatMap {
            ["set/train/rows/\($0).png,rows,P\($0),train", "set/train/columns/\($0).png,columns,P\($0),val"]
        }
        try scratch.write("lacking.csv", "image,label,patient,split\n" + rows.joined(separator: "\n") + "\n")
        let lacking = try scratch.weft(expecting: 65, ["finetune", "lacking.csv", "-o", "a"] + Self.tiny)
        #expect(lacking.error.contains("class 'columns' has no image in train"), "\(lacking.error)")
        let mixed = rows + ["set/train/columns/4.png,columns,P0,train"]
        try scratch.write("shared.csv", "image,label,patient,split\n" + mixed.joined(separator: "\n") + "\n")
        let shared = try scratch.weft(expecting: 65, ["finetune", "shared.csv", "-o", "b"] + Self.tiny)
        #expect(shared.error.contains("3 patient(s) in both train and val, e.g. P0, P1, P2"), "\(shared.error)")
        try scratch.write("absent.csv", "image,label\nx.png,a\ny.png,b\n")
        let absent = try scratch.weft(expecting: 65, ["finetune", "absent.csv", "-o", "c"] + Self.tiny)
        #expect(absent.error.contains("expected two or more"), "\(absent.error)")
        try scratch.weft(expecting: 66, ["finetune", "nowhere", "-o", "d"] + Self.tiny)
        try scratch.weft(expecting: 66, ["finetune", "set", "-o", "e", "--weights", "nowhere.pth"])
        try scratch.weft(expecting: 64, ["finetune", "set", "-o", "f", "--probe", "knn"])
    }

    /// The table of slices names no patients.
    @Test(
        "pseudonyms by a key are those of extract by that key; a run that was begun with one is not gone on with without"
    )
    func keyedPseudonyms() throws {
        let scratch = try Scratch(sample: "samples")
        let files = FileManager.default
        try scratch.write("key", "0123456789abcdef0123456789abcdef")
        let run = ["finetune", "samples/lesion-slices.csv", "--shared-patients", "allow", "-q"] + Self.tiny
        func patients(_ folder: String) throws -> Set<String> {
            Set(
                Table(csv: String(decoding: try scratch.read("\(folder)/predictions.csv"), as: UTF8.self)).rows
                    .compactMap { $0["patient"] })
        }
        try scratch.weft(expecting: 0, run + ["-o", "keyed", "--pseudonym-key", "key"])
        try scratch.weft(expecting: 0, run + ["-o", "plain"])
        let extracted = try scratch.table("samples/ct-lesion", "--families", "stat", "--pseudonym-key", "key")
        let plain = try scratch.table("samples/ct-lesion", "--families", "stat")
        #expect(try patients("keyed") == Set(extracted.rows.compactMap { $0["patient"] }))
        #expect(try patients("plain") == Set(plain.rows.compactMap { $0["patient"] }))
        #expect(try patients("plain") != patients("keyed"))
        let dataset = String(decoding: try scratch.read("keyed/dataset.json"), as: UTF8.self)
        for patient in try patients("plain") { #expect(!dataset.contains(patient)) }
        // What a run leaves that was killed while it prepared.
        let config = String(decoding: try scratch.read("keyed/config.yaml"), as: UTF8.self)
        #expect(config.contains("pseudonyms: keyed"))
        try scratch.weft(expecting: 0, run + ["-o", "begun", "--pseudonym-key", "key"])
        for name in try scratch.names(in: "begun") where name != "prepared.slices" && name != ".lock" {
            try files.removeItem(atPath: scratch.path("begun/\(name)"))
        }
        try scratch.write("begun/.beginning.yaml", config.replacingOccurrences(of: "fingerprint: ", with: "# "))
        let without = try scratch.weft(expecting: 64, ["finetune", "--resume", "begun", "-q"])
        #expect(without.error.contains("--pseudonym-key"), "\(without.error)")
        try scratch.weft(expecting: 0, ["finetune", "--resume", "begun", "--pseudonym-key", "key", "-q"])
        #expect(try patients("begun") == patients("keyed"))
        try scratch.weft(expecting: 66, run + ["-o", "other", "--pseudonym-key", "nowhere"])
    }

    @Test("an embedding has a row for each region that extract has, under the same names")
    func embedding() throws {
        let scratch = try Scratch(sample: "samples")
        try scratch.weft(
            expecting: 0,
            ["finetune", "samples/lesion-slices.csv", "-o", "run", "--shared-patients", "allow", "-q", "--whole"]
                + Self.tiny)
        let features = try scratch.table("samples/ct-lesion", "--families", "stat")
        func embed(_ arguments: String...) throws -> Table {
            let result = try scratch.weft(
                expecting: 0, ["embed"] + arguments + ["--weights", "run/model.safetensors", "-q"])
            return Table(csv: result.text)
        }
        let table = try embed("samples/ct-lesion")
        #expect(
            table.columns == Array(features.columns.prefix(10))
                + ["mean", "sd"].flatMap { part in (0..<192).map { "emb_\(part)_\($0)" } })
        let identity = { (row: [String: String]) in features.columns.prefix(8).map { row[$0] ?? "?" } }
        #expect(Set(table.rows.map(identity)) == Set(features.rows.map(identity)))
        #expect(table.rows.allSatisfy { $0["status"] == "ok" && Double($0["emb_sd_191"] ?? "") != nil })
        // RTSTRUCT and SEG hold the same voxels.
        let lesions = table.rows.filter { $0["roi"] == "Lesion" }
        #expect(lesions.count == 2 && lesions[0]["emb_mean_7"] == lesions[1]["emb_mean_7"])
        let other = try table.rows.first { $0["roi"] == "Lesion rim" }.map { try $0.number("emb_mean_7") }
        #expect(try other != lesions[0].number("emb_mean_7"))

        let slices = try embed("samples/ct-lesion", "--whole-image", "--slices", "--pool", "cls")
        #expect(slices.rows.compactMap { $0["label"] } == (0..<24).map(String.init))
        let whole = try embed("samples/ct-lesion", "--whole-image", "--pool", "cls")
        let mean = try slices.rows.reduce(0) { $0 + (try $1.number("emb_3")) } / 24
        #expect(abs(try whole.row(("roi", "whole image")).number("emb_3") - mean) < 1e-5)
        // Tiles and whole slices, of two blocks, side by side; and each part is what it is alone.
        let both = try embed("samples/ct-lesion", "--both", "--layer", "3,12", "--roi", "Lesion")
        #expect(both.columns.count == 10 + 2 * 2 * 2 * 192)
        let tiles = try embed("samples/ct-lesion", "--tiles", "--layer", "12", "--roi", "Lesion")
        #expect(
            try both.rows[0].number("emb_tiles_block12_sd_5") == tiles.rows[0].number("emb_block12_sd_5"))
        #expect(try both.rows[0].number("emb_whole_block12_mean_7") == lesions[0].number("emb_mean_7"))
        let untrained = [
            "embed", "samples/us-speckle", "--whole-image", "--untrained", "vit-ti16", "--image-size", "32", "-q",
        ]
        let seeds = try ["1", "1", "2"].map { try scratch.weft(expecting: 0, untrained + ["--seed", $0]).text }
        #expect(seeds[0] == seeds[1] && seeds[0] != seeds[2])
        for wrong in [
            ["--pool", "cls"], ["--layer", "0"], ["--scale", "-1"], ["--whole", "--stride", "3"],
            ["--untrained", "vit-s16"],
        ] {
            try scratch.weft(expecting: 64, ["embed", "samples", "--weights", "run/model.safetensors"] + wrong)
        }
        let deep = try scratch.weft(
            expecting: 64, ["embed", "samples", "--weights", "run/model.safetensors", "--layer", "13"])
        #expect(deep.error.contains("block 13") && deep.error.contains("1 to 12"), "\(deep.error)")
        try scratch.weft(expecting: 66, ["embed", "samples", "--weights", "nowhere.safetensors"])
        let none = try scratch.weft(expecting: 65, ["embed", "samples", "--weights", "samples/us-speckle/speckle.png"])
        #expect(none.error.contains("speckle.png"), "\(none.error)")
    }
}
