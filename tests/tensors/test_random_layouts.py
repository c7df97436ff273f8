"""Draws into memory that does not lie row by row, beside PyTorch's."""

import pytest
from support import as_plain, evaluate, outcome

LAYOUTS = [
    "torch.zeros(4, 5).t()",
    "torch.zeros(6, 5, 2)[..., 0]",
    "torch.zeros(20, 2)[:, 1]",
    "torch.zeros(2, 5, 3, dtype=torch.float64).permute(2, 0, 1)",
]
FILLS = [
    "normal_()", "uniform_(-1, 2)", "random_(9)", "exponential_()", "geometric_(0.3)",
    "bernoulli_(0.4)", "bernoulli_(torch.full((), 0.4))", "log_normal_()", "cauchy_()",
]  # fmt: skip
TARGETS = [
    "torch.rand(4, 5, out=x)",
    "torch.randn(4, 5, out=x)",
    "torch.randint(9, (4, 5), out=x)",
    "torch.bernoulli(torch.linspace(0, 1, 20).reshape(4, 5), out=x)",
    "torch.normal(1.0, 2.0, (4, 5), out=x)",
    "torch.normal(torch.ones(5), 2.0, out=x)",
    "torch.normal(1.0, torch.ones(4, 5), out=x)",
    "torch.normal(torch.ones(5), torch.ones(4, 1), out=x)",
    "torch.rand(3, out=torch.zeros(2))",
    "torch.rand(3, out=torch.zeros(3, dtype=torch.int64))",
    "torch.rand(3, dtype=torch.float32, out=x)",
    "torch.rand(4, 5, out=x.requires_grad_())",
    "torch.normal(torch.ones(3), 1.0, out=x)",
    "torch.normal(torch.ones(3), 1.0, out=torch.zeros(3, dtype=torch.int64))",
    "torch.normal(torch.ones(3, requires_grad=True), 1.0, out=x)",
    "torch.normal(torch.ones(2), torch.ones(2, dtype=torch.int64))",
    "torch.bernoulli(torch.ones(3), out=torch.ones(2, dtype=torch.int64))",
]
MODELS = [
    "torch.randn_like(x)", "torch.rand_like(x, dtype=torch.float32)", "torch.randint_like(x, 9)",
    "torch.randint_like(x, low=3, high=5)", "torch.bernoulli(x + 0.5)",
    "torch.multinomial(x + 1, 2)", "torch.nn.functional.dropout(x + 1)",
]  # fmt: skip


def _drawn(code, torch):
    torch.manual_seed(0)
    return [[as_plain(value), value.stride()] for value in evaluate(code, torch)]


def _same(torch, reference, code):
    ours, theirs = outcome(_drawn, code, torch), outcome(_drawn, code, reference)
    if isinstance(theirs, str):
        assert ours == theirs
        return
    assert [strides for _, strides in ours] == [strides for _, strides in theirs]
    for (mine, _), (other, _) in zip(ours, theirs, strict=True):
        assert mine[0].split(".")[1] == other[0].split(".")[1]
        assert mine[1].shape == other[1].shape
        assert abs(mine[1] - other[1]).max() < 1e-4 * abs(other[1]).max() + 1e-12


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_draws_come_in_memory_order(torch, reference, layout, fill):
    """A tensor is filled in the order of its memory, and what was drawn before it is the same."""
    _same(torch, reference, f"[{layout}.{fill}, torch.rand(1)]")


@pytest.mark.parametrize("call", TARGETS)
def test_out_is_drawn_into(torch, reference, call):
    """Functions that draw fill the tensor given as out, as an in-place draw would."""
    _same(torch, reference, f"x = torch.zeros(5, 4, dtype=torch.float64).t()\n[{call}]")


@pytest.mark.parametrize("call", MODELS)
@pytest.mark.parametrize("layout", LAYOUTS[:2])
def test_models_lend_their_layout(torch, reference, layout, call):
    """What is drawn like another tensor lies as it does."""
    if "multinomial" in call and layout.endswith("0]"):
        layout += "[:, :3]"
    _same(torch, reference, f"x = {layout}\n[{call}]")


def test_a_resized_target_is_announced_where_it_is_given(torch):
    """The warning names the caller's line."""
    with pytest.warns(UserWarning, match="was resized since it had shape") as caught:
        torch.normal(1.0, torch.ones(3), out=torch.zeros(2))
        torch.add(torch.ones(3), 1, out=torch.zeros(2))

    assert {one.filename for one in caught} == {__file__}
