import SettingsFile
import Testing

/// Settings with a key of every sort.
private struct Kitchen: KeyedSettings, Equatable {
    enum Heat: String, CaseIterable, Sendable { case low, high }

    var heat = Heat.low
    var minutes = 10.0
    var names: [String] = []
    /// Nil: the oven stays off.
    var oven: Double?
    var fan: Int?
    var portions = 4
    var isFast = false
    var salt = Salt()

    struct Salt: Equatable { var grams: Double? }

    /// Two keys make one amount.
    struct SaltDraft: Sendable {
        var spoons: Double?
        var gramsPerSpoon = 5.0
    }

    static let keys: [SettingsKey<Kitchen>] = [
        .choice("heat", \.heat, .named("heat", help: "How hot.")),
        .number("minutes", \.minutes, .absent("a test has no options"), "minutes above 0") { $0 > 0 },
        .texts("names", \.names, .absent("a test has no options")),
        .section(
            "oven",
            [
                SettingsKey("degrees", \.oven, SettingsValue.number.orNull, .named("oven", help: "Degrees Celsius."))
                    .required.written { $0.oven != nil },
                SettingsKey("fan", \.fan, SettingsValue.integer.orNull, .absent("rare"))
                    .written { $0.fan != nil }
                    .refused("a hot oven has no fan") { ($0.oven ?? 0) > 250 },
            ], words: [SettingsWord("off", choose: { $0.oven = nil }, isChosen: { $0.oven == nil })]),
        .section("for", [.integer("portions", \.portions, .absent("rare"))]),
        .section(
            "salt",
            drafting: [
                SettingsKey("spoons", \.spoons, SettingsValue.number.orNull, .absent("rare")),
                .number("gramsPerSpoon", \.gramsPerSpoon, .absent("rare"), "grams from 1") { $0 >= 1 },
            ], from: { SaltDraft() },
            finish: { draft, kitchen in kitchen.salt.grams = draft.spoons.map { $0 * draft.gramsPerSpoon } },
            drafted: { $0.salt.grams.map { SaltDraft(spoons: $0 / 5) } }),
    ]

    func validate() throws(SettingsError) {
        try checkValues()
        if heat == .high, minutes > 60 { throw .conflict("an hour of high heat burns everything") }
    }
}

@Suite("Settings by a list of keys")
struct KeyedSettingsTests {
    @Test(
        "What is written is read back as the same settings, in both layouts",
        arguments: [
            "{}", "heat: high", "minutes: 0.1", "names: [\"a \\\"b\\\"\", \"no\"]", "oven: off",
            "oven: {degrees: 180, fan: 2}",
            "for: {portions: 1}", "salt: {gramsPerSpoon: 4, spoons: 2.5}", "salt: {spoons: ~}",
        ])
    func roundTrip(_ yaml: String) throws {
        let kitchen = try Kitchen(yaml: yaml)
        #expect(try Kitchen(yaml: kitchen.written(as: .lines)) == kitchen)
        #expect(try Kitchen(yaml: kitchen.written(as: .sections)) == kitchen)
    }

    @Test("The layouts: a line per key of the top level, or sections with their keys indented")
    func layouts() throws {
        let kitchen = try Kitchen(yaml: "{oven: {degrees: 180}, names: [soup]}")
        #expect(
            kitchen.written(as: .lines) == """
                heat: low
                minutes: 10.0
                names: ["soup"]
                oven: {degrees: 180.0}
                for: {portions: 4}

                """)
        #expect(
            kitchen.written(as: .sections) == """
                heat: low
                minutes: 10.0
                names: ["soup"]
                oven:
                  degrees: 180.0
                for:
                  portions: 4

                """)
        #expect(Kitchen().written(as: .lines).contains("oven: off\n"))
    }

    @Test(
        "An error names the key, what was found and what was expected",
        arguments: [
            ("heet: low", "unknown key 'heet' at the top level; did you mean 'heat'?"),
            (
                "colour: red",
                "unknown key 'colour' at the top level, expected one of heat, minutes, names, oven, for, salt"
            ),
            ("oven: {degree: 3}", "unknown key 'degree' under oven; did you mean 'degrees'?"),
            ("portions: 3", "unknown key 'portions' at the top level; its place is 'for.portions'"),
            ("salt: {fan: 3}", "unknown key 'fan' under salt; its place is 'oven.fan'"),
            ("oven.fan: 3", "unknown key 'oven.fan' at the top level; its place is 'oven: {fan: …}'"),
            ("gramsPerSpon: 3", "unknown key 'gramsPerSpon' at the top level; its place is 'salt.gramsPerSpoon'"),
            ("heat: hot", "heat: found 'hot', expected one of low, high"),
            ("minutes: 0", "minutes: found 0.0, expected minutes above 0"),
            ("minutes: soon", "minutes: found 'soon', expected a number"),
            ("minutes: .inf", "minutes: found .inf, expected minutes above 0"),
            ("names: {a: b}", "names: found a list or a group of keys, expected a text"),
            ("oven: {fan: 1}", "oven.degrees: found nothing, expected a number"),
            ("oven: on", "oven: found 'on', expected off, or keys of degrees, fan"),
            ("oven: {fan: 1, degrees: 300}", "oven.fan: a hot oven has no fan"),
            ("for: {portions: 2.5}", "for.portions: found '2.5', expected a whole number"),
            ("salt: {gramsPerSpoon: 0}", "salt.gramsPerSpoon: found 0.0, expected grams from 1"),
            ("{heat: high, minutes: 90}", "an hour of high heat burns everything"),
            ("soup", "at the top level: found 'soup', expected keys of heat, minutes, names, oven, for, salt"),
            ("{heat: [", "not readable as YAML"),
        ])
    func errors(_ yaml: String, _ message: String) {
        let error = #expect(throws: SettingsError.self) { try Kitchen(yaml: yaml) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "accepted")")
    }

    @Test("The list says of every key what it does, its type, its usual value and whether it has to be given")
    func meanings() throws {
        let entries = Kitchen.entries
        func entry(_ path: String) throws -> SettingsEntry { try #require(entries.first { $0.path == path }) }
        #expect(try entry("heat").usual == "low" && entry("heat").meaning == "How hot.")
        #expect(try entry("minutes").type == "number" && entry("minutes").usual == "10.0")
        #expect(try entry("minutes").meaning.isEmpty && entry("names").usual == "[]")
        #expect(try entry("oven").usual == "off" && entry("oven").isSection && entry("for").usual == nil)
        #expect(try entry("oven.degrees").isRequired && entry("for.portions").usual == "4")
        // Of a draft that no settings have: what reading begins with.
        #expect(try entry("salt.gramsPerSpoon").usual == "5.0")
        let named = SettingsKey<Kitchen>.flag("x", \.isFast, .named("x", help: "Fast.")).about("Faster.")
        #expect([named].entries(of: Kitchen()).map(\.meaning) == ["Fast. Faster."])
    }

    @Test("One key is set by its path over what there is, and only a known one")
    func set() throws {
        var kitchen = try Kitchen(yaml: "{oven: {degrees: 180, fan: 1}, minutes: 3}")
        try kitchen.set("for.portions", to: "2")
        try kitchen.set("minutes", to: "7")
        #expect(kitchen.portions == 2 && kitchen.minutes == 7 && kitchen.fan == 1)
        #expect(throws: SettingsError.unknownKey("for.portion", place: "in --set", nearest: "for.portions")) {
            try kitchen.set("for.portion", to: "2")
        }
        #expect(throws: SettingsError.unknownKey("oven", place: "in --set", nearest: nil)) {
            try kitchen.set("oven", to: "off")
        }
        #expect(throws: SettingsError.value(key: "minutes", found: "nothing", expected: "a value")) {
            try kitchen.set("minutes", to: "")
        }
    }

    @Test("A value that did not come from a file is checked as well")
    func checked() {
        var kitchen = Kitchen()
        kitchen.minutes = -1
        #expect(throws: SettingsError.value(key: "minutes", found: "-1.0", expected: "minutes above 0")) {
            try kitchen.validate()
        }
    }

    @Test("The list names every key with its section, and the help of its option")
    func entries() {
        #expect(
            Kitchen.entries.map(\.path) == [
                "heat", "minutes", "names", "oven", "oven.degrees", "oven.fan", "for", "for.portions", "salt",
                "salt.spoons", "salt.gramsPerSpoon",
            ])
        #expect(Kitchen.help("oven.degrees") == "Degrees Celsius.")
    }

    @Test("The nearest word is a slip away; upper and lower case are alike")
    func nearest() {
        #expect(nearestWord(to: "binWidht", among: ["binCount", "binWidth"]) == "binWidth")
        #expect(nearestWord(to: "BINWIDTH", among: ["binCount", "binWidth"]) == "binWidth")
        #expect(nearestWord(to: "resample", among: ["binCount", "binWidth"]) == nil)
        #expect(editDistance("kitten", "sitting") == 3 && editDistance("", "abc") == 3)
    }
}
