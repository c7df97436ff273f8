"""``tapegrad finetune`` and ``predict``, from pictures in folders to the names of their classes."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from command_line import COLOURS, finetune, status, words_of, write_pictures

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def trained(tapegrad, pictures, weights, tmp_path_factory):
    """A folder that a training of three epochs has written."""
    run = tmp_path_factory.mktemp("trained") / "run"
    options = [] if has_matplotlib() else ["--no-plots"]
    assert finetune(pictures, weights, run, "--epochs", 4, *options) == 0
    return run


def has_matplotlib():
    try:
        import matplotlib
    except ImportError:
        return False
    return matplotlib is not None


def metrics_of(run):
    return json.loads((run / "metrics.json").read_text())


def test_what_is_written(trained, training_namespace):
    """Weights, measures, the history in both forms, and what the training was begun with."""
    history = training_namespace.History.load(trained / "history.csv")
    metrics, settings = metrics_of(trained), json.loads((trained / "run.json").read_text())
    confusion = metrics["confusion"]

    assert len(history) == 4
    assert history.rows == training_namespace.History.load(trained / "history.jsonl").rows
    assert settings["classes"] == list(metrics["classes"]) == list(COLOURS)
    assert settings["arch"] == "tiny" and settings["options"]["seed"] == 0
    assert sum(map(sum, confusion)) == 6
    assert metrics["accuracy"] == sum(confusion[k][k] for k in range(3)) / 6
    assert metrics["loss"] == min(history.column("val_loss"))


def test_it_learns(trained):
    """A head on a random body tells colours apart."""
    assert metrics_of(trained)["accuracy"] >= 5 / 6


def test_pictures_of_it(trained):
    """Curves and the confusion matrix are drawn."""
    if not has_matplotlib():
        pytest.skip("matplotlib is not installed: nothing is drawn")

    assert (trained / "curves.png").read_bytes().startswith(PNG)
    assert (trained / "confusion.png").read_bytes().startswith(PNG)


def test_body_stays_frozen(tapegrad, trained, weights):
    """All that is not of the head is as it was in the file, statistics among it."""
    before, after = tapegrad.load(weights), tapegrad.load(trained / "model.pt")

    assert before.keys() == after.keys()
    for name, value in before.items():
        assert name.startswith("fc.") or after[name].equal(value)


def test_predict(trained, pictures, tmp_path, capsys):
    """New pictures are given the names of their colours, with shares."""
    write_pictures(tmp_path / "new", 1, 9)
    images = [tmp_path / "new" / colour / "0.png" for colour in COLOURS]

    assert status("predict", trained, *images, "--topk", 2, "--json") == 0
    answers = json.loads(capsys.readouterr().out)
    for answer, image, colour in zip(answers, images, COLOURS, strict=True):
        first, second = answer["predictions"]
        assert answer["image"] == str(image)
        assert first["class"] == colour and first["probability"] > second["probability"] > 0
    assert status("predict", trained, images[0]) == 0
    share = answers[0]["predictions"][0]["probability"]
    assert capsys.readouterr().out == f"{images[0]}: blue {share:.1%}\n"


def test_predict_what_cannot_be_read(trained, pictures, tmp_path, capsys):
    """Pictures that cannot be read are named; the others are answered, and the status is 1."""
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    good = pictures / "red" / "0.png"
    code = status("predict", trained, broken, good, tmp_path / "missing.png")
    printed = capsys.readouterr()

    assert code == 1
    assert printed.out.startswith(f"{good}: red ")
    assert [line.partition(" cannot be read: ")[0] for line in printed.err.splitlines()] == [
        f"tapegrad predict: {broken}", f"tapegrad predict: {tmp_path / 'missing.png'}"]


def test_resumed(tapegrad, trained, pictures, weights, tmp_path):
    """A training that is killed after an epoch goes on to the same weights."""
    program = (
        "import os, signal; from tapegrad import training\n"
        "from command_line import register_tiny; register_tiny()\n"
        "def save(trainer, real=training.saving.save):\n"
        "    real(trainer)\n"
        "    os.kill(os.getpid(), signal.SIGKILL) if trainer.position.epoch == 1 else None\n"
        "training.saving.save = save\n"
        "from tapegrad.cli.main import main; main()"
    )
    words = [*words_of(pictures, weights, tmp_path / "run"), "--epochs", 4, "--no-plots"]
    command = [sys.executable, "-c", program, *map(str, words)]
    killed = subprocess.run(command, capture_output=True, check=False,
                            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    names = os.listdir(tmp_path / "run" / "checkpoints")

    assert killed.returncode == -signal.SIGKILL and "checkpoint-00000003.pt" in names
    code = finetune(
        pictures, weights, tmp_path / "run", "--epochs", 4, "--resume", "--no-plots")
    assert code == 0
    whole, resumed = (tapegrad.load(run / "model.pt") for run in (trained, tmp_path / "run"))
    assert all(resumed[name].equal(value) for name, value in whole.items())


def test_resnet18(tapegrad, pictures, tmp_path):
    """A file of torchvision's form, for another number of classes, is taken for ResNet-18."""
    pytest.importorskip("safetensors", reason="needs the package safetensors")
    tapegrad.manual_seed(0)
    weights = tmp_path / "resnet18.safetensors"
    state = tapegrad.vision.models.resnet18(num_classes=7).state_dict()
    tapegrad.utils.safetensors.save_file(state, weights)
    words = ["finetune", pictures, "--weights", weights, "--out", tmp_path / "run", "--size", 32]

    assert status(*words, "--epochs", 1, "--quiet", "--no-plots") == 0
    after = tapegrad.load(tmp_path / "run" / "model.pt")
    assert after["layer4.1.bn2.running_var"].equal(state["layer4.1.bn2.running_var"])
    assert after["fc.weight"].shape == (3, 512)


@pytest.mark.parametrize(("options", "decays"), [([], {0.2, 0.0}), (["--decay-all"], {0.2})])
@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_weight_decay(tapegrad, weights, tmp_path, kind, options, decays):
    """Biases and norms have none, unless that is asked for; all the rest is as asked."""
    from tapegrad.cli.finetune import make_trainer
    from tapegrad.cli.main import parser
    from tapegrad.cli.network import make_network
    from tapegrad.cli.run_folder import RunFolder

    words = ["finetune", "data", "--out", str(tmp_path), "--weight-decay", "0.2", "--lr", "0.3",
             "--optimizer", kind, "--no-plots", *options]  # fmt: skip
    model = make_network("tiny", None, 3, is_frozen=False)
    optimizer = make_trainer(model, RunFolder(tmp_path), parser().parse_args(words)).optimizer
    spared = {p for group in optimizer.param_groups if not group["weight_decay"]
              for p in group["params"]}  # fmt: skip

    assert {group["weight_decay"] for group in optimizer.param_groups} == decays
    assert {group["lr"] for group in optimizer.param_groups} == {0.3}
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 6
    assert spared == (set() if options else {model[0].bias, *model[1].parameters(), model.fc.bias})


def test_two_folders(pictures, weights, tmp_path):
    """Subfolders `train` and `val` are taken as they are; everything is trained if asked."""
    write_pictures(tmp_path / "data" / "train", 3, 1)
    write_pictures(tmp_path / "data" / "val", 1, 2)
    options = ["--epochs", 1, "--freeze", "none", "--optimizer", "sgd", "--clip-norm", 1,
               "--accumulate", 2, "--ema", 0.5, "--patience", 1, "--no-augment", "--no-plots"]
    code = finetune(tmp_path / "data", weights, tmp_path / "run", *options)

    assert code == 0
    assert sum(map(sum, metrics_of(tmp_path / "run")["confusion"])) == 3


@pytest.mark.filterwarnings("always:.*cannot be read:UserWarning")
def test_corrupt_pictures(pictures, weights, tmp_path, capsys):
    """A picture that cannot be read is named, and skipped if asked."""
    data = shutil.copytree(pictures, tmp_path / "data")
    (data / "red" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    options = ["--epochs", 1, "--no-plots"]
    refused = finetune(data, weights, tmp_path / "refused", *options)
    text = capsys.readouterr().err
    skipped = finetune(data, weights, tmp_path / "skipped", *options, "--on-corrupt", "skip")

    assert refused == 1 and skipped == 0
    assert text.startswith(f"tapegrad finetune: error: {data / 'red' / '0.png'} cannot be read: ")
    assert f"{data / 'red' / '0.png'} cannot be read: " in capsys.readouterr().err


def test_mistakes(pictures, weights, trained, tmp_path, capsys):
    """What cannot work ends in one line and status 1 before anything is written."""
    run, nothing = tmp_path / "run", tmp_path / "nothing"
    (nothing / "one").mkdir(parents=True)
    shutil.copy(pictures / "red" / "0.png", nothing / "one")
    begin = ["finetune", pictures, "--weights", weights, "--no-plots"]
    mistakes = {
        "there is no network alexnot, but ": [*begin, "--out", run, "--arch", "alexnot"],
        "a frozen body needs --weights": ["finetune", pictures, "--out", run, "--no-plots"],
        f"{tmp_path / 'x'} is not a folder": [
            "finetune", tmp_path / "x", "--weights", weights, "--out", run, "--no-plots"],
        f"{nothing} has to hold two folders": [
            "finetune", nothing, "--weights", weights, "--out", run, "--no-plots"],
        f"{trained} holds a training already: --resume": [*begin, "--out", trained],
        f"the training in {trained} was begun with --arch tiny, not resnet18": [
            *begin, "--out", trained, "--resume"],
        f"{run} is not a folder that `tapegrad finetune`": [*begin, "--out", run, "--resume"],
        f"{nothing} is not a folder that ": ["predict", nothing, "x.png"],
        "--topk must be from 1 to 3": ["predict", trained, "x.png", "--topk", 4],
    }
    for text, words in mistakes.items():
        code = status(*words)
        printed = capsys.readouterr()

        assert code == 1
        assert printed.err.startswith(f"tapegrad {words[0]}: error: {text}"), printed.err
        assert printed.err.count("\n") == 1 and not run.exists()


def test_debug(pictures, tmp_path):
    """With --debug an error comes with its traceback."""
    from tapegrad.cli.main import main

    with pytest.raises(ValueError, match="needs --weights"):
        main(["finetune", str(pictures), "--out", str(tmp_path / "run"), "--no-plots", "--debug"])


def test_without_matplotlib(pictures, weights, tmp_path, capsys, monkeypatch):
    """What draws is missed before the training, not after it."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert finetune(pictures, weights, tmp_path / "run") == 1
    assert "pip install tapegrad[plots]" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_split():
    """Each class has its share held out, but one sample at least on either side."""
    from tapegrad.cli.pictures import split

    targets = [0] * 10 + [1] * 2 + [2] + [3] * 3
    train, held_out = split(targets, 0.2, seed=1)
    counts = [[sum(targets[k] == one for k in part) for one in range(4)]
              for part in (train, held_out)]

    assert sorted(train + held_out) == list(range(16))
    assert counts == [[8, 1, 1, 2], [2, 1, 0, 1]]
    assert split(targets, 0.2, seed=1) == (train, held_out) != split(targets, 0.2, seed=2)
