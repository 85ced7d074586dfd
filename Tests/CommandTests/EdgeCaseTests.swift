import Foundation
import Testing

@Suite("regions at the edge of what has a texture")
struct EdgeCaseTests {
    static let flat = [UInt8](repeating: 100, count: 64)

    @Test("one voxel has statistics and no co-occurrence")
    func oneVoxel() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, (0..<64).map { UInt8($0) })
        try scratch.picture("a_mask", width: 8, (0..<64).map { $0 == 19 ? 255 : 0 })
        let row = try scratch.table(".").row(("label", "255"))
        #expect(row["status"] == "warning" && row["reason"]?.contains("only voxel has one grey level") == true)
        #expect(try row.number("diagnostics_roi_voxels") == 1)
        #expect(try row.number("stat_mean") == 19)
        #expect(try row.number("stat_var") == 0)
        #expect(row["cm_contrast_2D_comb"] == "")
        let long = try scratch.table(".", "--layout", "long", "--families", "cm")
        #expect(!long.rows.isEmpty && long.rows.allSatisfy { $0["value"] == "" })
        #expect(Set(long.rows.compactMap { $0["undefined"] }) == ["no two voxels of the region lie at this offset"])
    }

    @Test("a flat region keeps its row; what is 0/0 is empty, with the reason in the long layout")
    func flatRegion() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, Self.flat)
        try scratch.picture("a_mask", width: 8, [UInt8](repeating: 1, count: 64))
        let row = try scratch.table(".").row(("case", "a"))
        #expect(row["status"] == "warning" && row["reason"]?.contains("all 64 voxels have one grey level") == true)
        #expect(try row.number("stat_mean") == 100)
        #expect(row["stat_skew"] == "0" || row["stat_skew"] == "")
        #expect(try row.number("cm_contrast_2D_comb") == 0)
        #expect(try row.number("cm_joint_max_2D_comb") == 1)
        let long = try scratch.table(".", "--layout", "long", "--families", "cm", "--aggregations", "3D_comb")
        for line in long.rows {
            #expect(line["value"] != "nan" && line["value"] != "inf")
            #expect((line["value"] == "") == (line["undefined"] != ""), "\(line["feature"] ?? "")")
        }
        let correlation = try long.row(("feature", "cm_corr_3D_comb"))
        #expect(correlation["undefined"] == "all voxels have the same grey level (0/0)")
    }

    @Test("nothing left after re-segmentation is a failed row that says what there was")
    func emptyAfterResegmentation() throws {
        let scratch = try Scratch(sample: "samples/ct-lesion")
        let table = try scratch.table(expecting: 2, "ct-lesion", "--range", "1000,2000")
        #expect(table.rows.count == 5)
        for row in table.rows {
            #expect(row["status"] == "failed")
            #expect(
                row["reason"]?.contains("1000.0, 2000.0") == true
                    && row["reason"]?.contains("intensities lie in") == true)
            #expect(row["stat_mean"] == "" && row["cm_contrast_3D_comb"] == "")
        }
        // Some regions reach up to 100 HU, others end below.
        let mixed = try scratch.table(expecting: 2, "ct-lesion", "--range", "100,2000", "--families", "stat")
        #expect(mixed.rows.filter { $0["status"] == "ok" }.count == 4)
        #expect(try mixed.row(("roi", "Necrotic core"))["status"] == "failed")
    }

    @Test("a mask without a voxel is a failed row")
    func emptyMask() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, Self.flat)
        try scratch.picture("a_mask", width: 8, [UInt8](repeating: 0, count: 64))
        let table = try scratch.table(expecting: 2, ".")
        #expect(table.rows.count == 1 && table.rows[0]["status"] == "failed")
        #expect(table.rows[0]["reason"]?.contains("mask holds no region") == true)
    }

    @Test("a region on the image's border has no neighbours beyond it, nor on the other side")
    func border() throws {
        let scratch = try Scratch()
        let (width, height) = (7, 5)
        let pixels = (0..<width * height).map { k -> UInt8 in UInt8(k * k * 31 % 11 + 1) }
        try scratch.picture("a", width: width, pixels)
        try scratch.picture("a_mask", width: width, [UInt8](repeating: 1, count: pixels.count))
        var (squares, pairs) = (0.0, 0.0)
        for (dx, dy) in [(1, 0), (1, 1), (0, 1), (-1, 1)] {
            for y in 0..<height - dy {
                for x in max(0, -dx)..<min(width, width - dx) {
                    let difference = Double(pixels[y * width + x]) - Double(pixels[(y + dy) * width + x + dx])
                    squares += difference * difference
                    pairs += 1
                }
            }
        }
        let options = ["--no-discretisation", "--aggregations", "2D_comb"]
        let masked = try scratch.table(".", options[0], options[1], options[2])
        let row = try masked.row(("case", "a"))
        let contrast = try row.number("cm_contrast_2D_comb")
        #expect(abs(contrast - squares / pairs) < 1e-12 * contrast, "\(contrast) instead of \(squares / pairs)")
        let whole = try scratch.table("a.png", "--whole-image", options[0], options[1], options[2])
        for column in whole.columns where column.hasPrefix("cm_") || column.hasPrefix("stat_") {
            #expect(whole.rows[0][column] == row[column], "\(column)")
        }
    }

    @Test("60,000 grey levels are computed, more than can be counted cost only the families that need them")
    func manyLevels() throws {
        let scratch = try Scratch()
        let count = 60_000
        // 7919 is coprime to 60,000: every value from 1 occurs once.
        try scratch.picture("many", width: 250, words: (0..<count).map { UInt16($0 * 7919 % count + 1) })
        // Every pair of levels occurs once: the matrix is kept by its pairs, and the maximal correlation is not computed.
        let table = try scratch.table(
            "many.png", "--whole-image", "--bin-width", "1", "--lower-bound", "1", "--families",
            "stat,ih,cm,rlm,szm,ngl", "--aggregations", "2D_comb,2D")
        let row = try table.row(("case", "many"))
        #expect(row["status"] == "ok")
        #expect(try row.number("diagnostics_grey_levels") == 60_000)
        #expect(try row.number("ih_mean") == 30_000.5)
        #expect(try row.number("cm_joint_avg_2D_comb") > 29_000)
        #expect(row["cm_mcc_2D_comb"] == "")

        try scratch.picture("most", width: 256, words: (0..<65_536).map { UInt16($0) })
        let most = try scratch.table("most.png", "--whole-image", "--bin-width", "1", "--families", "stat,ih")
            .row(("case", "most"))
        #expect(most["status"] == "warning")
        #expect(most["reason"]?.contains("at most 65535") == true && most["reason"]?.contains("--bin-width") == true)
        #expect(try most.number("stat_mean") == 32_767.5)
        #expect(most["ih_mean"] == "")
        let long = try scratch.table(
            "most.png", "--whole-image", "--bin-width", "1", "--families", "stat,cm", "--layout", "long"
        ).row(("feature", "cm_contrast_2D_comb"))
        #expect(long["undefined"] == "the intensities make more than 65,535 grey levels at this bin width")
        let failed = try scratch.table(
            expecting: 2, "most.png", "--whole-image", "--bin-width", "1", "--families", "cm"
        ).row(("case", "most"))
        #expect(failed["status"] == "failed")
    }

    @Test("a voxel that holds no number is left out with a warning")
    func notANumber() throws {
        let scratch = try Scratch()
        var values = (0..<16).map { Float($0) * 0.5 }
        values[3] = .nan
        values[7] = .infinity
        try scratch.floatImage("map", width: 4, values)
        let row = try scratch.table("map.dcm", "--whole-image").row(("modality", "MR"))
        #expect(row["status"] == "warning")
        #expect(
            row["reason"]?.contains("2 voxels of the region hold no finite number") == true, "\(row["reason"] ?? "")")
        #expect(try row.number("diagnostics_roi_voxels") == 16)
        #expect(try row.number("diagnostics_roi_voxels_used") == 14)
        let finite = values.filter(\.isFinite).map(Double.init)
        #expect(abs(try row.number("stat_mean") - finite.reduce(0, +) / 14) < 1e-12)
        #expect(try row.number("stat_max") == 7.5)

        let same = Float(1.07)
        try scratch.floatImage("same", width: 4, [Float](repeating: same, count: 15 * 4))
        let flat = try scratch.table("same.dcm", "--whole-image", "--families", "stat").rows[0]
        #expect(try flat.number("stat_mean") == Double(same) && flat.number("stat_rms") == Double(same))
        #expect(try flat.number("stat_mad") == 0)

        try scratch.floatImage("huge", width: 4, (0..<16).map { 1e38 * (Float($0) - 7) / 8 })
        let long = try scratch.table("huge.dcm", "--whole-image", "--families", "stat", "--layout", "long")
        #expect(long.rows.allSatisfy { $0["value"]?.contains("inf") == false && $0["value"]?.contains("nan") == false })

        try scratch.floatImage("nothing", width: 4, [Float](repeating: .nan, count: 16))
        let failed = try scratch.table(expecting: 2, "nothing.dcm", "--whole-image").row(("modality", "MR"))
        #expect(failed["status"] == "failed" && failed["stat_mean"] == "")
    }

    @Test("what lies below the first bin is said")
    func belowFirstBin() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 8, (0..<64).map { UInt8($0) })
        let options = ["--bin-width", "4", "--lower-bound", "10", "--families", "cm"]
        let row = try scratch.table("a.png", "--whole-image", options[0], options[1], options[2], options[3]).rows[0]
        #expect(row["status"] == "warning")
        #expect(row["reason"]?.contains("10 of 64 voxels lie below 10.0") == true, "\(row["reason"] ?? "")")
        let ranged = try scratch.table("a.png", "--whole-image", options[0], options[1], "--range", "10,60").rows[0]
        #expect(ranged["status"] == "ok")
    }

    @Test("distances beyond a picture's side take no more memory than the picture's side")
    func longDistances() throws {
        let scratch = try Scratch()
        try scratch.picture("a", width: 64, (0..<64 * 64).map { UInt8($0 % 7) })
        let row = try scratch.table("a.png", "--whole-image", "--distances", "1,63,100000", "--families", "cm").rows[0]
        #expect(row["status"] == "warning" && row["reason"]?.contains("100000 apart") == true)
        // Diagonals at this distance have one pair, rows and columns 64.
        #expect(row["cm_contrast_d63_2D_comb"] != "" && row["cm_contrast_d100000_2D_comb"] == "")
    }
}
