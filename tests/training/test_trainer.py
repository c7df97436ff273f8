"""The trainer's numbers beside those of a loop written by hand in PyTorch."""

import numpy as np
import pytest
from training_samples import loader_of, make, model_of, weights_of

EPOCHS = 3


def by_hand(torch, *, accumulate=1, clip_norm=None, clip_value=None, ema=None, schedule=None,
            per_step=False, lr=0.1):
    """Losses of epochs, validation losses, rates and weights of a plain loop."""
    model, loss = model_of(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    scheduler = schedule and schedule(torch, optimizer)
    average = ema and ema(torch, model)
    train, validation = loader_of(torch), loader_of(torch, 13, 1, shuffle=False)
    rows = []
    for _ in range(EPOCHS):
        model.train()
        total = count = 0
        for number, (x, y) in enumerate(train, 1):
            value = loss(model(x), y)
            (value / accumulate).backward()
            total, count = total + value.item() * len(x), count + len(x)
            if number % accumulate and number != len(train):
                continue
            if clip_norm:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            if clip_value:
                torch.nn.utils.clip_grad_value_(model.parameters(), clip_value)
            optimizer.step()
            optimizer.zero_grad()
            if scheduler and per_step:
                scheduler.step()
            if average:
                average.update_parameters(model)
        rate = optimizer.param_groups[0]["lr"]
        model.eval()
        judged = average.eval() if average else model
        with torch.no_grad():
            found = [(loss(judged(x), y).item(), len(x)) for x, y in validation]
        held_out = sum(one * n for one, n in found) / 13
        if scheduler and not per_step:
            is_plateau = isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
            scheduler.step(*[held_out] * is_plateau)
        rows.append([total / count, held_out, rate])
    return rows, [p.detach().numpy() for p in judged.parameters()]


def ema_of(torch, model):
    """An exponential average of a model."""
    utils = torch.optim.swa_utils
    return utils.AveragedModel(model, multi_avg_fn=utils.get_ema_multi_avg_fn(0.8))


def scheduler(name, *arguments, **options):
    """What makes a scheduler of either library for an optimizer."""
    return lambda torch, optimizer: getattr(torch.optim.lr_scheduler, name)(
        optimizer, *arguments, **options
    )


CASES = {
    "plain": {},
    "accumulated": {"accumulate": 2},
    "accumulated beyond the epoch": {"accumulate": 9},
    "clipped by norm": {"clip_norm": 0.3},
    "clipped by value": {"clip_value": 0.02},
    "clipped, accumulated": {"clip_norm": 0.3, "clip_value": 0.05, "accumulate": 3},
    "averaged": {"ema": ema_of},
    "scheduled by epoch": {"schedule": scheduler("StepLR", 1, gamma=0.5)},
    "scheduled by step": {
        "schedule": scheduler("OneCycleLR", 0.3, total_steps=15), "per_step": True},
    "scheduled by validation": {"schedule": scheduler("ReduceLROnPlateau", patience=0, factor=0.1,
                                                      threshold=0.5)},
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_numbers_of_a_loop_by_hand(tapegrad, reference, case):
    """Losses, rates and final weights are those of the loop with the same seed."""
    options = dict(CASES[case])
    expected, weights = by_hand(reference, **options)
    schedule, ema = options.pop("schedule", None), options.pop("ema", None)
    if options.pop("per_step", False):
        options["scheduler_every"] = "step"
    trainer = make(tapegrad, **options)
    trainer.scheduler = schedule and schedule(tapegrad, trainer.optimizer)
    trainer.ema = ema and ema(tapegrad, trainer.model)
    history = trainer.fit(
        loader_of(tapegrad), loader_of(tapegrad, 13, 1, shuffle=False), epochs=EPOCHS
    )
    judged = trainer.ema or trainer.model

    rows = [[row["loss"], row["val_loss"], row["lr"]] for row in history]
    np.testing.assert_allclose(rows, expected, rtol=2e-5)
    for ours, theirs in zip(judged.parameters(), weights, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=1e-4, atol=1e-6)


def test_loss_is_weighted_by_batch(tapegrad, training):
    """The last, shorter batch counts by its samples."""
    trainer = make(tapegrad)
    (x, y), loss = loader_of(tapegrad).dataset.tensors, tapegrad.nn.CrossEntropyLoss()
    found = training.evaluate(trainer.model, loss, loader_of(tapegrad))
    with training.evaluating(trainer.model), tapegrad.no_grad():
        whole = loss(trainer.model(x), y).item()

    assert found["loss"] == pytest.approx(whole, rel=1e-6)


def test_early_stopping_ends_the_training(tapegrad, training):
    """It stops after as many epochs without a better value as its patience says."""
    trainer = make(tapegrad, early_stopping=training.EarlyStopping("lr", patience=2))
    history = trainer.fit(loader_of(tapegrad), epochs=10)

    assert len(history) == 3


def test_frozen_modules_stay_as_they_are(tapegrad):
    """What is in evaluation mode inside a model that trains stays in it, statistics and all."""
    trainer = make(tapegrad)
    norm = trainer.model[1].eval()
    before = weights_of(norm)[2:]
    trainer.fit(loader_of(tapegrad), loader_of(tapegrad), epochs=1)

    assert not norm.training and trainer.model.training
    assert weights_of(norm)[2:] == before


def test_a_model_in_evaluation_mode_is_put_to_train(tapegrad):
    """A whole model in evaluation mode trains all the same."""
    trainer = make(tapegrad)
    trainer.model.eval()
    trainer.fit(loader_of(tapegrad), epochs=1)

    assert all(module.training for module in trainer.model.modules())


def test_fit_goes_on(tapegrad):
    """Two calls are one training."""
    whole, parts = make(tapegrad), make(tapegrad)
    whole.fit(loader_of(tapegrad), epochs=3)
    loader = loader_of(tapegrad)
    parts.fit(loader, epochs=1)
    parts.fit(loader, epochs=3)

    assert weights_of(parts.model) == weights_of(whole.model)
    assert [row["epoch"] for row in parts.history] == [1, 2, 3]


def test_own_forward(tapegrad):
    """Batches of another form are taken apart by the program's own function."""
    def forward(model, loss, batch):
        outputs = model(batch["x"])
        return loss(outputs, batch["y"]), outputs, batch["y"]

    def as_dicts(loader):
        return [{"x": x, "y": y} for x, y in loader]

    plain, own = make(tapegrad), make(tapegrad, forward=forward)
    batches = list(loader_of(tapegrad))
    plain.fit(batches, epochs=2)
    own.fit(as_dicts(batches), epochs=2)

    assert weights_of(plain.model) == weights_of(own.model)


def test_best_weights(tapegrad, training, tmp_path):
    """The folder's best weights are those of the epoch with the best value."""
    trainer = make(tapegrad, folder=tmp_path, best=training.Best("lr", mode="max"))
    trainer.scheduler = tapegrad.optim.lr_scheduler.StepLR(trainer.optimizer, 1, gamma=0.5)
    once = make(tapegrad)
    trainer.fit(loader_of(tapegrad), epochs=3)
    once.fit(loader_of(tapegrad), epochs=1)
    row = trainer.load_best()

    assert row["epoch"] == 1
    assert weights_of(trainer.model) == weights_of(once.model)


def test_bar(tapegrad, capsys):
    """The bar shows the epoch, the batches, the rate and the running loss."""
    make(tapegrad, progress=True).fit(loader_of(tapegrad), epochs=2)
    printed = capsys.readouterr()

    assert "epoch 2/2: 100%" in printed.err and "5/5" in printed.err
    assert "batch/s" in printed.err and "loss=" in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("options", [
    {"accumulate": 0}, {"checkpoint_every": 0}, {"scheduler_every": "batch"},
    {"folder": "somewhere", "keep": 0},
])  # fmt: skip
def test_options_out_of_range(tapegrad, options):
    """What makes no sense is refused at once."""
    with pytest.raises(ValueError, match="must be|has to be kept"):
        make(tapegrad, **options)


def test_an_earlier_training_is_not_overwritten(tapegrad, tmp_path):
    """A folder with checkpoints is refused unless they are gone on with."""
    make(tapegrad, folder=tmp_path).fit(loader_of(tapegrad), epochs=1)

    with pytest.raises(FileExistsError, match="resume=True goes on"):
        make(tapegrad, folder=tmp_path).fit(loader_of(tapegrad), epochs=1)
    with pytest.raises(ValueError, match="needs the folder"):
        make(tapegrad).fit(loader_of(tapegrad), resume=True)
