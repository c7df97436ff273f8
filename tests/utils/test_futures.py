"""``futures``: values that are set once, and what waits for them."""

from types import ModuleType

import pytest


def test_value_and_callbacks(torch: ModuleType) -> None:
    """Callbacks run when the value comes, or at once where it is there."""
    future, seen = torch.futures.Future(), []
    following = future.then(lambda one: one.wait() + 1)
    future.add_done_callback(lambda one: seen.append(one.value()))
    assert not future.done()
    future.set_result(3)

    assert future.done()
    assert isinstance(future, torch.Future)
    assert (future.wait(), future.value(), following.wait(), seen) == (3, 3, 4, [3])
    assert future.then(lambda one: one.value() * 2).value() == 6


def test_it_is_set_once(torch: ModuleType) -> None:
    """A second value is refused, and so is no exception as an error."""
    future = torch.futures.Future()
    future.set_result(1)

    with pytest.raises(RuntimeError, match="Attempting to mark a completed Future as complete"):
        future.set_result(2)
    with pytest.raises(AssertionError, match="3 is of type <class 'int'>, not an Exception."):
        torch.futures.Future().set_exception(3)
    with pytest.raises(RuntimeError):
        torch.futures.Future().value()


def test_errors(torch: ModuleType) -> None:
    """The error that is set is raised; that of a callback as a RuntimeError which names it."""
    future = torch.futures.Future[int]()
    future.set_exception(ValueError("none"))
    divided = torch.futures.Future()
    failed = divided.then(lambda one: 1 / one.value())
    divided.set_result(0)

    with pytest.raises(ValueError, match="none"):
        future.wait()
    with pytest.raises(RuntimeError, match="Got the following error when running the callback: "
                                           "ZeroDivisionError: division by zero"):
        failed.wait()
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        torch.futures.collect_all([divided, failed]).wait()


def test_several(torch: ModuleType) -> None:
    """``collect_all`` is done when the last one is; ``wait_all`` gives the values in order."""
    first, second = torch.futures.Future(), torch.futures.Future()
    together = torch.futures.collect_all([first, second])
    second.set_result(2)
    assert not together.done()
    first.set_result(1)

    assert [one.value() for one in together.wait()] == [1, 2]
    assert torch.futures.wait_all([second, first]) == [2, 1]
    assert torch.futures.collect_all([]).wait() == []
