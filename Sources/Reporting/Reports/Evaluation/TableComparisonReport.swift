import Encoding
import Evaluation
import Figures
import Foundation
import Statistics

extension TableComparison {
    /// One page that needs nothing else.
    /// - Parameters:
    ///   - command: that asked for it.
    ///   - version: of weft.
    package func html(command: String, version: String) -> String {
        var body = "<h1>Handcrafted and learned texture</h1>\n"
        if let answer { body += "<p><strong>\(HTML.escaped(answer)).</strong></p>\n" }
        body += "<p>\(HTML.escaped(summary)).</p>\n"
        for note in notes { body += "<p><strong>Note:</strong> \(HTML.escaped(note))</p>\n" }
        body += """
            <h2>What the embedding knows of each feature</h2>
            <p>R² of a ridge regression from the embedding, judged on patients that it has not seen: 1 is all, 0 no more than \
            the mean, below 0 worse. Intervals hold 95 % of \(resamples) resamples of patients.</p>
            \(bars)
            <h2>How alike the two tables are</h2>
            <p>Linear centred kernel alignment of standardised columns: 1 for a rotation, 0 for nothing shared. The debiased value
            is the one to read when there are more columns than rows.</p>
            \(HTML.table(header: alignmentTable.header, rows: alignmentTable.rows))

            """
        if classification != nil {
            body += """
                <h2>The same classifier on each</h2>
                <p>Logistic regression, L2 penalty chosen inside each training part by the area under the ROC curve, whole patients \
                held out. Both tables together: <em>joined</em>, their columns side by side; <em>mean</em>, the mean of the \
                probabilities of each; <em>stacked</em>, a regression of their log-odds that is fitted on folds inside the training \
                part; <em>blocks</em>, the columns side by side with a penalty of its own for each table.</p>
                \(ReportStyle.scrolling(HTML.table(header: classifierTable.header, rows: classifierTable.rows)))
                \(smallNumbers.map { "<p>\(HTML.escaped($0))</p>" } ?? "")
                \(ReportStyle.scrolling(HTML.table(header: pairTable.header, rows: pairTable.rows)))
                \(curves?.svg ?? "")

                """
        }
        body += """
            <h2>How it was made</h2>
            <pre>\(HTML.escaped(command))</pre>
            <p>\(folds) folds by patient; penalties of the classifiers \(Self.list(CrossValidatedClassifier.penalties)) and of the \
            ridge regressions \(Self.list(Decodability.penalties)), per observation on standardised columns; \(resamples) resamples \
            of patients; seed \(seed). weft \(version).</p>

            """
        return HTML.page(title: "features and embeddings: weft compare", body: body)
    }

    private static func list(_ values: [Double]) -> String { values.map(shownBriefly).joined(separator: ", ") }

    /// One bar per feature with its interval as a line.
    private var bars: String {
        let bars = decoded.map { item in
            BarChart.Bar(
                item.feature, item.determination.value,
                interval: item.interval.interval.map { ($0.low, $0.high) })
        }
        return BarChart(label: "R² of each feature", bars: bars).svg
    }

    private var curves: CurvePlot? {
        guard let positive = classification?.positive?.name, let set = classifiers.first?.set,
            let number = set.classes.firstIndex(of: positive)
        else { return nil }
        // The two alone and what won of both together: more lines cannot be told apart.
        let joined = classifiers.filter { JoinedClassifiers.joinedNames.contains($0.name) }
        let best = joined.max {
            ($0.metrics[.auroc]?.statistic.value ?? 0) < ($1.metrics[.auroc]?.statistic.value ?? 0)
        }
        let drawn = classifiers.filter { ["handcrafted", "learned", best?.name].contains($0.name) }
        var curves = drawn.enumerated().map { index, classifier in
            Curve(
                name: "\(classifier.name) \(classifier.metrics[.auroc].map { shown($0.statistic) } ?? "")",
                colour: index + 1,
                points: classifier.set.scored(number).curve.map { ($0.falsePositiveRate, $0.truePositiveRate) })
        }
        curves.append(Curve(name: "chance", colour: 5, points: [(0, 0), (1, 1)], style: .dashes))
        return CurvePlot(
            title: "ROC: share of positives found (up)", curves: curves, axis: "share of negatives called positive",
            frame: .unitSquare)
    }
}
