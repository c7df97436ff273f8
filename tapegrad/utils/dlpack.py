"""DLPack, the exchange of tensors between libraries, under PyTorch's old names."""

from tapegrad.ops.interop import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
