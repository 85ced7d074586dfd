/// Consensus values of the texture families for the digital phantom (IBSI-1 reference values, Zwanenburg et al. 2020,
/// CC BY 4.0): tag and value to three significant digits, tolerance 0.
enum DigitalPhantomReference {
    static let textureFamilies = """
        rlm_sre_2D_avg,0.641 rlm_lre_2D_avg,3.78 rlm_lgre_2D_avg,0.604 rlm_hgre_2D_avg,9.82 rlm_srlge_2D_avg,0.294
        rlm_srhge_2D_avg,8.57 rlm_lrlge_2D_avg,3.14 rlm_lrhge_2D_avg,17.4 rlm_glnu_2D_avg,5.2 rlm_glnu_norm_2D_avg,0.46
        rlm_rlnu_2D_avg,6.12 rlm_rlnu_norm_2D_avg,0.492 rlm_r_perc_2D_avg,0.627 rlm_gl_var_2D_avg,3.35
        rlm_rl_var_2D_avg,0.761 rlm_rl_entr_2D_avg,2.17 rlm_sre_2D_comb,0.661 rlm_lre_2D_comb,3.51 rlm_lgre_2D_comb,0.609
        rlm_hgre_2D_comb,9.74 rlm_srlge_2D_comb,0.311 rlm_srhge_2D_comb,8.67 rlm_lrlge_2D_comb,2.92 rlm_lrhge_2D_comb,16.1
        rlm_glnu_2D_comb,20.5 rlm_glnu_norm_2D_comb,0.456 rlm_rlnu_2D_comb,21.6 rlm_rlnu_norm_2D_comb,0.441
        rlm_r_perc_2D_comb,0.627 rlm_gl_var_2D_comb,3.37 rlm_rl_var_2D_comb,0.778 rlm_rl_entr_2D_comb,2.57
        rlm_sre_2_5D_avg,0.665 rlm_lre_2_5D_avg,3.46 rlm_lgre_2_5D_avg,0.58 rlm_hgre_2_5D_avg,10.3
        rlm_srlge_2_5D_avg,0.296 rlm_srhge_2_5D_avg,9.03 rlm_lrlge_2_5D_avg,2.79 rlm_lrhge_2_5D_avg,17.9
        rlm_glnu_2_5D_avg,19.5 rlm_glnu_norm_2_5D_avg,0.413 rlm_rlnu_2_5D_avg,22.3 rlm_rlnu_norm_2_5D_avg,0.461
        rlm_r_perc_2_5D_avg,0.632 rlm_gl_var_2_5D_avg,3.58 rlm_rl_var_2_5D_avg,0.758 rlm_rl_entr_2_5D_avg,2.52
        rlm_sre_2_5D_comb,0.68 rlm_lre_2_5D_comb,3.27 rlm_lgre_2_5D_comb,0.585 rlm_hgre_2_5D_comb,10.2
        rlm_srlge_2_5D_comb,0.312 rlm_srhge_2_5D_comb,9.05 rlm_lrlge_2_5D_comb,2.63 rlm_lrhge_2_5D_comb,17
        rlm_glnu_2_5D_comb,77.1 rlm_glnu_norm_2_5D_comb,0.412 rlm_rlnu_2_5D_comb,83.2 rlm_rlnu_norm_2_5D_comb,0.445
        rlm_r_perc_2_5D_comb,0.632 rlm_gl_var_2_5D_comb,3.59 rlm_rl_var_2_5D_comb,0.767 rlm_rl_entr_2_5D_comb,2.76
        rlm_sre_3D_avg,0.705 rlm_lre_3D_avg,3.06 rlm_lgre_3D_avg,0.603 rlm_hgre_3D_avg,9.7 rlm_srlge_3D_avg,0.352
        rlm_srhge_3D_avg,8.54 rlm_lrlge_3D_avg,2.39 rlm_lrhge_3D_avg,17.6 rlm_glnu_3D_avg,21.8 rlm_glnu_norm_3D_avg,0.43
        rlm_rlnu_3D_avg,26.9 rlm_rlnu_norm_3D_avg,0.513 rlm_r_perc_3D_avg,0.68 rlm_gl_var_3D_avg,3.46
        rlm_rl_var_3D_avg,0.574 rlm_rl_entr_3D_avg,2.43 rlm_sre_3D_comb,0.729 rlm_lre_3D_comb,2.76 rlm_lgre_3D_comb,0.607
        rlm_hgre_3D_comb,9.64 rlm_srlge_3D_comb,0.372 rlm_srhge_3D_comb,8.67 rlm_lrlge_3D_comb,2.16 rlm_lrhge_3D_comb,15.6
        rlm_glnu_3D_comb,281 rlm_glnu_norm_3D_comb,0.43 rlm_rlnu_3D_comb,328 rlm_rlnu_norm_3D_comb,0.501
        rlm_r_perc_3D_comb,0.68 rlm_gl_var_3D_comb,3.48 rlm_rl_var_3D_comb,0.598 rlm_rl_entr_3D_comb,2.62 szm_sze_2D,0.363
        szm_lze_2D,43.9 szm_lgze_2D,0.371 szm_hgze_2D,16.4 szm_szlge_2D,0.0259 szm_szhge_2D,10.3 szm_lzlge_2D,40.4
        szm_lzhge_2D,113 szm_glnu_2D,1.41 szm_glnu_norm_2D,0.323 szm_zsnu_2D,1.49 szm_zsnu_norm_2D,0.333
        szm_z_perc_2D,0.24 szm_gl_var_2D,3.97 szm_zs_var_2D,21 szm_zs_entr_2D,1.93 szm_sze_2_5D,0.368 szm_lze_2_5D,34.2
        szm_lgze_2_5D,0.368 szm_hgze_2_5D,16.2 szm_szlge_2_5D,0.0295 szm_szhge_2_5D,9.87 szm_lzlge_2_5D,30.6
        szm_lzhge_2_5D,107 szm_glnu_2_5D,5.44 szm_glnu_norm_2_5D,0.302 szm_zsnu_2_5D,3.44 szm_zsnu_norm_2_5D,0.191
        szm_z_perc_2_5D,0.243 szm_gl_var_2_5D,3.92 szm_zs_var_2_5D,17.3 szm_zs_entr_2_5D,3.08 szm_sze_3D,0.255
        szm_lze_3D,550 szm_lgze_3D,0.253 szm_hgze_3D,15.6 szm_szlge_3D,0.0256 szm_szhge_3D,2.76 szm_lzlge_3D,503
        szm_lzhge_3D,1490 szm_glnu_3D,1.4 szm_glnu_norm_3D,0.28 szm_zsnu_3D,1 szm_zsnu_norm_3D,0.2 szm_z_perc_3D,0.0676
        szm_gl_var_3D,2.64 szm_zs_var_3D,331 szm_zs_entr_3D,2.32 dzm_sde_2D,0.946 dzm_lde_2D,1.21 dzm_lgze_2D,0.371
        dzm_hgze_2D,16.4 dzm_sdlge_2D,0.367 dzm_sdhge_2D,15.2 dzm_ldlge_2D,0.386 dzm_ldhge_2D,21.3 dzm_glnu_2D,1.41
        dzm_glnu_norm_2D,0.323 dzm_zdnu_2D,3.79 dzm_zdnu_norm_2D,0.898 dzm_z_perc_2D,0.24 dzm_gl_var_2D,3.97
        dzm_zd_var_2D,0.051 dzm_zd_entr_2D,1.73 dzm_sde_2_5D,0.917 dzm_lde_2_5D,1.33 dzm_lgze_2_5D,0.368
        dzm_hgze_2_5D,16.2 dzm_sdlge_2_5D,0.362 dzm_sdhge_2_5D,14.3 dzm_ldlge_2_5D,0.391 dzm_ldhge_2_5D,23.7
        dzm_glnu_2_5D,5.44 dzm_glnu_norm_2_5D,0.302 dzm_zdnu_2_5D,14.4 dzm_zdnu_norm_2_5D,0.802 dzm_z_perc_2_5D,0.243
        dzm_gl_var_2_5D,3.92 dzm_zd_var_2_5D,0.0988 dzm_zd_entr_2_5D,2 dzm_sde_3D,1 dzm_lde_3D,1 dzm_lgze_3D,0.253
        dzm_hgze_3D,15.6 dzm_sdlge_3D,0.253 dzm_sdhge_3D,15.6 dzm_ldlge_3D,0.253 dzm_ldhge_3D,15.6 dzm_glnu_3D,1.4
        dzm_glnu_norm_3D,0.28 dzm_zdnu_3D,5 dzm_zdnu_norm_3D,1 dzm_z_perc_3D,0.0676 dzm_gl_var_3D,2.64 dzm_zd_var_3D,0
        dzm_zd_entr_3D,1.92 ngt_coarseness_2D,0.121 ngt_contrast_2D,0.925 ngt_busyness_2D,2.99 ngt_complexity_2D,10.4
        ngt_strength_2D,2.88 ngt_coarseness_2_5D,0.0285 ngt_contrast_2_5D,0.601 ngt_busyness_2_5D,6.8
        ngt_complexity_2_5D,14.1 ngt_strength_2_5D,0.741 ngt_coarseness_3D,0.0296 ngt_contrast_3D,0.584
        ngt_busyness_3D,6.54 ngt_complexity_3D,13.5 ngt_strength_3D,0.763 ngl_lde_2D,0.158 ngl_hde_2D,19.2
        ngl_lgce_2D,0.702 ngl_hgce_2D,7.49 ngl_ldlge_2D,0.0473 ngl_ldhge_2D,3.06 ngl_hdlge_2D,17.6 ngl_hdhge_2D,49.5
        ngl_glnu_2D,10.2 ngl_glnu_norm_2D,0.562 ngl_dcnu_2D,3.96 ngl_dcnu_norm_2D,0.212 ngl_dc_perc_2D,1 ngl_gl_var_2D,2.7
        ngl_dc_var_2D,2.73 ngl_dc_entr_2D,2.71 ngl_dc_energy_2D,0.17 ngl_lde_2_5D,0.159 ngl_hde_2_5D,18.8
        ngl_lgce_2_5D,0.693 ngl_hgce_2_5D,7.66 ngl_ldlge_2_5D,0.0477 ngl_ldhge_2_5D,3.07 ngl_hdlge_2_5D,17.2
        ngl_hdhge_2_5D,50.8 ngl_glnu_2_5D,37.9 ngl_glnu_norm_2_5D,0.512 ngl_dcnu_2_5D,12.4 ngl_dcnu_norm_2_5D,0.167
        ngl_dc_perc_2_5D,1 ngl_gl_var_2_5D,3.05 ngl_dc_var_2_5D,3.27 ngl_dc_entr_2_5D,3.36 ngl_dc_energy_2_5D,0.122
        ngl_lde_3D,0.045 ngl_hde_3D,109 ngl_lgce_3D,0.693 ngl_hgce_3D,7.66 ngl_ldlge_3D,0.00963 ngl_ldhge_3D,0.736
        ngl_hdlge_3D,102 ngl_hdhge_3D,235 ngl_glnu_3D,37.9 ngl_glnu_norm_3D,0.512 ngl_dcnu_3D,4.86 ngl_dcnu_norm_3D,0.0657
        ngl_dc_perc_3D,1 ngl_gl_var_3D,3.05 ngl_dc_var_3D,22.1 ngl_dc_entr_3D,4.4 ngl_dc_energy_3D,0.0533
        """
}
