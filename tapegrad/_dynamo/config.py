"""Settings of PyTorch's compiler, with its defaults. They are kept, and read by nothing."""

assume_static_by_default = True
cache_size_limit = recompile_limit = 8
capture_scalar_outputs = False
suppress_errors = False
verbose = False
