// Keys by the kind of their value: a name, the place in the settings, the option of the command line, and what is
// expected, with its unit, where that is more than the kind says.

extension SettingsKey {
    package static func number(
        _ name: String, _ place: Place<Double>, _ option: SettingsOption, _ expected: String? = nil,
        where accepts: @escaping @Sendable (Double) -> Bool = { _ in true }
    ) -> SettingsKey { SettingsKey(name, place, .number, option, expected, where: accepts) }

    package static func numbers(
        _ name: String, _ place: Place<[Double]>, _ option: SettingsOption, _ expected: String? = nil,
        where accepts: @escaping @Sendable ([Double]) -> Bool = { _ in true }
    ) -> SettingsKey { SettingsKey(name, place, .numbers, option, expected, where: accepts) }

    package static func integer(
        _ name: String, _ place: Place<Int>, _ option: SettingsOption, _ expected: String? = nil,
        where accepts: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) -> SettingsKey { SettingsKey(name, place, .integer, option, expected, where: accepts) }

    package static func flag(
        _ name: String, _ place: Place<Bool>, _ option: SettingsOption
    ) -> SettingsKey { SettingsKey(name, place, .flag, option) }

    package static func text(
        _ name: String, _ place: Place<String>, _ option: SettingsOption, _ expected: String? = nil
    ) -> SettingsKey { SettingsKey(name, place, .text, option, expected) }

    package static func texts(
        _ name: String, _ place: Place<[String]>, _ option: SettingsOption, _ expected: String? = nil
    ) -> SettingsKey { SettingsKey(name, place, .texts, option, expected) }

    package static func choice<Choice: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ place: Place<Choice>, _ option: SettingsOption
    ) -> SettingsKey { SettingsKey(name, place, .choice, option) }

    package static func seed(
        _ name: String, _ place: Place<UInt64>, _ option: SettingsOption
    ) -> SettingsKey { SettingsKey(name, place, .seed, option) }

    package static func range(
        _ name: String, _ place: Place<ClosedRange<Double>>, _ option: SettingsOption, _ expected: String? = nil,
        where accepts: @escaping @Sendable (ClosedRange<Double>) -> Bool = { _ in true }
    ) -> SettingsKey { SettingsKey(name, place, .range, option, expected, where: accepts) }
}
