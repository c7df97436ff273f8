"""Why a case misses its target or is slower than PyTorch, and what the limit is: a line a case.

``docs/benchmarks.md`` prints the line of each case that needs it, and says where one is missing.
"""

TILE = (
    "a core makes 179 GFLOP/s of fused products, the tile 173 of factors in the first cache and "
    "150 between the other loops. {} Chains twice as long, factors asked for eight products "
    "early and factors packed into whole lines won no more than noise, 2 to 5 %. The limit is "
    "about {}.")
SQUARES = (
    "sliding is 77 % tile. Squares (winograd.h) take 25 products of 36, but a square then reads 25 "
    "elements of four remainders: 10.2 ms where sliding took 8.7, half of it no product. Longer "
    "chains, and factors asked for early or packed, won nothing. The limit is about 1.1.")
DILATED = (
    "by squares the tile is 43 % of the time; the sums of what squares read and make, which lie "
    "two apart, are 40, and parting the four remainders of a line 17. By "
    "sliding it takes a twentieth longer. The limit is about 1.15.")

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
    "conv-1x1-forward": TILE.format(
        "It is 80 % of the time here, placing sums 8, copying images 7; PyTorch's whole time is "
        "that of 87 % of the machine.", "1.0"),
    "conv-1x1-weight": TILE.format(
        "It is 74 % of the time here, turning channels 23; PyTorch's whole time is that of 87 % of "
        "the machine, so that the target would be 96 %.", "0.85"),
    "conv-stride-2-forward": SQUARES,
    "conv-dilated-forward": DILATED,
    "conv-dilated-input": DILATED,
    "conv1d-step": TILE.format(
        "It is 81 % of the time forward, 82 in the gradient of the weight; sums for pairs of "
        "outputs, 12 products of 18, have not been made for one dimension.", "1.2"),
}
