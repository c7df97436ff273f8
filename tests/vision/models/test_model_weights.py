"""Weights by name, by file and as before torchvision 0.13; the register of models."""

import copy
import hashlib
import warnings

import pytest
from recipes import without_drawing


@pytest.fixture
def own(tapegrad, monkeypatch, tmp_path):
    """A file of weights of a small MobileNet, and the cache in a folder of the test."""
    monkeypatch.setattr(tapegrad.hub, "_folder", [str(tmp_path / "hub")])
    model = tapegrad.vision.models.mobilenet_v2(width_mult=0.1, num_classes=3)
    path = tmp_path / "own.pth"
    tapegrad.save(model.state_dict(), path)
    return model, path


def is_same(tapegrad, model, other):
    """Whether all tensors of two models are equal."""
    pairs = zip(model.state_dict().values(), other.state_dict().values(), strict=True)
    return all(tapegrad.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_file_of_weights(tapegrad, own, kind):
    """``weights=`` takes the path of a file, as text or as an object."""
    model, path = own
    loaded = tapegrad.vision.models.mobilenet_v2(
        weights=kind(path), width_mult=0.1, num_classes=3
    )

    assert is_same(tapegrad, loaded, model)


def test_safetensors_file(tapegrad, own, tmp_path):
    """So it does in the format of safetensors."""
    pytest.importorskip("safetensors", reason="safetensors is not installed")
    model, _ = own
    path = tmp_path / "own.safetensors"
    tapegrad.utils.safetensors.save_file(model.state_dict(), path)
    loaded = tapegrad.vision.models.mobilenet_v2(weights=path, width_mult=0.1, num_classes=3)

    assert is_same(tapegrad, loaded, model)


def test_file_that_is_not_there(tapegrad):
    """A path without a file is named."""
    with pytest.raises(FileNotFoundError, match="nowhere.pth"):
        tapegrad.vision.models.resnet18(weights="nowhere.pth")


def test_file_of_another_model(tapegrad, own):
    """Tensors of other shapes are refused by name, as by ``load_state_dict``."""
    with pytest.raises(RuntimeError, match="size mismatch for classifier.1.weight"):
        tapegrad.vision.models.mobilenet_v2(weights=own[1], width_mult=0.1)


def published(tapegrad, monkeypatch, folder, content=None):
    """A server's folder with a file of weights, and the set that names it."""
    api = tapegrad.vision.models._api
    model = tapegrad.vision.models.mobilenet_v2()
    folder.mkdir()
    tapegrad.save(model.state_dict(), folder / "new.pth")
    content = content or (folder / "new.pth").read_bytes()
    digest = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()[:8]
    path = folder / f"mobilenet_v2-{digest}.pth"
    path.write_bytes(content)
    known = tapegrad.vision.models.MobileNet_V2_Weights.IMAGENET1K_V1
    monkeypatch.setattr(known, "_value_", api.Weights(path.as_uri(), known.transforms, known.meta))
    return model, path


@pytest.mark.parametrize("name", ["IMAGENET1K_V1", "MobileNet_V2_Weights.IMAGENET1K_V1"])
def test_named_set_is_fetched_once(tapegrad, own, monkeypatch, tmp_path, capsys, name):
    """A set by its name comes from its place, is checked, kept, and read from there again."""
    model, path = published(tapegrad, monkeypatch, tmp_path / "server")
    first = tapegrad.vision.models.mobilenet_v2(weights=name, progress=False)
    kept = tmp_path / "hub" / "checkpoints" / path.name
    path.unlink()
    again = tapegrad.vision.models.mobilenet_v2(weights=name)

    assert is_same(tapegrad, first, model) and is_same(tapegrad, again, model)
    assert capsys.readouterr().out == f'Downloading: "{path.as_uri()}" to {kept}\n'


def test_damaged_download_leaves_nothing(tapegrad, own, monkeypatch, tmp_path):
    """A file that is not what its name says is refused, and not kept."""
    published(tapegrad, monkeypatch, tmp_path / "server", content=b"something else")
    with pytest.raises(RuntimeError, match='^invalid hash value \\(expected "'):
        tapegrad.vision.models.mobilenet_v2(weights="IMAGENET1K_V1", progress=False)

    assert list((tmp_path / "hub" / "checkpoints").iterdir()) == []


def test_no_network(tapegrad, own, monkeypatch, tmp_path):
    """Where a file cannot be fetched the error says which to put where."""
    _, path = published(tapegrad, monkeypatch, tmp_path / "server")
    path.unlink()
    with pytest.raises(OSError) as caught:
        tapegrad.vision.models.mobilenet_v2(weights="IMAGENET1K_V1", progress=False)

    kept = tmp_path / "hub" / "checkpoints" / path.name
    assert f"fetch {path.as_uri()} elsewhere and save it as {kept}" in str(caught.value)


def test_number_of_classes_is_that_of_the_weights(vision):
    """Another number of classes contradicts a named set."""
    with pytest.raises(ValueError) as caught:
        vision.models.resnet18(weights="DEFAULT", num_classes=10)

    assert str(caught.value) == (
        "The parameter 'num_classes' expected value 1000 but got 10 instead."
    )


def test_wrong_sets(vision):
    """Names that no set has, and sets of other models, are refused."""
    models = vision.models
    with pytest.raises(KeyError, match="IMAGENET22K"):
        models.resnet18(weights="IMAGENET22K")
    with pytest.raises(TypeError, match="^Invalid Weight class provided; expected "
                       "ResNet18_Weights but received ResNet34_Weights.$"):
        models.resnet18(weights=models.ResNet34_Weights.DEFAULT)


OLD_FORMS = [
    ("resnet18(pretrained=False)", None, ["'pretrained' is", "Arguments other"]),
    ("resnet18(False)", None, ["Using 'weights' as", "Arguments other"]),
    ("resnet18(None, True)", None, ["Using 'weights' and 'progress' as"]),
    ("resnet50(pretrained=True)", "IMAGENET1K_V1", ["'pretrained' is", "Arguments other"]),
    ("resnet50(weights='legacy')", "IMAGENET1K_V1", ["Arguments other"]),
]


@pytest.mark.parametrize(("call", "chosen", "texts"), OLD_FORMS)
def test_old_forms_warn(torch, vision, monkeypatch, call, chosen, texts):
    """What was usual before torchvision 0.13 works, and warns in torchvision's words."""
    without_drawing(monkeypatch, torch)
    asked = []
    monkeypatch.setattr(
        vision.models.WeightsEnum, "get_state_dict",
        lambda self, **kwargs: asked.append(self) or vision.models.resnet50().state_dict(),
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        eval(f"models.{call}", {"models": vision.models})
    names = [each.name for each in asked]

    assert names == ([] if chosen is None else [chosen])
    assert len(caught) == len(texts)
    for warning, text in zip(caught, texts, strict=True):
        assert text in str(warning.message)


@pytest.mark.parametrize("call", [call for call, _, _ in OLD_FORMS])
def test_warnings_are_those_of_torchvision(
    torch, reference, vision, torchvision, monkeypatch, call
):
    """Every word of these warnings is torchvision's."""
    for library in (torch, reference):
        without_drawing(monkeypatch, library)
    said = []
    for library in (vision, torchvision):
        state = library.models.resnet50().state_dict()
        monkeypatch.setattr(
            library.models.WeightsEnum, "get_state_dict", lambda self, state=state, **kwargs: state
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(f"models.{call}", {"models": library.models})
        said.append([(each.category, str(each.message)) for each in caught])

    assert said[0] == said[1]


def test_list_of_models(vision):
    """Models are listed in order, with and without patterns."""
    models = vision.models

    assert models.list_models(include="resnet*") == [
        "resnet101", "resnet152", "resnet18", "resnet34", "resnet50",
    ]  # fmt: skip
    assert models.list_models(include=["mobilenet_v2", "resnet*"], exclude="*1*") == [
        "mobilenet_v2", "resnet34", "resnet50",
    ]  # fmt: skip
    assert models.list_models(module=models.resnet) == []
    assert "wide_resnet50_2" in models.list_models(module=models)


def test_sets_of_a_model(vision):
    """The sets of a model are found by its name, by its function, and by their own name."""
    models = vision.models

    assert models.get_model_weights("ResNet50") is models.ResNet50_Weights
    assert models.get_model_weights(models.mobilenet_v2) is models.MobileNet_V2_Weights
    found = models.get_weight("ResNet50_Weights.IMAGENET1K_V2")
    assert found is models.ResNet50_Weights.DEFAULT
    assert repr(found) == "ResNet50_Weights.IMAGENET1K_V2"
    assert copy.deepcopy(found) is found


@pytest.mark.parametrize(("call", "text"), [
    ("get_model('no_net')", "Unknown model no_net"),
    ("get_weight('ResNet50_Weights')", "Invalid weight name provided: 'ResNet50_Weights'."),
    ("get_weight('NoNet_Weights.DEFAULT')",
     "The weight enum 'NoNet_Weights' for the specific method couldn't be retrieved."),
    ("get_model_weights(len)", "The method is missing the 'weights' argument."),
])  # fmt: skip
def test_unknown_names(vision, call, text):
    """What is not registered is refused in torchvision's words."""
    with pytest.raises(ValueError) as caught:
        eval(f"models.{call}", {"models": vision.models})

    assert str(caught.value) == text


def test_own_model_is_registered_once(tapegrad, monkeypatch):
    """A function of one's own can be registered, under a name that is free."""
    api = tapegrad.vision.models._api
    monkeypatch.setattr(api, "BUILTIN_MODELS", dict(api.BUILTIN_MODELS))

    @api.register_model()
    def one_layer(size: int = 1):
        return tapegrad.nn.Linear(size, 2)

    assert tapegrad.vision.models.get_model("one_layer", size=3).in_features == 3
    text = "^An entry is already registered under the name 'one_layer'.$"
    with pytest.raises(ValueError, match=text):
        api.register_model("one_layer")(one_layer)


def test_what_is_known_about_the_sets(vision, torchvision):
    """Places, sizes, accuracies, classes and preparation are those that torchvision states."""
    for name in vision.models.list_models(include=["*res*", "mobilenet_v2", "vgg*"]):
        ours = vision.models.get_model_weights(name)
        expected = getattr(torchvision.models, ours.__name__)
        assert [each.name for each in ours] == [each.name for each in expected]
        assert ours.DEFAULT.name == expected.DEFAULT.name
        for known, there in zip(ours, expected, strict=True):
            meta = {key: value for key, value in there.meta.items() if key != "_docs"}
            assert known.url == there.url
            assert known.meta.keys() == meta.keys() or vision is torchvision
            for key, value in meta.items():    # an accuracy that was not measured is NaN
                assert str(known.meta[key]) == str(value)
            assert repr(known.transforms()) == repr(there.transforms())


def test_classes_of_imagenet(vision):
    """The thousand classes are torchvision's, in their order."""
    classes = vision.models.ResNet18_Weights.DEFAULT.meta["categories"]

    digest = hashlib.sha256("\n".join(classes).encode()).hexdigest()
    assert (len(classes), digest[:16]) == (1000, "0b0f9fee7c952f25")
