"""Channels last: which order the dimensions lie in, beside PyTorch."""

from types import ModuleType

import pytest
from beside import assert_alike

SETUP = """
cl, c3, rows = torch.channels_last, torch.channels_last_3d, torch.contiguous_format
x, y, z = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5, 6), torch.randn(3, 4, 5)
xc = x.contiguous(memory_format=cl)
point = torch.randn(4, 3, 1, 1)
gray = torch.randn(4, 1, 3, 3)
def lies(*tensors):
    return [(t.stride(), t.is_contiguous(), t.is_contiguous(memory_format=cl)) for t in tensors]
"""
STRIDES = [
    "xc", "x.to(memory_format=cl)", "x.clone(memory_format=cl)", "y.contiguous(memory_format=c3)",
    "x[:, :, :, ::2].to(memory_format=cl)", "x.permute(3, 1, 2, 0).to(memory_format=cl)",
    "x.permute(0, 2, 3, 1).to(memory_format=cl)", "xc[:, :, :, ::2].contiguous(memory_format=cl)",
    "xc.to(memory_format=rows)", "xc.contiguous()", "xc.clone()", "xc.clone(memory_format=rows)",
    "xc.double()", "x.double(memory_format=cl)", "x.float(memory_format=cl)",
    "x.to(torch.float64, memory_format=cl)", "x.to(torch.float32, memory_format=cl)",
    "x.cpu(memory_format=cl)", "xc + 1", "xc * x", "xc.relu()", "xc.new_empty(2, 3, 4, 5)",
    "z.t().to(memory_format=rows) if z.ndim == 2 else z[0].t().to(memory_format=rows)",
    "z[0].t().to(torch.float64, memory_format=rows)", "torch.empty(2, 3, 4, 5, memory_format=cl)",
    "torch.empty((2, 3, 4, 5), memory_format=cl)", "torch.empty(2, 3, 4, 5, 6, memory_format=c3)",
    "torch.empty(2, 3, 4, 5, memory_format=rows)", "torch.empty_like(x, memory_format=cl)",
    "torch.zeros_like(xc)", "torch.ones_like(xc, memory_format=rows)",
    "torch.full_like(x, 1.0, memory_format=cl)", "torch.rand_like(x, memory_format=cl)",
    "point.contiguous(memory_format=cl)", "point.to(memory_format=cl)",
    "point.clone(memory_format=cl)", "gray.contiguous(memory_format=cl)",
    "gray.to(memory_format=cl)", "x.resize_(2, 3, 4, 5, memory_format=cl)",
    "torch.randn(2).resize_(1, 2, 3, 4, memory_format=cl)",
    "torch.randn(2).resize_as_(x, memory_format=cl)",
    "torch.randn(2).resize_as_(xc, memory_format=torch.preserve_format)",
    "torch.nn.Conv2d(3, 8, 3).to(memory_format=cl).weight",
    "torch.nn.Conv2d(3, 8, 3).to(torch.float64, memory_format=cl).bias",
    "torch.nn.Conv3d(2, 2, 3).to(memory_format=c3).weight",
    "torch.nn.utils.convert_conv2d_weight_memory_format("
    "torch.nn.Sequential(torch.nn.Conv2d(3, 4, 2), torch.nn.Linear(2, 3)), cl)[0].weight",
    "torch.nn.utils.convert_conv3d_weight_memory_format("
    "torch.nn.ConvTranspose3d(3, 4, 2), c3).weight",
]


@pytest.mark.parametrize("code", STRIDES)
def test_strides(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Strides, and what is contiguous in which order, are PyTorch's."""
    assert_alike(f"{SETUP}\nlies({code})", torch, reference)


NUMBERS = [
    "torch.manual_seed(3); torch.rand_like(x, memory_format=cl)",
    "torch.manual_seed(3); torch.randn_like(xc)", "xc.clone()", "x.double(memory_format=cl)",
    "xc.contiguous(memory_format=cl) is xc", "x.to(memory_format=rows) is x",
    "repr(cl), repr(c3), y.contiguous(memory_format=c3).is_contiguous(memory_format=c3)",
    "w = x.requires_grad_(); [(w.contiguous(memory_format=cl) * 2).sum().backward(), w.grad]",
    "w = x.requires_grad_(); [w.to(memory_format=cl).grad_fn.name(), "
    "w.clone(memory_format=cl).grad_fn.name(), w.contiguous(memory_format=cl).grad_fn.name()]",
    "net = torch.nn.Conv2d(3, 4, 3); first = net(x); [first, net.to(memory_format=cl)(xc)]",
    "z.contiguous(memory_format=cl)", "z.clone(memory_format=cl)", "z.to(memory_format=cl)",
    "y.contiguous(memory_format=cl)", "x.contiguous(memory_format=c3)",
    "torch.empty(3, 4, 5, memory_format=cl)", "torch.empty_like(z, memory_format=cl)",
    "torch.empty(2, 3, memory_format=torch.preserve_format)",
    "x.resize_(2, 3, memory_format=torch.preserve_format)",
    "x.resize_(2, 3, memory_format=cl)", "x.contiguous(memory_format=1)",
    "x.is_contiguous(memory_format=1)", "x.clone(memory_format=1)", "x.cpu(memory_format=1)",
    "torch.empty(2, memory_format=1)", "torch.empty_like(x, memory_format=1)",
    "x.double(memory_format=1)", "x.resize_(2, 3, memory_format=1)",
    "z.mT.contiguous(memory_format=torch.preserve_format)",
    "torch.nn.Conv3d(1, 2, 3).to(memory_format=cl)", "torch.nn.Linear(2, 3).to(memory_format=1)",
    "x.stride(), x.is_contiguous(memory_format=torch.preserve_format)",
]


@pytest.mark.parametrize("code", NUMBERS)
def test_numbers_and_refusals(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Numbers, nodes and refusals are PyTorch's."""
    assert_alike(SETUP + "\n" + code, torch, reference)


def test_files_keep_the_order(torch: ModuleType, tmp_path) -> None:
    """What lies channels last is read so again."""
    image = torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    torch.save(image, tmp_path / "image.pt")

    read = torch.load(tmp_path / "image.pt")

    assert read.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(read, image)
