"""float16 beside PyTorch's: sums of products, activations and means are rounded once at the end."""

import numpy as np
import pytest

CALLS = {
    "linear": lambda t, x: t.nn.functional.linear(x(3, 9), x(5, 9), x(5)),
    "linear of a vector": lambda t, x: t.nn.functional.linear(x(9), x(5, 9), x(5)),
    "addmm": lambda t, x: t.addmm(x(3, 5), x(3, 9), x(9, 5), beta=0.5, alpha=1.5),
    "addmv": lambda t, x: t.addmv(x(5), x(5, 9), x(9)),
    "baddbmm": lambda t, x: t.baddbmm(x(3, 5), x(2, 3, 9), x(2, 9, 5), beta=0.5),
    "attention": lambda t, x: t.nn.functional.scaled_dot_product_attention(
        x(2, 3, 4), x(2, 5, 4), x(2, 5, 6), x(3, 5)),
    "silu": lambda t, x: t.nn.functional.silu(x(999)),
    "mish": lambda t, x: t.nn.functional.mish(x(999)),
    "glu": lambda t, x: t.nn.functional.glu(x(998)),
    "hardswish": lambda t, x: t.nn.functional.hardswish(x(999)),
    "hardsigmoid": lambda t, x: t.nn.functional.hardsigmoid(x(999)),
    "rsqrt": lambda t, x: x(960).abs().rsqrt(),  # PyTorch rounds twice behind its last vector
    "mean": lambda t, x: x(99, 40).mean(1),
    "mean of all": lambda t, x: (x(99, 999) + 9).mean(),
    "mean of a large sum": lambda t, x: (x(9, 9999) + 99).mean(1),
    "std": lambda t, x: x(99, 40).std(0),
    "std_mean": lambda t, x: t.cat(t.std_mean(x(99, 40), 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_to_the_last_bit(torch, reference, name):
    """The same numbers as PyTorch's."""
    results = []
    for library in (torch, reference):
        random = np.random.RandomState(0)
        made = CALLS[name](library, lambda *shape, library=library, random=random:
                           library.from_numpy(random.uniform(-9, 9, shape).astype(np.float16)))
        results.append(made.numpy())

    assert results[0].dtype == np.float16
    assert np.array_equal(*results)


@pytest.mark.parametrize("layer", ["Mish()", "GELU(approximate='tanh')", "GELU()", "SiLU()"])
def test_slopes_are_rounded_once(torch, layer):
    """The gradient is that of float32, rounded: half a unit in the last place away, or two."""
    module = eval(f"torch.nn.{layer}", {"torch": torch})
    x = torch.linspace(-6, 6, 999).half().requires_grad_()
    g = torch.linspace(-3, 3, 999).cos().half()
    wide = x.detach().float().requires_grad_()
    module(x).backward(g)
    module(wide).backward(g.float())

    assert x.grad.dtype is torch.float16
    assert ((x.grad.float() - wide.grad).abs() <= wide.grad.abs() * 2**-10 + 2**-24).all()


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_gradients_of_resampling_are_added_up_in_float(torch, mode):
    """What five or more readers of an element give is rounded once."""
    x = torch.linspace(-2, 2, 75).sin().reshape(3, 1, 5, 5).half().requires_grad_()
    wide = x.detach().float().requires_grad_()
    y, z = (torch.nn.functional.interpolate(one, size=(13, 13), mode=mode) for one in (x, wide))
    g = torch.linspace(-3, 3, y.numel()).cos().reshape(y.shape).half()
    y.backward(g)
    z.backward(g.float())

    assert ((x.grad.float() - wide.grad).abs() <= wide.grad.abs() * 2**-10 + 2**-24).all()
