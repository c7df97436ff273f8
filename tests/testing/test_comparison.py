"""``testing``: what is close, what is said of the rest, beside PyTorch's."""

import numpy as np
import pytest
from beside import run

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

NAMES = """
import collections, warnings
assert_close, assert_allclose = torch.testing.assert_close, torch.testing.assert_allclose
x, y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 4.0, 5.0])
n = torch.tensor([1, 2, 3])
"""
STATEMENTS = [
    "assert_close(x, y)", "assert_close(x, x + 1e-6)", "assert_close(x, x * (1 + 2e-6))",
    "assert_close(x, x.double())", "assert_close(x, x.double(), check_dtype=False)",
    "assert_close(x, y.double(), check_dtype=False)", "assert_close(x, x[:2])",
    "assert_close(n, n + 1)", "assert_close(n, n - 3)", "assert_close(n, x)",
    "assert_close(n.to(torch.uint8), (n + 200).to(torch.uint8))", "assert_close(n > 1, n > 2)",
    "assert_close(x.half(), y.half())", "assert_close(x.double(), x.double() + 1e-6)",
    "assert_close(x[0], y[1])", "assert_close(n[0], n[1])", "assert_close(x[0] * 0, x[0])",
    "assert_close(x[0], x[0] * 0)", "assert_close(torch.zeros(3), x)", "assert_close(x, x * 0)",
    "assert_close(x, y, rtol=0, atol=0)", "assert_close(x, y, rtol=1.0, atol=0)",
    "assert_close(x, y, rtol=1e-3)", "assert_close(x, y, atol=1e-3)",
    "assert_close(2, 2.5, atol=1)", "assert_close([x, (x, y[0])], [x, (x, x[1])], atol=1e-3)",
    "assert_close(x * nan, x * nan)", "assert_close(x * nan, x * nan, equal_nan=True)",
    "assert_close(x * inf, x * inf)", "assert_close(x * inf, x)", "assert_close(x, x * inf)",
    "assert_close(x.reshape(3, 1), x.reshape(3, 1) + torch.arange(3.)[:, None])",
    "assert_close(x.expand(2, 3).t(), x.expand(2, 3).t().contiguous())",
    "assert_close(x.expand(2, 3), x.expand(2, 3).contiguous(), check_stride=True)",
    "assert_close(torch.nn.Parameter(x), x)",
    "assert_close(torch.nn.Parameter(x), x, allow_subclasses=False)",
    "assert_close(torch.nn.Parameter(x), y)", "assert_close(x.numpy(), x)",
    "assert_close(x.numpy(), y.numpy())", "assert_close(np.array(1.0), np.array(2.0))",
    "assert_close(x, y, msg='Argh')", "assert_close(x, y, msg=lambda text: f'Header\\n{text}')",
    "assert_close([x], [y], msg=lambda text: text.upper())", "assert_close([x], [x, x], msg='no')",
    "assert_close(1.0, 1)", "assert_close(1.0, 1, check_dtype=False)",
    "assert_close(1.0, 1 + 1e-8)", "assert_close(1.0, 1 + 1e-6)",
    "assert_close(1e-9, 1e-10, rtol=0, atol=0)", "assert_close(1, 2)", "assert_close(nan, nan)",
    "assert_close(nan, nan, equal_nan=True)", "assert_close(inf, -inf)",
    "assert_close(1 + 2j, 1 + 2.5j)", "assert_close(np.float64(1), 1.5)",
    "assert_close(np.float32(1), 1.5)", "assert_close(np.int64(1), 2)", "assert_close(0, 0.5)",
    "assert_close(0.5, 0.0)", "assert_close(True, False)", "assert_close(True, np.bool_(True))",
    "assert_close(True, np.bool_(False))", "assert_close(True, 1)",
    "assert_close([1, True], [1, 2])", "assert_close(None, None)", "assert_close(None, x)",
    "assert_close([None], [1])", "assert_close('a', 'a')", "assert_close('a', 'b')",
    "assert_close(['a'], ['a'])", "assert_close(object, object)", "assert_close(x, None)",
    "assert_close(x, 1.0)", "assert_close([x, x], (x, y))", "assert_close([x, [x]], [x, [x, x]])",
    "assert_close([], [])", "assert_close({'a': x}, {'b': x})",
    "assert_close({'a': x, 'c': 1}, {'a': x})",
    "assert_close({'b': x, 'a': x}, collections.OrderedDict(a=y, b=y))",
    "assert_close({'k': [x, {1: x}]}, {'k': [x, {1: y}]})", "assert_close({1: x, 'a': y}, {1: y})",
    "assert_close(torch.empty(0), torch.empty(0))", "assert_close(torch.empty(0), x)",
    "assert_close(x.clone().requires_grad_(), y)", "assert_close(range(3), [0, 1, 3])",
    "assert_close(torch.zeros(2, 2, 2), torch.arange(8.).view(2, 2, 2))",
    "warnings.simplefilter('ignore'); assert_allclose(x, [1.0, 2.0, 3.1])",
    "warnings.simplefilter('ignore'); assert_allclose(x.half(), y.half() + 5e-4)",
    "warnings.simplefilter('ignore'); assert_allclose(x.double(), x.double() * (1 + 5e-6))",
    "warnings.simplefilter('ignore'); assert_allclose([1, 2], x, msg='other')",
]




def assert_verdicts_alike(statement, torch, reference):
    """Both libraries pass, or raise the same class with the same text to the letter."""
    actual, expected = run(NAMES + statement, torch), run(NAMES + statement, reference)
    if str(expected).startswith("Originating"):  # goes on with whom to tell
        expected = RuntimeError(str(expected).split("If you are a user")[0])

    assert type(actual) is type(expected)
    assert str(actual).replace("tapegrad.", "torch.") == str(expected)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_verdict_and_text_are_pytorchs(torch, reference, statement):
    """What passes passes there; what does not raises the same error."""
    assert_verdicts_alike(statement, torch, reference)


numbers = st.sampled_from([0, 1, -1, 2, 7, 100, 0.5, 1e-6, 1e-3, -0.25, "inf", "-inf", "nan"])
whole = st.integers(-100, 100)


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(data=st.data())
def test_random_mismatches_are_told_as_pytorch_does(torch, reference, data):
    """Dtypes, shapes, tolerances and special values at random."""
    dtype = data.draw(st.sampled_from(["float32", "float64", "float16", "int64", "uint8", "bool"]))
    shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
    n = int(np.prod(shape))
    values = numbers if dtype.startswith("float") else whole
    drawn = [data.draw(st.lists(values, min_size=n, max_size=n)) for _ in range(2)]
    kept = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    drawn[1] = [a if keep else b for a, b, keep in zip(*drawn, kept, strict=True)]
    options = data.draw(st.sampled_from(["", ", rtol=0, atol=0", ", rtol=0.5, atol=1e-3",
                                         ", equal_nan=True", ", rtol=1e-3", ", check_dtype=False"]))
    a, b = (f"torch.tensor(np.array({one}, dtype=float).reshape({shape})).to(torch.{kind})".replace(
        "'", "") for one, kind in zip(drawn, (dtype, data.draw(st.sampled_from([dtype, dtype,
                                                                               "float64"])),
                                                        ), strict=True))

    assert_verdicts_alike(f"assert_close([{a}], [{b}]{options})", torch, reference)


def test_older_form_warns(torch):
    """``assert_allclose`` says what to use instead."""
    with pytest.warns(FutureWarning, match="assert_close"):
        torch.testing.assert_allclose(torch.ones(1), torch.ones(1))
