/// The known word at the smallest edit distance, if that is small enough to be a slip.
package func nearestWord(to word: String, among known: [String]) -> String? {
    let best = known.min { editDistance($0, word) < editDistance($1, word) }
    return best.flatMap { editDistance($0, word) <= max(2, word.count / 3) ? $0 : nil }
}

/// Levenshtein's distance: letters to replace, insert or leave out; upper and lower case are alike.
package func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
    var row = Array(0...b.count)
    for i in a.indices {
        var diagonal = row[0]
        row[0] = i + 1
        for j in b.indices {
            let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
        }
    }
    return row[b.count]
}
