"""Models have torchvision's parameters, buffers and printed form."""

import pytest
from recipes import layout, without_drawing

# What ``recipes.layout`` gives under torchvision 0.28 and PyTorch 2.13.
LAYOUTS = {
    "resnet18": (122, "82defb239f201f12"),
    "resnet34": (218, "22f3edfbf91c0efb"),
    "resnet50": (320, "c5e6e2d8fc745cad"),
    "resnet101": (626, "7ca132dbda88e681"),
    "resnet152": (932, "ce3427dc8937a7f3"),
    "resnext50_32x4d": (320, "e37268d4d2fdb776"),
    "resnext101_32x8d": (626, "ed33913bd147cf37"),
    "resnext101_64x4d": (626, "872b376251bf9a54"),
    "wide_resnet50_2": (320, "b620109571085805"),
    "wide_resnet101_2": (626, "64167a177056f60b"),
    "mobilenet_v2": (314, "cb3a95d245e915a2"),
    "vgg11": (22, "f88a53e6fd85ea8b"),
    "vgg11_bn": (62, "1c321a3216b72075"),
    "vgg13": (26, "c132e94b71d1ca11"),
    "vgg13_bn": (76, "04495d1058b2d847"),
    "vgg16": (32, "eb9c28723b8aaf1c"),
    "vgg16_bn": (97, "b3ce48c51474c593"),
    "vgg19": (38, "4c871e25035136ac"),
    "vgg19_bn": (118, "20daf2799a609a80"),
}
OPTIONS = [
    ("resnet18", {"num_classes": 7, "zero_init_residual": True}, (122, "c8e1542487077e40")),
    ("resnet50", {"replace_stride_with_dilation": [False, True, True]},
     (320, "c5e6e2d8fc745cad")),
    ("mobilenet_v2", {"width_mult": 0.35, "num_classes": 5}, (314, "8801b13b42f24502")),
]  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_state_is_laid_out_as_there(torch, vision, monkeypatch, name):
    """Names, shapes, dtypes and order of everything in a state dict are torchvision's."""
    without_drawing(monkeypatch, torch)

    assert layout(vision.models.get_model(name)) == LAYOUTS[name]


@pytest.mark.parametrize(("name", "options", "expected"), OPTIONS)
def test_options_change_the_layout(torch, vision, monkeypatch, name, options, expected):
    """So they are with the options that change sizes."""
    without_drawing(monkeypatch, torch)

    assert layout(vision.models.get_model(name, **options)) == expected


def test_other_norms(torch, vision, monkeypatch):
    """``norm_layer`` takes the place of batch norms everywhere."""
    without_drawing(monkeypatch, torch)
    model = vision.models.resnet50(norm_layer=lambda n: torch.nn.GroupNorm(4, n))

    assert layout(model) == (161, "cd631eaa7dbdfde9")


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "mobilenet_v2", "vgg11_bn"])
def test_printed_form(vision, torchvision, name):
    """Models print as torchvision's do."""
    assert repr(vision.models.get_model(name)) == repr(torchvision.models.get_model(name))


def test_lite_net_has_the_names_of_the_published_file(tapegrad):
    """EfficientNet-Lite0 has 296 tensors, named as in its published file."""
    model = tapegrad.vision.models.efficientnet_lite0()

    assert layout(model) == (296, "0b393f737f3f8959")


def test_dilated_stages_keep_their_size(torch, vision):
    """Stages whose stride is replaced by dilation leave pictures as large as they get them."""
    model = vision.models.resnet50(replace_stride_with_dilation=[False, True, True])
    model.avgpool = model.fc = torch.nn.Identity()

    assert model.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 2048 * 4 * 4)


@pytest.mark.parametrize(("call", "error", "text"), [
    ("resnet18(groups=2)", ValueError, "BasicBlock only supports groups=1 and base_width=64"),
    ("resnet18(replace_stride_with_dilation=[True, True, True])", NotImplementedError,
     "Dilation > 1 not supported in BasicBlock"),
    ("resnet50(replace_stride_with_dilation=[True])", ValueError,
     "replace_stride_with_dilation should be None or a 3-element tuple, got [True]"),
    ("resnext50_32x4d(groups=3)", ValueError,
     "The parameter 'groups' expected value 32 but got 3 instead."),
    ("mobilenet_v2(inverted_residual_setting=[])", ValueError,
     "inverted_residual_setting should be non-empty or a 4-element list, got []"),
    ("mobilenet_v2(inverted_residual_setting=[[1, 8, 1, 3]])", ValueError,
     "stride should be 1 or 2 instead of 3"),
])  # fmt: skip
def test_refused_options(vision, call, error, text):
    """What torchvision refuses is refused in its words."""
    with pytest.raises(error) as caught:
        eval(f"models.{call}", {"models": vision.models})

    assert str(caught.value) == text
