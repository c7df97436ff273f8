"""What was found on an Intel Xeon with AVX-512, whose other cores were busy."""

SQUARES = (
    "sliding is 74 % tile, at 164 GFLOP/s where fused products alone make 200; parting the "
    "remainders of lines takes 9 %, packing patches and placing outputs 9. Squares (winograd.h)"
    " take 25 products of 36, but a square then reads 25 elements of four remainders: 10.2 ms "
    "where sliding took 8.7, half of it no product. Longer chains, and factors asked for early "
    "or packed, won nothing. 0.95 on a quiet machine (7.95 and 7.55 ms); the limit is about 1.")
DILATED = (
    "by squares the tile is 48 % of the time; the sums of what squares read and make, which lie "
    "two apart, are 33, and parting the four remainders of a line 19. Places of "
    "vectors as constants gave 9 %, of processor time 3.0 ms beside PyTorch's 3.3 (the least of "
    "three runs). By sliding it takes a seventh longer. The limit is about 1.15.")

TRAFFIC = (
    "a core reads and writes 29 GB/s through ordinary stores, streaming ones and `rep movsb` "
    "alike, so a copy of as much takes 226 µs")
ARITHMETIC = (
    "as many instructions as two ports take, {} µs from the first cache; PyTorch's takes {}")

BUSY = (
    "three runs of this case among six others on two threads gave {}: both libraries' times change "
    "twofold within minutes on this machine.")
TWO_THREADS = (
    "takes {} µs where one takes {} (5th percentiles), and while the load of other programs was 12 "
    "to 16 {} and {} (medians): then a thread that has begun a part waits for its turn, up to 8 "
    "ms.")
SMALL = (
    "no second thread of ours runs (0 of 150 ticks of processor time on two threads). It takes {} "
    "instructions beside PyTorch's {} (callgrind), {} µs of processor time beside {}, a ratio of "
    "{} ({} between the 10th and the 90th percentile) while other programs keep both cores busy: "
    "what is less comes of them. {} ")

LIMITS: dict[str, str] = {
    "recorded": SMALL.format(
        "2,060", "18,700", "0.18", "2.7", "15.1", "14.8 to 16.0",
        "Of its instructions 750 leave an entry, 600 find and run the loop, 400 free, 300 are the "
        "interpreter's. Tensors that wait whole for another life gave 4 %, operands borrowed "
        "instead of held 2.") + "The limit is about 15.",
    "small-step": SMALL.format(
        "64,600", "865,000", "9.1 to 15.5", "222 to 453", "30.9", "24.5 to 52",
        "Of its instructions 19,300 are the interpreter's, 8,700 below launches, 7,000 the "
        "optimizer's call, 6,000 make and free 25 tensors, 2,400 look for hooks of five modules. "
        "Tensors that wait whole gave 1,700, an optimizer that gathers into one list 2,500, "
        "formulas and gradients of biases without detours 1,400: 11 % of its time, in turn. "
        "PyTorch makes 2 to 4 instructions a nanosecond, this 4 to 7, as busy as the machine is.")
        + "The limit is about 25.",
    "step": SMALL.format(
        "332,000", "1,029,000", "27", "333", "12.0", "10.9 to 15.5",
        "275,000 of its instructions run below launches. On two threads it takes 0.98 of that, but "
        "PyTorch shares its operations: half of its ticks are its other threads', which spin while "
        "another program has their core, 6 to 39 ms a step.") + "The limit is about 12.",
    "mlp-inference": SMALL.format(
        "16,900", "137,000", "2.0", "28", "12.4", "10.6 to 14.7",
        "7,900 of its instructions are the interpreter's, 3,100 run below launches. Tensors that "
        "wait whole, and hooks counted without calls, gave 4 % of its time together.")
        + "The limit is about 12.",
    "gpt": "on two threads a step takes 5.3 ms where one takes 5.8 (medians, in turn), for most of "
           "its launches are too short to be shared. Three more runs of this case gave 1.40, 1.41 "
           "and 1.51. The limit on two threads is about 1.5.",
    "attention": "no launch of it is large enough to be shared: it takes 0.60 ms on one thread and "
                 "on two (medians, in turn). Four more runs of this case gave 1.14, 1.34, 1.28 and "
                 "1.58: PyTorch's second thread is not always there. The limit on two threads is "
                 "about 1.3.",
    "mul": "it is bound by memory, and needs the second core for it. Three more runs of this case "
           "on two threads gave 1.96, 1.41 and 1.63. The limit is that of copying.",
    "resnet-head": BUSY.format("1.21, 1.18 and 1.18"),
    "conv-5x5-input": "by squares, 49 products of 100, the tile is 60 % of the time, sums 30, "
                      "copying lines 7: 3.8 ms of processor time where PyTorch's takes 4.1 (the "
                      "least of three runs). Places of vectors as constants, and sums cleared a "
                      "kind at a time, changed no more than noise. The limit is about 1.1.",
    "cumsum-1": "on two threads " + TWO_THREADS.format(340, 660, 730, 870) +
                " PyTorch's took 12,000 to 20,000 at that load. Three runs on a quieter machine "
                "gave 1.39, 1.39 and 1.07. Copying as much takes two threads 171 µs, so the limit "
                "is half of its time.",
    "matmul-512": "on one thread it is the BLAS that NumPy brings; tiles of our own, from factors "
                  "packed 128, 192 or 256 deep, take as long. The limit is 0.98.",
    "matmul-1024": "on one thread it is the BLAS that NumPy brings, 15.9 ms of processor time "
                   "where PyTorch's takes 15.1; on several threads tiles of our own, which make "
                   "118 GFLOP/s a core where the BLAS makes 138. 1,008 rows packed at a time make "
                   "97 to 106, 504 make 118, 252 make 118; a depth kept for two panels 119, for "
                   "four 117, for eight 115. The limit is 0.95 on one thread, about 0.85 on two.",
    "max": "in turn with PyTorch's it took 203 µs of processor time where that took 244, so what "
           "is less comes of a busy machine. 64 lanes instead of 32 took 185 and 128 lanes 185 "
           "where 32 took 187, and made 1,000 rows of 16 take 46 and 60 instead of 21. The limit "
           "is 1.2.",
    **{name: f"two threads take {two} µs where one takes {one}, cut into four parts a thread; into "
             f"two parts they took {half}, into one {whole} (the 5th percentiles of three runs). "
             "PyTorch's `sum(1)` took 53 while both cores were free, 340 to milliseconds while "
             "others used them. The limit is about 1."
       for name, two, one, half, whole in [("sum-0", "44 to 55", 123, "49 to 58", "52 to 61"),
                                           ("sum-1", "38 to 61", 115, "41 to 61", "56 to 62")]},
    "collate": "stacking 64 tensors of a few elements is one call in either library; what is left "
               "is the check of each sample's type in Python. The limit is 0.7.",
    "lstm-of-operations": "of 84,100 instructions a step of the LSTM 22,200 are the interpreter's, "
                          "10,600 run below launches; PyTorch's are 577,000. 33,801 launches take "
                          "4.6 of 14.3 ms. As many small arrays kept as a loop drops at once gave "
                          "7,500 instructions, tensors that wait whole 4,000, gradients cut only "
                          "where they are needed, chunks and formulas without lists 8,400: old "
                          "over new time 1.21 in turn. Of what is left NumPy makes five views a "
                          "step in 4,600. Beside a busy machine 8.8 of processor time (6.5 to "
                          "10.6). The limit is about 9.",
    "cnn-digits": "launches take 0.26 of 0.36 ms, convolutions 0.19 of them, pool 0.03. Outputs "
                  "of small images turned and written a sample at a time gave 0.03 ms, windows of"
                  " two by two found without loads by index and weights of one channel slid over "
                  "narrow images 0.05, gradients of weights planned once for all steps 0.014 (345"
                  " and 331 µs, in turn); arrays of 16 kB kept, a leaner optimizer, and gradients"
                  " of maxima placed by vectors no more than noise. 4.2 on a quiet machine. The "
                  "limit is about 4.3.",
    "lenet": "beside other processes three products of 64×400×120 waited in the BLAS's threads for "
             "32 ms each, which take 46 µs on one thread: 240 ms a step, since they stay on one "
             "4.0 where a step takes 4.7 on one thread (medians, in turn). Three more runs of this "
             "case gave 1.82, 1.85 and 1.27: the second core is not always there. The limit is "
             "about 1.8.",
    "resnet-step": "on one thread convolutions take 139 of 173 ms of launches, batch norm 13, SGD "
                   "6, copies 6. Patches kept for further weights gave 18 % on 128 channels of "
                   "8×8, outputs turned a sample at a time 2 to 10 % on 4×4 and 2×2; lines copied "
                   "by one loop an image gave nothing. Of 256 channels on 4×4 79 % is tile, 9 "
                   "packing weights. Were convolutions nothing but such tiles, a step would take "
                   "149 of 178 ms: the limit is about 1.6.",
    "resnet-inference": "on one thread convolutions take 48 of 53 ms of launches. Those of 512 "
                        "channels are 69 % tile and 19 packing weights, anew for each image, those "
                        "of 256 49 and 25. Patches kept for further weights gave 3 to 11 % of "
                        "them, lines copied by one loop an image nothing. Were convolutions "
                        "nothing but tiles, 33 of 48 ms, it would take 36 of 51: the limit is "
                        "about 1.8 on one thread. The second core is not always there.",
    "conv-stride-2-weight": "sliding is 79 % tile, 14 turning channels. By squares, 25 products of "
                            "36, the tile takes 4.5 ms where it took 6.1, but the sums of four "
                            "remainders and turning them as much more: 8.5 beside 7.7 ms. Blocks "
                            "of half and twice the size won no more than noise. The limit is about "
                            "1.1.",
    "transposed-step": "by squares the tile is 37 to 48 % of each pass, sums of what squares read "
                       "and make 22 to 49, parting remainders or turning channels 6 to 19. "
                       "Squares in the gradient of the weight gave 0.5 ms, nine sums of two taps "
                       "instead of sixteen 5 %, memory kept between calls 1 ms. Runs on a busy "
                       "machine give 1.35 to 1.52.",
    "lstm-cell": "of 8.6 million instructions (PyTorch's 22.7) 91 % run below launches, 5 are the"
                 " interpreter's, 5 the engine's; products, bound by the loads of a transposed "
                 "weight, took 0.36 of 0.64 ms. Squares of sums that are turned in registers gave"
                 " 7 %, arrays of up to 16 kB kept, as many as a loop drops at once, 6, copies by"
                 " a cast loop 9; gradients of a weight gathered by 64, 128 or 512 rows instead "
                 "of 256 came within 2 %. 6.1 on a quiet machine. The limit is about 7.",
    "lstm": "products alone take 0.25 of 0.46 ms, near the most that the machine makes, loops "
            "between them 0.07. A reciprocal by Newton's steps for the divisions of tangents "
            "takes a third longer, one loop over all gates instead of four as long. Deep strips "
            "gathered gave 0.015 ms, checks and states without detours 0.012, the weight turned "
            "once 0.03, arrays of up to 16 kB kept 3 %. The limit is about 2.4.",
    **{name: f"{TRAFFIC}, where PyTorch's takes {theirs}. The limit on one thread is {limit}. "
             f"exp on two threads {TWO_THREADS.format(137, 300, 348, 370)}"
       for name, theirs, limit in [("exp", 275, 1.2), ("tanh", 303, 1.3), ("log", 281, 1.2)]},
    "sin": f"{ARITHMETIC.format(310, 387)}. With one sum less accuracy is lost. The limit is 1.25.",
    "gelu": "24 instructions of arithmetic a vector take two ports 240 µs, and memory alone 226. "
            "They were 27: a power less, a product in the sum that rounds, and sizes compared as "
            "whole numbers take 0.83 of the time in turn, 366 µs of processor time beside "
            "PyTorch's 448 on a busy machine. One power less still errs by 5.8 units in the "
            "last place, one of 2^r less by 3.4, 16 powers of a line without an exponential by "
            "6, where 2 are allowed. The limit is 1.4.",
    "erf": f"{ARITHMETIC.format(313, 488)}. Memory at 29 GB/s beside it leaves 1.4.",
    "sigmoid": f"{ARITHMETIC.format(246, 409)}. Memory at 29 GB/s beside it leaves 1.5.",
    "conv-1x1-forward": "a core makes 175 GFLOP/s of fused products, the tile 150 between the "
                        "other loops. Panels copied from the images, without a copy of whole "
                        "blocks, took 0.91 of the processor time in turn: 1.60 ms, PyTorch's 1.67. "
                        "Weights read where they lie took as long as packed ones, chains twice as "
                        "long and factors asked for early won no more than noise. The limit is "
                        "about 1.05.",
    "conv-1x1-weight": "in turn with PyTorch's it takes 1.48 ms of processor time where that takes "
                       "1.67, so what is less comes of a busy machine. A core makes 175 GFLOP/s of "
                       "fused products, the tile 155 here; turning the images takes 9 % of the "
                       "time. Chains three times as long won nothing, lines asked for a tile early "
                       "3 %, a whole block early nothing. The limit is 1.15.",
    "conv-stride-2-forward": SQUARES,
    "conv-dilated-forward": DILATED,
    "conv-dilated-input": DILATED,
    "conv1d-step": "four outputs as a square, 21 products of 36, take 13.1 ms of processor time "
                   "where sliding took 14.6 and PyTorch's takes 19.6 (the least of four "
                   "runs): products are 53 % of it, sums 32, copying lines 10. Pairs, 12 products "
                   "of 18, would take as many sums for two outputs as these for four. The limit "
                   "is about 1.6.",
}
