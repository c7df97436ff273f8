from typing import Self, SupportsIndex, overload

class Items(tuple[int, ...]):
    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
