import DICOM
import Foundation
import Ingestion
import Testing

/// `weft reconstruct` and `weft compare` of its pictures, with networks of a second.
@Suite("reconstructions and their texture")
struct ReconstructTests {
    private static let tiny = [
        "--model", "vit-ti8", "--image-size", "32", "--epochs", "1,0", "--holdout", "0", "--batch-size", "8", "--set",
        "model.decoderWidth=32", "--set", "model.decoderDepth=1", "--set", "model.decoderHeads=2", "--set",
        "loss.bins=16", "-q",
    ]

    /// `one/model.safetensors` and `two/model.safetensors`, trained from different seeds.
    private func networks(_ scratch: Scratch) throws {
        for (name, seed) in [("one", "1"), ("two", "2")] {
            try scratch.weft(
                expecting: 0, ["pretrain", "ct-lesion", "-o", name, "--seed", seed] + Self.tiny)
        }
    }

    private func record(_ scratch: Scratch, _ folder: String) throws -> [[String: Any]] {
        let json = try JSONSerialization.jsonObject(with: scratch.read("\(folder)/reconstructions.json"))
        return try #require((json as? [String: Any])?["pictures"] as? [[String: Any]])
    }

    @Test("pictures, data and record; the visible patches are the original's; on the spot and from the folder agree")
    func pictures() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try networks(scratch)
        for name in ["one", "two"] {
            try scratch.weft(
                expecting: 0,
                [
                    "reconstruct", "ct-lesion", "--weights", "\(name)/model.safetensors", "--max-slices", "3", "--seed",
                    "5", "-o", "r-\(name)", "-q",
                ])
        }
        let pictures = try record(scratch, "r-one")
        #expect(pictures.count == 3)
        let first = try #require(pictures.first)
        let visible = try #require(first["visible"] as? [Int])
        #expect(visible.count == 4 && visible == visible.sorted())
        func pixels(_ key: String) throws -> [Double] {
            let name = try #require(first[key] as? String)
            let volume = try ImageSource(png: scratch.path("r-one/\(name)")).load()
            return (0..<volume.values.count).map { volume.values[$0] }
        }
        let (original, pasted) = (try pixels("original"), try pixels("pasted"))
        let (made, masked) = (try pixels("reconstruction"), try pixels("masked"))
        for pixel in original.indices {
            let isSeen = visible.contains(pixel / 32 / 8 * 4 + pixel % 32 / 8)
            #expect(pasted[pixel] == (isSeen ? original[pixel] : made[pixel]))
            #expect(masked[pixel] == (isSeen ? original[pixel] : 0))
        }
        #expect(original != made)
        // Errors of the hidden patches in grey values 0 to 1: of the network, and of the mean of what it saw.
        let hidden = original.indices.filter { !visible.contains($0 / 32 / 8 * 4 + $0 % 32 / 8) }
        let seen = original.indices.filter { visible.contains($0 / 32 / 8 * 4 + $0 % 32 / 8) }
        let grey = (seen.reduce(0) { $0 + original[$1] } / Double(seen.count)).rounded()
        func error(_ value: (Int) -> Double) -> Double {
            hidden.reduce(0) { $0 + pow((value($1) - original[$1]) / 65535, 2) } / Double(hidden.count)
        }
        #expect(abs((first["mse"] as? Double ?? 0) - error { made[$0] }) < 1e-12)
        #expect(abs((first["mse_mean_grey"] as? Double ?? 0) - error { _ in grey }) < 1e-12)
        // Window of CT: -160 to 240 HU.
        #expect(first["offset"] as? Double == -160)
        #expect(abs((first["scale"] as? Double ?? 0) * 65535 - 400) < 1e-9)

        try scratch.weft(expecting: 0, ["compare", "r-one", "r-two", "--names", "one", "two", "-o", "f.csv", "-q"])
        try scratch.weft(
            expecting: 0,
            [
                "compare", "ct-lesion", "--weights", "one/model.safetensors", "two/model.safetensors", "--max-slices",
                "3", "--seed", "5", "-o", "w.csv", "-o", "w.json", "-o", "w.html", "-q",
            ])
        #expect(try scratch.read("f.csv") == scratch.read("w.csv"))
        let table = Table(csv: String(decoding: try scratch.read("w.csv"), as: UTF8.self))
        #expect(Set(table.rows.compactMap { $0["model"] }) == ["one", "two"])
        let contrast = table.rows.filter {
            $0["feature"] == "cm_contrast" && $0["level"] == "image" && $0["scope"] == "masked"
        }
        #expect(contrast.count == 6)
        for row in contrast { #expect(try row.number("relative_error") >= 0) }
        let json = try #require(
            JSONSerialization.jsonObject(with: scratch.read("w.json")) as? [String: Any])
        #expect((json["rows"] as? [Any])?.count == table.rows.count)
        // The same errors in the same unit, as means over the pictures.
        let summaries = try #require(json["summary"] as? [[String: Any]])
        let squares = try #require(summaries.first { $0["feature"] as? String == "mse" })
        func mean(_ key: String) -> Double { pictures.reduce(0) { $0 + ($1[key] as? Double ?? .nan) } / 3 }
        #expect(abs((squares["meanGrey"] as? Double ?? 0) - mean("mse_mean_grey")) < 1e-6, "\(squares)")
        let one = try #require((squares["models"] as? [[String: Any]])?.first)
        #expect(abs((one["mean"] as? Double ?? 0) - mean("mse")) < 1e-6, "\(squares)")
        // The run's own bins, not the default.
        #expect(json["bins"] as? Int == 16)
        try Self.check(page: String(decoding: scratch.read("w.html"), as: UTF8.self))

        try scratch.weft(
            expecting: 0,
            [
                "reconstruct", "ct-lesion", "--weights", "two/model.safetensors", "--max-slices", "3", "--seed", "6",
                "-o", "other", "-q",
            ])
        let unlike = try scratch.weft(expecting: 65, ["compare", "r-one", "other", "-q"])
        #expect(unlike.error.contains("shows other patches"), "\(unlike.error)")
        try scratch.weft(
            expecting: 73,
            ["reconstruct", "ct-lesion", "--weights", "two/model.safetensors", "-o", "other", "-q"])
    }

    /// What every report has: it needs nothing else, fits any screen, and says how it was made.
    private static func check(page: String) throws {
        #expect(page.hasPrefix("<!doctype html>") && page.contains("name=\"viewport\""))
        #expect(page.contains("prefers-color-scheme:dark") && page.contains("@media print"))
        for tag in ["<script", "<link", "<iframe", "http:", "https:", "url(", "@import"] {
            #expect(!page.lowercased().contains(tag), "\(tag)")
        }
        let sources = page.components(separatedBy: " src=\"").dropFirst()
        #expect(!sources.isEmpty && sources.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
        for tag in ["table", "figure", "div", "svg", "details", "h2", "h3", "p"] {
            let opened = page.components(separatedBy: "<\(tag)>").count + page.components(separatedBy: "<\(tag) ").count
            #expect(opened - 1 == page.components(separatedBy: "</\(tag)>").count, "\(tag)")
        }
        for heading in [
            "Distances", "Which texture is lost", "The exact path and the one that trained", "Masked, visible, pasted",
            "Pictures from worst to best", "How it was made",
        ] { #expect(page.contains("<h2>\(heading)</h2>"), "\(heading)") }
        #expect(page.contains("<pre>weft compare"))
    }

    @Test("a name that is markup shows as text, in every report")
    func escaping() throws {
        let scratch = try Scratch()
        let evil = "<script>alert(1)</script>"
        let shown = "&lt;script&gt;alert(1)&lt;/script&gt;"
        for folder in ["a", "b"] {
            try FileManager.default.createDirectory(
                atPath: scratch.path("\(folder)/<script>alert(1)<"), withIntermediateDirectories: true)
            for number in 0..<4 {
                let pixels = (0..<1600).map { UInt8(($0 * (number + 3 + folder.count) + $0 / 40 * 7) % 251) }
                let name = number == 0 ? "script>" : "script>\(number)"
                try scratch.picture("\(folder)/<script>alert(1)</\(name)", width: 40, pixels)
            }
        }
        try scratch.weft(
            expecting: 0, ["compare", "a", "b", "--as", "reconstructions", "--names", evil, "-o", "c.html", "-q"])
        let pairs = String(decoding: try scratch.read("c.html"), as: UTF8.self)
        #expect(pairs.contains("\(shown) slice 0") && pairs.contains(shown) && !pairs.contains("<script"))
        #expect(pairs.contains("The hidden patches are not known"))

        try scratch.weft(
            expecting: 0,
            ["pretrain", "a", "-o", "run", "--batch-size", "2"] + Self.tiny.filter { $0 != "8" && $0 != "--batch-size" }
        )
        let training = String(decoding: try scratch.read("run/report.html"), as: UTF8.self)
        #expect(training.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !training.contains("<script"))

        try scratch.write(
            "f.csv", "case,patient,\(evil)\n" + (0..<12).map { "c\($0),p\($0),\($0 * 7 % 12)\n" }.joined())
        try scratch.write("e.csv", "case,emb_0\n" + (0..<12).map { "c\($0),\($0)\n" }.joined())
        try scratch.weft(
            expecting: 0, ["compare", "--features", "f.csv", "--embeddings", "e.csv", "-o", "t.html", "-q"])
        let tables = String(decoding: try scratch.read("t.html"), as: UTF8.self)
        #expect(tables.contains(shown) && !tables.contains("<script"))
    }

    @Test("derived DICOM images keep patient, study and place; the same command gives the same bytes")
    func dicom() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try networks(scratch)
        for folder in ["d", "e"] {
            try scratch.weft(
                expecting: 0,
                [
                    "reconstruct", "ct-lesion", "--weights", "one/model.safetensors", "--slice", "3", "--format",
                    "dicom", "-o", folder, "-q",
                ])
        }
        let picture = try #require(record(scratch, "d").first)
        let sources = try scratch.names(in: "ct-lesion/ct").map {
            try DICOMFile(path: scratch.path("ct-lesion/ct/\($0)"))
        }
        let source = try #require(sources.first { $0.integer(.instanceNumber) == 4 })
        var series: Set<String> = []
        for key in ["original", "masked", "reconstruction", "pasted"] {
            let name = try #require(picture[key] as? String)
            #expect(try scratch.read("d/\(name)") == scratch.read("e/\(name)"))
            let file = try DICOMFile(path: scratch.path("d/\(name)"))
            for tag in [
                DICOMTag.patientID, .patientName, .studyInstanceUID, .frameOfReferenceUID, .imageOrientationPatient,
                .modality, .sopClassUID,
            ] { #expect(file.string(tag) == source.string(tag), "\(tag)") }
            #expect(file.string(.imageType) == "DERIVED\\SECONDARY\\AXIAL")
            #expect(file.string(.sopInstanceUID) != source.string(.sopInstanceUID))
            #expect(file.string(DICOMTag(0x0008_2111))?.contains("weft") == true)
            #expect(
                file.items(.sourceImageSequence).first?.string(.referencedSOPInstanceUID)
                    == source.string(.sopInstanceUID))
            series.insert(try #require(file.string(.seriesInstanceUID)))
            // The square covers what the slice covers: the corners of the first pixels agree.
            let (own, other) = (
                try #require(file.root.vector(.imagePositionPatient)), source.root.vector(.imagePositionPatient)
            )
            let spacing = file.doubles(.pixelSpacing)
            let before = source.doubles(.pixelSpacing)
            #expect(abs(spacing[1] * 32 - before[1] * Double(source.integer(.columns) ?? 0)) < 1e-9)
            #expect(abs((own.x - spacing[1] / 2) - (try #require(other).x - before[1] / 2)) < 1e-9)
            if FileManager.default.isExecutableFile(atPath: "/usr/bin/dciodvfy") {
                let verdict = try scratch.shell("dciodvfy 'd/\(name)' 2>&1")
                #expect(!verdict.text.contains("Error"), "\(verdict.text)")
            }
        }
        #expect(series.count == 4 && !series.contains(source.string(.seriesInstanceUID) ?? ""))
        // The folder compares like one of PNGs: values go through the rescale slope and back.
        try scratch.weft(expecting: 0, ["compare", "d", "-o", "d.csv", "-q"])
        try scratch.weft(
            expecting: 0,
            [
                "compare", "ct-lesion", "--weights", "one/model.safetensors", "--slice", "3", "--names", "d", "-o",
                "w.csv", "-q",
            ])
        #expect(try scratch.read("d.csv") == scratch.read("w.csv"))
    }

    @Test("given patches, from a list or a picture; what cannot be is refused with both sides")
    func masks() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        try networks(scratch)
        let arguments = ["reconstruct", "ct-lesion", "--weights", "one/model.safetensors", "--slice", "3", "-q"]
        try scratch.write("patches.txt", "0, 3\n15 6")
        try scratch.weft(expecting: 0, arguments + ["--visible-patches", "patches.txt", "-o", "list"])
        #expect(try record(scratch, "list").first?["visible"] as? [Int] == [0, 3, 6, 15])
        try scratch.picture("patches", width: 4, (0..<16).map { [0, 3, 6, 15].contains($0) ? 255 : 0 })
        try scratch.weft(
            expecting: 0, arguments + ["--visible-patches", "patches.png", "--view", "centre", "-o", "picture"])
        #expect(try record(scratch, "picture").first?["visible"] as? [Int] == [0, 3, 6, 15])

        try scratch.write("bad.txt", "0 16")
        let beyond = try scratch.weft(expecting: 65, arguments + ["--visible-patches", "bad.txt", "-o", "x"])
        #expect(beyond.error.contains("patch 16") && beyond.error.contains("16 patches"), "\(beyond.error)")
        try scratch.picture("bad", width: 5, [UInt8](repeating: 1, count: 25))
        let size = try scratch.weft(expecting: 65, arguments + ["--visible-patches", "bad.png", "-o", "x"])
        #expect(size.error.contains("5 × 5") && size.error.contains("4 × 4"), "\(size.error)")
        try scratch.weft(expecting: 64, arguments + ["--mask-ratio", "1", "-o", "x"])
        try scratch.weft(expecting: 65, arguments + ["--modality", "PT", "-o", "y"])
        let alone = try scratch.weft(expecting: 64, ["compare", "ct-lesion"])
        #expect(alone.error.contains("--weights"), "\(alone.error)")
        #expect(!scratch.exists("x"))
    }
}
