"""Mixed precision: the names, and loss scaling. Operations keep their operands' dtype."""

from tapegrad.amp.autocast_mode import autocast, custom_bwd, custom_fwd, is_autocast_available
from tapegrad.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]
