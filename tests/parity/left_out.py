"""What the comparison with PyTorch leaves out: entries of its table, each with its reason.

The list was fixed before the first operation was written. It never grows to make an entry pass.
"""

COMPLEX = "complex numbers"
FFT = "fast Fourier transforms"
SPARSE = "sparse tensors"
MASKED = "masked namespace"
SPECIAL = "special functions beyond the ones that programs use"
BFLOAT16 = "bfloat16 only"
PRIVATE = "private"
NATIVE = "native entry point, below the public operation"
STORAGE = "storage-level entry point"
FACTORISATION = "rare factorisation"
DEVICE = "needs another device"

_GROUPS = {
    COMPLEX: """
        cdouble cfloat chalf complex imag linalg_eig linalg_eigvals nn_functional_silu_complex polar
        view_as_complex view_as_real
    """,
    FFT: """
        fft_fft fft_fft2 fft_fftn fft_fftshift fft_hfft fft_hfft2 fft_hfftn fft_ifft fft_ifft2
        fft_ifftn fft_ifftshift fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn
        fft_rfft fft_rfft2 fft_rfftn istft stft
    """,
    SPARSE: "sparse_mm_reduce sparse_sampled_addmm to_sparse",
    MASKED: """
        masked_amax masked_amin masked_argmax masked_argmin masked_cumprod masked_cumsum
        masked_log_softmax masked_logaddexp masked_logsumexp masked_mean masked_median masked_norm
        masked_normalize masked_prod masked_softmax masked_softmin masked_std masked_sum masked_var
    """,
    SPECIAL: """
        special_airy_ai special_bessel_j0 special_bessel_j1 special_bessel_y0 special_bessel_y1
        special_chebyshev_polynomial_t special_chebyshev_polynomial_u
        special_chebyshev_polynomial_v special_chebyshev_polynomial_w special_entr special_erfcx
        special_hermite_polynomial_h special_hermite_polynomial_he special_i0e special_i1
        special_i1e special_laguerre_polynomial_l special_legendre_polynomial_p special_log_ndtr
        special_modified_bessel_i0 special_modified_bessel_i1 special_modified_bessel_k0
        special_modified_bessel_k1 special_ndtr special_ndtri special_scaled_modified_bessel_k0
        special_scaled_modified_bessel_k1 special_shifted_chebyshev_polynomial_t
        special_shifted_chebyshev_polynomial_u special_shifted_chebyshev_polynomial_v
        special_shifted_chebyshev_polynomial_w special_spherical_bessel_j0 special_xlog1py
        special_zeta
    """,
    BFLOAT16: "bfloat16",
    PRIVATE: """
        _batch_norm_with_update _chunk_cat _native_batch_norm_legit _segment_reduce_lengths
        _segment_reduce_offsets _softmax_backward_data _unsafe_masked_index
        _unsafe_masked_index_put_accumulate _upsample_bilinear2d_aa
        torch_ops_aten__efficient_attention_forward torch_ops_aten__flash_attention_forward
        torch_ops_aten__safe_softmax_default
    """,
    NATIVE: """
        grid_sampler_2d grid_sampler_3d max_pool2d_with_indices_backward native_batch_norm
        native_dropout_backward native_group_norm native_layer_norm slice
    """,
    STORAGE: """
        alias_copy as_strided as_strided_copy as_strided_partial_views as_strided_scatter
        diagonal_copy empty_permuted empty_strided expand_copy narrow_copy new_empty_strided
        permute_copy resize_ resize_as_ split_with_sizes_copy squeeze_copy t_copy transpose_copy
        unbind_copy unfold_copy unsqueeze_copy view_copy
    """,
    FACTORISATION: """
        geqrf linalg_householder_product linalg_ldl_factor linalg_ldl_factor_ex linalg_ldl_solve
        ormqr pca_lowrank svd_lowrank
    """,
    DEVICE: """
        bmm_triton_optimized jiterator_2inputs_2outputs jiterator_4inputs_with_extra_args
        jiterator_binary jiterator_binary_return_by_ref jiterator_unary torch__scaled_mm
        torch__scaled_mm_v2
    """,
}

LEFT_OUT = {name: reason for reason, names in _GROUPS.items() for name in names.split()}
