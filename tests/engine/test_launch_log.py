"""All that writes tensor memory goes through ``launch``: a step is replayed from its log."""

import numpy as np
import pytest


class Training:
    """A small classifier with dropout, trained by SGD with momentum."""

    def __init__(self, torch):
        self.torch = torch
        nn = torch.nn
        self.model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5),
                                   nn.BatchNorm1d(16), nn.Linear(16, 3))
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9,
                                         weight_decay=1e-3)
        self.x, self.labels = torch.randn(12, 8), torch.randint(0, 3, (12,))

    def step(self):
        """Forward, backward, update; give the loss."""
        self.optimizer.zero_grad()
        loss = self.torch.nn.functional.cross_entropy(self.model(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def lasting(self):
        """Arrays over the memory that outlives a step."""
        momenta = [state["momentum_buffer"] for state in self.optimizer.state.values()]
        return [t.detach().numpy() for t in (*self.model.state_dict().values(), *momenta)]

    def gradients(self):
        """Arrays over the gradients of the last step."""
        return [p.grad.numpy() for p in self.model.parameters()]


@pytest.fixture
def training(tapegrad):
    """Give a training that has its momentum buffers."""
    tapegrad.manual_seed(3)
    training = Training(tapegrad)
    training.step()
    return training


def test_step_is_reproduced_bit_for_bit(tapegrad, training):
    """From the earlier bytes and poisoned results the log alone makes the step again."""
    before = [array.copy() for array in training.lasting()]
    random_state = tapegrad.get_rng_state()
    with tapegrad._kernels.record_launches() as log:
        loss = training.step()
    results = [*training.lasting(), *training.gradients(), loss.numpy()]
    expected = [array.tobytes() for array in results]
    state_after = tapegrad.get_rng_state().numpy().tobytes()

    log.poison()
    for array, old in zip(training.lasting(), before, strict=True):
        array[...] = old
    tapegrad.set_rng_state(random_state)
    assert loss.numpy().tobytes() == b"\xff" * 4
    log.replay()

    assert [array.tobytes() for array in results] == expected
    assert tapegrad.get_rng_state().numpy().tobytes() == state_after


@pytest.mark.parametrize("layer", ["LSTM", "GRU", "RNN", "MultiheadAttention"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_sequences_are_reproduced(tapegrad, layer, n_threads):
    """What goes over a sequence in one launch otherwise is logged step by step."""
    before = tapegrad.get_num_threads()
    tapegrad.set_num_threads(n_threads)
    x = tapegrad.randn(20, 16, 64, requires_grad=True)
    made = getattr(tapegrad.nn, layer)(64, 4 if layer == "MultiheadAttention" else 64)
    inputs = (x, x, x) if layer == "MultiheadAttention" else (x,)
    with tapegrad._kernels.record_launches() as log:
        out = made(*inputs)[0]
        gradients = tapegrad.autograd.grad(out.square().sum(), [x, *made.parameters()])
    results = [t.detach().numpy() for t in (out, *gradients)]
    expected = [array.tobytes() for array in results]

    log.poison()
    log.replay()
    tapegrad.set_num_threads(before)

    assert [array.tobytes() for array in results] == expected


def test_replays_go_on_from_the_current_state(tapegrad, training):
    """Replaying twice is training two more steps."""
    with tapegrad._kernels.record_launches() as log:
        training.step()
    saved = [array.copy() for array in training.lasting()]
    random_state = tapegrad.get_rng_state()
    log.replay()
    log.replay()
    replayed = [array.copy() for array in training.lasting()]

    for array, old in zip(training.lasting(), saved, strict=True):
        array[...] = old
    tapegrad.set_rng_state(random_state)
    training.step()
    training.step()
    for array, expected in zip(training.lasting(), replayed, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_log_has_the_time_of_each_launch(tapegrad):
    """One figure a launch, in their order, for profiles."""
    with tapegrad._kernels.record_launches() as log:
        tapegrad.ones(3).add(1).exp()

    assert len(log.seconds) == len(log.kernel_names()) > 1
    assert all(seconds >= 0 for seconds in log.seconds)


def test_log_ends_with_its_block(tapegrad):
    """What runs outside is not logged."""
    x = tapegrad.ones(3)
    with tapegrad._kernels.record_launches() as log:
        x + 1
    n_logged = len(log)
    x + 1

    assert len(log) == n_logged == 1
