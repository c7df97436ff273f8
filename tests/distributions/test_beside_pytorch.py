"""Every distribution beside PyTorch: draws for the same seed, densities, moments, gradients."""

from types import ModuleType

import pytest
from beside import assert_alike

T = "torch.tensor"
DISTRIBUTIONS = {
    "D.Normal(0.5, 2.0)": "randn",
    f"D.Normal({T}([0., 1.]), {T}([[1.], [3.]]))": "randn",
    "D.Laplace(0.5, 2.0)": "randn",
    f"D.Laplace({T}([0., 1.]), {T}([1., 3.]))": "randn",
    "D.Cauchy(0.5, 2.0)": "randn",
    f"D.Cauchy({T}([0., 1.]), {T}([1., 3.]))": "randn",
    f"D.StudentT({T}([0.5, 1.5, 3.0, 10.0]))": "randn",
    "D.StudentT(2.5, 1.0, 3.0)": "randn",
    "D.Uniform(-1.0, 2.0)": "rand",
    f"D.Uniform({T}([-1., 0.]), {T}([2., 1.]))": "rand",
    "D.Exponential(0.5)": "rand", f"D.Exponential({T}([0.2, 4.0]))": "rand",
    "D.Gamma(2.0, 3.0)": "rand",
    f"D.Gamma({T}([0.1, 0.9, 4.0, 30.0]), {T}([1.0, 2.0, 0.5, 3.0]))": "rand",
    f"D.Chi2({T}([0.5, 3.0, 50.0]))": "rand",
    f"D.Beta({T}([0.3, 2.0, 9.0, 5.0]), {T}([0.4, 3.0, 20.0, 0.6]))": "rand",
    "D.Beta(2.0, 3.0)": "rand",
    f"D.Dirichlet({T}([0.5, 2.0, 3.0]))": "simplex",
    f"D.Dirichlet({T}([[9.0, 8.0, 20.0], [0.1, 0.2, 0.3]]))": "simplex",
    "D.Bernoulli(0.3)": "coin", f"D.Bernoulli({T}([0.0, 0.5, 0.9]))": "coin",
    f"D.Bernoulli(logits={T}([-1.0, 0.0, 2.0]))": "coin",
    f"D.Geometric({T}([0.2, 0.9]))": "count", f"D.Geometric(logits={T}([-1.0, 2.0]))": "count",
    "D.Binomial(5, 0.3)": "coin", f"D.Binomial(100, {T}([0.05, 0.3, 0.9]))": "count",
    f"D.Binomial(3, logits={T}([-1.0, 0.0, 2.0]))": "coin",
    f"D.Poisson({T}([0.5, 4.0, 40.0]))": "count",
    f"D.Categorical({T}([0.2, 0.5, 0.3]))": "coin",
    f"D.Categorical(logits={T}([[0.2, 0.5, -0.3], [1.0, 2.0, 3.0]]))": "coin",
    f"D.OneHotCategorical({T}([0.2, 0.5, 0.3]))": "draw",
    f"D.OneHotCategorical(logits={T}([[0.2, 0.5, -0.3], [1.0, 2.0, 3.0]]))": "draw",
    f"D.OneHotCategoricalStraightThrough({T}([0.2, 0.5, 0.3]))": "draw",
    "D.LogNormal(0.5, 0.3)": "rand", f"D.LogNormal({T}([0.5, 1.0]), 0.3)": "rand",
    "D.TransformedDistribution(D.Normal(torch.zeros(2), 2.0), D.transforms.SigmoidTransform())":
        "rand",
    "D.TransformedDistribution(D.Normal(0.0, 1.0), [D.transforms.TanhTransform(), "
    "D.transforms.AffineTransform(1.0, -2.0)])": "draw",
    f"D.TransformedDistribution(D.Uniform(0.0, 1.0), [D.transforms.AffineTransform({T}([1.0, 2.0]),"
    f" {T}([1.0, 3.0])), D.transforms.SoftplusTransform(), D.transforms.PowerTransform(2.0)])":
        "draw",
    "D.MultivariateNormal(torch.ones(2), torch.eye(2) * 2 + 1)": "draw",
    "D.MultivariateNormal(torch.ones(3, 2), precision_matrix=torch.eye(2) * 2 + 1)": "draw",
    "D.MultivariateNormal(torch.ones(2), scale_tril=torch.eye(2) + torch.eye(3)[:2, 1:])": "draw",
    f"D.ContinuousBernoulli({T}([0.0, 0.2, 0.4995, 0.5, 0.9]))": "rand",
    f"D.ContinuousBernoulli(logits={T}([[-30.0, 0.001], [2.0, 0.0]]))": "rand",
    "D.ContinuousBernoulli(0.3, lims=(0.2, 0.6))": "rand",
    f"D.VonMises({T}([0.5, -3.0, 9.0]), {T}([1e-6, 2.0, 60.0]))": "randn",
    "D.VonMises(0.5, 4.0)": "randn",
    f"D.GeneralizedPareto(0.1, 2.0, {T}([0.4, 0.7, 1.5, 0.0]))": "draw",
    f"D.GeneralizedPareto({T}([[0.0], [1.0]]), 2.0, {T}([-1.0, -0.3]))": "draw",
    "D.GeneralizedPareto(0.5, 1.0, 0.2)": "draw",
    f"D.LowRankMultivariateNormal(torch.ones(3), {T}([[1.0], [0.5], [-2.0]]), "
    f"{T}([0.5, 1.0, 2.0]))": "randn",
    "D.LowRankMultivariateNormal(torch.ones(2, 1, 4), torch.arange(8.0).view(4, 2) / 8, "
    "torch.ones(3, 4))": "randn",
    "D.Wishart(4.0, torch.eye(3) + 0.5)": "draw",
    f"D.Wishart({T}([3.0, 5.5]), precision_matrix=torch.eye(2) * 2 + 1)": "draw",
    f"D.Wishart({T}([[3.0], [5.5]]), scale_tril={T}([[[1.0, 0.0], [0.5, 2.0]]] * 3))": "draw",
    "D.LKJCholesky(2)": "draw", f"D.LKJCholesky(4, {T}([0.5, 3.0]))": "draw",
    "D.HalfNormal(2.0)": "rand", f"D.HalfNormal({T}([[1.0], [3.0]]))": "rand",
    "D.HalfCauchy(2.0)": "rand", f"D.HalfCauchy({T}([0.5, 3.0]))": "rand",
    "D.Gumbel(0.5, 2.0)": "randn", f"D.Gumbel({T}([0., 1.]), {T}([[1.], [3.]]))": "randn",
    f"D.Pareto(1.0, {T}([0.5, 1.5, 3.0]))": "draw", "D.Pareto(2.0, 3.0)": "draw",
    f"D.Weibull({T}([1.0, 2.0]), {T}([0.5, 3.0]))": "rand", "D.Weibull(2.0, 3.0)": "rand",
    f"D.Kumaraswamy({T}([0.5, 2.0, 3.0]), {T}([2.0, 0.6, 4.0]))": "rand",
    f"D.InverseGamma({T}([0.5, 1.5, 4.0]), 2.0)": "rand", "D.InverseGamma(2.0, 3.0)": "rand",
    f"D.FisherSnedecor({T}([0.5, 2.5, 9.0]), {T}([1.5, 3.0, 9.0]))": "rand",
    "D.FisherSnedecor(4.0, 5.0)": "rand", "D.NegativeBinomial(4, 0.3)": "count",
    f"D.NegativeBinomial({T}([0.0, 2.5]), logits={T}([-1.0, 0.5]))": "count",
    "D.LogisticNormal(0.5, 2.0)": "draw", "D.LogisticNormal(torch.zeros(3, 2), 1.0)": "draw",
    f"D.RelaxedBernoulli({T}(0.7), 0.3)": "draw",
    f"D.RelaxedBernoulli({T}(2.0), logits={T}([[0.2, -1.0], [3.0, 0.0]]))": "draw",
    f"D.RelaxedOneHotCategorical({T}(0.7), {T}([0.2, 0.5, 0.3]))": "draw",
    f"D.RelaxedOneHotCategorical({T}(2.0), logits={T}([[0.2, -0.3], [1.0, 3.0]]))": "draw",
    f"D.Multinomial(5, {T}([0.2, 0.5, 0.3]))": "draw",
    f"D.Multinomial(3, logits={T}([[0.2, 0.5, -inf], [1.0, 2.0, 3.0]]))": "draw",
    f"D.MixtureSameFamily(D.Categorical({T}([0.2, 0.8])), D.Normal({T}([0., 1.]), 2.0))": "randn",
    "D.MixtureSameFamily(D.Categorical(torch.ones(3, 2)), D.Gamma(torch.ones(3, 2), 2.0))": "rand",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), "
    "D.Independent(D.Normal(torch.zeros(3, 2, 4), 1.0), 1))": "randn",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Poisson(torch.ones(3, 4, 2)))": "draw",
    "D.Independent(D.Normal(torch.zeros(3, 2), torch.ones(2)), 1)": "randn",
    "D.Independent(D.Bernoulli(torch.rand(3, 2)), 2)": "coin",
}
VALUES = """
D = torch.distributions
VALUES = {
    "randn": lambda d: torch.randn(4, *d._extended_shape()),
    "rand": lambda d: torch.rand(4, *d._extended_shape()),
    "simplex": lambda d: torch.rand(4, *d._extended_shape()).softmax(-1),
    "coin": lambda d: (torch.rand(4, *d._extended_shape()) > 0.5).float(),
    "count": lambda d: torch.arange(4.0).view(-1, *(1,) * len(d.batch_shape)),
    "draw": lambda d: d.sample((4,)),
}
def attempt(call):
    try:
        return call()
    except NotImplementedError as error:
        return type(error).__name__
def inputs(d):
    given = [v for v in d.__dict__.values() if isinstance(v, torch.Tensor)]
    base = getattr(d, "_dirichlet", None) or getattr(d, "_categorical", None)
    return given + (inputs(base) if base is not None else [])
"""
CHECKS = {
    "draws": "torch.manual_seed(3); [d.sample(), d.sample((2, 3)), d.sample((5,)).shape]",
    "densities": "[attempt(lambda: getattr(d, name)(value)) for name in ('log_prob', 'cdf')]",
    "quantiles": "attempt(lambda: d.icdf(torch.rand(3, *d.batch_shape)))",
    "moments": "[attempt(lambda: getattr(d, name)) for name in "
               "('mean', 'variance', 'stddev', 'mode', 'batch_shape', 'event_shape')]",
    "entropy": "[attempt(d.entropy), attempt(d.perplexity)]",
    "description": "repr(d), repr(d.support), d.has_rsample, d.has_enumerate_support, "
                   "{k: repr(v) for k, v in type(d).arg_constraints.items()} "
                   "if isinstance(type(d).arg_constraints, dict) else None",
    "expansion": "e = d.expand((2, *d.batch_shape)); torch.manual_seed(1); "
                 "[e.sample(), e.batch_shape, repr(e), e.log_prob(e.sample())]",
    "expanded entropy": "attempt(d.expand((2, *d.batch_shape)).entropy)",
    "enumeration": "[attempt(lambda: d.enumerate_support(e)) for e in (True, False)]",
}


LOST = "Multinomial", "expanded entropy"  # PyTorch's expand drops what its entropy needs


@pytest.mark.parametrize(("distribution", "check"), [
    (distribution, check) for distribution in DISTRIBUTIONS for check in CHECKS
    if not (LOST[0] in distribution and check == LOST[1])
])  # fmt: skip
def test_same_numbers(
    torch: ModuleType, reference: ModuleType, distribution: str, check: str
) -> None:
    """Draws for the same seed, densities, moments and descriptions are PyTorch's."""
    made = f"{VALUES}\nd = {distribution}\nvalue = VALUES['{DISTRIBUTIONS[distribution]}'](d)\n"
    assert_alike(made + CHECKS[check], torch, reference)


def test_expanded_multinomial_has_entropy(tapegrad: ModuleType) -> None:
    """Each of the repeated distributions has the entropy of the one; PyTorch's have none."""
    d = tapegrad.distributions.Multinomial(4, tapegrad.tensor([0.2, 0.8]))

    assert d.expand((3,)).entropy().tolist() == [d.entropy().item()] * 3


FILES = {
    "beta": "Beta", "chi2": "Chi2", "exp_family": "ExponentialFamily", "half_cauchy": "HalfCauchy",
    "half_normal": "HalfNormal", "log_normal": "LogNormal",
    "relaxed_bernoulli": "RelaxedBernoulli", "relaxed_categorical": "ExpRelaxedCategorical",
    "von_mises": "VonMises", "multivariate_normal": "MultivariateNormal",
}  # fmt: skip


@pytest.mark.parametrize(("file", "name"), FILES.items())
def test_file_of_pytorch(torch: ModuleType, file: str, name: str) -> None:
    """Programs find a distribution in the file where PyTorch keeps it."""
    found = getattr(getattr(torch.distributions, file), name)

    assert issubclass(found, torch.distributions.Distribution)


DIFFERENTIABLE = [
    ("D.Gumbel(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Pareto(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Weibull(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Kumaraswamy(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.InverseGamma(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.FisherSnedecor(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.LogisticNormal(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.RelaxedBernoulli(b[0], logits=a)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.RelaxedOneHotCategorical(b[1], logits=a)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.HalfNormal(b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.HalfCauchy(b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Normal(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Laplace(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Cauchy(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Uniform(a, b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.StudentT(b, a)", "[0.3, 1.0]", "[0.5, 9.0]"),
    ("D.Exponential(a * b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.Gamma(a, b)", "[0.1, 0.6, 2.0, 7.5, 30.0, 500.0]", "[0.5, 2.0, 1.0, 1.0, 3.0, 1.0]"),
    ("D.Beta(a, b)", "[0.1, 0.6, 2.0, 7.5, 30.0, 9.0]", "[0.5, 2.0, 0.3, 7.0, 80.0, 1.5]"),
    ("D.Dirichlet(torch.stack([a, b, a * b], -1))", "[0.1, 2.0, 9.0]", "[0.5, 1.0, 12.0]"),
    ("D.MultivariateNormal(a, torch.diag(b) + 0.1)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.LowRankMultivariateNormal(a, b.view(2, 1), a + b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.ContinuousBernoulli(logits=a * b)", "[0.3, 0.0]", "[0.5, 2.0]"),
    ("D.ContinuousBernoulli(a / b)", "[0.3, 1.0]", "[0.5, 2.0]"),
    ("D.GeneralizedPareto(a.float(), b.float(), a.float() - 1)", "[0.3, 1.0]", "[0.5, 2.0]"),
]


@pytest.mark.parametrize(("made", "a", "b"), DIFFERENTIABLE)
@pytest.mark.parametrize("result", ["d.rsample((7,))", "d.log_prob(d.sample((3,)))"])
def test_same_gradients(
    torch: ModuleType, reference: ModuleType, made: str, a: str, b: str, result: str
) -> None:
    """Draws and densities move with the parameters as in PyTorch."""
    dtype = "float32" if "rsample" in result else "float64"  # draws are compared as they come
    code = f"""
D = torch.distributions
a = torch.tensor({a}, requires_grad=True, dtype=torch.{dtype})
b = torch.tensor({b}, requires_grad=True, dtype=torch.{dtype})
d = {made}
out = {result}
(out * torch.arange(out.numel()).view(out.shape)).sum().backward()
[out, a.grad, b.grad]
"""
    assert_alike(code, torch, reference)


DENSITIES = [
    "D.NegativeBinomial(b, logits=a)", "D.Multinomial(4, b)", "D.Multinomial(4, logits=a)",
    "D.MixtureSameFamily(D.Categorical(logits=a), D.Normal(a, b))",
    "D.VonMises(a, b * 3)", "D.LKJCholesky(3, b)",
]


@pytest.mark.parametrize("made", DENSITIES)
def test_same_slopes_of_densities(torch: ModuleType, reference: ModuleType, made: str) -> None:
    """Densities of what cannot be drawn with a gradient move with the parameters."""
    code = f"""
D = torch.distributions
a = torch.tensor([0.3, 1.0], requires_grad=True, dtype=torch.float64)
b = torch.tensor([0.5, 2.0], requires_grad=True, dtype=torch.float64)
d = {made}
d.log_prob(d.sample((3,))).pow(2).sum().backward()
[a.grad, b.grad]
"""
    assert_alike(code, torch, reference)


CONTINUOUS = [
    "D.Beta(pa, pb)", "D.ContinuousBernoulli(qa / 2)", "D.Chi2(qa)", "D.Exponential(qb)",
    "D.Gamma(pb, qa)", "D.Gumbel(pa, qb)", "D.Laplace(qa, qb)", "D.Normal(pa, qb)",
    "D.Pareto(qb, pa)", "D.Pareto(pa, pb)",
    "D.Uniform(pa / 9, pb / 4)", "D.Uniform(-pa, pb)",
]
PAIRS = [
    *(f"{make('p')}, {make('q')}" for make in (
        "D.Normal({0}a, {0}b)".format, "D.Laplace({0}a, {0}b)".format,
        "D.Cauchy({0}a, {0}b)".format, "D.Gamma({0}a, {0}b)".format,
        "D.Beta({0}a, {0}b)".format, "D.Exponential({0}a)".format, "D.Poisson({0}a)".format,
        "D.Bernoulli({0}a / 9)".format, "D.Geometric({0}a / 9)".format,
        "D.Categorical({0}a)".format, "D.OneHotCategorical({0}a)".format,
        "D.Dirichlet({0}a)".format, "D.Binomial(3, {0}a / 9)".format, "D.Chi2({0}a)".format,
        "D.Uniform(-{0}a, {0}b)".format, "D.Independent(D.Normal({0}a, {0}b), 1)".format,
        "D.MultivariateNormal({0}a, torch.diag({0}b) + 0.1)".format,
        "D.ContinuousBernoulli({0}a / 9)".format, "D.Wishart({0}b + 1, torch.eye(2))".format,
        "D.LowRankMultivariateNormal({0}a, {0}b.view(2, 1), {0}a + {0}b)".format)),
    "D.MultivariateNormal(pa, torch.diag(pb)), "
    "D.LowRankMultivariateNormal(qa, qb.view(2, 1), qa + qb)",
    "D.LowRankMultivariateNormal(pa, pb.view(2, 1), pa + pb), "
    "D.MultivariateNormal(qa, torch.diag(qb))",
    *(f"D.LowRankMultivariateNormal(torch.ones(3), torch.ones(3, 1), torch.ones(3)), D.{q}"
      for q in ("LowRankMultivariateNormal(qa, qb.view(2, 1), qa)",
                "MultivariateNormal(qa, torch.eye(2))")),
    "D.MultivariateNormal(torch.ones(3), torch.eye(3)), "
    "D.LowRankMultivariateNormal(qa, qb.view(2, 1), qa)",
    "D.Normal(pa, pb), D.Cauchy(qa, qb)", "D.HalfNormal(pa), D.HalfNormal(qa)",
    "D.LogNormal(pa, pb), D.LogNormal(qa, qb)", "D.LogNormal(pa, pb), D.HalfNormal(qb)",
    "D.Bernoulli(pa / 9), D.Poisson(qa)", "D.Poisson(pa), D.Bernoulli(qa / 9)",
    "D.Poisson(pa), D.Binomial(3, qa / 9)", "D.Normal(pa, pb), D.Poisson(qa)",
    "D.Uniform(pa, pb + 1), D.Pareto(qa / 9, qb)", "D.Beta(pa, pb), D.Uniform(-qa, qb)",
    *(f"{p}, {q}" for p in CONTINUOUS for q in CONTINUOUS),
    "D.Bernoulli(torch.tensor([0.0, 1.0, 0.5])), D.Bernoulli(torch.tensor([0.5, 0.0, 1.0]))",
    "D.Categorical(torch.tensor([0.0, 1.0])), D.Categorical(torch.tensor([1.0, 0.0]))",
    "D.Binomial(2, pa / 9), D.Binomial(3, qa / 9)", "D.Binomial(3, pa / 9), D.Binomial(2, qa / 9)",
]


@pytest.mark.parametrize("pair", PAIRS)
def test_divergences(torch: ModuleType, reference: ModuleType, pair: str) -> None:
    """The Kullback-Leibler divergence of each pair is PyTorch's, or its refusal."""
    code = f"""
D = torch.distributions
pa, pb = torch.tensor([0.5, 2.0]), torch.tensor([1.0, 3.0])
qa, qb = torch.tensor([1.5, 0.7]), torch.tensor([2.0, 4.0])
D.kl_divergence({pair})
"""
    assert_alike(code, torch, reference)


MISTAKES = [
    "D.Normal(0.0, -1.0)", "D.Normal(torch.zeros(2), torch.tensor([1.0, nan]))",
    "D.Normal('a', 1.0)", "D.Uniform(1.0, 0.0)", "D.Bernoulli(1.5)", "D.Bernoulli()",
    "D.Bernoulli(0.5, 0.5)", "D.Geometric(0.0)", "D.Categorical(torch.tensor(0.5))",
    "D.Categorical(torch.tensor([-1.0, 2.0]))", "D.Categorical(logits=torch.tensor(0.5))",
    "D.Dirichlet(torch.tensor(1.0))", "D.Dirichlet(torch.tensor([0.0, 1.0]))",
    "D.Gamma(0.0, 1.0)", "D.Beta(1.0, 0.0)", "D.Binomial(-1, 0.5)", "D.Poisson(-1.0)",
    "D.MultivariateNormal(torch.zeros(2))", "D.MultivariateNormal(torch.tensor(0.0), torch.eye(2))",
    "D.MultivariateNormal(torch.zeros(2), torch.ones(2))",
    "D.MultivariateNormal(torch.zeros(2), -torch.eye(2))",
    "D.Independent(D.Normal(0.0, 1.0), 1)", "D.Normal(0.0, 1.0).log_prob(1)",
    "D.Normal(torch.zeros(2), 1.0).log_prob(torch.zeros(3))",
    "D.Dirichlet(torch.ones(3)).log_prob(torch.ones(2))",
    "D.Bernoulli(0.5).log_prob(torch.tensor(0.5))", "D.Poisson(1.0).log_prob(torch.tensor(-1.0))",
    "D.Binomial(3, 0.5).log_prob(torch.tensor([4.0]))",
    "D.Categorical(torch.ones(3)).log_prob(torch.tensor(3))",
    "D.Multinomial(torch.tensor(3), torch.ones(2))", "D.Multinomial(3)",
    "D.Multinomial(-1, torch.ones(2))", "D.Multinomial(3, torch.tensor(0.5))",
    "D.Multinomial(3, torch.ones(2)).log_prob(torch.tensor([2.0, 2.0]))",
    "D.Multinomial(3, torch.ones(2)).log_prob(torch.tensor([-2.0, 2.0]))",
    "D.HalfNormal(-1.0)", "D.HalfCauchy(0.0)",
    "D.HalfNormal(1.0).log_prob(torch.tensor(-1.0))", "D.HalfCauchy(1.0).log_prob(1.0)",
    "D.HalfCauchy(1.0, validate_args=False).log_prob(torch.tensor([-1.0, 1.0]))",
    "D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(0.0, 1.0))",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), 3)",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Normal(torch.zeros(3), 1.0))",
    "D.MixtureSameFamily(D.Categorical(torch.ones(3, 2)), D.Normal(torch.zeros(4, 2), 1.0))",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Normal(0.0, 1.0))",
    "D.MixtureSameFamily(D.Categorical(torch.ones(2)), D.Gamma(torch.ones(2), 1.0)).log_prob("
    "torch.tensor(-1.0))",
    "D.Normal(0.0, -1.0, validate_args=False).scale",
    "D.ContinuousBernoulli()", "D.ContinuousBernoulli(1.5, validate_args=True)",
    "D.ContinuousBernoulli(1.5).probs", "D.ContinuousBernoulli(0.5).log_prob(torch.tensor(2.0))",
    "D.VonMises(0.0, -1.0)", "D.GeneralizedPareto(0.0, -1.0, 1.0)",
    "D.GeneralizedPareto(0.0, 1.0, -1.0).log_prob(torch.tensor(3.0))",
    "D.LKJCholesky(1)", "D.LKJCholesky(2, -1.0)", "D.LKJCholesky(2).log_prob(torch.ones(2, 2))",
    "D.LowRankMultivariateNormal(torch.tensor(1.0), torch.ones(1, 1), torch.ones(1))",
    "D.LowRankMultivariateNormal(torch.ones(2), torch.ones(2), torch.ones(2))",
    "D.LowRankMultivariateNormal(torch.ones(2), torch.ones(3, 1), torch.ones(2))",
    "D.LowRankMultivariateNormal(torch.ones(2), torch.ones(2, 1), torch.ones(3))",
    "D.LowRankMultivariateNormal(torch.ones(3, 2), torch.ones(4, 2, 1), torch.ones(2))",
    "D.LowRankMultivariateNormal(torch.ones(2), torch.ones(2, 1), -torch.ones(2))",
    "D.Wishart(3.0)", "D.Wishart(3.0, torch.eye(2), torch.eye(2))",
    "D.Wishart(3.0, torch.ones(2))", "D.Wishart(1.0, torch.eye(2))",
    "D.Wishart(3.0, -torch.eye(2))", "D.Wishart(torch.ones(2) * 3, torch.eye(2)).log_prob("
    "-torch.eye(2))",
    "D.Distribution.set_default_validate_args(3)",
    "D.Binomial(torch.tensor([1, 2]), 0.5).entropy()",
    "D.utils.vec_to_tril_matrix(torch.arange(4.0))",
    "D.utils.vec_to_tril_matrix(torch.arange(6.0))",
    "D.utils.tril_matrix_to_vec(torch.arange(9.0).view(3, 3), -1)",
    "D.utils.tril_matrix_to_vec(torch.ones(2, 2), 5)",
    "class Own(D.Normal):\n    def __init__(self): super().__init__(0.0, 1.0)\nOwn().expand((2,))",
    "class Own(D.Normal): pass\nOwn(0.0, 1.0).expand((2,)).loc",
]


@pytest.mark.parametrize("code", MISTAKES)
def test_mistakes(torch: ModuleType, reference: ModuleType, code: str) -> None:
    """What is refused is refused in PyTorch's words."""
    assert_alike("D = torch.distributions\n" + code, torch, reference)
