"""What a training reached, epoch by epoch, and its files."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tapegrad.utils._atomic import replaced_file

Number = int | float


class History:
    """Rows of named numbers, one an epoch; they may have different columns.

    Files are replaced whole or not at all, and read back to the same bits: NaN and infinity too.
    """

    def __init__(self, rows: Iterable[Mapping[str, Number]] = ()) -> None:
        self.rows: list[dict[str, Number]] = []
        for row in rows:
            self.append(row)

    def append(self, row: Mapping[str, Number]) -> None:
        """Add a row. Raises TypeError for a value that is no number, ValueError for no values."""
        if not row:
            raise ValueError("a row of a history has at least one column")
        for name, value in row.items():
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise TypeError(f"column {name!r} must be a number, not {type(value).__name__}")
        self.rows.append(dict(row))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Number]:
        return self.rows[index]

    def __iter__(self) -> Iterator[dict[str, Number]]:
        return iter(self.rows)

    @property
    def columns(self) -> list[str]:
        """The names of all columns, in the order in which they first appear."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def column(self, name: str) -> list[Number]:
        """The values of a column, of the rows that have it."""
        return [row[name] for row in self.rows if name in row]

    def save(self, path: str | os.PathLike) -> None:
        """Write to a file that ends in ``.csv`` or ``.jsonl``. Raises ValueError for others."""
        write = {".csv": self._as_csv, ".jsonl": self._as_jsonl}[_ending(path)]
        with replaced_file(os.fspath(path)) as file:
            file.write(write().encode())

    @classmethod
    def load(cls, path: str | os.PathLike) -> History:
        """Read what :meth:`save` wrote. Raises ValueError for another ending or other contents."""
        read = {".csv": _rows_of_csv, ".jsonl": _rows_of_jsonl}[_ending(path)]
        return cls(read(Path(path).read_text(encoding="utf-8")))

    def _as_csv(self) -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: repr(value) for name, value in row.items()} for row in self.rows)
        return text.getvalue()

    def _as_jsonl(self) -> str:
        return "".join(json.dumps(row) + "\n" for row in self.rows)


def _ending(path: str | os.PathLike) -> str:
    ending = Path(path).suffix
    if ending not in (".csv", ".jsonl"):
        raise ValueError(f"a history is kept in a .csv or a .jsonl file, not in {os.fspath(path)}")
    return ending


def _rows_of_csv(text: str) -> Iterator[dict[str, Number]]:
    for row in csv.DictReader(io.StringIO(text)):
        yield {name: _number(value) for name, value in row.items() if value != ""}


def _number(text: str) -> Number:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _rows_of_jsonl(text: str) -> Iterator[dict[str, Number]]:
    return map(json.loads, text.splitlines())


__all__ = ["History"]
