"""More dimensions than an array can have: refused at once, whoever asks for them."""

import pytest

MOST = 64


@pytest.mark.parametrize(
    "call",
    [
        "one.view(many)", "one.reshape(many)", "one.expand(many)", "one.repeat(many)",
        "one.broadcast_to(many)", "one.new_zeros(many)", "torch.zeros(many)", "torch.rand(many)",
        "torch.full(many, 1.0)", "most.unsqueeze(0)", "most.unsqueeze(-1)", "most[None]",
        "one[(None,) * len(many)]", "torch.stack([most, most])", "most.unflatten(0, (1, 1))",
        "torch.meshgrid([one] * len(many), indexing='ij')", "most.diag_embed()",
        "torch.tensordot(most, most, 0)",
    ],
)
def test_too_many_dimensions(torch, call: str) -> None:
    """No call writes past the sizes that there is room for."""
    if torch.__name__ == "torch":
        pytest.skip("PyTorch has no such limit")
    names = {"torch": torch, "one": torch.zeros(1), "most": torch.zeros([1] * MOST),
             "many": [1] * (MOST + 6)}  # fmt: skip

    with pytest.raises(RuntimeError, match=f"tensors have at most {MOST} dimensions, got "):
        eval(call, names)


def test_as_many_as_there_may_be(torch) -> None:
    """Sixty-four dimensions are no reason to refuse."""
    most = torch.arange(2.0).reshape([1] * (MOST - 1) + [2])

    assert most.squeeze().tolist() == [0, 1]
    assert most.permute(*reversed(range(MOST))).shape[0] == 2
    assert most[..., 1].ndim == MOST - 1
    assert (most + most).sum() == 2
