"""Mistakes with pools, with class and text from PyTorch."""

import pytest
from support import assert_mistake

POOL = [
    ("F.avg_pool1d(torch.ones(3), 2)", RuntimeError,
     "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self' (while "
     "checking arguments for avg_pool1d)"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 0)", RuntimeError,
     "stride should not be zero"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), -1)", RuntimeError,
     "kernel size should be greater than zero, but got kH: 1 kW: -1"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2, -1)", RuntimeError,
     "stride should be greater than zero, but got dH: 1 dW: -1"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2, padding=2)", RuntimeError,
     "pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 and "
     "dilation=1"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2, padding=-1)", RuntimeError,
     "pad must be non-negative, but got pad: -1"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 6)", RuntimeError,
     "Given input size: (2x1x5). Calculated output size: (2x1x0). Output size is too small"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), (2, 2, 2, 2))", RuntimeError,
     "avg_pool1d() argument 'kernel_size' should contain one int (got 4)"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "avg_pool1d() argument 'stride' should contain one int (got 4)"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "avg_pool1d() argument 'padding' should contain one int (got 4)"),
    ("F.avg_pool1d(torch.ones(1, 2, 5).bool(), 2)", NotImplementedError,
     "\"avg_pool2d\" not implemented for 'Bool'"),
    ("F.avg_pool1d(torch.ones(1, 2, 5).int(), 2)", NotImplementedError,
     "\"avg_pool2d\" not implemented for 'Int'"),
    ("F.avg_pool1d(torch.ones(1, 2, 0), 2)", RuntimeError,
     "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
     "got:[1, 2, 1, 0]"),
    ("F.avg_pool1d(torch.ones(1, 2, 5), 2.5)", TypeError,
     "avg_pool1d(): argument 'kernel_size' (position 2) must be tuple of ints, not float"),
    ("F.avg_pool1d([1], 2)", TypeError,
     "avg_pool1d(): argument 'input' (position 1) must be Tensor, not list"),
    ("F.avg_pool2d(torch.ones(3), 2)", IndexError,
     "Dimension out of range (expected to be in range of [-1, 0], but got -3)"),
    ("F.avg_pool2d(torch.ones(2, 2, 2, 2, 2), 2)", RuntimeError,
     "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
     "got:[2, 2, 2, 2, 2]"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), -1)", RuntimeError,
     "kernel size should be greater than zero, but got kH: -1 kW: -1"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), 2, -1)", RuntimeError,
     "stride should be greater than zero, but got dH: -1 dW: -1"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), (2, 2, 2, 2))", RuntimeError,
     "avg_pool2d: kernel_size must either be a single int, or a tuple of two ints"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "avg_pool2d: stride must either be omitted, a single int, or a tuple of two ints"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "avg_pool2d: padding must either be a single int, or a tuple of two ints"),
    ("F.avg_pool2d(torch.ones(1, 2, 5, 5), 2, divisor_override=0)", RuntimeError,
     "divisor must be not zero"),
    ("F.avg_pool3d(torch.ones(3), 2)", RuntimeError,
     "non-empty 4D or 5D (batch mode) tensor expected for input"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), -1)", RuntimeError,
     "kernel size should be greater than zero, but got kT: -1 kH: -1 kW: -1"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), 2, -1)", RuntimeError,
     "stride should be greater than zero, but got dT: -1 dH: -1 dW: -1"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), 6)", RuntimeError,
     "input image (T: 5 H: 5 W: 5) smaller than kernel size (kT: 6 kH: 6 kW: 6)"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 1), 2, padding=1)", RuntimeError,
     "input image (T: 5 H: 5 W: 1) smaller than kernel size (kT: 2 kH: 2 kW: 2)"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 1, 5), 2, ceil_mode=True)", RuntimeError,
     "input image (T: 5 H: 1 W: 5) smaller than kernel size (kT: 2 kH: 2 kW: 2)"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), (2, 2, 2, 2))", RuntimeError,
     "avg_pool3d: kernel_size must be a single int, or a tuple of three ints"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "avg_pool3d: stride must be omitted, a single int, or a tuple of three ints"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "avg_pool3d: padding must be a single int, or a tuple of three ints"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5).bool(), 2)", NotImplementedError,
     "\"avg_pool3d_out_frame\" not implemented for 'Bool'"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 5).int(), 2)", NotImplementedError,
     "\"avg_pool3d_out_frame\" not implemented for 'Int'"),
    ("F.avg_pool3d(torch.ones(1, 2, 5, 5, 0), 2)", RuntimeError,
     "avg_pool3d(): Expected input's non-batch dimensions to have positive length, but input "
     "has a shape of [1, 2, 5, 5, 0] and non-batch dimension 0 has length zero!"),
    ("F.max_pool1d(torch.ones(3), 2)", RuntimeError,
     "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
     "input, but got:[3]"),
    ("F.max_pool1d(torch.ones(2, 2, 2, 2), 2)", RuntimeError,
     "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
     "input, but got:[2, 2, 2, 2]"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 0)", RuntimeError,
     "max_pool1d() kernel_size must be greater than zero, but got 0"),
    ("F.max_pool1d(torch.ones(1, 2, 5), -1)", RuntimeError,
     "max_pool1d() kernel_size must be greater than zero, but got -1"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, 0)", RuntimeError,
     "max_pool1d() stride must be greater than zero, but got 0"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, -1)", RuntimeError,
     "max_pool1d() stride must be greater than zero, but got -1"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, padding=2)", RuntimeError,
     "max_pool1d() padding should be at most half of kernel size, but got padding=2 and "
     "kernel_size=2"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, padding=-1)", RuntimeError,
     "max_pool1d() padding must be non-negative, but got -1"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 6)", RuntimeError,
     "max_pool1d() Invalid computed output size: 0"),
    ("F.max_pool1d(torch.ones(1, 2, 5), (2, 2, 2, 2))", RuntimeError,
     "max_pool1d() kernel_size must be an int, list of ints or tuple of ints of size 1 but got "
     "size 4"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "max_pool1d() stride must be None, an int, list of ints, or tuple of ints of size 1 but "
     "got size 4"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "max_pool1d() padding must be an int, list of ints, or tuple of ints of size 1 but got "
     "size 4"),
    ("F.max_pool1d(torch.ones(1, 2, 5).bool(), 2)", NotImplementedError,
     "\"max_pool1d_impl\" not implemented for 'Bool'"),
    ("F.max_pool1d(torch.ones(1, 2, 5).int(), 2)", NotImplementedError,
     "\"max_pool1d_impl\" not implemented for 'Int'"),
    ("F.max_pool1d(torch.ones(1, 2, 0), 2)", RuntimeError,
     "max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
     "input, but got:[1, 2, 0]"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2.5)", TypeError,
     "max_pool1d(): argument 'kernel_size' (position 2) must be tuple of ints, not float"),
    ("F.max_pool1d([1], 2)", TypeError,
     "max_pool1d(): argument 'input' (position 1) must be Tensor, not list"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, dilation=0)", RuntimeError,
     "max_pool1d() dilation must be greater than zero, but got 0"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, dilation=(1, 1, 1, 1))", RuntimeError,
     "max_pool1d() dilation must be an int, list of ints or tuple of ints of size 1 but got "
     "size 4"),
    ("F.max_pool1d(torch.ones(1, 2, 5), 2, dilation=9)", RuntimeError,
     "max_pool1d() Invalid computed output size: -2"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), (2, 2, 2, 2))", RuntimeError,
     "max_pool2d: kernel_size must either be a single int, or a tuple of two ints"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "max_pool2d: stride must either be omitted, a single int, or a tuple of two ints"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "max_pool2d: padding must either be a single int, or a tuple of two ints"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5).bool(), 2)", NotImplementedError,
     "\"max_pool2d\" not implemented for 'Bool'"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, dilation=0)", RuntimeError,
     "dilation should be greater than zero, but got dilationH: 0 dilationW: 0"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, dilation=(1, 1, 1, 1))", RuntimeError,
     "max_pool2d: dilation must be either a single int, or a tuple of two ints"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, dilation=9)", RuntimeError,
     "Given input size: (2x5x5). Calculated output size: (2x-2x-2). Output size is too small"),
    ("F.max_pool2d(torch.ones(1, 2, 5, 5), 2, 1, 2, 4)", RuntimeError,
     "pad should be smaller than or equal to half of kernel size, but got padW = 2, padH = 2, "
     "kW = 2, kH = 2"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 6)", RuntimeError,
     "Given input size: (2x5x5x5). Calculated output size: (2x0x0x0). Output size is too small"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), (2, 2, 2, 2))", RuntimeError,
     "max_pool3d: kernel_size must either be a single int, or a tuple of three ints"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, (2, 2, 2, 2))", RuntimeError,
     "max_pool3d: stride must either be omitted, a single int, or a tuple of three ints"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, padding=(1, 1, 1, 1))", RuntimeError,
     "max_pool3d: padding must either be a single int, or a tuple of three ints"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 0), 2)", RuntimeError,
     "max_pool3d_with_indices_out_cpu_template(): Expected input's non-batch dimensions to have "
     "positive length, but input has a shape of [1, 2, 5, 5, 0] and non-batch dimension 0 has "
     "length zero!"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, dilation=0)", RuntimeError,
     "dilation should be greater than zero, but got dilationT: 0 dilationH: 0 dilationW: 0"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, dilation=(1, 1, 1, 1))", RuntimeError,
     "max_pool3d: dilation must be either a single int, or a tuple of three ints"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, dilation=9)", RuntimeError,
     "Given input size: (2x5x5x5). Calculated output size: (2x-2x-2x-2). Output size is too "
     "small"),
    ("F.max_pool3d(torch.ones(1, 2, 5, 5, 5), 2, 1, 2, 4)", RuntimeError,
     "pad should be smaller than or equal to half of kernel size, but got kT: 2 kW: 2 kH: 2 "
     "padT: 2 padW: 2 padH: 2"),
    ("F.adaptive_avg_pool1d(torch.ones(3), 2)", RuntimeError,
     "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self' (while "
     "checking arguments for adaptive_avg_pool1d)"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 5), -1)", RuntimeError,
     "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
     "received {1, -1}"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 5), (2, 2, 2, 2))", RuntimeError,
     "adaptive_avg_pool1d() argument 'output_size' should contain one int (got 4)"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 5), None)", TypeError,
     "adaptive_avg_pool1d(): argument 'output_size' (position 2) must be tuple of ints, not "
     "NoneType"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 5).long(), 2)", NotImplementedError,
     "\"adaptive_avg_pool2d\" not implemented for 'Long'"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 0), 2)", RuntimeError,
     "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch dimensions, but "
     "input has sizes [1, 2, 1, 0] with dimension 3 being empty"),
    ("F.adaptive_avg_pool1d(torch.ones(1, 2, 5), 2.5)", TypeError,
     "adaptive_avg_pool1d(): argument 'output_size' (position 2) must be tuple of ints, not "
     "float"),
    ("F.adaptive_avg_pool2d(torch.ones(3), 2)", RuntimeError,
     "adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [3]"),
    ("F.adaptive_avg_pool2d(torch.ones(2, 2, 2, 2, 2), 2)", RuntimeError,
     "adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [2, 2, 2, 2, 2]"),
    ("F.adaptive_avg_pool2d(torch.ones(1, 2, 5, 5), -1)", RuntimeError,
     "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
     "received {-1, -1}"),
    ("F.adaptive_avg_pool2d(torch.ones(1, 2, 5, 5), (2, 2, 2, 2))", ValueError,
     "Input dimension should be at least 5"),
    ("F.adaptive_avg_pool2d(torch.ones(1, 2, 5, 5), ())", RuntimeError,
     "adaptive_avg_pool2d: output_size must be 2"),
    ("F.adaptive_avg_pool2d(torch.ones(1, 2, 5, 5), None)", TypeError,
     "object of type 'NoneType' has no len()"),
    ("F.adaptive_avg_pool2d(torch.ones(1, 2, 5, 5), 2.5)", TypeError,
     "object of type 'float' has no len()"),
    ("F.adaptive_avg_pool3d(torch.ones(2, 2, 2, 2, 2, 2), 2)", RuntimeError,
     "adaptive_avg_pool3d(): Expected 4D or 5D tensor, but got [2, 2, 2, 2, 2, 2]"),
    ("F.adaptive_avg_pool3d(torch.ones(1, 2, 5, 5, 5), -1)", RuntimeError,
     "adaptive_avg_pool3d: elements of output_size must be greater than or equal to 0 but "
     "received {-1, -1,-1}"),
    ("F.adaptive_avg_pool3d(torch.ones(1, 2, 5, 5, 5).long(), 2)", NotImplementedError,
     "\"adaptive_avg_pool3d_cpu\" not implemented for 'Long'"),
    ("F.adaptive_avg_pool3d(torch.ones(1, 2, 5, 5, 5)[:, :0], 2)", RuntimeError,
     "adaptive_avg_pool3d(): Expected input to have non-zero size for non-batch dimensions, but "
     "input has sizes [1, 0, 5, 5, 5] with dimension 1 being empty"),
    ("F.adaptive_max_pool1d(torch.ones(3), 2)", RuntimeError,
     "Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self' (while "
     "checking arguments for adaptive_max_pool1d)"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5), -1)", RuntimeError,
     "Trying to create tensor with negative dimension -1: [1, 2, 1, -1]"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5), (2, 2, 2, 2))", RuntimeError,
     "adaptive_max_pool1d() argument 'output_size' should contain one int (got 4)"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5), None)", TypeError,
     "adaptive_max_pool1d(): argument 'output_size' (position 2) must be tuple of ints, not "
     "NoneType"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5).long(), 2)", NotImplementedError,
     "\"adaptive_max_pool2d\" not implemented for 'Long'"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5)[:, :0], 2)", RuntimeError,
     "adaptive_max_pool1d(): Expected input to have non-zero size for non-batch dimensions, but "
     "input has sizes [1, 0, 5] with dimension 1 being empty"),
    ("F.adaptive_max_pool1d(torch.ones(1, 2, 5), 2.5)", TypeError,
     "adaptive_max_pool1d(): argument 'output_size' (position 2) must be tuple of ints, not "
     "float"),
    ("F.adaptive_max_pool2d(torch.ones(3), 2)", RuntimeError,
     "adaptive_max_pool2d(): Expected 3D or 4D tensor, but got: [3]"),
    ("F.adaptive_max_pool2d(torch.ones(2, 2, 2, 2, 2), 2)", RuntimeError,
     "adaptive_max_pool2d(): Expected 3D or 4D tensor, but got: [2, 2, 2, 2, 2]"),
    ("F.adaptive_max_pool2d(torch.ones(1, 2, 5, 5), -1)", RuntimeError,
     "Trying to create tensor with negative dimension -1: [1, 2, -1, -1]"),
    ("F.adaptive_max_pool2d(torch.ones(1, 2, 5, 5), ())", RuntimeError,
     "adaptive_max_pool2d(): internal error: output_size.size() must be 2"),
    ("F.adaptive_max_pool2d(torch.ones(1, 2, 5, 5)[:, :0], 2)", RuntimeError,
     "adaptive_max_pool2d(): Expected input to have non-zero size for non-batch dimensions, but "
     "input has sizes [1, 0, 5, 5] with dimension 1 being empty"),
    ("F.adaptive_max_pool3d(torch.ones(2, 2, 2, 2, 2, 2), 2)", RuntimeError,
     "adaptive_max_pool3d(): Expected 4D or 5D tensor, but got: [2, 2, 2, 2, 2, 2]"),
    ("F.adaptive_max_pool3d(torch.ones(1, 2, 5, 5, 5), -1)", RuntimeError,
     "Trying to create tensor with negative dimension -1: [1, 2, -1, -1, -1]"),
    ("F.adaptive_max_pool3d(torch.ones(1, 2, 5, 5, 5).long(), 2)", NotImplementedError,
     "\"adaptive_max_pool3d_cpu\" not implemented for 'Long'"),
    ("F.adaptive_max_pool3d(torch.ones(1, 2, 5, 5, 5)[:, :0], 2)", RuntimeError,
     "adaptive_max_pool3d(): Expected input to have non-zero size for non-batch dimensions, but "
     "input has sizes [1, 0, 5, 5, 5] with dimension 1 being empty"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long(), 2, output_size=[9])",
     ValueError,
     "invalid output_size \"[9]\" (dim 0 must be between 2 and 6)"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long(), 2, output_size=[9, 9])",
     ValueError,
     "output_size should be a sequence containing 1 or 3 elements, but it has a length of '2'"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long() + 1000, 2)", RuntimeError,
     "Found an invalid max index: 1001 (output volumes are of size 4x1)"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long() - 1000, 2)", RuntimeError,
     "Found an invalid max index: -999 (output volumes are of size 4x1)"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long().int(), 2)", RuntimeError,
     "elements in indices should be type int64 but got: Int"),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long()[..., :1], 2)", RuntimeError,
     "Expected shape of indices to be same as that of the input tensor ([1, 2, 2, 1]) but got "
     "indices tensor with shape: [1, 2, 1, 1]"),
    ("F.max_unpool1d(torch.ones(1, 2, 2)[0, 0], torch.ones(1, 2, 2).long()[0, 0], 2)", RuntimeError,
     "Input to max_unpooling2d should be a 3d or 4d Tensor, but got a tensor with 2 dimensions."),
    ("F.max_unpool1d(torch.ones(1, 2, 2)[:, :0], torch.ones(1, 2, 2).long()[:, :0], 2)",
     RuntimeError,
     "max_unpooling2d_forward_out_cpu(): Expected input to have non-zero size for non-batch "
     "dimensions, but got [1, 0, 2, 1] with dimension 1 being empty."),
    ("F.max_unpool1d(torch.ones(1, 2, 2), torch.ones(1, 2, 2).long(), 2, 1, 3)", ValueError,
     "max_unpooling: output_size must contain non-negative spatial dimensions, but got "
     "output_size[0]=-3"),
    ("F.max_unpool1d(torch.ones(1, 2, 2).long(), torch.ones(1, 2, 2).long(), 2)",
     NotImplementedError,
     "\"max_unpool2d\" not implemented for 'Long'"),
    ("F.max_unpool2d(torch.ones(1, 2, 2, 2), torch.ones(1, 2, 2, 2).long(), 2, output_size=[9, "
     "9])", ValueError,
     "invalid output_size \"[9, 9]\" (dim 0 must be between 2 and 6)"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long(), 2, "
     "output_size=[9, 9, 9])", ValueError,
     "invalid output_size \"[9, 9, 9]\" (dim 0 must be between 2 and 6)"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long() + 1000, 2)",
     RuntimeError,
     "Found an invalid max index: 1001 (output volumes are of size 4x4x4)"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long() - 1000, 2)",
     RuntimeError,
     "Found an invalid max index: -999 (output volumes are of size 4x4x4)"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long().int(), 2)",
     RuntimeError,
     "elements in indices should be type int64"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long()[..., :1], 2)",
     RuntimeError,
     "Expected shape of indices to be same as that of the input tensor ([1, 2, 2, 2, 2]) but "
     "got indices tensor with shape: [1, 2, 2, 2, 1]"),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2)[:, :0], torch.ones(1, 2, 2, 2, 2).long()[:, :0], "
     "2)", RuntimeError,
     "max_unpooling3d_forward_out_cpu(): Expected input to have non-zero size for non-batch "
     "dimensions, but got [1, 0, 2, 2, 2] with dimension 1 being empty."),
    ("F.max_unpool3d(torch.ones(1, 2, 2, 2, 2), torch.ones(1, 2, 2, 2, 2).long(), 2, 0)",
     RuntimeError,
     "strides should be greater than zero, but got stride: [0, 0, 0]"),
]

THREE = "There should be exactly three elements (depth, height, width) in output_size, but got "
TWO = "There should be exactly two elements (height, width) in output_size, but got "
POOL += [
    ("x = torch.ones(2, 2, 2, 2)\nF.max_unpool3d(x, x.long(), (1, 1))", RuntimeError,
     THREE + "2 elements."),
    ("x = torch.ones(2, 2, 2, 2)\nF.max_unpool3d(x, x.long(), ())", RuntimeError,
     THREE + "0 elements."),
    ("x = torch.ones(2, 2)\nF.max_unpool3d(x, x.long(), (1, 1))", RuntimeError,
     "Input to max_unpooling3d should be a 4d or 5d Tensor, but got a tensor with 2 dimensions."),
    ("x = torch.ones(2, 2, 2)\nF.max_unpool2d(x, x.long(), ())", RuntimeError, TWO + "0 elements."),
    ("x = torch.ones(2, 2)\nF.max_unpool2d(x, x.long(), [1])", RuntimeError, TWO + "1 elements."),
    ("F.adaptive_max_pool1d(torch.ones(2, 2, 2), 2**62 - 1)", RuntimeError,
     "Storage size calculation overflowed with sizes=[2, 2, 1, 4611686018427387903]"),
    *((f"x = torch.ones({shape}, requires_grad=True)\n"
       f"F.adaptive_{kind}_pool{n}d(x, {size}).sum().backward()", RuntimeError,
       f"adaptive_{kind}_pool{max(n, 2)}d_backward(): Expected grad_output to have non-zero size "
       f"for non-batch dimensions, but grad_output has sizes {left} with dimension {dim} being "
       "empty")
      for kind, n, shape, size, left, dim in (
          ("avg", 1, (2, 3), 0, [2, 1, 0], 2), ("max", 1, (1, 2, 3), 0, [1, 2, 1, 0], 3),
          ("avg", 1, (2, 0, 4), 5, [2, 0, 1, 5], 1),
          ("avg", 2, (1, 2, 3, 3), (0, 3), [1, 2, 0, 3], 2),
          ("max", 2, (2, 3, 3), 0, [2, 0, 0], 1), ("avg", 3, (2, 3, 3, 3), 0, [2, 0, 0, 0], 1),
          ("max", 3, (1, 2, 3, 3, 3), (2, 2, 0), [1, 2, 2, 2, 0], 4))),
]

MISTAKES = POOL


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, f"F = torch.nn.functional\n{code}", error, text)


@pytest.mark.parametrize(("name", "shape"), [
    ("adaptive_avg_pool1d", (0, 4)), ("adaptive_max_pool1d", (0, 4)),
    ("adaptive_max_pool2d", (0, 4, 5)), ("adaptive_avg_pool3d", (0, 4, 5, 6)),
    ("adaptive_max_pool3d", (0, 4, 5, 6)),
])
def test_no_channels(torch, name, shape):
    """Without a batch, the first dimension may be empty as a batch may."""
    x = torch.ones(shape, requires_grad=True)
    out = getattr(torch.nn.functional, name)(x, 3)
    out.sum().backward()

    assert out.shape == (0,) + (3,) * (len(shape) - 1)
    assert x.grad.shape == x.shape
