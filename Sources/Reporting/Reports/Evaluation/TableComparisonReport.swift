import Encoding
import Evaluation
import Figures
import Foundation
import Statistics

extension TableComparison {
    /// One page that needs nothing else.
    package var html: String {
        var body = "<h1>Handcrafted and learned texture</h1>\n<p>\(HTML.escaped(summary)).</p>\n"
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
        if !classifiers.isEmpty {
            body += """
                <h2>The same classifier on each</h2>
                \(answer.map { "<p><strong>\(HTML.escaped($0)).</strong></p>" } ?? "")
                <p>Logistic regression, L2 penalty chosen inside each training part by the area under the ROC curve, whole patients \
                held out; joined has the columns of both tables, mean the mean of the two probabilities\
                \(positive.map { "; positive: " + HTML.escaped($0) } ?? "").</p>
                \(HTML.table(header: classifierTable.header, rows: classifierTable.rows))
                \(HTML.table(header: pairTable.header, rows: pairTable.rows))
                \(curves?.svg ?? "")

                """
        }
        return HTML.page(title: "features and embeddings: weft compare", body: body)
    }

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
        guard let positive, let set = classifiers.first?.set, let number = set.classes.firstIndex(of: positive) else {
            return nil
        }
        var curves = classifiers.enumerated().map { index, classifier in
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
