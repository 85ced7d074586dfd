// The standardised uptake value after QIBA's vendor-neutral pseudo-code (qibawiki.rsna.org: Standardized Uptake Value,
// SUV_vendorneutral_pseudocode_20180626_DAC): activity concentration · body / dose, the dose decayed to the moment to which
// the scanner corrected the concentrations. QIBA knows Decay Correction START by body weight; ADMIN and NONE follow from
// their definition in PS3.3 C.8.9.1.1.6, lean body mass and body surface from what SUV Type defines in C.8.9.1.1.3.

import DICOM
import Encoding
import Glibc
import Imaging

/// By what each slice of a PET is multiplied, after its own rescale, to become a standardised uptake value.
public struct StandardUptakeValue: Hashable, Sendable {
    public let factors: [Double]
    /// Decisions that were taken, each once.
    public let findings: [Finding]

    /// - Parameters:
    ///   - slices: headers of all slices of the image: the first acquisition may be that of any.
    ///   - unit: not `stored`.
    public init(_ slices: [UptakeHeader], as unit: ImageUnit) throws(UptakeError) {
        var series = UptakeSeries(slices)
        factors = try series.factors(as: unit)
        findings = series.findings
    }
}

private struct UptakeSeries {
    private(set) var slices: [UptakeHeader]
    var findings: [Finding] = []

    /// A scan does not last half a day: where some slices lie that long before Series Time by the clock and others do not, a
    /// date that they share is that of the series, written into every slice, and no date of theirs.
    init(_ slices: [UptakeHeader]) {
        let early = slices.count(where: \.isHalfADayBeforeSeries)
        let isDateShared = slices.allSatisfy { $0.acquisitionDate == nil || $0.acquisitionDate == $0.seriesDate }
        let isScan = slices.allSatisfy { $0.isHalfADayBeforeSeries || $0.isAfterSeries }
        self.slices = slices
        guard early > 0, early < slices.count, isDateShared, isScan else { return }
        for index in slices.indices { self.slices[index].acquisitionDate = nil }
    }

    mutating func factors(as unit: ImageUnit) throws(UptakeError) -> [Double] {
        guard let header = slices.first else { return [] }
        guard unit != .stored else { return slices.map { _ in 1 } }
        let series = Set(slices.map(\.ofSeries))
        guard series.count == 1 else {
            throw .unusable(
                "what the slices say about patient, dose and series", found: "of \(series.count) kinds",
                expected: "the same")
        }
        switch header.units {
        case "BQML":
            let body = try BodyMeasure(header).measure(unit)
            return try perConcentration().map { $0 * body }
        case "CNTS":
            let uptake = slices.compactMap { $0.philipsUptakeFactor.flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
            if uptake.count == slices.count {
                let change = try BodyMeasure(header).change(from: .bodyWeight, to: unit)
                return uptake.map { $0 * change }
            }
            let activity = slices.compactMap { $0.philipsActivityFactor.flatMap { $0 > 0 && $0.isFinite ? $0 : nil } }
            guard activity.count == slices.count else {
                throw .missing(
                    "SUV Scale Factor (7053,xx00) nor Activity Concentration Scale Factor (7053,xx09) of Philips for Units CNTS",
                    expected: "one of them in every slice")
            }
            let body = try BodyMeasure(header).measure(unit)
            return zip(activity, try perConcentration()).map { $0 * $1 * body }
        case "GML", "CM2ML":
            let change = try changeOfStored(header, to: unit)
            return slices.map { _ in change }
        case let units?:
            throw .unusable("Units (0054,1001)", found: units, expected: "BQML, CNTS (Philips), GML or CM2ML")
        case nil: throw .missing("Units (0054,1001)", expected: "BQML, CNTS (Philips), GML or CM2ML")
        }
    }

    // MARK: Values that are SUV already

    private mutating func changeOfStored(_ header: UptakeHeader, to unit: ImageUnit) throws(UptakeError) -> Double {
        let name = "SUV Type (0054,1006)"
        switch (header.units, header.suvType) {
        case ("CM2ML", nil), (_, "BSA"): return try BodyMeasure(header).change(from: .bodySurface, to: unit)
        case (_, "BW"): return try BodyMeasure(header).change(from: .bodyWeight, to: unit)
        case (_, "LBMJANMA"): return try BodyMeasure(header).change(from: .leanBodyMass, to: unit)
        case (_, "LBMJAMES128"): return try BodyMeasure(header).change(from: .leanBodyMassJames, to: unit)
        case (_, nil):
            findings.append(Finding(.note, "no \(name): stored values taken as SUV by body weight"))
            return try BodyMeasure(header).change(from: .bodyWeight, to: unit)
        case (_, "LBM") where unit == .leanBodyMass || unit == .leanBodyMassJames:
            findings.append(
                Finding(.warning, "\(name) is LBM: stored values taken as they are, whatever their formula was"))
            return 1
        case (_, let type?):
            throw .unusable(name, found: type, expected: "BW, BSA, LBMJANMA or LBMJAMES128")
        }
    }

    // MARK: Activity concentrations

    /// 1 / dose at the moment of each slice's concentrations, 1/Bq.
    private mutating func perConcentration() throws(UptakeError) -> [Double] {
        let header = slices[0]
        try checkCorrections(header)
        if header.radiopharmaceuticals > 1 {
            findings.append(
                Finding(
                    .warning, "\(header.radiopharmaceuticals) radiopharmaceuticals: dose and time of the first are used"
                ))
        }
        let name = "Radionuclide Total Dose (0018,1074)"
        guard let dose = header.dose else { throw .missing(name, expected: "Bq") }
        // 10 kBq is less than is given to a mouse; 370 are MBq.
        guard dose >= 10_000 else { throw .unusable(name, found: "\(dose)", expected: "Bq, at least 10000") }
        if header.decayCorrection == "ADMIN" { return slices.map { _ in 1 / dose } }
        guard let halfLife = header.halfLife else {
            throw .missing("Radionuclide Half Life (0018,1075)", expected: "s")
        }
        guard halfLife > 0 else {
            throw .unusable("Radionuclide Half Life (0018,1075)", found: "\(halfLife)", expected: "s, above 0")
        }
        let moments = header.decayCorrection == "NONE" ? try frameMoments(halfLife) : try correctedMoments(halfLife)
        var factors: [Double] = []
        for moment in moments { factors.append(exp2(try uptakeTime(moment, header, halfLife) / halfLife) / dose) }
        return factors
    }

    private mutating func checkCorrections(_ header: UptakeHeader) throws(UptakeError) {
        let isCorrected: Bool
        switch header.decayCorrection {
        case "START", "ADMIN": isCorrected = true
        case "NONE": isCorrected = false
        case let other?:
            throw .unusable("Decay Correction (0054,1102)", found: other, expected: "START, ADMIN or NONE")
        case nil: throw .missing("Decay Correction (0054,1102)", expected: "START, ADMIN or NONE")
        }
        let name = "Corrected Image (0028,0051)"
        guard !header.correctedImage.isEmpty else {
            findings.append(Finding(.warning, "no \(name): taken as corrected for attenuation"))
            return
        }
        let needed = isCorrected ? ["ATTN", "DECY"] : ["ATTN"]
        guard needed.allSatisfy(header.correctedImage.contains) else {
            throw .unusable(
                name, found: header.correctedImage.joined(separator: ", "),
                expected: "\(needed.joined(separator: " and ")) among them")
        }
    }

    /// To which moment START corrected: the beginning of the series, unless it was written after the acquisition.
    private mutating func correctedMoments(_ halfLife: Double) throws(UptakeError) -> [Double] {
        let header = slices[0]
        let series = momentOfSeries
        noteMidnight()
        let acquisitions = slices.compactMap(\.acquisition)
        // Some write the series' time with its fraction and the acquisition's without.
        if let series, acquisitions.allSatisfy({ series <= $0 + 1 }) { return slices.map { _ in series } }
        for (who, text) in [("GE", header.scanDateTimeGE), ("Siemens", header.decayDateTimeSiemens)] {
            guard let moment = text.flatMap({ DICOMClock.seconds(ofDateTime: $0, zone: header.timezone) }) else {
                continue
            }
            findings.append(Finding(.note, "decay counted to the scan's start in \(who)'s private header"))
            return slices.map { _ in moment }
        }
        guard acquisitions.count == slices.count, let earliest = acquisitions.min() else {
            throw .missing(
                "Series Date and Time (0008,0021, 0008,0031) nor Acquisition Date and Time (0008,0022, 0008,0032)",
                expected: "the time of the scan")
        }
        let references = slices.compactMap { $0.referenceFromFrame(halfLife) }
        if references.count == slices.count {
            findings.append(
                Finding(
                    .warning, "Series Time is after the acquisition; decay counted to what Frame Reference Time gives"))
            return references
        }
        findings.append(
            Finding(.warning, "Series Time is after the acquisition; decay counted to the first acquisition"))
        return slices.map { _ in earliest }
    }

    /// Series Date and Time. Without a date that of the first slices that have one, the day before for slices from after
    /// midnight; where no slice has one any will do: only differences count.
    private var momentOfSeries: Double? {
        guard let time = slices[0].seriesTime.flatMap(DICOMClock.seconds(ofTime:)) else { return nil }
        if let date = slices[0].seriesDate { return DICOMClock.seconds(ofDate: date).map { $0 + time } }
        let dated = slices.compactMap { slice in
            slice.acquisitionDate.flatMap(DICOMClock.seconds(ofDate:)).map { (date: $0, slice: slice) }
        }
        guard let earliest = dated.map(\.date).min() else { return time }
        let isNextDay = dated.allSatisfy { $0.date > earliest || $0.slice.isHalfADayBeforeSeries }
        return earliest + time - (isNextDay ? DICOMClock.day : 0)
    }

    /// Which dates were taken for granted.
    private mutating func noteMidnight() {
        let next = slices.count(where: \.isOfNextDay)
        if next > 0 {
            // The other slices, from before midnight, show that the series went on past it.
            note(
                next < slices.count ? .note : .warning,
                "\(next) slices without an Acquisition Date of their own, acquired hours before Series Time by the clock: taken"
                    + " to be of the next day")
        }
        if slices[0].seriesDate == nil, slices.contains(where: { $0.acquisitionDate == nil }) {
            note(.note, "no Series Date (0008,0021): times of day alone decide")
        }
    }

    /// NONE: each slice stands for the moment of its mean count rate.
    private mutating func frameMoments(_ halfLife: Double) throws(UptakeError) -> [Double] {
        noteMidnight()
        let acquisitions = slices.compactMap(\.acquisition)
        guard acquisitions.count == slices.count else {
            throw .missing(
                "Acquisition Date and Time (0008,0022, 0008,0032)",
                expected: "in every slice, as Decay Correction is NONE")
        }
        if slices.contains(where: { $0.frameDuration ?? 0 <= 0 }) {
            findings.append(
                Finding(.warning, "no Actual Frame Duration (0018,1242): decay counted to the start of the frame"))
        }
        return zip(slices, acquisitions).map { $0.meanCountTime(halfLife) + $1 }
    }

    /// Seconds from the injection to a moment. A date that gives no sensible time (it was moved by de-identification, say)
    /// leaves the time of day, on the moment's day or the evening before.
    private mutating func uptakeTime(
        _ moment: Double, _ header: UptakeHeader, _ halfLife: Double
    ) throws(UptakeError) -> Double {
        // After ten half-lives nothing is left to be measured.
        let possible = 0...10 * halfLife
        let whole = header.injectionDateTime.flatMap { DICOMClock.seconds(ofDateTime: $0, zone: header.timezone) }
        if let whole, possible.contains(moment - whole) { return moment - whole }
        let time = header.injectionTime.flatMap(DICOMClock.seconds(ofTime:))
        guard let timeOfDay = time ?? whole.map({ $0 - ($0 / DICOMClock.day).rounded(.down) * DICOMClock.day }) else {
            throw .missing(
                "Radiopharmaceutical Start Time (0018,1072) nor Start DateTime (0018,1078)",
                expected: "the time of injection")
        }
        let midnight = (moment / DICOMClock.day).rounded(.down) * DICOMClock.day
        var seconds = moment - midnight - timeOfDay
        if seconds < 0 {
            seconds += DICOMClock.day
            note(.note, "injection taken to be on the day before the scan")
        }
        guard possible.contains(seconds) else {
            throw .unusable(
                "time from injection (0018,1072, 0018,1078) to scan",
                found: "\((whole.map { moment - $0 } ?? seconds).rounded().shortestText) s",
                expected: "0 to \(possible.upperBound.rounded().shortestText) s, ten half-lives")
        }
        if let whole {
            note(
                .warning,
                "the date of Radiopharmaceutical Start DateTime (0018,1078) puts the injection \((moment - whole).rounded().shortestText) s before"
                    + " the scan; its time of day is used")
        }
        return seconds
    }

    private mutating func note(_ severity: Finding.Severity, _ text: String) {
        let finding = Finding(severity, text)
        if !findings.contains(finding) { findings.append(finding) }
    }
}

extension UptakeHeader {
    /// Start of the frame; the series' date, or the day after it, where the acquisition has none, and any where neither has.
    fileprivate var acquisition: Double? {
        let moment = DICOMClock.seconds(ofDate: acquisitionDate ?? seriesDate ?? "19700101", time: acquisitionTime)
        return isOfNextDay ? moment.map { $0 + DICOMClock.day } : moment
    }

    /// Whether the frame has no date and a time so long before that of its series that the series went on past midnight: it
    /// is not half a day long, nor is it written half a day after its acquisition.
    fileprivate var isOfNextDay: Bool { acquisitionDate == nil && isHalfADayBeforeSeries }

    /// By the clock alone, whatever the dates.
    fileprivate var isHalfADayBeforeSeries: Bool { (secondsAfterSeries ?? 0) < -DICOMClock.day / 2 }

    /// By the clock alone. Some write the series' time with its fraction and the acquisition's without.
    fileprivate var isAfterSeries: Bool { (secondsAfterSeries ?? 0) >= -1 }

    private var secondsAfterSeries: Double? {
        guard let frame = acquisitionTime.flatMap(DICOMClock.seconds(ofTime:)),
            let series = seriesTime.flatMap(DICOMClock.seconds(ofTime:))
        else { return nil }
        return frame - series
    }

    /// When the count rate of a decaying frame is at its mean, s after its start: (1/λ) ln(λT / (1 - e^(-λT))).
    fileprivate func meanCountTime(_ halfLife: Double) -> Double {
        guard let frameDuration, frameDuration > 0 else { return 0 }
        let decay = M_LN2 / halfLife
        let exponent = decay * frameDuration / 1000
        return log(exponent / -expm1(-exponent)) / decay
    }

    /// The moment that Frame Reference Time counts from: back from the frame's mean count rate, at GE from its start.
    fileprivate func referenceFromFrame(_ halfLife: Double) -> Double? {
        guard let acquisition, let reference = frameReferenceTime else { return nil }
        if manufacturer?.uppercased().hasPrefix("GE ") == true { return acquisition - reference / 1000 }
        guard reference > 0, let frameDuration, frameDuration > 0 else { return nil }
        return acquisition + meanCountTime(halfLife) - reference / 1000
    }
}
