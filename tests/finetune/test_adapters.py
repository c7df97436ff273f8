"""Bottleneck adapters, and what adapters are saved as."""

import io
from copy import deepcopy

import numpy as np
import pytest

from .networks import convolutional, text_classifier, trainable


def random_adapters(torch, seed=0):
    """A network with an adapter behind a convolution and low-rank parts in its head."""
    model = convolutional(torch)
    torch.finetune.add_adapters(model, "layer2.1.conv1", 2)
    torch.finetune.add_lora(model, "fc", 2)
    torch.manual_seed(seed)
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter)
    return model


@pytest.mark.parametrize(("kind", "sizes", "shape"), [
    ("Linear", (5, 4), (2, 3, 5)), ("Conv2d", (3, 4, 3), (2, 3, 6, 6))])
class TestFormula:
    """y + up(relu(down(y))) of the layer's output y."""

    def test_under_pytorch(self, tapegrad, reference, kind, sizes, shape):
        """Output and the gradient of the first matrix are the plain formula's."""
        model = tapegrad.nn.Sequential(getattr(tapegrad.nn, kind)(*sizes))
        tapegrad.finetune.add_adapters(model, "0", 2)
        tapegrad.nn.init.normal_(model[0].adapter_up.weight)
        parts = [getattr(reference.nn, kind)(*sizes),
                 *[getattr(reference.nn, kind)(*pair, *[1] * (kind == "Conv2d"))
                   for pair in ((4, 2), (2, 4))]]
        prefixes = ("", "adapter_down.", "adapter_up.")
        for part, prefix in zip(parts, prefixes, strict=True):
            part.load_state_dict({name: reference.tensor(
                model[0].state_dict()[prefix + name].numpy()) for name in ("weight", "bias")})
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        plain, down, up = parts
        y = plain(reference.tensor(x))
        expected = y + up(reference.relu(down(y)))
        output = model(tapegrad.tensor(x))
        output.sin().sum().backward()
        expected.sin().sum().backward()

        np.testing.assert_allclose(output.detach().numpy(), expected.detach().numpy(), rtol=1e-5,
                                   atol=1e-5)
        np.testing.assert_allclose(model[0].adapter_down.weight.grad.numpy(),
                                   down.weight.grad.numpy(), rtol=1e-4, atol=1e-4)

    def test_nothing_changes_at_first(self, tapegrad, kind, sizes, shape):
        """The second matrix is zero."""
        model, x = tapegrad.nn.Sequential(getattr(tapegrad.nn, kind)(*sizes)), tapegrad.rand(shape)
        before = model(x)
        tapegrad.finetune.add_adapters(model, "0", 2)

        assert (model(x) == before).all()
        assert trainable(model) == {f"0.adapter_{part}.{name}" for part in ("down", "up")
                                    for name in ("weight", "bias")}


@pytest.mark.parametrize(("patterns", "size", "text"), [
    ("embeddings", 2, "no Linear or Conv2d matches 'embeddings'"),
    ("classifier", 0, "size must be an integer of at least 1, not 0")])
def test_mistakes(tapegrad, patterns, size, text):
    """They are refused and leave the model as it was."""
    model = text_classifier(tapegrad)
    with pytest.raises(ValueError, match=text):
        tapegrad.finetune.add_adapters(model, patterns, size)

    assert len(trainable(model)) == len(list(model.parameters()))


def test_adapters_alone(tapegrad):
    """The state is what was put in, and what is asked for beside."""
    finetune, model = tapegrad.finetune, random_adapters(tapegrad)
    names = {"fc.lora_A", "fc.lora_B", "fc.lora_alpha", *(
        f"layer2.1.conv1.adapter_{part}.{name}" for part in ("down", "up")
        for name in ("weight", "bias"))}

    assert set(finetune.adapter_state_dict(model)) == names
    assert set(finetune.adapter_state_dict(model, also="fc.bias")) == {*names, "fc.bias"}


def through_save(torch, state, folder):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file)


def through_safetensors(torch, state, folder):
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    torch.utils.safetensors.save_file(state, folder / "adapter.safetensors")
    return torch.utils.safetensors.load_file(folder / "adapter.safetensors")


@pytest.mark.parametrize("through", [through_save, through_safetensors])
def test_saved_and_loaded(tapegrad, tmp_path, through):
    """Loaded into a model with the same body, adapters compute what they computed."""
    model = random_adapters(tapegrad)
    other = deepcopy(model)
    for parameter in other.parameters():
        if parameter.requires_grad:
            tapegrad.nn.init.zeros_(parameter)
    other.fc.lora_alpha.fill_(5)
    state = through(tapegrad, tapegrad.finetune.adapter_state_dict(model), tmp_path)
    tapegrad.finetune.load_adapter(other, state)
    x = tapegrad.rand(2, 3, 8, 8)

    assert (model.eval()(x) == other.eval()(x)).all()


@pytest.mark.parametrize(("change", "text"), [
    (lambda state: state.pop("fc.lora_A"), r"missing: fc\.lora_A"),
    (lambda state: state.update(other=state["fc.lora_A"]), "not in the model: other"),
    (lambda state: state.update({"fc.lora_B": state["fc.lora_A"]}),
     r"of another shape: fc\.lora_B is \(2, 6\), not \(5, 2\)"),
])
def test_state_that_does_not_fit(tapegrad, change, text):
    """It is refused, and nothing has been written."""
    model = random_adapters(tapegrad)
    state = {name: tensor + 1 for name, tensor in
             tapegrad.finetune.adapter_state_dict(model).items()}
    before = deepcopy(model.state_dict())
    change(state)
    with pytest.raises(RuntimeError, match=text):
        tapegrad.finetune.load_adapter(model, state)

    assert all((model.state_dict()[name] == tensor).all() for name, tensor in before.items())


def test_model_without_adapters(tapegrad):
    """There is nothing to save."""
    with pytest.raises(ValueError, match="the model has no adapters"):
        tapegrad.finetune.adapter_state_dict(convolutional(tapegrad))
