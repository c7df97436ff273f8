"""Layout of reshaping."""

from tapegrad._tensor.tensor cimport Tensor

cpdef object in_shape(Tensor g, input_shape)
