"""Features of a frozen body, computed once: what is kept, and when it is computed anew."""

import json

import numpy as np
import pytest

from .networks import perceptron


class Counted:
    """A data set of vectors and labels, some of whose reads fail."""

    def __init__(self, torch, n=10, fails_at=None):
        torch.manual_seed(3)
        self.x, self.y = torch.rand(n, 6), torch.arange(n)
        self.fails_at = fails_at

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        if i == self.fails_at:
            raise OSError(f"sample {i} cannot be read")
        return self.x[i], self.y[i]


@pytest.fixture
def body(tapegrad):
    """Give a body that counts the samples that go through it."""
    tapegrad.manual_seed(0)
    body = perceptron(tapegrad)
    body.seen = []
    body.register_forward_pre_hook(lambda module, inputs: module.seen.append(len(inputs[0])))
    return body


def cached(torch, body, data, path, **options):
    """Give the features, and how many samples were computed for them."""
    body.seen.clear()
    found = torch.finetune.cache_features(body, data, path, batch_size=4, **options)
    return found, sum(body.seen)


def test_features_are_the_bodys(tapegrad, body, tmp_path):
    """Row i is the body's output for sample i, in evaluation mode; the rest stays beside it."""
    body.insert(0, tapegrad.nn.Dropout(0.5))
    data = Counted(tapegrad)
    found, n = cached(tapegrad, body, data, tmp_path / "a" / "b")
    assert body.training and not found.tensors[0].requires_grad
    body.eval()

    assert n == 10 and len(found) == 10
    assert tapegrad.allclose(found.tensors[0], body(data.x)) and (found[7][1] == data.y[7])


def test_computed_once(tapegrad, body, tmp_path):
    """A second call reads the files."""
    first, n_first = cached(tapegrad, body, Counted(tapegrad), tmp_path)
    second, n_second = cached(tapegrad, body, Counted(tapegrad), tmp_path)

    assert (n_first, n_second) == (10, 0)
    assert (first.tensors[0] == second.tensors[0]).all()


def test_interrupted(tapegrad, body, tmp_path):
    """What was computed before a failure is not computed again."""
    with pytest.raises(OSError, match="sample 9 cannot be read"):
        cached(tapegrad, body, Counted(tapegrad, fails_at=9), tmp_path)
    found, n = cached(tapegrad, body, Counted(tapegrad), tmp_path)

    assert n == 2 and tapegrad.allclose(found.tensors[0], body.eval()(Counted(tapegrad).x))


def test_changed_sample(tapegrad, body, tmp_path):
    """The batch with the changed sample is computed anew, and no other."""
    cached(tapegrad, body, Counted(tapegrad), tmp_path)
    data = Counted(tapegrad)
    data.x[5] += 1
    found, n = cached(tapegrad, body, data, tmp_path)

    assert n == 4 and tapegrad.allclose(found.tensors[0], body.eval()(data.x))


def weights(torch, body, path):
    torch.nn.init.ones_(body[0].weight)


def structure(torch, body, path):
    body[1] = torch.nn.Tanh()


def no_manifest(torch, body, path):
    (path / "manifest.json").unlink()


def broken_manifest(torch, body, path):
    (path / "manifest.json").write_text("{")


def lost_file(torch, body, path):
    (path / "column_1.npy").unlink()


def cut_file(torch, body, path):
    (path / "column_0.npy").write_bytes((path / "column_0.npy").read_bytes()[:40])


@pytest.mark.parametrize("change", [weights, structure, no_manifest, broken_manifest, lost_file,
                                    cut_file])
def test_all_anew(tapegrad, body, tmp_path, change):
    """Another body, and files that are missing or cut, mean another cache."""
    cached(tapegrad, body, Counted(tapegrad), tmp_path)
    change(tapegrad, body, tmp_path)
    found, n = cached(tapegrad, body, Counted(tapegrad), tmp_path)

    assert n == 10 and tapegrad.allclose(found.tensors[0], body.eval()(Counted(tapegrad).x))


def test_damaged_row(tapegrad, body, tmp_path):
    """A batch whose stored rows are not those that were written is computed anew."""
    cached(tapegrad, body, Counted(tapegrad), tmp_path)
    stored = np.load(tmp_path / "column_0.npy", mmap_mode="r+")
    stored[9] = 0
    stored.flush()
    found, n = cached(tapegrad, body, Counted(tapegrad), tmp_path)

    assert n == 2 and tapegrad.allclose(found.tensors[0], body.eval()(Counted(tapegrad).x))


def test_old_features_survive_a_new_cache(tapegrad, body, tmp_path):
    """Who has the old files mapped keeps them."""
    old, _ = cached(tapegrad, body, Counted(tapegrad), tmp_path)
    expected = body.eval()(Counted(tapegrad).x)
    weights(tapegrad, body, tmp_path)
    cached(tapegrad, body, Counted(tapegrad), tmp_path)

    assert tapegrad.allclose(old.tensors[0], expected)


def test_writes_stay_private(tapegrad, body, tmp_path):
    """Features can be written to; the files do not change."""
    found, _ = cached(tapegrad, body, Counted(tapegrad), tmp_path)
    found.tensors[0].zero_()

    assert cached(tapegrad, body, Counted(tapegrad), tmp_path)[1] == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["samples"] == 10


def test_bar(tapegrad, body, tmp_path, capsys):
    """``progress`` shows or hides it."""
    cached(tapegrad, body, Counted(tapegrad), tmp_path, progress=True)
    shown = capsys.readouterr().err
    cached(tapegrad, body, Counted(tapegrad), tmp_path, progress=False)

    assert "10/10" in shown and capsys.readouterr().err == ""


@pytest.mark.parametrize(("samples", "error", "text"), [
    ([], ValueError, "the data set is empty"),
    (["a", "b"], TypeError, "element 0 of a sample must be a tensor or a number, not str"),
    ([("x", 1)], TypeError, "element 0 of a sample must be a tensor or a number, not tuple"),
])
def test_bad_samples(tapegrad, body, tmp_path, samples, error, text):
    """What cannot be kept is refused."""
    with pytest.raises(error, match=text):
        tapegrad.finetune.cache_features(body, samples, tmp_path)
