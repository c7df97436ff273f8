"""Why a case misses its target or is slower than PyTorch, and what the limit is: a line a case.

``docs/benchmarks.md`` prints the line of each case that needs it, and says where one is missing.
"""

CONVOLUTION = (
    "by samples 69 to 75 % of the time is the tile, at the rate of the machine's best matrix "
    "product; adding up short chains, for the error, and packing what lies across lines take 8 to "
    "9 %, copying a block 2 to 9 %, turning channels for a gradient of weights 16 %. Without the "
    "copies it would be about as fast as PyTorch.")

LIMITS: dict[str, str] = {
    "collate": "stacking 64 tensors of a few elements is one call in either library; what is left "
               "is the check of each sample's type in Python. The limit is 0.7.",
    "log": "a core reads and writes 29 GB/s however it is asked to: a copy of as much takes 226 us "
           "where PyTorch's logarithm takes 281. The limit is 1.2.",
    **dict.fromkeys((
        "conv-1x1-forward", "conv-1x1-weight", "conv-stride-2-forward", "conv-5x5-input",
        "conv-5x5-weight", "conv-dilated-input", "conv-dilated-weight"), CONVOLUTION),
}
