"""What users do wrong is answered in PyTorch's words."""

import warnings

import pytest
from stored_mistakes import answer, answers, codes

STORED = answers()


@pytest.mark.parametrize("code", codes())
def test_mistake(torch, code):
    """A mistake raises the stored class, with the stored text first."""
    kind, text = STORED[code]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raised, said = answer(code, torch)

    assert raised == kind, said
    assert said.startswith(text)


@pytest.mark.parametrize("code", codes())
def test_stored_answer(reference, code):
    """What is stored is what PyTorch says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert answer(code, reference) == STORED[code]


def test_the_list_is_long():
    """There are mistakes enough to meet the common ones, each once."""
    assert len(codes()) == len(set(codes())) == len(STORED) >= 150
