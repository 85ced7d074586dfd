import Foundation
import Testing

/// The tree keeps the order that Sources/README.md draws: who may import whom, how full a shelf may be, what stays thin.
@Suite("The house")
struct HouseTests {
    private let house: House

    init() throws { house = try House() }

    @Test("Every room of the tree stands in the map, and every room of the map in the tree")
    func mapIsComplete() {
        let inTree = Set(house.files.map(\.room))
        let inMap = Set(house.rooms.map(\.name))
        #expect(inTree.subtracting(inMap).sorted() == [], "rooms that Sources/README.md does not name")
        #expect(inMap.subtracting(inTree).sorted() == [], "rooms that Sources/README.md names and nobody built")
        for file in house.files {
            let wing = house.rooms.first { $0.name == file.room }?.wing
            #expect(
                wing == file.wing,
                "\(file.path) stands in \(file.wing), the map puts \(file.room) into \(wing ?? "none")")
        }
    }

    @Test("A room of the map imports rooms that stand above it")
    func arrowsPointDown() {
        for (index, room) in house.rooms.enumerated() {
            let above = Set(house.rooms[..<index].map(\.name))
            let upward = room.mayImport.filter { !above.contains($0) }
            #expect(upward == [], "\(room.name) may import \(upward) by the map, which do not stand above it")
        }
    }

    @Test("No file imports what its room may not")
    func importsFollowTheMap() {
        let roomNames = Set(house.rooms.map(\.name))
        let broken = house.files.flatMap { file -> [String] in
            let allowed = Set(house.rooms.first { $0.name == file.room }?.mayImport ?? [])
            return file.imports.filter { roomNames.contains($0) && !allowed.contains($0) }.map {
                "\(file.path) imports \($0), which \(file.room) may not"
            }
        }
        #expect(broken == [], "\(broken.joined(separator: "\n"))")
    }

    @Test("What the map allows is used: a room that no longer imports another says so")
    func mapAllowsNoMoreThanIsUsed() {
        for room in house.rooms where room.wing != "Doors" {
            let used = Set(house.files.filter { $0.room == room.name }.flatMap(\.imports))
            let unused = room.mayImport.filter { !used.contains($0) }
            #expect(
                unused == [],
                "\(room.name) does not import \(unused) any more; take them out of the map and Package.swift")
        }
    }

    @Test("ArgumentParser stays in the command, Foundation out of the texture core and the features")
    func packagesStayWhereTheyBelong() {
        for file in house.files {
            #expect(
                !file.imports.contains("ArgumentParser") || file.room == "weft",
                "\(file.path) imports ArgumentParser, which only the command may")
            #expect(
                !file.imports.contains("Foundation") || !["TextureCore", "Radiomics"].contains(file.room),
                "\(file.path) imports Foundation, which \(file.room) does without")
        }
    }

    @Test("A shelf holds at most 16 files")
    func shelvesAreNotFull() {
        let shelves = Dictionary(grouping: house.files) { ($0.path as NSString).deletingLastPathComponent }
        for (shelf, files) in shelves.sorted(by: { $0.key < $1.key }) {
            #expect(files.count <= 16, "\(shelf) holds \(files.count) files; give them shelves of their own")
        }
    }

    @Test("The command is thin: at most 300 lines for each of its subcommands, all in all")
    func commandIsThin() {
        let files = house.files.filter { $0.room == "weft" }
        let lines = files.map(\.lineCount).reduce(0, +)
        let commands = files.count { $0.path.hasSuffix("Command.swift") }
        #expect(commands >= 14)
        #expect(
            lines <= 300 * commands,
            "Sources/weft has \(lines) lines; what is not parse, call and print belongs to Workflows")
    }

    @Test("The project stands alone: no file of it names a folder outside, the tests' WEFT_SHARED aside")
    func projectStandsAlone() throws {
        let outside = try house.textFiles(
            under: ["Sources", "man", "samples", "README.md", "CHANGELOG.md", "Makefile", "Package.swift"]
        ).filter { try String(contentsOf: $0, encoding: .utf8).contains("../shared") }
        #expect(outside.map(\.path) == [])
    }
}

/// The source tree and its map.
private struct House {
    /// A row of the table in Sources/README.md.
    struct Room {
        var wing: String
        var name: String
        var mayImport: [String]
    }

    struct File {
        var wing: String
        var room: String
        /// From the package's root.
        var path: String
        var imports: [String]
        var lineCount: Int
    }

    private let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private(set) var rooms: [Room] = []
    private(set) var files: [File] = []

    init() throws {
        let map = try String(contentsOf: root.appendingPathComponent("Sources/README.md"), encoding: .utf8)
        rooms = map.split(separator: "\n").compactMap(Self.room)
        try #require(!rooms.isEmpty, "Sources/README.md has no table of rooms")
        for url in try textFiles(under: ["Sources"]) where url.pathExtension != "md" && url.pathExtension != "svg" {
            let path = String(url.path.dropFirst(root.path.count + 1))
            let parts = path.split(separator: "/").map(String.init)
            // The command is a wing and a room at once.
            let (wing, room) = parts[1] == "weft" ? ("weft", "weft") : (parts[1], parts[2])
            let text = try String(contentsOf: url, encoding: .utf8)
            files.append(
                File(
                    wing: wing, room: room, path: path,
                    imports: url.pathExtension == "swift" ? Self.imports(of: text) : [],
                    lineCount: text.utf8.count { $0 == UInt8(ascii: "\n") }))
        }
    }

    /// `| Wing | Room | what it holds | what it imports |`, both names in backquotes.
    private static func room(_ line: Substring) -> Room? {
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 4, cells[0].hasPrefix("`"), cells[1].hasPrefix("`") else { return nil }
        // What stands between backquotes.
        func names(_ cell: String) -> [String] {
            cell.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
        return Room(
            wing: cells[0].trimmingCharacters(in: ["`"]), name: cells[1].trimmingCharacters(in: ["`"]),
            mayImport: names(cells[3]))
    }

    private static let modifiers: Set<Substring> = [
        "internal", "package", "public", "private", "@_exported", "@testable",
    ]

    /// `import X`, `internal import X`, `import struct X.Y`: X.
    private static func imports(of text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword <= 1, line.first != " ",
                keyword == 0 || modifiers.contains(words[0])
            else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let rest = words.dropFirst(keyword + 1)
            guard let module = rest.first.map({ kinds.contains($0) ? rest.dropFirst().first : $0 }) else { return nil }
            return module?.split(separator: ".").first.map(String.init)
        }
    }

    func textFiles(under names: [String]) throws -> [URL] {
        try names.flatMap { name -> [URL] in
            let url = root.appendingPathComponent(name)
            let values = try url.resourceValues(forKeys: [.isDirectoryKey])
            guard values.isDirectory == true else { return [url] }
            let kinds: Set<String> = ["swift", "c", "cpp", "h", "inc", "modulemap", "md", "svg", "yaml", "1", "7"]
            let walk = FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil)
            return (walk?.allObjects as? [URL] ?? []).filter { kinds.contains($0.pathExtension) }.sorted {
                $0.path < $1.path
            }
        }
    }
}
