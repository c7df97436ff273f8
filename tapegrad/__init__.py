"""tapegrad: PyTorch's autograd, nn and optim for small work, on a tape in Cython and NumPy.

The files of ``ops`` list the names that they add in ``__all__``.
"""

from importlib import import_module as _import_module
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from tapegrad import _import_pace, _lazy, _types
from tapegrad._limits import *
from tapegrad._print import *
from tapegrad._tensor import Tensor as Tensor
from tapegrad._tensor import set_default_dtype as set_default_dtype
from tapegrad._types import *
from tapegrad.ops._declare import public as _public
from tapegrad.ops.activation import *
from tapegrad.ops.arithmetic.division import *
from tapegrad.ops.arithmetic.fused import *
from tapegrad.ops.arithmetic.powers import *
from tapegrad.ops.arithmetic.products import *
from tapegrad.ops.arithmetic.sums import *
from tapegrad.ops.bits import *
from tapegrad.ops.compare import *
from tapegrad.ops.convert import *
from tapegrad.ops.create.filled import *
from tapegrad.ops.create.from_data import *
from tapegrad.ops.create.ranges import *
from tapegrad.ops.devices import *
from tapegrad.ops.generators import *
from tapegrad.ops.index.along import *
from tapegrad.ops.index.by_tensors import *
from tapegrad.ops.index.masked import *
from tapegrad.ops.index.positions import *
from tapegrad.ops.index.scatter import *
from tapegrad.ops.index.slices import *
from tapegrad.ops.interop import *
from tapegrad.ops.linalg.added_products import *
from tapegrad.ops.linalg.addmm import *
from tapegrad.ops.linalg.matmul import *
from tapegrad.ops.linalg.products import *
from tapegrad.ops.order.sorting import *
from tapegrad.ops.pointwise.bounds import *
from tapegrad.ops.pointwise.classes import *
from tapegrad.ops.pointwise.exponentials import *
from tapegrad.ops.pointwise.rounding import *
from tapegrad.ops.pointwise.selection import *
from tapegrad.ops.pointwise.signs import *
from tapegrad.ops.pointwise.trigonometry import *
from tapegrad.ops.promotion import *
from tapegrad.ops.queries import *
from tapegrad.ops.random import *
from tapegrad.ops.reduce.extremes import *
from tapegrad.ops.reduce.norms import *
from tapegrad.ops.reduce.spread import *
from tapegrad.ops.reduce.sums import *
from tapegrad.ops.reduce.truth import *
from tapegrad.ops.scan import *
from tapegrad.ops.shape.arranging import *
from tapegrad.ops.shape.broadcasting import *
from tapegrad.ops.shape.diagonals import *
from tapegrad.ops.shape.joining import *
from tapegrad.ops.shape.order import *
from tapegrad.ops.shape.parts import *
from tapegrad.ops.shape.repeating import *
from tapegrad.ops.shape.sizes import *
from tapegrad.ops.shape.splitting import *
from tapegrad.ops.shape.strided import *
from tapegrad.ops.tensor_types import *

# isort: split
from tapegrad import autograd as autograd
from tapegrad.autograd.anomaly_mode import set_anomaly_enabled as set_anomaly_enabled
from tapegrad.autograd.grad_mode import enable_grad as enable_grad
from tapegrad.autograd.grad_mode import inference_mode as inference_mode
from tapegrad.autograd.grad_mode import no_grad as no_grad
from tapegrad.autograd.grad_mode import set_grad_enabled as set_grad_enabled

if _TYPE_CHECKING:
    from tapegrad import accelerator as accelerator
    from tapegrad import amp as amp
    from tapegrad import backends as backends
    from tapegrad import compiler as compiler
    from tapegrad import cpu as cpu
    from tapegrad import cuda as cuda
    from tapegrad import distributed as distributed
    from tapegrad import func as func
    from tapegrad import functional as functional
    from tapegrad import hub as hub
    from tapegrad import jit as jit
    from tapegrad import linalg as linalg
    from tapegrad import mps as mps
    from tapegrad import multiprocessing as multiprocessing
    from tapegrad import nn as nn
    from tapegrad import optim as optim
    from tapegrad import overrides as overrides
    from tapegrad import profiler as profiler
    from tapegrad import random as random
    from tapegrad import return_types as return_types
    from tapegrad import serialization as serialization
    from tapegrad import signal as signal
    from tapegrad import special as special
    from tapegrad import testing as testing
    from tapegrad import torch_version as torch_version
    from tapegrad import utils as utils
    from tapegrad import version as version
    from tapegrad import xpu as xpu
    from tapegrad._as_torch import *
    from tapegrad._settings import *
    from tapegrad._streams import *
    from tapegrad._threads import *
    from tapegrad.amp import GradScaler as GradScaler
    from tapegrad.amp import autocast as autocast
    from tapegrad.amp.autocast_mode import get_autocast_dtype as get_autocast_dtype
    from tapegrad.amp.autocast_mode import is_autocast_available as is_autocast_available
    from tapegrad.amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
    from tapegrad.amp.switches import *
    from tapegrad.compiler import compile as compile
    from tapegrad.func import vmap as vmap
    from tapegrad.nn.functional.activations import prelu as prelu
    from tapegrad.nn.functional.affine import bilinear as bilinear
    from tapegrad.nn.functional.conv_tbc import *
    from tapegrad.nn.functional.distances import *
    from tapegrad.nn.functional.native import *
    from tapegrad.nn.functional.native_norms import *
    from tapegrad.nn.functional.similarity import cosine_similarity as cosine_similarity
    from tapegrad.ops.copies import *
    from tapegrad.ops.differences import *
    from tapegrad.ops.distributions import *
    from tapegrad.ops.group_norm import *
    from tapegrad.ops.histogram import *
    from tapegrad.ops.index.flat import *
    from tapegrad.ops.index.slices_written import *
    from tapegrad.ops.legacy_types import *
    from tapegrad.ops.linalg.cholesky import *
    from tapegrad.ops.linalg.contractions import *
    from tapegrad.ops.linalg.determinants import *
    from tapegrad.ops.linalg.einsum import *
    from tapegrad.ops.linalg.householder import *
    from tapegrad.ops.linalg.inverses import *
    from tapegrad.ops.linalg.lu import *
    from tapegrad.ops.linalg.matrices import *
    from tapegrad.ops.linalg.powers import *
    from tapegrad.ops.linalg.pseudoinverse import *
    from tapegrad.ops.linalg.qr import *
    from tapegrad.ops.linalg.singular_values import *
    from tapegrad.ops.linalg.triangular import *
    from tapegrad.ops.linalg.vectors import *
    from tapegrad.ops.mapped import *
    from tapegrad.ops.norm import *
    from tapegrad.ops.normalization import *
    from tapegrad.ops.order.quantiles import *
    from tapegrad.ops.order.searching import *
    from tapegrad.ops.order.selection import *
    from tapegrad.ops.order.uniqueness import *
    from tapegrad.ops.rectifiers import *
    from tapegrad.ops.recurrent.cell import *
    from tapegrad.ops.recurrent.stack import *
    from tapegrad.ops.reduce.hashes import *
    from tapegrad.ops.reparametrized import *
    from tapegrad.ops.segments import *
    from tapegrad.ops.shape.geometry import *
    from tapegrad.ops.shape.grids import *
    from tapegrad.ops.shape.replacing import *
    from tapegrad.ops.spatial.adaptive_pool import *
    from tapegrad.ops.spatial.conv import *
    from tapegrad.ops.spatial.grid import *
    from tapegrad.ops.spatial.pad import *
    from tapegrad.ops.spatial.pool import *
    from tapegrad.ops.spatial.shuffle import *
    from tapegrad.ops.special.bessel import *
    from tapegrad.ops.special.errors import *
    from tapegrad.ops.special.gamma import *
    from tapegrad.ops.weight_norm import *
    from tapegrad.random import thread_safe_generator as thread_safe_generator
    from tapegrad.serialization.api import load as load
    from tapegrad.serialization.api import save as save
    from tapegrad.signal.periodic import *
    from tapegrad.storage import *

newaxis = None

__version__ = "0.1.0"


def __getattr__(name: str) -> _Any:
    if name in _lazy.NAMESPACES:
        return _import_module(f"tapegrad.{name}")
    if name in _lazy.HOMES:
        found = getattr(_import_module(f"tapegrad.{_lazy.HOMES[name]}"), name)
        globals()[name] = _public(name, found) if name in _lazy.COMPILED else found
        return globals()[name]
    if name in _lazy.METHOD_FUNCTIONS:
        globals()[name] = _public(name, getattr(Tensor, name))
        return globals()[name]
    if name in _types.OTHERS:
        return _types.OTHERS[name]
    raise AttributeError(f"module 'tapegrad' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_lazy.NAMESPACES, *_lazy.HOMES, *_lazy.METHOD_FUNCTIONS,
                   *_types.OTHERS})  # fmt: skip


__all__ = [
    name for name in __dir__()
    if not name.startswith("_") and name not in _lazy.NAMESPACES
    and not isinstance(globals().get(name), _ModuleType)
]  # fmt: skip

_import_pace.finish()
