import Imaging
import Ingestion
import TestSupport
import Testing

@Suite("what a file says for pictures of it: windows and the numbers of its slices")
struct StatedWindowTests {
    private func windows(
        _ modality: String = "CR", _ photometric: String = "MONOCHROME2", centre: String, width: String,
        slope: String? = nil, intercept: String? = nil
    ) throws -> [ClosedRange<Double>] {
        var object = DICOMBytes.object(modality: modality)
        object.describePixels(photometric, columns: 2, rows: 1, stored: 10)
        object.text(0x0028_1050, "DS", centre)
        object.text(0x0028_1051, "DS", width)
        if let intercept { object.text(0x0028_1052, "DS", intercept) }
        if let slope { object.text(0x0028_1053, "DS", slope) }
        object.words(0x7FE0_0010, "OW", [1, 2])
        return try withTemporaryFile(object.file()) { path in
            let archive = try Archive.scan([path], jobs: 1)
            return try #require(archive.images.first, "\(archive.skipped)").statedWindows(slice: 0)
        }
    }

    @Test("centre and width, of several each; what is no window is none")
    func stated() throws {
        #expect(try windows("CT", centre: "40\\-600", width: "400\\1500") == [-160...240, -1350...150])
        #expect(try windows(centre: "40\\50", width: "400") == [-160...240])
        #expect(try windows(centre: "40\\50\\60", width: "0\\-3\\10") == [55...65])
        #expect(try windows(centre: "", width: "") == [])
    }

    @Test("the window of a shade that is turned is turned about the same value")
    func turned() throws {
        // Stored 0 … 1023 become 1023 … 0.
        #expect(try windows("CR", "MONOCHROME1", centre: "200", width: "100") == [(1023 - 250)...(1023 - 150)])
        // 2 · 1023 + 2 · 10 - 250 … - 150
        #expect(
            try windows("CR", "MONOCHROME1", centre: "200", width: "100", slope: "2", intercept: "10") == [1816...1916])
        // A quantity is not turned.
        #expect(try windows("MR", "MONOCHROME1", centre: "200", width: "100") == [150...250])
    }

    private func image(_ numbers: [Int?]) -> ImageSource {
        var image = ImageSource(
            format: .dicom, identity: ImageIdentity(), path: "/a",
            geometry: Geometry(size: SIMD3(4, 4, numbers.count)),
            slices: numbers.indices.map {
                ImageSource.Slice(path: "/a/\($0)", frame: 0, sopInstanceUID: "1.\($0)", position: [0, 0, Double($0)])
            })
        for (index, number) in numbers.enumerated() { image.slices[index].number = number }
        return image
    }

    @Test("slices are called by their Instance Numbers where each has its own, otherwise from 1")
    func numbers() {
        let fromHead = SliceNumbers(image([3, 2, 1]))
        #expect(fromHead.numbers == [3, 2, 1] && fromHead.shown(0) == "slice 3 of 3")
        let fromZero = SliceNumbers(image([0, 1, 2]))
        #expect(fromZero.shown(1) == "slice 1 (0 to 2)")
        #expect(SliceNumbers(image([101, 103, 105])).shown(2) == "slice 105 (101 to 105)")
        for unusable in [[5, nil, 7], [4, 4, 5], [nil, nil, nil]] {
            #expect(SliceNumbers(image(unusable)).numbers == [1, 2, 3], "\(unusable)")
        }
    }

    private func numbers(of object: DICOMBytes) throws -> [Int?]? {
        try withTemporaryFile(object.file()) { path in
            let archive = try Archive.scan([path], jobs: 1)
            return archive.images.first?.slices.map(\.number)
        }
    }

    @Test("the numbers are those of the files")
    func read() throws {
        var object = DICOMBytes.object(modality: "CT")
        object.text(0x0020_0013, "IS", "17")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        #expect(try numbers(of: object) == [17])
        var loop = DICOMBytes.object(modality: "US")
        loop.text(0x0020_0013, "IS", "17")
        loop.describePixels("MONOCHROME2", columns: 1, rows: 1, frames: 3)
        loop.words(0x7FE0_0010, "OW", [1, 2, 3])
        #expect(try numbers(of: loop) == [1, 2, 3])
    }
}
