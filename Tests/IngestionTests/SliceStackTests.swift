import Foundation
import Imaging
import Ingestion
import Testing

/// Order, steps and splitting, from headers alone.
@Suite struct SliceStackTests {
    private func header(
        _ position: SIMD3<Double>,
        instance: Int? = nil,
        uid: String? = nil,
        separators: [SliceHeader.Separator: String] = [:],
        row: SIMD3<Double> = [1, 0, 0],
        column: SIMD3<Double> = [0, 1, 0],
        path: String = "",
        localiser: Bool = false
    ) -> SliceHeader {
        var identity = ImageIdentity()
        identity.seriesUID = "1.2"
        let name = "\(position.x) \(position.y) \(position.z) \(instance ?? 0) \(separators.values.sorted())"
        return SliceHeader(
            path: path.isEmpty ? "/a/\(name)" : path,
            sopInstanceUID: uid ?? name,
            instanceNumber: instance,
            identity: identity,
            columns: 4,
            rows: 3,
            pixelSpacing: [0.5, 0.7],
            plane: .init(position: position, row: row, column: column),
            isLocaliser: localiser,
            separators: separators
        )
    }

    @Test("Slices lie in order of position, whatever their names and numbers")
    func order() throws {
        let headers = [3, 0, 4, 1, 2].map {
            header([10, 20, 2.5 * Double($0)], instance: 100 - 7 * ($0 % 3), path: "/a/\(($0 * 7) % 5).dcm")
        }
        for rotation in headers.indices {
            let images = SliceStack.images(from: Array(headers[rotation...] + headers[..<rotation]))
            let image = try #require(images.first)
            #expect(images.count == 1)
            #expect(image.slices.map(\.position.z) == [0, 2.5, 5, 7.5, 10])
            #expect(image.geometry == Geometry(size: [4, 3, 5], spacing: [0.5, 0.7, 2.5], origin: [10, 20, 0]))
            #expect(image.findings.isEmpty && image.gapsAfter.isEmpty)
        }
    }

    @Test("Coronal slices go along their own normal")
    func coronal() throws {
        let headers = (0..<3).map { header([0, Double($0) * 4, 0], row: [1, 0, 0], column: [0, 0, -1]) }
        let image = try #require(SliceStack.images(from: headers).first)
        // x × (−z) = y
        #expect(image.slices.map(\.position.y) == [0, 4, 8])
        #expect(image.geometry.direction.z == [0, 1, 0])
        let middle = image.geometry.position(of: [0, 0, 1])
        #expect(middle == [0, 4, 0])
    }

    @Test("A missing slice is a gap, not another spacing")
    func gap() throws {
        let image = try #require(SliceStack.images(from: [0, 3, 6, 12, 15, 24].map { header([0, 0, $0]) }).first)
        #expect(image.gapsAfter == [2, 4])
        #expect(image.geometry.spacing.z == 3)
        #expect(image.findings.count == 1)
        #expect(image.findings[0].severity == .warning)
        #expect(image.findings[0].text.contains("3 missing slices"), "\(image.findings)")
    }

    @Test("Uneven steps are reported with their ends")
    func uneven() throws {
        let image = try #require(SliceStack.images(from: [0, 2, 4, 7, 9].map { header([0, 0, $0]) }).first)
        #expect(image.gapsAfter.isEmpty)
        #expect(image.geometry.spacing.z == 2)
        #expect(image.findings.map(\.text) == ["uneven spacing between slices: 2.0 to 3.0 mm, median 2.0 mm"])
    }

    @Test("Positions rounded to two decimals do not add up to a shift")
    func rounding() throws {
        let positions = (0..<300).map { (Double($0) * 2 / 3 * 100).rounded() / 100 }
        let image = try #require(SliceStack.images(from: positions.map { header([0, 0, $0]) }).first)
        #expect(image.findings.isEmpty)
        #expect(abs(image.geometry.position(of: [0, 0, 299]).z - positions[299]) < 0.01)
    }

    @Test("Gantry tilt is measured and kept in the geometry")
    func tilt() throws {
        let shear = 3 * tan(12 * Double.pi / 180)
        let headers = (0..<10).map { header([0, shear * Double($0), 3 * Double($0)]) }
        let image = try #require(SliceStack.images(from: headers).first)
        #expect(
            image.findings == [Finding(.note, "gantry tilt: slices are stacked 12.0° away from their normal")])
        let last = image.geometry.position(of: [0, 0, 9])
        #expect(length(last - headers[9].plane!.position) < 1e-9)
        #expect(abs(image.geometry.spacing.z - 3 / cos(12 * Double.pi / 180)) < 1e-9)
    }

    @Test("Slices at one place whose pixels nobody can compare make an image that fails")
    func duplicates() throws {
        var headers = (0..<6).map { header([0, 0, Double($0)], instance: 10 + $0) }
        headers.append(header([0, 0, 2], instance: 3, uid: "again"))
        let image = try #require(SliceStack.images(from: headers).first)
        #expect(image.slices.count == 6)
        #expect(image.findings.map(\.severity) == [.failure])
        #expect(image.findings[0].text.hasPrefix("7 slices at 6 places"), "\(image.findings)")
    }

    @Test("Copies of files do not make a second image")
    func copies() throws {
        let headers = (0..<4).flatMap { z in
            ["/a/\(z)", "/b/\(z)"].map { header([0, 0, Double(z)], uid: "\(z)", path: $0) }
        }
        let images = SliceStack.images(from: headers)
        #expect(images.count == 1)
        #expect(images[0].slices.map(\.path) == (0..<4).map { "/a/\($0)" })
        #expect(images[0].findings.map(\.text) == ["4 copies of slices (same SOP Instance UID) left out"])
    }

    @Test("Places that repeat throughout are several images")
    func echoes() throws {
        let headers = (0..<5).flatMap { z in
            ["1", "2", "3"].map {
                header(
                    [0, 0, Double(z)],
                    separators: [.echoNumber: $0, .imageType: "ORIGINAL", .acquisitionTime: "\(z)\($0)"]
                )
            }
        }
        let images = SliceStack.images(from: headers)
        #expect(images.map(\.slices.count) == [5, 5, 5])
        #expect(images.allSatisfy { $0.findings.contains { $0.text.contains("Echo Numbers") } })
    }

    @Test("Two attributes together separate what neither does alone")
    func echoesAndTypes() throws {
        let headers = (0..<5).flatMap { z in
            ["1", "2"].flatMap { echo in
                ["M", "P"].map { header([0, 0, Double(z)], separators: [.echoNumber: echo, .imageType: $0]) }
            }
        }
        #expect(SliceStack.images(from: headers).map(\.slices.count) == [5, 5, 5, 5])
    }

    @Test("Stacks of a file are images, between each other or side by side; one even stack of two names stays whole")
    func stacks() throws {
        func stacks(_ first: [Double], _ second: [Double]) -> [Int] {
            let headers = [("1", first), ("2", second)].flatMap { name, heights in
                heights.map { header([0, 0, $0], separators: [.stackID: name]) }
            }
            return SliceStack.images(from: headers).map(\.slices.count)
        }
        #expect(stacks([0, 4, 8, 12], [1, 5, 9, 13]) == [4, 4])
        #expect(stacks([0, 4, 8, 12], [30, 34, 38]).sorted() == [3, 4])
        #expect(stacks([0, 4, 8, 12], [0, 4, 8, 12]) == [4, 4])
        #expect(stacks([0, 4, 8, 12], [16, 20, 24]) == [7])
    }

    @Test(
        "Parts of a concatenation that are not there are said, also where no file says how many there are",
        arguments: [
            ([1, 2, 3], nil, false), ([1, 3], nil, true), ([2, 3], nil, true), ([1, 2], 3, true), ([1, 2], 2, false),
        ]
            as [([Int], Int?, Bool)])
    func concatenation(_ parts: [Int], _ count: Int?, _ isIncomplete: Bool) {
        let headers = parts.map { part in
            var header = header([0, 0, 3 * Double(part)])
            header.concatenation = .init(uid: "1.2.3", part: part, partCount: count)
            return header
        }
        let findings = SliceStack.images(from: headers).flatMap(\.findings)
        #expect(findings.contains { $0.text.contains("(a concatenation)") } == isIncomplete, "\(findings)")
    }

    @Test("A localiser and slices of another direction are images of their own")
    func localiser() throws {
        var headers = (0..<4).map { header([0, 0, Double($0)]) }
        headers.append(header([0, 0, 1.5], uid: "scout", localiser: true))
        headers.append(header([0, 0, 9], uid: "sagittal", row: [0, 1, 0], column: [0, 0, -1]))
        #expect(SliceStack.images(from: headers).map(\.slices.count).sorted() == [1, 1, 4])
    }

    @Test("Images without a place stay apart; frames of one file stay together")
    func unplaced() throws {
        func frame(_ path: String, _ frame: Int, of count: Int) -> SliceHeader {
            SliceHeader(
                path: path,
                frame: frame,
                frameCount: count,
                sopInstanceUID: path,
                identity: ImageIdentity(),
                columns: 2,
                rows: 2,
                pixelSpacing: .one,
                plane: nil
            )
        }
        let headers = [frame("/b", 0, of: 1), frame("/a", 0, of: 1)] + (0..<3).map { frame("/c", $0, of: 3) }
        let images = SliceStack.images(from: headers)
        #expect(images.map(\.path) == ["/a", "/b", "/c"])
        #expect(images[2].slices.map(\.frame) == [0, 1, 2])
        #expect(
            images.allSatisfy { $0.patientPosition == .absent && $0.findings[0].text == "no position in the patient" })
        #expect(images.map(\.thirdAxis) == [.space, .space, .frames])
        #expect(images[2].findings.map(\.severity) == [.note, .warning])
        #expect(images[2].findings[1].text.hasPrefix("3 frames without positions"))
    }

    @Test("Patients and modalities that share their UIDs stay apart")
    func mixed() {
        let headers = (0..<8).map { k -> SliceHeader in
            var header = header([0, 0, Double(k)])
            header.identity.patientID = k < 4 ? "A" : "B"
            header.identity.modality = k % 2 == 0 ? "CT" : "PT"
            return header
        }
        #expect(SliceStack.images(from: headers).map(\.slices.count) == [2, 2, 2, 2])
    }

    @Test("Without a series UID the folder decides, and a warning says so")
    func noSeries() {
        let headers = ["/a", "/b"].flatMap { folder in
            (0..<3).map { k -> SliceHeader in
                var header = header([0, 0, Double(k)], uid: "\(folder)\(k)", path: "\(folder)/\(k)")
                header.identity.seriesUID = ""
                return header
            }
        }
        let images = SliceStack.images(from: headers)
        #expect(images.map(\.path) == ["/a", "/b"])
        #expect(images.allSatisfy { $0.slices.count == 3 && $0.findings.map(\.severity) == [.warning] })
    }

    @Test("One SOP Instance UID at several positions loses no slice")
    func sharedUID() throws {
        let image = try #require(SliceStack.images(from: (0..<4).map { header([0, 0, Double($0)], uid: "1") }).first)
        #expect(image.slices.count == 4)
        #expect(image.findings.map(\.severity) == [.warning])
        #expect(image.findings[0].text.hasPrefix("3 slices have the SOP Instance UID"), "\(image.findings)")
    }

    @Test("Orientations that drift slowly are one stack; a split series says why")
    func drift() {
        func turned(_ angle: Double, _ k: Int) -> SliceHeader {
            let (c, s) = (cos(angle), sin(angle))
            return header([0, 0, Double(k)], row: [c, s, 0], column: [-s, c, 0], path: "/a/\(k)")
        }
        #expect(SliceStack.images(from: (0..<6).map { turned(5e-4 * Double($0), $0) }).map(\.slices.count) == [6])
        let split = SliceStack.images(from: (0..<6).map { turned($0 < 3 ? 0 : 0.01, $0) })
        #expect(split.map(\.slices.count) == [3, 3])
        for image in split {
            #expect(image.findings.map(\.text) == ["the series is split into 2 images because orientations differ"])
        }
    }
}
