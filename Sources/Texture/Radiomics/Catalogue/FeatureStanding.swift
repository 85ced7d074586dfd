/// Whether a feature is worth a column of its own in a table that is reported.
public enum FeatureStanding: Hashable, Sendable {
    /// IBSI has reference values for it, and no other feature says the same: `columns: common` takes it.
    case common
    /// The reference manual, version 11, has no definition of it.
    case outside
    /// The reference manual has a definition, but no reference value that the teams agreed on, and says not to use it
    /// (chapter 3; 5 of 174 features in Zwanenburg et al., 2020).
    case notStandardised
    /// Another one, seen differently; `relation` says how they hang together.
    case repeats(tag: String, relation: String)
    /// The same number for every region.
    case constant

    init(of definition: FeatureDefinition) {
        if definition.tag == "ngl_dc_perc" {
            self = .constant
        } else if let (tag, relation) = Self.repeated[definition.tag] {
            self = .repeats(tag: tag, relation: relation)
        } else if let code = definition.ibsiCode {
            self = Self.withoutReference.contains(code) ? .notStandardised : .common
        } else {
            self = .outside
        }
    }

    /// Density of the oriented minimum bounding box and of the minimum volume enclosing ellipsoid, and the area under the
    /// intensity-volume histogram.
    private static let withoutReference: Set = ["ZH1A", "IQYR", "SWZ1", "BRI8", "9CMM"]

    /// Tag to the one that is kept. The first three are named by the reference manual itself; those of ngl hold because every
    /// voxel has one dependence count, those of dzm because the zones are those of szm.
    private static let repeated: [String: (String, String)] = [
        "cm_dissimilarity": ("cm_diff_avg", "equal to it"), "cm_sum_var": ("cm_clust_tend", "equal to it"),
        "cm_sum_avg": ("cm_joint_avg", "twice it"),
        "morph_comp_1": ("morph_sphericity", "its power of 3/2, over 6π"),
        "morph_comp_2": ("morph_sphericity", "its cube"), "morph_sph_dispr": ("morph_sphericity", "1 over it"),
        "morph_asphericity": ("morph_sphericity", "1 over it, less 1"),
        "ngl_glnu": ("ih_uniformity", "it times the voxels"), "ngl_glnu_norm": ("ih_uniformity", "equal to it"),
        "ngl_gl_var": ("ih_var", "equal to it"),
        "dzm_lgze": ("szm_lgze", "equal to it"), "dzm_hgze": ("szm_hgze", "equal to it"),
        "dzm_glnu": ("szm_glnu", "equal to it"), "dzm_glnu_norm": ("szm_glnu_norm", "equal to it"),
        "dzm_z_perc": ("szm_z_perc", "equal to it"), "dzm_gl_var": ("szm_gl_var", "equal to it"),
    ]
}

extension FeatureStanding {
    /// Why `columns: common` leaves a feature out; empty where it does not.
    var reasonAgainst: String {
        switch self {
        case .common: ""
        case .outside: "IBSI has no definition of it"
        case .notStandardised: "IBSI has no reference value for it"
        case .repeats(let tag, let relation): "\(tag) seen differently: \(relation)"
        case .constant: "the same for every region"
        }
    }
}

extension FeatureDefinition {
    /// See ``FeatureStanding``.
    public var standing: FeatureStanding { FeatureStanding(of: self) }
}
