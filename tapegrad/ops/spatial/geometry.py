"""How the weights of a convolution lie on its images."""

from __future__ import annotations

from typing import NamedTuple

from tapegrad.ops.spatial.fold import Blocks, block_counts
from tapegrad.ops.spatial.sizes import remembered


class Geometry(NamedTuple):
    """How the weights slide: one number a spatial dimension, and the groups."""

    stride: tuple
    padding: tuple
    dilation: tuple
    transposed: bool
    output_padding: tuple
    groups: int
    counts: tuple | None = None  # of places, where it is not all that there are

    def blocks(self, image: tuple, kernel: tuple, counts: tuple | None = None) -> Blocks:
        """The blocks of the larger side, which is the output if transposed."""
        count = counts or self.counts or block_counts(
            image, kernel, self.stride, self.padding, self.dilation
        )
        return Blocks(image, kernel, self.stride, self.padding, self.dilation, count)

    def enlarged(self, size: tuple, kernel: tuple) -> tuple:
        """What a transposed convolution makes of a size."""
        each = zip(
            size, kernel, self.stride, self.padding, self.dilation, self.output_padding,
            strict=True,
        )  # fmt: skip
        return tuple(
            (n - 1) * every - 2 * pad + step * (k - 1) + more + 1
            for n, k, every, pad, step, more in each
        )

    @remembered
    def turned(self, size: tuple, kernel: tuple) -> Geometry:
        """The geometry that leads back to an input of this very size."""
        back = self._replace(transposed=not self.transposed, output_padding=(0,) * len(size))
        if self.transposed:
            return back._replace(counts=size)
        least = back.enlarged(self.blocks(size, kernel).counts, kernel)
        more = tuple(n - m for n, m in zip(size, least, strict=True))
        return back._replace(output_padding=more, counts=None)


geometry_of = remembered(Geometry)
