"""Names of ``tapegrad`` that are loaded when first asked for, and where they are.

Programs that use few of them should not wait for all.
"""

NAMESPACES = frozenset((
    "accelerator", "amp", "backends", "compiler", "cpu", "cuda", "distributed", "distributions",
    "finetune", "func", "functional", "hub", "jit", "linalg", "mps", "multiprocessing", "nn",
    "onnx", "optim", "overrides", "profiler", "random", "return_types", "serialization", "signal",
    "special", "testing", "text", "torch_version", "training", "types", "utils", "version",
    "vision", "xpu",
))  # fmt: skip

_NAMES_OF = {
    "_absent": ("AcceleratorError", "OutOfMemoryError"),
    "_as_torch": ("as_torch",),
    "_settings": (
        "are_deterministic_algorithms_enabled", "get_deterministic_debug_mode",
        "get_float32_matmul_precision", "is_deterministic_algorithms_warn_only_enabled",
        "is_warn_always_enabled", "set_deterministic_debug_mode", "set_float32_matmul_precision",
        "set_flush_denormal", "set_warn_always", "use_deterministic_algorithms",
        "compiled_with_cxx11_abi", "has_lapack", "has_mkl", "has_openmp", "has_spectral",
        "is_vulkan_available",
    ),
    "_streams": ("Event", "Stream"),
    "_threads": (
        "get_num_interop_threads", "get_num_threads", "set_num_interop_threads", "set_num_threads",
    ),
    "nn.functional.activations": ("celu_", "prelu", "rrelu_", "selu_", "threshold_"),
    "ops.rectifiers": ("celu", "rrelu", "selu", "threshold"),
    "amp": ("GradScaler", "autocast"),
    "amp.autocast_mode": ("get_autocast_dtype", "is_autocast_available", "is_autocast_enabled"),
    "amp.switches": (
        "autocast_decrement_nesting", "autocast_increment_nesting", "clear_autocast_cache",
        "get_autocast_cpu_dtype", "get_autocast_gpu_dtype", "get_autocast_ipu_dtype",
        "get_autocast_xla_dtype", "is_autocast_cache_enabled", "is_autocast_cpu_enabled",
        "is_autocast_ipu_enabled", "is_autocast_xla_enabled", "set_autocast_cache_enabled",
        "set_autocast_cpu_dtype", "set_autocast_cpu_enabled", "set_autocast_dtype",
        "set_autocast_enabled", "set_autocast_gpu_dtype", "set_autocast_ipu_dtype",
        "set_autocast_ipu_enabled", "set_autocast_xla_dtype", "set_autocast_xla_enabled",
    ),
    "compiler": ("compile",),
    "func": ("vmap",),
    "nn.functional.affine": ("bilinear",),
    "nn.functional.distances": ("pairwise_distance", "pdist"),
    "nn.functional.native": (
        "alpha_dropout", "alpha_dropout_", "binary_cross_entropy_with_logits",
        "cosine_embedding_loss", "ctc_loss", "dropout", "dropout_", "embedding",
        "embedding_renorm_", "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout",
        "feature_dropout_", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
        "native_dropout", "poisson_nll_loss", "triplet_margin_loss",
    ),
    "nn.functional.native_norms": (
        "batch_norm", "native_batch_norm", "native_group_norm", "native_layer_norm",
    ),
    "nn.functional.similarity": ("cosine_similarity",),
    "ops.copies": (
        "alias_copy", "as_strided_copy", "detach_copy", "diagonal_copy", "expand_copy",
        "permute_copy", "select_copy", "slice_copy", "split_copy", "split_with_sizes_copy",
        "squeeze_copy", "t_copy", "transpose_copy", "unbind_copy", "unfold_copy",
        "unsqueeze_copy", "view_copy",
    ),
    "ops.mapped": ("from_file",),
    "ops.recurrent": (
        "_pack_padded_sequence", "_pad_packed_sequence", "gru", "gru_cell", "lstm", "lstm_cell",
        "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell",
    ),
    "ops.reparametrized": (
        "_dirichlet_grad", "_sample_dirichlet", "_standard_gamma", "_standard_gamma_grad",
        "binomial",
    ),
    "ops.segments": ("segment_reduce",),
    "ops.spatial": (
        "adaptive_avg_pool1d", "adaptive_max_pool1d", "affine_grid_generator", "avg_pool1d",
        "channel_shuffle", "constant_pad_nd", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
        "conv_transpose2d", "conv_transpose3d", "convolution", "grid_sampler", "grid_sampler_2d",
        "grid_sampler_3d", "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool3d",
        "native_channel_shuffle", "pixel_shuffle", "pixel_unshuffle",
    ),
    "ops.weight_norm": ("_weight_norm", "norm_except_dim"),
    "random": ("thread_safe_generator",),
    "serialization.api": ("load", "save"),
    "signal.periodic": (
        "bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window",
    ),
}  # fmt: skip
# Functions that PyTorch compiles: what they are called with by mistake is explained.
COMPILED = frozenset((
    "clear_autocast_cache", "get_autocast_cpu_dtype", "get_autocast_dtype",
    "get_autocast_gpu_dtype", "get_autocast_ipu_dtype", "get_autocast_xla_dtype",
    "get_num_interop_threads", "get_num_threads", "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled", "is_autocast_enabled", "is_autocast_ipu_enabled",
    "is_autocast_xla_enabled", "set_flush_denormal",
))  # fmt: skip
HOMES = {name: module for module, names in _NAMES_OF.items() for name in names}

# Methods that PyTorch has as functions too.
METHODS = frozenset((
    "abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_",
    "arctan_", "arctanh_", "asin_", "asinh_", "atan_", "atanh_", "ceil_", "clamp_",
    "clamp_max_", "clamp_min_", "clip_", "conj_physical_", "cos_", "cosh_", "deg2rad_",
    "detach_", "erf_", "erfc_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_", "frac_",
    "gcd_", "i0_", "lcm_", "ldexp_", "log10_", "log1p_", "log2_", "log_", "logit_",
    "nan_to_num_", "neg_", "negative_", "rad2deg_", "reciprocal_", "relu_", "round_", "rsqrt_",
    "sigmoid_", "sin_", "sinc_", "sinh_", "sqrt_", "square_", "tan_", "tanh_",
    "trunc_", "xlogy_", "zero_",
    "get_device", "hardshrink", "resize_as_",
))  # fmt: skip
