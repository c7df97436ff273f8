"""The small BERT under tapegrad.finetune: what is frozen, adapted, merged and saved alone."""

import pytest
from support import assert_same
from tiny_bert import loss_of


@pytest.fixture
def finetune(tapegrad):
    """The namespace that adapts networks."""
    return tapegrad.finetune


def trained(model):
    """The names of what is trained."""
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_low_rank_parts_by_name_of_projection(finetune, model, tokens):
    """``*.query`` fits the projections of all layers; at first nothing changes."""
    before = model(*tokens)
    finetune.add_lora(model, "*.query", rank=2)

    assert trained(model) == {f"encoder.layer.{k}.attention.self.query.lora_{part}"
                              for k in range(2) for part in "AB"}
    assert_same(model(*tokens), before, rtol=1e-5, atol=1e-6)


def test_merged_parts(tapegrad, finetune, model, tokens):
    """After training, merging leaves a plain model of the same numbers and names."""
    names = list(model.state_dict())
    finetune.add_lora(model, ["*.query", "*.value"], rank=2)
    loss_of(*model(*tokens)).backward()
    tapegrad.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-2).step()
    learned = model(*tokens)
    finetune.merge_lora(model)

    assert_same(model(*tokens), learned, rtol=1e-4, atol=1e-5)
    assert list(model.state_dict()) == names


def test_frozen_but_the_top(finetune, model, tokens):
    """What a pattern excepts is trained, and nothing below it is recorded."""
    finetune.freeze(model, except_=["encoder.layer.1", "pooler"])
    loss_of(*model(*tokens)).backward()
    with_gradient = {name for name, x in model.named_parameters() if x.grad is not None}

    assert with_gradient == trained(model)
    assert {name.rpartition(".attention")[0] for name in with_gradient} == {"", "encoder.layer.1"}


def test_layer_groups(finetune, model):
    """Layers are groups from bottom to top, for unfreezing one after the other."""
    assert finetune.layer_groups(model) == [
        ["embeddings"], ["encoder.layer.0"], ["encoder.layer.1"], ["pooler"]]
