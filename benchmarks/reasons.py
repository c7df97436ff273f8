"""Why a case misses its target or is slower than PyTorch, and what the limit is: a line a case.

``docs/benchmarks.md`` prints the line of each case that needs it, and says where one is missing.
"""

CONVOLUTION = (
    "by samples 69 to 75 % of the time is the tile, at the rate of the machine's best matrix "
    "product; adding up short chains, for the error, and packing what lies across lines take 8 to "
    "9 %, copying a block 2 to 9 %, turning channels for a gradient of weights 16 %. Without the "
    "copies it would be about as fast as PyTorch.")

TRAFFIC = (
    "a core reads and writes 29 GB/s through ordinary stores, streaming ones and `rep movsb` "
    "alike, so a copy of as much takes 226 µs")
ARITHMETIC = (
    "as many instructions as two ports take, {} µs from the first cache; PyTorch's takes {}")

LIMITS: dict[str, str] = {
    "matmul-512": "on one thread it is the BLAS that NumPy brings; tiles of our own, from factors "
                  "packed 128, 192 or 256 deep, take as long. The limit is 0.98.",
    "collate": "stacking 64 tensors of a few elements is one call in either library; what is left "
               "is the check of each sample's type in Python. The limit is 0.7.",
    **{name: f"{TRAFFIC}, where PyTorch's takes {theirs}. The limit on one thread is {limit}."
       for name, theirs, limit in [("exp", 275, 1.2), ("tanh", 303, 1.3), ("log", 281, 1.2)]},
    "sin": f"{ARITHMETIC.format(310, 387)}. With one sum less accuracy is lost. The limit is 1.25.",
    "gelu": f"{ARITHMETIC.format(269, 351)}. One power less, or its end masked otherwise, wins "
            "nothing. The limit is 1.3.",
    "erf": f"{ARITHMETIC.format(313, 488)}. Memory at 29 GB/s beside it leaves 1.4.",
    "sigmoid": f"{ARITHMETIC.format(246, 409)}. Memory at 29 GB/s beside it leaves 1.5.",
    **dict.fromkeys((
        "conv-1x1-forward", "conv-1x1-weight", "conv-stride-2-forward", "conv-5x5-input",
        "conv-5x5-weight", "conv-dilated-input", "conv-dilated-weight"), CONVOLUTION),
}
