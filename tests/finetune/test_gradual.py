"""Unfreezing a layer group at a time."""

import pytest

from .networks import convolutional, perceptron, trainable


def schedule(torch, **options):
    """A schedule on a perceptron, with an optimizer of its head."""
    model = perceptron(torch)
    optimizer = torch.optim.SGD(model[5].parameters(), lr=0.4)
    return torch.finetune.GradualUnfreezing(model, optimizer, **options)


def test_starts_with_the_head(tapegrad):
    """At first the top group alone is trained."""
    assert trainable(schedule(tapegrad).model) == {"5.weight", "5.bias"}


def test_each_step_unfreezes_one_group(tapegrad):
    """From the top to the bottom, and then nothing more."""
    gradual = schedule(tapegrad)

    assert [gradual.step() for _ in range(4)] == [["3"], ["0", "2"], [], []]
    assert all(p.requires_grad for p in gradual.model.parameters())


def test_every_few_epochs(tapegrad):
    """``every`` counts epochs, ``start`` the groups at first."""
    gradual = schedule(tapegrad, every=2, start=2)

    assert [gradual.step() for _ in range(3)] == [[], ["0", "2"], []]


def test_optimizer_gets_what_is_new(tapegrad):
    """Each group comes to the optimizer once, at a lower rate than the one above it."""
    gradual = schedule(tapegrad, factor=2)
    for _ in range(3):
        gradual.step()

    assert [(group["lr"], len(group["params"])) for group in gradual.optimizer.param_groups] \
        == [(0.4, 2), (0.2, 2), (0.1, 4)]


def test_optimizer_that_has_all_parameters(tapegrad):
    """With all groups there from the start, schedulers keep theirs, only gradients come later."""
    model = perceptron(tapegrad)
    groups = tapegrad.finetune.discriminative_lr(model, 0.1, include_frozen=True)
    optimizer = tapegrad.optim.SGD(groups, lr=0.1)
    gradual = tapegrad.finetune.GradualUnfreezing(model, optimizer)
    before = [p.detach().clone() for p in model.parameters()]
    model(tapegrad.rand(4, 6)).sum().backward()
    optimizer.step()
    gradual.step()

    assert len(optimizer.param_groups) == 3
    assert [not bool((p == old).all()) for p, old in zip(model.parameters(), before, strict=True)] \
        == [False] * 6 + [True] * 2


def test_statistics_move_with_their_group(tapegrad):
    """A batch norm keeps its statistics until its group is unfrozen."""
    model = convolutional(tapegrad)
    gradual = tapegrad.finetune.GradualUnfreezing(model)
    modes = []
    for _ in range(6):
        modes.append((model.train().bn1.training, model.layer2[1].bn1.training))
        gradual.step()

    assert modes == [(False, False), *[(False, True)] * 4, (True, True)]


def test_resumed(tapegrad):
    """A state brings a new schedule, and its optimizer, to where the old one was."""
    old, new = schedule(tapegrad), schedule(tapegrad)
    old.step()
    new.load_state_dict(old.state_dict())

    assert trainable(new.model) == trainable(old.model)
    assert new.step() == old.step() == ["0", "2"]
    new.optimizer.load_state_dict(old.optimizer.state_dict())


def test_back_to_an_earlier_state(tapegrad):
    """A state of fewer epochs freezes again."""
    gradual = schedule(tapegrad)
    first = gradual.state_dict()
    gradual.step()
    gradual.load_state_dict(first)

    assert trainable(gradual.model) == {"5.weight", "5.bias"} and gradual.step() == ["3"]


@pytest.mark.parametrize("options", [{"every": 0}, {"start": 0}, {"groups": ["0"]}])
def test_mistakes(tapegrad, options):
    """Numbers are at least 1, and groups cover the model."""
    with pytest.raises(ValueError):
        schedule(tapegrad, **options)
