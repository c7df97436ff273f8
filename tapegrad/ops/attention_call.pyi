"""What Python sees of attention that is one op."""

from tapegrad._core import CommonCall, Op

class HeadsCall(CommonCall):
    def __init__(self, attention: Op) -> None: ...
