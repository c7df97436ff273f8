"""``out=``: what is written, resized and refused."""

import warnings

import pytest
from beside import assert_alike


def test_the_result_is_out(torch):
    """A function writes into out and returns it."""
    x, out = torch.tensor([1.0, 4.0]), torch.zeros(2)

    assert torch.sqrt(x, out=out) is out
    assert out.tolist() == [1.0, 2.0]


def test_a_write_is_counted(torch):
    """Writing through out= is an in-place change like any other."""
    x = torch.ones(2, requires_grad=True)
    saved = torch.ones(2)
    product = x * saved
    torch.add(torch.ones(2), 1, out=saved)

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()


def test_out_is_resized_with_a_warning(torch):
    """A target of another shape becomes the result's shape; PyTorch says that it will not last."""
    out = torch.ones(5)
    with pytest.warns(UserWarning, match=r"An output with one or more elements was resized since "
                                         r"it had shape \[5\], which does not match the required "
                                         r"output shape \[2\]"):
        torch.add(torch.ones(2), 1, out=out)

    assert out.tolist() == [2.0, 2.0]


def test_an_empty_out_is_resized_in_silence(torch):
    """A target without elements is made for being resized."""
    out = torch.empty(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torch.add(torch.ones(2), 1, out=out)

    assert out.shape == (2,)


def test_out_keeps_its_strides(torch):
    """A target that fits is written where it lies."""
    base = torch.zeros(3, 2)
    torch.add(torch.ones(2, 3), 1, out=base.t())

    assert base.tolist() == [[2.0, 2.0]] * 3


def test_out_may_be_the_input(torch):
    """An element-wise operation may overwrite what it reads."""
    x = torch.tensor([1.0, 2.0])
    torch.mul(x, x, out=x)

    assert x.tolist() == [1.0, 4.0]


def test_several_results(torch):
    """An operation with several results takes a tuple and names them."""
    values, indices = torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    result = torch.max(torch.tensor([[1.0, 5.0], [7.0, 3.0]]), 1, out=(values, indices))

    assert result.values is values and result.indices is indices
    assert (values.tolist(), indices.tolist()) == ([5.0, 7.0], [1, 0])


def test_a_sum_is_computed_in_the_type_of_out(torch):
    """Sums take their dtype from out."""
    out = torch.zeros((), dtype=torch.float64)
    torch.sum(torch.ones(3), (0,), out=out)

    assert out.item() == 3.0


@pytest.mark.parametrize(("call", "error", "text"), [
    (lambda t: t.add(t.ones(2), 1, out=t.zeros(2, dtype=t.int64)), RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    (lambda t: t.floor(t.ones(2), out=t.zeros(2, dtype=t.int64)), RuntimeError,
     "Found dtype Long but expected Float"),
    (lambda t: t.matmul(t.ones(2, 2), t.ones(2, 2), out=t.zeros(2, 2, dtype=t.float64)),
     RuntimeError, "Expected out tensor to have dtype float, but got double instead"),
    (lambda t: t.amax(t.ones(2), 0, out=t.zeros((), dtype=t.float64)), RuntimeError,
     "Expected the dtype for input and out to match, but got Float for input's dtype and Double "
     "for out's dtype."),
    (lambda t: t.cat([t.ones(2)], out=t.zeros(2, dtype=t.int64)), TypeError,
     "torch.cat(): input types can't be cast to the desired output type Long"),
    (lambda t: t.zeros(3, dtype=t.float32, out=t.zeros(3, dtype=t.float64)), RuntimeError,
     "dtype Float does not match dtype of out parameter (Double)"),
    (lambda t: t.add(t.ones(2, requires_grad=True), 1, out=t.zeros(2)), RuntimeError,
     "add(): functions with out=... arguments don't support automatic differentiation, but one "
     "of the arguments requires grad."),
    (lambda t: t.add(t.ones(2, 3), 1, out=t.ones(1, 3).expand(2, 3)), RuntimeError,
     "unsupported operation: more than one element of the written-to tensor refers to a single "
     "memory location. Please clone() the tensor before performing the operation."),
    (lambda t: (lambda x: t.add(x, 1, out=x.t()))(t.ones(3, 3)), RuntimeError,
     "unsupported operation: some elements of the input tensor and the written-to tensor refer "
     "to a single memory location. Please clone() the tensor before performing the operation."),
    (lambda t: t.add(t.ones(2), 1, out=(t.zeros(2),)), TypeError,
     "add(): argument 'out' must be Tensor, not tuple"),
    (lambda t: t.max(t.ones(2, 2), 0, out=(t.zeros(2),)), TypeError,
     "expected tuple of 2 elements but got 1"),
])
def test_refusals(torch, call, error, text):
    """What cannot be written is refused in PyTorch's words, and nothing is written."""
    with pytest.raises(error) as caught:
        call(torch)

    assert str(caught.value).startswith(text)


@pytest.mark.parametrize("call", [
    lambda t, x: t.index_select(t.ones(3), 0, t.tensor([0]), out=x),
    lambda t, x: t.masked_select(t.ones(3), t.ones(3) > 0, out=x),
    lambda t, x: t.take(t.ones(3), t.tensor([0]), out=x),
    lambda t, x: t.scatter(t.ones(3), 0, t.tensor([0]), t.ones(1), out=x),
])
def test_some_look_at_out_before_they_resize_it(torch, call):
    """Elements in one place are refused even where new memory would come in their stead."""
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        call(torch, torch.ones(1).expand(2))


def test_positions_for_each_dimension_take_no_out(torch):
    """Nonzero writes one tensor, not a tuple of them."""
    x, out = torch.ones(2), torch.zeros(0, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="does not support the out kwarg when as_tuple is True"):
        torch.nonzero(x, as_tuple=True, out=out)
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not tuple"):
        torch.nonzero(x, out=(out,))
    torch.nonzero(x, out=out)

    assert out.tolist() == [[0], [1]]


SETUP = """
x, n = torch.arange(6.0).view(2, 3), torch.tensor([[1, 2, 3], [4, 5, 6]])
o, on = torch.empty(0), torch.empty(0, dtype=torch.int64)
ob = torch.empty(0, dtype=torch.bool)
"""
FORMS = [
    *(f"torch.{name}(2, n, out=on)" for name in
      ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift",
       "remainder", "fmod", "float_power", "lcm", "where")),
    *(f"torch.{name}(n, 2, out=on)" for name in ("bitwise_and", "bitwise_left_shift", "remainder")),
    "torch.bernoulli(x / 6, 0.5, out=o)", "torch.bernoulli(x / 6, out=o)",
    "torch.bucketize(1.0, x[0], out=on)", "torch.bucketize(x, x[0], out=on)",
    "torch.std(x, False, out=o)", "torch.var(x, True, out=o)", "torch.std(x, 0, out=o)",
    "torch.argsort(x, out=on)", "torch.argsort(x, stable=True, out=on)",
    "torch.float_power(x, 2, out=o)", "torch.ldexp(n, n, out=on)", "torch.ldexp(x, x, out=ob)",
    "torch.mean(x, dtype=torch.float64, out=o)", "torch.mean(x, out=o.double())",
    "torch.flip(x, (0,), out=o)",
]


@pytest.mark.parametrize("call", FORMS)
def test_forms_with_and_without_out(torch, reference, call):
    """``out=`` goes with those forms of a function with which PyTorch takes it."""
    assert_alike(f"{SETUP}\n{call}", torch, reference)


WRITTEN = ["torch.max(x, 0, out=(o, on))", "torch.sort(x, out=(o, on))",
           "torch.topk(x, 1, out=(o, on))", "torch.aminmax(x, out=(o, torch.empty(0)))",
           "torch.median(x, 0, out=(o, on))", "torch.linalg.slogdet(x[:, :2], out=(o, o.clone()))"]


@pytest.mark.parametrize("call", WRITTEN)
def test_what_is_written_says_so(torch, reference, call):
    """Several results that were written to ``out`` have a type of their own name."""
    assert_alike(f"{SETUP}\nrepr({call})", torch, reference)


KEYWORDS = ["x.flip(0, foo=1)", "x.flip(0, dims=1)", "torch.flip(x, (0,), foo=1)",
            "x.repeat(2, 2, foo=1)", "torch.tile(x, (2,), foo=1)", "x.expand(2, 2, 3, foo=1)",
            "x.expand(2, 2, 3, implicit=True)", "x.reshape(6, foo=1)", "x.permute(1, 0, foo=1)",
            "x.view(2, 3, size=3)", "x.hsplit(3, foo=1)", "x.vsplit(indices=(1,))",
            "x.dsplit(sections=2)", "torch.ones(2, size=3)", "torch.rand(2, size=3)"]


@pytest.mark.parametrize("call", KEYWORDS)
def test_unknown_keywords_beside_sizes(torch, reference, call):
    """What takes sizes one by one takes no keyword but their name."""
    assert_alike(f"{SETUP}\n{call}", torch, reference)
