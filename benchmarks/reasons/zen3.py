"""What was found on an AMD EPYC (Zen 3), which has no AVX-512 and whose speed changes in seconds.

Times are the least of many short turns with PyTorch, since medians change twofold.
"""

ONE_TAP = (
    "in turn it takes {} as long as PyTorch: in a quiet moment 75 GFLOP/s, where a tile makes 86 "
    "of factors in the first cache. Lines of 64 bytes, 784 apart, are read and written, which is a "
    "sixth of it although they are asked for early (before, it took {} more). Two panels at once, "
    "several chains within a tile and stores past the copy of the sums gained nothing. The limit "
    "is about 1.15.")
CACHE = (
    "in turn it takes {} µs, PyTorch {}: 10⁶ floats come from the third cache in either library. "
    "The limit is 1.")

LIMITS: dict[str, str] = {
    "lstm":
        "in turn it takes 770 to 830 µs, PyTorch 1,520 to 1,670: 54 GFLOP/s, two thirds of it in "
        "tiles of four rows. Tiles of six, which alone are 2 to 9 % faster, made steps of a cell "
        "slower. The limit is about 2.3.",
    "conv-1x1-forward": ONE_TAP.format("0.97 to 1.03 times", "a fifth"),
    "conv-1x1-input": ONE_TAP.format("about", "a quarter"),
    "conv-5x5-input": "in turn it takes 6.8 ms, PyTorch 8.4. The limit is about 1.2.",
    "conv-stride-2-forward":
        "by squares, 25 products of 36, in turn it takes 11.4 ms, PyTorch 12.6; by sliding it took "
        "13.4. On two threads 6.1, 6.6 and 6.9. The limit is about 1.15.",
    "resnet-inference": "in turn it takes 51 ms, PyTorch 66. The limit is about 1.25.",
    "sum": CACHE.format(63, 60),
    "sum-0": CACHE.format(83, 82),
    "sum-1": CACHE.format("62 to 65", "62 to 63"),
    "copy": CACHE.format(127, 125),
}
