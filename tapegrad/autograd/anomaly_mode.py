"""Finding the operation whose backward fails or gives NaN."""

from __future__ import annotations

import sys
import warnings

from tapegrad import _core, _tensor
from tapegrad.ops._declare import takes_tensors


def describe_stack(node: object = None, made: object = None) -> str:
    """The Python stack that records an entry, as it stands in PyTorch's warning."""
    import traceback  # here: few programs look for anomalies, and it takes long to load

    return "".join(traceback.format_stack(sys._getframe(1)))


_core._register_trace_maker(describe_stack)


class detect_anomaly:
    """Note where operations are recorded, and report that if their backward fails.

    With ``check_nan``, a backward that returns NaN raises RuntimeError. Both cost time.
    Source: https://docs.pytorch.org/docs/2.13/autograd.html#anomaly-detection
    """

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should "
            "only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self.previous = _tensor._set_anomaly_mode(True, self.check_nan)

    def __exit__(self, *exception: object) -> None:
        _tensor._set_anomaly_mode(*self.previous)


class set_detect_anomaly:
    """Switch anomaly detection on or off: at once, and back at the end of a ``with`` block."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self.previous = _tensor._set_anomaly_mode(mode, check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _tensor._set_anomaly_mode(*self.previous)


@takes_tensors
def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switch anomaly detection on or off for good."""
    _tensor._set_anomaly_mode(enabled, check_nan)
