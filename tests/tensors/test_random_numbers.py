"""The same seed gives PyTorch's numbers: stored from PyTorch 2.13 after ``manual_seed(0)``."""

import warnings

import numpy as np
import pytest
from support import evaluate

EXACT = [
    ("torch.zeros(6, dtype=torch.int64).geometric_(0.2)",
     [1, 2, 4, 1, 2, 2]),
    ("torch.multinomial(torch.tensor([0.1, 0.2, 0.3, 0.4]), 6, replacement=True)",
     [3, 3, 2, 3, 3, 3]),
    ("torch.multinomial(torch.tensor([[0.1, 0.2, 0.7], [0.5, 0.4, 0.1]]), 2)",
     [[2, 1], [1, 0]]),
    ("torch.multinomial(torch.tensor([0.1, 0.2, 0.7]), 1, True)",
     [2]),
    ("torch.rand(3)",
     [0.49625658988952637, 0.7682217955589294, 0.08847743272781372]),
    ("torch.rand(2, 2, dtype=torch.float64)",
     [[0.9700530018065531, 0.707819864399788], [0.45938294312745087, 0.9207476841219603]]),
    ("torch.rand(5, dtype=torch.float16)",
     [0.496337890625, 0.76806640625, 0.0885009765625, 0.132080078125, 0.307373046875]),
    ("torch.randint(10, (8,))",
     [4, 9, 3, 0, 3, 9, 7, 3]),
    ("torch.randint(-5, 5, (2, 4))",
     [[-1, 4, -2, -5], [-2, 4, 2, -2]]),
    ("torch.randint(0, 2**31, (3,))",
     [398764591, 1478610112, 1537364731]),
    ("torch.randint(0, 2**28, (3,))",
     [130329135, 136432832, 195187451]),
    ("torch.randint(0, 2**28 - 1, (3,))",
     [209652404, 130329144, 118924928]),
    ("torch.randint(0, 2**32 - 1, (2,))",
     [608416988, 2402841398]),
    ("torch.randint(0, 2**32, (2,))",
     [2546248239, 3626093760]),
    ("torch.randint(0, 2**40, (3,))",
     [741280623151, 506137267392, 291447657211]),
    ("torch.randint(-(2**62), 2**62, (2,))",
     [-3711235831533098449, -642142871786238784]),
    ("torch.randint(0, 100, (4,), dtype=torch.int32)",
     [44, 39, 33, 60]),
    ("torch.randint(0, 2, (6,), dtype=torch.bool)",
     [False, True, True, False, True, True]),
    ("torch.randint(0, 9, (3,), dtype=torch.float32)",
     [8.0, 0.0, 2.0]),
    ("torch.randint(0, 255, (4,), dtype=torch.uint8)",
     [194, 54, 233, 135]),
    ("torch.randperm(1)",
     [0]),
    ("torch.randperm(10)",
     [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]),
    ("torch.randperm(5, dtype=torch.int32)",
     [4, 0, 1, 3, 2]),
    ("torch.bernoulli(torch.full((10,), 0.3))",
     [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ("torch.bernoulli(torch.tensor([0.0, 1.0, 0.5, 0.9]))",
     [0.0, 1.0, 1.0, 1.0]),
    ("torch.zeros(8).bernoulli_(0.5)",
     [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
    ("torch.zeros(3).uniform_(-2, 3)",
     [0.48128294944763184, 1.841109037399292, -1.5576128959655762]),
    ("torch.zeros(3, dtype=torch.float64).uniform_(-2, 3)",
     [2.8502650090327655, 1.5390993219989397, 0.29691471563725436]),
    ("torch.nn.functional.dropout(torch.ones(10), 0.4)",
     [0.0, 0.0, 1.6666666269302368, 0.0, 0.0, 0.0, 1.6666666269302368, 1.6666666269302368,
      1.6666666269302368, 1.6666666269302368]),
    ("torch.rand(3) * 0 + torch.rand(3)",
     [0.13203048706054688, 0.30742281675338745, 0.6340786814689636]),
    ("torch.rand_like(torch.zeros(2))",
     [0.49625658988952637, 0.7682217955589294]),
]
CLOSE = [
    ("torch.zeros(3).exponential_()",
     [3.508326292037964, 1.2303847074508667, 0.615044116973877]),
    ("torch.zeros(3, dtype=torch.float64).exponential_(0.5)",
     [7.016652373415284, 2.4607695283593536, 1.230088187788023]),
    ("torch.zeros(3).cauchy_(1, 2)",
     [22.195459365844727, 2.5295345783233643, 0.743401288986206]),
    ("torch.zeros(4, dtype=torch.float64).log_normal_(0.0, 0.25)",
     [1.469980340748897, 0.9292688113368995, 0.5800173016134106, 1.1527009252672864]),
    ("torch.poisson(torch.tensor([0.0, 0.5, 4.0, 20.0, 300.0]))",
     [0.0, 2.0, 5.0, 17.0, 282.0]),
    ("torch.normal(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0]))",
     [1.7704980373382568, 1.119713306427002]),
    ("torch.normal(1.0, torch.tensor([0.5, 3.0]))",
     [1.7704980373382568, 0.11971330642700195]),
    ("torch.normal(torch.tensor([1.0, 2.0]), 4.0)",
     [7.163984298706055, 0.8262844085693359]),
    ("torch.nn.functional.rrelu(torch.tensor([-1.0, 2.0, -3.0]), training=True)",
     [-0.3270943760871887, 2.0, -0.8173874616622925]),
    ("torch.nn.functional.alpha_dropout(torch.ones(4), 0.4, True)",
     [-0.9106420278549194, -0.9106420278549194, 1.4703772068023682, -0.9106420278549194]),
    ("torch.nn.functional.dropout2d(torch.ones(1, 6, 1, 1), 0.4).flatten()",
     [0.0, 0.0, 1.6666666269302368, 0.0, 0.0, 0.0]),
    ("torch.nn.functional.feature_alpha_dropout(torch.ones(2, 3), 0.5, True)",
     [[-0.7791939377784729, -0.7791939377784729, 1.6655988693237305],
      [-0.7791939377784729, -0.7791939377784729, -0.7791939377784729]]),
    ("torch.randn(1)",
     [1.5409960746765137]),
    ("torch.randn(3)",
     [1.5409960746765137, -0.293428897857666, -2.1787893772125244]),
    ("torch.randn(15)",
     [1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991,
      -1.0845223665237427, -1.3985954523086548, 0.40334683656692505, 0.8380263447761536,
      -0.7192575931549072, -0.40334352850914, -0.5966353416442871, 0.18203648924827576,
      -0.8566746115684509, 1.1006041765213013, -1.0711873769760132]),
    ("torch.randn(16)",
     [-1.1258398294448853, -1.152360200881958, -0.2505785822868347, -0.4338788092136383,
      0.8487103581428528, 0.6920091509819031, -0.31601276993751526, -2.1152193546295166,
      0.32227492332458496, -1.2633347511291504, 0.34998318552970886, 0.30813392996788025,
      0.11984150856733322, 1.237657904624939, 1.1167771816253662, -0.2472781538963318]),
    ("torch.randn(17)",
     [-1.1258398294448853, -1.6959311962127686, 0.5666506290435791, 0.7935083508491516,
      0.5988394618034363, -1.5550950765609741, -0.3413603901863098, 1.85300612449646,
      0.46809640526771545, -0.5854975581169128, -0.1733967512845993, 0.18347793817520142,
      1.3893661499023438, 1.586334228515625, 0.946298360824585, -0.843676745891571,
      0.9318265914916992]),
    ("torch.randn(2, 16)",
     [[-1.1258398294448853, -1.152360200881958, -0.2505785822868347, -0.4338788092136383,
      0.8487103581428528, 0.6920091509819031, -0.31601276993751526, -2.1152193546295166,
      0.32227492332458496, -1.2633347511291504, 0.34998318552970886, 0.30813392996788025,
      0.11984150856733322, 1.237657904624939, 1.1167771816253662, -0.2472781538963318],
      [-1.3526537418365479, -1.6959311962127686, 0.5666506290435791, 0.7935083508491516,
      0.5988394618034363, -1.5550950765609741, -0.3413603901863098, 1.85300612449646,
      0.750189483165741, -0.5854975581169128, -0.1733967512845993, 0.18347793817520142,
      1.3893661499023438, 1.586334228515625, 0.946298360824585, -0.843676745891571]]),
    ("torch.randn(40)",
     [-1.1258398294448853, -1.152360200881958, -0.2505785822868347, -0.4338788092136383,
      0.8487103581428528, 0.6920091509819031, -0.31601276993751526, -2.1152193546295166,
      0.32227492332458496, -1.2633347511291504, 0.34998318552970886, 0.30813392996788025,
      0.11984150856733322, 1.237657904624939, 1.1167771816253662, -0.2472781538963318,
      -1.3526537418365479, -1.6959311962127686, 0.5666506290435791, 0.7935083508491516,
      0.5988394618034363, -1.5550950765609741, -0.3413603901863098, 1.85300612449646,
      -0.21586325764656067, -0.7425481677055359, 0.5627213716506958, 0.25962740182876587,
      -0.17396099865436554, -0.678746223449707, 0.9382607340812683, 0.4888698160648346,
      1.203223705291748, 0.08453469723463058, -1.2001394033432007, -0.004785737954080105,
      -0.5180748105049133, -0.30670419335365295, -1.580993890762329, 1.7066433429718018]),
    ("torch.randn(3, dtype=torch.float64)",
     [1.5409961082440433, -0.2934289057609464, -2.1787893820745574]),
    ("torch.randn(18, dtype=torch.float64)",
     [-2.310411800234176, -0.3732508612577643, -1.2609246557194385, -0.726951062065411,
      -0.019964750907762653, 0.2102998901016947, 0.17718935139366584, -0.830510051008449,
      0.23871805816817063, 0.7335283685272841, -0.7730112772958181, -1.5951814880783068,
      -0.6870036940435463, 1.4880743158106724, -0.4484158047114511, -0.8910030351707375,
      0.6748575435940039, 1.0468653769814655]),
    ("torch.randn(1) * 0 + torch.randn(1)",
     [-0.293428897857666]),
    ("torch.randn(5) * 0 + torch.randn(5)",
     [-1.3985954523086548, 0.40334683656692505, 0.8380263447761536, -0.7192575931549072,
      -0.40334352850914]),
    ("torch.randn(3)[:1] * 0 + torch.randn(17)[:1]",
     [-0.35612836480140686]),
    ("torch.randn_like(torch.zeros(2))",
     [1.5409960746765137, -0.293428897857666]),
    ("torch.zeros(4).normal_(2, 3)",
     [6.622988224029541, 1.119713306427002, -4.536368370056152, 3.705293893814087]),
    ("torch.zeros(20).normal_(-1, 0.5)",
     [-1.5629198551177979, -1.576180100440979, -1.1252893209457397, -1.2169394493103027,
      -0.7005802392959595, -1.7775475978851318, -1.1706801652908325, -0.07349693775177002,
      -0.7659518122673035, -1.0788562297821045, -0.2781699299812317, -0.8669753074645996,
      -0.3053169250488281, -0.2068328857421875, -0.5268508195877075, -1.421838402748108,
      -0.5340867042541504, -0.37049537897109985, 0.0024902820587158203, -0.973131537437439]),
    ("torch.nn.Linear(3, 2).weight",
     [[-0.004322517663240433, 0.3097158372402191, -0.4751853346824646], [-0.4248946011066437,
      -0.2223689705133438, 0.15482072532176971]]),
    ("torch.nn.Embedding(3, 2).weight",
     [[1.5409960746765137, -0.293428897857666], [-2.1787893772125244, 0.5684312582015991],
      [-1.0845223665237427, -1.3985954523086548]]),
]
SEEDS = [
    (0, [398764591, 1478610112]),
    (1, [2135392491, 1857819720]),
    (42, [1273642419, 787846414]),
    (2147483648, [1439962116, 1548966947]),
    (4294967301, [236996814, 1423042237]),
    (-1, [479346978, 269265991]),
    (3122306864379792082, [1778828743, 812965885]),
]


@pytest.mark.parametrize(("code", "numbers"), EXACT, ids=[row[0] for row in EXACT])
def test_exact_numbers(torch, code, numbers):
    """Uniform numbers, integers, permutations and masks agree in every bit."""
    torch.manual_seed(0)

    assert eval(code, {"torch": torch}).tolist() == numbers


@pytest.mark.parametrize(("code", "numbers"), CLOSE, ids=[row[0] for row in CLOSE])
def test_close_numbers(torch, code, numbers):
    """Normal numbers agree to the last digits of their dtype."""
    torch.manual_seed(0)
    made = eval(code, {"torch": torch}).detach()
    expected = torch.tensor(numbers, dtype=made.dtype)

    assert made.shape == expected.shape
    assert torch.allclose(made, expected, rtol=4 * torch.finfo(made.dtype).eps, atol=1e-7)


@pytest.mark.parametrize(("seed", "numbers"), SEEDS)
def test_seeds(torch, seed, numbers):
    """Large and negative seeds are taken as PyTorch takes them."""
    torch.manual_seed(seed)

    assert torch.randint(0, 2**31, (2,)).tolist() == numbers


def test_same_seed_same_numbers(torch):
    """Seeding again starts the stream again; going on continues it."""
    torch.manual_seed(7)
    first, second = torch.rand(5), torch.rand(5)
    torch.manual_seed(7)

    assert torch.equal(torch.rand(5), first) and torch.equal(torch.rand(5), second)


def test_state_can_be_kept_and_set(torch):
    """The generator's state goes out and in again, in the middle of a pair of normal numbers."""
    torch.manual_seed(7)
    torch.randn(1)
    state = torch.get_rng_state()
    first = torch.randn(3)
    torch.set_rng_state(state)

    assert torch.equal(torch.randn(3), first)


def test_fork_rng_gives_the_stream_back(torch):
    """What is drawn inside leaves no trace; switched off, it does."""
    torch.manual_seed(7)
    with torch.random.fork_rng():
        inside = torch.rand(3)
    after = torch.rand(3)
    with torch.random.fork_rng(enabled=False):
        torch.rand(1)

    assert torch.equal(inside, after)
    torch.manual_seed(7)
    assert not torch.equal(torch.rand(7)[4:], torch.rand(3))


@pytest.mark.parametrize("code", [
    "torch.zeros(3).exponential_(0)",
    "torch.zeros(3).cauchy_(0, -1)",
    "torch.zeros(3).log_normal_(0, 0)",
    "torch.zeros(3).geometric_(1)",
    "torch.zeros(3, dtype=torch.int32).exponential_()",
    "torch.zeros(3, dtype=torch.int32).cauchy_()",
    "torch.zeros(3, dtype=torch.int32).log_normal_()",
    "torch.zeros(3, dtype=torch.bool).geometric_(.5)",
    "torch.multinomial(torch.zeros(2, 3, 4), 1)",
    "torch.multinomial(torch.ones(3), 4)",
    "torch.multinomial(torch.ones(3), 0)",
    "torch.multinomial(torch.tensor([1, 2]), 1)",
    "torch.multinomial(torch.tensor([-1.0, 2]), 1)",
    "torch.multinomial(torch.zeros(2), 1)",
    "torch.multinomial(torch.tensor([-1.0, 2]), 3, True)",
    "torch.multinomial(torch.zeros(2), 3, True)",
    "torch.multinomial(torch.tensor([nan, 2]), 1)",
    "torch.multinomial(torch.tensor([inf, 2]), 3, True)",
    "torch.multinomial(torch.ones(3), 1.5)",
    "torch.multinomial(torch.ones(1, 2**24 + 1), 1)",
    "torch.normal(torch.zeros(3), -1.0)",
    "torch.normal(torch.zeros(2), torch.tensor([-1.0, 1]))",
    "torch.normal(torch.zeros(2), torch.ones(3))",
    "torch.normal(torch.zeros(2, dtype=torch.int64), 1.0)",
    "torch.poisson(torch.tensor([-1.0]))",
    "torch.poisson(torch.tensor([1]))",
    "torch.bernoulli(torch.tensor([2.0]))",
    "torch.bernoulli(torch.tensor([1]))",
])
def test_refusals_are_pytorchs(torch, reference, code):
    """The same class and text; nothing is drawn."""
    def refusal(library):
        library.manual_seed(3)
        with pytest.raises(Exception) as caught:
            evaluate(code, library)
        return type(caught.value), str(caught.value), library.rand(1).item()

    assert refusal(torch) == refusal(reference)


def test_generators_are_independent(torch):
    """A generator of one's own leaves the default one alone."""
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    own = torch.Generator().manual_seed(7)
    drawn = torch.rand(3, generator=own)

    assert torch.equal(drawn, expected) and torch.equal(torch.rand(3), expected)


def test_large_uniforms_have_the_right_moments(torch):
    """A million draws have mean 1/2 and variance 1/12."""
    x = torch.rand(1_000_000, dtype=torch.float64)

    assert abs(x.mean().item() - 0.5) < 2e-3 and abs(x.var().item() - 1 / 12) < 1e-3
    assert x.min().item() >= 0 and x.max().item() < 1


def test_large_normals_have_the_right_moments(torch):
    """A million draws have mean 0 and variance 1."""
    x = torch.randn(1_000_000, dtype=torch.float64)

    assert abs(x.mean().item()) < 5e-3 and abs(x.var().item() - 1) < 1e-2


@pytest.mark.parametrize("code", [
    "torch.rand({n})", "torch.randn({n})", "torch.randint(1000, ({n},))", "torch.randperm({n})",
    "torch.randn({n}, dtype=torch.float64)", "torch.bernoulli(torch.rand({n}))",
])
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 31, 100, 1000])
def test_sizes_agree_with_pytorch(torch, reference, code, n):
    """Every size, and what is drawn after it, agrees with PyTorch."""
    def draw(library):
        library.manual_seed(11)
        drawn = eval(code.format(n=n), {"torch": library})
        return drawn.numpy(), library.randn(2).numpy()

    for ours, theirs in zip(draw(torch), draw(reference), strict=True):
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        assert abs(ours.astype(float) - theirs.astype(float)).sum() <= 1e-6 * max(n, 1)


@pytest.mark.parametrize(("dtype", "bounds"), [
    *((dtype, "") for dtype in ("bool", "uint8", "int32", "int64", "float32", "float64")),
    *((dtype, "-3, None") for dtype in ("int8", "int32", "int64", "float32")),
    ("int64", "-2**40, 2**40"), ("int64", "-2**63, None"), ("int64", "-2**63, 2**63 - 1"),
])
def test_whole_numbers_of_every_range_agree_with_pytorch(torch, reference, dtype, bounds):
    """``random_`` draws 32 or 64 bits as PyTorch does, without bounds and up to the largest."""
    def draw(library):
        library.manual_seed(11)
        filled = library.empty(5, dtype=getattr(library, dtype)).random_
        return eval(f"fill({bounds})", {"fill": filled}).tolist(), library.rand(1).item()

    assert draw(torch) == draw(reference)


@pytest.mark.parametrize("fill", ["uniform_()", "bernoulli_(0.3)", "random_(0, 50)"])
@pytest.mark.parametrize("view", ["transpose(0, 2)", "permute(1, 2, 0)", "transpose(0, 1)[1:]"])
def test_fills_in_the_order_of_memory(torch, reference, fill, view):
    """A turned tensor is filled as it lies in memory, so that dropout agrees with PyTorch's."""
    results = []
    for library in (torch, reference):
        library.manual_seed(3)
        results.append(eval(f"library.zeros(3, 4, 5).{view}.{fill}", {"library": library}))

    np.testing.assert_array_equal(*(result.numpy() for result in results))


@pytest.mark.parametrize("n_before", [0, 1, 622, 623])
@pytest.mark.parametrize("filled", ["torch.zeros({n})", "torch.zeros({n}, 2)[:, 0]"])
def test_coins_agree_with_pytorch_wherever_the_state_stands(torch, reference, n_before, filled):
    """A coin takes two words of the state, which may end between them; many are tossed at once."""
    def draw(library):
        library.manual_seed(5)
        library.rand(n_before)
        coins = eval(filled.format(n=1500), {"torch": library}).bernoulli_(0.3)
        return coins.tolist(), library.rand(1).item()

    assert draw(torch) == draw(reference)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(0, 2**11 + 5), (0, 2**15 + 1), (-(2**14), 2**13 + 3)])
def test_whole_numbers_beyond_what_floats_hold(torch, reference, dtype, bounds):
    """Floats that do not hold all numbers between the bounds get PyTorch's, with its warning."""
    factor = 1 if dtype == "float16" else 2**15

    def draw(library):
        library.manual_seed(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            low, high = (bound * factor for bound in bounds)
            return library.randint(low, high, (40,), dtype=getattr(library, dtype)).tolist()

    assert draw(torch) == draw(reference)
