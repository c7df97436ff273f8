"""Models compute what torchvision's do."""

import numpy as np
import pytest
from recipes import outcome, perturbed, pictures

# First logits, and the sum of all absolute gradients, of torchvision 0.28 on PyTorch 2.13 after
# ``manual_seed(3)`` and ``recipes.perturbed(get_model(name, num_classes=10))`` of
# ``recipes.pictures(64)``: in eval mode, then in training.
STORED = {
    "resnet18": (
        ([-0.0448207012, -2.58651304, -0.181480504, -0.609610032], 111703.021),
        ([-0.392351359, -1.13583989, 0.200288667, -0.0347734465], 21957.5804),
    ),
    "mobilenet_v2": (
        ([0.0834527313, -0.286119087, 0.00565651782, 0.0343968241], 61.2858115),
        ([0.247920779, -0.241513077, -0.0602332543, -0.218944917], 6765.74096),
    ),
    "resnet50": (
        ([-0.144834395, 79.4184558, 40.4963731, -20.3401441], 306425610.0),
        ([-0.0020665343, 0.602734057, -0.518426726, 0.512181758], 334470.39),
    ),
}


@pytest.mark.parametrize("name", STORED)
def test_logits_and_gradients_are_the_stored_ones(torch, vision, name):
    """The same seed gives the same weights; logits and gradients of these are torchvision's."""
    torch.manual_seed(3)
    model = perturbed(torch, vision.models.get_model(name, num_classes=10))
    for mode, (logits, total) in zip((False, True), STORED[name], strict=True):
        model.train(mode)
        actual, gradients = outcome(torch, model, pictures(torch, 64))

        np.testing.assert_allclose(actual[0, :4], logits, rtol=1e-5)
        np.testing.assert_allclose(sum(np.abs(g).sum() for g in gradients.values()), total, 1e-5)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "mobilenet_v2", "resnext50_32x4d"])
def test_side_by_side(tapegrad, torchvision, reference, name):
    """First values are equal to the last bit; logits and all gradients, to 1e-9 of float64."""
    results = []
    for torch, vision in ((tapegrad, tapegrad.vision), (reference, torchvision)):
        torch.manual_seed(3)
        model = vision.models.get_model(name)
        first = {key: value.numpy().copy() for key, value in model.state_dict().items()}
        model = perturbed(torch, model)
        x = pictures(torch, 64)
        results.append((first, outcome(torch, model.train(), x), outcome(torch, model.eval(), x)))
    (first, *ours), (expected_first, *expected) = results

    for key, value in expected_first.items():
        np.testing.assert_array_equal(first[key], value, err_msg=key)
    for (logits, gradients), (other_logits, others) in zip(ours, expected, strict=True):
        np.testing.assert_allclose(logits, other_logits, rtol=1e-9, atol=1e-9)
        for key, value in others.items():
            scale = np.abs(value).max()
            np.testing.assert_allclose(gradients[key], value, rtol=1e-6, atol=1e-9 * (scale + 1))
