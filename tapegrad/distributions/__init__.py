"""Probability distributions: draws, densities, entropies and divergences.

A distribution's parameters are tensors, so densities, and draws where ``has_rsample`` says so, can
be differentiated by them. Source: https://docs.pytorch.org/docs/2.13/distributions.html
"""

from tapegrad.distributions import (
    _kl_across,  # noqa: F401  registers them
    _kl_covariances,  # noqa: F401  registers them
    _kl_formulas,  # noqa: F401  registers them
    constraints,
    dirichlet,
    distribution,
    gamma,
    half,
    relaxed,
    transformed_distribution,
    transforms,
    utils,
)
from tapegrad.distributions.bernoulli import Bernoulli
from tapegrad.distributions.binomial import Binomial
from tapegrad.distributions.categorical import Categorical
from tapegrad.distributions.cauchy import Cauchy
from tapegrad.distributions.constraint_registry import biject_to, transform_to
from tapegrad.distributions.continuous_bernoulli import ContinuousBernoulli
from tapegrad.distributions.dirichlet import Beta, Dirichlet
from tapegrad.distributions.distribution import Distribution, ExponentialFamily
from tapegrad.distributions.exponential import Exponential
from tapegrad.distributions.fishersnedecor import FisherSnedecor
from tapegrad.distributions.gamma import Chi2, Gamma
from tapegrad.distributions.generalized_pareto import GeneralizedPareto
from tapegrad.distributions.geometric import Geometric
from tapegrad.distributions.gumbel import Gumbel
from tapegrad.distributions.half import HalfCauchy, HalfNormal
from tapegrad.distributions.independent import Independent
from tapegrad.distributions.inverse_gamma import InverseGamma
from tapegrad.distributions.kl import kl_divergence, register_kl
from tapegrad.distributions.kumaraswamy import Kumaraswamy
from tapegrad.distributions.laplace import Laplace
from tapegrad.distributions.lkj_cholesky import LKJCholesky
from tapegrad.distributions.logistic_normal import LogisticNormal
from tapegrad.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from tapegrad.distributions.mixture_same_family import MixtureSameFamily
from tapegrad.distributions.multinomial import Multinomial
from tapegrad.distributions.multivariate_normal import MultivariateNormal
from tapegrad.distributions.negative_binomial import NegativeBinomial
from tapegrad.distributions.normal import Normal
from tapegrad.distributions.one_hot_categorical import (
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from tapegrad.distributions.pareto import Pareto
from tapegrad.distributions.poisson import Poisson
from tapegrad.distributions.relaxed import RelaxedBernoulli, RelaxedOneHotCategorical
from tapegrad.distributions.studentT import StudentT
from tapegrad.distributions.transformed_distribution import LogNormal, TransformedDistribution
from tapegrad.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from tapegrad.distributions.uniform import Uniform
from tapegrad.distributions.von_mises import VonMises
from tapegrad.distributions.weibull import Weibull
from tapegrad.distributions.wishart import Wishart

# PyTorch's files that are part of one of ours.
beta, chi2, log_normal, exp_family = dirichlet, gamma, transformed_distribution, distribution
half_cauchy = half_normal = half
relaxed_bernoulli = relaxed_categorical = relaxed

__all__ = [
    "AbsTransform", "AffineTransform", "Bernoulli", "Beta", "Binomial", "CatTransform",
    "Categorical", "Cauchy", "Chi2", "ComposeTransform", "ContinuousBernoulli",
    "CorrCholeskyTransform", "CumulativeDistributionTransform", "Dirichlet", "Distribution",
    "ExpTransform", "Exponential", "ExponentialFamily", "FisherSnedecor", "Gamma",
    "GeneralizedPareto", "Geometric", "Gumbel", "HalfCauchy", "HalfNormal", "Independent",
    "IndependentTransform", "InverseGamma", "Kumaraswamy", "LKJCholesky", "Laplace", "LogNormal",
    "LogisticNormal", "LowRankMultivariateNormal", "LowerCholeskyTransform", "MixtureSameFamily",
    "Multinomial", "MultivariateNormal", "NegativeBinomial", "Normal", "OneHotCategorical",
    "OneHotCategoricalStraightThrough", "Pareto", "Poisson", "PositiveDefiniteTransform",
    "PowerTransform", "RelaxedBernoulli", "RelaxedOneHotCategorical", "ReshapeTransform",
    "SigmoidTransform", "SoftmaxTransform", "SoftplusTransform", "StackTransform",
    "StickBreakingTransform", "StudentT", "TanhTransform", "Transform", "TransformedDistribution",
    "Uniform", "VonMises", "Weibull", "Wishart", "biject_to", "constraints", "identity_transform",
    "kl_divergence", "register_kl", "transform_to", "transforms", "utils",
]  # fmt: skip
