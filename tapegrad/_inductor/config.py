"""Settings of PyTorch's generator of code, with its defaults. They are kept, and read by nothing.
"""

coordinate_descent_tuning = False
debug = False
epilogue_fusion = True
fallback_random = False
fx_graph_cache = True
max_autotune = False
