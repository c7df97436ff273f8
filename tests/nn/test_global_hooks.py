"""Hooks of all modules: calls, backward, registration."""

from types import ModuleType
from typing import Any

import pytest
from beside import assert_alike

START = """
M = torch.nn.modules.module
seen, handles = [], []
net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
x = torch.ones(1, 2, requires_grad=True)
def see(name):
    def hook(module, *args):
        seen.append((name, type(module).__name__, len(args)))
    return hook
class Failing(torch.nn.Module):
    def forward(self, x): raise ValueError("boom")
def finish(run):
    try:
        run()
    except ValueError as error:
        seen.append(str(error))
    finally:
        for handle in handles: handle.remove()
        M._global_is_full_backward_hook = None
    net(x).sum().backward()
    return seen
"""
CALLS = [
    "handles.append(M.register_module_forward_pre_hook(see('before'))); "
    "net[0].register_forward_pre_hook(see('own')); finish(lambda: net(x))",
    "handles.append(M.register_module_forward_hook(see('after'))); "
    "net[0].register_forward_hook(see('own')); finish(lambda: net(x))",
    "handles.append(M.register_module_forward_hook(see('after'), with_kwargs=True)); "
    "finish(lambda: net(x))",
    "handles.append(M.register_module_forward_hook(lambda m, a, out: out * 2)); "
    "finish(lambda: seen.append(net(x)))",
    "handles.append(M.register_module_forward_hook(see('after'), always_call=True)); "
    "finish(lambda: Failing()(x))",
    "handles.append(M.register_module_full_backward_pre_hook(see('pre'))); "
    "finish(lambda: net(x).sum().backward())",
    "handles.append(M.register_module_full_backward_hook(see('full'))); "
    "net[0].register_full_backward_hook(see('own')); finish(lambda: net(x).sum().backward())",
    "handles.append(M.register_module_parameter_registration_hook(see('parameter'))); "
    "finish(lambda: torch.nn.Linear(2, 2))",
    "handles.append(M.register_module_buffer_registration_hook(see('buffer'))); "
    "finish(lambda: torch.nn.BatchNorm1d(2))",
    "handles.append(M.register_module_module_registration_hook(see('module'))); "
    "finish(lambda: torch.nn.Sequential(torch.nn.ReLU()))",
    "handles.append(M.register_module_parameter_registration_hook("
    "lambda m, n, p: torch.nn.Parameter(p.detach() * 0))); m = torch.nn.Module()\n"
    "finish(lambda: m.register_parameter('a', torch.nn.Parameter(torch.ones(2)))); m.a",
]


@pytest.mark.parametrize("code", CALLS)
def test_beside_pytorch(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """They run in PyTorch's order, and no more once they are removed."""
    assert_alike(START + code, torch, reference)


def test_both_forms_of_backward_hooks(torch: ModuleType) -> None:
    """One form excludes the other."""
    def hook(module: Any, *grads: Any) -> None:
        """Watch, and change nothing."""

    functions = torch.nn.modules.module
    handle = functions.register_module_full_backward_hook(hook)
    try:
        with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
            functions.register_module_backward_hook(hook)
    finally:
        handle.remove()
