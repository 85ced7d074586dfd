import Foundation
import TestSupport
import Testing

/// The inputs of `cases/`: made after public bug reports of other tools, each with the right value.
@Suite(
    "inputs that went wrong elsewhere",
    .enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct CaseTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var folder: String
        /// Voxels of the regions, in the order of the rows.
        var voxels: [String]
        var status = "ok"
        /// In the reason of each row.
        var words = ""

        var testDescription: String { folder }
    }

    @Test(
        "a mask is what was drawn, or the row says what was guessed",
        arguments: [
            Case(
                folder: "rtstruct-repeated-contour-vanishes/in/backwards", voxels: ["2340"], status: "warning",
                words: "repeat another one"),
            Case(
                folder: "rtstruct-repeated-contour-vanishes/in/closed", voxels: ["2340"], status: "warning",
                words: "repeat another one"),
            Case(folder: "rtstruct-overlapping-contours/in", voxels: ["560"], status: "warning", words: "united"),
            Case(folder: "rtstruct-contour-data-un/in", voxels: ["2196"]),
            Case(
                folder: "rtstruct-own-frame-of-reference/in", voxels: ["332"], status: "warning",
                words: "frame of reference"),
            Case(folder: "concatenation/in", voxels: ["672"]),
            Case(folder: "seg-binary-jpeg2000/in", voxels: ["884", "680"]),
            Case(folder: "png-smoothed-mask/in", voxels: ["360"], status: "warning", words: "smoothed"),
            Case(folder: "png-palette-mask/in", voxels: ["360"]),
            Case(folder: "png-second-mask/in", voxels: ["360", "300"]),
        ])
    func masks(_ item: Case) throws {
        let table = try Scratch().table(SharedFiles.path("cases/\(item.folder)"), "--families", "stat")
        #expect(table.rows.map { $0["diagnostics_roi_voxels"] } == item.voxels)
        for row in table.rows {
            #expect(row["status"] == item.status)
            #expect(row["reason"]?.contains(item.words) == true || item.words.isEmpty, "\(row["reason"] ?? "")")
        }
    }

    @Test("names of ROIs in the character sets of ISO 2022 are found as a person writes them")
    func names() throws {
        let table = try Scratch().table(
            SharedFiles.path("cases/roi-names-iso2022/in/ir87"), "--families", "stat", "--roi", "腫瘍")
        #expect(table.rows.map { $0["roi"] } == ["腫瘍"] && table.rows[0]["status"] == "ok")
    }

    @Test("a tilted series has the volume of its leaning voxels, and says so")
    func tilt() throws {
        let table = try Scratch().table(SharedFiles.path("cases/gantry-tilt-shape/in"), "--families", "morph")
        let volume = table.rows[0]["morph_vol_approx"].flatMap { Double($0) } ?? 0
        // Voxels times their area times the distance of the planes, not their distance along the stack.
        #expect(abs(volume - 7234) < 1, "\(volume)")
        #expect(table.rows[0]["reason"]?.contains("gantry tilt") == true)
        #expect(table.rows[0]["status"] == "warning")
    }

    @Test("resampling straightens a tilted series: the volume stays, and there is nothing to warn of")
    func straightened() throws {
        let folder = SharedFiles.path("cases/gantry-tilt-shape/in")
        let leaning = try Scratch().table(folder, "--families", "morph").rows[0]
        let straight = try Scratch().table(folder, "--families", "morph", "--resample", "1").rows[0]
        for (column, tolerance) in [("morph_volume", 0.01), ("morph_area_mesh", 0.03), ("morph_diam", 0.02)] {
            let (a, b) = try (leaning.number(column), straight.number(column))
            #expect(abs(b / a - 1) < tolerance, "\(column): \(b), leaning \(a)")
        }
        #expect(straight["status"] == "ok", "\(straight["reason"] ?? "")")
        #expect(straight["diagnostics_notes"]?.contains("straightened") == true)
    }

    @Test("resampling within slices straightens as well, and textures warn where they lie along the leaning stack")
    func tiltNeighbours() throws {
        let folder = SharedFiles.path("cases/gantry-tilt-shape/in")
        let kept = try Scratch().table(folder, "--families", "morph", "--resample", "2,2,0").rows[0]
        #expect(try abs(kept.number("morph_vol_approx") / 7234 - 1) < 0.02)
        #expect(kept["status"] == "ok", "\(kept["reason"] ?? "")")
        let across = try Scratch().table(folder, "--families", "cm").rows[0]
        #expect(across["status"] == "warning" && across["reason"]?.contains("--resample") == true)
        let within = try Scratch().table(folder, "--families", "cm", "--aggregations", "2D_avg").rows[0]
        #expect(within["status"] == "ok" && within["diagnostics_notes"]?.contains("gantry tilt") == true)
    }

    @Test("uneven steps fail what looks across slices, whichever step is the usual one", arguments: ["3-5", "3-6"])
    func unevenSteps(steps: String) throws {
        let folder = SharedFiles.path("cases/uneven-spacing-volume/in/steps-\(steps)")
        let across = try Scratch().table(expecting: 2, folder, "--families", "morph")
        #expect(across.rows.map { $0["status"] } == ["failed"] && across.rows[0]["morph_volume"] == "")
        let within = try Scratch().table(folder, "--families", "cm", "--aggregations", "2D_avg")
        #expect(within.rows.allSatisfy { $0["status"] != "failed" && $0["cm_contrast_2D_avg"] != "" })
    }

    @Test(
        "volumes that share a series are told apart, never mixed",
        arguments: [
            ("classic-volumes-dropped/in/cine", 5), ("enhanced-mr-volumes-dropped/in/dwi", 4),
            ("enhanced-mr-volumes-dropped/in/cine", 3), ("mixed-volumes-by-instance-number/in/a", 4),
        ])
    func volumes(folder: String, count: Int) throws {
        let result = try Scratch().weft(
            "extract", SharedFiles.path("cases/\(folder)"), "--whole-image", "--families", "stat", "-o", "-", "-q")
        let rows = Table(csv: result.text).rows.filter { $0["status"] != "failed" }
        #expect(rows.count == count, "\(result.text)")
        if folder.hasPrefix("mixed") {
            let means = rows.compactMap { $0["stat_mean"].flatMap { Double($0) } }.sorted()
            #expect(means == [100, 200, 300, 400])
        }
    }

    @Test("a scan that went on past midnight decays by the hours that it took")
    func midnight() throws {
        let table = try Scratch().table(
            SharedFiles.path("cases/pet-crosses-midnight/in/no-date"), "--whole-image", "--suv", "bw", "--families",
            "stat")
        let mean = table.rows[0]["stat_mean"].flatMap { Double($0) } ?? 0
        #expect(abs(mean - 5.8287) < 5e-5, "\(mean)")
    }

    @Test("a mosaic is refused as one; a pixel spacing of zero is absent; 7 bits of JPEG-LS are read")
    func headers() throws {
        let mosaic = try Scratch().table(
            expecting: 2, SharedFiles.path("cases/siemens-mosaic/in"), "--families", "stat")
        #expect(mosaic.rows[0]["reason"]?.contains("MOSAIC") == true)
        for folder in ["pixel-spacing-zero/in", "jpegls-7-bits/in"] {
            let table = try Scratch().table(SharedFiles.path("cases/\(folder)"), "--whole-image", "--families", "stat")
            #expect(table.rows.count == 1 && table.rows[0]["stat_mean"] != "", "\(folder)")
        }
    }
}
