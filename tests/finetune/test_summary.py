"""The table of a model's layers, and the memory of a step."""

from copy import deepcopy

import pytest

from .networks import convolutional, perceptron, text_classifier


def test_printed(tapegrad):
    """Layers, shapes, parameters, what is frozen, totals."""
    model = tapegrad.finetune.freeze(perceptron(tapegrad), "5")
    lines = repr(tapegrad.finetune.summary(model, (4, 6))).splitlines()

    assert lines[0].split() == ["layer", "class", "output", "parameters"]
    assert lines[2].split() == ["0", "Linear", "(4,", "8)", "56", "frozen"]
    assert lines[7].split() == ["5", "Linear", "(4,", "3)", "27", "trainable"]
    assert lines[8] == "parameters: 171 = 27 trainable + 144 frozen"
    assert lines[9] == ("memory: parameters 684 B, buffers 0 B, saved for backward 128 B, "
                        "gradients 108 B, optimizer 0 B, step 920 B")


def test_saved_bytes_are_the_tapes(tapegrad, counts):
    """The measure is what a forward pass leaves on the tape."""
    model = convolutional(tapegrad)
    found = tapegrad.finetune.summary(model, (2, 3, 8, 8)).saved_bytes
    out = model(tapegrad.rand(2, 3, 8, 8))

    assert out.requires_grad and counts()[1] == found > 0


@pytest.mark.parametrize(("name", "options", "n_states"), [
    ("SGD", {"lr": 0.1}, 0), ("SGD", {"lr": 0.1, "momentum": 0.9}, 1), ("AdamW", {}, 2)])
def test_optimizer(tapegrad, name, options, n_states):
    """The optimizer's state is measured, without a step of the optimizer that is given."""
    model = tapegrad.finetune.freeze(perceptron(tapegrad), "5")
    optimizer = getattr(tapegrad.optim, name)(model.parameters(), **options)
    found = tapegrad.finetune.summary(model, (4, 6), optimizer=optimizer)
    steps = 4 * 2 if name == "AdamW" else 0      # a count for each parameter

    assert found.optimizer_bytes == n_states * found.gradient_bytes + steps
    assert not optimizer.state


def test_nothing_changes(tapegrad):
    """Statistics, gradients, hooks and random numbers are as before."""
    model = convolutional(tapegrad)
    before, random_state = deepcopy(model.state_dict()), tapegrad.get_rng_state()
    tapegrad.finetune.summary(model, (2, 3, 8, 8))

    assert all((model.state_dict()[name] == tensor).all() for name, tensor in before.items())
    assert (tapegrad.get_rng_state() == random_state).all()
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_example(tapegrad):
    """An example is given where random numbers will not do; shared layers count once."""
    model = text_classifier(tapegrad)
    found = tapegrad.finetune.summary(model, example=tapegrad.ones(2, 5, dtype=tapegrad.long))

    assert found.parameters == sum(p.numel() for p in model.parameters()) == found.trainable
    assert found.rows[0].output_shape == (2, 5, 8)


def test_layer_that_does_not_run(tapegrad):
    """It has no shape."""
    model = perceptron(tapegrad)
    model[0].spare = tapegrad.nn.Linear(2, 2)
    row = next(row for row in tapegrad.finetune.summary(model, (4, 6)).rows
               if row.name == "0.spare")

    assert row.output_shape is None and row.parameters == 6


def test_one_input(tapegrad):
    """Either a size or an example."""
    with pytest.raises(TypeError, match="either input_size or example"):
        tapegrad.finetune.summary(perceptron(tapegrad))
