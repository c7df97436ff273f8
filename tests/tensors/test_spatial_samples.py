"""Convolutions, pools, padding and resampling: printed as PyTorch prints it."""

import pytest
from support import evaluate

SAMPLES = [
    ("F.conv1d(torch.arange(5.0).view(1, 1, 5), torch.tensor([[[1.0, -1.0]]]))",
     "tensor([[[-1., -1., -1., -1.]]])"),
    ("F.conv1d(torch.arange(5).view(1, 1, 5), torch.tensor([[[1, 2]]]), stride=2)",
     "tensor([[[2, 8]]])"),
    ("F.conv2d(torch.arange(9.0).view(1, 3, 3), torch.ones(1, 1, 2, 2), padding='same')",
     "tensor([[[ 8., 12.,  7.],\n"
     "         [20., 24., 13.],\n"
     "         [13., 15.,  8.]]])"),
    ("F.conv2d(torch.ones(0, 2, 3, 3), torch.ones(4, 2, 2, 2)).shape", "torch.Size([0, 4, 2, 2])"),
    ("F.conv_transpose1d(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, 10.0, "
     "100.0]]]), stride=2)",
     "tensor([[[  1.,  10., 102.,  20., 200.]]])"),
    ("F.unfold(torch.arange(9.0).view(1, 1, 3, 3), 2)",
     "tensor([[[0., 1., 3., 4.],\n"
     "         [1., 2., 4., 5.],\n"
     "         [3., 4., 6., 7.],\n"
     "         [4., 5., 7., 8.]]])"),
    ("F.fold(torch.ones(1, 4, 4), 3, 2)",
     "tensor([[[[1., 2., 1.],\n"
     "          [2., 4., 2.],\n"
     "          [1., 2., 1.]]]])"),
    ("F.max_pool1d(torch.tensor([[1.0, nan, 2.0, 3.0]]), 2, return_indices=True)",
     "(tensor([[nan, 3.]]), tensor([[1, 3]]))"),
    ("F.max_pool2d(torch.arange(16).view(1, 4, 4), 2, return_indices=True)",
     "(tensor([[[ 5,  7],\n"
     "         [13, 15]]]), tensor([[[ 5,  7],\n"
     "         [13, 15]]]))"),
    ("F.avg_pool1d(torch.arange(5.0).view(1, 5), 2, ceil_mode=True)",
     "tensor([[0.5000, 2.5000, 4.0000]])"),
    ("F.avg_pool2d(torch.arange(4).view(1, 2, 2), 2)", "tensor([[[1]]])"),
    ("F.adaptive_avg_pool1d(torch.arange(5.0).view(1, 5), 3)",
     "tensor([[0.5000, 2.0000, 3.5000]])"),
    ("F.adaptive_max_pool2d(torch.arange(6.0).view(1, 2, 3), (1, 2), return_indices=True)",
     "(tensor([[[4., 5.]]]), tensor([[[4, 5]]]))"),
    ("F.max_unpool1d(torch.tensor([[5.0, 7.0]]), torch.tensor([[1, 2]]), 2)",
     "tensor([[0., 5., 7., 0.]])"),
    ("F.pad(torch.arange(3), (1, 2), value=7)", "tensor([7, 0, 1, 2, 7, 7])"),
    ("F.pad(torch.arange(4.0).view(1, 4), (3, 2), 'reflect')",
     "tensor([[3., 2., 1., 0., 1., 2., 3., 2., 1.]])"),
    ("F.pad(torch.arange(3).view(1, 3), (2, -1), 'replicate')", "tensor([[0, 0, 0, 1]])"),
    ("F.pad(torch.arange(4).view(1, 4), (-1, 2), 'circular')", "tensor([[1, 2, 3, 1, 2]])"),
    ("F.pixel_shuffle(torch.arange(8).view(4, 1, 2), 2)",
     "tensor([[[0, 2, 1, 3],\n"
     "         [4, 6, 5, 7]]])"),
    ("F.channel_shuffle(torch.arange(4).view(1, 4, 1), 2)",
     "tensor([[[0],\n"
     "         [2],\n"
     "         [1],\n"
     "         [3]]])"),
    ("F.interpolate(torch.arange(3.0).view(1, 1, 3), 6)", "tensor([[[0., 0., 1., 1., 2., 2.]]])"),
    ("F.interpolate(torch.arange(3.0).view(1, 1, 3), 5, mode='linear')",
     "tensor([[[0.0000, 0.4000, 1.0000, 1.6000, 2.0000]]])"),
    ("F.interpolate(torch.arange(4.0).view(1, 1, 2, 2), 3, mode='bilinear', "
     "align_corners=True)",
     "tensor([[[[0.0000, 0.5000, 1.0000],\n"
     "          [1.0000, 1.5000, 2.0000],\n"
     "          [2.0000, 2.5000, 3.0000]]]])"),
    ("F.interpolate(torch.arange(9, dtype=torch.uint8).view(1, 1, 3, 3) * 20, 2, "
     "mode='bilinear')",
     "tensor([[[[ 20,  50],\n"
     "          [110, 140]]]], dtype=torch.uint8)"),
    ("F.grid_sample(torch.arange(4.0).view(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), "
     "align_corners=False)",
     "tensor([[[[1.5000]]]])"),
    ("F.affine_grid(torch.tensor([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 2, 2), False)",
     "tensor([[[[-0.5000, -0.5000],\n"
     "          [ 0.5000, -0.5000]],\n"
     "\n"
     "         [[-0.5000,  0.5000],\n"
     "          [ 0.5000,  0.5000]]]])"),
    ("F.lp_pool1d(torch.tensor([[3.0, 4.0]]), 2.0, 2)", "tensor([[5.]])"),
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("code", "printed"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_spatial(torch, code, printed):
    """Values, dtypes and shapes are these."""
    assert repr(evaluate(f"F = torch.nn.functional\n{code}", torch)) == printed
