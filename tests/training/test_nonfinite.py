"""Numbers that are not finite: what they are traced back to, and what a trainer does about them."""

import inspect
import warnings

import pytest
from training_samples import loader_of, make, weights_of


def line_of(function, text):
    """The number of the line of a function that holds a text."""
    lines, start = inspect.getsourcelines(function)
    return start + next(k for k, line in enumerate(lines) if text in line)


def logarithm(torch, x):
    y = x * 2
    z = torch.log(y)  # here
    return z.sum() + 1


def hidden(torch, x):
    harmless = torch.log(x)
    kept = torch.where(x > 0, harmless, torch.zeros_like(x))
    return (kept - 2).sqrt().sum()  # here


def overflow(torch, x):
    grown = torch.exp(x * 1000 + 1000)  # here
    return (grown / grown.sum()).mean()


def in_place(torch, x):
    y = x.clone()
    y.log_()  # here
    y.mul_(2)
    return y.sum()


def masked(torch, x):
    scores = x.masked_fill(x < 5, float("-inf"))  # here
    return torch.softmax(scores, 0).sum()


def of_view(torch, x):
    y = x.reshape(2, 2).t()
    return torch.rsqrt(y - 9).sum()  # here


def several_outputs(torch, x):
    first, second = torch.split(torch.stack([x.abs() + 1, x]), 1)
    return first.log().sum() + second.log().sum()  # here


def infinite(torch, x):
    return (1 / (x.abs() * 0)).sum()  # here


def from_function(torch, x):
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, value):
            return value * float("nan")

        @staticmethod
        def backward(ctx, g):
            return g

    return Broken.apply(x).sum()  # here


FORWARD = {
    logarithm: ("LogBackward0", "nan"), hidden: ("SqrtBackward0", "nan"),
    overflow: ("DivBackward0", "nan"), in_place: ("LogBackward0", "nan"),
    masked: ("SoftmaxBackward0", "nan"), of_view: ("RsqrtBackward0", "nan"),
    several_outputs: ("LogBackward0", "nan"), infinite: ("ReciprocalBackward0", "inf"),
    from_function: ("BrokenBackward", "nan"),
}  # fmt: skip


def sample(torch):
    """Numbers of both signs."""
    return torch.tensor([-1.0, 2.0, 0.5, 3.0], requires_grad=True)


@pytest.mark.parametrize("function", FORWARD, ids=lambda function: function.__name__)
def test_first_operation(tapegrad, training, function):
    """The operation that first gave the number, and its line, are found."""
    found = training.find_nonfinite(lambda: function(tapegrad, sample(tapegrad)))
    first = found.infinite_since or found

    assert (found.node, found.value) == FORWARD[function]
    assert first.file == __file__ and first.line == line_of(function, "# here")
    assert not found.is_backward


def test_infinity_that_became_nan(tapegrad, training):
    """The operation that overflowed is named before the one that made NaN of it."""
    found = training.find_nonfinite(lambda: overflow(tapegrad, sample(tapegrad)))

    assert found.infinite_since.node == "ExpBackward0"
    assert str(found).startswith(f'ExpBackward0 gave inf ("{__file__}", line ')
    assert ", of which DivBackward0 gave nan" in str(found)


def test_gradient(tapegrad, training):
    """Where all results are finite, the operation whose gradient is not is found."""
    x = sample(tapegrad)

    def compute():
        return tapegrad.sqrt(x * 0).sum()

    found = training.find_nonfinite(compute)

    assert found.is_backward and found.node == "SqrtBackward0"
    assert found.line == line_of(compute, "sqrt")
    assert str(found).startswith("the gradient of SqrtBackward0 gave inf")


def test_all_is_finite(tapegrad, training):
    """Nothing is found where nothing is wrong, and gradients are as ever."""
    x = sample(tapegrad)

    assert training.find_nonfinite(lambda: (x * 3).sum()) is None
    assert x.grad.tolist() == [3.0] * 4


def test_anomaly_mode_is_as_before(tapegrad, training):
    """Anomaly detection describes the stack again after a search."""
    training.find_nonfinite(lambda: logarithm(tapegrad, sample(tapegrad)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tapegrad.autograd.detect_anomaly(), pytest.raises(RuntimeError, match="nan values"):
            x = tapegrad.zeros(1, requires_grad=True)
            (tapegrad.sqrt(x) * 0).sum().backward()

    assert any("tapegrad.sqrt(x)" in str(one.message) for one in caught)


def fragile(torch, is_backward):
    """A layer that breaks at inputs beyond 100, in forward or in backward."""
    class Fragile(torch.nn.Module):
        def forward(self, x):
            room = 100 - x.abs().max()
            return x * (torch.sqrt(room * (room > 0)) if is_backward else torch.log(room))  # here

    return Fragile()


def make_fragile(tapegrad, is_backward=False, **options):
    """A trainer with such a layer, and batches the third of which it breaks at."""
    trainer = make(tapegrad, **options)
    trainer.model.insert(1, fragile(tapegrad, is_backward))
    batches = list(loader_of(tapegrad))
    batches[2][0][0] = 1e4
    return trainer, batches


@pytest.mark.parametrize("is_backward", [False, True], ids=["loss", "gradient"])
def test_training_stops(tapegrad, training, tmp_path, is_backward):
    """The error names the batch, the operation, its line and its module; the weights are whole."""
    trainer, batches = make_fragile(tapegrad, is_backward, folder=tmp_path)
    before, _ = make_fragile(tapegrad, is_backward)
    before.fit(batches[:2], epochs=1)
    with pytest.raises(training.NonFiniteError) as caught:
        trainer.fit(batches, epochs=3)
    text = str(caught.value)
    what = "a gradient is not finite" if is_backward else "the loss is nan"
    cause = "the gradient of SqrtBackward0 gave inf" if is_backward else "LogBackward0 gave nan"
    place = f'("{__file__}", line {line_of(fragile, "# here")}, in module 1 (Fragile))'
    saved = tmp_path / "checkpoint-00000002.pt"

    assert text.startswith(f"{what} in epoch 1, batch 3 (step 2): {cause} {place}")
    assert text.endswith(f"{saved} holds the weights from before it; resume=True goes on after it.")
    assert weights_of(trainer.model) == weights_of(before.model)
    restored = tapegrad.load(saved)["parts"]["model"].values()
    assert [one.numpy().tobytes() for one in restored] == weights_of(before.model)
    assert all(p.grad is None for p in trainer.model.parameters())


def test_training_goes_on_after_it(tapegrad, training, tmp_path):
    """The checkpoint that the error names goes on with the batch after the one that failed."""
    trainer, batches = make_fragile(tapegrad, folder=tmp_path)
    with pytest.raises(training.NonFiniteError):
        trainer.fit(batches, epochs=1)
    again, _ = make_fragile(tapegrad, folder=tmp_path)
    history = again.fit(batches, epochs=1, resume=True)

    assert again.position.step == 4 and len(history) == 1


def test_dropout_is_drawn_again(tapegrad, training):
    """The batch is run again with the random numbers that it was run with."""
    trainer, batches = make_fragile(tapegrad)

    class Rare(tapegrad.nn.Module):
        def forward(self, x):
            return x / (tapegrad.rand(()) > 0.5)  # here

    trainer.model.append(Rare())
    tapegrad.manual_seed(0)
    with pytest.raises(training.NonFiniteError, match=r"DivBackward0 gave .*\(Rare\)"):
        trainer.fit(batches[:2], epochs=50)


def test_gradients_that_wait(tapegrad, training):
    """Of several batches whose gradients wait for a step, the one that failed is found."""
    trainer, batches = make_fragile(tapegrad, is_backward=True, accumulate=4)

    with pytest.raises(training.NonFiniteError, match="of SqrtBackward0 gave"):
        trainer.fit(batches, epochs=1)


def test_batch_that_is_not_finite(tapegrad, training):
    """Data are told apart from operations."""
    trainer, batches = make_fragile(tapegrad)
    batches[1][0][2, 1] = float("nan")

    with pytest.raises(training.NonFiniteError, match=r"batch 2 .*: the batch holds numbers"):
        trainer.fit(batches, epochs=1)


def test_parameter_that_is_not_finite(tapegrad, training):
    """So are parameters, by their names."""
    trainer, batches = make_fragile(tapegrad)
    trainer.model[-1].bias.data[0] = float("inf")

    with pytest.raises(training.NonFiniteError, match=r"the parameter 4\.bias is not finite"):
        trainer.fit(batches, epochs=1)


def test_large_gradients_are_finite(tapegrad, training):
    """Gradients whose squares overflow are no failure."""
    x = tapegrad.zeros(2, requires_grad=True)
    x.grad = tapegrad.tensor([1e30, -1e30])

    assert training.clip_gradients(tapegrad.optim.SGD([x], lr=0.1), clip_value=1.0)
    assert x.grad.tolist() == [1.0, -1.0]
