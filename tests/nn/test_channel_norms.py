"""Norms over channels: layouts, statistics, half precision and second derivatives."""

import pytest
from beside import assert_alike

NORMS = {
    "batch": "torch.nn.functional.batch_norm({x}, None, None, w, b, True)",
    "running": "torch.nn.functional.batch_norm({x}, w.detach() - 1, w.detach() ** 2, w, b, False)",
    "group": "torch.nn.functional.group_norm({x}, 3, w, b)",
    "instance": "torch.nn.functional.instance_norm({x}, None, None, w, b, True)",
}
SETTING = """
x, w, b = torch.randn(4, 6, 5, 3), torch.randn(6), torch.randn(6)
x, w, b = (one.{dtype}().requires_grad_() for one in (x, w, b))
g = torch.randn(4, 6, 5, 3).{dtype}()
y = {norm}
"""
LAYOUTS = {
    "channels-last": "x.contiguous(memory_format=torch.channels_last)",
    "columns": "x.transpose(2, 3)",
    "strided": "torch.cat([x, x])[::2]",
}


@pytest.mark.parametrize("norm", NORMS.values(), ids=list(NORMS))
class TestBesidePyTorch:
    def test_gradients(self, norm, torch, reference):
        """Those of input, weight and bias are PyTorch's."""
        code = SETTING.format(dtype="float", norm=norm.format(x="x"))
        assert_alike(code + "torch.autograd.grad(y, [x, w, b], g)", torch, reference)

    @pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
    def test_layouts(self, norm, layout, torch, reference):
        """Numbers do not depend on how the input lies in memory."""
        norm = norm.format(x="z")
        code = SETTING.format(dtype="double", norm=f"0; z = {layout}; y = {norm}")
        code += "y, *torch.autograd.grad((y * y * y).sum(), [x, w, b])"
        assert_alike(code, torch, reference)

    def test_second_derivatives(self, norm, torch, reference):
        """The gradients can be differentiated again."""
        code = SETTING.format(dtype="double", norm=norm.format(x="x"))
        code += "gx, gw = torch.autograd.grad(y, [x, w], g.requires_grad_(), create_graph=True)\n"
        code += "torch.autograd.grad((gx * gx).sum() + (gw * w).sum(), [x, w, g])"
        assert_alike(code, torch, reference)


@pytest.mark.parametrize("training", [False, True])
def test_channels_last_stay_last(training, torch):
    """As in PyTorch the result lies as the input does."""
    x = torch.randn(4, 6, 5, 3).contiguous(memory_format=torch.channels_last)
    y = torch.nn.functional.batch_norm(x, torch.zeros(6), torch.ones(6), training=training)

    assert y.stride() == x.stride() == (90, 1, 18, 6)


def test_float16_takes_parameters_of_float32(torch):
    """The result is float16 then, computed from float32 statistics."""
    x, w = torch.randn(4, 6, 5).half(), torch.randn(6)
    y = torch.nn.functional.batch_norm(x, None, None, w, w, True)
    expected = torch.nn.functional.batch_norm(x.float(), None, None, w, w, True)

    assert y.dtype is torch.float16
    torch.testing.assert_close(y, expected.half(), rtol=2e-3, atol=1e-3)


def test_float16_refuses_parameters_of_float64(torch):
    """In PyTorch's words."""
    x, w = torch.randn(4, 6).half(), torch.randn(6).double()

    with pytest.raises(RuntimeError, match=r"mixed dtype \(CPU\): expect parameter to have"):
        torch.nn.functional.batch_norm(x, None, None, w, w, True)


def test_one_launch_each_way(tapegrad):
    """A batch norm is one kernel forward and one back, whatever the sizes."""
    from tapegrad._kernels import record_launches

    x = tapegrad.randn(8, 16, 9, 9, requires_grad=True)
    norm, g = tapegrad.nn.BatchNorm2d(16), tapegrad.randn(8, 16, 9, 9)
    with record_launches() as log:
        norm(x).backward(g)
    names = log.kernel_names()

    assert names.count("batch_norm") == names.count("batch_norm_backward") == 1
    assert len(names) < 20


def test_running_statistics_count_no_writes(torch):
    """What moves running statistics leaves their versions as they are, as PyTorch's kernel does."""
    mean, var = torch.zeros(3), torch.ones(3)

    torch.nn.functional.batch_norm(torch.randn(4, 3), mean, var, training=True)

    assert (mean._version, var._version) == (0, 0)
    assert bool((mean != 0).all())
