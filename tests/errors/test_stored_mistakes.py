"""What users do wrong is answered in PyTorch's words."""

import sys
import warnings

import pytest
from stored_mistakes import answer, answers, codes

STORED = answers()
# What Python itself says, in PyTorch too; the stored words are those of 3.11 and later.
OF_PYTHON = {
    "torch.nn.Linear(2, 2).__delattr__('foo')", "torch.ones(2).__delattr__('foo')",
    "torch.Size([1], foo=1)", "torch.Size(foo=1)",
}  # fmt: skip
# What PyTorch says on processors that multiply halves.
OF_ONEDNN = {"torch.nn.functional.conv2d(torch.ones(1,1,4,4).half(), torch.ones(1,1,2,2))"}


@pytest.mark.parametrize("code", codes())
def test_mistake(torch, code):
    """A mistake raises the stored class, with the stored text first."""
    if code in OF_PYTHON and sys.version_info < (3, 11):
        pytest.skip("Python answers this itself, before 3.11 in other words")
    kind, text = STORED[code]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raised, said = answer(code, torch)

    assert raised == kind, said
    assert said.startswith(text)


@pytest.mark.parametrize("code", codes())
def test_stored_answer(reference, code):
    """What is stored is what PyTorch says."""
    if code in OF_ONEDNN and not reference.ops.mkldnn._is_mkldnn_fp16_supported():
        pytest.skip("PyTorch says so where its oneDNN multiplies halves, not on this processor")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert answer(code, reference) == STORED[code]


def test_the_list_is_long():
    """There are mistakes enough to meet the common ones, each once."""
    assert set(codes()) >= OF_PYTHON
    assert len(codes()) == len(set(codes())) == len(STORED) >= 150
