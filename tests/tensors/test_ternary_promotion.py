"""Operations on three operands, beside PyTorch: all triples of dtypes, of tensors and numbers."""

from itertools import product

import pytest
from dtype_tables import DTYPES, dtype, ended, is_alike

OPERATIONS = {
    "addcmul": lambda torch, a, b, c: torch.addcmul(a, b, c, value=2),
    "addcdiv": lambda torch, a, b, c: torch.addcdiv(a, b, c, value=2.5),
    "lerp": lambda torch, a, b, c: torch.lerp(a, b, c),
    "where": lambda torch, a, b, c: torch.where(a, b, c),
    "clamp": lambda torch, a, b, c: torch.clamp(a, b, c),
    "masked_fill": lambda torch, a, b, c: a.masked_fill(b, c),
    "masked_scatter": lambda torch, a, b, c: a.masked_scatter(b, c),
    "addr": lambda torch, a, b, c: torch.addr(a, b, c),
    "addcmul_": lambda torch, a, b, c: a.clone().addcmul_(b, c),
    "addcdiv_": lambda torch, a, b, c: a.clone().addcdiv_(b, c),
    "lerp_": lambda torch, a, b, c: a.clone().lerp_(b, c),
    "clamp_": lambda torch, a, b, c: a.clone().clamp_(b, c),
    "masked_fill_": lambda torch, a, b, c: a.clone().masked_fill_(b, c),
}
NUMBERS = {"True": True, "2": 2, "2.5": 2.5}
KINDS = [*DTYPES, *(f"0-d {name}" for name in DTYPES), *NUMBERS]


def operands(torch):
    """Make a vector and a 0-d tensor of each dtype; numbers are what they are."""
    made = dict(NUMBERS)
    for name in DTYPES:
        values = [1.5, -2.25, 0.5] if name.startswith("float") else [1, 3, 2]
        values = [True, False, True] if name == "bool" else values
        made[name] = torch.tensor(values, dtype=dtype(torch, name))
        made[f"0-d {name}"] = made[name][0].clone()
    return made


@pytest.mark.parametrize("name", OPERATIONS)
def test_three_operands_meet_as_in_pytorch(torch, reference, name):
    """Dtype and numbers of the result are PyTorch's, or class and text of the refusal are."""
    call, ours, theirs = OPERATIONS[name], operands(torch), operands(reference)
    # The second and the third operand need not both be numbers: that is one case of many.
    triples = [kinds for kinds in product(KINDS, repeat=3)
               if kinds[1] not in NUMBERS or kinds[2] not in NUMBERS or name == "where"]
    differing = []
    for kinds in triples:
        mine = ended(call, torch, *(ours[kind] for kind in kinds))
        other = ended(call, reference, *(theirs[kind] for kind in kinds))
        if not is_alike(mine, other):
            differing.append(f"{kinds}: {mine} instead of {other}")

    assert not differing, f"{len(differing)} of {len(triples)}\n" + "\n".join(differing[:10])
