"""gradcheck and gradgradcheck accept right derivatives and say what is wrong with wrong ones."""

import warnings

import pytest

import tapegrad as torch
from tapegrad.autograd import Function, gradcheck, gradgradcheck
from tapegrad.autograd.gradcheck import GradcheckError

both_modes = pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])


def real(*shape):
    """The numbers 1, 2, 3 … of float64, requiring grad."""
    n_elements = 1
    for size in shape:
        n_elements *= size
    values = torch.arange(1, n_elements + 1, dtype=torch.float64)
    return values.reshape(shape).requires_grad_()


class Cube(Function):
    """x³ with the gradient 3 x² g, which is itself differentiable."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * x * x


class WrongFirst(Cube):
    """The factor of the gradient is wrong."""

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x * x


class WrongSecond(Cube):
    """The gradient is right, but its dependence on x is lost."""

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * g * (x * x).detach()


class Wavering(Cube):
    """The gradient changes a little from call to call."""

    n_calls = 0

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        Wavering.n_calls += 1
        return 3 * g * x * x * (1 + 1e-7 * Wavering.n_calls)


class Unscaled(Function):
    """The gradient is not zero where the output's is."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return torch.ones_like(g) if bool((g == 0).all()) else g


class Pair(Function):
    """(2x, 3x), with a right treatment of gradients that never came."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    @staticmethod
    def backward(ctx, g_double, g_triple):
        parts = [g * k for g, k in ((g_double, 2), (g_triple, 3)) if g is not None]
        return sum(parts[1:], parts[0]) if parts else None


class PairOfOnes(Pair):
    """Gradients that never came count as ones if both are missing."""

    @staticmethod
    def backward(ctx, g_double, g_triple):
        if g_double is None and g_triple is None:
            return torch.ones(3, dtype=torch.float64)
        return Pair.backward(ctx, g_double, g_triple)


class PairThatAddsOne(Pair):
    """The gradient is one too large where the second never came and the first is zero."""

    @staticmethod
    def backward(ctx, g_double, g_triple):
        g = Pair.backward(ctx, g_double, g_triple)
        is_alone = g_triple is None and g_double is not None
        return g + 1 if is_alone and bool((g_double == 0).all()) else g


class PairThatRaises(Pair):
    """Gradients that never came are refused if both are missing."""

    @staticmethod
    def backward(ctx, g_double, g_triple):
        if g_double is None and g_triple is None:
            raise RuntimeError("a gradient is needed")
        return Pair.backward(ctx, g_double, g_triple)


RIGHT = {
    "elementwise": (lambda x: x * x + 1 / x, (real(3),)),
    "function": (Cube.apply, (real(2, 2),)),
    "scalar": (Cube.apply, (real(),)),
    "two inputs": (lambda a, b: a @ b, (real(2, 3), real(3, 2))),
    "broadcast": (lambda a, b: a * b, (real(2, 3), real(3))),
    "other arguments": (lambda x, n: x**n, (real(3), 3)),
    "two outputs": (Pair.apply, (real(3),)),
    "outputs beside": (lambda x: (x * x, x.detach() > 1, (x * 2).sum()), (real(3),)),
    "strided input": (lambda x: x * x, (real(3, 2).detach().t().requires_grad_(),)),
    "unused input": (lambda a, b: a * a, (real(2), real(2))),
    "empty input": (lambda x: x * x, (real(0, 3),)),
    "in a list": (lambda x: [x * x], [real(2)]),
    "lone tensor": (lambda x: x * x, real(2)),
}


@both_modes
@pytest.mark.parametrize("name", RIGHT)
class TestAccepts:
    def test_first_derivative(self, name, fast):
        """A right gradient passes, and the inputs are as before."""
        func, inputs = RIGHT[name]
        tensors = [x for x in [*inputs] if isinstance(x, torch.Tensor)]
        before = [x.tolist() for x in tensors]

        assert gradcheck(func, inputs, fast_mode=fast) is True
        assert [x.tolist() for x in tensors] == before

    def test_second_derivative(self, name, fast):
        """A right gradient of a right gradient passes."""
        func, inputs = RIGHT[name]

        assert gradgradcheck(func, inputs, fast_mode=fast) is True


@both_modes
class TestRejects:
    def test_wrong_first_derivative(self, fast):
        """A wrong factor is found."""
        with pytest.raises(
            GradcheckError, match=r"^Jacobian mismatch for output 0 with respect to"
        ):
            gradcheck(WrongFirst.apply, real(3), fast_mode=fast)

    def test_wrong_second_derivative(self, fast):
        """What gradcheck cannot see, gradgradcheck does."""
        assert gradcheck(WrongSecond.apply, real(3), fast_mode=fast)
        with pytest.raises(
            GradcheckError, match=r"^Jacobian mismatch for output 0 with respect to"
        ):
            gradgradcheck(WrongSecond.apply, real(3), fast_mode=fast)

    def test_error_in_a_single_element(self, fast):
        """An error in one place of one of several Jacobians is found and located."""

        def func(a, b):
            b = b + 0
            return a * b, a.sum() + (b[2].detach() * b[2])

        with pytest.raises(GradcheckError, match="output 1 with respect to input 1,"):
            gradcheck(func, (real(3), real(3)), fast_mode=fast)

    def test_lost_dependence(self, fast):
        """An output that depends on the input must not be cut off from it."""
        with pytest.raises(
            GradcheckError, match=r"^Numerical gradient for function expected to be"
        ):
            gradcheck(lambda x: x.detach() * 2, real(3), fast_mode=fast)

    def test_wavering_gradient(self, fast):
        """Two backward runs that differ are found, unless nondet_tol allows it."""
        with pytest.raises(
            GradcheckError, match=r"^Backward is not reentrant, i.e., running backw"
        ):
            gradcheck(Wavering.apply, real(3), fast_mode=fast)

        assert gradcheck(Wavering.apply, real(3), fast_mode=fast, nondet_tol=1e-3)

    def test_gradient_that_ignores_zero(self, fast):
        """Zero in, zero out."""
        with pytest.raises(GradcheckError, match=r"^backward not multiplied by grad_output$"):
            gradcheck(Unscaled.apply, real(3), fast_mode=fast)

    @pytest.mark.parametrize("wrong", [PairOfOnes, PairThatAddsOne])
    def test_undefined_gradient_taken_for_ones(self, wrong, fast):
        """A gradient that never came must count as zero; a warning says how to go on without."""
        with (
            pytest.warns(
                UserWarning, match=r"^Backwards compatibility: New undefined gradient sup"
            ),
            pytest.raises(
                GradcheckError, match=r"^Expected all input grads to be undefined or zero"
            ),
        ):
            gradcheck(wrong.apply, real(3), fast_mode=fast)

        assert gradcheck(wrong.apply, real(3), fast_mode=fast, check_undefined_grad=False)

    def test_undefined_gradient_refused(self, fast):
        """A backward function has to live with gradients that never came."""
        with (
            pytest.warns(
                UserWarning, match=r"^Backwards compatibility: New undefined gradient sup"
            ),
            pytest.raises(
                GradcheckError, match=r"^Expected backward function to handle undefined "
            ),
        ):
            gradcheck(PairThatRaises.apply, real(3), fast_mode=fast)

    def test_without_exception(self, fast):
        """With raise_exception off the answer is False."""
        options = {"fast_mode": fast, "raise_exception": False}

        assert gradcheck(WrongFirst.apply, real(3), **options) is False
        assert gradgradcheck(WrongSecond.apply, real(3), **options) is False


class TestMessages:
    def test_slow_mode_prints_both_jacobians(self):
        """PyTorch's text, to the character."""
        with pytest.raises(GradcheckError) as caught:
            gradcheck(WrongFirst.apply, real(2))

        assert str(caught.value) == (
            "Jacobian mismatch for output 0 with respect to input 0,\n"
            "numerical:tensor([[ 3.0000,  0.0000],\n"
            "        [ 0.0000, 12.0000]], dtype=torch.float64)\n"
            "analytical:tensor([[2., 0.],\n"
            "        [0., 8.]], dtype=torch.float64)\n"
        )

    def test_fast_mode_adds_slow_mode_jacobians(self):
        """The projections are those on PyTorch's directions, then the whole Jacobians follow."""
        with pytest.raises(GradcheckError) as caught:
            gradcheck(WrongFirst.apply, real(2), fast_mode=True)
        lines = str(caught.value).splitlines()

        assert lines[0] == "Jacobian mismatch for output 0 with respect to input 0,"
        assert float(lines[1].removeprefix("numerical:")) == pytest.approx(9.38232328611296)
        assert float(lines[2].removeprefix("analytical:")) == pytest.approx(6.254882190289968)
        assert lines[3:-2] == [
            "",
            "The above quantities relating the numerical and analytical jacobians are computed ",
            "in fast mode. See: https://github.com/pytorch/pytorch/issues/53876 for more"
            " background ",
            "about fast mode. Below, we recompute numerical and analytical jacobians in slow mode:",
            "",
            "Numerical:",
            " tensor([[ 3.0000,  0.0000],",
            "        [ 0.0000, 12.0000]], dtype=torch.float64)",
            "Analytical:",
            "tensor([[2., 0.],",
            "        [0., 8.]], dtype=torch.float64)",
        ]
        assert lines[-1].startswith("The max per-element difference (slow mode) is: 4.00000000")

    def test_fast_mode_says_when_slow_mode_would_pass(self):
        """Where slopes cancel in the projection and errors do not, a hint says so."""
        signs = torch.tensor([1.0, -1.0], dtype=torch.float64)

        def func(x):
            return (x * (signs + 0.09) - x.detach() * 0.09).sum()

        assert gradcheck(func, real(2), rtol=0.1)
        with pytest.raises(GradcheckError, match="Fast gradcheck failed but element-wise differ"):
            gradcheck(func, real(2), rtol=0.1, fast_mode=True)

    def test_single_precision_warns(self):
        """Finite differences need double precision."""
        x = torch.ones(2, requires_grad=True)
        with pytest.warns(UserWarning, match="double precision") as caught:
            gradcheck(lambda x: x * 2, x, eps=1e-2, atol=1e-2)

        assert str(caught[0].message) == (
            "Input #0 requires gradient and is not a double precision floating point or complex. "
            "This check will likely fail if all the inputs are not of double precision floating "
            "point or complex. "
        )
        assert caught[0].filename == __file__

    def test_double_precision_does_not_warn(self):
        """A check that passes is silent."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")

            assert gradcheck(Pair.apply, real(3))

    def test_overlapping_input(self):
        """An expanded input cannot be perturbed element by element."""
        x = torch.ones(1, dtype=torch.float64).expand(3).requires_grad_()
        with pytest.raises(
            RuntimeError, match=r"^The 0th input has a dimension with stride 0. grad"
        ):
            gradcheck(lambda x: x * 2, x)

    def test_nothing_to_check(self):
        """At least one input must require grad."""
        with pytest.raises(
            ValueError, match=r"^gradcheck expects at least one input tensor to req"
        ):
            gradcheck(lambda x: x * 2, torch.ones(2))

    def test_second_derivative_of_nothing(self):
        """At least one output must require grad."""
        with pytest.raises(ValueError, match=r"^gradgradcheck expects at least one output to requ"):
            gradgradcheck(lambda x: x.detach(), real(2))

    def test_output_that_changes_shape(self):
        """The perturbed outputs must be comparable; the input is restored all the same."""
        x = real(2)
        text = (
            r"^Expected `func` to return outputs with the same shape when inputs are perturbed "
            r"on index \(0,\) by 1e-06, but got: shapes torch.Size\(\[1\]\) and torch.Size\(\[2\]\)"
        )
        with pytest.raises(AssertionError, match=text):
            gradcheck(lambda x: x[: 1 + int(x[0] > 1)], x)

        assert x.tolist() == [1.0, 2.0]

    def test_output_that_changes_dtype(self):
        """So must their dtypes."""
        text = r"same dtype when .* but got: dtypes torch.float64 and torch.float32\.$"
        with pytest.raises(AssertionError, match=text):
            gradcheck(lambda x: x.float() if x[0] > 1 else x * 1, real(2))


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "error", "text"),
        [
            ({"check_backward_ad": False}, AssertionError, "at least one of check_forward_ad or"),
            ({"check_batched_grad": True}, NotImplementedError, "batched gradients"),
            ({"check_forward_ad": True}, NotImplementedError, "reverse mode only"),
            (
                {"check_batched_forward_grad": True},
                AssertionError,
                "check_batched_forward_grad=True requires check_forward_ad to be True",
            ),
        ],
    )
    def test_gradcheck_refuses(self, options, error, text):
        """Modes that do not exist are refused, never skipped."""
        with pytest.raises(error, match=text):
            gradcheck(Cube.apply, real(2), **options)

    @pytest.mark.parametrize(
        ("options", "error", "text"),
        [
            ({"check_rev_over_rev": False}, AssertionError, "at least one of check_fwd_over_rev"),
            ({"check_batched_grad": True}, NotImplementedError, "batched gradients"),
            ({"check_fwd_over_rev": True}, NotImplementedError, "reverse mode only"),
        ],
    )
    def test_gradgradcheck_refuses(self, options, error, text):
        """The same for second derivatives."""
        with pytest.raises(error, match=text):
            gradgradcheck(Cube.apply, real(2), **options)

    def test_tolerances(self):
        """An error within atol + rtol · |numerical| passes."""

        def func(x):
            return x * 2 + x.detach() * 1e-2

        assert not gradcheck(func, real(2), raise_exception=False)
        assert gradcheck(func, real(2), atol=2e-2)
        assert gradcheck(func, real(2), rtol=1e-2)

    def test_eps_is_the_step(self):
        """A step across the kink of |x| sees the mean of both slopes."""
        x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)

        assert gradcheck(torch.abs, x)
        assert not gradcheck(torch.abs, x, eps=1.0, raise_exception=False)

    def test_grad_dtypes(self):
        """check_grad_dtypes passes where gradients have their inputs' dtypes."""
        assert gradcheck(Cube.apply, real(2), check_grad_dtypes=True)

    @pytest.mark.parametrize("spaced", [False, True])
    def test_random_grad_outputs(self, spaced):
        """They are drawn from [-1, 1) by the default generator, spaced in memory on request."""
        seen = []

        class Spy(Cube):
            @staticmethod
            def backward(ctx, g):
                seen.append((g.detach().clone(), g.is_contiguous()))
                (x,) = ctx.saved_tensors
                return 3 * g * x * x

        torch.manual_seed(0)
        gradgradcheck(Spy.apply, real(2, 3), gen_non_contig_grad_outputs=spaced)
        torch.manual_seed(0)
        expected = torch.rand(2, 6 if spaced else 3, dtype=torch.float64) * 2 - 1
        if spaced:
            expected = expected[:, 1::2]

        assert (seen[0][0] == expected).all()
        assert seen[0][1] is not spaced

    def test_given_grad_outputs(self):
        """Those are taken as they are."""
        grad_output = real(3)

        assert gradgradcheck(Cube.apply, real(3), grad_output)
        assert not gradgradcheck(WrongSecond.apply, real(3), grad_output, raise_exception=False)

    def test_fast_mode_leaves_the_random_numbers_alone(self):
        """The directions come from a generator of their own."""
        torch.manual_seed(0)
        expected = torch.rand(3).tolist()
        torch.manual_seed(0)
        gradcheck(Cube.apply, real(3), fast_mode=True)

        assert torch.rand(3).tolist() == expected
