import Encoding
import Evaluation
import Figures
import Reconstruction

extension PictureComparison {
    /// One page that needs nothing else.
    /// - Parameter version: of weft.
    package func html(version: String) throws -> String {
        let title = "Texture of reconstructions: \(compared.models.joined(separator: ", "))"
        var body = "<style>\(ReportStyle.pictures)</style>\n<h1>\(HTML.escaped(title))</h1>\n"
        if let answer { body += "<p><strong>\(HTML.escaped(answer))</strong></p>\n" }
        body += "<p>\(HTML.escaped(summary)).</p>\n"
        for note in notes { body += "<p><strong>Note:</strong> \(HTML.escaped(note))</p>\n" }
        body += distanceSection + mainSection + pathSection + scopeSection
        body += try pictureSection()
        body += settingsSection(version)
        return HTML.page(title: "\(title): weft compare", body: body)
    }

    private func shownTable(_ table: PlainTable) -> String {
        ReportStyle.scrolling(HTML.table(header: table.header, rows: table.rows))
    }

    // MARK: Figures

    private var distanceSection: String {
        let scope = texture.masksAreKnown ? "masked patches" : "all patches"
        return """
            <h2>Distances</h2>
            <p>Means over pictures, \(scope) unless said; 0 is a perfect reconstruction. <em>Mean grey</em> is no network but one grey \
            in place of the patches, the mean of \(texture.masksAreKnown ? "those that are visible" : "the picture"): what a network \
            has to beat. Intervals hold 95 % of \(resamples) resamples of \(texture.unit.rawValue).</p>
            \(shownTable(distanceTable))
            """
    }

    private var mainSection: String {
        let rows = rows(mainView)
        var section = """
            <h2>Which texture is lost</h2>
            <p>Relative error of each Haralick feature, \(HTML.escaped(Self.words(mainView))). Boxes: middle \
            half of the pictures, line: median, whiskers: 5 % and 95 %.</p>
            <div class="scroll" tabindex="0">\(boxes(rows))</div>

            """
        if let bound = smallNumbers { section += "<p>\(HTML.escaped(bound))</p>\n" }
        let tests =
            texture.modelCount > 1
            ? "; then how much less (−) or more the mean error is"
                + (smallNumbers == nil ? ", with Wilcoxon's signed ranks over \(texture.unit.rawValue)" : "")
            : ""
        section += """
            <p>In numbers: the median over pictures with its quartiles\(HTML.escaped(tests)).</p>
            \(shownTable(table(rows, Self.features.map(\.title), median: true)))
            """
        return section
    }

    private func boxes(_ rows: [TextureComparison.Row]) -> String {
        BoxPlot(
            title: "Relative error of features", axis: "relative error (logarithmic)", series: compared.models,
            groups: zip(Self.features, rows).map { feature, row in
                let boxes = row.models.map { model -> BoxPlot.Box? in
                    let quantiles = [0.05, 0.25, 0.5, 0.75, 0.95].compactMap { model.quantile($0) }
                    return quantiles.count == 5 ? BoxPlot.Box(quantiles) : nil
                }
                return (feature.title, boxes)
            }
        ).svg
    }

    /// The exact path beside the differentiable one, patch by patch.
    private var pathSection: String {
        let scope = mainView.scope
        let (exact, soft) = (rows(TextureView(.patch, scope, .exact)), rows(TextureView(.patch, scope, .soft)))
        var table = PlainTable([""] + compared.models.flatMap { ["\($0), exact", "\($0), soft"] })
        table.rows = Self.features.indices.map { feature in
            [Self.features[feature].title]
                + compared.models.indices.flatMap { model in
                    [exact, soft].map { rows in rows[feature].models[model].quantile(0.5).map { shown($0) } ?? "-" }
                }
        }
        let verdicts = [
            verdict(TextureView(.patch, scope, .exact)).map { "Exact: \($0)" },
            verdict(TextureView(.patch, scope, .soft)).map { "Soft: \($0)" },
        ].compactMap { $0 }
        return """
            <h2>The exact path and the one that trained</h2>
            <p>The same relative error patch by patch (a matrix for each, mean over the \
            \(scope == .masked ? "masked " : "")patches of a picture, median over pictures): by exact counts, and by the \
            differentiable counts that a texture loss sees, over the same \(texture.measurement.bins) levels, L = \
            \(shown(texture.measurement.sharpness)).</p>
            \(verdicts.map { "<p>\(HTML.escaped($0))</p>" }.joined(separator: "\n"))
            \(shownTable(table))
            """
    }

    /// What was hidden apart from what was not.
    private var scopeSection: String {
        guard texture.masksAreKnown else { return "" }
        let scopes = TextureView.Scope.allCases
        let rows = scopes.map { self.rows(TextureView(.image, $0, .exact)) }
        let names = ["masked", "visible", "pasted"]
        var table = PlainTable([""] + compared.models.flatMap { model in names.map { "\(model), \($0)" } })
        table.rows = Self.features.indices.map { feature in
            [Self.features[feature].title]
                + compared.models.indices.flatMap { model in
                    rows.map { $0[feature].models[model].quantile(0.5).map { shown($0) } ?? "-" }
                }
        }
        return """
            <h2>Masked, visible, pasted</h2>
            <p>Median relative error by exact counts, one matrix a picture: of the masked patches; of the visible ones, where \
            nothing asked the network to be right; of the whole picture with the reconstruction pasted into the masked \
            patches.</p>
            \(shownTable(table))
            """
    }

    // MARK: Pictures

    private func pictureSection() throws -> String {
        let order = texture.worstFirst
        let count = order.count
        func some(_ places: [Int]) -> [Int] { Set(places.filter(order.indices.contains)).sorted() }
        let shownPlaces: [(String, [Int])] = [
            ("worst", some([0, 1, 2])), ("median", some(count > 6 ? [(count - 1) / 2] : [])),
            ("best", some([count - 3, count - 2, count - 1].filter { $0 > 2 })),
        ]
        var section = """
            <h2>Pictures from worst to best</h2>
            <p>By the mean relative error of all features and models, \(HTML.escaped(Self.words(mainView))). Beside each \
            picture its exact co-occurrence matrices there (first grey level downwards, second to the right; the brighter the \
            more frequent, logarithmic, one scale for all of a picture).</p>

            """
        for (word, places) in shownPlaces {
            for place in places {
                section += try figures(order[place], "\(word): \(place + 1) of \(count)")
            }
        }
        var table = PlainTable(["", "picture", "mean error"] + compared.models.map { "GLCM distance, \($0)" })
        let most = 200
        table.rows = order.prefix(most).enumerated().map { place, picture in
            [
                "\(place + 1)", compared.pictures[picture].name,
                texture.disorder(ofPicture: picture).map { shown($0) } ?? "-",
            ]
                + texture.distances.map { $0[picture].map { shown($0.cooccurrence) } ?? "-" }
        }
        let rest = count > most ? " (the first \(most) of \(count); the table has all)" : ""
        section += "<details><summary>All pictures in this order\(rest)</summary>\(shownTable(table))</details>\n"
        return section
    }

    private func figures(_ number: Int, _ word: String) throws -> String {
        let picture = compared.pictures[number]
        let grid = picture.grid
        func shot(_ shown: PictureRow.Picture) throws -> String {
            let uri = try InlinePicture.source(
                rgb: PictureRow.samples(shown), width: grid.width, height: grid.height)
            return ReportStyle.figure(uri, grid.width, grid.height, shown.label)
        }
        func eightBits(_ pixels: [UInt16]) -> [UInt8] { pixels.map { UInt8((Int($0) + 128) / 257) } }
        var shots = try shot(.init("original", grey: eightBits(picture.original)))
        if let visible = picture.visible {
            let hidden = grid.pixels(of: visible).map { !$0 }
            shots += try shot(.init("visible", grey: eightBits(picture.original), hidden: hidden))
        }
        for (model, name) in compared.models.enumerated() {
            shots += try shot(.init(name, grey: eightBits(picture.reconstructions[model])))
            if picture.visible != nil {
                shots += try shot(.init("\(name), pasted", grey: eightBits(picture.pasted(model))))
            }
        }
        let errors = compared.models.indices.map { model -> String in
            let own = (texture.figures[mainView]?[model][number] ?? []).compactMap { $0?.error }
            return "\(compared.models[model]) \(own.isEmpty ? "-" : shown(own.reduce(0, +) / Double(own.count)))"
        }
        return """
            <h3>\(HTML.escaped("\(picture.name) (\(word))"))</h3>
            <p>Mean relative error: \(HTML.escaped(errors.joined(separator: ", ")))</p>
            <div class="shots">\(shots)</div>
            <div class="shots">\(try matrices(picture))</div>

            """
    }

    private func matrices(_ picture: ReconstructedPicture) throws -> String {
        let inside = picture.masked.map { picture.grid.pixels(of: $0) }
        let versions = [("original", picture.original)] + zip(compared.models, picture.reconstructions).map { ($0, $1) }
        let side = texture.measurement.bins
        let shares = versions.map { version -> [[Double]] in
            let matrix = texture.measurement.matrix(version.1, width: picture.grid.width, inside: inside)
            return matrix.shares(of: side)
        }
        let cells = shares.joined().joined()
        let most = cells.max() ?? 1
        let least = cells.filter { $0 > 0 }.min().map { $0 / 2 } ?? 1e-6
        let zoom = max(1, 144 / side)
        return try zip(versions, shares).map { version, shares in
            let uri = try InlinePicture.source(
                rgb: MatrixPicture.samples(shares, zoom: zoom, least: least, most: most), width: side * zoom,
                height: side * zoom)
            return ReportStyle.figure(uri, side * zoom, side * zoom, "GLCM, \(version.0)")
        }.joined()
    }

    // MARK: How it was made

    private func settingsSection(_ version: String) -> String {
        let offsets = TextureMeasurement.offsets.map { "(\($0.x),\($0.y))" }.joined(separator: " ")
        return """
            <h2>How it was made</h2>
            <pre>\(HTML.escaped(command))</pre>
            <p>\(HTML.escaped(compared.about)).</p>
            <p>Grey values 0…1 fall into \(texture.measurement.bins) equal levels in every picture. Pairs at the offsets \
            \(HTML.escaped(offsets)) are counted both ways into one matrix (IBSI: 2D, merged); both pixels of a pair lie in the \
            scope. Relative error of a feature: |f<sub>r</sub> − f<sub>o</sub>| / (|f<sub>o</sub>| + s), where s is 1.4826 times \
            the median absolute deviation of the feature over the originals. A patch or picture in which a feature is undefined \
            takes no part in it. What a network predicts beyond black and white is clipped.</p>
            <p>Wilcoxon's signed ranks compare means by \(texture.unit == .patients ? "patient" : "case"), of \
            \(TextureComparison.fewestUnits) or more; Holm's correction is over the rows of a table. Intervals resample \
            \(texture.unit.rawValue) (\(resamples), seed \(seed)). weft \(version).</p>

            """
    }
}
