"""What stands around the elements, and which elements are shown."""

import pytest

import tapegrad as torch
from tapegrad._print import printoptions


class TestShownDtype:
    def test_follows_the_default(self):
        """The default dtype goes without saying; the other floats do not."""
        single = torch.tensor([1.0], dtype=torch.float32)
        double = torch.tensor([1.0], dtype=torch.float64)
        torch.set_default_dtype(torch.float64)
        try:
            texts = repr(single), repr(double), repr(torch.tensor([1]))
        finally:
            torch.set_default_dtype(torch.float32)

        assert texts == ("tensor([1.], dtype=torch.float32)", "tensor([1.])", "tensor([1])")

    def test_empty_ints_are_told(self):
        """Without elements nothing shows that they would be integers."""
        assert repr(torch.arange(0)) == "tensor([], dtype=torch.int64)"


class TestClasses:
    def test_str_is_repr(self):
        """print(x) shows what the prompt shows."""
        x = torch.ones(2, 2)

        assert str(x) == repr(x)

    def test_subclass_prints_its_name(self):
        """The continuation lines are indented by the name's length."""

        class Score(torch.Tensor):
            pass

        text = repr(torch.ones(2, 2).as_subclass(Score))

        assert text == "Score([[1., 1.],\n       [1., 1.]])"

    def test_parameter(self):
        """A parameter says so, and then prints as a tensor."""
        text = repr(torch.nn.Parameter(torch.ones(2)))

        assert text == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"

    def test_parameter_subclass(self):
        """A user's own kind of parameter prints both names."""

        class Weight(torch.nn.Parameter):
            pass

        text = repr(Weight(torch.ones(2)))

        assert text == "Parameter containing:\nParameter(Weight([1., 1.], requires_grad=True))"

    def test_parameter_of_a_subclass(self):
        """A parameter made from a user's own kind of tensor keeps its class, and says both."""

        class Score(torch.Tensor):
            pass

        text = repr(torch.nn.Parameter(torch.ones(2).as_subclass(Score)))

        assert text == "Parameter(Score([1., 1.], requires_grad=True))"

    def test_custom_function(self):
        """The node of a custom Function has the Function's name."""

        class Twice(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * 2

            @staticmethod
            def backward(ctx, g):
                return g * 2

        text = repr(Twice.apply(torch.ones(2, requires_grad=True)))

        assert text == "tensor([2., 2.], grad_fn=<TwiceBackward>)"

    def test_view_without_a_valid_grad_fn(self):
        """A view made under no_grad whose base was then written to has none, yet prints."""
        x = torch.ones(2, requires_grad=True).clone()
        with torch.no_grad():
            view = x.view(2)
        x.mul_(2)

        assert repr(view) == "tensor([2., 2.], grad_fn=<Invalid>)"


class TestSummary:
    @pytest.mark.parametrize(("n_elements", "is_summary"), [(1000, False), (1001, True)])
    def test_threshold(self, n_elements, is_summary):
        """Up to 1000 elements are shown."""
        text = repr(torch.zeros(n_elements))

        assert ("..." in text) is is_summary
        assert text.count("0.") == (6 if is_summary else n_elements)

    def test_full_profile_shows_all(self):
        """The full profile never cuts."""
        with printoptions(profile="full"):
            text = repr(torch.zeros(2000))

        assert text.count("0.") == 2000

    def test_hidden_elements_are_not_touched(self):
        """10¹² elements could not be formatted, nor copied."""
        text = repr(torch.zeros(1).expand(10**6, 10**6))

        assert text.count("0., 0., 0.,  ..., 0., 0., 0.") == 6
