"""Which parameters are trained, and which batch norms keep their statistics."""

from __future__ import annotations

from tapegrad.finetune._patterns import Patterns, check_found, listed, matches, names_of
from tapegrad.nn import Module, Parameter
from tapegrad.nn.batchnorm import _NormBase


def freeze(model: Module, except_: Patterns | None = None, batch_norm_eval: bool = True) -> Module:
    """Stop training all parameters of a model, except those that a pattern fits.

    A pattern, as of :mod:`fnmatch`, fits the dotted name of a parameter or of a module around it:
    ``"fc"``, ``"layer4.*"``, ``"*.bias"``. What is excepted stays as it is. With
    ``batch_norm_eval`` a batch norm all of whose parameters are frozen uses its running statistics,
    and keeps them, in training mode too: ``model.train()`` leaves it in evaluation mode until
    :func:`unfreeze`. Gives the model. Raises ValueError for a pattern that fits nothing.
    """
    kept = listed(except_)
    check_found(kept, names_of(model), "parameter or module")
    excepted = {p for name, p in _all_parameters(model) if matches(name, kept)}
    for parameter in model.parameters():
        if parameter not in excepted:
            parameter.requires_grad_(False)
    if batch_norm_eval:
        for name, module in _norms(model):
            if not matches(name, kept) and is_frozen(module):
                module._keeps_statistics = True
                module.eval()
    return model


def unfreeze(model: Module, patterns: Patterns = "*") -> Module:
    """Train the parameters that a pattern fits again; see :func:`freeze` for patterns.

    A batch norm that kept its statistics and has a parameter among them updates these again,
    in the mode that the model is in. Gives the model. Raises ValueError for a pattern that fits
    nothing.
    """
    wanted = listed(patterns)
    check_found(wanted, names_of(model), "parameter or module")
    for name, parameter in _all_parameters(model):
        if matches(name, wanted):
            parameter.requires_grad_(True)
    for name, module in _norms(model):
        if module._keeps_statistics and (matches(name, wanted) or not is_frozen(module)):
            del module._keeps_statistics
            module.train(model.training)
    return model


def is_frozen(module: Module) -> bool:
    """Whether no parameter of a module is trained."""
    return not any(parameter.requires_grad for parameter in module.parameters())


def _all_parameters(model: Module) -> list[tuple[str, Parameter]]:
    """Every parameter under every name that it has."""
    return list(model.named_parameters(remove_duplicate=False))


def _norms(model: Module) -> list[tuple[str, _NormBase]]:
    return [(name, module) for name, module in model.named_modules()
            if isinstance(module, _NormBase)]  # fmt: skip
