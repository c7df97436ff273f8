"""What names of devices, old types and settings answer where there is only a CPU.

The answers in ``cpu_only.json`` are those of PyTorch 2.13 for the CPU: ``--engine torch`` proves
them.
"""

import json
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ANSWERS = json.loads(Path(__file__).with_name("cpu_only.json").read_text(encoding="utf-8"))


def answer(code: str, torch: ModuleType) -> str:
    """Give how the value of the code prints, or the class and the text of what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(eval(code, {"torch": torch, "np": np}))
        except Exception as error:
            return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("code", ANSWERS)
def test_answer(torch: ModuleType, code: str) -> None:
    """Each line gives PyTorch's value, or fails with its class and its words, ours after them."""
    actual, expected = answer(code, torch), ANSWERS[code]

    assert actual == expected or actual.startswith(expected) or expected.startswith(actual)


@pytest.mark.parametrize(("code", "category", "text"), [
    ("torch.cuda.amp.autocast()", FutureWarning, "`torch.cuda.amp.autocast(args...)` is deprec"),
    ("torch.cuda.amp.GradScaler(enabled=False)", FutureWarning, "`torch.cuda.amp.GradScaler("),
    ("torch.amp.autocast('cuda')", UserWarning, "CUDA is not available or torch_xla is imported."),
    ("torch.amp.autocast('cpu', dtype=torch.float32)", UserWarning, "In CPU autocast, but the"),
    ("torch.amp.GradScaler()", UserWarning, "torch.cuda.amp.GradScaler is enabled, but CUDA"),
    ("torch.range(0, 3)", UserWarning, "torch.range is deprecated and will be removed in a future"),
])  # fmt: skip
def test_warning(torch: ModuleType, code: str, category: type[Warning], text: str) -> None:
    """What PyTorch warns of is warned of in its words."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        eval(code)

    assert any(one.category is category and str(one.message).startswith(text) for one in caught)


class TestDefaultDevice:
    """``set_default_device`` and devices as blocks."""

    def test_creation_fails_where_the_device_is_not(self, torch: ModuleType) -> None:
        """Only creating a tensor asks for the device."""
        with torch.device("cuda"):
            with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
                torch.zeros(2)
            assert torch.zeros(2, device="cpu").to(torch.float64).sum() == 0

    def test_set_and_reset(self, torch: ModuleType) -> None:
        """None stands for the CPU again."""
        torch.set_default_device("cpu")
        assert torch.zeros(1).device == torch.get_default_device() == torch.device("cpu")

        torch.set_default_device(None)
        assert torch.get_default_device() == torch.device("cpu")


class TestSettings:
    """Settings are read back as they were set."""

    def test_deterministic_algorithms(self, torch: ModuleType) -> None:
        """The flag, the variant that only warns, and both as one number."""
        seen = []
        for mode in ("warn", "error", "default"):
            torch.set_deterministic_debug_mode(mode)
            seen.append((
                torch.are_deterministic_algorithms_enabled(),
                torch.is_deterministic_algorithms_warn_only_enabled(),
                torch.get_deterministic_debug_mode(),
            ))

        assert seen == [(True, True, 1), (True, False, 2), (False, False, 0)]

    def test_matmul_precision(self, torch: ModuleType) -> None:
        """One of three words."""
        torch.set_float32_matmul_precision("high")
        seen = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("highest")

        assert (seen, torch.get_float32_matmul_precision()) == ("high", "highest")

    def test_switches_of_cudnn(self, torch: ModuleType) -> None:
        """They can be assigned, and set for a block."""
        cudnn = torch.backends.cudnn
        cudnn.benchmark = True
        with cudnn.flags(enabled=False, deterministic=True):
            inside = cudnn.enabled, cudnn.benchmark, cudnn.deterministic
        outside = cudnn.enabled, cudnn.benchmark, cudnn.deterministic
        cudnn.benchmark = False

        assert inside == (False, False, True)
        assert outside == (True, True, False)

    @pytest.mark.filterwarnings("ignore:TF32 acceleration")
    def test_switches_of_onednn(self, torch: ModuleType) -> None:
        """They can be set one by one, and for a block."""
        onednn = torch.backends.mkldnn
        before = onednn.set_flags(_deterministic=True)
        with onednn.flags(enabled=False):
            inside = onednn.enabled, onednn.deterministic
        outside = onednn.enabled, onednn.deterministic
        onednn.set_flags(*before[:2])

        assert inside == (False, False)
        assert outside == (True, True)
        assert before[:2] == (True, False)

    def test_default_tensor_type(self, torch: ModuleType) -> None:
        """It sets the default dtype."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.set_default_tensor_type(torch.DoubleTensor)
            dtypes = torch.zeros(1).dtype, torch.Tensor([1]).dtype, torch.tensor(1.5).dtype
            torch.set_default_tensor_type("torch.FloatTensor")

        assert set(dtypes) == {torch.float64}
        assert torch.get_default_dtype() is torch.float32


def test_threads_of_the_blas(tapegrad: ModuleType) -> None:
    """``set_num_threads`` reaches the BLAS: what it says of itself is what was set."""
    from tapegrad import _threads

    if _threads._blas() is None:
        pytest.skip("this NumPy's BLAS exports no function for its threads")
    before = tapegrad.get_num_threads()
    tapegrad.set_num_threads(2)
    during = _threads._blas()[0]()
    tapegrad.set_num_threads(before)

    assert (during, tapegrad.get_num_threads()) == (2, before)


@pytest.mark.parametrize("code", [
    "torch.zeros(2, dtype=torch.bfloat16)", "torch.tensor([1.0], dtype=torch.complex64)",
    "torch.zeros(2).to(torch.bfloat16)", "torch.zeros(2).type(torch.bfloat16)",
    "torch.nn.Linear(2, 2).to(torch.bfloat16)", "torch.full((2,), 1.0, dtype=torch.bfloat16)",
    "torch.ones_like(torch.zeros(1), dtype=torch.complex128)", "torch.randn(2, dtype=torch.cfloat)",
    "torch.arange(3, dtype=torch.bfloat16)", "torch.zeros(1).sum(dtype=torch.bfloat16)",
    "torch.zeros(1).to(torch.uint16)",
    "torch.empty(2, dtype=torch.uint64)", "torch.empty(1, dtype=torch.bfloat16)",
    "torch.zeros(1).new_zeros(1, dtype=torch.bfloat16)", "torch.set_default_dtype(torch.bfloat16)",
    "torch.eye(2, dtype=torch.bfloat16)", "torch.linspace(0, 1, 3, dtype=torch.bfloat16)",
    "torch.softmax(torch.zeros(2), 0, dtype=torch.bfloat16)",
])  # fmt: skip
def test_dtypes_that_are_only_named(tapegrad: ModuleType, code: str) -> None:
    """No tensor has them: asking for one names the dtype."""
    with pytest.raises(NotImplementedError, match="tapegrad has no tensors of dtype torch."):
        eval(code, {"torch": tapegrad})


@pytest.mark.parametrize("name", ["OutOfMemoryError", "AcceleratorError"])
def test_errors_of_devices_can_be_caught(torch: ModuleType, name: str) -> None:
    """What programs catch around a step on a device is a class of that name, here and in cuda."""
    error = getattr(torch, name)

    assert error is getattr(torch.cuda, name)
    assert issubclass(error, RuntimeError)
    assert (error.__module__, error.__name__) == ("torch", name)
