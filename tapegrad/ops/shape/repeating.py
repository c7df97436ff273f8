"""A tensor several times over."""

from __future__ import annotations

from tapegrad._tensor import Tensor
from tapegrad.ops._declare import method
from tapegrad.ops._dims import sizes_of
from tapegrad.ops.shape.sizes import expand, reshape


@method()
def repeat(input: Tensor, *sizes) -> Tensor:
    """The tensor copied side by side, ``sizes[k]`` times along dimension k."""
    times = sizes_of("repeat", sizes, name="repeats")
    if len(times) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    shape = (1,) * (len(times) - input.ndim) + tuple(input.shape)
    spread = reshape(input, [one for size in shape for one in (1, size)])
    spread = expand(spread, [one for pair in zip(times, shape, strict=True) for one in pair])
    return reshape(spread.contiguous(), [n * size for n, size in zip(times, shape, strict=True)])
