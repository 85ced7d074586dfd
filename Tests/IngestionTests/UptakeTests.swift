import DICOM
import Foundation
import Imaging
import Ingestion
import TestSupport
import Testing

/// Factors to standardised uptake values from headers whose result can be worked out by hand.
@Suite struct UptakeFactorTests {
    /// 400 MBq into 80 kg at noon, scanned at one: an hour with a half-life of an hour halves the dose.
    private static func header(_ change: (inout UptakeHeader) -> Void = { _ in }) -> UptakeHeader {
        var header = UptakeHeader()
        header.units = "BQML"
        header.decayCorrection = "START"
        header.correctedImage = ["DECY", "ATTN", "SCAT"]
        (header.sex, header.size, header.weight) = ("M", 1.7, 80)
        header.radiopharmaceuticals = 1
        (header.dose, header.halfLife, header.injectionTime) = (400e6, 3600, "120000")
        (header.seriesDate, header.seriesTime) = ("20200301", "130000.00")
        (header.acquisitionDate, header.acquisitionTime) = ("20200301", "130000")
        (header.frameReferenceTime, header.frameDuration) = (90_000, 180_000)
        change(&header)
        return header
    }

    private static func uptake(
        _ unit: ImageUnit = .bodyWeight, _ change: (inout UptakeHeader) -> Void = { _ in }
    ) throws -> StandardUptakeValue {
        try StandardUptakeValue([header(change)], as: unit)
    }

    private static func expect(
        _ uptake: StandardUptakeValue, _ factor: Double, finding: String? = nil,
        at location: SourceLocation = #_sourceLocation
    ) {
        let worst = uptake.factors.map { abs($0 / factor - 1) }.max() ?? .infinity
        #expect(worst < 1e-14, "\(uptake.factors), expected \(factor)", sourceLocation: location)
        let texts = uptake.findings.map(\.text)
        if let finding {
            #expect(texts.contains { $0.contains(finding) }, "\(texts)", sourceLocation: location)
        } else {
            #expect(texts.isEmpty, sourceLocation: location)
        }
    }

    /// 80,000 g / 200 MBq.
    private static let halved = 4e-4

    @Test func decayToTheStartOfTheSeries() throws {
        Self.expect(try Self.uptake(), Self.halved)
        // A later bed was corrected to the same moment.
        Self.expect(try Self.uptake { $0.acquisitionTime = "131500" }, Self.halved)
        // A second of rounding is no alteration of the series.
        Self.expect(try Self.uptake { ($0.seriesTime, $0.injectionTime) = ("130000.75", "120000.75") }, Self.halved)
    }

    /// Times that no clock has and half-lives that no nuclide has come from headers as well; what is said of them must not trap.
    @Test(arguments: [1e300, 1e19, 5e-324, 1])
    func absurdTimes(_ halfLife: Double) throws {
        for referenceTime in [90_000, 1e300, -1e300] {
            do {
                let uptake = try Self.uptake {
                    ($0.halfLife, $0.frameReferenceTime) = (halfLife, referenceTime)
                    $0.injectionDateTime = "20990101120000"
                    $0.injectionTime = nil
                    $0.decayCorrection = "NONE"
                }
                #expect(uptake.factors.allSatisfy { $0.isFinite || !$0.isNaN })
            } catch let error as UptakeError {
                #expect(!"\(error)".isEmpty)
            }
        }
    }

    @Test func administrationNeedsNoTimes() throws {
        let uptake = try Self.uptake {
            $0.decayCorrection = "ADMIN"
            ($0.halfLife, $0.injectionTime, $0.seriesTime) = (nil, nil, nil)
        }
        Self.expect(uptake, 2e-4)
    }

    /// Without correction each frame has decayed on its own: the mean of the dose over the frame, by its integral.
    @Test func noCorrection() throws {
        let slices = [(3600.0, "130000"), (3900, "130500")].map { _, time in
            Self.header {
                $0.decayCorrection = "NONE"
                $0.correctedImage = ["ATTN"]
                $0.acquisitionTime = time
                $0.frameDuration = 300_000
            }
        }
        let uptake = try StandardUptakeValue(slices, as: .bodyWeight)
        for (factor, start) in zip(uptake.factors, [3600.0, 3900]) {
            let left = 3600 / (log(2.0) * 300) * (exp2(-start / 3600) - exp2(-(start + 300) / 3600))
            #expect(abs(factor * 400e6 * left / 80_000 - 1) < 1e-11)
        }
        Self.expect(
            try Self.uptake {
                $0.decayCorrection = "NONE"
                $0.frameDuration = nil
            }, Self.halved, finding: "no Actual Frame Duration")
    }

    @Test func midnight() throws {
        func late(_ header: inout UptakeHeader) {
            header.injectionTime = "233000"
            (header.seriesDate, header.seriesTime) = ("20200301", "003000")
            (header.acquisitionDate, header.acquisitionTime) = ("20200301", "003000")
        }
        Self.expect(try Self.uptake(.bodyWeight, late), Self.halved, finding: "on the day before")
        // With its date, 29 February, nothing has to be guessed.
        Self.expect(
            try Self.uptake {
                late(&$0)
                $0.injectionDateTime = "20200229233000.000000"
            }, Self.halved)
    }

    /// Where the dates of a scan stand that went on past midnight; an hour after the injection it began.
    enum Dates: CaseIterable { case ofSeriesOnly, right, ofSeriesInEverySlice, ofSlicesOnly, none, onlyTheNextDay }

    @Test("A scan from 23:50 to 00:05 is one scan", arguments: Dates.allCases)
    func scanAcrossMidnight(_ dates: Dates) throws {
        let times = ["235000", "235500", "000000", "000500"]
        let slices = times[(dates == .onlyTheNextDay ? 2 : 0)...].map { time in
            Self.header {
                let isNext = time < "12"
                ($0.injectionTime, $0.seriesTime, $0.acquisitionTime) = ("225000", "235000", time)
                switch dates {
                case .ofSeriesOnly: ($0.seriesDate, $0.acquisitionDate) = ("20200301", nil)
                case .right: ($0.seriesDate, $0.acquisitionDate) = ("20200301", isNext ? "20200302" : "20200301")
                case .ofSeriesInEverySlice: ($0.seriesDate, $0.acquisitionDate) = ("20200301", "20200301")
                case .ofSlicesOnly: ($0.seriesDate, $0.acquisitionDate) = (nil, isNext ? "20200302" : "20200301")
                case .none: ($0.seriesDate, $0.acquisitionDate) = (nil, nil)
                case .onlyTheNextDay: ($0.seriesDate, $0.acquisitionDate) = (nil, "20200302")
                }
            }
        }
        // The order of the slices is that of positions, not of times.
        for order in [slices, slices.reversed()] {
            let uptake = try StandardUptakeValue(order, as: .bodyWeight)
            for factor in uptake.factors { #expect(abs(factor / Self.halved - 1) < 1e-14, "\(uptake.findings)") }
            #expect(uptake.findings.allSatisfy { $0.severity == .note }, "\(uptake.findings)")
        }
    }

    @Test("A series derived in the evening of a scan at noon is no scan across midnight")
    func derivedInTheEvening() throws {
        let slices = ["075500", "080500"].map { time in
            Self.header {
                ($0.injectionTime, $0.seriesTime, $0.acquisitionTime) = ("065500", "200000", time)
            }
        }
        let uptake = try StandardUptakeValue(slices, as: .bodyWeight)
        #expect(uptake.findings.contains { $0.text.contains("Series Time is after the acquisition") })
        #expect(uptake.factors.allSatisfy { abs($0 / Self.halved - 1) < 0.2 }, "\(uptake.factors)")
    }

    @Test func dateOfInjection() throws {
        // Two days with a half-life of a day.
        Self.expect(
            try Self.uptake {
                $0.halfLife = 86_400
                $0.injectionDateTime = "20200228130000"
            }, 8e-4)
        // De-identification that moved one of the dates leaves the time of day.
        for date in ["20200302120000.00", "20200229120000.00", "20190301120000"] {
            Self.expect(
                try Self.uptake { $0.injectionDateTime = date }, Self.halved, finding: "its time of day is used")
            Self.expect(
                try Self.uptake { ($0.injectionDateTime, $0.injectionTime) = (date, nil) }, Self.halved,
                finding: "its time of day is used")
        }
        // Noon two hours east of the scanner's clock is ten there.
        Self.expect(
            try Self.uptake { ($0.injectionDateTime, $0.timezone) = ("20200301140000+0300", "+0100") }, Self.halved)
        Self.expect(try Self.uptake { $0.injectionDateTime = "20200301120000-0500" }, Self.halved)
        // A day without an hour says nothing.
        Self.expect(try Self.uptake { $0.injectionDateTime = "20200301" }, Self.halved)
    }

    @Test func seriesWrittenAfterTheScan() throws {
        func late(_ header: inout UptakeHeader) { header.seriesTime = "170000" }
        Self.expect(
            try Self.uptake {
                late(&$0)
                $0.acquisitionTime = "131000"
                $0.scanDateTimeGE = "20200301130000.00"
            }, Self.halved, finding: "GE's private header")
        Self.expect(
            try Self.uptake {
                late(&$0)
                $0.acquisitionTime = "131000"
                $0.decayDateTimeSiemens = "20200301130000.000000"
            }, Self.halved, finding: "Siemens's private header")
        // GE counts to the start of a frame.
        Self.expect(
            try Self.uptake {
                late(&$0)
                ($0.manufacturer, $0.acquisitionTime, $0.frameReferenceTime) = ("GE MEDICAL SYSTEMS", "131000", 600_000)
            }, Self.halved, finding: "Frame Reference Time")
        // The others to its mean count rate: of a frame of one half-life log2(2 ln 2) of it after its start.
        let mean: Double = 3600 * log2(2 * 0.693_147_180_559_945_3)
        Self.expect(
            try Self.uptake {
                late(&$0)
                ($0.manufacturer, $0.acquisitionTime, $0.frameDuration) = ("SIEMENS", "131000", 3_600_000)
                $0.frameReferenceTime = (600 + mean) * 1000
            }, Self.halved, finding: "Frame Reference Time")
        let beds = ["131000", "130000", "132000"].map { time in
            Self.header {
                late(&$0)
                ($0.acquisitionTime, $0.frameReferenceTime) = (time, nil)
            }
        }
        Self.expect(try StandardUptakeValue(beds, as: .bodyWeight), Self.halved, finding: "first acquisition")
        Self.expect(
            try Self.uptake { ($0.seriesTime, $0.frameReferenceTime) = (nil, 0) }, Self.halved,
            finding: "first acquisition")
    }

    @Test func philipsCounts() throws {
        func counts(_ header: inout UptakeHeader) { header.units = "CNTS" }
        Self.expect(
            try Self.uptake {
                counts(&$0)
                ($0.philipsUptakeFactor, $0.philipsActivityFactor, $0.weight) = (0.00025, 3, nil)
            }, 0.00025)
        Self.expect(
            try Self.uptake {
                counts(&$0)
                ($0.philipsUptakeFactor, $0.philipsActivityFactor) = (0, 1.5)
            }, 1.5 * Self.halved)
    }

    @Test func storedUptake() throws {
        func stored(_ type: String?, _ units: String = "GML") -> (inout UptakeHeader) -> Void {
            {
                ($0.units, $0.suvType, $0.dose, $0.decayCorrection, $0.correctedImage) = (units, type, nil, nil, [])
            }
        }
        Self.expect(try Self.uptake(.bodyWeight, stored("BW")), 1)
        Self.expect(try Self.uptake(.bodyWeight, stored(nil)), 1, finding: "taken as SUV by body weight")
        let surface = 0.007184 * pow(80, 0.425) * pow(170, 0.725) * 10_000
        Self.expect(try Self.uptake(.bodyWeight, stored(nil, "CM2ML")), 80_000 / surface)
        Self.expect(try Self.uptake(.bodySurface, stored("BSA", "CM2ML")), 1)
        Self.expect(try Self.uptake(.leanBodyMass, stored("LBMJANMA")), 1)
        Self.expect(try Self.uptake(.leanBodyMass, stored("LBM")), 1, finding: "whatever their formula")
        let james = 1.1 * 80 - 128 * (80.0 / 170) * (80.0 / 170)
        Self.expect(try Self.uptake(.bodyWeight, stored("LBMJAMES128")), 80 / james)
        // The same kind needs no patient.
        Self.expect(
            try Self.uptake {
                stored("BW")(&$0)
                ($0.weight, $0.size, $0.sex) = (nil, nil, nil)
            }, 1)
    }

    /// 70 kg and 1.70 m: lean body mass and surface as published formulas give them, worked out with Python.
    @Test(arguments: [
        (ImageUnit.leanBodyMass, "M", 54_475.23906905406), (.leanBodyMass, "F", 44_172.80269089984),
        (.leanBodyMassJames, "M", 55_297.57785467128), (.leanBodyMassJames, "F", 49_806.574394463674),
        (.bodySurface, "O", 18_097.078017532473), (.bodyWeight, "O", 70_000),
    ])
    func bodies(unit: ImageUnit, sex: String, measure: Double) throws {
        Self.expect(try Self.uptake(unit) { ($0.sex, $0.weight) = (sex, 70) }, measure / 200e6)
        #expect(unit.title?.isEmpty == false)
    }

    @Test func slicesOfOneSeries() throws {
        let slices = [Self.header(), Self.header { $0.weight = 79 }]
        let error = #expect(throws: UptakeError.self) { try StandardUptakeValue(slices, as: .bodyWeight) }
        #expect(error?.description.contains("of 2 kinds") == true)
        #expect(
            try StandardUptakeValue([Self.header { $0.radiopharmaceuticals = 2 }], as: .bodyWeight).findings
                .map(\.severity) == [.warning])
    }

    struct Lack: Sendable, CustomTestStringConvertible {
        var unit = ImageUnit.bodyWeight
        let expected: String
        let change: @Sendable (inout UptakeHeader) -> Void
        var testDescription: String { expected }
    }

    @Test(arguments: [
        Lack(expected: "no Patient Weight (0010,1030); expected kg") { $0.weight = nil },
        Lack(expected: "no Patient Weight (0010,1030); expected kg") { $0.weight = 0 },
        Lack(expected: "Patient Weight (0010,1030) is 80000.0, expected kg, at most 700.0") { $0.weight = 80_000 },
        Lack(unit: .leanBodyMass, expected: "no Patient Size (0010,1020); expected m") { $0.size = nil },
        Lack(unit: .bodySurface, expected: "Patient Size (0010,1020) is 170.0, expected m, at most 2.8") {
            $0.size = 170
        },
        Lack(unit: .leanBodyMassJames, expected: "Patient Sex (0010,0040) is O, expected M or F") { $0.sex = "O" },
        Lack(unit: .leanBodyMass, expected: "no Patient Sex (0010,0040); expected M or F") { $0.sex = nil },
        Lack(unit: .leanBodyMassJames, expected: "more than 0; take suvlbm") { $0.weight = 260 },
        Lack(expected: "no Units (0054,1001)") { $0.units = nil },
        Lack(expected: "Units (0054,1001) is PROPCPS, expected BQML") { $0.units = "PROPCPS" },
        Lack(expected: "nor Activity Concentration Scale Factor (7053,xx09)") { $0.units = "CNTS" },
        Lack(expected: "SUV Type (0054,1006) is LBM, expected BW") { ($0.units, $0.suvType) = ("GML", "LBM") },
        Lack(expected: "no Decay Correction (0054,1102); expected START, ADMIN or NONE") { $0.decayCorrection = nil },
        Lack(expected: "Decay Correction (0054,1102) is LATER") { $0.decayCorrection = "LATER" },
        Lack(expected: "is DECY, expected ATTN and DECY among them") { $0.correctedImage = ["DECY"] },
        Lack(expected: "is ATTN, expected ATTN and DECY among them") { $0.correctedImage = ["ATTN"] },
        Lack(expected: "no Radionuclide Total Dose (0018,1074); expected Bq") { $0.dose = nil },
        Lack(expected: "Radionuclide Total Dose (0018,1074) is 370.0, expected Bq") { $0.dose = 370 },
        Lack(expected: "no Radionuclide Half Life (0018,1075); expected s") { $0.halfLife = nil },
        Lack(expected: "Radionuclide Half Life (0018,1075) is -1.0") { $0.halfLife = -1 },
        Lack(expected: "nor Start DateTime (0018,1078); expected the time of injection") { $0.injectionTime = nil },
        Lack(expected: "nor Start DateTime (0018,1078); expected the time of injection") { $0.injectionTime = "noon" },
        Lack(expected: "is 82800 s, expected 0 to 36000 s, ten half-lives") { $0.injectionTime = "140000" },
        Lack(expected: "expected the time of the scan") { ($0.seriesTime, $0.acquisitionTime) = (nil, nil) },
        Lack(expected: "in every slice, as Decay Correction is NONE") {
            ($0.decayCorrection, $0.acquisitionTime) = ("NONE", "256000")
        },
    ])
    func lacks(_ lack: Lack) {
        let error = #expect(throws: UptakeError.self) {
            try StandardUptakeValue([Self.header(lack.change)], as: lack.unit)
        }
        #expect(error?.description.contains(lack.expected) == true, "\(error?.description ?? "")")
    }
}

/// The same from files: attributes, private blocks, and slices of different slope.
@Suite struct UptakeImageTests {
    /// One slice of 2 x 1, at height z.
    private static func slice(
        _ z: Int, slope: String, units: String = "BQML", weight: String? = "80", philips: (String, String)? = nil
    ) -> [UInt8] {
        var object = DICOMBytes()
        object.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.128")
        object.text(0x0008_0018, "UI", "1.2.3.\(z)")
        object.text(0x0008_0021, "DA", "20200301")
        object.text(0x0008_0022, "DA", "20200301")
        object.text(0x0008_0031, "TM", "130000")
        object.text(0x0008_0032, "TM", "130500")
        object.text(0x0008_0060, "CS", "PT")
        if let weight { object.text(0x0010_1030, "DS", weight) }
        object.text(0x0020_000E, "UI", "1.2.9")
        object.text(0x0020_0032, "DS", "0\\0\\\(z)")
        object.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.text(0x0028_0030, "DS", "1\\1")
        object.text(0x0028_0051, "CS", "DECY\\ATTN")
        object.text(0x0028_1052, "DS", "0")
        object.text(0x0028_1053, "DS", slope)
        var tracer = DICOMBytes()
        tracer.text(0x0018_1072, "TM", "120000")
        tracer.text(0x0018_1074, "DS", "400000000")
        tracer.text(0x0018_1075, "DS", "3600")
        object.sequence(0x0054_0016, [tracer])
        object.text(0x0054_1001, "CS", units)
        object.text(0x0054_1102, "CS", "START")
        if let philips {
            // The second block of the group, as two creators may share it.
            object.text(0x7053_0010, "LO", "ANOTHER")
            object.text(0x7053_0011, "LO", "Philips PET Private Group")
            object.text(0x7053_1100, "DS", philips.0)
            object.text(0x7053_1109, "DS", philips.1)
        }
        object.words(0x7FE0_0010, "OW", [100, 60_000])
        return object.file()
    }

    private static func load(
        _ slices: [[UInt8]], _ unit: ImageUnit = .bodyWeight
    ) throws -> (volume: Volume, findings: [Finding]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weft-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        for (k, bytes) in slices.enumerated() { try Data(bytes).write(to: folder.appendingPathComponent("\(k).dcm")) }
        let archive = try Archive.scan([folder.path], jobs: 1)
        return try #require(archive.images.first, "\(archive.skipped)").load(as: unit)
    }

    @Test func everySliceHasItsSlope() throws {
        let (volume, findings) = try Self.load([Self.slice(0, slope: "1"), Self.slice(3, slope: "2.5")])
        let expected = [100, 60_000, 250, 150_000].map { $0 * 4e-4 }
        for (k, value) in expected.enumerated() { #expect(abs(volume.values[k] / value - 1) < 1e-14) }
        #expect(volume.unit == .named("SUVbw g/ml"))
        #expect(findings.isEmpty)
    }

    /// Whole numbers would be rounded after resampling.
    @Test func wholeFactorsGiveDoubles() throws {
        let stored = try Self.load([Self.slice(0, slope: "1", units: "GML")], .stored)
        #expect(stored.volume.values.precision == .integer && stored.volume.unit == .named("GML"))
        let uptake = try Self.load([Self.slice(0, slope: "1", units: "GML")])
        #expect(uptake.volume.values.precision == .float64 && uptake.volume.values[1] == 60_000)
    }

    @Test func philips() throws {
        let slices = [("0.0002", "3"), ("0.0004", "3")].enumerated().map { k, factors in
            Self.slice(3 * k, slope: "1", units: "CNTS", weight: nil, philips: factors)
        }
        let (volume, _) = try Self.load(slices)
        for (k, value) in [0.02, 12, 0.04, 24].enumerated() { #expect(abs(volume.values[k] / value - 1) < 1e-14) }
        let activity = try Self.load([Self.slice(0, slope: "1", units: "CNTS", philips: ("0", "3"))]).volume
        #expect(abs(activity.values[0] / (100 * 3 * 4e-4) - 1) < 1e-14)
    }

    @Test func missingWeightSaysSo() throws {
        let slices = [Self.slice(0, slope: "1", weight: nil)]
        let error = #expect(throws: IngestionError.self) { try Self.load(slices) }
        #expect(
            error?.reason == "no SUV: no Patient Weight (0010,1030); expected kg; correct the header or leave out --suv"
        )
        // Stored values need no weight.
        #expect(try Self.load(slices, .stored).volume.values[0] == 100)
    }

    @Test func otherModalitiesStayAsTheyAre() throws {
        var object = DICOMBytes.object(modality: "MR")
        object.describePixels("MONOCHROME2", columns: 2, rows: 1)
        object.words(0x7FE0_0010, "OW", [1, 2])
        let (volume, findings) = try Self.load([object.file()])
        #expect(volume.values.precision == .integer || volume.values[0] == 1)
        #expect(findings.map(\.text) == ["stored values, not SUVbw g/ml: the modality is MR, not PT"])
    }
}

/// The ten PET series of the archive (GE, SUV by body weight as stored) against pydicom and NumPy 2: factors to the other
/// kinds, the factor if the values were Bq/ml decayed to the series' start, largest value, and mean of what is above 0.1.
@Suite(.enabled(if: SharedFiles.exist, Comment(rawValue: SharedFiles.absence)))
struct UptakeArchiveTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let patient: String
        let janmahasatian, james, surface, activity, largest: Double
        let voxels: Int
        let mean: Double
        var testDescription: String { patient }

        init(
            _ patient: String, _ janmahasatian: Double, _ james: Double, _ surface: Double, _ activity: Double,
            _ largest: Double, _ voxels: Int, _ mean: Double
        ) {
            (self.patient, self.janmahasatian, self.james, self.surface) = (patient, janmahasatian, james, surface)
            (self.activity, self.largest, self.voxels, self.mean) = (activity, largest, voxels, mean)
        }
    }

    @Test(arguments: [
        Golden(
            "STS_002", 0.674524220704835, 0.681450653983353, 0.215414181837374,
            0.000348694606535528, 21.6757469174659, 26_071, 0.921796010557724),
        Golden(
            "STS_003", 0.57481570371929, 0.624367872332418, 0.23223388866739,
            0.000326299833273217, 10.2653036114492, 36_056, 0.764044760047743),
        Golden(
            "STS_008", 0.63874482230089, 0.722270494254347, 0.275143377766471,
            0.000215154954335612, 6.50177621833271, 27_484, 0.522939999327052),
        Golden(
            "STS_012", 0.63201276199668, 0.712893872868953, 0.266572032716799,
            0.00022689167147642, 9.46681880932718, 37_246, 0.747837134354925),
        Golden(
            "STS_015", 0.676183669559836, 0.771010101010101, 0.2906254460288,
            0.000180841052140927, 10.9756431579152, 27_839, 0.610205416917917),
        Golden(
            "STS_018", 0.888782358581016, 0.877777777777778, 0.314668164537155,
            0.000221207267994762, 7.64553737637529, 33_606, 0.531510328586287),
        Golden(
            "STS_019", 0.50226659529224, 0.483074827751963, 0.200864170127056,
            0.000324034288519867, 16.3276863095791, 14_112, 1.05646460232625),
        Golden(
            "STS_024", 0.803422981418615, 0.812110726643599, 0.269784262186413,
            0.000243538887070743, 19.2788810729026, 32_547, 0.662488331687469),
        Golden(
            "STS_025", 0.769572309690898, 0.782035454853401, 0.259396775945557,
            0.000293014045910672, 6.37588214860359, 24_544, 0.673957100832233),
        Golden(
            "STS_041", 0.585759508715076, 0.642643487203829, 0.240418893605857,
            0.000378682860650376, 4.05849933619515, 38_736, 0.516461818185071),
    ])
    func series(golden: Golden) throws {
        let image = try MaskFiles.image(SharedFiles.path("data/archive/\(golden.patient)/PET/image"))
        let (volume, findings) = try image.load(as: .bodyWeight)
        #expect(findings.isEmpty)
        let values = (0..<volume.values.count).map { volume.values[$0] }
        let body = values.filter { $0 > 0.1 }
        #expect(abs((values.max() ?? 0) / golden.largest - 1) < 1e-14)
        #expect(body.count == golden.voxels)
        let mean = body.reduce(0, +) / Double(body.count)
        #expect(abs(mean / golden.mean - 1) < 1e-12)
        // Spread evenly over the body the dose would give 1; part of it is in the bladder and the brain.
        #expect((0.4...1.2).contains(mean))

        let headers = try image.slices.map { UptakeHeader(try DICOMFile(path: $0.path)) }
        for (unit, factor) in [
            (ImageUnit.bodyWeight, 1), (.leanBodyMass, golden.janmahasatian), (.leanBodyMassJames, golden.james),
            (.bodySurface, golden.surface),
        ] {
            let found = try StandardUptakeValue(headers, as: unit).factors
            let worst = found.map { abs($0 / factor - 1) }.max() ?? .infinity
            #expect(worst < 1e-13 && found.count == image.slices.count, "\(unit): \(worst)")
        }
        let concentrations = headers.map { header in
            var header = header
            (header.units, header.decayCorrection) = ("BQML", "START")
            return header
        }
        let uptake = try StandardUptakeValue(concentrations, as: .bodyWeight)
        let worst = uptake.factors.map { abs($0 / golden.activity - 1) }.max() ?? .infinity
        #expect(worst < 1e-13, "\(worst)")
        // De-identification moved the date of the injection in these three, not that of the scan.
        let moved = ["STS_002", "STS_012", "STS_024"].contains(golden.patient)
        #expect(uptake.findings.map(\.severity) == (moved ? [.warning] : []))
    }
}
