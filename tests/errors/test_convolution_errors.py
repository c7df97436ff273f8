"""Mistakes with convolutions, blocks, padding and resampling, with class and text from PyTorch."""

import pytest
from support import assert_mistake

CONVOLUTION = [
    ("F.conv2d(torch.ones(3, 4), torch.ones(2, 3, 1, 1))", RuntimeError,
     "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 4]"),
    ("F.conv2d(torch.ones(1, 1, 1, 3, 4), torch.ones(2, 3, 1, 1))", RuntimeError,
     "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [1, 1, 1, "
     "3, 4]"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(2, 3, 1, 1))", RuntimeError,
     "Given groups=1, weight of size [2, 3, 1, 1], expected input[1, 4, 5, 5] to have 3 "
     "channels, but got 4 channels instead"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(3, 2, 1, 1), groups=2)", RuntimeError,
     "Given groups=2, expected weight to be divisible by 2 at dimension 0, but got weight of "
     "size [[3, 2, 1, 1]] instead"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 1, 1), groups=0)", RuntimeError,
     "non-positive groups is not supported"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(1, 2, 1, 1), groups=2)", RuntimeError,
     "Given groups=2, expected weight to be at least 2 at dimension 0, but got weight of size "
     "[1, 2, 1, 1] instead"),
    ("F.conv2d(torch.ones(1, 4, 2, 2), torch.ones(4, 4, 3, 3))", RuntimeError,
     "Calculated padded input size per channel: (2 x 2). Kernel size: (3 x 3). Kernel size "
     "can't be greater than actual input size"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), torch.ones(3))", RuntimeError,
     "Given weight of size [4, 4, 3, 3], expected bias to be 1-dimensional with 4 elements, but "
     "got bias of size [3] instead"),
    ("F.conv2d(torch.ones(1, 4, 5, 5).double(), torch.ones(4, 4, 3, 3))", RuntimeError,
     "expected scalar type Double but found Float"),
    ("F.conv2d(torch.ones(1, 4, 5, 5).bool(), torch.ones(4, 4, 3, 3).bool())", NotImplementedError,
     "\"slow_conv2d_cpu\" not implemented for 'Bool'"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), torch.ones(4).double())",
     RuntimeError,
     "Input type (float) and bias type (double) should be the same"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), stride=0)", RuntimeError,
     "non-positive stride is not supported"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), padding=-1)", RuntimeError,
     "negative padding is not supported"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), dilation=0)", RuntimeError,
     "dilation should be greater than zero, but got [0, 0]"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), stride=(1, 2, 3))", RuntimeError,
     "expected stride to be a single integer value or a list of 2 values to match the "
     "convolution dimensions, but got stride=[1, 2, 3]"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), padding='foo')", RuntimeError,
     "Invalid padding string: 'foo'"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3, 3), padding='same', stride=2)",
     RuntimeError,
     "padding='same' is not supported for strided convolutions"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 3))", RuntimeError,
     "expected stride to be a single integer value or a list of 1 values to match the "
     "convolution dimensions, but got stride=[1, 1]"),
    ("F.conv2d(torch.ones(1, 4, 0, 5), torch.ones(4, 4, 1, 3), padding=1)", RuntimeError,
     "Only zero batch or zero channel inputs are supported, but got input shape: [1, 4, 0, 5]"),
    ("F.conv2d(torch.ones(1, 4, 5, 5), torch.ones(4, 4, 0, 3))", RuntimeError,
     "kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 3"),
    ("F.conv1d(torch.ones(4), torch.ones(2, 2, 2))", RuntimeError,
     "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: [4]"),
    ("F.conv3d(torch.ones(4, 4), torch.ones(2, 2, 2, 2, 2))", RuntimeError,
     "Expected 4D (unbatched) or 5D (batched) input to conv3d, but got input of size: [4, 4]"),
    ("F.conv1d(torch.ones(1, 2, 3), torch.ones(2, 2))", RuntimeError,
     "weight should have at least three dimensions"),
    ("F.conv1d(torch.ones(1, 2, 3), torch.ones(2, 2, 2, 2))", RuntimeError,
     "Expected 4-dimensional input for 4-dimensional weight [2, 2, 2, 2], but got 3-dimensional "
     "input of size [1, 2, 3] instead"),
    ("F.conv_transpose2d(torch.ones(3, 4), torch.ones(3, 2, 1, 1))", RuntimeError,
     "Expected 3D (unbatched) or 4D (batched) input to conv_transpose2d, but got input of size: "
     "[3, 4]"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5), torch.ones(3, 2, 1, 1))", RuntimeError,
     "Given transposed=1, weight of size [3, 2, 1, 1], expected input[1, 4, 5, 5] to have 3 "
     "channels, but got 4 channels instead"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5), torch.ones(4, 2, 1, 1), groups=3)", RuntimeError,
     "Given groups=3, expected weight to be divisible by 3 at dimension 0, but got weight of "
     "size [[4, 2, 1, 1]] instead"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5), torch.ones(4, 2, 1, 1), torch.ones(3))",
     RuntimeError,
     "Given transposed=1, weight of size [4, 2, 1, 1], expected bias to be 1-dimensional with 2 "
     "elements, but got bias of size [3] instead"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5), torch.ones(4, 2, 3, 3), output_padding=1)",
     RuntimeError,
     "output padding must be smaller than either stride or dilation, but got "
     "output_padding_height: 1 output_padding_width: 1 stride_height: 1 stride_width: 1 "
     "dilation_height: 1 dilation_width: 1"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5), torch.ones(4, 2, 3, 3), stride=2, "
     "output_padding=-1)", RuntimeError,
     "negative output_padding is not supported"),
    ("F.conv_transpose2d(torch.ones(1, 4, 1, 1), torch.ones(4, 2, 3, 3), padding=2)", RuntimeError,
     "Given input size per channel: (1 x 1). Calculated output size per channel: (-1 x -1). "
     "Output size is too small"),
    ("F.conv_transpose2d(torch.ones(1, 4, 1, 1), torch.ones(4, 2, 3, 3), padding='same')",
     TypeError,
     "conv_transpose2d(): argument 'padding' must be tuple of ints, not str"),
    ("F.conv_transpose2d(torch.ones(1, 4, 5, 5).int(), torch.ones(4, 2, 3, 3).int())",
     NotImplementedError,
     "\"slow_conv_transpose2d_out_cpu\" not implemented for 'Int'"),
]

BLOCK = [
    ("F.unfold(torch.ones(1, 3, 4, 4), 5)", RuntimeError,
     "Given input with spatial size (4, 4), kernel_size=(5, 5), dilation=(1, 1), padding=(0, "
     "0), calculated shape of the array of sliding blocks as (0, 0), but its components must be "
     "at least one."),
    ("F.unfold(torch.ones(1, 3, 4, 4), 0)", RuntimeError,
     "kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 0"),
    ("F.unfold(torch.ones(1, 3, 4, 4), 2, stride=0)", RuntimeError,
     "stride should be greater than zero, but got stride_height: 0 stride_width: 0"),
    ("F.unfold(torch.ones(1, 3, 4, 4), 2, dilation=0)", RuntimeError,
     "dilation should be greater than zero, but got dilation_height: 0 dilation_width: 0"),
    ("F.unfold(torch.ones(1, 3, 4, 4), 2, padding=-1)", RuntimeError,
     "padding should be non-negative, but got pad_height: -1 pad_width: -1"),
    ("F.unfold(torch.ones(1, 3, 4, 4), (2, 2, 2))", RuntimeError,
     "It is expected kernel_size equals to 2, but got size 3"),
    ("F.unfold(torch.ones(1, 3, 4, 4).long(), 2)", NotImplementedError,
     "\"im2col_out_cpu\" not implemented for 'Long'"),
    ("F.unfold(torch.ones(1, 0, 4, 4), 2)", RuntimeError,
     "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
     "dimensions for input, but got: [1, 0, 4, 4]"),
    ("F.fold(torch.ones(3), 4, 2)", RuntimeError,
     "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
     "dimensions for input, but got: [3]"),
    ("F.fold(torch.ones(1, 7, 9), 4, 2)", RuntimeError,
     "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but "
     "got input.size(1)=7 and kernel_size=(2, 2)."),
    ("F.fold(torch.ones(1, 8, 8), 4, 2)", RuntimeError,
     "Given output_size=(4, 4), kernel_size=(2, 2), dilation=(1, 1), padding=(0, 0), stride=(1, "
     "1), expected size of input's dimension 2 to match the calculated number of sliding blocks "
     "3 * 3 = 9, but got input.size(2)=8."),
    ("F.fold(torch.ones(1, 12, 12), (4, 5), 2, dilation=8)", RuntimeError,
     "Given output_size=(4, 5), kernel_size=(2, 2), dilation=(8, 8), padding=(0, 0), stride=(1, "
     "1), calculated shape of the array of sliding blocks as (-4, -3), which is too small "
     "(non-positive)"),
    ("F.fold(torch.ones(1, 8, 9).long(), 4, 2)", NotImplementedError,
     "\"col2im_out_cpu\" not implemented for 'Long'"),
    ("F.pixel_shuffle(torch.ones(1, 3, 4, 4), 2)", RuntimeError,
     "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
     "upscale_factor, but input.size(-3)=3 is not divisible by 4"),
    ("F.pixel_shuffle(torch.ones(4, 4), 2)", RuntimeError,
     "pixel_shuffle expects input to have at least 3 dimensions, but got input with 2 "
     "dimension(s)"),
    ("F.pixel_shuffle(torch.ones(1, 3, 4, 4), 0)", RuntimeError,
     "pixel_shuffle expects a positive upscale_factor, but got 0"),
    ("F.pixel_shuffle(torch.ones(1, 4, 4, 4), 1.5)", TypeError,
     "pixel_shuffle(): argument 'upscale_factor' (position 2) must be int, not float"),
    ("F.pixel_unshuffle(torch.ones(1, 3, 5, 4), 2)", RuntimeError,
     "pixel_unshuffle expects height to be divisible by downscale_factor, but input.size(-2)=5 "
     "is not divisible by 2"),
    ("F.pixel_unshuffle(torch.ones(1, 3, 4, 5), 2)", RuntimeError,
     "pixel_unshuffle expects width to be divisible by downscale_factor, but input.size(-1)=5 "
     "is not divisible by 2"),
    ("F.channel_shuffle(torch.ones(1, 3, 4, 4), 2)", RuntimeError,
     "Number of channels must be divisible by groups. Got 3 channels and 2 groups."),
    ("F.channel_shuffle(torch.ones(3, 4), 1)", RuntimeError,
     "channel_shuffle expects input with > 2 dims, but got input with sizes [3, 4]"),
    ("F.channel_shuffle(torch.ones(1, 3, 4, 4), 0)", RuntimeError,
     "Number of groups to divide channels in must be positive. Value of groups:0"),
    ("F.local_response_norm(torch.ones(4, 4), 2)", ValueError,
     "Expected 3D or higher dimensionality                          input (got 2 dimensions)"),
]

PADDING = [
    ("F.pad(torch.ones(3, 4), (1,))", RuntimeError,
     "Padding length must be divisible by 2"),
    ("F.pad(torch.ones(3), (1, 1, 1, 1))", RuntimeError,
     "Padding length should be less than or equal to two times the input dimension but got "
     "padding length 4 and input of dimension 1"),
    ("F.pad(torch.ones(3), (-2, -2))", RuntimeError,
     "narrow(): length must be non-negative."),
    ("F.pad(torch.ones(3), (1, 1), mode='foo')", NotImplementedError,
     "Unrecognised padding mode foo"),
    ("F.pad(torch.ones(1, 3), (1, 1), mode='reflect', value=1.0)", RuntimeError,
     "Padding mode \"reflect\" doesn't take in value argument"),
    ("F.pad(torch.ones(1, 1, 3), (1.5, 1))", TypeError,
     "pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type float "
     "at pos 0"),
    ("F.pad(torch.ones(1, 1, 3), 1)", TypeError,
     "pad(): argument 'pad' (position 2) must be tuple of ints, not int"),
    ("F.pad(torch.ones(2).byte(), (1, 1), value=300)", RuntimeError,
     "value cannot be converted to type uint8_t without overflow"),
    ("F.pad(torch.ones(3), (1, 1), mode='reflect')", NotImplementedError,
     "Padding size 2 is not supported for 1D input tensor.\nSupported combinations for "
     "non-constant padding:\n  - 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D "
     "or 4D input: padding size = 4 (pads last 2 dimensions)\n  - 4D or 5D input: padding size "
     "= 6 (pads last 3 dimensions)"),
    ("F.pad(torch.ones(1, 1, 3), (4, 1), mode='reflect')", RuntimeError,
     "Argument #4: Padding size should be less than the corresponding input dimension, but got: "
     "padding (4, 1) at dimension 2 of input [1, 1, 3]"),
    ("F.pad(torch.ones(1, 3, 3, 3), (1, 1, 1, 1, 5, 1), mode='reflect')", RuntimeError,
     "Argument #8: Padding size should be less than the corresponding input dimension, but got: "
     "padding (5, 1) at dimension 1 of input [1, 3, 3, 3]"),
    ("F.pad(torch.ones(1, 3), (-2, -2), mode='reflect')", RuntimeError,
     "input (W: 3) is too small. Calculated output W: -1"),
    ("F.pad(torch.ones(1, 0), (1, 1), mode='reflect')", RuntimeError,
     "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero "
     "dimensions for input, but got: [1, 0]"),
    ("F.pad(torch.ones(2, 0, 3), (1, 1), mode='reflect')", RuntimeError,
     "Expected 2D or 3D (batch mode) tensor with possibly 0 batch size and other non-zero "
     "dimensions for input, but got: [2, 0, 3]"),
    ("F.pad(torch.ones(1, 1, 3).bool(), (1, 1), mode='reflect')", NotImplementedError,
     "\"reflection_pad1d\" not implemented for 'Bool'"),
    ("F.pad(torch.ones(1, 1, 3).bool(), (1, 1), mode='replicate')", NotImplementedError,
     "\"replication_pad1d\" not implemented for 'Bool'"),
    ("F.pad(torch.ones(1, 1, 3), (4, 1), mode='circular')", RuntimeError,
     "Padding value causes wrapping around more than once."),
    ("F.pad(torch.ones(1, 3), (-2, -2), mode='circular')", RuntimeError,
     "Negative padding value is resulting in an empty dimension"),
]

RESAMPLING = [
    ("F.interpolate(torch.ones(1, 2, 4, 4))", ValueError,
     "either size or scale_factor should be defined"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, 2)", ValueError,
     "only one of size or scale_factor should be defined"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, mode='foo')", NotImplementedError,
     "Input Error: Only 3D, 4D and 5D input Tensors supported (got 4D) for the modes: nearest | "
     "linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got foo)"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, mode='linear')", NotImplementedError,
     "Got 4D input, but linear mode needs 3D input"),
    ("F.interpolate(torch.ones(1, 2, 4), 2, mode='bilinear')", NotImplementedError,
     "Got 3D input, but bilinear mode needs 4D input"),
    ("F.interpolate(torch.ones(1, 2, 4), 2, mode='bicubic')", NotImplementedError,
     "Input Error: Only 3D, 4D and 5D input Tensors supported (got 3D) for the modes: nearest | "
     "linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got bicubic)"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, mode='trilinear')", NotImplementedError,
     "Got 4D input, but trilinear mode needs 5D input"),
    ("F.interpolate(torch.ones(2, 4), 2)", NotImplementedError,
     "Input Error: Only 3D, 4D and 5D input Tensors supported (got 2D) for the modes: nearest | "
     "linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got nearest)"),
    ("F.interpolate(torch.ones(1, 2, 4), 2, align_corners=True)", ValueError,
     "align_corners option can only be set with the interpolating modes: linear | bilinear | "
     "bicubic | trilinear"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), (2, 2, 2))", ValueError,
     "Input and output must have the same number of spatial dimensions, but got input with "
     "spatial dimensions of [4, 4] and output size of (2, 2, 2). Please provide input tensor in "
     "(N, C, d1, d2, ...,dK) format and output size in (o1, o2, ...,oK) format."),
    ("F.interpolate(torch.ones(1, 2, 4, 4), scale_factor=(2, 2, 2))", ValueError,
     "Input and scale_factor must have the same number of spatial dimensions, but got input "
     "with spatial dimensions of [4, 4] and scale_factor of shape (2, 2, 2). Please provide "
     "input tensor in (N, C, d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, recompute_scale_factor=True)", ValueError,
     "recompute_scale_factor is not meaningful with an explicit size."),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 2, mode='nearest', antialias=True)", ValueError,
     "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a "
     "4-D tensor as input"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), 0)", RuntimeError,
     "Input and output sizes should be greater than 0, but got input (H: 4, W: 4) output (H: 0, "
     "W: 0)"),
    ("F.interpolate(torch.ones(1, 2, 4), 0)", RuntimeError,
     "Input and output sizes should be greater than 0, but got input (W: 4) and output (W: 0)"),
    ("F.interpolate(torch.ones(1, 2, 4, 4, 4), 0)", RuntimeError,
     "Input and output sizes should be greater than 0, but got input (D: 4, H: 4, W: 4) output "
     "(D: 0, H: 0, W: 0)"),
    ("F.interpolate(torch.ones(1, 0, 4, 4), 2, mode='bilinear')", RuntimeError,
     "Non-empty 4D data tensor expected but got a tensor with sizes [1, 0, 4, 4]"),
    ("F.interpolate(torch.ones(1, 2, 4, 4).long(), 2)", NotImplementedError,
     "\"upsample_nearest2d_channels_last\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4, 4).long(), 2, mode='bilinear')", NotImplementedError,
     "\"upsample_bilinear2d_channels_last\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4, 4).long(), 2, mode='bicubic')", NotImplementedError,
     "\"compute_indices_weights_cubic\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4).long(), 2)", NotImplementedError,
     "\"compute_indices_weights_nearest\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4).long(), 2, mode='linear')", NotImplementedError,
     "\"compute_indices_weights_linear\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4, 4).long(), 2, mode='area')", NotImplementedError,
     "\"adaptive_avg_pool2d\" not implemented for 'Long'"),
    ("F.interpolate(torch.ones(1, 2, 4, 4), scale_factor=-1)", RuntimeError,
     "Input and output sizes should be greater than 0, but got input (H: 4, W: 4) output (H: "
     "-4, W: -4)"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 2), mode='foo')", ValueError,
     "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but "
     "got: 'foo'"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 2), padding_mode='foo')",
     ValueError,
     "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
     "'reflection', but got: 'foo'"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 3), align_corners=False)",
     RuntimeError,
     "grid_sampler(): expected grid to have size 2 in last dimension, but got grid with sizes "
     "[1, 2, 2, 3]"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 2, 2), align_corners=False)",
     RuntimeError,
     "grid_sampler(): expected 4D input and grid with same number of dimensions, but got input "
     "with sizes [1, 2, 4, 4] and grid with sizes [1, 2, 2, 2, 2]"),
    ("F.grid_sample(torch.ones(2, 2, 4, 4), torch.ones(1, 2, 2, 2), align_corners=False)",
     RuntimeError,
     "grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
     "[2, 2, 4, 4] and grid with sizes [1, 2, 2, 2]"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4), torch.ones(1, 2, 2, 2).double(), "
     "align_corners=False)", RuntimeError,
     "expected scalar type Float but found Double"),
    ("F.grid_sample(torch.ones(1, 2, 4, 4).long(), torch.ones(1, 2, 2, 2).long(), "
     "align_corners=False)", NotImplementedError,
     "\"grid_sampler_2d_cpu_kernel_impl\" not implemented for 'Long'"),
    ("F.grid_sample(torch.ones(1, 2, 0, 4), torch.ones(1, 2, 2, 2), align_corners=False)",
     RuntimeError,
     "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
     "[1, 2, 0, 4] with dimension 2 being empty"),
    ("F.grid_sample(torch.ones(1, 2, 3, 4, 4), torch.ones(1, 2, 2, 2, 3), mode='bicubic', "
     "align_corners=False)", RuntimeError,
     "grid_sampler(): bicubic interpolation only supports 4D input"),
    ("F.affine_grid(torch.ones(2, 3), (1, 2, 3, 4), align_corners=False)", ValueError,
     "Expected a batch of 2D affine matrices of shape Nx2x3 for size (1, 2, 3, 4). Got "
     "torch.Size([2, 3])."),
    ("F.affine_grid(torch.ones(1, 2, 3), (1, 2, 3, 4, 5), align_corners=False)", ValueError,
     "Expected a batch of 3D affine matrices of shape Nx3x4 for size (1, 2, 3, 4, 5). Got "
     "torch.Size([1, 2, 3])."),
    ("F.affine_grid(torch.ones(1, 2, 3), (1, 2, 3), align_corners=False)", NotImplementedError,
     "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. "
     "Got size (1, 2, 3)."),
    ("F.affine_grid(torch.ones(1, 2, 3), (1, 2, 0, 4), align_corners=False)", ValueError,
     "Expected non-zero, positive output size. Got (1, 2, 0, 4)"),
    ("F.affine_grid(torch.ones(2, 2, 3), (1, 2, 3, 4), align_corners=False)", RuntimeError,
     "Expected size for first two dimensions of batch2 tensor to be: [1, 3] but got: [2, 3]."),
    ("F.affine_grid(torch.ones(1, 2, 3).long(), (1, 2, 3, 4), align_corners=False)", ValueError,
     "Expected theta to have floating point type, but got torch.int64"),
]

MISTAKES = CONVOLUTION + BLOCK + PADDING + RESAMPLING


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[row[0] for row in MISTAKES])
def test_mistake(torch, code, error, text):
    """Class and text are PyTorch's; a sentence of ours may follow."""
    assert_mistake(torch, f"F = torch.nn.functional\n{code}", error, text)
