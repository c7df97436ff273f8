"""What was found on an AMD EPYC (Zen 4), two of whose cores are ours alone.

It makes 16 products in two halves, so that no loop of any library made more than 121 GFLOP/s on
one core: what is mostly such products is at most as much faster than PyTorch as that leaves it.
"""

PRODUCTS = "no loop of any library makes more than 121 GFLOP/s on a core here; "
OPERATIONS = PRODUCTS + "its 42 million operations take 0.35 ms at that, and it takes {}, "
ARITHMETIC = (
    "16 elements take {} products or sums with a product, of which the processor begins one a "
    "cycle, and {}: {} µs, PyTorch's {}. {}")
CACHE = (
    "it is bound by the third cache, 8 MB at 95 GB/s, and so is PyTorch's: in turn it takes 86 µs, "
    "PyTorch 90 to 97. By four lanes it took 140. The limit is 1.1.")

LIMITS: dict[str, str] = {
    "lstm-of-operations":
        "in turn it takes 8.1 to 10 ms, "
        "PyTorch 92 to 108: what is less came of other programs, whose caches these are too. What "
        "the entries before it saved, and the next arrays of a shape, asked for early gave 1.5 %. "
        "On a Xeon as many small arrays kept as a loop drops at once, tensors that wait whole and "
        "chunks without lists gave 1.2 together. The limit is about 11.",
    "cumsum-0":
        "in turn it takes 0.14 to 0.18 ms and PyTorch 0.72. In two processes of eleven, one of "
        "them of older code, it took 1.1, which no other did: why was not found. The limit, "
        "otherwise, is about 5.",
    "mlp-inference":
        "in turn it takes 1.65 µs and PyTorch 17.0, three times each: what is less came of other "
        "programs. On a Xeon tensors that wait whole, and hooks counted without calls, gave 4 %. "
        "The limit is about 10.5.",
    "cnn-digits":
        "in turn it takes 0.254 to 0.270 ms, PyTorch 1.05 to 1.09, where on a Xeon it takes 1.5. "
        "Tiles take 0.09 of it, what turns and copies images 0.03, rectifiers and pool 0.02, the "
        "engine and Python 0.07. By squares, which two pairs a side do not fill, it took 0.44 of "
        "0.29. Squares turned in registers gave 8 µs, lines and lanes found without divisions 5, "
        "pools written by vectors 5, sums where outputs lie 3, biases summed without a copy 3, "
        "borders that nobody reads left as they are 5; maxima of lines by fixed lengths, and "
        "weaving apart from its loop, nothing. The limit is about 4.3.",
    "resnet-inference":
        "three convolutions of 512 channels on 7×7 take 2.9 ms each, where the BLAS takes 3.3 for "
        "their products and PyTorch 2.6 to 3.3: weights are packed anew for each image, a fifth. "
        "Squares err more than PyTorch at so many channels. 49 places filled four vectors to three "
        "quarters: now the one that is left over takes rows as lanes (3.5 ms before). Those at a "
        "stride of 2 went by squares: by sliding they take 1.5 ms where that took 4.5. On two "
        "threads a last layer that woke the BLAS cost the next image its second core. The limit is "
        "about 1.4.",
    "lstm":
        OPERATIONS.format("0.50") + "PyTorch 0.92 to 0.97; of that products are 71 %, at 118 "
        "GFLOP/s, gates 8, the engine and Python 7. Gates by one exponential instead of a tangent "
        "took as long (0.6 %), and so did all steps as one launch instead of four a step. On two "
        "threads, which had met twice a step and took 0.49, samples are shared for the whole "
        "sequence: 0.31, PyTorch 0.77 to 0.82. On a Xeon one loop over all gates took as long as "
        "four. The limit is about 2.2 on one thread and 2.7 on two.",
    "lstm-cell":
        OPERATIONS.format("0.56") + "PyTorch 2.9: products 66 % of it, gates 9, the engine and "
        "Python 15, rows copied together for one gradient of a weight 3. Gates by one exponential "
        "took as long, short rows copied by vectors 2 % less. On a Xeon squares of sums turned in "
        "registers gave 7 %, arrays of up to 16 kB kept 6; gradients of a weight gathered by more "
        "or fewer rows made no difference. The limit is about 5.8.",
    "conv-1x1-forward":
        PRODUCTS + "it makes 94 to 103 and PyTorch 88 to 94. The tile is 78 % of its time, copying "
        "panels and placing sums 17. The next panel's lines asked for early, sums begun a tile at "
        "a time, chains twice as long, and panels of 512 and 1,024 places instead of 256 changed "
        "less than 1 %; of 128 they take 4 % longer. On a Xeon weights read where they lie took as "
        "long as packed ones. The limit is about 1.15.",
    "transposed-step":
        "in turn it takes 9.5 to 9.9 ms and PyTorch 19 to 21, three times each, but with a process "
        "for each of them 10.8 to 11.1 and 15.6 to 16.0: PyTorch's time depends on what ran before "
        "in its process. On a Xeon squares in the gradient of the weight gave 0.5 ms, nine "
        "sums of two taps instead of sixteen 5 %. By its time in turn the limit is about 1.65.",
    "conv-1x1-input":
        "in turn it takes 2.0 ms and PyTorch 2.5, three times each: what is less came of other "
        "programs. The limit is about 1.25.",
    "conv-1x1-weight":
        PRODUCTS + "it makes 101 to 107 and PyTorch 92 to 98. Panels of 128, 512 and 1,024 places "
        "instead of 256 took up to 2 % longer, lines not asked for early 1.5. On a Xeon chains "
        "three times as long won nothing. The limit is about 1.2.",
    "conv-dilated-input":
        "in turn it takes 3.4 ms and PyTorch 4.0 or more, three times each: what is less came of "
        "other programs. On a Xeon the tile is half of it, sums of squares a third. The limit is "
        "about 1.2.",
    "conv-stride-2-forward":
        PRODUCTS + "by sliding it made 98 and PyTorch 97 to 105; by squares, 25 products of 36, it "
        "takes 8.0 ms where it took 9.4, and PyTorch 8.7 to 9.2 (on two threads 4.1 and 4.4 to "
        "5.1). The tile is 75 % of it. Chains of 48 or 64 instead of 32 gave 0 and 3 % and err "
        "more, squares of four by four outputs would err 2.5 times as much as PyTorch. The limit "
        "is about 1.2.",
    "conv-stride-2-weight":
        PRODUCTS + "by sliding it made 93 and PyTorch 91; by squares, 25 products of 36, it takes "
        "7.4 ms where it took 10.0, PyTorch 9.1 to 10.5; on two threads 3.7 and 4.9, in turn. The "
        "limit is about 1.35.",
    "conv1d-forward":
        "in turn it takes 4.7 ms on one thread and 2.4 on two, PyTorch 8 to 9 and 6.3 to 7.2, "
        "three times each: a run of PyTorch's is not like another. Remainders of long lines that "
        "are parted at once took 1 % longer. The limit on two threads is about 2.6.",
    "conv1d-step":
        "in turn it takes 15 ms on one thread and 10 on two, PyTorch 24 and 13 to 25: a run of "
        "PyTorch's is not like another. Four outputs as a square are 21 products of 36, the tile "
        "60 % of the time, sums 20. The limit on two threads is about 1.6.",
    "sigmoid": ARITHMETIC.format(
        9, "a division of five cycles more", 259, "402 to 411",
        "A quotient by one, two and three of Newton's steps took 14, 23 and 32 % longer. The limit "
        "is about 1.6."),
    "gelu":
        "in turn it takes 285 µs, and PyTorch 457 to 490: what is less came of other programs. "
        "Sixteen polynomials instead of eight take 216, but no shuffle of AVX2 chooses among so "
        "many. The limit is about 1.7.",
    "relu": CACHE,
    "copy": CACHE,
    **{name: "10⁶ floats come from the third cache at 92 GB/s in either library. 16 lanes took 50 "
             "µs, for each addition waits for the last one of its lane; four blocks of one chain "
             "side by side 52, lines asked for early 50 to 52, 64 lanes in blocks of 512 47.5, in "
             "blocks of 2,048 44, where PyTorch's takes 43.5 (`sum(1)`: 43 and 45). The limit is 1."
       for name in ("sum", "sum-0", "sum-1")},
}
