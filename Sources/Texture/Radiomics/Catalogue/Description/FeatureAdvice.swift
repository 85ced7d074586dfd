import Encoding

/// The section "Which one do I report?" of weft-features(7). What IBSI advises stands with its source, what weft chose where IBSI
/// leaves it open says so. `columns: common` takes the columns that it names.
enum FeatureAdvice {
    static let lines: [String] =
        [".Sh WHICH ONE DO I REPORT?"]
        + text(
            """
            A feature has one value for every way of aggregating directions and slices, of making grey levels and of \
            resampling, and they differ. Choose one before looking at results, use it for all images, and report it. The \
            advice below is that of the reference manual of IBSI [1] where it gives any; where it leaves the choice open, \
            weft's own is named as such.
            """) + [".Pp", "In short:", ".Bd -literal -offset indent"] + [
            "weft extract CT  --columns common --resample 1,1,1 --range -500,400 --bin-width 25",
            "weft extract PET --columns common --resample 3,3,3 --suv bw --range 0,inf --bin-width 0.25",
            "weft extract MR  --columns common --resample 1,1,1 --outlier-sigma 3 --bin-count 32",
            "weft extract US  --columns common --aggregations 2D_comb,2D --bin-count 32", ".Ed",
        ]
        + subsection(
            "2D or 3D",
            """
            In the volume, on voxels of the same length along all axes. Texture does not depend on how the patient lies only \
            when voxels are isotropic, and consistent isotropic spacing across measurements and devices matters for \
            reproducibility; whether to make voxels larger or smaller has no clear answer [1, interpolation]. Where the \
            distance between slices is large beside the spacing within them, resample within slices alone (--resample \
            1,1,0) and take texture within slices (--aggregations 2D_comb,2D): other spacings leave no choice [1]. A \
            picture or a single slice has no volume. Morphology and local intensity are of the volume always, statistics and \
            histograms as a rule (IBSI DHQ4).
            """)
        + subsection(
            "Which aggregation",
            """
            IBSI prefers none: feature values may depend strongly on the method, which is to be reported [1, GLCM]. weft's \
            choice is to merge directions into one matrix: 3D_comb (IBSI IAZD) for co-occurrence and run lengths, 3D (KOBO) \
            for the families without directions; within slices 2D_comb (SUJT) and 2D (8QNN). One matrix holds all pairs of \
            the region, whereas the mean over 13 directions gives those with few pairs the weight of the others. To compare \
            with PyRadiomics, whose default is the mean (ITBB), take 3D_avg. Distance 1, without weights, is the default of \
            IBSI.
            """)
        + subsection(
            "Which grey levels",
            """
            Intensities in calibrated units (HU, SUV) with a re-segmentation range, closed or open above: a fixed bin size or \
            a fixed bin number. Calibrated without a range, or arbitrary units (raw MR, ultrasound, most filters): a fixed bin \
            number; a fixed bin size is not recommended [1, table of recommendations]. A fixed size keeps the relation to the \
            unit; a fixed number loses it and normalises contrast. The lower end of the range is to be the same for all \
            images, since bins start there [1, strongly recommended]. Many values depend on the number of levels: compare none \
            across different ones.
            """) + [".Bl -tag -width Ds"]
        + item(
            "CT",
            """
            A range that fits the tissue and bins of 25 HU: --range -500,400 --bin-width 25, as in configuration A of IBSI's \
            reference values for a lung tumour.
            """)
        + item(
            "PET",
            """
            SUV, bins from 0: --suv bw --range 0,inf --bin-width 0.25. That bins of SUV start at 0 is IBSI's example; the \
            width is weft's (that of an example there is 0.2).
            """)
        + item(
            "MR",
            """
            Arbitrary units: --bin-count 32, as in configurations B and D of IBSI. --outlier-sigma 3 takes out far intensities, \
            after Collewet et al. (2004) [1, outlier filtering]. Bins of a fixed size need calibrated intensities first, a T1 \
            map for instance.
            """)
        + item(
            "US, PNG", "Arbitrary units: --bin-count 32, within slices.") + [".El"]
        + subsection(
            "Which features",
            """
            IBSI agreed on reference values for 169 of 174 features [2]; the others should not be used [1]. Some repeat \
            another one, or are the same for every region. With columns: common or --columns common a table has one column \
            for each of the rest, by the aggregations above, or by those that are given. A feature that is named stays, and one \
            that repeats another stays where that has no column.
            """) + text("Left out are:") + [".Bl -tag -width Ds"] + leftOut + [".El"]
        + text(
            """
            A response map of a filter has arbitrary units. Reference values for filters, and which features of filtered \
            images nine teams could reproduce, are in [3].
            """)

    static let sources = [
        ".Rs", ".%A Image Biomarker Standardisation Initiative", ".%T [1] Reference manual",
        ".%O arXiv:1612.07003, version 11",
        ".%D 2019", ".Re", ".Rs", ".%A A. Zwanenburg", ".%A M. Valli\\(`eres", ".%A M. A. Abdalah",
        ".%T [2] The Image Biomarker Standardization Initiative: standardized quantitative radiomics for high-throughput image-based phenotyping",
        ".%J Radiology", ".%V 295", ".%N 2", ".%P 328\\(en338", ".%D 2020", ".Re", ".Rs", ".%A P. Whybra",
        ".%A A. Zwanenburg",
        ".%A V. Andrearczyk",
        ".%T [3] The Image Biomarker Standardization Initiative: standardized convolutional filters for reproducible radiomics and enhanced clinical insights",
        ".%J Radiology", ".%V 310", ".%N 2", ".%P e231319", ".%D 2024", ".Re", ".Rs", ".%A R. M. Haralick",
        ".%A K. Shanmugam", ".%A I. Dinstein", ".%T Textural features for image classification",
        ".%J IEEE Transactions on Systems, Man, and Cybernetics", ".%V 3", ".%N 6", ".%P 610\\(en621", ".%D 1973",
        ".Re",
    ]

    /// By why, from the standing of each feature of the IBSI convention.
    private static let leftOut: [String] = {
        var lines: [String] = []
        let features = FeatureCatalogue.all.filter(\.isIBSIColumn)
        func list(_ title: String, _ standing: FeatureStanding) {
            let tags = features.filter { $0.standing == standing }.map(\.tag)
            if !tags.isEmpty { lines += [".It " + title] + text(tags.joined(separator: ", ")) }
        }
        list("Without reference values", .notStandardised)
        list("Not in the reference manual", .outside)
        list("The same for every region", .constant)
        lines.append(".It Another one, seen differently")
        let repeated = features.compactMap { feature -> String? in
            guard case .repeats(let tag, let relation) = feature.standing else { return nil }
            return "\(feature.tag) (\(tag): \(relation))"
        }
        return lines + text(repeated.joined(separator: ", ") + ".")
    }()

    private static func subsection(_ title: String, _ words: String) -> [String] { [".Ss " + title] + text(words) }
    private static func item(_ title: String, _ words: String) -> [String] { [".It " + title] + text(words) }
    private static func text(_ words: String) -> [String] { ManualText.lines(words) }
}
