import Encoding
import Foundation

/// An inline SVG picture that grows element by element: no script, no network, colours by the page's CSS classes so that it
/// follows light or dark.
struct SVGPicture {
    /// The value of an attribute.
    struct Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
        fileprivate let text: String

        init(stringLiteral text: String) { self.text = text }
        init(integerLiteral number: Int) { text = String(number) }
        private init(_ text: String) { self.text = text }

        /// A position or a length, to a tenth of a pixel.
        static func at(_ number: Double) -> Value { Value(String(format: "%.1f", number)) }
    }

    private var body = ""

    /// Adds an element; attributes that are nil are left out.
    mutating func add(_ element: String, _ attributes: KeyValuePairs<String, Value?>, _ text: String? = nil) {
        body += "<\(element)"
        for (name, value) in attributes {
            if let value { body += " \(name)=\"\(Markup.escaped(value.text))\"" }
        }
        body += text.map { ">\(Markup.escaped($0))</\(element)>" } ?? "/>"
    }

    /// The whole picture; `label` is what it is called for people who do not see it.
    func svg(width: Value, height: Value, label: String, style: Value? = nil) -> String {
        let style = style.map { " style=\"\(Markup.escaped($0.text))\"" } ?? ""
        return
            "<svg\(style) viewBox=\"0 0 \(width.text) \(height.text)\" role=\"img\" aria-label=\"\(Markup.escaped(label))\">"
            + "\(body)</svg>"
    }
}
