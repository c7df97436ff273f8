"""tapegrad under the names ``torch`` and ``torchvision``."""

from pathlib import Path

import pytest
from runs import UNDER_TAPEGRAD, run_python

SERVED = "import tapegrad\nserving = tapegrad.as_torch()\nimport torch\n"


def output_of(code: str, *, ends_well: bool = True) -> str:
    """Give what a piece of code prints, or the last line of the error that ends it."""
    done = run_python("-c", code)
    assert (done.returncode == 0) is ends_well, done.stderr
    return done.stdout.strip() if ends_well else done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("code", [
    "import torch.nn.functional as F; assert F is tapegrad.nn.functional",
    "import torch.nn as nn; assert nn is torch.nn is tapegrad.nn",
    "from torch import nn, optim; assert optim is tapegrad.optim",
    "from torch.nn import Linear, functional; assert Linear is tapegrad.nn.Linear",
    "from torch.autograd import Variable; assert Variable is tapegrad.autograd.Variable",
    "from torch.nn.parameter import Parameter; assert Parameter is tapegrad.nn.Parameter",
    "import torch.utils.checkpoint; assert torch.utils is tapegrad.utils",
    "from torch import *; assert zeros is tapegrad.zeros",
    "import importlib; assert importlib.import_module('torch.linalg') is tapegrad.linalg",
    "assert torch.Tensor is tapegrad.Tensor and 'zeros' in dir(torch)",
    "assert torch.__version__ == '2.13.0+cpu' and torch.__version__ > '2.9' > '0'",
    "torch.no_such_name_before = 1; assert not hasattr(tapegrad, 'no_such_name_before')",
    "assert tapegrad.nn.__spec__.name == 'tapegrad.nn' == tapegrad.nn.__name__",
    "from torch.nn.modules.utils import _pair; assert _pair(2) == (2, 2)",
    "from torch.nn.modules.conv import _ConvNd; assert issubclass(torch.nn.Conv2d, _ConvNd)",
    "from torch.nn.modules import Linear, conv; assert conv.Conv2d is torch.nn.Conv2d",
    "import torch.utils.model_zoo as zoo; assert zoo.load_url is "
    "torch.hub.load_state_dict_from_url",
    "import torch.utils.backcompat; torch.utils.backcompat.broadcast_warning.enabled = True",
    "assert torch._C._LinAlgError is torch.linalg.LinAlgError",
    "from torch._C import Generator; assert isinstance(torch.default_generator, Generator)",
    "from torch.types import Device, Number; assert Number == int | float | bool",
    "from torch.optim.optimizer import Optimizer, ParamsT, required",
    "with torch.autograd.profiler.profile(use_cuda=False) as p:\n"
    "  with torch.autograd.profiler.record_function('part'): pass\n"
    "assert [one.key for one in p.key_averages()] == ['part']",
    "with torch.autograd.profiler.profile(enabled=False) as p:\n"
    "  with torch.autograd.profiler.record_function('part'): pass\n"
    "assert not p.key_averages()",
    "from torch.autograd.gradcheck import gradcheck; assert torch.autograd.gradcheck is gradcheck",
    "import pickle; assert pickle.loads(pickle.dumps(torch.nn.Linear)) is torch.nn.Linear",
    "import torch._dynamo, torch._inductor.config\n"
    "torch._dynamo.config.suppress_errors = torch._inductor.config.max_autotune = True\n"
    "assert torch._dynamo.config.suppress_errors; torch._dynamo.reset()\n"
    "assert not hasattr(torch._dynamo.config, 'no_such_setting')",
])
def test_names_are_those_of_tapegrad(code: str) -> None:
    """Every way of importing leads to tapegrad's own modules and names."""
    output_of(SERVED + code)


@pytest.mark.parametrize(("code", "error", "name"), [
    ("torch.no_such_name", "AttributeError", "module 'torch' has no attribute 'no_such_name'"),
    ("from torch import no_such", "ModuleNotFoundError", "torch.no_such"),
    ("from torch.nn import NoSuchLayer", "ModuleNotFoundError", "nn.NoSuchLayer"),
    ("import torch.no_such.thing", "ModuleNotFoundError", "torch.no_such"),
    ("import torch.nn.no_such", "ModuleNotFoundError", "torch.nn.no_such"),
    ("import torchvision.no_such", "ModuleNotFoundError", "torchvision"),
])
def test_what_is_missing_is_named(code: str, error: str, name: str) -> None:
    """The error names what is missing and says where to read what there is."""
    text = output_of(SERVED + code, ends_well=False)

    assert text.startswith(f"{error}: ")
    assert name in text
    assert "docs/reference" in text


def test_attribute_of_a_namespace(tmp_path: Path) -> None:
    """Under the command line a missing name of a namespace points to the documentation too."""
    (tmp_path / "program.py").write_text("import torch\ntorch.nn.NoSuchLayer(1)")

    done = run_python(*UNDER_TAPEGRAD, "program.py", cwd=tmp_path)

    assert "has no attribute 'NoSuchLayer'" in done.stderr
    assert "docs/reference" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("line", [
    "torch.ones(2).no_such_method()", "from torch.nn.modules.conv import no_such_layer",
])
def test_tensors_and_files(tmp_path: Path, line: str) -> None:
    """A missing method of a tensor, or name of a file, points to the documentation as well."""
    (tmp_path / "program.py").write_text(f"import torch\n{line}")

    done = run_python(*UNDER_TAPEGRAD, "program.py", cwd=tmp_path)

    assert "no_such" in done.stderr
    assert "docs/reference" in done.stderr


def test_undo(tmp_path: Path) -> None:
    """After ``undo`` the names mean again what the path says; a block undoes itself."""
    (tmp_path / "torch.py").write_text("is_ours = False")
    (tmp_path / "program.py").write_text(
        "import tapegrad\n"
        "with tapegrad.as_torch():\n"
        "    import torch.nn as nn\n"
        "    with tapegrad.as_torch():\n"
        "        pass\n"
        "    import torch; assert torch.Tensor is tapegrad.Tensor\n"
        "import torch; assert not torch.is_ours\n"
        "print(nn.Linear.__name__)\n"
    )

    assert run_python("program.py", cwd=tmp_path).stdout == "Linear\n"


def test_torch_itself_is_there_already(tmp_path: Path) -> None:
    """Once PyTorch has been imported it is too late, and the error says so."""
    (tmp_path / "torch.py").write_text("")
    (tmp_path / "program.py").write_text("import torch, tapegrad\ntapegrad.as_torch()")

    done = run_python("program.py", cwd=tmp_path)

    assert f"PyTorch itself is imported already, from {tmp_path / 'torch.py'}" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_child_processes(tmp_path: Path, method: str) -> None:
    """A child process of every kind finds tapegrad under the name ``torch``."""
    (tmp_path / "program.py").write_text(
        "import multiprocessing\n"
        "import torch.nn as nn\n"
        "import torch\n"
        "def work(x): return nn.__name__, torch.__version__, x\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.get_context('{method}').Pool(1) as pool:\n"
        "        print(pool.apply(work, [torch.ones(2)]))\n"
    )

    done = run_python(*UNDER_TAPEGRAD, "program.py", cwd=tmp_path)

    assert done.stdout == "('tapegrad.nn', '2.13.0+cpu', tensor([1., 1.]))\n", done.stderr


def test_safetensors_opens_files(tmp_path: Path) -> None:
    """``safe_open`` maps a file and gives its tensors and parts of them."""
    code = SERVED + (
        "from safetensors import safe_open\nfrom safetensors.torch import save_file\n"
        f"path = {str(tmp_path / 'x.safetensors')!r}\n"
        "save_file({'x': torch.arange(6.0).reshape(2, 3), 'none': torch.zeros(0, 2)}, path)\n"
        "with safe_open(path, framework='pt', device='cpu') as file:\n"
        "  print(file.get_tensor('x').tolist(), file.get_slice('x')[:, 1:2].tolist(),\n"
        "        file.get_tensor('none').shape)\n"
    )

    assert output_of(code) == "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] [[1.0], [4.0]] torch.Size([0, 2])"
