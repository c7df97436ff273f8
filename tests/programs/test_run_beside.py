"""The tool that runs a program under PyTorch and on tapegrad and compares what is printed."""

from tests.programs.runs import ROOT, run_python

SCRIPT = """\
import sys, torch
print(torch.rand(2), sys.argv[1:], 100)
print(open("data/text").read())
"""


def run_beside(folder, *options):
    """Run the tool on the script, which finds its data beside it."""
    (folder / "program").mkdir()
    (folder / "program" / "main.py").write_text(SCRIPT)
    (folder / "words").mkdir()
    (folder / "words" / "text").write_text("words")
    tool = ROOT / "tools" / "run_beside.py"
    return run_python(
        tool, "--data", folder / "words", *options, folder / "program" / "main.py", "--flag"
    )


def test_same_output(reference, tmp_path):
    """Both sides get seed, data, edits and arguments, and the common output is printed."""
    done = run_beside(tmp_path, "--edit", "100=>7")

    assert done.returncode == 0, done.stderr
    assert "['--flag'] 7" in done.stdout and "words" in done.stdout
    assert done.stdout.endswith("2 of 2 lines the same\n")


def test_different_output(reference, tmp_path):
    """A line that differs is shown with both sides, and the exit status says so."""
    done = run_beside(tmp_path, "--edit", "100=>type(torch).__module__")

    assert done.returncode == 1, done.stderr
    assert "tapegrad: tensor" in done.stdout
    assert done.stdout.endswith("1 of 2 lines the same\n")


def test_pictures(reference, tmp_path):
    """Where torchvision is not installed PyTorch gets a copy of our vision, which it can import."""
    names = "__import__('torchvision.datasets', fromlist=['MNIST']).MNIST.__name__"
    done = run_beside(tmp_path, "--edit", f"100=>{names}")

    assert done.returncode == 0, done.stderr
    assert "['--flag'] MNIST" in done.stdout
