"""What a case is, and how a file of cases declares its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

Step = Callable[[], Any]
Maker = Callable[[ModuleType], "Step | dict[str, Any]"]


@dataclass(frozen=True)
class Case:
    """One step, written once for whichever library it is given.

    ``make(torch)`` returns the step, or the names that the statement ``run`` uses. ``before`` runs
    untimed ahead of each timed run, which then is a single one. ``at_least`` is the least that
    PyTorch's time over tapegrad's should be. ``flops`` and ``traffic`` (bytes read and written) of
    a run say how far a kernel is from the machine. ``rivals`` makes the step in other libraries.
    """

    name: str
    title: str
    make: Maker
    at_least: float | None = None
    run: str = "step()"
    before: str = ""
    flops: float = 0
    traffic: float = 0
    has_peak: bool = False
    rivals: Mapping[str, Callable[[], Step]] = field(default_factory=dict)

    def names(self, library: ModuleType) -> dict[str, Any]:
        """Return what ``run`` and ``before`` need, made with the library."""
        made = self.rivals[library.__name__]() if self.is_rival(library) else self.make(library)
        return made if isinstance(made, dict) else {"step": made}

    def is_rival(self, library: ModuleType) -> bool:
        """Whether the step is written for this library alone."""
        return library.__name__ in self.rivals


class Family:
    """The cases of one file, under a title."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.cases: list[Case] = []

    def case(
        self, title: str, at_least: float | None = None, *, name: str = "", **options: Any
    ) -> Callable[[Maker], Maker]:
        """Declare a function as a case, called like the function unless ``name`` is given."""
        def declare(make: Maker) -> Maker:
            called = name or make.__name__.replace("_", "-")
            self.cases.append(Case(called, title, make, at_least, **options))
            return make

        return declare

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)
