import Files
import Testing

@Suite struct FileNameTests {
    @Test(
        "A path falls into folder, stem and suffix, which together are the path",
        arguments: [
            ("/a/b/c.dcm", "/a/b/", "c", ".dcm"), ("c.nii.gz", "", "c.nii", ".gz"), ("a.b/c", "a.b/", "c", ""),
            ("a/.hidden", "a/", ".hidden", ""), ("a/.hidden.png", "a/", ".hidden", ".png"), ("a/", "a/", "", ""),
            ("", "", "", ""), ("name.", "", "name", "."),
        ]
    )
    func parts(_ path: String, _ folder: String, _ stem: String, _ suffix: String) {
        let file = FileName(path)
        #expect(file.folder == folder && file.stem == stem && file.suffix == suffix)
        #expect(file.name == stem + suffix && file.pathWithoutSuffix == folder + stem)
        #expect(file.folder + file.stem + file.suffix == path)
    }

    @Test("Endings are compared in letters of either case")
    func endings() {
        #expect(FileName("a/B_Mask.PNG").ends(in: "_mask.png"))
        #expect(!FileName("a/mask.png").ends(in: "_mask.png"))
    }

    @Test("An absolute path has no empty parts, no . and no ..")
    func absolutePaths() {
        #expect(FileName("b/../c//d.png").absolute(in: "/home/a") == "/home/a/c/d.png")
        #expect(FileName("./d.png").absolute(in: "/home/a") == "/home/a/d.png")
        #expect(FileName("/../x").absolute(in: "/home/a") == "/x")
    }

    @Test("The common folder of files is the deepest that holds them all")
    func commonFolders() {
        #expect(FileName.commonFolder(of: ["/a/b/1", "/a/b/c/2"]) == "/a/b")
        #expect(FileName.commonFolder(of: ["a/b/1", "a/bc/2"]) == "a")
        #expect(FileName.commonFolder(of: ["1", "a/2"]) == ".")
    }
}
