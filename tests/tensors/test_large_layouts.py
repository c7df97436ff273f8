"""Short ways for what large tensors look like: the values and refusals of the long ways."""

import numpy as np
import pytest


@pytest.mark.parametrize("dims", [(0, 2), (0, 2, 3), (0, 3), (-1, -3, 0)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "bool"])
@pytest.mark.parametrize("keepdim", [False, True])
def test_sums_over_parted_dimensions(dims, dtype, keepdim, torch):
    """A sum over dimensions with one between them that stays is near NumPy's in double."""
    x = (torch.arange(5 * 6 * 7 * 80).reshape(5, 6, 7, 80) % 13 - 6).to(getattr(torch, dtype))
    total = x.sum(dims, keepdim=keepdim)
    expected = x.numpy().astype(np.float64).sum(dims, keepdims=keepdim)

    assert tuple(total.shape) == expected.shape
    np.testing.assert_allclose(total.numpy(), expected, rtol=2e-3 if dtype == "float16" else 1e-6)


def test_sums_over_nothing(torch):
    """Empty dimensions give zeros, wherever they stand."""
    assert torch.ones(3, 0, 5, 70).sum((1, 3)).tolist() == [[0.0] * 5] * 3
    assert torch.ones(3, 4, 0, 70).sum((0, 3)).shape == (4, 0)


@pytest.mark.parametrize("dim", [0, 1])
def test_gather_from_one_element_a_line(dim, torch):
    """Lines of one expanded number give it at every position, and refuse bad ones."""
    lines = torch.arange(40.0).unsqueeze(dim)
    x = lines.expand(40, 40)
    index = torch.arange(1600).reshape(40, 40) % 40
    bad = index.clone()
    bad[3, 7] = 40

    assert torch.equal(x.gather(dim, index), x)
    assert torch.equal(x.gather(dim, index.t()), x)
    with pytest.raises(RuntimeError, match="index 40 is out of bounds for dimension"):
        x.gather(dim, bad)
