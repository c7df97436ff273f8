"""The tables of the README: a choice of the cases, the tape, and what is counted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import counted, memory
from benchmarks.bench import Bench, Result
from benchmarks.cases import ALL_CASES, tape
from benchmarks.machine import HOW, described
from benchmarks.runner import Comparison, Effort, Worker, alternate
from benchmarks.tables import RACE_HEADER, Row, race_row, table, verdict

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->\n"
CHOICE = (
    "multiply", "recorded", "chain", "tape", "small-step", "step", "adamw-many", "adamw-large",
    "sgd-many", "sgd-large", "lstm", "gru", "lstm-cell", "loader", "collate")
FULL, QUICK = Effort(21, 0.05, 10), Effort(4, 0.01, 0.5)
LENGTHS = Effort(3, 0, 10)


def tables(ours: str, is_quick: bool, progress: Callable[[str], None]) -> str:
    """Measure at one thread and return the README's tables."""
    bench = Bench(QUICK if is_quick else FULL, ours)

    def raced(name: str) -> Result:
        progress(name)
        return bench.measure(ALL_CASES[name], 1)

    parts = [table(RACE_HEADER, [race_row(raced(name)) for name in CHOICE])]
    bench.effort = replace(LENGTHS, rounds=bench.effort.rounds if is_quick else LENGTHS.rounds)
    parts.append(table(("backward over a tape of", "tapegrad", "PyTorch", "ratio", "an entry"),
                       [length_row(raced(case.name)) for case in tape.lengths]))
    progress("what is counted")
    rows = [reach_row(ours, QUICK if is_quick else FULL),
            *counted.probe_rows(memory.PROBES, ours, 3 if is_quick else 11)]
    parts.append(table(counted.HEADER, rows))
    return "\n".join([f"{described(bench.versions)} One thread each. {HOW}\n", *parts])


def length_row(result: Result) -> Row:
    """The time of a backward pass over a tape, and of an entry of it."""
    length = int(result.case.title.replace(",", ""))
    *times, _, _ = race_row(result)
    return (*times, f"{result.seconds() / length * 1e9:.0f} ns")


def reach_row(ours: str, effort: Effort) -> Row:
    """A short backward that reaches back over live entries, beside the same without them."""
    with Worker(ours, "near") as near, Worker(ours, "far") as far:
        near.answer(), far.answer()
        found = Comparison(*alternate({"near": near, "far": far}, effort).values())
    low, high = found.spread
    return (ALL_CASES["far"].title, f"{found.ratio:.2f}× ({low:.2f}–{high:.2f})",
            f"{tape.REACH_LIMIT:g}×", verdict(found.ratio < tape.REACH_LIMIT))


def insert(text: str) -> None:
    """Replace what stands between the README's two markers."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    README.write_text(before + BEGIN + "\n" + text + "\n" + END + after, encoding="utf-8")
