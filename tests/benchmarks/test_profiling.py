"""What is read out of callgrind's files, and out of a step's launches."""

from benchmarks import callgrind, profiling
from benchmarks.cases import ALL_CASES

DUMP = """\
ob=(1) /usr/lib/libpython3.11.so.1.0
fl=(1) call.c
fn=(1) evaluate
10 100
cob=(2) /site/tapegrad/_core/op.so
cfn=(2) __pyx_f_8tapegrad_8_kernels_6kernel_launch
calls=3 5
11 70
+2 20

ob=(2)
fn=(2)
5 7
cfn=(3) loop
calls=3 9
6 63
fn=(3)
9 63
fn=(4) __pyx_f_record
* 40
"""


def test_dump_is_divided(tmp_path) -> None:
    """Own costs add up to the total; what is called by a launch is the kernels'."""
    dump = tmp_path / "counts.2"
    dump.write_text(DUMP)
    found = callgrind.read(dump)

    assert found == callgrind.Stretch(total=230, interpreter=120, kernels=63)
    assert found.engine == 47


def test_profile_sees_inside_a_step(tapegrad) -> None:
    """A process of its own names the kernels of a step, their times and the functions entered."""
    seen = profiling.inspected(ALL_CASES["small-step"])
    kernels = [name for name, _ in seen["launches"]]

    assert {"small_matmul", "relu", "sgd"} <= set(kernels)
    assert all(seconds > 0 for _, seconds in seen["launches"])
    assert seen["system"].keys() == {"seconds", "pages"}
    assert any("zero_grad" in name for name, _ in seen["entered"])


def test_kernels_are_added_up() -> None:
    """Launches of one kernel make one row, the longest first, and the rest is kept."""
    rows = profiling.by_kernel([("a", 1e-6), ("b", 5e-6), ("a", 2e-6)], total=1e-5)

    assert rows == [("b", "1", "5.00 µs", "50%"), ("a", "2", "3.00 µs", "30%")]
