"""Files in the safetensors format, with the names of ``safetensors.torch``.

The package ``safetensors`` (an extra: ``pip install tapegrad[safetensors]``) checks and writes the
files; their data is mapped, so that a tensor is read when it is first used.
Source: https://huggingface.co/docs/safetensors
"""

from tapegrad.utils.safetensors.models import load_model, save_model
from tapegrad.utils.safetensors.reading import load, load_file, safe_open
from tapegrad.utils.safetensors.writing import save, save_file

__all__ = ["load", "load_file", "load_model", "safe_open", "save", "save_file", "save_model"]
