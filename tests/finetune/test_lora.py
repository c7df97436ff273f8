"""Low-rank parts: against the plain formula under PyTorch, merged, copied, saved, trained."""

import pickle
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest

from .networks import convolutional, text_classifier, trainable

RANK, ALPHA = 3, 6.0

# Layer, the positions of its arguments, the shape of its input (None: of numbers of rows).
LAYERS = {
    "linear": ("Linear", (5, 4), {}, (2, 3, 5)),
    "linear without bias": ("Linear", (5, 4), {"bias": False}, (6, 5)),
    "embedding": ("Embedding", (7, 4), {"padding_idx": 2}, None),
    "embedding without padding": ("Embedding", (7, 4), {}, None),
    "convolution": ("Conv2d", (4, 6, 3), {"stride": 2, "padding": 1}, (2, 4, 6, 6)),
    "grouped": ("Conv2d", (4, 6, 3), {"groups": 2, "padding": "same"}, (2, 4, 6, 6)),
    "depthwise": ("Conv2d", (4, 4, 3), {"groups": 4, "bias": False}, (2, 4, 6, 6)),
    "padded by reflection": ("Conv2d", (4, 6, 3), {"padding": 1, "padding_mode": "reflect"},
                             (2, 4, 6, 6)),
}


def adapted(torch, name, **options):
    """One layer in a model, with low-rank parts that are not zero."""
    kind, sizes, settings, _ = LAYERS[name]
    model = torch.nn.Sequential(getattr(torch.nn, kind)(*sizes, **settings))
    torch.finetune.add_lora(model, "0", RANK, ALPHA, **options)
    torch.nn.init.normal_(model[0].lora_B)
    return model


def inputs(torch, name):
    """The same input in both libraries."""
    shape = LAYERS[name][3]
    random = np.random.default_rng(0)
    if shape is None:
        return torch.tensor([[1, 2, 5], [5, 0, 6]])
    return torch.tensor(random.standard_normal(shape).astype(np.float32), requires_grad=True)


def with_formula(reference, name, layer):
    """PyTorch's layer with the weight W + alpha / rank · B A, as a function of A and B."""
    kind, sizes, settings, _ = LAYERS[name]
    plain = getattr(reference.nn, kind)(*sizes, **settings)
    state = {key: reference.tensor(value.numpy()) for key, value in layer.state_dict().items()}
    plain.load_state_dict({key: value for key, value in state.items() if "lora" not in key})
    a, b = (state[key].requires_grad_() for key in ("lora_A", "lora_B"))
    delta = ALPHA / RANK * (b @ a)
    delta = delta.t() if kind == "Embedding" else delta.reshape(plain.weight.shape)
    weight = plain.weight.detach() + delta
    return lambda x: reference.func.functional_call(plain, {"weight": weight}, (x,)), a, b


@pytest.mark.parametrize("name", LAYERS)
class TestFormula:
    """Each kind of layer is its formula."""

    def test_outputs_and_gradients_under_pytorch(self, tapegrad, reference, name):
        """Output, and gradients of A, B and the input, are those of W + alpha / rank · B A."""
        model = adapted(tapegrad, name)
        function, a, b = with_formula(reference, name, model[0])
        x, expected_x = inputs(tapegrad, name), inputs(reference, name)
        output, expected = model(x), function(expected_x)
        output.sin().sum().backward()
        expected.sin().sum().backward()
        pairs = [(output, expected), (model[0].lora_B.grad, b.grad)]
        if name != "embedding":      # whose row at padding_idx gets no gradient
            pairs.append((model[0].lora_A.grad, a.grad))
        if expected_x.grad is not None:
            pairs.append((x.grad, expected_x.grad))

        for ours, theirs in pairs:
            np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(),
                                       rtol=1e-4, atol=1e-5)

    def test_nothing_changes_at_first(self, tapegrad, name):
        """B is zero, so the output is that of the plain layer, to the bit."""
        kind, sizes, settings, _ = LAYERS[name]
        model = tapegrad.nn.Sequential(getattr(tapegrad.nn, kind)(*sizes, **settings))
        x = inputs(tapegrad, name)
        before = model(x)
        tapegrad.finetune.add_lora(model, "0", RANK)

        assert (model(x) == before).all() and (model[0].lora_A != 0).any()

    def test_merged(self, tapegrad, name):
        """Merged weights give the same outputs, in a plain layer; unmerged all is as before."""
        model, x = adapted(tapegrad, name), inputs(tapegrad, name)
        with_parts, before = model(x), model.state_dict()
        tapegrad.finetune.merge_lora(model)
        merged, state = model(x), model.state_dict()
        tapegrad.finetune.unmerge_lora(model)

        np.testing.assert_allclose(merged.detach().numpy(), with_parts.detach().numpy(),
                                   rtol=1e-6, atol=2e-6)
        assert [key for key in state if "lora" in key] == []
        assert list(model.state_dict()) == list(before)
        assert all((model.state_dict()[key] == value).all() for key, value in before.items())
        assert (model(x) == with_parts).all()


def test_only_parts_are_trained(tapegrad):
    """Everything else is frozen, batch norms' statistics with it."""
    model = tapegrad.finetune.add_lora(convolutional(tapegrad), ["layer1.*", "fc"], 2).train()

    assert {name.rpartition(".")[2] for name in trainable(model)} == {"lora_A", "lora_B"}
    assert not model.bn1.training


def test_a_head_can_be_trained_beside(tapegrad):
    """What ``except_`` fits is trained as a whole."""
    model = convolutional(tapegrad)
    tapegrad.finetune.add_lora(model, "layer2.*.conv1", 2, except_="fc")

    assert trainable(model) == {"fc.weight", "fc.bias", *(
        f"layer2.{k}.conv1.lora_{part}" for k in (0, 1) for part in "AB")}


def test_steps_train_parts_alone(tapegrad):
    """Steps lower the loss, change A and B, and no other tensor."""
    model = tapegrad.finetune.add_lora(text_classifier(tapegrad), ["*linear?", "embeddings"], 2)
    tokens, labels = tapegrad.randint(0, 20, (16, 5)), tapegrad.randint(0, 3, (16,))
    optimizer = tapegrad.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.05)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        losses.append(tapegrad.nn.functional.cross_entropy(model(tokens), labels))
        losses[-1].backward()
        optimizer.step()
    changed = {name for name, tensor in model.state_dict().items()
               if (tensor != before[name]).any()}

    assert losses[-1] < 0.8 * losses[0]
    assert changed == trainable(model)


def test_padding_stays(tapegrad):
    """The row at ``padding_idx`` is the table's own, whatever is learned."""
    model = adapted(tapegrad, "embedding")
    model(inputs(tapegrad, "embedding")).sum().backward()

    assert (model(tapegrad.tensor([2])) == model[0].weight[2]).all()
    assert (model[0].lora_A.grad[:, 2] == 0).all() and (model[0].lora_A.grad[:, 5] != 0).any()


@pytest.mark.parametrize("name", ["linear", "embedding", "convolution"])
def test_dropout(tapegrad, name):
    """In training a part of the low-rank input is dropped; in evaluation nothing is."""
    model, x = adapted(tapegrad, name, dropout=0.5), inputs(tapegrad, name)
    first, second = model(x), model(x)
    model.eval()

    assert (first != second).any() and (model(x) == model(x)).all()


def test_what_is_saved_for_backward(tapegrad, counts):
    """A low-rank linear layer saves no more of the batch's size than its input."""
    model = tapegrad.finetune.add_lora(tapegrad.nn.Sequential(tapegrad.nn.Linear(64, 64)), "0", 1)
    x = tapegrad.rand(100, 64)
    out = model(x)

    assert out.requires_grad and counts()[1] < x.nbytes + 2 * 100 * 4 + 4 * 64 * 4


def test_names_of_the_plain_model_stay(tapegrad):
    """A checkpoint of the plain model loads into the adapted one, and parameters are the same."""
    model = convolutional(tapegrad)
    state, weight = deepcopy(model.state_dict()), model.fc.weight
    tapegrad.finetune.add_lora(model, "fc")
    result = model.load_state_dict(state, strict=False)

    assert result.missing_keys == ["fc.lora_A", "fc.lora_B", "fc.lora_alpha"]
    assert result.unexpected_keys == [] and model.fc.weight is weight
    assert isinstance(model.fc, tapegrad.nn.Linear)


@pytest.mark.parametrize("copy", [deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies(tapegrad, copy):
    """A copy computes the same and is independent."""
    model, x = adapted(tapegrad, "linear"), inputs(tapegrad, "linear")
    replica = copy(model)
    same = bool((replica(x) == model(x)).all())
    tapegrad.nn.init.ones_(replica[0].lora_B)

    assert same and (replica(x) != model(x)).any() and repr(replica) == repr(model)


@pytest.mark.parametrize("name", ["lora", "adapters"])
def test_whole_models_with_layers_of_subclasses(tapegrad, tmp_path, name):
    """A subclass of a layer is adapted too; another process reads the whole model, and its class.

    EfficientNet-Lite's convolutions are such.
    """
    kind = tapegrad.vision.ops.misc.SamePadConv2d
    model = tapegrad.nn.Sequential(kind(2, 4, 3, stride=2), tapegrad.nn.ReLU(), kind(4, 4, 1))
    add = getattr(tapegrad.finetune, f"add_{name}")
    add(model, "?", 2)
    for parameter in model.parameters():
        tapegrad.nn.init.normal_(parameter)
    x = tapegrad.rand(1, 2, 7, 7)
    tapegrad.save({"model": model, "x": x, "y": model(x)}, tmp_path / "model.pt")
    program = """if True:
        import sys, tapegrad
        kept = tapegrad.load(sys.argv[1], weights_only=False)
        assert (kept["model"](kept["x"]) == kept["y"]).all()
        print(repr(kept["model"]), *kept["model"].state_dict())
    """
    printed = subprocess.run([sys.executable, "-c", program, tmp_path / "model.pt"], check=True,
                             capture_output=True, text=True).stdout
    again = tapegrad.load(tmp_path / "model.pt", weights_only=False)

    assert printed.strip() == " ".join([repr(model), *model.state_dict()])
    assert type(again["model"][0]) is type(model[0])
    assert isinstance(again["model"][0], kind)


def test_repr(tapegrad):
    """The layer's own settings, then those of the part."""
    assert repr(adapted(tapegrad, "linear", dropout=0.1)[0]) == (
        "LoRALinear(in_features=5, out_features=4, bias=True, rank=3, alpha=6, dropout=0.1)")


def test_merging_for_good(tapegrad):
    """Without ``keep`` nothing of the part is left."""
    model = tapegrad.finetune.merge_lora(adapted(tapegrad, "linear"), keep=False)

    assert type(model[0]) is tapegrad.nn.Linear
    assert list(vars(model[0])) == list(vars(tapegrad.nn.Linear(5, 4)))
    with pytest.raises(ValueError, match="no merged LoRA layers"):
        tapegrad.finetune.unmerge_lora(model)


def test_merging_leaves_tied_weights(tapegrad):
    """A table that shares its weight with an adapted layer does not change."""
    nn = tapegrad.nn
    model = nn.ModuleDict({"table": nn.Embedding(4, 3), "out": nn.Linear(3, 4)})
    model["out"].weight = model["table"].weight
    tapegrad.finetune.add_lora(model, "out", 2)
    nn.init.ones_(model["out"].lora_B)
    before = model["table"].weight.clone()
    tapegrad.finetune.merge_lora(model)
    is_apart = bool((model["out"].weight != before).all())
    tapegrad.finetune.unmerge_lora(model)

    assert is_apart and (model["table"].weight == before).all()
    assert model["out"].weight is model["table"].weight


def test_more_parts_later(tapegrad):
    """Adding to further layers leaves what is there, trained."""
    model = convolutional(tapegrad)
    tapegrad.finetune.add_lora(tapegrad.finetune.add_lora(model, "fc", 2), "conv1", 2)

    assert trainable(model) == {f"{name}.lora_{part}" for name in ("fc", "conv1") for part in "AB"}


@pytest.mark.parametrize(("options", "text"), [
    ({"patterns": "fcc"}, "no Linear, Embedding or Conv2d matches 'fcc'; near names: fc"),
    ({"patterns": "bn1"}, "no Linear, Embedding or Conv2d matches 'bn1'"),
    ({"patterns": ()}, "no patterns are given"),
    ({"patterns": "fc", "rank": 0}, "rank must be an integer of at least 1, not 0"),
    ({"patterns": "fc", "rank": 2.0}, "rank must be an integer of at least 1, not 2.0"),
    ({"patterns": "fc", "dropout": 1.0}, "dropout must be at least 0 and less than 1, not 1.0"),
    ({"patterns": "fc", "except_": "bn9"}, "no parameter or module matches 'bn9'"),
])
def test_mistakes(tapegrad, options, text):
    """They are refused and leave the model as it was."""
    model = convolutional(tapegrad)
    with pytest.raises(ValueError, match=text):
        tapegrad.finetune.add_lora(model, **options)

    assert len(trainable(model)) == len(list(model.parameters()))
    assert type(model.fc) is tapegrad.nn.Linear


def test_layers_that_cannot_have_parts(tapegrad):
    """A table that changes when read, projections that attention reads itself, a second part."""
    nn, add = tapegrad.nn, tapegrad.finetune.add_lora
    for setting in ("max_norm", "scale_grad_by_freq"):
        with pytest.raises(ValueError, match=f"an Embedding with {setting} cannot have LoRA"):
            add(nn.Sequential(nn.Embedding(3, 2, **{setting: True})), "0")
    with pytest.raises(ValueError, match="no Linear, Embedding or Conv2d matches"):
        add(nn.Sequential(nn.MultiheadAttention(4, 2)), "*")
    with pytest.raises(ValueError, match="no Linear, Embedding or Conv2d matches"):
        add(adapted(tapegrad, "linear"), "0")
    with pytest.raises(ValueError, match="no LoRA layers to merge"):
        tapegrad.finetune.merge_lora(nn.Sequential(nn.Linear(2, 2)))
