"""Special functions under the names that PyTorch has for them in ``torch.special``."""

from tapegrad.ops._declare import public
from tapegrad.ops.activation import log_softmax, softmax
from tapegrad.ops.pointwise import exp2, expm1, log1p, sinc, xlogy
from tapegrad.ops.pointwise import round_floats as round
from tapegrad.ops.pointwise import sigmoid as expit
from tapegrad.ops.reduce import logsumexp
from tapegrad.ops.special.bessel import i0, i0e, i1, i1e
from tapegrad.ops.special.errors import (
    entr,
    erf,
    erfc,
    erfcx,
    erfinv,
    log_ndtr,
    logit,
    ndtr,
    ndtri,
    xlog1py,
)
from tapegrad.ops.special.gamma import digamma, polygamma, zeta
from tapegrad.ops.special.gamma import digamma as psi
from tapegrad.ops.special.gamma import igamma as gammainc
from tapegrad.ops.special.gamma import igammac as gammaincc
from tapegrad.ops.special.gamma import lgamma as gammaln
from tapegrad.ops.special.gamma import mvlgamma as multigammaln

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc",
    "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit",
    "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "sinc", "softmax",
    "xlog1py", "xlogy", "zeta",
]  # fmt: skip

for _name in __all__:  # names of their own in messages
    globals()[_name] = public(f"special_{_name}", globals()[_name])
