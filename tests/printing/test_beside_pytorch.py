"""Whatever the tensor and the options, the text is the one that PyTorch prints."""

import math
from math import inf, nan

import numpy as np
import pytest

import tapegrad as torch
from tapegrad._print import printoptions

DTYPES = ["float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "bool"]


def random_floats(draw, st, dtype, shape):
    """Values of one of the kinds that choose between PyTorch's notations."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    values = rng.standard_normal(shape)
    kind = draw(st.sampled_from(
        ["plain", "scaled", "spread", "whole", "edges", "extremes", "zeros"]))
    if kind == "scaled":
        values = values * 10.0 ** draw(st.integers(-12, 12))
    elif kind == "spread":
        values = values * 10.0 ** rng.integers(-6, 6, size=shape)
    elif kind == "whole":
        values = np.round(values * 10.0 ** draw(st.integers(0, 6)))
    elif kind == "edges":
        values = rng.choice([1e-4, 9.999e-5, 1e8, 1e8 + 8, 1000.0, 1001.0, 1.0, -0.5], size=shape)
    elif kind == "extremes":
        limits = np.finfo(dtype)
        values = rng.choice([limits.max, limits.min, limits.smallest_subnormal, 1.0], size=shape)
    elif kind == "zeros":  # those too that rounding makes zero, with their signs
        values = rng.choice([0.0, -0.0, 4e-5, -4e-5, 6e-5, -6e-5, 1e-40, -1e-40, 1.5], size=shape)
    special = rng.choice([nan, inf, -inf, 0.0, -0.0], size=shape)
    rate = draw(st.sampled_from([0.0, 0.0, 0.2, 1.0]), label="rate of special values")
    with np.errstate(over="ignore"):
        return np.asarray(np.where(rng.random(shape) < rate, special, values)).astype(dtype)


def random_array(draw, st, nps):
    """An array of any of the dtypes: 0-d, empty, small, or large enough for a summary."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES), label="dtype"))
    small = nps.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=6)
    shape = draw(small | st.sampled_from([(37,), (1001,), (7, 200), (11, 2, 50)]), label="shape")
    if dtype.kind == "f":
        return random_floats(draw, st, dtype, shape)
    return draw(nps.arrays(dtype, shape, fill=nps.from_dtype(dtype)), label="values")


def random_options(draw, st):
    """Any combination of print options."""
    choices = {
        "precision": st.integers(0, 9),
        "threshold": st.sampled_from([0, 5, 100, math.inf]),
        "edgeitems": st.integers(0, 5),
        "linewidth": st.sampled_from([0, 10, 40, 79, 80, 81, 120]),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.sampled_from([True, False, None]),
    }
    return draw(st.fixed_dictionaries({}, optional=choices), label="options")


LAYOUTS = {
    "plain": lambda x: x,
    "transposed": lambda x: x.transpose(0, -1) if x.ndim else x,
    "stepped": lambda x: x[::2] if x.ndim else x,
    "expanded": lambda x: x.unsqueeze(0).expand((2, *x.shape)),
    "computed": lambda x: x.clone(),
}


def printed(library, values, layout, wants_grad, default):
    """What a library prints of an array as a tensor, seen in one of the ways above."""
    library.set_default_dtype(getattr(library, default))
    try:
        x = LAYOUTS[layout](library.from_numpy(values.copy()).requires_grad_(wants_grad))
        return repr(x), repr(library.nn.Parameter(x.detach(), requires_grad=wants_grad))
    finally:
        library.set_default_dtype(library.float32)


def test_prints_as_pytorch(reference):
    """Whatever the elements, the shape, the dtype, the layout, the history and the options."""
    hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
    st = hypothesis.strategies
    nps = pytest.importorskip("hypothesis.extra.numpy", reason="hypothesis is not installed")

    @hypothesis.settings(max_examples=400, deadline=None, derandomize=True)
    @hypothesis.given(st.data())
    def compare(data):
        values = random_array(data.draw, st, nps)
        options = random_options(data.draw, st)
        requires_grad = values.dtype.kind == "f" and data.draw(st.booleans(), label="requires_grad")
        how = (
            data.draw(st.sampled_from(sorted(LAYOUTS)), label="layout"),
            requires_grad,
            data.draw(st.sampled_from(["float32", "float64", "float16"]), label="default"),
        )
        with reference._tensor_str.printoptions(**options):
            expected = printed(reference, values, *how)
        with printoptions(**options):
            text = printed(torch, values, *how)

        assert text == expected

    compare()
