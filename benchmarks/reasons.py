"""Why a case is slower than PyTorch by more than a tenth, and what the limit is: a line a case.

``docs/benchmarks.md`` prints a line beside each case that needs it, and says where one is missing.
"""

CONVOLUTION = (
    "our tiles reach 90 to 123 GFLOP/s, this machine's best matrix product has 155 to 170, and "
    "PyTorch's convolutions come near that. Packing weights and turning blocks are scalar loops "
    "still; a 5x5 gradient would need nearly all of the machine, or fewer products (Winograd).")
NETWORK = "its convolutions, above all those of few channels or small images: see there."

SLOWER: dict[str, str] = {
    "collate": "stacking 64 tensors of a few elements is one call in either library; what is left "
               "is the check of each sample's type in Python. The limit is 0.7.",
    "gelu": "above -1 the error stays below 2 units in the last place, where PyTorch's reaches "
            "4.8: a longer polynomial and a more accurate exponential.",
    "log": "8 MB are read and written in 270 to 290 of its microseconds, as a plain loop does; "
           "PyTorch takes 336. The limit is 1.2.",
    **dict.fromkeys((
        "conv-1x1-forward", "conv-1x1-weight", "conv-stride-2-forward", "conv-5x5-input",
        "conv-5x5-weight", "conv-dilated-input", "conv-dilated-weight"), CONVOLUTION),
    **dict.fromkeys(
        ("residual-block", "resnet-step", "resnet-head", "resnet-inference"), NETWORK),
}
