import Evaluation
import TestSupport
import Testing

@Suite("tables of features and embeddings, joined and compared")
struct TableComparisonTests {
    private let layout = FeatureTableLayout(identityColumns: ["case", "patient", "status"], failedStatus: "failed")

    private func tables(
        _ folder: TemporaryFolder, _ features: String, _ embeddings: String, join: [String]? = nil
    ) throws -> JoinedTables {
        var source = ComparedTables(
            features: folder["f.csv"], embeddings: [folder["e.csv"]], layout: layout)
        source.join = join
        try features.write(toFile: source.features, atomically: true, encoding: .utf8)
        try embeddings.write(toFile: source.embeddings[0], atomically: true, encoding: .utf8)
        return try JoinedTables(source)
    }

    @Test("rows join by case; failed rows, text and rows without a partner are left out and said")
    func joined() throws {
        let joined = try tables(
            try TemporaryFolder(), "case,patient,status,a,word\nx,P1,ok,1,u\ny,P2,ok,2,v\nz,P3,failed,,\nw,P4,ok,3,v\n",
            "case,e\ny,20\nx,10\n")
        #expect(joined.names == ["x", "y"] && joined.patients == ["P1", "P2"] && joined.keyColumns == ["case"])
        #expect(joined.features.names == ["a"] && joined.features.columns == [[1, 2]])
        #expect(joined.views.map(\.columns) == [[[10, 20]]] && joined.views.map(\.title) == ["learned"])
        #expect(joined.notes.count == 3)
    }

    @Test("a key that is there twice, a column that is not there and tables without a common row are errors")
    func refused() throws {
        let folder = try TemporaryFolder()
        let features = "case,a\nx,1\n"
        for (embeddings, join, words) in [
            ("case,e\nx,1\nx,2\n", nil, "rows 1 and 2 both are x"), ("case,e\nz,1\n", nil, "share no case"),
            ("case,e\nx,1\n", ["roi"], "--join names 'roi'"), ("case,e\nx,1\n", [], "--join is empty"),
            ("case,e\nx,text\n", nil, "no column of numbers"),
        ] as [(String, [String]?, String)] {
            let error = #expect(throws: TableComparisonError.self) {
                try tables(folder, features, embeddings, join: join)
            }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
    }

    @Test(
        "labels: paths with other folders in front, patients of the rows that stay, folds of the table; doubt is an error"
    )
    func labels() throws {
        let folder = try TemporaryFolder()
        func joined(_ labels: String, images: [String] = ["x", "y", "z", "w"]) throws -> JoinedTables {
            var source = ComparedTables(features: folder["f.csv"], embeddings: [folder["e.csv"]], layout: layout)
            source.labels = folder["l.csv"]
            let rows = images.indices
            try ("case,image,a\n" + rows.map { "\(images[$0]),\(images[$0]).png,\($0)\n" }.joined())
                .write(toFile: source.features, atomically: true, encoding: .utf8)
            try ("case,e\n" + rows.map { "\(images[$0]),\($0 * $0)\n" }.joined())
                .write(toFile: source.embeddings[0], atomically: true, encoding: .utf8)
            try labels.write(toFile: folder["l.csv"], atomically: true, encoding: .utf8)
            return try JoinedTables(source)
        }
        let found = try joined(
            "image,label,patient,fold\nimages/x.png,a,P1,1\n./images/y.png,b,P1,1\nimages/z.png,a,P2,2\n")
        #expect(
            found.labels == ["a", "b", "a"] && found.patients == ["P1", "P1", "P2"] && found.folds == ["1", "1", "2"])
        // Rows name less than the tables.
        let short = try joined("image,label\nx.png,a\ny.png,b\n", images: ["in/x", "in/y"])
        #expect(short.labels == ["a", "b"] && short.folds == nil)
        for (labels, words) in [
            ("image,label\np/x.png,a\nq/x.png,b\n", "the row of 'x.png'"),
            ("image,label,patient,fold\nx,a,P1,1\ny,b,P1,2\n", "the fold of patient 'P1'"),
        ] {
            let error = #expect(throws: TableComparisonError.self) { try joined(labels) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        // One name that would be that of two images.
        let twice = #expect(throws: TableComparisonError.self) {
            try joined("image,label\nx.png,a\ny.png,b\n", images: ["p/x", "q/x", "y"])
        }
        #expect(twice?.description.contains("'p/x' and 'q/x'") == true, "\(String(describing: twice))")
        // What predictions call the rows is what the features call the images.
        #expect(found.names == ["x.png", "y.png", "z.png"])
        let faulty = try joined("image,label\nx.png,a\ny.png,\nz.png,b\n")
        #expect(faulty.labels == ["a", "b"] && faulty.notes.contains { $0.contains("row 2: y.png: label is empty") })
        // Another folder is another image.
        #expect(throws: TableComparisonError.self) { try joined("image,label\nq/x.png,a\n", images: ["p/x"]) }
        let part = try joined("image,label,fold\nx,a,1\ny,b,\n")
        #expect(part.folds == nil && part.notes.contains { $0.contains("the column fold") })
    }

    @Test("tiles and whole slices are views, and so are several tables; rows have to be in all of them")
    func views() throws {
        let folder = try TemporaryFolder()
        var source = ComparedTables(
            features: folder["f.csv"], embeddings: [folder["one.csv"], folder["two.csv"]], layout: layout)
        for (name, text) in [
            ("f.csv", "case,a\nx,1\ny,2\nz,3\n"), ("one.csv", "case,e\nx,1\ny,2\nz,3\n"),
            ("two.csv", "case,emb_tiles_0,emb_whole_0,emb_tiles_1\nx,1,2,3\nz,4,5,6\n"),
        ] { try text.write(toFile: folder[name], atomically: true, encoding: .utf8) }
        let both = try JoinedTables(source)
        #expect(both.cases == ["x", "z"])
        #expect(both.views.map(\.title) == ["learned_one", "learned_two_tiles", "learned_two_whole"])
        #expect(both.views.map(\.columns) == [[[1, 3]], [[1, 4], [3, 6]], [[2, 5]]])
        source.embeddings = [folder["two.csv"]]
        #expect(try JoinedTables(source).views.map(\.title) == ["learned_tiles", "learned_whole"])
        source.embeddings = [folder["one.csv"], folder["two.csv"]]
        try "case,e\ny,2\n".write(toFile: folder["one.csv"], atomically: true, encoding: .utf8)
        let error = #expect(throws: TableComparisonError.self) { try JoinedTables(source) }
        #expect(
            error?.description.contains("share no case that is in all of them") == true, "\(String(describing: error))")
    }

    @Test("two views and the features: the mean is that of three; with two patients nothing is tested")
    func joinedClassifiers() throws {
        let folder = try TemporaryFolder()
        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: folder[name], atomically: true, encoding: .utf8)
        }
        let rows = 0..<32
        func value(_ row: Int, _ factor: Int) -> Int { row * factor % 31 + (row % 2 == 0 ? 0 : 9) }
        try write("f.csv", "case,a\n" + rows.map { "c\($0),\(value($0, 7))\n" }.joined())
        try write(
            "e.csv",
            "case,emb_tiles_0,emb_whole_0\n" + rows.map { "c\($0),\(value($0, 11)),\(value($0, 17))\n" }.joined())
        func compare(patients: Int) throws -> TableComparison {
            try write(
                "l.csv",
                "case,label,patient\n"
                    + rows.map { "c\($0),\($0 % 2 == 0 ? "other" : "malignant"),P\($0 / 2 % patients)\n" }.joined())
            var source = ComparedTables(features: folder["f.csv"], embeddings: [folder["e.csv"]], layout: layout)
            source.labels = folder["l.csv"]
            var settings = TableComparisonSettings()
            settings.resamples = 100
            return try TableComparison(JoinedTables(source), settings: settings, jobs: 2)
        }
        let found = try compare(patients: 8)
        let classification = try #require(found.classification)
        let byName = Dictionary(uniqueKeysWithValues: classification.classifiers.map { ($0.name, $0.set) })
        #expect(
            classification.classifiers.map(\.name)
                == ["handcrafted", "learned_tiles", "learned_whole", "learned", "joined", "mean", "stacked", "blocks"])
        for row in rows {
            let three = try ["handcrafted", "learned_tiles", "learned_whole"].map { name in
                try #require(byName[name]).probabilities[row, 0]
            }
            #expect(abs(try #require(byName["mean"]).probabilities[row, 0] - three.reduce(0, +) / 3) < 1e-15)
            #expect(abs(try #require(byName["learned"]).probabilities[row, 0] - (three[1] + three[2]) / 2) < 1e-15)
        }
        #expect(classification.positive?.name == "malignant" && classification.positive?.reason == .name)
        #expect(found.text.contains("Positive is malignant (by its name; 16 of 32)"))
        #expect(found.csv.contains(",0.") && found.pairTable.rows.allSatisfy { $0[4] != "-" })
        // Two patients: neither in the terminal nor in a file.
        let two = try compare(patients: 2)
        #expect(two.pairTable.rows.allSatisfy { Array($0[3...]) == ["-", "-", "-"] }, "\(two.pairTable.rows)")
        #expect(two.text.contains("2 patients: fewer than 6") && !two.text.contains("< 0.0001"))
        let p = two.csv.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false)[7] }
        #expect(p.dropFirst().allSatisfy { $0.isEmpty })
    }

    @Test("an embedding that holds the feature tells it; the result does not depend on threads")
    func decoded() throws {
        let rows = 0..<24
        let joined = try tables(
            try TemporaryFolder(), "case,patient,a\n" + rows.map { "c\($0),P\($0),\($0 * 7 % 24)\n" }.joined(),
            "case,e\n" + rows.map { "c\($0),\(3 - 2 * ($0 * 7 % 24))\n" }.joined())
        var settings = TableComparisonSettings()
        settings.resamples = 100
        let one = try TableComparison(joined, settings: settings, jobs: 1)
        let two = try TableComparison(joined, settings: settings, jobs: 2)
        #expect((one.decoded[0].determination.value ?? 0) > 0.99 && one.classification == nil)
        #expect(one.csv == two.csv)
    }
}
