"""What may differ, and why. A line stands for a cause, not for a call."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .check import Difference


class Allowed(NamedTuple):
    """Differences that are not mended: patterns of those, and the reason."""

    reason: str
    entry: str = ""         # matched from the beginning, as the change is
    change: str = ""
    told: str = ""          # searched for
    kinds: tuple[str, ...] = ("class", "end", "value", "text")

    def fits(self, found: Difference) -> bool:
        """Whether this is a difference of that cause."""
        return found.kind in self.kinds and bool(
            re.match(self.entry, found.entry) and re.match(self.change, found.change)
            and re.search(self.told, found.told))


ALLOWED = (
    Allowed("PyTorch finds its own code wrong and asks for a report",
            told="INTERNAL ASSERT FAILED|report an enhancement request to PyTorch"),
    Allowed("PyTorch adds the C++ stack to its text", kinds=("text",),
            told="Exception raised from"),
    Allowed("PyTorch reads pivots outside their memory", entry="lu_unpack",
            change=r"arg1 (empty|first)", kinds=("crash", "end"),
            told="PyTorch's ended the process|pivots passed to lu_unpack"),
    Allowed("PyTorch finds no maximum in windows of nothing, and names places outside",
            entry="nn_functional_fractional_max_pool", kinds=("end",),
            told="kernel_size must be greater than 0"),
    Allowed("Python's operators never call the slots of a type so", entry=r"__r\w+__$"),
    Allowed("the interpreter names the type to which a method is compiled", kinds=("text",),
            told="descriptor '.*' objects? .*instead of .*torch._C.TensorBase|"
                 "not Size', instead of"),
    Allowed("an array may stand left of an operator, which PyTorch refuses",
            change=r"\S+ (0-d )?array$",
            told="unsupported operand type.* 'numpy.ndarray' and 'Tensor'"),
    Allowed("no routine of LAPACK takes the dtype, which PyTorch notices where it calls one",
            entry="linalg_|svd|eig|cholesky", kinds=("end",),
            told=r"^NotImplementedError: \"\w+\" not implemented for"),
    Allowed("PyTorch writes tensors in its text as C++ prints them", entry="meshgrid",
            kinds=("text",), told="Expected 0D or 1D tensor in the tensor list"),
    Allowed("of several bad places PyTorch names the one that its threads wrote last",
            entry="nn_functional_max_unpool", kinds=("text",), told="Found an invalid max index"),
    Allowed("PyTorch's arithmetic of paddings overflows", entry="nn_functional_local_response_norm",
            change=r"\S+ 2\*\*63", kinds=("text",)),
    Allowed("the factorial of the order is beyond float32, in which PyTorch multiplies by it",
            entry="(special_)?polygamma", change=r"\S+ 100$", kinds=("value",)),
    Allowed("PyTorch adds infinite products one by one", entry="addbmm", change="alpha= -inf",
            kinds=("value",)),
    Allowed("the chunked loss is an operation of its own in PyTorch, a composition here",
            entry="nn_functional_linear_cross_entropy"),
)


def cause_of(found: Difference) -> Allowed | None:
    """Give the cause for which a call may end differently, if there is one."""
    return next((one for one in ALLOWED if one.fits(found)), None)


def unused(causes: Container[Allowed]) -> list[Allowed]:
    """Give what a whole run did not need."""
    return [one for one in ALLOWED if one not in causes]
