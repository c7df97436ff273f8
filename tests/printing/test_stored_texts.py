"""Tensors print what they printed in PyTorch when the texts were stored."""

import pytest

from tapegrad._print import printoptions

from .stored_texts import STORED, STORED_WITH_OPTIONS


@pytest.mark.parametrize("name", STORED)
def test_stored_text(name):
    """A tensor prints what it prints in PyTorch."""
    build, text = STORED[name]

    assert repr(build()) == text


@pytest.mark.parametrize("name", STORED_WITH_OPTIONS)
def test_stored_text_with_options(name):
    """Each print option has PyTorch's effect, inside the block only."""
    build, options, text = STORED_WITH_OPTIONS[name]
    tensor = build()
    plain = repr(tensor)
    with printoptions(**options):
        changed = repr(tensor)

    assert changed == text
    assert repr(tensor) == plain
