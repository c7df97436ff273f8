"""What programs on small networks do all day: act, learn from a few samples, copy a network."""

from copy import deepcopy
from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Programs on small networks")


def perceptron(torch: ModuleType, n_inputs: int, n_outputs: int) -> Any:
    """Return a network with one hidden layer of 64."""
    nn = torch.nn
    return nn.Sequential(nn.Linear(n_inputs, 64), nn.Tanh(), nn.Linear(64, n_outputs))


def without_gradients(torch: ModuleType, call: Step) -> Step:
    """Return a step that records nothing."""
    def step() -> Any:
        with torch.no_grad():
            return call()

    return step


@family.case("an actor draws one of 2 actions and its probability")
def categorical_actor(torch: ModuleType) -> Step:
    """Act once, as reinforcement learning does in every step of an environment."""
    actor, observation = perceptron(torch, 4, 2), torch.randn(4)

    def act() -> Any:
        choice = torch.distributions.Categorical(logits=actor(observation))
        action = choice.sample()
        return action, choice.log_prob(action)

    return without_gradients(torch, act)


@family.case("an actor draws 2 normal actions and their densities")
def normal_actor(torch: ModuleType) -> Step:
    """Act once in a continuous environment."""
    actor, spread, observation = perceptron(torch, 4, 2), torch.zeros(2), torch.randn(1, 4)

    def act() -> Any:
        choice = torch.distributions.Normal(actor(observation), spread.exp())
        action = choice.sample()
        return action, choice.log_prob(action).sum(-1)

    return without_gradients(torch, act)


@family.case("clipped policy gradient (PPO) on 64 samples, Adam")
def policy_update(torch: ModuleType) -> Step:
    """Improve a policy and a value by a batch that an older policy has gathered."""
    policy, value = perceptron(torch, 4, 2), perceptron(torch, 4, 1)
    parameters = [*policy.parameters(), *value.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=3e-4)
    x, actions = torch.randn(64, 4), torch.randint(0, 2, (64,))
    before, advantages, returns = (torch.randn(64) for _ in range(3))

    def step() -> None:
        choice = torch.distributions.Categorical(logits=policy(x))
        ratio = (choice.log_prob(actions) - before).exp()
        gain = torch.min(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).mean()
        miss = torch.nn.functional.mse_loss(value(x).squeeze(-1), returns)
        optimizer.zero_grad()
        (0.5 * miss - gain - 0.01 * choice.entropy().mean()).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 0.5)
        optimizer.step()

    return step


@family.case("copy of a 4-64-2 network")
def copied_network(torch: ModuleType) -> Step:
    """Freeze what a target network is."""
    network = perceptron(torch, 4, 2)
    return lambda: deepcopy(network)


@family.case("step of a gated recurrent cell, 4 to 16, unrecorded")
def recurrent_actor(torch: ModuleType) -> Step:
    """Act on a memory."""
    cell, x, state = torch.nn.GRUCell(4, 16), torch.randn(1, 4), torch.zeros(1, 16)
    return without_gradients(torch, lambda: cell(x, state))


@family.case("transformer layer of 16, 2 heads, batch 4, context 8, forward and backward")
def small_transformer_layer(torch: ModuleType) -> Step:
    """A layer whose arithmetic is next to nothing."""
    layer = torch.nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
    x = torch.randn(4, 8, 16)
    return backward(layer.parameters(), lambda: layer(x))


@family.case("one image of 8×8 through a network with batch norm, unrecorded")
def small_image_inference(torch: ModuleType) -> Step:
    """Classify an image in evaluation mode."""
    nn = torch.nn
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 10)).eval()
    image = torch.randn(1, 1, 8, 8)
    return without_gradients(torch, lambda: network(image))


@family.case("`einsum(\"bij,jk->bik\", x, y)`, 2×3×4 by 4×4", run='einsum("bij,jk->bik", x, y)')
def small_einsum(torch: ModuleType) -> dict[str, Any]:
    """Name dimensions instead of ordering them."""
    return {"einsum": torch.einsum, "x": torch.randn(2, 3, 4), "y": torch.randn(4, 4)}


def squared_miss(w: Any, x: Any) -> Any:
    """The loss of a linear model on one sample."""
    return ((x * w).sum() - 1) ** 2


@family.case("`func.grad` of a loss with 4 weights", run="slope(w, x)")
def gradient_function(torch: ModuleType) -> dict[str, Any]:
    """Differentiate as programs of HIPS autograd do."""
    return {"slope": torch.func.grad(squared_miss), "w": torch.randn(4), "x": torch.randn(4)}


@family.case("`vmap(grad(loss))`, 4 weights, 8 samples", run="slopes(w, x)")
def sample_gradients(torch: ModuleType) -> dict[str, Any]:
    """Give the gradient of each sample by itself."""
    slopes = torch.func.vmap(torch.func.grad(squared_miss), in_dims=(None, 0))
    return {"slopes": slopes, "w": torch.randn(4), "x": torch.randn(8, 4)}


@family.case("`vmap(grad(loss))`, 20-32-10, 64 samples", run="slopes(weights, x, labels)")
def network_sample_gradients(torch: ModuleType) -> dict[str, Any]:
    """Give the gradients of a network's parameters for each sample by itself."""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(20, 32), nn.Tanh(), nn.Linear(32, 10))

    def loss(weights: Any, x: Any, label: Any) -> Any:
        scores = torch.func.functional_call(model, weights, (x,))
        return nn.functional.cross_entropy(scores, label)

    return {"slopes": torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0)),
            "weights": {name: value.detach() for name, value in model.named_parameters()},
            "x": torch.randn(64, 20), "labels": torch.randint(0, 10, (64,))}
