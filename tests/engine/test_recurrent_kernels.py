"""The loops of recurrent networks, on every instruction set."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tapegrad._kernels import OURS, limit_vectors
from tapegrad._kernels.launch_log import record_launches

BASELINE, AVX2, AVX512 = range(3)


@pytest.fixture(autouse=True)
def widest_vectors() -> Iterator[None]:
    """Whatever a test does, the next one starts from the processor's best."""
    yield
    limit_vectors(AVX512)


def results(torch: ModuleType, layer: str, size: int, dtype: Any) -> list:
    """Give the output of a network and its gradients."""
    torch.manual_seed(0)
    m = getattr(torch.nn, layer)(3, size).to(dtype)
    x = torch.randn(4, 5, 3, dtype=dtype, requires_grad=True)
    out, _ = m(x) if "Cell" not in layer else m(x[0])
    return [out, *torch.autograd.grad((out ** 2).sum(), [x, *m.parameters()])]


@pytest.mark.parametrize("layer", ["RNN", "GRU", "LSTM", "LSTMCell"])
@pytest.mark.parametrize("size", [1, 7, 16, 37])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_instruction_sets_agree(tapegrad: ModuleType, layer: str, size: int, dtype: str) -> None:
    """AVX2 and AVX-512 give the same bits; plain C, whose products round twice, is near."""
    found = []
    for level in (BASELINE, AVX2, AVX512):
        limit_vectors(level)
        found.append(results(tapegrad, layer, size, getattr(tapegrad, dtype)))
    eps = tapegrad.finfo(getattr(tapegrad, dtype)).eps

    assert all(tapegrad.equal(a, b) for a, b in zip(found[1], found[2], strict=True))
    for near, other in zip(found[0], found[1], strict=True):
        tapegrad.testing.assert_close(near, other, rtol=16 * eps, atol=64 * eps)


def packed_results(torch: ModuleType, layer: str) -> list:
    """Give what a packed sequence in both directions gives, and its gradients."""
    torch.manual_seed(0)
    m = getattr(torch.nn, layer)(5, 64, bidirectional=True)
    x = torch.randn(13, 40, 5, requires_grad=True)
    lengths = torch.arange(40, 14, -2)
    out, last = m(torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))
    states = last if layer == "LSTM" else (last,)
    total = sum((a ** 2).sum() for a in (out.data, *states))
    return [out.data, *states, *torch.autograd.grad(total, [x, *m.parameters()])]


@pytest.mark.parametrize("layer", ["RNN", "GRU", "LSTM"])
def test_threads_change_no_bit(torch: ModuleType, layer: str) -> None:
    """Threads that have some samples each give what one gives, also where sequences end early."""
    before, every = torch.get_num_threads(), []
    for n in (1, 2, 3):
        torch.set_num_threads(n)
        every.append(packed_results(torch, layer))
    with record_launches():     # step by step
        every.append(packed_results(torch, layer))
    torch.set_num_threads(before)

    for alone, *shared in zip(*every, strict=True):
        assert all(torch.equal(alone, other) for other in shared)


@pytest.mark.parametrize("layer", ["RNN", "GRU", "LSTM"])
def test_shared_samples_are_beside_pytorch(
    torch: ModuleType, reference: ModuleType, layer: str
) -> None:
    """On two threads results and gradients are PyTorch's."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    for ours, theirs in zip(packed_results(torch, layer), packed_results(reference, layer),
                            strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-4,
                                   atol=1e-5)
    torch.set_num_threads(before)


@pytest.mark.parametrize("layer", ["RNN", "GRU", "LSTM"])
def test_unwanted_state_gradient_is_not_computed(torch: ModuleType, layer: str) -> None:
    """A first state without a gradient saves each direction's last product back, and no bit."""
    torch.manual_seed(0)
    m = getattr(torch.nn, layer)(5, 64, bidirectional=True)
    x = torch.nn.utils.rnn.pack_padded_sequence(torch.randn(7, 3, 5), torch.tensor([7, 5, 2]))
    found = []
    for wanted in (True, False):
        state = torch.zeros(2, 3, 64, requires_grad=wanted)
        out, _ = m(x, (state, state) if layer == "LSTM" else state)
        loss = (out.data ** 2).sum()
        with record_launches() as log:
            slopes = torch.autograd.grad(loss, [*m.parameters(), *[state] * wanted])
        found.append((log.kernel_names(), slopes[: len(m._flat_weights)]))
    (with_state, expected), (without, slopes) = found

    assert n_products(without) == n_products(with_state) - 2
    assert all(torch.equal(a, b) for a, b in zip(expected, slopes, strict=True))


def n_products(names: list[str]) -> int:
    """Count the launches of products."""
    return sum("matmul" in name for name in names)


# How many gates there are, and whether each operand has a row for each of them or one for all.
LOOPS = {
    "rnn_tanh": (1, "kkkk"), "rnn_relu": (1, "kkkk"), "rnn_tanh_slopes": (1, "hhh"),
    "rnn_relu_slopes": (1, "hhh"), "lstm_step": (4, "kkkhkhhh"), "lstm_slopes": (4, "khhhhk"),
    "gru_step": (3, "kkkkhhh"), "gru_slopes": (3, "khhhkk"),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("size", [1, 7, 16, 37])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loops_give_the_same_bits(name: str, size: int, dtype: Any) -> None:
    """Plain C, AVX2 and AVX-512 agree to the bit in all that lies between the products."""
    n_gates, operands = LOOPS[name]
    found = []
    for level in (BASELINE, AVX2, AVX512):
        limit_vectors(level)
        random = np.random.default_rng(0)
        arrays = [random.standard_normal((5, n_gates, size) if one == "k" else (5, size), dtype)
                  for one in operands]  # fmt: skip
        before = [one.copy() for one in arrays]
        OURS[name](*arrays)
        found.append(arrays)

    assert any(not np.array_equal(a, b) for a, b in zip(before, found[0], strict=True))
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


# In units of the last place; PyTorch's tanh reaches 1, and its logistic function more than 2.
LARGEST_ERROR = 2.6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_is_near_the_truth(dtype: Any) -> None:
    """Gates are the hyperbolic tangents of their sums, small and large and special ones."""
    random = np.random.default_rng(0)
    sizes = 10.0 ** random.uniform(-30, 2, 20_000)
    x = np.concatenate([random.normal(0, 3, 50_000), sizes, -sizes]).astype(dtype)
    special = np.array([0, np.inf, -np.inf, np.nan, 9, -9, 20, -20, 1e30], dtype)
    truth = np.tanh(x.astype(np.longdouble))
    error = np.abs(activated(x) - truth) / np.spacing(np.abs(truth).astype(dtype))

    assert error.max() <= LARGEST_ERROR
    np.testing.assert_array_equal(activated(special)[:4], [0, 1, -1, np.nan])
    np.testing.assert_allclose(activated(special), np.tanh(special), rtol=2 * np.finfo(dtype).eps)


def activated(x: np.ndarray) -> np.ndarray:
    """Give what a step without any state and biases makes of its sums."""
    gates, zeros = x.reshape(1, 1, -1).copy(), np.zeros((1, 1, x.size), x.dtype)
    OURS["rnn_tanh"](zeros, zeros.copy(), zeros.copy(), gates)
    return gates.reshape(-1)
