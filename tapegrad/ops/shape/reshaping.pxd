"""Layout of reshaping."""

from tapegrad._tensor.tensor cimport Tensor

cpdef Tensor in_shape(Tensor g, input_shape)
