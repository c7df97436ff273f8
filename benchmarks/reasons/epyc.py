"""What was found on an AMD EPYC (Zen 4), two of whose cores are ours alone.

It makes 16 products in two halves, so that no loop of any library made more than 121 GFLOP/s on
one core: what is mostly such products is at most as much faster than PyTorch as that leaves it.
"""

PRODUCTS = "no loop of any library makes more than 121 GFLOP/s on a core here; "
OPERATIONS = PRODUCTS + "its 47 million operations take 0.39 ms at that, and it takes {}, "
ARITHMETIC = (
    "16 elements take {} products or sums with a product, of which the processor begins one a "
    "cycle, and {}: {} µs, PyTorch's {}. {}")
CACHE = (
    "it is bound by the third cache, 8 MB at 51 GB/s, and so is PyTorch's. Three runs gave "
    "ratios from 0.86 to 1.42. On a Xeon neither streaming stores nor `rep movsb` won anything. "
    "The limit is 1.")

LIMITS: dict[str, str] = {
    "mlp-inference":
        "in turn it takes 1.65 µs and PyTorch 17.0, three times each: what is less came of other "
        "programs. On a Xeon tensors that wait whole, and hooks counted without calls, gave 4 %. "
        "The limit is about 10.5.",
    "cnn-digits":
        "tiles take 0.09 of 0.30 ms, turning and copying images 0.06, rectifiers and pool 0.03, "
        "the engine and Python 0.06. Cross entropy as one operation saves a launch of a "
        "microsecond, a bias added in the tile of a small step's products saved no time; three "
        "frames of Python for checks of a convolution are 0.3 µs. PyTorch takes 1.05 to 1.15 ms, "
        "where it takes 1.5 on a Xeon. The limit is about 3.8.",
    "resnet-inference":
        "three convolutions of 512 channels on 7×7 take 3.4 ms each, where the BLAS takes 3.3 for "
        "their products and PyTorch 2.6: 49 places fill four vectors to three quarters, and "
        "weights are packed anew for each image, a fifth. Squares err more than PyTorch at so many "
        "channels. On two threads 38 ms became 21 when the last layer no longer woke the BLAS, "
        "whose thread then spun for 20 ms, and when these convolutions were shared. The limit is "
        "about 1.3.",
    "lstm":
        OPERATIONS.format("0.49") + "PyTorch 0.93. Helpers that sleep at once instead of giving "
        "way for half a millisecond made two threads no faster: one launch alone is large enough "
        "for them. On a Xeon one loop over all gates took as long as four. The limit is 2.3.",
    "lstm-cell":
        OPERATIONS.format("0.56") + "PyTorch 2.9. On a Xeon squares of sums turned in registers "
        "gave 7 %, arrays of up to 16 kB kept 6; gradients of a weight gathered by more or fewer "
        "rows made no difference. The limit is about 5.5.",
    "conv-1x1-forward":
        PRODUCTS + "it makes 94 to 100 and PyTorch 88 to 94. The tile is 82 % of its time, copying "
        "panels 13. Chains twice as long take 2.0 ms as well; on a Xeon weights read where they "
        "lie took as long as packed ones. The limit is about 1.1.",
    "conv-1x1-input":
        "in turn it takes 2.0 ms and PyTorch 2.5, three times each: what is less came of other "
        "programs. The limit is about 1.25.",
    "conv-1x1-weight":
        PRODUCTS + "it makes 101 and PyTorch 92. On a Xeon chains three times as long won nothing, "
        "lines asked for a tile early 3 %. The limit is about 1.2.",
    "conv-dilated-input":
        "in turn it takes 3.4 ms and PyTorch 4.0 or more, three times each: what is less came of "
        "other programs. On a Xeon the tile is half of it, sums of squares a third. The limit is "
        "about 1.2.",
    "conv-stride-2-forward":
        PRODUCTS + "PyTorch makes 97 to 101 and this 95. By sliding the tile is 82 % of the time, "
        "at 115 GFLOP/s; by squares, 25 products of 36, it takes 9.9 ms where that takes 10.0, "
        "chains twice as long 9.8. On two threads in turn 4.7 and PyTorch 4.3 ms, the least of two "
        "runs. The limit is about 1.05.",
    "conv-stride-2-weight":
        PRODUCTS + "by sliding it made 93 and PyTorch 91; by squares, 25 products of 36, it takes "
        "8.6 ms where it took 10.0. The limit is about 1.2.",
    "conv1d-step":
        "in turn it takes 15 ms on one thread and 10 on two, PyTorch 24 and 13 to 25: a run of "
        "PyTorch's is not like another. Four outputs as a square are 21 products of 36, the tile "
        "60 % of the time, sums 20. The limit on two threads is about 1.6.",
    "sigmoid": ARITHMETIC.format(
        10, "a division of ten cycles more", 281, 400,
        "A quotient by Newton's steps would take five products instead. The limit is about 1.45."),
    "gelu": ARITHMETIC.format(
        19, "three sums and choices", 378, "455 to 500",
        "One power less errs by more than two units in the last place. The limit is about 1.3; on "
        "two threads both take half."),
    "relu": CACHE,
    "copy": CACHE,
    **{name: "10⁶ floats come from the third cache at 92 GB/s in either library. 16 lanes took 50 "
             "µs, for each addition waits for the last one of its lane; four blocks of one chain "
             "side by side 52, lines asked for early 50 to 52, 64 lanes in blocks of 512 47.5, in "
             "blocks of 2,048 44, where PyTorch's takes 43.5 (`sum(1)`: 43 and 45). The limit is 1."
       for name in ("sum", "sum-0", "sum-1")},
}
