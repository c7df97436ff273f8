"""``out=`` that shares memory with what is read, and targets of functions with several results."""

from types import ModuleType

import pytest

SHARED = "unsupported operation: some elements of the input tensor and the written-to tensor"
READS_ANYWHERE = [
    "gather(x, 0, places, out=target)", "index_select(x, 0, order, out=target)",
    "take(x, places, out=target)", "take_along_dim(x, places, 0, out=target)",
    "cross(x, y, dim=1, out=target)", "hstack([x, y[:, :0]], out=target)",
    "cat([x[:1], x[1:]], out=target)",
]  # fmt: skip
WRITES_OVER_FIRST = [
    "scatter(x, 0, places, y, out=target)", "scatter_add(x, 0, places, y, out=target)",
    "index_add(x, 0, order, y, out=target)", "index_copy(x, 0, order, y, out=target)",
]  # fmt: skip
READS_IN_PLACE = [
    "where(x > 0, x, y, out=target)", "cumsum(x, 0, out=target)", "cumprod(x, 0, out=target)",
    "logcumsumexp(x, 0, out=target)", "renorm(x, 2, 0, 0.5, out=target)",
    "addmm(x, y, y, out=target)",
]  # fmt: skip


def call(torch: ModuleType, text: str, target: str) -> tuple:
    """The result of a call whose target is a name, and what it should be."""
    memory = torch.arange(12.0)
    names = {
        "x": memory[:9].view(3, 3), "y": torch.ones(3, 3), "order": torch.tensor([2, 0, 1]),
        "places": torch.tensor([[0, 1, 2], [2, 0, 1], [1, 2, 0]]), "shifted": memory[3:].view(3, 3),
    }  # fmt: skip
    expected = eval(f"torch.{text}".replace(", out=target", ""), {"torch": torch}, names)
    names["target"] = eval(target, names)
    return eval(f"torch.{text}", {"torch": torch}, names), expected


@pytest.mark.parametrize("target", ["x", "x.t()", "shifted"])
@pytest.mark.parametrize("text", READS_ANYWHERE)
def test_inputs_read_elsewhere_are_no_targets(
    torch: ModuleType, text: str, target: str
) -> None:
    """Neither is memory that meets them."""
    with pytest.raises(RuntimeError, match=SHARED):
        call(torch, text, target)


@pytest.mark.parametrize("text", WRITES_OVER_FIRST)
def test_the_first_argument_may_be_written_over(torch: ModuleType, text: str) -> None:
    """It is what the result starts from; what is put into it must lie apart."""
    result, expected = call(torch, text, "x")

    assert result.tolist() == expected.tolist()
    for target in ("y", "x.t()", "shifted"):
        with pytest.raises(RuntimeError, match=SHARED):
            call(torch, text, target)


@pytest.mark.parametrize("text", READS_IN_PLACE)
def test_what_reads_in_place_may_write_there(torch: ModuleType, text: str) -> None:
    """But not over elements that belong elsewhere."""
    result, expected = call(torch, text, "x")

    torch.testing.assert_close(result, expected)
    for target in ("x.t()", "shifted"):
        with pytest.raises(RuntimeError, match=SHARED):
            call(torch, text, target)


def test_a_target_that_is_resized_counts_a_write(torch: ModuleType) -> None:
    """As one that has its shape does."""
    target = torch.empty(0)
    torch.cumsum(torch.ones(3), 0, out=target)

    assert target._version == 1


def test_parts_are_copied_into_a_list_of_targets(torch: ModuleType) -> None:
    """Which get their shapes, but for ``split_copy``; nothing is returned."""
    x = torch.arange(6.0, requires_grad=True).view(2, 3)
    rows, halves = [torch.empty(0), torch.empty(3)], [torch.empty(1, 3), torch.empty(1, 3)]

    assert torch.unbind_copy(x, out=rows) is None
    assert torch.split_copy(x, 1, out=halves) is None
    assert [one.tolist() for one in rows] == [[0, 1, 2], [3, 4, 5]]
    assert [one.tolist() for one in halves] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert not rows[0].requires_grad
    with pytest.raises(RuntimeError, match="expected an out= argument of size 2, got size 1"):
        torch.split_with_sizes_copy(x, [1, 1], out=rows[:1])
    with pytest.raises(RuntimeError, match="doesn't match the broadcast shape"):
        torch.split_copy(x, 1, out=rows)


def test_copies_of_views_lie_in_rows(torch: ModuleType) -> None:
    """However the view lies."""
    x = torch.ones(2, 3)

    assert torch.t_copy(x).stride() == torch.permute_copy(x, (1, 0)).stride() == (2, 1)


def test_a_hash_is_put_into_a_target() -> None:
    """Of int64 here, since there is no uint64."""
    import tapegrad

    x, target = tapegrad.arange(6.0), tapegrad.empty(0, dtype=tapegrad.int64)

    assert tapegrad.hash_tensor(x, out=target) is target
    assert target.item() == tapegrad.hash_tensor(x).item()
    with pytest.raises(RuntimeError, match="Expected result to be of dtype uint64, but got Float"):
        tapegrad.hash_tensor(x, out=tapegrad.empty(0))
