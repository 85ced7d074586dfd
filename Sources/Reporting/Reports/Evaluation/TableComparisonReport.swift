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
                <p>Logistic regression, L2 penalty chosen inside each training part, whole patients held out\
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
        let (left, right, step) = (230.0, 60.0, 18.0)
        let span = 640 - left - right
        func x(_ value: Double) -> String { String(format: "%.1f", left + span * min(1, max(0, value))) }
        var body = ""
        for tick in [0, 0.25, 0.5, 0.75, 1] {
            body +=
                "<line class=\"grid\" x1=\"\(x(tick))\" x2=\"\(x(tick))\" y1=\"16\" y2=\"\(20 + step * Double(decoded.count))\"/>"
            body += "<text text-anchor=\"middle\" x=\"\(x(tick))\" y=\"12\">\(tick)</text>"
        }
        for (place, item) in decoded.enumerated() {
            let y = 20 + step * Double(place)
            body += "<text text-anchor=\"end\" x=\"\(left - 8)\" y=\"\(y + 12)\">\(HTML.escaped(item.feature))</text>"
            let value = item.determination.value ?? 0
            let width = String(format: "%.1f", span * min(1, max(0, value)))
            body +=
                "<rect class=\"d1\" opacity=\"0.55\" x=\"\(left)\" y=\"\(y + 2)\" width=\"\(width)\" height=\"\(step - 5)\"/>"
            if let interval = item.interval.interval, interval.high > 0 {
                let middle = String(format: "%.1f", y + step / 2)
                body +=
                    "<line stroke=\"var(--ink)\" x1=\"\(x(interval.low))\" x2=\"\(x(interval.high))\" y1=\"\(middle)\" y2=\"\(middle)\"/>"
            }
            body +=
                "<text x=\"\(640 - right + 8)\" y=\"\(y + 12)\">\(item.determination.value.map { String(format: "%.2f", $0) } ?? "-")</text>"
        }
        let height = 26 + step * Double(decoded.count)
        return "<svg viewBox=\"0 0 640 \(height)\" role=\"img\" aria-label=\"R² of each feature\">\(body)</svg>"
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
