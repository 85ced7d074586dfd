/// The consensus values of IBSI-1 for the digital phantom (Zwanenburg et al. 2020, Radiology 295:328; CC BY 4.0), without
/// discretisation: tag, value, tolerance.
extension ConsensusTable {
    package static let digitalPhantom = ConsensusTable(
        csv: "tag,value,tolerance "
            + """
            morph_volume,556,4 morph_vol_approx,592,4 morph_area_mesh,388,3 morph_av,0.698,0.004 morph_comp_1,0.0411,0.0003
            morph_comp_2,0.599,0.004 morph_sph_dispr,1.19,0.01 morph_sphericity,0.843,0.005 morph_asphericity,0.186,0.001
            morph_com,0.672,0.004 morph_diam,13.1,0.1 morph_pca_maj_axis,11.4,0.1 morph_pca_min_axis,9.31,0.06
            morph_pca_least_axis,8.54,0.05 morph_pca_elongation,0.816,0.005 morph_pca_flatness,0.749,0.005
            morph_vol_dens_aabb,0.869,0.005 morph_area_dens_aabb,0.866,0.005 morph_vol_dens_aee,1.17,0.01
            morph_area_dens_aee,1.36,0.01 morph_vol_dens_conv_hull,0.961,0.006 morph_area_dens_conv_hull,1.03,0.01
            morph_integ_int,1200,10 morph_moran_i,0.0397,0.0003 morph_geary_c,0.974,0.006 loc_peak_loc,2.6,0
            loc_peak_glob,3.1,0 stat_mean,2.15,0 stat_var,3.05,0 stat_skew,1.08,0 stat_kurt,-0.355,0 stat_median,1,0
            stat_min,1,0 stat_p10,1,0 stat_p90,4,0 stat_max,6,0 stat_iqr,3,0 stat_range,5,0 stat_mad,1.55,0 stat_rmad,1.11,0
            stat_medad,1.15,0 stat_cov,0.812,0 stat_qcod,0.6,0 stat_energy,567,0 stat_rms,2.77,0 ih_mean,2.15,0
            ih_var,3.05,0 ih_skew,1.08,0 ih_kurt,-0.355,0 ih_median,1,0 ih_min,1,0 ih_p10,1,0 ih_p90,4,0 ih_max,6,0
            ih_mode,1,0 ih_iqr,3,0 ih_range,5,0 ih_mad,1.55,0 ih_rmad,1.11,0 ih_medad,1.15,0 ih_cov,0.812,0 ih_qcod,0.6,0
            ih_entropy,1.27,0 ih_uniformity,0.512,0 ih_max_grad,8,0 ih_max_grad_g,3,0 ih_min_grad,-50,0 ih_min_grad_g,1,0
            ivh_v10,0.324,0 ivh_v90,0.0946,0 ivh_i10,5,0 ivh_i90,2,0 ivh_diff_v10_v90,0.23,0 ivh_diff_i10_i90,3,0
            cm_joint_max_2D_avg,0.519,0 cm_joint_avg_2D_avg,2.14,0 cm_joint_var_2D_avg,2.69,0 cm_joint_entr_2D_avg,2.05,0
            cm_diff_avg_2D_avg,1.42,0 cm_diff_var_2D_avg,2.9,0 cm_diff_entr_2D_avg,1.4,0 cm_sum_avg_2D_avg,4.28,0
            cm_sum_var_2D_avg,5.47,0 cm_sum_entr_2D_avg,1.6,0 cm_energy_2D_avg,0.368,0 cm_contrast_2D_avg,5.28,0
            cm_dissimilarity_2D_avg,1.42,0 cm_inv_diff_2D_avg,0.678,0 cm_inv_diff_norm_2D_avg,0.851,0
            cm_inv_diff_mom_2D_avg,0.619,0 cm_inv_diff_mom_norm_2D_avg,0.899,0 cm_inv_var_2D_avg,0.0567,0
            cm_corr_2D_avg,-0.0121,0 cm_auto_corr_2D_avg,5.09,0 cm_clust_tend_2D_avg,5.47,0 cm_clust_shade_2D_avg,7,0
            cm_clust_prom_2D_avg,79.1,0 cm_info_corr1_2D_avg,-0.155,0 cm_info_corr2_2D_avg,0.487,0
            cm_joint_max_2D_comb,0.512,0 cm_joint_avg_2D_comb,2.14,0 cm_joint_var_2D_comb,2.71,0
            cm_joint_entr_2D_comb,2.24,0 cm_diff_avg_2D_comb,1.4,0 cm_diff_var_2D_comb,3.06,0 cm_diff_entr_2D_comb,1.49,0
            cm_sum_avg_2D_comb,4.29,0 cm_sum_var_2D_comb,5.66,0 cm_sum_entr_2D_comb,1.79,0 cm_energy_2D_comb,0.352,0
            cm_contrast_2D_comb,5.19,0 cm_dissimilarity_2D_comb,1.4,0 cm_inv_diff_2D_comb,0.683,0
            cm_inv_diff_norm_2D_comb,0.854,0 cm_inv_diff_mom_2D_comb,0.625,0 cm_inv_diff_mom_norm_2D_comb,0.901,0
            cm_inv_var_2D_comb,0.0553,0 cm_corr_2D_comb,0.0173,0 cm_auto_corr_2D_comb,5.14,0 cm_clust_tend_2D_comb,5.66,0
            cm_clust_shade_2D_comb,6.98,0 cm_clust_prom_2D_comb,80.4,0 cm_info_corr1_2D_comb,-0.0341,0
            cm_info_corr2_2D_comb,0.263,0 cm_joint_max_2_5D_avg,0.489,0 cm_joint_avg_2_5D_avg,2.2,0
            cm_joint_var_2_5D_avg,3.22,0 cm_joint_entr_2_5D_avg,2.48,0 cm_diff_avg_2_5D_avg,1.46,0
            cm_diff_var_2_5D_avg,3.11,0 cm_diff_entr_2_5D_avg,1.61,0 cm_sum_avg_2_5D_avg,4.41,0 cm_sum_var_2_5D_avg,7.48,0
            cm_sum_entr_2_5D_avg,2.01,0 cm_energy_2_5D_avg,0.286,0 cm_contrast_2_5D_avg,5.39,0
            cm_dissimilarity_2_5D_avg,1.46,0 cm_inv_diff_2_5D_avg,0.668,0 cm_inv_diff_norm_2_5D_avg,0.847,0
            cm_inv_diff_mom_2_5D_avg,0.606,0 cm_inv_diff_mom_norm_2_5D_avg,0.897,0 cm_inv_var_2_5D_avg,0.0597,0
            cm_corr_2_5D_avg,0.178,0 cm_auto_corr_2_5D_avg,5.4,0 cm_clust_tend_2_5D_avg,7.48,0
            cm_clust_shade_2_5D_avg,16.6,0 cm_clust_prom_2_5D_avg,147,0 cm_info_corr1_2_5D_avg,-0.124,0
            cm_info_corr2_2_5D_avg,0.487,0 cm_joint_max_2_5D_comb,0.492,0 cm_joint_avg_2_5D_comb,2.2,0
            cm_joint_var_2_5D_comb,3.24,0 cm_joint_entr_2_5D_comb,2.61,0 cm_diff_avg_2_5D_comb,1.44,0
            cm_diff_var_2_5D_comb,3.23,0 cm_diff_entr_2_5D_comb,1.67,0 cm_sum_avg_2_5D_comb,4.41,0
            cm_sum_var_2_5D_comb,7.65,0 cm_sum_entr_2_5D_comb,2.14,0 cm_energy_2_5D_comb,0.277,0
            cm_contrast_2_5D_comb,5.29,0 cm_dissimilarity_2_5D_comb,1.44,0 cm_inv_diff_2_5D_comb,0.673,0
            cm_inv_diff_norm_2_5D_comb,0.85,0 cm_inv_diff_mom_2_5D_comb,0.613,0 cm_inv_diff_mom_norm_2_5D_comb,0.899,0
            cm_inv_var_2_5D_comb,0.0582,0 cm_corr_2_5D_comb,0.182,0 cm_auto_corr_2_5D_comb,5.45,0
            cm_clust_tend_2_5D_comb,7.65,0 cm_clust_shade_2_5D_comb,16.4,0 cm_clust_prom_2_5D_comb,142,0
            cm_info_corr1_2_5D_comb,-0.0334,0 cm_info_corr2_2_5D_comb,0.291,0 cm_joint_max_3D_avg,0.503,0
            cm_joint_avg_3D_avg,2.14,0 cm_joint_var_3D_avg,3.1,0 cm_joint_entr_3D_avg,2.4,0 cm_diff_avg_3D_avg,1.43,0
            cm_diff_var_3D_avg,3.06,0 cm_diff_entr_3D_avg,1.56,0 cm_sum_avg_3D_avg,4.29,0 cm_sum_var_3D_avg,7.07,0
            cm_sum_entr_3D_avg,1.92,0 cm_energy_3D_avg,0.303,0 cm_contrast_3D_avg,5.32,0 cm_dissimilarity_3D_avg,1.43,0
            cm_inv_diff_3D_avg,0.677,0 cm_inv_diff_norm_3D_avg,0.851,0 cm_inv_diff_mom_3D_avg,0.618,0
            cm_inv_diff_mom_norm_3D_avg,0.898,0 cm_inv_var_3D_avg,0.0604,0 cm_corr_3D_avg,0.157,0 cm_auto_corr_3D_avg,5.06,0
            cm_clust_tend_3D_avg,7.07,0 cm_clust_shade_3D_avg,16.6,0 cm_clust_prom_3D_avg,145,0
            cm_info_corr1_3D_avg,-0.157,0 cm_info_corr2_3D_avg,0.52,0 cm_joint_max_3D_comb,0.509,0
            cm_joint_avg_3D_comb,2.15,0 cm_joint_var_3D_comb,3.13,0 cm_joint_entr_3D_comb,2.57,0 cm_diff_avg_3D_comb,1.38,0
            cm_diff_var_3D_comb,3.21,0 cm_diff_entr_3D_comb,1.64,0 cm_sum_avg_3D_comb,4.3,0 cm_sum_var_3D_comb,7.41,0
            cm_sum_entr_3D_comb,2.11,0 cm_energy_3D_comb,0.291,0 cm_contrast_3D_comb,5.12,0 cm_dissimilarity_3D_comb,1.38,0
            cm_inv_diff_3D_comb,0.688,0 cm_inv_diff_norm_3D_comb,0.856,0 cm_inv_diff_mom_3D_comb,0.631,0
            cm_inv_diff_mom_norm_3D_comb,0.902,0 cm_inv_var_3D_comb,0.0574,0 cm_corr_3D_comb,0.183,0
            cm_auto_corr_3D_comb,5.19,0 cm_clust_tend_3D_comb,7.41,0 cm_clust_shade_3D_comb,17.4,0
            cm_clust_prom_3D_comb,147,0 cm_info_corr1_3D_comb,-0.0288,0 cm_info_corr2_3D_comb,0.269,0 rlm_sre_2D_avg,0.641,0
            rlm_lre_2D_avg,3.78,0 rlm_lgre_2D_avg,0.604,0 rlm_hgre_2D_avg,9.82,0 rlm_srlge_2D_avg,0.294,0
            rlm_srhge_2D_avg,8.57,0 rlm_lrlge_2D_avg,3.14,0 rlm_lrhge_2D_avg,17.4,0 rlm_glnu_2D_avg,5.2,0
            rlm_glnu_norm_2D_avg,0.46,0 rlm_rlnu_2D_avg,6.12,0 rlm_rlnu_norm_2D_avg,0.492,0 rlm_r_perc_2D_avg,0.627,0
            rlm_gl_var_2D_avg,3.35,0 rlm_rl_var_2D_avg,0.761,0 rlm_rl_entr_2D_avg,2.17,0 rlm_sre_2D_comb,0.661,0
            rlm_lre_2D_comb,3.51,0 rlm_lgre_2D_comb,0.609,0 rlm_hgre_2D_comb,9.74,0 rlm_srlge_2D_comb,0.311,0
            rlm_srhge_2D_comb,8.67,0 rlm_lrlge_2D_comb,2.92,0 rlm_lrhge_2D_comb,16.1,0 rlm_glnu_2D_comb,20.5,0
            rlm_glnu_norm_2D_comb,0.456,0 rlm_rlnu_2D_comb,21.6,0 rlm_rlnu_norm_2D_comb,0.441,0 rlm_r_perc_2D_comb,0.627,0
            rlm_gl_var_2D_comb,3.37,0 rlm_rl_var_2D_comb,0.778,0 rlm_rl_entr_2D_comb,2.57,0 rlm_sre_2_5D_avg,0.665,0
            rlm_lre_2_5D_avg,3.46,0 rlm_lgre_2_5D_avg,0.58,0 rlm_hgre_2_5D_avg,10.3,0 rlm_srlge_2_5D_avg,0.296,0
            rlm_srhge_2_5D_avg,9.03,0 rlm_lrlge_2_5D_avg,2.79,0 rlm_lrhge_2_5D_avg,17.9,0 rlm_glnu_2_5D_avg,19.5,0
            rlm_glnu_norm_2_5D_avg,0.413,0 rlm_rlnu_2_5D_avg,22.3,0 rlm_rlnu_norm_2_5D_avg,0.461,0
            rlm_r_perc_2_5D_avg,0.632,0 rlm_gl_var_2_5D_avg,3.58,0 rlm_rl_var_2_5D_avg,0.758,0 rlm_rl_entr_2_5D_avg,2.52,0
            rlm_sre_2_5D_comb,0.68,0 rlm_lre_2_5D_comb,3.27,0 rlm_lgre_2_5D_comb,0.585,0 rlm_hgre_2_5D_comb,10.2,0
            rlm_srlge_2_5D_comb,0.312,0 rlm_srhge_2_5D_comb,9.05,0 rlm_lrlge_2_5D_comb,2.63,0 rlm_lrhge_2_5D_comb,17,0
            rlm_glnu_2_5D_comb,77.1,0 rlm_glnu_norm_2_5D_comb,0.412,0 rlm_rlnu_2_5D_comb,83.2,0
            rlm_rlnu_norm_2_5D_comb,0.445,0 rlm_r_perc_2_5D_comb,0.632,0 rlm_gl_var_2_5D_comb,3.59,0
            rlm_rl_var_2_5D_comb,0.767,0 rlm_rl_entr_2_5D_comb,2.76,0 rlm_sre_3D_avg,0.705,0 rlm_lre_3D_avg,3.06,0
            rlm_lgre_3D_avg,0.603,0 rlm_hgre_3D_avg,9.7,0 rlm_srlge_3D_avg,0.352,0 rlm_srhge_3D_avg,8.54,0
            rlm_lrlge_3D_avg,2.39,0 rlm_lrhge_3D_avg,17.6,0 rlm_glnu_3D_avg,21.8,0 rlm_glnu_norm_3D_avg,0.43,0
            rlm_rlnu_3D_avg,26.9,0 rlm_rlnu_norm_3D_avg,0.513,0 rlm_r_perc_3D_avg,0.68,0 rlm_gl_var_3D_avg,3.46,0
            rlm_rl_var_3D_avg,0.574,0 rlm_rl_entr_3D_avg,2.43,0 rlm_sre_3D_comb,0.729,0 rlm_lre_3D_comb,2.76,0
            rlm_lgre_3D_comb,0.607,0 rlm_hgre_3D_comb,9.64,0 rlm_srlge_3D_comb,0.372,0 rlm_srhge_3D_comb,8.67,0
            rlm_lrlge_3D_comb,2.16,0 rlm_lrhge_3D_comb,15.6,0 rlm_glnu_3D_comb,281,0 rlm_glnu_norm_3D_comb,0.43,0
            rlm_rlnu_3D_comb,328,0 rlm_rlnu_norm_3D_comb,0.501,0 rlm_r_perc_3D_comb,0.68,0 rlm_gl_var_3D_comb,3.48,0
            rlm_rl_var_3D_comb,0.598,0 rlm_rl_entr_3D_comb,2.62,0 szm_sze_2D,0.363,0 szm_lze_2D,43.9,0 szm_lgze_2D,0.371,0
            szm_hgze_2D,16.4,0 szm_szlge_2D,0.0259,0 szm_szhge_2D,10.3,0 szm_lzlge_2D,40.4,0 szm_lzhge_2D,113,0
            szm_glnu_2D,1.41,0 szm_glnu_norm_2D,0.323,0 szm_zsnu_2D,1.49,0 szm_zsnu_norm_2D,0.333,0 szm_z_perc_2D,0.24,0
            szm_gl_var_2D,3.97,0 szm_zs_var_2D,21,0 szm_zs_entr_2D,1.93,0 szm_sze_2_5D,0.368,0 szm_lze_2_5D,34.2,0
            szm_lgze_2_5D,0.368,0 szm_hgze_2_5D,16.2,0 szm_szlge_2_5D,0.0295,0 szm_szhge_2_5D,9.87,0 szm_lzlge_2_5D,30.6,0
            szm_lzhge_2_5D,107,0 szm_glnu_2_5D,5.44,0 szm_glnu_norm_2_5D,0.302,0 szm_zsnu_2_5D,3.44,0
            szm_zsnu_norm_2_5D,0.191,0 szm_z_perc_2_5D,0.243,0 szm_gl_var_2_5D,3.92,0 szm_zs_var_2_5D,17.3,0
            szm_zs_entr_2_5D,3.08,0 szm_sze_3D,0.255,0 szm_lze_3D,550,0 szm_lgze_3D,0.253,0 szm_hgze_3D,15.6,0
            szm_szlge_3D,0.0256,0 szm_szhge_3D,2.76,0 szm_lzlge_3D,503,0 szm_lzhge_3D,1490,0 szm_glnu_3D,1.4,0
            szm_glnu_norm_3D,0.28,0 szm_zsnu_3D,1,0 szm_zsnu_norm_3D,0.2,0 szm_z_perc_3D,0.0676,0 szm_gl_var_3D,2.64,0
            szm_zs_var_3D,331,0 szm_zs_entr_3D,2.32,0 dzm_sde_2D,0.946,0 dzm_lde_2D,1.21,0 dzm_lgze_2D,0.371,0
            dzm_hgze_2D,16.4,0 dzm_sdlge_2D,0.367,0 dzm_sdhge_2D,15.2,0 dzm_ldlge_2D,0.386,0 dzm_ldhge_2D,21.3,0
            dzm_glnu_2D,1.41,0 dzm_glnu_norm_2D,0.323,0 dzm_zdnu_2D,3.79,0 dzm_zdnu_norm_2D,0.898,0 dzm_z_perc_2D,0.24,0
            dzm_gl_var_2D,3.97,0 dzm_zd_var_2D,0.051,0 dzm_zd_entr_2D,1.73,0 dzm_sde_2_5D,0.917,0 dzm_lde_2_5D,1.33,0
            dzm_lgze_2_5D,0.368,0 dzm_hgze_2_5D,16.2,0 dzm_sdlge_2_5D,0.362,0 dzm_sdhge_2_5D,14.3,0 dzm_ldlge_2_5D,0.391,0
            dzm_ldhge_2_5D,23.7,0 dzm_glnu_2_5D,5.44,0 dzm_glnu_norm_2_5D,0.302,0 dzm_zdnu_2_5D,14.4,0
            dzm_zdnu_norm_2_5D,0.802,0 dzm_z_perc_2_5D,0.243,0 dzm_gl_var_2_5D,3.92,0 dzm_zd_var_2_5D,0.0988,0
            dzm_zd_entr_2_5D,2,0 dzm_sde_3D,1,0 dzm_lde_3D,1,0 dzm_lgze_3D,0.253,0 dzm_hgze_3D,15.6,0 dzm_sdlge_3D,0.253,0
            dzm_sdhge_3D,15.6,0 dzm_ldlge_3D,0.253,0 dzm_ldhge_3D,15.6,0 dzm_glnu_3D,1.4,0 dzm_glnu_norm_3D,0.28,0
            dzm_zdnu_3D,5,0 dzm_zdnu_norm_3D,1,0 dzm_z_perc_3D,0.0676,0 dzm_gl_var_3D,2.64,0 dzm_zd_var_3D,0,0
            dzm_zd_entr_3D,1.92,0 ngt_coarseness_2D,0.121,0 ngt_contrast_2D,0.925,0 ngt_busyness_2D,2.99,0
            ngt_complexity_2D,10.4,0 ngt_strength_2D,2.88,0 ngt_coarseness_2_5D,0.0285,0 ngt_contrast_2_5D,0.601,0
            ngt_busyness_2_5D,6.8,0 ngt_complexity_2_5D,14.1,0 ngt_strength_2_5D,0.741,0 ngt_coarseness_3D,0.0296,0
            ngt_contrast_3D,0.584,0 ngt_busyness_3D,6.54,0 ngt_complexity_3D,13.5,0 ngt_strength_3D,0.763,0
            ngl_lde_2D,0.158,0 ngl_hde_2D,19.2,0 ngl_lgce_2D,0.702,0 ngl_hgce_2D,7.49,0 ngl_ldlge_2D,0.0473,0
            ngl_ldhge_2D,3.06,0 ngl_hdlge_2D,17.6,0 ngl_hdhge_2D,49.5,0 ngl_glnu_2D,10.2,0 ngl_glnu_norm_2D,0.562,0
            ngl_dcnu_2D,3.96,0 ngl_dcnu_norm_2D,0.212,0 ngl_dc_perc_2D,1,0 ngl_gl_var_2D,2.7,0 ngl_dc_var_2D,2.73,0
            ngl_dc_entr_2D,2.71,0 ngl_dc_energy_2D,0.17,0 ngl_lde_2_5D,0.159,0 ngl_hde_2_5D,18.8,0 ngl_lgce_2_5D,0.693,0
            ngl_hgce_2_5D,7.66,0 ngl_ldlge_2_5D,0.0477,0 ngl_ldhge_2_5D,3.07,0 ngl_hdlge_2_5D,17.2,0 ngl_hdhge_2_5D,50.8,0
            ngl_glnu_2_5D,37.9,0 ngl_glnu_norm_2_5D,0.512,0 ngl_dcnu_2_5D,12.4,0 ngl_dcnu_norm_2_5D,0.167,0
            ngl_dc_perc_2_5D,1,0 ngl_gl_var_2_5D,3.05,0 ngl_dc_var_2_5D,3.27,0 ngl_dc_entr_2_5D,3.36,0
            ngl_dc_energy_2_5D,0.122,0 ngl_lde_3D,0.045,0 ngl_hde_3D,109,0 ngl_lgce_3D,0.693,0 ngl_hgce_3D,7.66,0
            ngl_ldlge_3D,0.00963,0 ngl_ldhge_3D,0.736,0 ngl_hdlge_3D,102,0 ngl_hdhge_3D,235,0 ngl_glnu_3D,37.9,0
            ngl_glnu_norm_3D,0.512,0 ngl_dcnu_3D,4.86,0 ngl_dcnu_norm_3D,0.0657,0 ngl_dc_perc_3D,1,0 ngl_gl_var_3D,3.05,0
            ngl_dc_var_3D,22.1,0 ngl_dc_entr_3D,4.4,0 ngl_dc_energy_3D,0.0533,0
            """)
}
