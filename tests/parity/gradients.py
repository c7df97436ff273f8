"""First and second derivatives of a call, along random directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tapegrad

from . import freedom
from .calls import Call, Report, told
from .compare import OF_GRADIENTS, Differs, array, same_values, tensors


def check_gradients(report: Report, call: Call, ours: Any, theirs: Any, tolerance: tuple,
                     needs_second: bool, what: Callable) -> None:
    leaves = call.leaves()
    outputs = [[t for t in tensors(process(result)) if t.requires_grad]
               for process, result in zip(call.process, (ours, theirs), strict=True)]
    if len(outputs[0]) != len(outputs[1]):
        report.add("gradient", "other outputs require a gradient", what)
        return
    random = np.random.RandomState(3)
    directions = [_direction(random, array(t)) for t in outputs[1]]
    found = [_gradients(library, out, leaf, directions, needs_second)
             for library, out, leaf in zip((tapegrad, torch), outputs, leaves, strict=True)]
    if isinstance(found[1], Exception) and needs_second:  # not every gradient can be recorded
        needs_second = False
        found = [_gradients(library, out, leaf, directions, False)
                 for library, out, leaf in zip((tapegrad, torch), outputs, leaves, strict=True)]
    if isinstance(found[1], Exception):     # PyTorch has no derivative here
        return
    freed = _freed(report.name, leaves[1], directions)
    reason = _gradient_difference(found, tolerance, freed)
    report.add("gradient", reason, what)
    if reason is None and needs_second:
        _check_second(report, found, leaves, random, tolerance, what, freed)


def _check_second(report: Report, found: list, leaves: tuple, random: Any, tolerance: tuple,
                  what: Callable, freed: Callable) -> None:
    directions = [None if g is None or not g.requires_grad else _direction(random, array(g))
                  for g in found[1][0]]
    if all(d is None for d in directions):
        return
    again = []
    for library, (gradients, cotangents), leaf in zip(
            (tapegrad, torch), found, leaves, strict=True):
        kept = [(g, d) for g, d in zip(gradients, directions, strict=True)
                if d is not None and g is not None and g.requires_grad]
        if not kept:
            again.append(([None] * (len(leaf) + len(cotangents)), []))
            continue
        again.append(_gradients(library, [g for g, _ in kept], leaf + cotangents,
                                [d for _, d in kept], False))
    if isinstance(again[1], Exception):
        return
    reason = _gradient_difference(again, tolerance, freed)
    if reason is None or not report.doubts_second:
        report.add("second", reason, what)


def _freed(name: str, leaves: list, directions: list) -> Callable:
    """What PyTorch's gradient is taken to be, given ours: itself, but where it is free."""
    rule = freedom.GRADIENTS.get(name)

    def expected(mine: np.ndarray, other: np.ndarray) -> np.ndarray:
        if rule is None or not mine.shape == other.shape == leaves[0].shape:
            return other
        return np.where(rule(mine, other, array(leaves[0]), directions[0]), mine, other)

    return expected


def _gradient_difference(found: list, tolerance: tuple, freed: Callable) -> str | None:
    if isinstance(found[0], Exception):
        return told(found[0])
    try:
        for k, (mine, other) in enumerate(zip(found[0][0], found[1][0], strict=True)):
            if mine is None and other is None:
                continue
            present = array(other if other is not None else mine)
            mine, other = [np.zeros_like(present) if g is None else array(g)
                           for g in (mine, other)]
            if mine.dtype != other.dtype:
                raise Differs(f"gradient {k}: dtype {mine.dtype} instead of {other.dtype}")
            other = freed(mine, other)
            wider = tuple(map(max, tolerance, OF_GRADIENTS[other.dtype.name]))
            same_values(mine, other, wider, f"gradient {k}")
    except Differs as difference:
        return str(difference)
    return None


def _gradients(library: Any, outputs: list, leaves: list, directions: list,
               create_graph: bool) -> Any:
    cotangents = [library.from_numpy(d.copy()) for d in directions]
    if create_graph:
        cotangents = [c.requires_grad_() for c in cotangents]
    try:
        found = library.autograd.grad(outputs, leaves, cotangents, allow_unused=True,
                                      create_graph=create_graph)
    except Exception as error:
        return error
    return list(found), cotangents


def _direction(random: Any, like: np.ndarray) -> np.ndarray:
    return np.asarray(random.uniform(-1, 1, like.shape), like.dtype)
