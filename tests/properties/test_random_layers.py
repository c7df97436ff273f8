"""Random sizes: layers that have kernels of their own give PyTorch's numbers, there and back.

Kernels choose their way by size, alignment and geometry; sizes lie on both sides of each choice.
"""

import warnings
from typing import Any

import numpy as np
import pytest
from support import assert_same

hypothesis = pytest.importorskip("hypothesis", reason="hypothesis is not installed")
st = hypothesis.strategies

# Around the lengths of vectors, tiles and squares; odd and even.
SIDES = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33])
SHORT_SIDES = st.sampled_from([1, 2, 3, 5, 8])
CHANNELS = st.sampled_from([1, 2, 3, 4, 14, 16, 17])
BATCHES = st.sampled_from([1, 2, 5, 16, 17])
DEPTHS = st.sampled_from([1, 3, 4, 8, 9, 16, 17, 33, 64, 100, 192, 200])


def per_dim(n_dims: int, sizes: Any) -> Any:
    """A number a dimension: often the same in each."""
    return st.one_of(sizes.map(lambda n: (n,) * n_dims), st.tuples(*(sizes,) * n_dims))


@st.composite
def convolutions(draw, transposed: bool):
    """Images, weights and a bias, of one to three dimensions."""
    n_dims, groups = draw(st.sampled_from([1, 2, 2, 3])), draw(st.sampled_from([1, 1, 2, 3]))
    n_in, n_out, n = draw(CHANNELS), draw(CHANNELS), draw(BATCHES if n_dims < 3 else SHORT_SIDES)
    size = draw(per_dim(n_dims, SIDES if n_dims < 3 else SHORT_SIDES))
    kernel = draw(per_dim(n_dims, st.sampled_from([1, 2, 3, 3, 4, 5])))
    stride, padding, dilation = (draw(per_dim(n_dims, st.sampled_from(each)))
                                 for each in ([1, 1, 2, 3], [0, 1, 2], [1, 1, 1, 2]))
    reach = [step * (k - 1) for step, k in zip(dilation, kernel, strict=True)]
    geometry = zip(size, stride, padding, reach, strict=True)
    if transposed:
        hypothesis.assume(all((s - 1) * by - 2 * pad + r >= 0 for s, by, pad, r in geometry))
    else:
        hypothesis.assume(all(s + 2 * pad > r for s, _, pad, r in geometry))
    ends = (n_in * groups, n_out) if transposed else (n_out * groups, n_in)
    shapes = [(n, n_in * groups, *size), (*ends, *kernel), (n_out * groups,)]
    name = f"conv_transpose{n_dims}d" if transposed else f"conv{n_dims}d"
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return name, shapes, settings


@st.composite
def pools(draw, kind: str):
    """Images of one to three dimensions, and windows that may reach beyond their end."""
    n_dims = draw(st.sampled_from([1, 2, 2, 2, 3]))
    size = draw(per_dim(n_dims, SIDES if n_dims < 3 else SHORT_SIDES))
    kernel = draw(per_dim(n_dims, st.sampled_from([1, 2, 2, 3, 5])))
    hypothesis.assume(all(s >= k for s, k in zip(size, kernel, strict=True)))
    settings = {"kernel_size": kernel, "ceil_mode": draw(st.booleans()),
                "padding": tuple(draw(st.sampled_from([0, k // 2])) for k in kernel)}  # fmt: skip
    if draw(st.booleans()):
        settings["stride"] = draw(per_dim(n_dims, st.sampled_from([1, 2, 3])))
    if kind == "avg":
        settings["count_include_pad"] = draw(st.booleans())
    return f"{kind}_pool{n_dims}d", [(draw(SHORT_SIDES), draw(CHANNELS), *size)], settings


@st.composite
def adaptive_pools(draw):
    """Windows that share images out."""
    n_dims = draw(st.sampled_from([1, 2, 2, 3]))
    size = draw(per_dim(n_dims, SIDES if n_dims < 3 else SHORT_SIDES))
    kind = draw(st.sampled_from(["avg", "max"]))
    counts = draw(per_dim(n_dims, st.sampled_from([1, 2, 3, 7])))
    return f"adaptive_{kind}_pool{n_dims}d", [(2, 3, *size)], {"output_size": counts}


@st.composite
def interpolations(draw):
    """Images to other sizes, which may be given as factors."""
    n_dims = draw(st.sampled_from([1, 2, 2, 3]))
    smooth = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[n_dims]
    mode = draw(st.sampled_from(["nearest", "nearest-exact", *smooth]))
    settings: dict[str, Any] = {"mode": mode}
    if mode in smooth:
        settings["align_corners"] = draw(st.booleans())
    if draw(st.booleans()):
        settings["scale_factor"] = draw(st.sampled_from([0.5, 1.5, 2.0, 2.7]))
    else:
        settings["size"] = draw(per_dim(n_dims, SHORT_SIDES))
    size = draw(per_dim(n_dims, st.sampled_from([2, 3, 5, 8, 17])))
    return "interpolate", [(2, draw(CHANNELS), *size)], settings


@st.composite
def linears(draw):
    """Rows by a weight, of all sizes that take different loops."""
    n, n_in, n_out = draw(DEPTHS), draw(DEPTHS), draw(DEPTHS)
    return "linear", [(n, n_in), (n_out, n_in), (n_out,)], {}


@st.composite
def attentions(draw):
    """Queries, keys and values."""
    n, length, width = draw(SIDES), draw(st.sampled_from([1, 5, 16, 33, 70])), draw(SIDES)
    shapes = [(2, 3, n, width), (2, 3, length, width), (2, 3, length, draw(SIDES))]
    return "scaled_dot_product_attention", shapes, {"is_causal": draw(st.booleans())}


@st.composite
def normalisations(draw):
    """Over the last dimension, or over groups of channels."""
    n, width = draw(BATCHES), draw(DEPTHS)
    if draw(st.booleans()):
        shapes = [(n, width), (width,), (width,)]
        return "layer_norm", shapes, {"normalized_shape": (width,)}
    groups = draw(st.sampled_from([1, 2, 3]))
    channels = groups * draw(SHORT_SIDES)
    shapes = [(n, channels, 1 + draw(SIDES)), (channels,), (channels,)]
    return "group_norm", shapes, {"num_groups": groups}


@st.composite
def softmaxes(draw):
    """Over any dimension."""
    shape = tuple(draw(st.lists(SIDES, min_size=1, max_size=3)))
    name = draw(st.sampled_from(["softmax", "log_softmax", "softmin"]))
    return name, [shape], {"dim": draw(st.integers(0, len(shape) - 1))}


FAMILIES = {
    "convolutions": convolutions(False), "transposed convolutions": convolutions(True),
    "maxima": pools("max"), "means": pools("avg"), "adaptive pools": adaptive_pools(),
    "interpolations": interpolations(), "linear layers": linears(), "attention": attentions(),
    "normalisations": normalisations(), "softmax": softmaxes(),
}  # fmt: skip
MANY = hypothesis.settings(
    max_examples=500, deadline=None, derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.filter_too_much],
)  # fmt: skip


def channels_last(array: np.ndarray) -> np.ndarray:
    """The same numbers with those of all channels side by side."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)


def by_name(name: str, tensors: list, settings: dict) -> tuple[list, dict]:
    """Positional arguments; a norm's scale and shift have names."""
    if name.endswith("_norm"):
        return tensors[:1], {**settings, "weight": tensors[1], "bias": tensors[2]}
    return tensors, settings


def there_and_back(library: Any, name: str, arrays: list[np.ndarray], settings: dict) -> list:
    """The output, and the gradients of its product with fixed numbers."""
    tensors = [library.from_numpy(array.copy(order="K")).requires_grad_() for array in arrays]
    args, named = by_name(name, tensors, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = getattr(library.nn.functional, name)(*args, **named)
    factors = np.random.default_rng(1).standard_normal(tuple(output.shape))
    factors = library.from_numpy(factors.astype(arrays[0].dtype))
    return [output, *library.autograd.grad(output, tensors, factors)]


@pytest.mark.parametrize("family", FAMILIES)
def test_layers(torch, reference, family):
    """Outputs and gradients of both libraries agree, in either layout of the images."""
    @MANY
    @hypothesis.given(drawn=FAMILIES[family], dtype=st.sampled_from(["float32", "float64"]),
                      is_last=st.booleans(), seed=st.integers(0, 99))  # fmt: skip
    def check(drawn, dtype, is_last, seed):
        name, shapes, settings = drawn
        # docs/design.md says where PyTorch's forward rounds such positions otherwise.
        hypothesis.assume(settings.get("mode") != "nearest-exact" or dtype == "float32")
        random = np.random.default_rng(seed)
        arrays = [random.standard_normal(shape).astype(dtype) for shape in shapes]
        if is_last and arrays[0].ndim > 2:
            arrays[0] = channels_last(arrays[0])
        actual = there_and_back(torch, name, arrays, settings)
        expected = there_and_back(reference, name, arrays, settings)
        scale = max(float(one.detach().abs().max()) for one in expected if one.numel())
        tolerance = 1e-4 if dtype == "float32" else 1e-10
        assert_same(actual, expected, rtol=tolerance, atol=tolerance * max(scale, 1))

    check()
