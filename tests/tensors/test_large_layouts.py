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


@pytest.mark.parametrize("length", [1, 15, 16, 17, 47])
@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "int64"])
def test_lines_of_any_length(length, dtype, torch):
    """Positions are followed to the end of a line, however it is cut into runs."""
    x = (torch.arange(5 * 47).reshape(5, 47) % 7).to(getattr(torch, dtype))
    index = torch.arange(5 * length).reshape(5, length) * 13 % 47
    added = x.numpy().copy()
    np.add.at(added, (np.arange(5)[:, None], index.numpy()), x.numpy()[:, :length])

    assert (x.gather(1, index).numpy() == np.take_along_axis(x.numpy(), index.numpy(), 1)).all()
    assert (x.scatter_add(1, index, x).numpy() == added).all()


@pytest.mark.parametrize("place", [0, 15, 16, 31, 32, 39])
@pytest.mark.parametrize("bad", [-1, 40])
def test_refused_anywhere_in_a_line(place, bad, torch):
    """A bad position is found in every part of a line."""
    x = torch.ones(3, 40)
    index = torch.arange(120).reshape(3, 40) % 40
    index[1, place] = bad

    for call in (lambda: x.gather(1, index), lambda: x.scatter_add(1, index, x)):
        with pytest.raises(RuntimeError, match=f"index {bad} is out of bounds for dimension 1"):
            call()


@pytest.mark.parametrize("name", ["scatter", "scatter_add"])
@pytest.mark.parametrize("shape", [(4, 6), (1,), ()])
def test_gradient_of_a_sum_of_scattered(name, shape, torch):
    """The gradient of a sum, one number expanded, comes to a source as it would place by place."""
    source = torch.ones(shape, requires_grad=True)
    index = torch.zeros(shape, dtype=torch.int64)
    target = torch.zeros(shape)

    def gradient(weight, **options):
        result = getattr(target, name)(-1, index, source)
        return torch.autograd.grad((result * weight).sum(), source, **options)[0]

    assert torch.equal(gradient(1), gradient(torch.ones(shape)))
    scale = torch.tensor(2.0, requires_grad=True)
    (slope,) = torch.autograd.grad(gradient(scale, create_graph=True).sum(), scale)
    assert slope == source.numel()


def test_gradient_of_a_sum_lies_as_its_leaf(torch):
    """A large gradient that is one number expanded gets memory of its own, laid out as the leaf."""
    for leaf in (torch.zeros(300, 200), torch.zeros(200, 300).t()):
        leaf.requires_grad_().sum().backward()

        assert leaf.grad.stride() == leaf.stride()
        assert torch.equal(leaf.grad, torch.ones(300, 200))
