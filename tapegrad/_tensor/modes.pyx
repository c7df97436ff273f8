"""What is switched on: recording and inference in a thread, anomaly mode; the default dtype."""

cimport cython
from numpy cimport NPY_FLOAT32

from tapegrad._tape cimport Entry

from tapegrad._types import BY_NUMPY_NUMBER, dtype

cdef extern from *:
    """
    /* All zero is what a new thread starts with: gradients on, everything else off. */
    static _Thread_local struct {
        char grad_off, inference, not_recording;
        void *evaluated;
    } tg_modes;
    static struct {
        char anomaly, skips_nan;
    } tg_everywhere;
    """
    struct tg_mode_flags:
        bint grad_off
        bint inference
        bint not_recording
        void* evaluated
    struct tg_shared_flags:
        bint anomaly
        bint skips_nan
    tg_mode_flags tg_modes
    tg_shared_flags tg_everywhere


cdef bint was_inferring = False


cdef bint grad_enabled() noexcept:
    return not tg_modes.grad_off


cdef bint set_grad_mode(bint enabled) noexcept:
    """Switch recording in this thread; the previous mode is returned."""
    cdef bint previous = not tg_modes.grad_off
    tg_modes.grad_off = not enabled
    tg_modes.not_recording = tg_modes.grad_off or tg_modes.inference
    return previous


cdef bint is_recording() noexcept:
    """Whether operations are recorded: gradients are on, and this is no inference mode."""
    return not tg_modes.not_recording


cdef bint inference_enabled() noexcept:
    return tg_modes.inference


cdef bint anomaly_enabled() noexcept:
    return tg_everywhere.anomaly


cdef bint anomaly_checks_nan() noexcept:
    return tg_everywhere.anomaly and not tg_everywhere.skips_nan


cdef Entry* evaluated_entry() noexcept:
    """The entry whose backward runs in this thread, in anomaly mode; NULL outside."""
    return <Entry*>tg_modes.evaluated


cdef Entry* set_evaluated(Entry* entry) noexcept:
    """Say whose backward runs now; what was said before is returned."""
    cdef Entry* previous = <Entry*>tg_modes.evaluated
    tg_modes.evaluated = entry
    return previous


def is_anomaly_enabled():
    """Whether anomaly mode is on, in all threads."""
    return bool(tg_everywhere.anomaly)


def is_anomaly_check_nan_enabled():
    """Whether anomaly mode, on or off, looks for NaN."""
    return not tg_everywhere.skips_nan


def is_grad_enabled():
    """Whether operations on tensors that require gradients are recorded in this thread."""
    return grad_enabled()


def is_inference_mode_enabled():
    """Whether this thread is in inference mode."""
    return inference_enabled()


def _set_grad_enabled(bint enabled):
    return set_grad_mode(enabled)


def _set_inference_mode(bint enabled):
    """Switch inference mode in this thread; the previous mode is returned."""
    global was_inferring
    previous = bool(tg_modes.inference)
    was_inferring = was_inferring or enabled
    tg_modes.inference = enabled
    tg_modes.not_recording = tg_modes.grad_off or enabled
    return previous


def _set_anomaly_mode(bint enabled, bint check_nan):
    """Switch anomaly mode in all threads; the previous (enabled, check_nan) is returned."""
    previous = bool(tg_everywhere.anomaly), not tg_everywhere.skips_nan
    tg_everywhere.anomaly, tg_everywhere.skips_nan = enabled, not check_nan
    return previous


cdef int _default_float = NPY_FLOAT32


cdef int default_float() noexcept:
    return _default_float


def get_default_dtype():
    """The dtype of floating-point tensors made without naming one."""
    return BY_NUMPY_NUMBER[_default_float]


def set_default_dtype(d):
    """Set the dtype of floating-point tensors made without naming one."""
    global _default_float
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the "
                        "default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default_float = d.numpy.num


# Methods of the modes' classes, which so enter no Python.


@cython.binding(True)
def _new_mode(kind, orig_func=None):
    """A context manager; with a function it is that, decorated."""
    made = object.__new__(kind)
    return made if orig_func is None else made(orig_func)


@cython.binding(True)
def _enter_no_grad(self):
    """Stop recording, and keep the previous mode."""
    self.prev = set_grad_mode(False)


@cython.binding(True)
def _leave_grad_mode(self, exc_type, exc_value, traceback):
    """Go back to the previous mode."""
    set_grad_mode(self.prev)
