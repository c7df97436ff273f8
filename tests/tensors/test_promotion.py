"""Type promotion: every pair of dtypes, as tensors, 0-d tensors and Python numbers."""

import pytest
from support import outcome

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")
NUMBERS = (True, 3, 2.5)

# Row: the left dtype; columns: the right ones, in the order of DTYPES.
BETWEEN_TENSORS = {
    "bool": "bool uint8 int8 int16 int32 int64 float16 float32 float64",
    "uint8": "uint8 uint8 int16 int16 int32 int64 float16 float32 float64",
    "int8": "int8 int16 int8 int16 int32 int64 float16 float32 float64",
    "int16": "int16 int16 int16 int16 int32 int64 float16 float32 float64",
    "int32": "int32 int32 int32 int32 int32 int64 float16 float32 float64",
    "int64": "int64 int64 int64 int64 int64 int64 float16 float32 float64",
    "float16": "float16 float16 float16 float16 float16 float16 float16 float32 float64",
    "float32": "float32 float32 float32 float32 float32 float32 float32 float32 float64",
    "float64": "float64 float64 float64 float64 float64 float64 float64 float64 float64",
}
# Row: the dtype of a tensor of one dimension; columns: the 0-d tensor on the other side.
WITH_ZERO_DIM = {
    "bool": "bool uint8 int8 int16 int32 int64 float16 float32 float64",
    "uint8": "uint8 uint8 uint8 uint8 uint8 uint8 float16 float32 float64",
    "int8": "int8 int8 int8 int8 int8 int8 float16 float32 float64",
    "int16": "int16 int16 int16 int16 int16 int16 float16 float32 float64",
    "int32": "int32 int32 int32 int32 int32 int32 float16 float32 float64",
    "int64": "int64 int64 int64 int64 int64 int64 float16 float32 float64",
    "float16": "float16 float16 float16 float16 float16 float16 float16 float16 float16",
    "float32": "float32 float32 float32 float32 float32 float32 float32 float32 float32",
    "float64": "float64 float64 float64 float64 float64 float64 float64 float64 float64",
}
# Row: the dtype of a tensor; columns: a bool, an int and a float of Python.
WITH_NUMBERS = {
    "bool": "bool int64 float32",
    "uint8": "uint8 uint8 float32",
    "int8": "int8 int8 float32",
    "int16": "int16 int16 float32",
    "int32": "int32 int32 float32",
    "int64": "int64 int64 float32",
    "float16": "float16 float16 float16",
    "float32": "float32 float32 float32",
    "float64": "float64 float64 float64",
}
# As BETWEEN_TENSORS, for the quotient.
DIVISION = {
    "bool": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "uint8": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "int8": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "int16": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "int32": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "int64": "float32 float32 float32 float32 float32 float32 float16 float32 float64",
    "float16": "float16 float16 float16 float16 float16 float16 float16 float32 float64",
    "float32": "float32 float32 float32 float32 float32 float32 float32 float32 float64",
    "float64": "float64 float64 float64 float64 float64 float64 float64 float64 float64",
}


def names(dtypes):
    """Names of dtypes without their module."""
    return " ".join(str(dtype).removeprefix("torch.") for dtype in dtypes)


def of(torch, name, *shape):
    """A tensor of ones of a dtype."""
    return torch.ones(shape, dtype=getattr(torch, name))


@pytest.mark.parametrize("left", DTYPES)
def test_tensors(torch, left):
    """Two tensors that have dimensions."""
    results = [of(torch, left, 2) + of(torch, right, 2) for right in DTYPES]

    assert names(x.dtype for x in results) == BETWEEN_TENSORS[left]


@pytest.mark.parametrize("left", DTYPES)
def test_zero_dim_tensor(torch, left):
    """A 0-d tensor counts only when it is of a higher kind."""
    results = [of(torch, left, 2) * of(torch, right) for right in DTYPES]
    swapped = [of(torch, right) * of(torch, left, 2) for right in DTYPES]

    assert names(x.dtype for x in results) == WITH_ZERO_DIM[left]
    assert names(x.dtype for x in swapped) == WITH_ZERO_DIM[left]


@pytest.mark.parametrize("left", DTYPES)
def test_numbers(torch, left):
    """A Python number counts only when it is of a higher kind, and then as the default dtype."""
    results = [of(torch, left, 2) * number for number in NUMBERS]
    zero_dim = [number * of(torch, left) for number in NUMBERS]

    assert names(x.dtype for x in results) == WITH_NUMBERS[left]
    assert names(x.dtype for x in zero_dim) == WITH_NUMBERS[left]


@pytest.mark.parametrize("left", DTYPES)
def test_true_division(torch, left):
    """Integers divide to the default dtype."""
    results = [of(torch, left, 2) / of(torch, right, 2) for right in DTYPES]

    assert names(x.dtype for x in results) == DIVISION[left]


@pytest.mark.parametrize("left", DTYPES)
def test_comparisons_give_bools(torch, left):
    """Whatever is compared."""
    results = [of(torch, left, 2) <= of(torch, right, 2) for right in DTYPES]

    assert all(x.dtype == torch.bool and x.all() for x in results)


def kind(name):
    """Bools are below integers, integers below floats."""
    return 0 if name == "bool" else 2 if name.startswith("float") else 1


@pytest.mark.parametrize("left", DTYPES)
def test_in_place_keeps_the_dtype(torch, left):
    """A result of the same or a lower kind goes back into the left dtype."""
    fitting = [right for right in DTYPES if kind(right) <= kind(left)]
    results = [of(torch, left, 2).mul_(of(torch, right, 2)) for right in fitting]

    assert {str(x.dtype) for x in results} == {f"torch.{left}"}


@pytest.mark.parametrize("left", ["bool", "uint8", "int64"])
def test_in_place_refuses_a_higher_kind(torch, left):
    """A float result does not go into integers, an integer not into bools."""
    for right in (name for name in DTYPES if kind(name) > kind(left)):
        with pytest.raises(RuntimeError, match=r"^result type \w+ can't be cast to the desired "
                                               r"output type \w+"):
            of(torch, left, 2).mul_(of(torch, right, 2))


def test_default_dtype_is_what_numbers_become(torch):
    """set_default_dtype changes what floats of Python become."""
    torch.set_default_dtype(torch.float64)
    try:
        made = [torch.tensor(1.5), torch.ones(2), torch.arange(2) * 1.5, torch.arange(2) / 2]
    finally:
        torch.set_default_dtype(torch.float32)

    assert names(x.dtype for x in made) == "float64 float64 float64 float64"


OPERATIONS = [
    "a + b", "a - b", "a * b", "a / b", "a // b", "a % b", "a ** b", "a < b", "a == b", "a & b",
    "a | b", "a ^ b", "torch.maximum(torch.as_tensor(a), torch.as_tensor(b))",
    "torch.where(torch.tensor([True, False]), torch.as_tensor(a), torch.as_tensor(b))",
    "torch.as_tensor(a).add_(b)", "torch.as_tensor(a).div_(b)", "torch.as_tensor(a).pow_(b)",
    "torch.cat([torch.as_tensor(a).reshape(-1), torch.as_tensor(b).reshape(-1)])",
]


def operands(torch):
    """Tensors of two elements and of none, of every dtype, and numbers."""
    for name in DTYPES:
        yield torch.tensor([1, 3]).to(getattr(torch, name))
        yield torch.tensor(2).to(getattr(torch, name))
    yield from (True, 2, 2.5)


@pytest.mark.parametrize("code", OPERATIONS)
def test_every_pair_agrees_with_pytorch(torch, reference, code):
    """Value, dtype and refusal of every pair of operands are PyTorch's."""
    def run(library, i, j):
        a, b = list(operands(library))[i], list(operands(library))[j]
        return eval(code, {"torch": library, "a": a, "b": b})

    n = len(list(operands(torch)))
    different = []
    for i in range(n):
        for j in range(n):
            if i >= n - 3 and j >= n - 3:
                continue
            ours, theirs = outcome(run, torch, i, j), outcome(run, reference, i, j)
            if not same_outcome(ours, theirs):
                different.append((i, j, ours, theirs))

    assert not different


def same_outcome(ours, theirs):
    """Equal results, or an error whose text begins as PyTorch's."""
    if isinstance(theirs, str) and theirs.startswith("NotImplementedError"):
        _, kernel, text = theirs.split('"')       # the kernel's name is PyTorch's own affair
        return kernel and str(ours).startswith("NotImplementedError") and text in ours
    if isinstance(theirs, str):
        return isinstance(ours, str) and ours.startswith(theirs.split("\n")[0])
    if not isinstance(theirs, tuple) or not isinstance(ours, tuple):
        return ours == theirs
    return ours[0] == theirs[0] and ours[1].shape == theirs[1].shape and (
        abs(ours[1].astype(float) - theirs[1].astype(float)) <= 1e-6 * abs(
            theirs[1].astype(float))).all()
