"""Folders of weights as they are published: what is read, what is refused, what is written."""

import json

import pytest
from tiny_bert import CONFIG

pytest.importorskip("safetensors", reason="needs the package safetensors")


@pytest.fixture
def models(tapegrad):
    """The namespace under test."""
    return tapegrad.text.models


@pytest.fixture
def folder(model, tmp_path):
    """A folder with the small model, as it is written here."""
    model.save_pretrained(tmp_path / "bert")
    return tmp_path / "bert"


def config_with(folder, **changes):
    """Change what the folder's configuration says."""
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(settings), encoding="utf-8")


def same(model, other):
    """Whether two models have the same weights by the same names."""
    first, second = model.state_dict(), other.state_dict()
    return list(first) == list(second) and all(first[name].equal(second[name]) for name in first)


def test_written_and_read(models, model, folder):
    """What is written is read as the same model, in evaluation mode, by folder or by file."""
    read = models.BertModel.from_pretrained(folder)

    assert same(read, model)
    assert read.config == model.config
    assert not read.training
    assert same(models.bert(weights=folder / "model.safetensors"), model)


def test_reading_draws_nothing(tapegrad, models, folder):
    """The random numbers of a program stay where they were."""
    before = tapegrad.get_rng_state()
    models.bert(weights=folder)

    assert tapegrad.get_rng_state().equal(before)


def test_changed_settings(models, folder):
    """What is given replaces what the file says."""
    read = models.bert(weights=folder, hidden_dropout_prob=0.0)

    assert read.embeddings.dropout.p == 0.0
    assert read.encoder.layer[0].attention.self.dropout.p == 0.1


def test_pytorch_file(tapegrad, models, model, folder):
    """``pytorch_model.bin`` is read where there is no other file."""
    (folder / "model.safetensors").unlink()
    tapegrad.save(model.state_dict(), folder / "pytorch_model.bin")

    assert same(models.bert(weights=folder), model)


def test_names_of_other_programs(tapegrad, models, model, folder):
    """Names below ``bert.``, TensorFlow's names of norms, and stored constants are understood;
    the head of the other network is left out."""
    state = {"bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma")
             .replace("LayerNorm.bias", "LayerNorm.beta"): x
             for name, x in model.state_dict().items()}
    state["bert.embeddings.position_ids"] = tapegrad.arange(12)[None]
    state["cls.predictions.bias"] = tapegrad.zeros(50)
    tapegrad.save(state, folder / "old.bin")

    assert same(models.bert(weights=folder / "old.bin"), model)


def test_half_precision_file(tapegrad, models, model, folder):
    """Numbers of another dtype are converted to the model's."""
    halves = {name: x.half() for name, x in model.state_dict().items()}
    tapegrad.save(halves, folder / "half.bin")
    read = models.bert(weights=folder / "half.bin")

    assert {x.dtype for x in read.parameters()} == {tapegrad.float32}
    assert read.pooler.dense.weight.equal(halves["pooler.dense.weight"].float())


def test_wrong_names(tapegrad, models, model, folder):
    """Every name that is missing or too many is listed, and so is the file."""
    state = model.state_dict()
    state["encoder.layer.0.more"] = state.pop("encoder.layer.0.output.dense.bias")
    state["pooler.dense.bias"] = tapegrad.zeros(3)
    path = folder / "wrong.bin"
    tapegrad.save(dict(state), path)
    with pytest.raises(RuntimeError) as caught:
        models.bert(weights=path)

    assert str(caught.value) == (
        "Error(s) in loading state_dict for BertModel:\n"
        '\tMissing key(s) in state_dict: "encoder.layer.0.output.dense.bias". \n'
        '\tUnexpected key(s) in state_dict: "encoder.layer.0.more". \n'
        "\tsize mismatch for pooler.dense.bias: copying a param with shape torch.Size([3]) from "
        "checkpoint, the shape in current model is torch.Size([16]).\n"
        f"\tThe weights are those of {path}.")


def test_pooling_layer_is_not_asked_for(models, model, folder):
    """Its weights in the file are then no mistake, and their absence is none either."""
    read = models.bert(weights=folder, add_pooling_layer=False)
    read.save_pretrained(folder)

    assert read.pooler is None
    assert same(models.bert(weights=folder, add_pooling_layer=False), read)
    with pytest.raises(RuntimeError, match='Missing key.*"pooler.dense.weight"'):
        models.bert(weights=folder)


def test_missing_files(models, folder, tmp_path):
    """Which file is looked for is said."""
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors or pytorch_model\.bin"):
        models.bert(weights=tmp_path)
    (folder / "config.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        models.bert(weights=folder)


def test_file_without_names(tapegrad, models, folder):
    """A file that holds a tensor alone is refused."""
    tapegrad.save(tapegrad.zeros(2), folder / "tensor.bin")
    with pytest.raises(ValueError, match="holds Tensor, not tensors by name"):
        models.bert(weights=folder / "tensor.bin")


@pytest.mark.parametrize(("changes", "text"), [
    ({"model_type": "gpt2"}, "model_type should be 'bert', got 'gpt2'"),
    ({"position_embedding_type": "relative_key"}, "position_embedding_type should be 'absolute'"),
    ({"is_decoder": True}, "is_decoder should be False, got True"),
    ({"hidden_act": "mish2"}, "hidden_act should be one of gelu, .*, got 'mish2'"),
    ({"hidden_size": "16"}, "hidden_size should be a positive int, got '16'"),
    ({"num_hidden_layers": 0}, "num_hidden_layers should be a positive int, got 0"),
    ({"hidden_size": 18}, r"hidden size \(18\) is not a multiple of the number of attention heads"),
    ({"hidden_dropout_prob": 1.5}, "hidden_dropout_prob should be between 0 and 1, got 1.5"),
    ({"hidden_dropout_prob": None}, "config.json"),
])
def test_configurations_of_something_else(models, folder, changes, text):
    """A configuration that would make another network is refused, with its path."""
    config_with(folder, **changes)
    with pytest.raises(ValueError, match=text) as caught:
        models.bert(weights=folder)

    assert str(caught.value).startswith(str(folder / "config.json"))


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_damaged_configurations(models, folder, content):
    """What is no object of JSON is refused, with its path."""
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"config\.json"):
        models.bert(weights=folder)


def test_unknown_settings_are_for_others(models, folder):
    """Settings that concern other programs change nothing."""
    config_with(folder, use_cache=False, transformers_version="9.0")

    assert models.BertConfig.from_file(folder / "config.json") == models.BertConfig(**CONFIG)
