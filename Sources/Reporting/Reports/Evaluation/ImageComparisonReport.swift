import Encoding
import Evaluation
import Figures

extension ImageComparison {
    /// One page that needs nothing else; it opens with the answer.
    /// - Parameter version: of weft.
    package func html(version: String) throws -> String {
        let title = "Texture of \(compared.names[0]) and \(compared.names[1])"
        var body = "<style>\(ReportStyle.pictures)</style>\n<h1>\(HTML.escaped(title))</h1>\n"
        body += answers.map { "<p><strong>\(HTML.escaped($0))</strong></p>\n" }.joined()
        body += "<p>\(HTML.escaped(summary))</p>\n"
        for warning in compared.warnings {
            body += "<p><strong>Warning:</strong> \(HTML.escaped(warning))</p>\n"
        }
        for bound in smallNumbers { body += "<p>\(HTML.escaped(bound))</p>\n" }
        for note in compared.notes { body += "<p>Note: \(HTML.escaped(note))</p>\n" }
        body += failureSection + regions.map(section).joined() + intensitySection
        body += try pictureSection()
        body += settingsSection(version)
        return HTML.page(title: "\(title): weft compare", body: body)
    }

    private var first: String { compared.names[0] }
    private var second: String { compared.names[1] }

    // MARK: Figures

    private var failureSection: String {
        guard !compared.failures.isEmpty else { return "" }
        let rows = compared.failures.prefix(200).map { [$0.name, $0.region, $0.reason] }
        return """
            <h2>Not compared: \(compared.failures.count)</h2>
            \(ReportStyle.scrolling(HTML.table(header: ["image", "region", "why"], rows: Array(rows))))
            """
    }

    private func section(_ region: RegionComparison) -> String {
        let chart = DifferenceChart(
            title: "Difference of each feature, second minus first",
            sides: ("lower in \(second)", "higher in \(second)"),
            rows: zip(PictureComparison.features, region.rows).map { DifferenceChart.Row($0.title, $1.relative) })
        var words =
            "The picture shows each difference over the mean of the two sizes, so that features of different size stand "
        words += "side by side."
        if region.unitCount > 1 {
            words += " A dot is one of the \(region.countOfUnits), the bar ends at their median."
        }
        var figures = "In numbers: the difference is \(second) minus \(first), + is higher in \(second)."
        if region.unitCount >= TextureComparison.fewestUnits {
            figures +=
                " The interval holds 95 % of \(resamples) resamples of the \(region.unit.rawValue), of the median difference. "
            figures +=
                "p is Wilcoxon's signed ranks over \(region.countOfUnits), two-sided; then with Holm's correction over the "
            figures += "\(region.testedRows) rows."
        } else if region.unitCount > 1 {
            figures += " Beside it the smallest and the largest difference."
        }
        let table = region.table
        return """
            <h2>\(HTML.escaped(region.region.isEmpty ? "Feature by feature" : "\(region.region), feature by feature"))</h2>
            <p>\(HTML.escaped(words))</p>
            <div class="scroll" tabindex="0">\(chart.svg)</div>
            <p>\(HTML.escaped(figures))</p>
            \(ReportStyle.scrolling(HTML.table(header: table.header, rows: table.rows)))
            """
    }

    private var intensitySection: String {
        let table = intensityTable
        var section = """
            <h2>The values themselves</h2>
            <p>Mean and standard deviation before grey levels are made; cut: the share that lies beyond the window, of \
            \(HTML.escaped(first)) / of \(HTML.escaped(second)).</p>
            \(ReportStyle.scrolling(HTML.table(header: table.header, rows: table.rows)))
            """
        let voxels = compared.pairs.filter { $0.voxels != nil }
        guard !voxels.isEmpty else { return section }
        var distances = PlainTable([
            "voxel by voxel", "root mean square difference\(compared.unit.isEmpty ? "" : ", " + compared.unit)",
            "changed voxels",
            "SSIM",
        ])
        distances.rows = voxels.prefix(20).compactMap { pair in
            pair.voxels.map { found in
                [
                    pair.title, shownBriefly(found.rootMeanSquare), "\(found.changed) of \(found.voxels)",
                    found.similarity.map(shown) ?? "-",
                ]
            }
        }
        section += ReportStyle.scrolling(HTML.table(header: distances.header, rows: distances.rows))
        return section
    }

    // MARK: Pictures

    /// The pairs that differ most, at most four of them.
    private func pictureSection() throws -> String {
        let order = compared.pairs.indices.sorted { (difference($1), $0) < (difference($0), $1) }
        let which = order.count > 4 ? "The four pairs that differ most" : "Each pair"
        var section = """
            <h2>Pictures</h2>
            <p>\(which): the slice with most of the region, black and white are the ends of the window; where voxels can be compared, \
            their difference (blue: higher in \(HTML.escaped(second)), brown: lower). Below, the co-occurrence matrices: first \
            grey level downwards, second to the right; the brighter the more frequent, logarithmic, one scale for a pair.</p>

            """
        for number in order.prefix(4) { section += try figures(compared.pairs[number]) }
        return section
    }

    /// Mean over features of the difference over the mean of both sizes.
    private func difference(_ number: Int) -> Double {
        let pair = compared.pairs[number]
        let shares = zip(pair.first.features, pair.second.features).compactMap { a, b -> Double? in
            guard let a, let b, abs(a) + abs(b) > 0 else { return nil }
            return 2 * abs(b - a) / (abs(a) + abs(b))
        }
        return shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
    }

    private func figures(_ pair: ComparedImages.Pair) throws -> String {
        let (a, b) = (pair.first.view, pair.second.view)
        var shots = try shot(a, first) + shot(b, second)
        if pair.voxels != nil, a.width == b.width, a.height == b.height, a.slice == b.slice {
            let samples = zip(zip(a.grey, b.grey), a.inside).flatMap { greys, isInside in
                Self.colour(isInside ? Int(greys.1) - Int(greys.0) : 0)
            }
            let source = try InlinePicture.source(rgb: samples, width: a.width, height: a.height)
            shots += ReportStyle.figure(source, a.width, a.height, "\(second) minus \(first)")
        }
        return """
            <h3>\(HTML.escaped(pair.title))</h3>
            \(pair.warnings.isEmpty ? "" : "<p>\(HTML.escaped(pair.warnings.joined(separator: "; ")))</p>")
            <div class="shots">\(shots)</div>
            <div class="shots">\(try matrices(pair))</div>

            """
    }

    private func shot(_ view: MeasuredImage.SliceView, _ name: String) throws -> String {
        let hidden = view.inside.allSatisfy { $0 } ? nil : view.inside.map { !$0 }
        let samples = PictureRow.samples(.init(name, grey: view.grey, hidden: hidden))
        let source = try InlinePicture.source(rgb: samples, width: view.width, height: view.height)
        return ReportStyle.figure(source, view.width, view.height, "\(name), slice \(view.slice)")
    }

    /// Blue above 0, brown below, white at it; 255 is the whole window.
    private static func colour(_ difference: Int) -> [UInt8] {
        // The root lets small differences be seen.
        let share = (Double(abs(difference)) / 255).squareRoot()
        let end: [Double] = difference > 0 ? [31, 111, 235] : [179, 89, 0]
        return end.map { UInt8(245 + ($0 - 245) * share) }
    }

    private func matrices(_ pair: ComparedImages.Pair) throws -> String {
        let cells = (pair.first.shares + pair.second.shares).joined().filter { $0 > 0 }
        let (most, least) = (cells.max() ?? 1, cells.min().map { $0 / 2 } ?? 1e-6)
        let side = compared.bins
        let zoom = max(1, 144 / side)
        return try zip(compared.names, [pair.first.shares, pair.second.shares]).map { name, shares in
            let samples = MatrixPicture.samples(shares, zoom: zoom, least: least, most: most)
            let source = try InlinePicture.source(rgb: samples, width: side * zoom, height: side * zoom)
            return ReportStyle.figure(source, side * zoom, side * zoom, "co-occurrence, \(name)")
        }.joined()
    }

    // MARK: How it was made

    private func settingsSection(_ version: String) -> String {
        let offsets = TextureMeasurement.offsets.map { "(\($0.x),\($0.y))" }.joined(separator: " ")
        let sides = compared.about.map { "<li>\(HTML.escaped($0))</li>" }.joined()
        let isResampled = regions.contains { $0.unitCount >= TextureComparison.fewestUnits }
        let unit = regions[0].unit
        let test = isResampled ? "Intervals resample \(unit.rawValue) (\(resamples), seed \(seed))." : ""
        return """
            <h2>How it was made</h2>
            <pre>\(HTML.escaped(command))</pre>
            <ul>\(sides)</ul>
            <p>Grey levels: \(HTML.escaped(windowWords)). Pairs of neighbours at the offsets \(HTML.escaped(offsets)) (columns, \
            rows) are counted both ways within each slice, into one matrix over all slices of a region (IBSI: 2.5D, merged; of one \
            slice 2D, merged; distance 1); both voxels of a pair lie in the region. A pair in which a feature is undefined takes no \
            part in its row.\(unit == .patients ? " Images of a patient are averaged first." : "") \
            \(test) weft \(version).</p>

            """
    }
}

/// What pages with rows of small pictures share.
enum ReportStyle {
    static let pictures = """
        body{max-width:62rem}body>p{max-width:46rem}.scroll{overflow-x:auto}.scroll svg{min-width:34rem;max-width:48rem}\
        .scroll th:first-child{min-width:8.5rem;hyphens:auto}.figures{font-size:.85rem}\
        .shots{display:flex;flex-wrap:wrap;gap:.6rem;margin:.5rem 0}\
        .shots figure{margin:0;flex:0 1 9rem}.shots img{width:100%;image-rendering:pixelated;display:block}\
        h3{font-size:1rem;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}details{margin:.75rem 0}\
        summary{cursor:pointer}pre{white-space:pre-wrap;overflow-wrap:anywhere}
        @media print{.shots{break-inside:avoid}.scroll{overflow:visible}.figures{font-size:.65rem}\
        .figures td,.figures thead th+th{padding-left:.4rem}}
        """

    static func scrolling(_ table: String) -> String { "<div class=\"scroll\" tabindex=\"0\">\(table)</div>\n" }

    static func figure(_ source: String, _ width: Int, _ height: Int, _ label: String) -> String {
        "<figure><img width=\"\(width)\" height=\"\(height)\" alt=\"\(HTML.escaped(label))\" src=\"\(source)\">"
            + "<figcaption>\(HTML.escaped(label))</figcaption></figure>"
    }
}
