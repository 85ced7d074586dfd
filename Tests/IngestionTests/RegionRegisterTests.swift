import Imaging
import Ingestion
import Testing

@Suite("spellings of region names")
struct RegionRegisterMatchTests {
    private static let register = RegionRegister([
        .init("GTV", ["GTV*", "gtv_mass*", "Tumour"]), .init("GTVn", ["*gtvn*", "Lymphknoten ?"]), .init("Lung", []),
        .init("Rest", ["7", "größe[1-3]"]),
    ])

    @Test(
        arguments: [
            ("Tumour", "GTV", []), ("TUMOUR", "GTV", []), ("gtv", "GTV", []), ("GTV_Mass 1", "GTV", []),
            ("lung", "Lung", []), ("Lungs", nil, []), ("LYMPHKNOTEN ä", "GTVn", []), ("GTVn2", "GTV", ["GTVn"]),
            // Letter by letter the name of the second.
            ("gtvN", "GTVn", []), ("GRÖSSE2", nil, []), ("GRÖßE2", "Rest", []), ("", "Rest", []),
        ] as [(String, String?, [String])])
    func match(found: String, name: String?, others: [String]) {
        let entry = MaskSource.Entry(name: found, label: 7)
        let match = Self.register.match(entry)
        #expect(match?.name == name && match?.others ?? [] == others)
        let selection = RegionSelection(register: Self.register)
        #expect(selection.matches(entry) == (name != nil))
        #expect(selection.shown(entry).name == name ?? found)
        #expect(selection.shown(entry).label == 7)
    }

    @Test func namesAskForTheRegister() {
        let selection = RegionSelection(names: ["GTV", "Heart"], register: Self.register)
        for (name, isChosen) in [
            ("Tumour", true), ("Heart", true), ("lung", false), ("gtvn", false), ("tumours", false),
        ] {
            #expect(selection.matches(.init(name: name, label: 1)) == isChosen, "\(name)")
        }
        #expect(!RegionSelection(labels: [2], register: Self.register).matches(.init(name: "Tumour", label: 1)))
        let reason = RegionSelection(register: Self.register).reasonForNothing(among: [.init(name: "Heart", label: 3)])
        #expect(reason?.contains("no region with a spelling of GTV or GTVn") == true, "\(reason ?? "")")
        let hint = RegionSelection(names: ["gtv"], register: Self.register)
            .reasonForNothing(among: [.init(name: "Tumour", label: 3)])
        #expect(hint?.contains("write --roi 'GTV'") == true, "\(hint ?? "")")
    }
}
