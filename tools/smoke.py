"""Check an installed tapegrad from outside the source tree: it loads, differentiates and trains."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import tapegrad as torch
from tapegrad import nn, optim

# What runs a program when imported, and what says at once which extra it needs.
NOT_IMPORTED = {"tapegrad.__main__", "tapegrad.utils.tensorboard"}


def main() -> None:
    """Take one gradient and one optimizer step, and import all that works without an extra."""
    x = torch.ones(2, 2, requires_grad=True)
    y = x + 3.0
    (y * y * 3).mean().backward()
    assert x.grad.tolist() == [[6.0, 6.0], [6.0, 6.0]], x.grad

    model = nn.Linear(3, 2)
    model(torch.ones(4, 3)).sum().backward()
    before = model.bias.detach().clone()
    optim.SGD(model.parameters(), lr=0.5).step()
    assert model.bias.tolist() == (before - 2.0).tolist(), model.bias

    for module in pkgutil.walk_packages(torch.__path__, "tapegrad."):
        if module.name not in NOT_IMPORTED:
            importlib.import_module(module.name)

    command = Path(sys.executable).with_name("tapegrad")
    told = subprocess.run([command, "info"], check=True, capture_output=True, text=True).stdout
    assert torch.__version__ in told, told

    found = Path(torch.__file__).parent
    assert Path(__file__).resolve().parent.parent not in found.parents, f"not installed: {found}"
    assert (found / "py.typed").exists(), found
    print(f"tapegrad {torch.__version__} works on Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
