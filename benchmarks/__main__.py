"""Measure tapegrad beside PyTorch and others, and print what was seen as Markdown."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from benchmarks import counted, machine, memory, profiling, readme, report
from benchmarks.bench import FULL, QUICK, Bench, thread_counts
from benchmarks.case import Case
from benchmarks.cases import ALL_CASES, FAMILIES


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--case", action="append", choices=ALL_CASES, metavar="NAME",
                        help="only this one; may be repeated")
    parser.add_argument("--threads", action="append", type=int, choices=(1, 2),
                        help="only with so many; may be repeated")
    parser.add_argument("--cpu-time", action="store_true",
                        help="count processor time, on a busy machine: at one thread alone")
    parser.add_argument("--list", action="store_true", help="name the cases and their targets")
    parser.add_argument("--profile", action="store_true",
                        help="say where the time of a step of each --case goes")
    parser.add_argument("--write", action="store_true", help="also write docs/benchmarks.md")
    parser.add_argument("--readme", action="store_true",
                        help="measure the README's tables instead, and put them there")
    parser.add_argument("--ours", default="tapegrad", metavar="MODULE",
                        help="library in tapegrad's place; torch checks the bench against itself")
    chosen = parser.parse_args()
    if chosen.case and chosen.write:
        parser.error("--write needs all cases")
    if chosen.cpu_time:
        if chosen.write:
            parser.error("what is written is wall time")
        chosen.threads = [1]
    if chosen.profile and not chosen.case:
        parser.error("--profile needs a --case")
    return chosen


def measured(cases: list[Case], chosen: argparse.Namespace) -> str:
    """Race the cases at each number of threads; without a choice of cases, count as well."""
    bench = Bench(QUICK if chosen.quick else FULL, chosen.ours,
                  "process_time" if chosen.cpu_time else "perf_counter")
    work = [(case, n) for case in cases for n in chosen.threads or thread_counts()]
    bar = tqdm(work, unit="case", disable=None)
    results = []
    for case, n_threads in bar:
        bar.set_description(f"{case.name}, {n_threads}")
        results.append(bench.measure(case, n_threads))
    rows = []
    if not chosen.case:
        repeats = 3 if chosen.quick else 11
        rows = [*counted.probe_rows(memory.PROBES, chosen.ours, repeats), counted.wheel_row()]
    return report.page(bench, results, rows)


def main() -> None:
    """Do what was chosen; print, and write where asked to."""
    chosen = options()
    if chosen.list:
        for family in FAMILIES:
            print(f"{family.title}\n" + "\n".join(
                f"  {case.name:24} {case.at_least or '':<6} {case.title}" for case in family))
        return
    if chosen.profile:
        for name in chosen.case:
            print(profiling.report(ALL_CASES[name]))
        return
    if chosen.readme:
        with tqdm(unit="case", disable=None) as bar:
            text = readme.tables(chosen.ours, chosen.quick,
                                 lambda name: (bar.update(), bar.set_description(name)))
        readme.insert(text)
    else:
        everything = [case for family in FAMILIES for case in family]
        cases = [ALL_CASES[name] for name in chosen.case] if chosen.case else everything
        text = measured(cases, chosen)
        if chosen.write:
            Path(report.PAGE).write_text(text, encoding="utf-8")
    print(text)
    for name in machine.missing():
        print(f"{name} is not installed: nothing was compared with it.", file=sys.stderr)


if __name__ == "__main__":
    main()
