"""Functions that write in place: what refuses an argument has written nothing."""

from types import ModuleType

import pytest

REFUSED = [
    "dropout(x, 0.5, training=3, inplace=True)", "elu(x, alpha='a', inplace=True)",
    "threshold(x, 'a', 2, inplace=True)", "leaky_relu(x, 'a', True)", "celu(x, 'a', True)",
    "hardtanh(x, 'a', 2, True)", "rrelu(x, 0.1, 0.3, 't', True)", "alpha_dropout(x, 0.5, 2, True)",
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_refused_function(torch: ModuleType, call: str) -> None:
    """The tensor keeps its elements where an argument is of a wrong kind."""
    x = torch.full((3, 3), -2.0)
    with pytest.raises(TypeError):
        eval(f"torch.nn.functional.{call}", {"torch": torch, "x": x})

    assert torch.equal(x, torch.full((3, 3), -2.0))
