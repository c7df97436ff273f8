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
                         "independent(C.positive, 1)", "simplex", "corr_cholesky", "nonnegative",
                         "cat([C.real, C.positive], 0, [1, 2])", "stack([C.real, C.positive], -1)",
                         "cat([C.positive, C.unit_interval], -1)")),
    "D.transform_to(C.lower_cholesky)", "D.transform_to(C.positive_definite)",
    "D.transform_to(C.positive_semidefinite)", "T.AbsTransform()", "T.PowerTransform(2.0)",
    "T.PowerTransform(torch.tensor([1.0, 3.0]))", "T.CorrCholeskyTransform()",
    "T.CumulativeDistributionTransform(D.Normal(0.5, 2.0))",
    "T.CumulativeDistributionTransform(D.Normal(0.5, 2.0)).inv",
    "T.ReshapeTransform((6,), (2, 3))", "T.ReshapeTransform((3, 2), (6,))",
    "T.CatTransform([T.ExpTransform(), T.TanhTransform()], -1)",
    "T.CatTransform([T.StickBreakingTransform(), T.StickBreakingTransform()], 0, [2, 4])",
    "T.StackTransform([T.StickBreakingTransform()] * 6)",
    "T.StackTransform([T.ExpTransform(), T.TanhTransform(), T.AffineTransform(1.0, 2.0)], -2)",
    "T.IndependentTransform(T.StickBreakingTransform(), 1)",
    "T.ComposeTransform([])", "T.ComposeTransform([T.ExpTransform(), T.StickBreakingTransform()])",
    "T.ComposeTransform([T.StickBreakingTransform(), T.AffineTransform(1.0, 2.0)])",
    "T.ComposeTransform([T.AffineTransform(0.0, 2.0), T.CorrCholeskyTransform(), "
    "T.AffineTransform(1.0, 2.0)])",
    "T.ComposeTransform([T.ReshapeTransform((6,), (2, 3)), T.TanhTransform()])",
    "T.ComposeTransform([T.SoftplusTransform(), T.CorrCholeskyTransform()], cache_size=1)",
]
SHAPES = (3, 2), (3, 3), (3, 6), (6, 3), (2, 3, 2)
START = "D = torch.distributions\nT, C = D.transforms, D.constraints\n"


ATTEMPT = """
def attempt(call):
    try:
        return call()
    except (AssertionError, NotImplementedError, RuntimeError, ValueError) as error:
        return type(error).__name__
"""


@pytest.mark.parametrize("made", TRANSFORMS)
def test_values(torch: ModuleType, reference: ModuleType, made: str) -> None:
    """Values, inverses and logarithms of slopes are PyTorch's, for arguments of several shapes."""
    code = f"""
def results(t, x):
    y = attempt(lambda: t(x))
    if isinstance(y, str):
        return y
    return [y, t.inv(y), attempt(lambda: t.log_abs_det_jacobian(x, y)),
            attempt(lambda: t.inv.log_abs_det_jacobian(y, x))]
[results({made}, torch.randn(shape, dtype=torch.float64)) for shape in {SHAPES}]
"""
    assert_alike(START + ATTEMPT + code, torch, reference)


@pytest.mark.parametrize("made", TRANSFORMS)
@pytest.mark.parametrize("turned", ["", ".inv", ".with_cache(1)", ".inv.with_cache().inv"])
def test_description(torch: ModuleType, reference: ModuleType, made: str, turned: str) -> None:
    """Domains, signs and shapes are PyTorch's, both ways round."""
    code = f"""
t = ({made}){turned}
[attempt(lambda: repr(t.domain)), attempt(lambda: repr(t.codomain)), t.bijective,
 attempt(lambda: t.sign), attempt(lambda: t.event_dim), t._cache_size,
 attempt(lambda: t.domain.event_dim), attempt(lambda: t.codomain.event_dim),
 *((attempt(lambda: t.forward_shape(torch.Size(shape))),
    attempt(lambda: t.inverse_shape(torch.Size(shape)))) for shape in {SHAPES})]
"""
    assert_alike(START + ATTEMPT + code, torch, reference)


SMOOTH = [
    "T.StickBreakingTransform()", "T.SoftmaxTransform()", "T.CorrCholeskyTransform()",
    "T.CumulativeDistributionTransform(D.Normal(0.5, 2.0))",
    "T.ComposeTransform([T.AffineTransform(0.0, 2.0), T.StickBreakingTransform()])",
]


@pytest.mark.parametrize("made", SMOOTH)
def test_gradients(torch: ModuleType, reference: ModuleType, made: str) -> None:
    """Values and logarithms of slopes move with the argument as in PyTorch."""
    code = f"""
t, x = {made}, torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
y = t(x)
slope = t.log_abs_det_jacobian(x, y).sum() if t.bijective else 0
(y.cos().sum() + t.inv(y).square().sum() + slope).backward()
x.grad
"""
    assert_alike(START + code, torch, reference)


DISTRIBUTIONS = [
    "D.TransformedDistribution(D.Normal(torch.zeros(4, 2), 1.0), T.StickBreakingTransform())",
    "D.TransformedDistribution(D.Normal(0.0, torch.ones(3)), T.CorrCholeskyTransform())",
    "D.TransformedDistribution(D.Normal(0.0, torch.ones(5, 6)), "
    "[T.ReshapeTransform((6,), (2, 3)), T.ExpTransform()])",
    "D.TransformedDistribution(D.Normal(0.0, torch.ones(6)), "
    "[T.AffineTransform(torch.zeros(2, 1), 2.0), T.StickBreakingTransform()])",
    "D.TransformedDistribution(D.MultivariateNormal(torch.zeros(2), torch.eye(2)), "
    "[T.TanhTransform(), T.StickBreakingTransform()])",
    "D.TransformedDistribution(D.Dirichlet(torch.ones(3)), T.StickBreakingTransform().inv)",
    "D.TransformedDistribution(D.Gamma(2.0, 1.0), T.PowerTransform(torch.tensor([1.0, -2.0])))",
]


@pytest.mark.parametrize("made", DISTRIBUTIONS)
def test_distributions(torch: ModuleType, reference: ModuleType, made: str) -> None:
    """Draws and densities of transformed events of other shapes are PyTorch's."""
    code = f"""
d = {made}
x = d.sample((3,))
[x, d.log_prob(x), repr(d.support), d.batch_shape, d.event_shape,
 d.expand((2, *d.batch_shape)).sample().shape, repr(d.base_dist)]
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
    "T.ReshapeTransform((6,), (5,))", "T.ReshapeTransform((6,), (2, 3)).forward_shape((5,))",
    "T.ReshapeTransform((6,), (2, 3)).inverse_shape((3,))",
    "T.SoftmaxTransform().forward_shape(())", "T.StickBreakingTransform().inverse_shape(())",
    "T.CorrCholeskyTransform().forward_shape((2,))",
    "T.CorrCholeskyTransform().inverse_shape((2, 3))", "T.CatTransform([3])",
    "T.CatTransform([T.ExpTransform()], 0, [1, 2])", "T.StackTransform([3])",
    "T.CatTransform([T.ExpTransform()])(torch.ones(2))",
    "T.CatTransform([T.ExpTransform()], 1)(torch.ones(2))",
    "T.CatTransform([T.ExpTransform()]).inv(torch.ones(2))",
    "T.CatTransform([T.ExpTransform()]).log_abs_det_jacobian(torch.ones(1), torch.ones(2))",
    "T.StackTransform([T.ExpTransform()])(torch.ones(2))",
    "T.StackTransform([T.ExpTransform()], 1).inv(torch.ones(2))",
    "T.StackTransform([T.ExpTransform()]).log_abs_det_jacobian(torch.ones(2), torch.ones(1))",
    "t = T.CorrCholeskyTransform(); t.inv is t.inv, t.inv.inv is t",
    "t = T.ComposeTransform([T.ExpTransform()]); t.inv is t.inv, t.inv.inv is t, repr(t.inv)",
    "T.ExpTransform().inv == T.ExpTransform().inv, T.ExpTransform() == T.TanhTransform()",
    "T.AffineTransform(1.0, torch.ones(2)) == T.AffineTransform(1.0, torch.ones(2))",
    "T.AffineTransform(1.0, 2.0) == T.AffineTransform(1.0, 3.0), T.PowerTransform(2.0) == 2",
    "T.ComposeTransform([T.ExpTransform()]) == T.ComposeTransform([T.ExpTransform()])",
    "t = T.StickBreakingTransform().with_cache(); x = torch.ones(2); t.inv(t(x)) is x",
    "t = T.ComposeTransform([T.ExpTransform()], 1); x = torch.ones(2); t.inv(t(x)) is x",
    "t = T.StackTransform([T.ExpTransform()], 0, 1); t._cache_size, t.transforms[0]._cache_size",
    "class Own(T.Transform):\n    def __init__(self): super().__init__()\nOwn().with_cache().sign",
    "D.LogNormal(0.0, 1.0).cdf(torch.tensor(-1.0))",
    "import pickle; t = T.AffineTransform(1.0, 2.0); t.inv; pickle.loads(pickle.dumps(t)) == t",
    "hash(T.AffineTransform(1.0, 2.0))", "hash(T.PowerTransform(2.0))",
    "D.biject_to(C.boolean)", "D.biject_to(C.lower_cholesky)", "D.biject_to(C.positive_definite)",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), T.StickBreakingTransform())",
    "D.biject_to.register(3, len)",
])
def test_details(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """Caches, descriptions and mistakes are PyTorch's."""
    assert_alike(START + code, torch, reference)
