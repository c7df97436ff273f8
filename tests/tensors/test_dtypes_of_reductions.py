"""Reductions that are told a dtype, beside PyTorch: each pair of the input's and the result's."""

from itertools import product

import pytest
from dtype_tables import DTYPES, dtype, ended, is_alike

INF = float("inf")
TOLD = {
    **{f"{name}{args}": lambda torch, x, d, name=name, args=args: getattr(torch, name)(
        x, *args, dtype=d)
       for name, args in product(("sum", "prod", "mean", "nansum", "nanmean"), ((), (1,)))},
    **{f"{name} of one number": lambda torch, x, d, name=name: getattr(x[0, 0], name)(dtype=d)
       for name in ("sum", "prod", "mean", "nansum")},
    **{name: lambda torch, x, d, name=name: getattr(torch, name)(x, 1, dtype=d)
       for name in ("cumsum", "cumprod", "softmax", "log_softmax")},
    **{name: lambda torch, x, d, name=name: getattr(x.clone(), name)(0, dtype=d)
       for name in ("cumsum_", "cumprod_")},
    **{f"functional.{name}": lambda torch, x, d, name=name: getattr(torch.nn.functional, name)(
        x, 1, dtype=d) for name in ("softmax", "log_softmax", "softmin")},
    **{f"norm({p})": lambda torch, x, d, p=p: torch.norm(x, p, dtype=d)
       for p in (2, 1, 0, INF, "fro", "nuc")},
    **{f"vector_norm({p})": lambda torch, x, d, p=p: torch.linalg.vector_norm(x, p, 1, dtype=d)
       for p in (2, 0, 3, INF)},
    **{f"matrix_norm({p})": lambda torch, x, d, p=p: torch.linalg.matrix_norm(x, p, dtype=d)
       for p in ("fro", "nuc", 1, 2, -INF)},
    "linalg.norm": lambda torch, x, d: torch.linalg.norm(x, dtype=d),
    "sum(out)": lambda torch, x, d: torch.sum(x, 1, out=torch.empty(2, dtype=d or x.dtype)),
    "cumsum(out)": lambda torch, x, d: torch.cumsum(x, 1, out=torch.empty(2, 3, dtype=d)),
}
# The second operand is the input in the other dtype.
JOINED = {
    name: lambda torch, x, y, name=name: getattr(torch, name)(x, y)
    for name in ("atan2", "hypot", "fmod", "remainder", "floor_divide", "xlogy", "logaddexp",
                 "copysign", "heaviside", "maximum", "fmin", "gcd", "pow", "float_power", "ldexp",
                 "dist", "kron", "trapezoid", "isclose", "rsub")
} | {
    f"{name}_": lambda torch, x, y, name=name: getattr(x.clone(), f"{name}_")(y)
    for name in ("fmod", "remainder", "floor_divide", "true_divide", "pow", "xlogy", "sub")
} | {
    "cat": lambda torch, x, y: torch.cat([x, y]),
    "stack": lambda torch, x, y: torch.stack([x, y]),
    "diff": lambda torch, x, y: torch.diff(x, prepend=y),
    "mm": lambda torch, x, y: torch.mm(x, y.T),
    "bmm": lambda torch, x, y: torch.bmm(x[None], y.T[None]),
    "cross": lambda torch, x, y: torch.linalg.cross(x, y),
    "index_add": lambda torch, x, y: x.index_add(0, torch.tensor([0, 1]), y),
    "scatter_add": lambda torch, x, y: x.scatter_add(0, torch.zeros(2, 3, dtype=torch.int64), y),
    "searchsorted": lambda torch, x, y: torch.searchsorted(x[0], y[1]),
    "isin": lambda torch, x, y: torch.isin(x[0], y[1]),
}
ALONE = ("logsumexp", "logcumsumexp", "var", "std", "amax", "argmin", "all", "any", "median",
         "nanmedian", "mode", "cummax", "count_nonzero", "std_mean")


def operand(torch, name):
    """Make a matrix of a dtype."""
    values = [[1, 3, 2], [4, 2, 1]]
    if name.startswith("float"):
        values = [[1.5, -2.25, 0.5], [3.5, 1.25, 0.75]]
    return torch.tensor(values, dtype=dtype(torch, name))


def differing(torch, reference, call, others):
    """Give the calls that end otherwise; ``others`` makes the last argument."""
    found = []
    for one, other in product(DTYPES, (None, *DTYPES)):
        ended_here, ended_there = (
            ended(call, library, operand(library, one), others(library, one, other))
            for library in (torch, reference))
        if not is_alike(ended_here, ended_there):
            found.append(f"{one}, {other}: {ended_here} instead of {ended_there}")
    return found


@pytest.mark.parametrize("name", TOLD)
def test_a_dtype_is_computed_in(torch, reference, name):
    """Dtype and numbers of the result are PyTorch's, or class and text of the refusal are."""
    found = differing(torch, reference, TOLD[name],
                      lambda library, one, other: dtype(library, other))

    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", JOINED)
def test_an_operand_of_another_dtype_is_joined(torch, reference, name):
    """As PyTorch joins it, or with its refusal."""
    found = differing(torch, reference, JOINED[name],
                      lambda library, one, other: operand(library, other or one))

    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", ALONE)
def test_reductions_choose_their_dtype(torch, reference, name):
    """Without being told one: as PyTorch does."""
    found = []
    for one in DTYPES:
        mine, other = (ended(getattr(library, name), operand(library, one), 1)
                       for library in (torch, reference))
        if not is_alike(mine, other):
            found.append(f"{one}: {mine} instead of {other}")

    assert not found, "\n".join(found)
