"""What Python sees of products of rows."""

from tapegrad._core import CommonCall, Op

class RowsByMatrix(CommonCall):
    def __init__(self, product: Op, unsafe_view: Op) -> None: ...

class RowsByWeight(CommonCall):
    def __init__(
        self, linear: Op, view: Op, turn: Op, product: Op, unsafe_view: Op
    ) -> None: ...
