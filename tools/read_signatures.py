"""Read from an installed PyTorch what its compiled functions take.

``python tools/read_signatures.py`` writes ``tapegrad/ops/_refusal/signatures.txt``. Each public
callable that tapegrad has too is called with far too many arguments: then PyTorch lists its forms,
or says how many arguments the only one takes. The list does not say what may be None or a single
number, so each form is looked up among the signatures that the library itself holds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

import tapegrad
from tapegrad.ops._refusal import signatures

TYPES = {
    "Scalar": "Number", "int64_t": "int", "SymInt": "symint", "double": "float",
    "IntArrayRef": "ints", "SymIntArrayRef": "ints", "ArrayRef<double>": "floats",
    "TensorList": "Tensors",
    "c10::List<::std::optional<Tensor>>": "Tensors", "ScalarList": "Numbers",
    "ScalarType": "dtype", "Layout": "layout", "Device": "device", "MemoryFormat": "memory_format",
    "c10::string_view": "str", "std::string_view": "str", "std::string": "str",
    "PyObject*": "object",
}  # fmt: skip
# What PyTorch's functions in Python call, and what has no arguments to be refused.
INNER = (
    "_unique2", "_lu_with_info", "cross_entropy_loss", "nll_loss_nd", "feature_dropout", "dropout",
    "alpha_dropout", "feature_alpha_dropout", "embedding", "embedding_bag", "batch_norm",
    "cosine_embedding_loss", "ctc_loss", "hinge_embedding_loss", "kl_div", "margin_ranking_loss",
    "poisson_nll_loss", "triplet_margin_loss", "_cdist_forward", "unique_dim", "rrelu", "selu",
    "celu", "prelu", "threshold", "max_unpool1d", "atleast_1d", "atleast_2d", "atleast_3d",
    "bilinear", "cdist", "chain_matmul", "cosine_similarity", "hardshrink", "log_sigmoid",
    "col2im", "im2col", "pairwise_distance", "pdist", "split", "split_with_sizes", "tensordot",
    "unique_consecutive", "_grouped_mm",
    *(f"{name}{n}d" for name in ("upsample_nearest", "_upsample_nearest_exact") for n in (1, 2, 3)),
    "upsample_linear1d", "upsample_trilinear3d",
    *(f"{name}2d{suffix}" for name in ("upsample_bilinear", "upsample_bicubic")
      for suffix in ("", "_aa")), "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa",
)  # fmt: skip


# What the library does not hold as one text.
UNREADABLE = {"_to_dlpack": "(Tensor data, *, ints? dl_device=None, bool? copy=None)"}
CONSTRUCTORS = ("Generator", "device", "finfo", "iinfo")
PROPERTIES = {"H", "imag", "mH"}  # which raise when they are looked at


def main() -> None:
    """Write the file."""
    held, left = held_signatures(), []
    listed: dict[str, list[str]] = {}
    for prefix, called in callables():
        found = forms(called, held, is_method=bool(prefix))
        if not found:
            left.append(f"{prefix}{called.__name__}")
            continue
        name = found[0].split("(")[0]
        if not (prefix and found == signatures.method_forms(name, listed)):
            listed[f"{prefix}{name}"] = found
    lines = [f"{'.' * key.startswith('.')}{one}\n" for key in sorted(listed, key=order)
             for one in listed[key]]
    path = Path(signatures.__file__).with_suffix(".txt")
    path.write_text("".join(lines), encoding="utf-8")
    print(f"{len(lines)} signatures; nothing to read from {', '.join(left)}")


def order(key: str) -> tuple[str, bool]:
    """Sort by name, a method behind the function."""
    return key.lstrip("."), key.startswith(".")


def held_signatures() -> dict[str, list[str]]:
    """Give every signature that the library holds, by the name of its function."""
    library = Path(torch.__file__).parent / "lib" / "libtorch_python.so"
    found = defaultdict(list, {name: [f"{name}{form}"] for name, form in UNREADABLE.items()})
    for match in re.finditer(rb"(\w+)\([^\0\n]*\)(?:\|deprecated)?(?=\0)", library.read_bytes()):
        text = shortened(match[0].decode(errors="replace"))
        if text not in found[match[1].decode()] and is_signature(text):
            found[match[1].decode()].append(text)
    return found


def is_signature(text: str) -> bool:
    """Whether a text that looks like a call declares parameters."""
    try:
        return signatures.Signature(text).params is not None
    except ValueError:
        return False


def shortened(text: str) -> str:
    """Write the types of a signature shortly."""
    for long, short in TYPES.items():
        text = re.sub(rf"(?<=[(, ]){re.escape(long)}(?=[\[? ])", short, text)
    return text


def callables() -> Iterator[tuple[str, Any]]:
    """Give the compiled functions, methods (after a dot) and types that both libraries have."""
    spaces = [("", torch._C._VariableFunctions, None), ("", torch, tapegrad),
              ("", torch.linalg, tapegrad.linalg),
              ("", torch.special, tapegrad.special), ("", torch._C._nn, tapegrad.nn.functional),
              (".", torch.ones(2, 2), tapegrad.ones(2, 2))]
    for prefix, theirs, ours in spaces:
        for name in sorted({*dir(theirs)} - (PROPERTIES if prefix else set())):
            if name not in INNER and (name.startswith("_") or not hasattr(ours, name)):
                continue
            found = getattr(theirs, name, None)
            if type(found).__name__ == "builtin_function_or_method":
                yield prefix, found
    yield from (("", getattr(torch, name)) for name in CONSTRUCTORS)


def forms(called: Any, held: dict[str, list[str]], is_method: bool) -> list[str] | None:
    """Give the forms of one function or method, in the order in which they are tried."""
    try:
        called(*[None] * 40)
    except TypeError as error:
        said = str(error)
    else:
        return None
    name = said.split("(")[0]
    if " takes no arguments" in said:
        return [f"{called.__name__}()"]
    candidates = held[name]
    if "expected one of" in said:
        listed = re.findall(r"^ \* (.*)$", said, re.MULTILINE)
        chosen = [next(one for one in candidates if signatures.Signature(one).shown == form)
                  for form in listed]
    elif "but expected (" in said:
        listed = [said[said.rindex("but expected (") + 13:]]
        chosen = [one for one in candidates if signatures.Signature(one).shown in listed]
    elif "positional argument" in said:
        chosen = [one for one in candidates if "deprecated" not in one and counts(one) in said]
        if len(chosen) > 1:
            chosen = [one for one in chosen if takes_self(one) != is_method]
    else:
        return None
    if not candidates:
        return None
    if len(chosen) != len(listed if "expected" in said else [1]):
        raise LookupError(f"{name}: {said} {candidates}")
    return chosen + [one for one in candidates if one.endswith("|deprecated")
                     and takes_self(one) != is_method]


def takes_self(signature: str) -> bool:
    """Whether a signature is that of a function of tensors, not of a method."""
    return re.search(r"Tensors?(\[\d\])? (input|self|tensors|A|LU|x|n|a)\b", signature) is not None


def counts(signature: str) -> str:
    """Give the words that say how many arguments a form takes by position."""
    params = signatures.Signature(signature).params
    most = sum(not param.keyword_only for param in params)
    least = sum(not param.optional for param in params)
    return f"takes {most} positional" if most == least else f"from {least} to {most} positional"


if __name__ == "__main__":
    main()
