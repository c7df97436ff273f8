"""What the tables say of given results."""

import re

import pytest

from benchmarks import machine, readme, report
from benchmarks.bench import OURS, PYTORCH, Bench, Result, best_rate
from benchmarks.case import Case
from benchmarks.cases import ALL_CASES
from benchmarks.runner import Effort
from benchmarks.tables import machine_cell, peak_row, race_row, table

CASE = Case("plain", "a plain case", dict, at_least=2, flops=6e9)


def result(ours: float, theirs: float, case: Case = CASE, **options) -> Result:
    """Return a race in which each round was like the others."""
    return Result(case, 1, {OURS: [ours] * 3, PYTORCH: [theirs] * 3}, **options)


@pytest.mark.parametrize(("theirs", "expected"), [(4e-6, "met"), (3e-6, "**missed**")])
def test_target_is_met_or_missed(theirs, expected) -> None:
    """The ratio is held against the case's target."""
    *_, target, judgement = race_row(result(2e-6, theirs))

    assert (target, judgement) == ("≥ 2", expected)


def test_without_pytorch_nothing_is_compared() -> None:
    """One library's times alone meet no target."""
    row = race_row(Result(CASE, 1, {OURS: [1e-6]}))

    assert row == ("a plain case", "1.00 µs", "–", "–", "≥ 2", "not compared")


def test_failure_stands_in_the_row() -> None:
    """Where a library failed the row says why."""
    row = race_row(Result(CASE, 1, {OURS: [1e-6]}, failures={PYTORCH: "torch, plain: it broke"}))

    assert row[-1] == "torch, plain: it broke"


def test_distance_to_the_machine() -> None:
    """Work a second is given with its share of the best."""
    cell = machine_cell(result(0.1, 0.2), {"flops": 120e9, "traffic": None})

    assert cell == "60.0 GFLOP/s, 50%"


def test_best_rate_is_any_librarys() -> None:
    """The fastest matrix product of the run is the measure, whoever computed it."""
    product = ALL_CASES["matmul-512"]
    results = [result(0.2, 0.1, product), result(1e-9, 1e-9)]

    assert best_rate(results, 1, "flops") == pytest.approx(product.flops / 0.1)
    assert best_rate(results, 1, "traffic") is None


@pytest.mark.parametrize(("ours", "expected"), [(6e6, "met"), (7e6, "**missed**")])
def test_peaks_within_a_megabyte_are_equal(ours, expected) -> None:
    """A step may take as much as PyTorch's, give or take what a page or two decides."""
    row = peak_row(result(1, 1, peaks={OURS: ours, PYTORCH: 5.5e6}))

    assert row[-1] == expected


def test_missed_targets_need_a_limit() -> None:
    """A missed target is listed with its limit, and so is what is slower and has no target."""
    known, free = ALL_CASES["collate"], Case("free", "a case without target", dict)
    _, lines, _ = report.behind([
        result(2, 3), result(1, 2), result(2, 1, known), result(8, 7, free), result(1, 1, free)])
    missed, slower, below = lines.splitlines()

    assert missed == "* a plain case (1.50 at one thread): **no limit is given**"
    assert slower.startswith("* default_collate") and "**" not in slower
    assert below.startswith("* a case without target (0.88")


def test_page_has_each_family_at_each_number_of_threads() -> None:
    """The page names the machine, and has a section a number of threads."""
    results = [result(1, 2, ALL_CASES["multiply"]), result(1, 2, ALL_CASES["small-step"])]
    page = report.page(Bench(Effort(1, 0, 0)), results, [])

    assert machine.processor() in page
    assert re.findall(r"^##+ (.*)$", page, re.MULTILINE) == [
        "One thread", "Small operations", "Perceptrons", "Training steps elsewhere",
        report.BEHIND]


def test_readme_has_a_place_for_its_tables() -> None:
    """The markers stand in the README once each, and what goes between them exists."""
    text = readme.README.read_text(encoding="utf-8")

    assert text.count(readme.BEGIN) == text.count(readme.END) == 1
    assert set(readme.CHOICE) <= ALL_CASES.keys()


def test_columns_are_padded() -> None:
    """A table reads as plain text too."""
    assert table(("a", "long"), [("wide cell", "b")]) == (
        "| a         | long |\n| --------- | ---- |\n| wide cell | b    |\n")
