"""Mistakes are refused as PyTorch refuses them, but for a counted rest that only shrinks."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("torch") is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)

from . import check

NAMES = check.names()
TO_COME = json.loads(Path(__file__).with_name("to_come.json").read_text(encoding="utf-8"))
SPACES = ("torch", "Tensor", "linalg", "special", "nn.functional")


@pytest.mark.parametrize("space", SPACES)
def test_mistakes_are_answered_alike(space):
    """No callable ends more calls otherwise than is stored, or words more otherwise."""
    worse = []
    for name in NAMES:
        if name.rpartition(".")[0] == space:
            found = check.check(name)
            ends, texts = TO_COME.get(name, (0, 0))
            worse += [one for _, one in found.ends] if len(found.ends) > ends else []
            worse += [one for _, one in found.texts] if len(found.texts) > texts else []

    assert not worse, "\n".join(worse[:40])


def test_what_is_to_come_is_known():
    """The stored counts are of callables that there are, and of nothing that is done."""
    assert set(TO_COME) <= set(NAMES)
    assert all(any(counts) for counts in TO_COME.values())
