import Encoding
import Foundation
import Testing

@Suite struct JSONTests {
    @Test func anyTextIsAStringThatReadsBackTheSame() throws {
        for text in ["", "a\"b\\c/", "\"\u{301}", "\\\u{308}", "\u{0}\n\t\u{1f}\u{7f}", "直径 👩‍👩‍👧"] {
            let read = try JSONDecoder().decode([String].self, from: Data("[\(JSON.string(text))]".utf8))
            #expect(read.map { Array($0.utf8) } == [Array(text.utf8)])
        }
        #expect(JSON.string("\n\"\u{301}") == #""\u000a\"́""#)
    }

    @Test func membersKeepTheirOrderInBothLayouts() {
        for (layout, expected) in [
            (JSONObject.Layout.compact, #"{"b\"":"x","a":1,"whole":2,"part":0.1,"none":null,"raw":[1]}"#),
            (.spaced, #"{"b\"": "x", "a": 1, "whole": 2.0, "part": 0.1, "none": null, "raw": [1]}"#),
        ] {
            var object = JSONObject(layout)
            object.add("b\"", "x")
            object.add("a", 1)
            object.add("whole", 2.0)
            object.add("part", 0.1)
            object.add("none", Double.infinity)
            object.add("left out", ifPresent: nil)
            object.add("raw", json: "[1]")
            #expect(object.text == expected)
        }
    }

    @Test func numbersReadBackToTheLastBit() throws {
        let values: [Double] = [
            0.1, 1 / 3, .leastNonzeroMagnitude, .greatestFiniteMagnitude, -17, 1e15, 123_456_789_012_345, 1e22, -2.5e-7,
        ]
        for layout in [JSONObject.Layout.compact, .spaced] {
            var object = JSONObject(layout)
            for (k, value) in values.enumerated() { object.add("\(k)", value) }
            object.add("undefined", Double.nan)
            let read = try #require(JSON.numbers(of: object.text))
            #expect(values.indices.map { read["\($0)"] } == values)
            #expect(read.count == values.count)
        }
        #expect(JSON.numbers(of: #"{"epoch": 1, "lo"#) == nil)
    }

    @Test func wholeNumbersHaveNoPoint() {
        #expect(
            [0, -0.0, 3, -12, 999_999_999_999_999].map(\.shortestText) == ["0", "0", "3", "-12", "999999999999999"])
        #expect([1e17, 0.5, .infinity].map(\.shortestText) == ["1e+17", "0.5", "inf"])
    }

    @Test func aDocumentHasSortedKeysAndEndsItsLine() throws {
        let document = try JSON.document(["b": "/", "a": "\u{301}"], layout: [])
        #expect(String(decoding: document, as: UTF8.self) == "{\"a\":\"\u{301}\",\"b\":\"/\"}\n")
    }
}
