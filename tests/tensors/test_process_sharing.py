"""Memory that processes share."""

import subprocess
import sys
from types import ModuleType

FORK = """
import os
import {library} as torch

model = torch.nn.Linear(2, 2)
assert model.share_memory() is model
x = torch.zeros(3)
view = x.share_memory_()[1:]
if (child := os.fork()) == 0:
    with torch.no_grad():
        model.weight.fill_(5)
        view[0] = 7
    os._exit(0)
os.waitpid(child, 0)
print(model.weight.tolist(), model.weight.requires_grad, x.tolist())
"""


def test_forked_processes_write_to_the_same_memory(torch: ModuleType) -> None:
    """What a forked process writes to shared tensors, the one before it sees."""
    code = FORK.format(library=torch.__name__)
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True,
                         text=True, check=True)

    assert run.stdout == "[[5.0, 5.0], [5.0, 5.0]] True [0.0, 7.0, 0.0]\n"


def test_values_stay(torch: ModuleType) -> None:
    """Sharing keeps identity, values, dtype and shape, and tells that it has happened."""
    for x in (torch.arange(6).reshape(2, 3).t(), torch.zeros(0, 2), torch.tensor(3.5),
              torch.tensor([True])):
        values = x.tolist()

        assert not torch.ones(1).is_shared()
        assert x.share_memory_() is x
        assert x.share_memory_().is_shared()
        assert x[...].is_shared()
        assert x.untyped_storage().is_shared() or not x.numel()
        assert not x.clone().is_shared()
        assert x.tolist() == values
