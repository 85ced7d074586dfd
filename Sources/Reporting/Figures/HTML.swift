import Encoding

/// What all pages that weft writes share: one file that needs nothing else, light or dark as the reader has it, and to be
/// printed.
public enum HTML {
    /// Text from outside as it may stand in a page or an attribute.
    public static func escaped(_ text: String) -> String {
        Markup.escaped(text)
    }

    /// A whole page; `body` is HTML, the title is text.
    public static func page(title: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title>
        <style>\(style)</style></head><body>
        \(body)
        </body></html>

        """
    }

    /// A table; cells are text. Numbers stand right, the first column left.
    public static func table(header: [String], rows: [[String]]) -> String {
        let head = header.map { "<th>\(escaped($0))</th>" }.joined()
        let body = rows.map { row in
            let cells = row.dropFirst().map { cell in
                // What is long is words, not a number.
                "<td\(cell.count > 26 ? " class=\"words\"" : "")>\(escaped(cell))</td>"
            }
            return "<tr><th>\(escaped(row.first ?? ""))</th>\(cells.joined())</tr>"
        }.joined(separator: "\n")
        return "<table class=\"figures\"><thead><tr>\(head)</tr></thead>\n<tbody>\(body)</tbody></table>"
    }

    public static let style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#68707a;--rule:#dfe3e8;--c1:#1f6feb;--c2:#0a7d4f;\
        --c3:#b35900;--c4:#8250df;--c5:#68707a}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--paper:#14171b;--soft:#9aa4af;--rule:#2c323a;--c1:#6cb0ff;\
        --c2:#4cc38a;--c3:#f0a35e;--c4:#c297ff;--c5:#9aa4af}}
        body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:44rem;margin:2rem auto;\
        padding:0 1rem}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
        table{border-collapse:collapse}th{text-align:left;font-weight:600;padding:.15rem 1rem .15rem 0;vertical-align:top}
        svg{width:100%;height:auto;margin:.5rem 0}svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
        svg .title{fill:var(--ink);font-weight:600}.grid{stroke:var(--rule)}.mark{stroke:var(--soft);stroke-dasharray:4 4}
        polyline{fill:none;stroke-width:1.6}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}\
        .c4{stroke:var(--c4)}.c5{stroke:var(--c5)}
        .d1{fill:var(--c1)}.d2{fill:var(--c2)}.d3{fill:var(--c3)}.d4{fill:var(--c4)}.d5{fill:var(--c5)}
        figure{margin:1rem 0}img{max-width:100%;height:auto;image-rendering:auto}figcaption{color:var(--soft);font-size:.85rem;\
        overflow-wrap:anywhere}
        pre{border:1px solid var(--rule);padding:.75rem;overflow-x:auto;font-size:.85rem}
        .figures{font-variant-numeric:tabular-nums;font-size:.9rem}.figures td{text-align:right;white-space:nowrap;padding:.15rem 0 .15rem 1rem}
        .figures{margin:.5rem 0 1rem}.figures td.words{text-align:left;white-space:normal;color:var(--soft)}
        .figures tr{border-bottom:1px solid var(--rule)}.figures thead th+th{text-align:right;padding:.15rem 0 .15rem 1rem}
        @media print{:root{--ink:#000;--paper:#fff;--soft:#444}body{max-width:none;margin:0}svg,table,figure{break-inside:avoid}}
        """
}
