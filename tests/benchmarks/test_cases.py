"""The cases of the benchmarks: that each runs, and that the rivals compute the same."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.cases import ALL_CASES, FAMILIES
from benchmarks.reasons import epyc, xeon, zen3
from benchmarks.rivals import numpy_mlp
from benchmarks.worker import Stopwatch

CASES = [case for family in FAMILIES for case in family]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_runs(torch, case) -> None:
    """Every case runs in the library that it is given."""
    Stopwatch(case, torch, "perf_counter").timer.timeit(1)


def test_names_are_unique() -> None:
    """No case hides another of the same name."""
    names = [case.name for case in CASES]

    assert len(set(names)) == len(names)


def test_limits_are_of_cases() -> None:
    """A limit is given for a case that exists."""
    assert xeon.LIMITS.keys() | epyc.LIMITS.keys() | zen3.LIMITS.keys() <= ALL_CASES.keys()


def test_numpy_gradients_are_the_librarys(torch) -> None:
    """The gradients by hand are those of the network that the cases train."""
    rng = np.random.default_rng(0)
    sizes = 5, 7, 6, 3
    weights, biases = numpy_mlp.initial(sizes, rng)
    x, labels = rng.standard_normal((4, 5), dtype="f4"), rng.integers(3, size=4)
    by_hand = numpy_mlp.gradients(weights, biases, x, labels)
    leaves = [torch.tensor(array).requires_grad_() for array in weights + biases]
    h = torch.tensor(x)
    for weight, bias in zip(leaves[:2], leaves[3:5], strict=True):
        h = torch.relu(h @ weight.T + bias)
    scores = h @ leaves[2].T + leaves[5]
    torch.nn.functional.cross_entropy(scores, torch.tensor(labels)).backward()

    for found, leaf in zip(by_hand, leaves, strict=True):
        np.testing.assert_allclose(found, leaf.grad.numpy(), rtol=1e-4, atol=1e-6)


def test_numpy_adamw_is_the_librarys(torch) -> None:
    """Three steps by hand move the parameters as the optimizer does."""
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal(9, dtype="f4"), rng.standard_normal((3, 9), dtype="f4")
    by_hand, parameter = [start.copy()], torch.nn.Parameter(torch.tensor(start))
    update, optimizer = numpy_mlp.AdamW(by_hand), torch.optim.AdamW([parameter], lr=0.001)
    for g in grads:
        update(by_hand, [g])
        parameter.grad = torch.tensor(g)
        optimizer.step()

    np.testing.assert_allclose(by_hand[0], parameter.detach().numpy(), rtol=1e-5)


BOTH = """
import sys
import numpy as np
from benchmarks.rivals import in_jax, in_numpy

def variables(step):
    cells = (cell.cell_contents for cell in step.__closure__)
    return dict(zip(step.__code__.co_freevars, cells))

arguments = {"sizes": (5, 7, 3), "batch": 4, "optimizer": sys.argv[1]}
by_hand, compiled = in_numpy(**arguments), in_jax(**arguments)
for _ in range(3):
    by_hand(), compiled()
expected = variables(by_hand)["weights"], variables(by_hand)["biases"]
for arrays, parameters in zip(expected, variables(compiled)["state"][0], strict=True):
    for array, parameter in zip(arrays, parameters, strict=True):
        np.testing.assert_allclose(np.asarray(parameter), array, rtol=1e-4, atol=1e-6)
"""


@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="`make bench` installs JAX")
@pytest.mark.parametrize("optimizer", ["SGD", "AdamW"])
def test_jax_step_is_that_by_hand(optimizer) -> None:
    """Compiled steps move the network as those by hand do.

    In a process of its own: JAX has threads, and warns when others' tests fork.
    """
    subprocess.run([sys.executable, "-c", BOTH, optimizer], check=True)
