"""Transforms and the constraints that they lead to, beside PyTorch."""

from types import ModuleType

import pytest
from beside import assert_alike

TRANSFORMS = [
    "T.ExpTransform()", "T.SigmoidTransform()", "T.TanhTransform()", "T.SoftplusTransform()",
    "T.AffineTransform(1.0, 2.0)", "T.AffineTransform(torch.ones(2), -torch.ones(2))",
    "T.AffineTransform(1.0, 2.0, event_dim=1)", "T.ExpTransform().inv.inv",
    "T.ComposeTransform([T.TanhTransform(), T.AffineTransform(0.5, 3.0)])",
    "T.IndependentTransform(T.ExpTransform(), 1)",
    *(f"D.{registry}(C.{constraint})" for registry in ("biject_to", "transform_to")
      for constraint in ("real", "positive", "greater_than(2.0)", "less_than(2.0)",
                         "interval(1.0, 4.0)", "unit_interval", "half_open_interval(0.0, 3.0)",
                         "independent(C.positive, 1)")),
]
START = "D = torch.distributions\nT, C = D.transforms, D.constraints\n"


@pytest.mark.parametrize("made", TRANSFORMS)
def test_values(torch: ModuleType, reference: ModuleType, made: str) -> None:
    """Values, inverses, logarithms of slopes and domains are PyTorch's."""
    code = f"""
t, x = {made}, torch.randn(3, 2)
y = t(x)
[y, t.inv(y), t.log_abs_det_jacobian(x, y), repr(t.domain), repr(t.codomain), t.bijective, t.sign,
 t.forward_shape(x.shape), t.inverse_shape(x.shape)]
"""
    assert_alike(START + code, torch, reference)


@pytest.mark.parametrize("code", [
    "t = T.ExpTransform(cache_size=1); x = torch.ones(2); t.inv(t(x)) is x",
    "T.ExpTransform(cache_size=2)", "T.ExpTransform() == T.ExpTransform()",
    "repr(T.ExpTransform()), repr(T.ExpTransform().inv)",
    "T.IndependentTransform(T.ExpTransform(), 2)(torch.ones(2))",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), 3)",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), [3])",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), T.IndependentTransform(T.ExpTransform(), 1))",
    "D.biject_to(C.boolean)", "D.biject_to.register(3, len)",
])
def test_details(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Caches, descriptions and mistakes are PyTorch's."""
    assert_alike(START + code, torch, reference)
