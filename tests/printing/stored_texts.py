"""What PyTorch 2.13 prints of tensors, by a name for each."""

from math import inf, nan

import tapegrad as torch

STORED = {
    "scalar": (
        lambda: torch.tensor(3.5),
        "tensor(3.5000)",
    ),
    "whole scalar": (
        lambda: torch.tensor(3.0),
        "tensor(3.)",
    ),
    "negative scalar": (
        lambda: torch.tensor(-2),
        "tensor(-2)",
    ),
    "bool scalar": (
        lambda: torch.tensor(True),
        "tensor(True)",
    ),
    "double scalar": (
        lambda: torch.tensor(1.0, dtype=torch.float64),
        "tensor(1., dtype=torch.float64)",
    ),
    "nan scalar": (
        lambda: torch.tensor(nan),
        "tensor(nan)",
    ),
    "tiny scalar": (
        lambda: torch.tensor(1e-10),
        "tensor(1.0000e-10)",
    ),
    "vector": (
        lambda: torch.tensor([1.0, 2.5, -3.125]),
        "tensor([ 1.0000,  2.5000, -3.1250])",
    ),
    "whole floats": (
        lambda: torch.tensor([1.0, 20.0, 300.0]),
        "tensor([  1.,  20., 300.])",
    ),
    "rounded": (
        lambda: torch.tensor([0.12345, 2.34567]),
        "tensor([0.1235, 2.3457])",
    ),
    "ints": (
        lambda: torch.tensor([1, -20, 300]),
        "tensor([  1, -20, 300])",
    ),
    "bools": (
        lambda: torch.tensor([True, False]),
        "tensor([ True, False])",
    ),
    "matrix": (
        lambda: torch.ones(2, 3),
        ("tensor([[1., 1., 1.],\n        [1., 1., 1.]])"),
    ),
    "three dimensions": (
        lambda: torch.arange(12).reshape(2, 2, 3),
        (
            "tensor([[[ 0,  1,  2],\n"
            "         [ 3,  4,  5]],\n"
            "\n"
            "        [[ 6,  7,  8],\n"
            "         [ 9, 10, 11]]])"
        ),
    ),
    "four dimensions": (
        lambda: torch.zeros(2, 1, 2, 2),
        (
            "tensor([[[[0., 0.],\n"
            "          [0., 0.]]],\n"
            "\n"
            "\n"
            "        [[[0., 0.],\n"
            "          [0., 0.]]]])"
        ),
    ),
    "five dimensions": (
        lambda: torch.arange(4).reshape(1, 2, 1, 2, 1),
        ("tensor([[[[[0],\n           [1]]],\n\n\n         [[[2],\n           [3]]]]])"),
    ),
    "float16": (
        lambda: torch.tensor([0.5, 1.0], dtype=torch.float16),
        "tensor([0.5000, 1.0000], dtype=torch.float16)",
    ),
    "float64": (
        lambda: torch.tensor([0.1, 2.0], dtype=torch.float64),
        "tensor([0.1000, 2.0000], dtype=torch.float64)",
    ),
    "int8": (
        lambda: torch.tensor([-128, 127], dtype=torch.int8),
        "tensor([-128,  127], dtype=torch.int8)",
    ),
    "int16": (
        lambda: torch.tensor([1, 2], dtype=torch.int16),
        "tensor([1, 2], dtype=torch.int16)",
    ),
    "int32": (
        lambda: torch.tensor([[1], [2]], dtype=torch.int32),
        ("tensor([[1],\n        [2]], dtype=torch.int32)"),
    ),
    "uint8": (
        lambda: torch.tensor([0, 255], dtype=torch.uint8),
        "tensor([  0, 255], dtype=torch.uint8)",
    ),
    "large ints": (
        lambda: torch.tensor([-(2**63), 2**63 - 1]),
        "tensor([-9223372036854775808,  9223372036854775807])",
    ),
    "nan and inf": (
        lambda: torch.tensor([nan, inf, -inf, 1.0]),
        "tensor([nan, inf, -inf, 1.])",
    ),
    "nan and fractions": (
        lambda: torch.tensor([nan, 0.5, -inf]),
        "tensor([   nan, 0.5000,   -inf])",
    ),
    "only special values": (
        lambda: torch.tensor([[nan, 0.0], [-0.0, inf]]),
        ("tensor([[nan, 0.],\n        [-0., inf]])"),
    ),
    "negative zero": (
        lambda: torch.tensor([-0.0, 0.5]),
        "tensor([-0.0000, 0.5000])",
    ),
    "scientific by ratio": (
        lambda: torch.tensor([0.001, 1001.0]),
        "tensor([1.0000e-03, 1.0010e+03])",
    ),
    "largest plain ratio": (
        lambda: torch.tensor([1.0, 1000.0]),
        "tensor([   1., 1000.])",
    ),
    "scientific by size": (
        lambda: torch.tensor([2e8, 3e8]),
        "tensor([2.0000e+08, 3.0000e+08])",
    ),
    "largest plain size": (
        lambda: torch.tensor([1e8]),
        "tensor([100000000.])",
    ),
    "scientific by smallness": (
        lambda: torch.tensor([1e-5, 2e-5]),
        "tensor([1.0000e-05, 2.0000e-05])",
    ),
    "smallest plain": (
        lambda: torch.tensor([1e-4]),
        "tensor([1.0000e-04])",
    ),
    "scientific with nan": (
        lambda: torch.tensor([1e-8, nan, -1.0, 0.0, inf]),
        "tensor([ 1.0000e-08,         nan, -1.0000e+00,  0.0000e+00,         inf])",
    ),
    "scientific float16": (
        lambda: torch.tensor([6e-8, 1.0], dtype=torch.float16),
        "tensor([5.9605e-08, 1.0000e+00], dtype=torch.float16)",
    ),
    "three-digit exponent": (
        lambda: torch.tensor([1e-300, 1e300], dtype=torch.float64),
        "tensor([1.0000e-300, 1.0000e+300], dtype=torch.float64)",
    ),
    "empty": (
        lambda: torch.tensor([]),
        "tensor([])",
    ),
    "empty ints": (
        lambda: torch.tensor([], dtype=torch.int64),
        "tensor([], dtype=torch.int64)",
    ),
    "empty matrix": (
        lambda: torch.zeros(0, 3),
        "tensor([], size=(0, 3))",
    ),
    "empty bools": (
        lambda: torch.zeros(2, 0, dtype=torch.bool),
        "tensor([], size=(2, 0), dtype=torch.bool)",
    ),
    "empty with grad": (
        lambda: torch.zeros(0, 2, requires_grad=True),
        "tensor([], size=(0, 2), requires_grad=True)",
    ),
    "wrapped line": (
        lambda: torch.arange(30),
        (
            "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
            "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])"
        ),
    ),
    "wrapped floats": (
        lambda: torch.arange(14) / 8,
        (
            "tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n"
            "        1.1250, 1.2500, 1.3750, 1.5000, 1.6250])"
        ),
    ),
    "wrapped rows": (
        lambda: torch.arange(40).reshape(2, 20) * 1000,
        (
            "tensor([[    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,\n"
            "         10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000],\n"
            "        [20000, 21000, 22000, 23000, 24000, 25000, 26000, 27000, 28000, 29000,\n"
            "         30000, 31000, 32000, 33000, 34000, 35000, 36000, 37000, 38000, 39000]])"
        ),
    ),
    "dtype on its own line": (
        lambda: torch.arange(11, dtype=torch.float64) / 8,
        (
            "tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,\n"
            "        1.1250, 1.2500], dtype=torch.float64)"
        ),
    ),
    "suffix that just fits": (
        lambda: torch.zeros(17, dtype=torch.int32),
        "tensor([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], dtype=torch.int32)",
    ),
    "suffix that does not fit": (
        lambda: torch.zeros(18, dtype=torch.int32),
        (
            "tensor([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],\n"
            "       dtype=torch.int32)"
        ),
    ),
    "summary": (
        lambda: torch.arange(1001),
        "tensor([   0,    1,    2,  ...,  998,  999, 1000])",
    ),
    "slice of a large one": (
        lambda: torch.arange(3000).reshape(30, 100)[:1, :8],
        "tensor([[0, 1, 2, 3, 4, 5, 6, 7]])",
    ),
    "summary of a matrix": (
        lambda: torch.arange(3000.0).reshape(50, 60),
        (
            "tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 5.7000e+01, 5.8000e+01,\n"
            "         5.9000e+01],\n"
            "        [6.0000e+01, 6.1000e+01, 6.2000e+01,  ..., 1.1700e+02, 1.1800e+02,\n"
            "         1.1900e+02],\n"
            "        [1.2000e+02, 1.2100e+02, 1.2200e+02,  ..., 1.7700e+02, 1.7800e+02,\n"
            "         1.7900e+02],\n"
            "        ...,\n"
            "        [2.8200e+03, 2.8210e+03, 2.8220e+03,  ..., 2.8770e+03, 2.8780e+03,\n"
            "         2.8790e+03],\n"
            "        [2.8800e+03, 2.8810e+03, 2.8820e+03,  ..., 2.9370e+03, 2.9380e+03,\n"
            "         2.9390e+03],\n"
            "        [2.9400e+03, 2.9410e+03, 2.9420e+03,  ..., 2.9970e+03, 2.9980e+03,\n"
            "         2.9990e+03]])"
        ),
    ),
    "summary of rows": (
        lambda: torch.zeros(2, 600, dtype=torch.bool),
        (
            "tensor([[False, False, False,  ..., False, False, False],\n"
            "        [False, False, False,  ..., False, False, False]])"
        ),
    ),
    "summary of columns": (
        lambda: torch.zeros(600, 2),
        (
            "tensor([[0., 0.],\n"
            "        [0., 0.],\n"
            "        [0., 0.],\n"
            "        ...,\n"
            "        [0., 0.],\n"
            "        [0., 0.],\n"
            "        [0., 0.]])"
        ),
    ),
    "summary in three dimensions": (
        lambda: torch.arange(1210).reshape(11, 2, 55),
        (
            "tensor([[[   0,    1,    2,  ...,   52,   53,   54],\n"
            "         [  55,   56,   57,  ...,  107,  108,  109]],\n"
            "\n"
            "        [[ 110,  111,  112,  ...,  162,  163,  164],\n"
            "         [ 165,  166,  167,  ...,  217,  218,  219]],\n"
            "\n"
            "        [[ 220,  221,  222,  ...,  272,  273,  274],\n"
            "         [ 275,  276,  277,  ...,  327,  328,  329]],\n"
            "\n"
            "        ...,\n"
            "\n"
            "        [[ 880,  881,  882,  ...,  932,  933,  934],\n"
            "         [ 935,  936,  937,  ...,  987,  988,  989]],\n"
            "\n"
            "        [[ 990,  991,  992,  ..., 1042, 1043, 1044],\n"
            "         [1045, 1046, 1047,  ..., 1097, 1098, 1099]],\n"
            "\n"
            "        [[1100, 1101, 1102,  ..., 1152, 1153, 1154],\n"
            "         [1155, 1156, 1157,  ..., 1207, 1208, 1209]]])"
        ),
    ),
    "summary ignores the hidden": (
        lambda: torch.cat([torch.ones(600), torch.full((1,), 1e9), torch.ones(600)]),
        "tensor([1., 1., 1.,  ..., 1., 1., 1.])",
    ),
    "summary with suffixes": (
        lambda: torch.zeros(2000, dtype=torch.float64, requires_grad=True),
        "tensor([0., 0., 0.,  ..., 0., 0., 0.], dtype=torch.float64, requires_grad=True)",
    ),
    "requires grad": (
        lambda: torch.ones(2, requires_grad=True),
        "tensor([1., 1.], requires_grad=True)",
    ),
    "dtype and grad": (
        lambda: torch.ones(2, dtype=torch.float64, requires_grad=True),
        "tensor([1., 1.], dtype=torch.float64, requires_grad=True)",
    ),
    "grad_fn": (
        lambda: torch.ones(2, 2, requires_grad=True) + 3,
        ("tensor([[4., 4.],\n        [4., 4.]], grad_fn=<AddBackward0>)"),
    ),
    "grad_fn of a scalar": (
        lambda: (torch.ones(2, requires_grad=True) * 2).sum(),
        "tensor(4., grad_fn=<SumBackward0>)",
    ),
    "grad_fn on its own line": (
        lambda: torch.linspace(0, 1, 9, requires_grad=True).reshape(1, 9) * 2,
        (
            "tensor([[0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.2500, 1.5000, 1.7500, 2.0000]],\n"
            "       grad_fn=<MulBackward0>)"
        ),
    ),
    "detached": (
        lambda: (torch.ones(2, requires_grad=True) * 2).detach(),
        "tensor([2., 2.])",
    ),
    "transposed": (
        lambda: torch.arange(6).reshape(2, 3).t(),
        ("tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"),
    ),
    "expanded": (
        lambda: torch.tensor([1.5]).expand(2, 3),
        ("tensor([[1.5000, 1.5000, 1.5000],\n        [1.5000, 1.5000, 1.5000]])"),
    ),
    "comparison": (
        lambda: 9 * torch.tensor([2.0, 3.0]) ** 2 == torch.tensor([36.0, 81.0]),
        "tensor([True, True])",
    ),
}

STORED_WITH_OPTIONS = {
    "precision": (
        lambda: torch.tensor([1 / 3, 2.0]),
        {"precision": 2},
        "tensor([0.33, 2.00])",
    ),
    "no digits": (
        lambda: torch.tensor([0.4, 2.6]),
        {"precision": 0},
        "tensor([0, 3])",
    ),
    "precision and scientific": (
        lambda: torch.tensor([1e-9, 1.0]),
        {"precision": 7},
        "tensor([9.9999997e-10, 1.0000000e+00])",
    ),
    "threshold": (
        lambda: torch.arange(10),
        {"threshold": 5},
        "tensor([0, 1, 2,  ..., 7, 8, 9])",
    ),
    "edgeitems": (
        lambda: torch.arange(20),
        {"threshold": 5, "edgeitems": 1},
        "tensor([ 0,  ..., 19])",
    ),
    "no edgeitems": (
        lambda: torch.arange(20).reshape(4, 5),
        {"threshold": 5, "edgeitems": 0},
        "tensor([...], size=(4, 5))",
    ),
    "no edgeitems, all shown": (
        lambda: torch.arange(3),
        {"edgeitems": 0},
        "tensor([0, 1, 2], size=(3,))",
    ),
    "narrow": (
        lambda: torch.arange(10),
        {"linewidth": 20},
        ("tensor([0, 1, 2, 3,\n        4, 5, 6, 7,\n        8, 9])"),
    ),
    "wide": (
        lambda: torch.arange(20),
        {"linewidth": 90},
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])",
    ),
    "too narrow for one": (
        lambda: torch.tensor([1.5, 2.5]),
        {"linewidth": 1},
        ("tensor([1.5000,\n        2.5000])"),
    ),
    "always scientific": (
        lambda: torch.tensor([1.0, 2.5]),
        {"sci_mode": True},
        "tensor([1.0000e+00, 2.5000e+00])",
    ),
    "scientific whole": (
        lambda: torch.tensor([1.0, 20.0]),
        {"sci_mode": True},
        "tensor([1.0000e+00, 2.0000e+01])",
    ),
    "never scientific": (
        lambda: torch.tensor([1e-6, 1e6]),
        {"sci_mode": False},
        "tensor([      0.0000, 1000000.0000])",
    ),
    "short profile": (
        lambda: torch.arange(1001) / 8,
        {"profile": "short"},
        "tensor([  0.00,   0.12,  ..., 124.88, 125.00])",
    ),
    "short profile, own precision": (
        lambda: torch.tensor([1 / 3]),
        {"profile": "short", "precision": 5},
        "tensor([0.33333])",
    ),
    "default profile": (
        lambda: torch.tensor([1 / 3]),
        {"profile": "default"},
        "tensor([0.3333])",
    ),
}
