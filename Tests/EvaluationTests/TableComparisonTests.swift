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
            features: folder["f.csv"], embeddings: folder["e.csv"], layout: layout)
        source.join = join
        try features.write(toFile: source.features, atomically: true, encoding: .utf8)
        try embeddings.write(toFile: source.embeddings, atomically: true, encoding: .utf8)
        return try JoinedTables(source)
    }

    @Test("rows join by case; failed rows, text and rows without a partner are left out and said")
    func joined() throws {
        let joined = try tables(
            try TemporaryFolder(), "case,patient,status,a,word\nx,P1,ok,1,u\ny,P2,ok,2,v\nz,P3,failed,,\nw,P4,ok,3,v\n",
            "case,e\ny,20\nx,10\n")
        #expect(joined.names == ["x", "y"] && joined.patients == ["P1", "P2"] && joined.keyColumns == ["case"])
        #expect(joined.features.names == ["a"] && joined.features.columns == [[1, 2]])
        #expect(joined.embeddings.columns == [[10, 20]])
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
            var source = ComparedTables(features: folder["f.csv"], embeddings: folder["e.csv"], layout: layout)
            source.labels = folder["l.csv"]
            let rows = images.indices
            try ("case,image,a\n" + rows.map { "\(images[$0]),\(images[$0]).png,\($0)\n" }.joined())
                .write(toFile: source.features, atomically: true, encoding: .utf8)
            try ("case,e\n" + rows.map { "\(images[$0]),\($0 * $0)\n" }.joined())
                .write(toFile: source.embeddings, atomically: true, encoding: .utf8)
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
            ("image,label\np/x.png,a\nq/x.png,b\n", "the row of 'x'"),
            ("image,label,patient,fold\nx,a,P1,1\ny,b,P1,2\n", "the fold of patient 'P1'"),
        ] {
            let error = #expect(throws: TableComparisonError.self) { try joined(labels) }
            #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        }
        // Another folder is another image.
        #expect(throws: TableComparisonError.self) { try joined("image,label\nq/x.png,a\n", images: ["p/x"]) }
        let part = try joined("image,label,fold\nx,a,1\ny,b,\n")
        #expect(part.folds == nil && part.notes.contains { $0.contains("the column fold") })
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
        #expect((one.decoded[0].determination.value ?? 0) > 0.99 && one.classifiers.isEmpty)
        #expect(one.csv == two.csv)
    }
}
