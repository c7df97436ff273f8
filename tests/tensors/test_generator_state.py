"""A generator's state: it goes out and in again, here and in PyTorch."""

import pickle

import numpy as np
import pytest


@pytest.mark.parametrize("n_before", [0, 1, 3, 623, 625])
def test_state_moves_between_the_libraries(torch, reference, n_before):
    """Either library goes on from the other's state, in the middle of a pair of normal numbers."""
    for one, other in ((torch, reference), (reference, torch)):
        one.manual_seed(-5)
        one.rand(n_before)
        one.randn(1)
        other.set_rng_state(other.from_numpy(one.get_rng_state().numpy().copy()))

        assert other.initial_seed() == one.initial_seed() == 2**64 - 5
        np.testing.assert_allclose(one.randn(3).numpy(), other.randn(3).numpy(), rtol=1e-5)
        np.testing.assert_array_equal(one.rand(700).numpy(), other.rand(700).numpy())


@pytest.mark.parametrize("drawn", ["", "torch.randn(1)", "torch.rand(30)"])
def test_state_is_the_same_bytes(torch, reference, drawn):
    """After the same draws both libraries write the same state."""
    states = []
    for library in (torch, reference):
        library.manual_seed(3)
        if drawn:
            eval(drawn, {"torch": library})
        states.append(library.get_rng_state().numpy().copy())
    for state in states:
        state[5016:5048] = 0    # a normal number that is kept may differ in its last bit

    np.testing.assert_array_equal(*states)


@pytest.mark.parametrize("state", [
    "torch.zeros(5056, dtype=torch.uint8)", "torch.zeros(3, dtype=torch.uint8)",
    "torch.full((5056,), 255, dtype=torch.uint8)", "torch.zeros(5056)", "3",
])
def test_what_is_no_state_is_refused(torch, reference, state):
    """The refusal is PyTorch's, and the stream goes on as if nothing had been asked."""
    def refusal(library):
        library.manual_seed(1)
        with pytest.raises(Exception) as caught:
            library.set_rng_state(eval(state, {"torch": library}))
        return type(caught.value), str(caught.value), library.rand(1).item()

    assert refusal(torch) == refusal(reference)


def test_set_state_brings_the_seed_back(torch):
    """What a state started from is part of it."""
    torch.manual_seed(11)
    state = torch.get_rng_state()
    torch.manual_seed(12)
    torch.set_rng_state(state)

    assert torch.initial_seed() == 11


def test_unpredictable_seed_leaves_numpys_numbers_alone(torch):
    """``seed`` asks the system, so that a seed of NumPy's neither fixes it nor is used up."""
    np.random.seed(0)
    first = torch.seed()
    after = np.random.rand()
    np.random.seed(0)

    assert torch.seed() != first and np.random.rand() == after


def test_generators_are_pickled_with_their_state(torch):
    """A copy goes on with the same numbers."""
    generator = torch.Generator().manual_seed(9)
    torch.randn(3, generator=generator)
    copy = pickle.loads(pickle.dumps(generator))

    assert copy.initial_seed() == 9
    assert torch.equal(torch.randn(20, generator=copy), torch.randn(20, generator=generator))
