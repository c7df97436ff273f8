from typing import SupportsIndex, overload

from typing_extensions import Self

class Items(tuple[int, ...]):
    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
