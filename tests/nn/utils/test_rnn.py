"""Packing and padding of sequences, beside PyTorch."""

import pytest
from beside import assert_alike

SEQUENCES = "[torch.arange(6.).reshape(3, 2), torch.ones(1, 2), torch.zeros(2, 2)]"


@pytest.mark.parametrize("code", [
    f"torch.nn.utils.rnn.pad_sequence({SEQUENCES}{options})"
    for options in ("", ", True, -1.0", ", padding_side='left'", ", padding_side='top'")
] + [
    "torch.nn.utils.rnn.pad_sequence([])", "torch.nn.utils.rnn.pad_sequence(5)",
    "torch.nn.utils.rnn.pad_sequence([3])",
    "torch.nn.utils.rnn.pad_sequence([torch.zeros(2, 3), torch.zeros(1, 2)])",
    "torch.nn.utils.rnn.pad_sequence(torch.ones(2, 3), True)",
    "torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])])",
    f"repr(torch.nn.utils.rnn.pack_sequence({SEQUENCES}, enforce_sorted=False))",
    f"torch.nn.utils.rnn.pack_sequence({SEQUENCES})",
    f"torch.nn.utils.rnn.unpack_sequence(torch.nn.utils.rnn.pack_sequence({SEQUENCES}, False))",
    "torch.nn.utils.rnn.unpad_sequence(torch.arange(6).reshape(3, 2), torch.tensor([3, 1]))",
    "torch.nn.utils.rnn.unpad_sequence(torch.arange(6).reshape(2, 3), torch.tensor([3, 1]), True)",
    "torch.nn.utils.rnn.invert_permutation(torch.tensor([2, 0, 1]))",
    "torch.nn.utils.rnn.invert_permutation(None)",
    "torch.nn.utils.rnn.PackedSequence(3)",
    "torch.nn.utils.rnn.pack_padded_sequence(torch.ones(0, 2), torch.ones(2, 2))",
    "torch.nn.utils.rnn.pack_padded_sequence(torch.ones(2), [2])",
    "tuple(torch.nn.utils.rnn.PackedSequence((torch.ones(2), torch.tensor([2]))))",
])  # fmt: skip
def test_functions(torch, reference, code):
    """Results and refusals are PyTorch's."""
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("lengths", ["[4, 2, 1]", "torch.tensor([4, 2, 1])", "[1, 2, 1]", "[4, 2]",
                                     "[4, 2, 0]", "torch.tensor([[4, 2, 1]])"])
@pytest.mark.parametrize("options", ["", ", batch_first=True", ", enforce_sorted=False"])
def test_pack_padded_sequence(torch, reference, lengths, options):
    """Data, sizes of steps and orders, or the refusal, are PyTorch's."""
    shape = (3, 4, 2) if "batch_first" in options else (4, 3, 2)
    assert_alike(f"""
x = torch.arange(24.).reshape({shape})
tuple(torch.nn.utils.rnn.pack_padded_sequence(x, {lengths}{options}))
""", torch, reference)


@pytest.mark.parametrize("options", ["", "True, -1.0", "total_length=6", "total_length=2"])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_there_and_back(torch, reference, options, is_sorted):
    """Padding again gives the input, and its gradient skips what was padding."""
    assert_alike(f"""
x = torch.arange(24.).reshape(4, 3, 2).requires_grad_()
packed = torch.nn.utils.rnn.pack_padded_sequence(
    x, [4, 2, 1] if {is_sorted} else [2, 4, 1], enforce_sorted={is_sorted})
padded, lengths = torch.nn.utils.rnn.pad_packed_sequence(packed, {options})
(padded * padded).sum().backward()
padded, lengths, x.grad
""", torch, reference)


def test_too_long_a_length_is_refused(tapegrad):
    """PyTorch reads past the input here."""
    with pytest.raises(RuntimeError, match="a length of 5 is more than the 4 steps"):
        tapegrad.nn.utils.rnn.pack_padded_sequence(tapegrad.ones(4, 2, 1), [5, 2])


def test_conversions(torch):
    """A packed sequence changes its dtype as a tensor does; unchanged it is the same object."""
    packed = torch.nn.utils.rnn.pack_sequence([torch.ones(2), torch.zeros(1)])

    assert packed.double().data.dtype is torch.float64
    assert packed.to(torch.int64).batch_sizes is packed.batch_sizes
    assert packed.float() is packed is packed.cpu()
    assert not packed.is_cuda and not packed.is_pinned()
