"""Trainings that end in the middle of an epoch and go on, with loaders of all kinds."""

import random

import numpy as np
import pytest
from training_samples import loader_of, make, samples, weights_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded, use of fork:DeprecationWarning",
    "ignore:This DataLoader will create",
)


class Stop(Exception):
    """What a program may raise anywhere."""


def stop_after(tapegrad, step):
    """A callback that raises after a step."""
    class StopAfter(tapegrad.training.Callback):
        def on_step_end(self, trainer, loss):
            if trainer.position.step > step:
                raise Stop

    return StopAfter()


def augmented(tapegrad):
    """A dataset that draws from all generators for each sample."""
    class Augmented(tapegrad.utils.data.Dataset):
        def __init__(self):
            self.inputs, self.targets = map(tapegrad.from_numpy, samples())

        def __len__(self):
            return len(self.targets)

        def __getitem__(self, index):
            noise = random.random() + np.random.rand() + tapegrad.rand(())
            return self.inputs[index] + noise.float(), self.targets[index]

    return Augmented()


def stream(tapegrad):
    """A dataset that is a stream."""
    class Stream(tapegrad.utils.data.IterableDataset):
        def __iter__(self):
            return iter(list(zip(*map(tapegrad.from_numpy, samples()), strict=True)))

    return Stream()


def by_replacement(tapegrad, dataset):
    """A sampler that draws more indices while it is iterated over."""
    order = tapegrad.Generator().manual_seed(3)
    return tapegrad.utils.data.RandomSampler(dataset, True, 40, order)


LOADERS = {
    "tensors": loader_of,
    "default generator": lambda t: t.utils.data.DataLoader(augmented(t), 5, shuffle=True),
    "workers": lambda t: t.utils.data.DataLoader(
        augmented(t), 5, shuffle=True, num_workers=2, multiprocessing_context="fork"),
    "workers that stay": lambda t: loader_of(
        t, num_workers=1, persistent_workers=True, multiprocessing_context="fork"),
    "stream": lambda t: t.utils.data.DataLoader(stream(t), 5),
    "replacement": lambda t: t.utils.data.DataLoader(
        augmented(t), 5, sampler=by_replacement(t, augmented(t))),
    "weights": lambda t: t.utils.data.DataLoader(
        augmented(t), 5, sampler=t.utils.data.WeightedRandomSampler([1, 2] * 11, 22)),
    "shuffled by epoch": lambda t: t.utils.data.DataLoader(
        augmented(t), 2, sampler=t.utils.data.DistributedSampler(augmented(t), 2, 0),
        drop_last=True),
    "list": lambda t: list(loader_of(t)),
}  # fmt: skip


@pytest.mark.parametrize("step", [0, 2, 5, 8])
@pytest.mark.parametrize("name", LOADERS)
def test_in_the_middle(tapegrad, training, tmp_path, name, step):
    """After any step the rest is bit for bit that of an uninterrupted training."""
    def fit(folder, **options):
        training.seed_everything(11)
        trainer = make(tapegrad, folder=folder, metrics={"accuracy": training.Accuracy()},
                       **options)
        return trainer, trainer.fit(LOADERS[name](tapegrad), epochs=2, resume=True)

    whole, expected = fit(tmp_path / "whole", callbacks=[training.Callback()])
    with pytest.raises(Stop):
        fit(tmp_path / "run", checkpoint_every=1, callbacks=[stop_after(tapegrad, step)])
    resumed, history = fit(tmp_path / "run", callbacks=[training.Callback()])

    assert weights_of(resumed.model) == weights_of(whole.model)
    for row, other in zip(history, expected, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


def test_only_indices_are_passed_over(tapegrad, training, tmp_path):
    """Without workers the samples of the batches that are done are not loaded again."""
    loaded = []

    class Counted:
        def __len__(self):
            return 20

        def __getitem__(self, index):
            loaded.append(index)
            return tapegrad.ones(4) * index, index % 2

    def fit(**options):
        loader = tapegrad.utils.data.DataLoader(Counted(), 5)
        make(tapegrad, folder=tmp_path, **options).fit(loader, epochs=1, resume=True)

    with pytest.raises(Stop):
        fit(checkpoint_every=1, callbacks=[stop_after(tapegrad, 2)])
    loaded.clear()
    fit(callbacks=[training.Callback()])

    assert loaded == list(range(10, 20))


def test_state_of_callbacks(tapegrad, training, tmp_path):
    """A callback's state is loaded before the optimizer's, whose groups it may have changed."""
    class Unfreeze(training.Callback):
        is_done = False

        def unfreeze(self, trainer):
            self.is_done = True
            trainer.optimizer.add_param_group({"params": list(trainer.model[0].parameters())})

        def on_epoch_start(self, trainer):
            if trainer.position.epoch == 1:
                self.unfreeze(trainer)

        def state_dict(self):
            return {"is_done": self.is_done}

        def load_state_dict(self, state):
            if state["is_done"]:
                self.unfreeze(self.trainer)

    def fit(epochs, folder):
        trainer = make(tapegrad, folder=folder)
        trainer.optimizer = tapegrad.optim.Adam(trainer.model[3].parameters())
        trainer.callbacks = [Unfreeze()]
        trainer.callbacks[0].trainer = trainer
        trainer.fit(loader_of(tapegrad), epochs=epochs, resume=True)
        return trainer

    whole = fit(3, tmp_path / "whole")
    fit(2, tmp_path / "run")
    resumed = fit(3, tmp_path / "run")

    assert len(resumed.optimizer.param_groups) == 2
    assert weights_of(resumed.model) == weights_of(whole.model)


def test_random_state(tapegrad, training):
    """All three default generators, and those that are named, go back to where they were."""
    def draw():
        return random.random(), np.random.normal(), tapegrad.rand(1).item(), own.initial_seed(), \
            tapegrad.rand(1, generator=own).item(), random.gauss(0, 1), np.random.normal()

    own = tapegrad.Generator().manual_seed(1)
    training.seed_everything(5)
    np.random.normal()  # the next one is kept
    state = training.random_state([own])
    first = draw()
    training.set_random_state(state, [own])

    assert draw() == first
    with pytest.raises(ValueError, match="1 generators beside the default one, not of 0"):
        training.set_random_state(state)


def test_seeds(tapegrad, training):
    """The same seed gives PyTorch's and the other libraries' numbers."""
    training.seed_everything(5)
    drawn = random.random(), np.random.rand(), tapegrad.rand(1).item()
    random.seed(5)
    np.random.seed(5)
    tapegrad.manual_seed(5)

    assert drawn == (random.random(), np.random.rand(), tapegrad.rand(1).item())
    with pytest.raises(ValueError, match="between 0 and"):
        training.seed_everything(-1)
