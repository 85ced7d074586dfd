import Foundation
import Testing

@Suite("one slice has no volume")
struct OneSliceTests {
    @Test("a PNG has 2D columns alone, its outline instead of a shape, in pixels")
    func picture() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let table = try scratch.table("us-speckle")
        #expect(!table.columns.contains { $0.hasPrefix("morph_") || $0.hasPrefix("loc_") || $0.contains("3D") })
        for column in ["shape2D_area_pixels", "stat_mean", "cm_contrast_2D_avg", "cm_contrast_2D_comb", "szm_sze_2D"] {
            #expect(table.columns.contains(column), "\(column)")
        }
        let row = try table.row(("label", "1"))
        #expect(row["status"] == "ok" && row["diagnostics_image_spacing_mm"] == "")
        #expect(row["diagnostics_notes"]?.contains("lengths are in pixels") == true)
        #expect(try row.number("shape2D_area_pixels") == row.number("diagnostics_roi_voxels"))
        let long = try scratch.table("us-speckle", "--layout", "long", "--label", "1")
        #expect(try long.row(("feature", "shape2D_perimeter"))["unit"] == "pixel")
        #expect(try long.row(("feature", "shape2D_area_mesh"))["unit"] == "pixel²")
        let pyradiomics = try scratch.table("us-speckle", "--convention", "pyradiomics")
        #expect(pyradiomics.columns.contains("original_shape2D_Perimeter"))
        #expect(!pyradiomics.columns.contains("original_shape_MeshVolume"))
        #expect(
            try pyradiomics.row(("label", "1")).number("original_shape2D_Perimeter") == row.number("shape2D_perimeter"))
        // The classes that were there before have the same numbers with and without force2D.
        let named = try scratch.table(
            "us-speckle", "--convention", "pyradiomics", "--families", "glcm,glrlm,gldm,ngtdm,glszm")
        for column in named.columns where column.hasPrefix("original_") {
            #expect(named.rows.map { $0[column] } == pyradiomics.rows.map { $0[column] }, "\(column)")
        }
    }

    @Test("3D on request: with the aggregations or the families named")
    func onRequest() throws {
        let scratch = try Scratch(sample: "samples/us-speckle")
        let table = try scratch.table("us-speckle", "--aggregations", "3D_comb,2D_comb", "--families", "morph,cm")
        for row in table.rows {
            // All neighbours of one slice lie in it.
            #expect(try row.number("cm_contrast_3D_comb") == row.number("cm_contrast_2D_comb"))
            #expect(try row.number("morph_volume") > 0)
            #expect(row["status"] == "warning" && row["reason"]?.contains("take it as 1 pixel") == true)
        }
        let haralick = try scratch.table("us-speckle", "--families", "haralick")
        #expect(haralick.columns.filter { $0.hasPrefix("cm_") }.allSatisfy { $0.hasSuffix("_2D_comb") })
    }

    @Test("slices and volumes in one table: both have their columns, and an empty cell its reason")
    func mixed() throws {
        let scratch = try Scratch(sample: "samples")
        let table = try scratch.table("samples", "--families", "cm,szm")
        let alone = try scratch.table("samples/ct-lesion", "--families", "cm,szm")
        #expect(alone.columns.contains("cm_contrast_3D_comb") && !alone.columns.contains("cm_contrast_2D_comb"))
        for row in table.rows {
            let isPicture = row["modality"] == "PNG"
            #expect((row["cm_contrast_3D_comb"] == "") == isPicture)
            #expect((row["cm_contrast_2D_comb"] == "") != isPicture)
        }
        for row in alone.rows {
            let other = try table.row(
                ("diagnostics_mask_file", row["diagnostics_mask_file"] ?? ""), ("label", row["label"] ?? ""))
            #expect(
                alone.columns.allSatisfy { row[$0] == other[$0] || $0 == "image" },
                "a volume's row changes with its neighbours")
        }
        let long = try scratch.table("samples", "--families", "cm", "--layout", "long")
        for line in long.rows where line["value"] == "" { #expect(line["undefined"] != "", "\(line["feature"] ?? "")") }
        let volume = try long.row(("roi", "Körper"), ("feature", "cm_contrast_2D_comb"))
        #expect(volume["undefined"]?.contains("of a volume in 3D alone") == true)
        #expect(long.rows.contains { $0["undefined"]?.contains("one slice has no volume") == true })
    }

    @Test("a DICOM slice is a slice, too; what its spacing hangs on is said")
    func dicom() throws {
        let scratch = try Scratch()
        try scratch.floatImage("a", width: 8, (0..<64).map { Float($0 * 37 % 101) })
        let row = try scratch.table("a.dcm", "--whole-image").rows[0]
        #expect(row["cm_contrast_2D_comb"] != nil && row["cm_contrast_3D_comb"] == nil && row["status"] == "ok")
        #expect(row["diagnostics_image_spacing_mm"] == "1 1 1")
        let morph = try scratch.table("a.dcm", "--whole-image", "--families", "morph").rows[0]
        #expect(morph["reason"]?.contains("take it as 1 mm") == true, "\(morph["reason"] ?? "")")
        try scratch.picture("b", width: 8, (0..<64).map { UInt8($0 * 37 % 101) })
        let resampled = try scratch.table("b.png", "--whole-image", "--resample", "2,2,0", "--families", "stat").rows[0]
        #expect(resampled["reason"]?.contains("how large a pixel is") == true)
    }
}
