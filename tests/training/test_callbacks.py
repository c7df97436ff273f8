"""What is called at the turns of the loop, what is written and drawn, and the search for a rate."""

import numpy as np
import pytest
from training_samples import loader_of, make, model_of, weights_of

PNG = b"\x89PNG\r\n\x1a\n"


def test_turns(tapegrad, training):
    """Each turn is called once, in order."""
    calls = []

    class Note(training.Callback):
        def on_fit_start(self, trainer):
            calls.append("fit")

        def on_epoch_start(self, trainer):
            calls.append(f"epoch {trainer.position.epoch}")

        def on_step_end(self, trainer, loss):
            assert loss > 0
            calls.append(trainer.position.step)

        def on_epoch_end(self, trainer, row):
            assert trainer.history[-1] == row
            calls.append("row")
            trainer.is_stopped = trainer.position.epoch == 2

        def on_fit_end(self, trainer):
            calls.append("end")

    make(tapegrad, callbacks=[Note()], accumulate=3).fit(loader_of(tapegrad), epochs=5)

    assert calls == ["fit", "epoch 0", 1, 2, "row", "epoch 1", 3, 4, "row", "end"]


def test_history_is_saved(tapegrad, training, tmp_path):
    """The files of an epoch hold its row, and a picture is drawn."""
    pytest.importorskip("matplotlib", reason="needs the package matplotlib")
    paths = [tmp_path / "new" / name for name in ("a.csv", "a.jsonl", "a.png")]
    trainer = make(tapegrad, callbacks=[training.SaveHistory(*paths)])
    history = trainer.fit(loader_of(tapegrad), loader_of(tapegrad), epochs=2)

    for path in paths[:2]:
        assert training.History.load(path).rows == history.rows
    assert paths[2].read_bytes().startswith(PNG)


def test_confusion_is_drawn(training, tmp_path):
    """A matrix is drawn with as many names as it has classes."""
    pytest.importorskip("matplotlib", reason="needs the package matplotlib")
    training.plot_confusion([[3, 1], [0, 2]], ["cat", "dog"], tmp_path / "matrix.png")

    assert (tmp_path / "matrix.png").read_bytes().startswith(PNG)
    with pytest.raises(ValueError, match=r"1 names do not fit a matrix of shape \(2, 2\)"):
        training.plot_confusion([[3, 1], [0, 2]], ["cat"], tmp_path / "matrix.png")
    with pytest.raises(ValueError, match="nothing to draw"):
        training.plot_history(training.History(), tmp_path / "curves.png")


def test_tensorboard(tapegrad, training, tmp_path):
    """The losses of all steps and the columns of all epochs are in the files of events."""
    pytest.importorskip("tensorboardX", reason="needs the package tensorboardX")
    trainer = make(tapegrad, callbacks=[training.TensorBoard(tmp_path)])
    history = trainer.fit(loader_of(tapegrad), epochs=2)
    scalars = read_scalars(tmp_path)

    assert [step for step, _ in scalars["step/loss"]] == list(range(1, 11))
    expected = [(5, pytest.approx(history[0]["loss"])), (10, pytest.approx(history[1]["loss"]))]
    assert scalars["epoch/loss"] == expected


def read_scalars(folder):
    """The scalars in a folder's files of events, by name: records of a length and a message."""
    import struct

    from tensorboardX.proto.event_pb2 import Event

    found = {}
    for path in sorted(folder.iterdir()):
        data, place = path.read_bytes(), 0
        while place < len(data):
            (size,) = struct.unpack_from("<Q", data, place)
            event = Event.FromString(data[place + 12 : place + 12 + size])
            place += size + 16
            for value in event.summary.value:
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def search_by_hand(torch, rates, smoothing):
    """The losses of a search in a plain loop."""
    model, loss = model_of(torch), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
    batches, losses, mean = [], [], 0.0
    loader = loader_of(torch)
    while len(batches) < len(rates):
        batches += list(loader)
    for k, (rate, (x, y)) in enumerate(zip(rates, batches, strict=False)):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        value = loss(model(x), y)
        mean = smoothing * mean + (1 - smoothing) * value.item()
        losses.append(mean / (1 - smoothing ** (k + 1)))
        value.backward()
        optimizer.step()
    return losses


def test_search_for_a_rate(tapegrad, reference, training, tmp_path):
    """Rates and losses are those of a plain loop, and nothing is changed by the search."""
    trainer = make(tapegrad)
    loader = loader_of(tapegrad)
    before = weights_of(trainer.model), repr(trainer.optimizer.state_dict())
    order = loader.generator.get_state().tolist()
    search = training.find_rate(trainer.model, trainer.loss, trainer.optimizer, loader,
                                start=1e-4, end=0.1, steps=12, smoothing=0.5)
    expected = search_by_hand(reference, np.geomspace(1e-4, 0.1, 12), 0.5)

    np.testing.assert_allclose(search.rates, np.geomspace(1e-4, 0.1, 12), rtol=1e-12)
    np.testing.assert_allclose(search.losses, expected, rtol=2e-5)
    assert (weights_of(trainer.model), repr(trainer.optimizer.state_dict())) == before
    assert loader.generator.get_state().tolist() == order
    assert all(p.grad is None for p in trainer.model.parameters())


def test_search_ends_early(tapegrad, training):
    """It ends where the loss has grown too far, and suggests where it fell fastest."""
    x = tapegrad.nn.Parameter(tapegrad.tensor([4.0]))
    model = tapegrad.nn.ParameterList([x])
    search = training.find_rate(
        model, None, tapegrad.optim.SGD([x], lr=1.0), [None], start=1e-3, end=1e3, steps=61,
        forward=lambda model, loss, batch: ((model[0] ** 2).sum(), None, None))

    assert len(search.rates) < 61
    assert 0.01 < search.suggestion() < 1 and x.item() == 4.0
    with pytest.raises(ValueError, match="two rates"):
        training.RateSearch([0.1], [1.0]).suggestion()
    with pytest.raises(ValueError, match="find_rate needs"):
        training.find_rate(model, None, None, [], start=1, end=0.1)
