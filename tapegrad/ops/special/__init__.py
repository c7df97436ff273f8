"""Special functions of each element."""

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
from tapegrad.ops.special.gamma import digamma, igamma, igammac, lgamma, mvlgamma, polygamma, zeta

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "i0", "i0e", "i1", "i1e", "igamma",
    "igammac", "lgamma", "log_ndtr", "logit", "mvlgamma", "ndtr", "ndtri", "polygamma", "xlog1py",
    "zeta",
]  # fmt: skip
