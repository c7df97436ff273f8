"""Everything that draws, into every layout and dtype: PyTorch's numbers, or its refusal."""

import pytest
from beside import assert_alike

DTYPES = ["float16", "float32", "float64", "uint8", "int16", "int64", "bool"]
FILLS = [
    "uniform_(-2, 5", "normal_(3, 2", "exponential_(2.5", "geometric_(0.3", "log_normal_(0.5, 0.2",
    "cauchy_(1, 2", "random_(", "random_(50", "random_(-5, 50", "random_(-2**63, None",
    "bernoulli_(0.2",
]
LAYOUTS = [
    "torch.zeros(3, D)", "torch.zeros(17, D)", "torch.zeros((), D)", "torch.zeros(5, 8, D).t()",
    "torch.zeros(8, 8, D)[::2, ::2]", "torch.zeros(4, 3, 6, D).permute(2, 0, 1)",
    "torch.zeros(40, D)[3:]",
    "torch.zeros(2, 3, 4, 5, D).to(memory_format=torch.channels_last)",
]


def filled(layout, fill):
    """Code that fills a tensor from a generator of its own, and shows where that is then."""
    call = f"{fill}{'' if fill.endswith('(') else ', '}generator=g)"
    return (f"g = torch.Generator().manual_seed(3); x = {layout}; x.{call};"
            " x, torch.rand(2, generator=g)")


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fills(torch, reference, layout, fill):
    """Every dtype is filled in PyTorch's order, or refused."""
    for dtype in DTYPES:
        code = filled(layout.replace("D", f"dtype=torch.{dtype}"), fill)
        assert_alike(code, torch, reference)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("target", [
    "torch.zeros(3, requires_grad=True)", "torch.zeros(2, 3, requires_grad=True)[0]",
    "torch.zeros(1).expand(5)",
])
def test_some_are_not_filled(torch, reference, target, fill):
    """A write that autograd could not follow, or to shared memory, is refused as such."""
    assert_alike(filled(target, fill), torch, reference)


MAKERS = [
    "torch.rand(x.shape, out=x)", "torch.randn(x.shape, out=x)", "torch.bernoulli(x + 0.5)",
    "torch.randint(3, 9, x.shape, out=x)", "torch.normal(1.0, 2.0, x.shape, out=x)",
    "torch.normal(m, 2.0, out=x)", "torch.normal(2.0, m, out=x)", "torch.normal(m, m, out=x)",
    "torch.normal(m, m)", "torch.normal(m, 1.0)", "torch.normal(1.0, m)", "torch.rand_like(x)",
    "torch.randn_like(x)", "torch.randint_like(x, 3, 10)", "torch.bernoulli(x, 0.3)",
    "torch.bernoulli(m / 200, out=x)", "torch.poisson(x + 3)", "torch.multinomial(m[:1], 3, True)",
    "torch.nn.functional.dropout(x + 1, 0.5)",
    "torch.nn.functional.alpha_dropout(x + 1, 0.3, True)",
    "torch.nn.functional.gumbel_softmax(x)", "torch.empty_like(x).bernoulli_(x + 0.4)",
]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("call", MAKERS)
@pytest.mark.parametrize("layout", ["zeros(5, 8, D)", "zeros(5, 8, D).t()",
                                    "zeros(8, 8, D)[::2, ::2]"])
def test_makers(torch, reference, layout, call, dtype):
    """What is made of a tensor, or into it, has PyTorch's numbers and strides."""
    x = layout.replace("D", f"dtype=torch.{dtype}")
    assert_alike(f"x = torch.{x}; m = torch.arange(float(x.numel())).view(x.shape).to(x.dtype);"
                 f"y = {call}; y, y.stride(), torch.rand(1)", torch, reference)


@pytest.mark.parametrize("call", [
    f"torch.multinomial({weights}, {count}, {replacement})"
    for weights in ("torch.ones(5)", "torch.arange(12.0).view(3, 4)", "torch.ones(0)",
                    "torch.ones(2, 0)", "torch.ones(0, 3)", "torch.ones(0, 0)",
                    "torch.arange(12.0).view(3, 4).t()", "torch.ones(1000)")
    for count in (1, 2, 4) for replacement in (True, False)
])
def test_categories(torch, reference, call):
    """Drawn with and without replacement, from none, too few and many categories."""
    assert_alike(call, torch, reference)


@pytest.mark.parametrize("n", [0, 1, 2, 17, 300])
@pytest.mark.parametrize("dtype", DTYPES)
def test_permutations(torch, reference, n, dtype):
    """Every dtype that holds the numbers, made or written."""
    assert_alike(f"torch.randperm({n}, dtype=torch.{dtype})", torch, reference)
    assert_alike(f"torch.randperm({n}, out=torch.empty(0, dtype=torch.{dtype}))", torch, reference)

BOUNDS = [
    "0, 2**63 - 1", "-2**63, 0", "2**24, 2**24 + 3", "2**24 + 1, 2**24 + 3", "-2**24 - 2, 5",
    "2**53 + 1, 2**53 + 4", "0, 2**11 + 2", "5, None", "300, None", "300, 301", "-300, 1", "3, 3",
    "4, 3",
]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_bounds_at_the_end_of_a_dtype(torch, reference, bounds):
    """Those that floats round are moved; those out of reach are refused."""
    for dtype in DTYPES:
        assert_alike(filled(f"torch.zeros(9, dtype=torch.{dtype})", f"random_({bounds}"), torch,
                     reference)  # fmt: skip


def test_bounds_that_floats_do_not_hold_exactly(torch):
    """Each of them is warned of."""
    with pytest.warns(UserWarning, match=r"out of bounds \[-\(2\^24\), 2\^24\]") as given:
        torch.zeros(2).random_(2**24 + 1, 2**24 + 3)

    assert [str(one.message).split(" is ")[0] for one in given] == ["from", "to - 1"]
