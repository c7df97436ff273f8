"""Containers: Python's list and dict operations on modules and parameters, printing, mistakes."""

from collections import OrderedDict
from copy import deepcopy
from types import ModuleType
from typing import Any

import pytest
from support import assert_mistake, evaluate

SETUP = """
from collections import OrderedDict
nn = torch.nn
s = nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid())
m = nn.ModuleList([nn.ReLU(), nn.Tanh(), nn.Sigmoid()])
d = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})
p = nn.ParameterList([torch.ones(2), torch.zeros(3), 5])
q = nn.ParameterDict({"b": torch.ones(2), "a": 5})
"""
EDITS = [
    ("del s[0]; s", ["0:Tanh", "1:Sigmoid"]),
    ("del s[0:2]; s", ["0:Sigmoid"]),
    ("s[-1] = nn.GELU(); s", ["0:ReLU", "1:Tanh", "2:GELU"]),
    ("s[1:]", ["1:Tanh", "2:Sigmoid"]),
    ("s[::-1]", ["2:Sigmoid", "1:Tanh", "0:ReLU"]),
    ("s.insert(1, nn.GELU())", ["0:ReLU", "1:GELU", "2:Tanh", "3:Sigmoid"]),
    ("s.insert(-1, nn.GELU())", ["0:ReLU", "1:Tanh", "2:GELU", "3:Sigmoid"]),
    ("s.append(nn.GELU()).extend([nn.ELU()])",
     ["0:ReLU", "1:Tanh", "2:Sigmoid", "3:GELU", "4:ELU"]),
    ("s.pop(0); s", ["0:Tanh", "1:Sigmoid"]),
    ("s.pop(slice(0, 2))", ["0:ReLU", "1:Tanh"]),
    ("s[:1] + s[1:2]", ["0:ReLU", "1:Tanh"]),
    ("s += s[:1]; s", ["0:ReLU", "1:Tanh", "2:Sigmoid", "3:ReLU"]),
    ("2 * s[:2]", ["0:ReLU", "1:Tanh", "2:ReLU", "3:Tanh"]),
    ("s *= 2; s[4:]", ["4:Tanh", "5:Sigmoid"]),
    ("nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))[1:]", ["b:Tanh"]),
    ("m[1:]", ["0:Tanh", "1:Sigmoid"]),
    ("m + [nn.GELU()]", ["0:ReLU", "1:Tanh", "2:Sigmoid", "3:GELU"]),
    ("m += [nn.GELU()]; m", ["0:ReLU", "1:Tanh", "2:Sigmoid", "3:GELU"]),
    ("m.insert(1, nn.GELU()); m", ["0:ReLU", "1:GELU", "2:Tanh", "3:Sigmoid"]),
    ("del m[0]; m", ["0:Tanh", "1:Sigmoid"]),
    ("del m[::2]; m", ["0:Tanh"]),
    ("m.pop(-1); m", ["0:ReLU", "1:Tanh"]),
    ("m[0] = nn.GELU(); m", ["0:GELU", "1:Tanh", "2:Sigmoid"]),
    ("d.update([('c', nn.ELU())]); d", ["a:ReLU", "b:Tanh", "c:ELU"]),
    ("d.update({'z': nn.ELU(), 'c': nn.ELU()}); d", ["a:ReLU", "b:Tanh", "z:ELU", "c:ELU"]),
    ("d.pop('a'); d", ["b:Tanh"]),
    ("d['a'] = nn.GELU(); d", ["a:GELU", "b:Tanh"]),
    ("d.clear(); d", []),
]


@pytest.mark.parametrize(("code", "names"), EDITS, ids=[case[0] for case in EDITS])
def test_edits(torch: ModuleType, code: str, names: list[str]) -> None:
    """Edits leave the modules in these places."""
    container = evaluate(SETUP + code, torch)

    assert [f"{k}:{type(v).__name__}" for k, v in container._modules.items()] == names
    assert len(container) == len(names)


def test_sequential_applies_in_order(torch: ModuleType) -> None:
    """The output of one is the input of the next; an empty one returns its input."""
    x = torch.tensor([-1.0, 2.0])
    model = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Threshold(1.0, 7.0))

    assert model(x).tolist() == [7.0, 2.0]
    assert torch.nn.Sequential()(x) is x
    assert [type(module) for module in model] == [torch.nn.ReLU, torch.nn.Threshold]
    assert model[0] in model


def test_module_dict_views(torch: ModuleType) -> None:
    """A dict of modules has a dict's views."""
    d = torch.nn.ModuleDict({"a": torch.nn.ReLU(), "b": torch.nn.Tanh()})

    assert list(d) == list(d.keys()) == ["a", "b"]
    assert [key for key, _ in d.items()] == ["a", "b"]
    assert next(iter(d.values())) is d["a"]
    assert "a" in d
    assert "c" not in d


def test_parameter_list(torch: ModuleType) -> None:
    """Tensors become parameters, others are kept; it behaves as a list."""
    p = torch.nn.ParameterList([torch.ones(2), 5])
    p.append(torch.zeros(1)).extend([torch.ones(1)])
    p += [torch.nn.Parameter(torch.ones(3))]
    p[0] = torch.zeros(4)

    assert [type(value) is torch.nn.Parameter for value in p] == [True, False, True, True, True]
    assert list(p.state_dict()) == ["0", "2", "3", "4"]
    assert p[0].shape == (4,)
    assert p[-1] is p[4]
    assert len(p[1:3]) == 2
    assert deepcopy(p)[1] == 5


def test_parameter_dict(torch: ModuleType) -> None:
    """It behaves as a dict; a plain dict is taken in the order of its keys."""
    ones = torch.ones(1)
    q = torch.nn.ParameterDict({"b": ones, "a": 5})
    q.update(OrderedDict(z=ones, y=ones))

    assert list(q) == ["a", "b", "z", "y"]
    assert list(reversed(q)) == ["y", "z", "b", "a"]
    assert type(q["b"]) is torch.nn.Parameter
    assert q.b is q["b"]
    assert q.get("none") is None
    assert q.setdefault("n", 3) == 3
    assert q.popitem() == ("n", 3)
    assert q.pop("a") == 5
    assert "a" not in q
    assert list(q.copy()) == ["b", "z", "y"]
    assert q.copy()["b"] is q["b"]
    assert list(q | torch.nn.ParameterDict({"r": ones})) == ["b", "z", "y", "r"]
    assert list(q.fromkeys(["k"], 1).items()) == [("k", 1)]
    assert list(q.state_dict()) == ["b", "z", "y"]
    q.clear()
    assert len(q) == 0


TEXTS = [
    ("nn.Sequential()", "Sequential()"),
    ("nn.Sequential(None, nn.ReLU())", "Sequential(\n  (0): None\n  (1): ReLU()\n)"),
    ("nn.ModuleList()", "ModuleList()"),
    ("nn.ModuleList([nn.Sequential(nn.ReLU(), nn.Tanh()) for _ in range(2)] + [nn.ReLU()])",
     "ModuleList(\n  (0-1): 2 x Sequential(\n    (0): ReLU()\n    (1): Tanh()\n  )\n"
     "  (2): ReLU()\n)"),
    ("d", "ModuleDict(\n  (a): ReLU()\n  (b): Tanh()\n)"),
    ("p", "ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2]\n"
          "    (1): Parameter containing: [torch.float32 of size 3]\n"
          "    (2): Object of type: int\n)"),
    ("q", "ParameterDict(\n    (a): Object of type: int\n"
          "    (b): Parameter containing: [torch.FloatTensor of size 2]\n)"),
    ("nn.ParameterList([q])", "ParameterList(\n    (0): Object of type: ParameterDict\n"
     "  (0): ParameterDict(\n      (a): Object of type: int\n"
     "      (b): Parameter containing: [torch.FloatTensor of size 2]\n  )\n)"),
    ("l = nn.Linear(1, 2)\nl.child = nn.ReLU()\nl",
     "Linear(\n  in_features=1, out_features=2, bias=True\n  (child): ReLU()\n)"),
]


@pytest.mark.parametrize(("code", "text"), TEXTS, ids=[case[0] for case in TEXTS])
def test_repr(torch: ModuleType, code: str, text: str) -> None:
    """Containers print as in PyTorch."""
    assert repr(evaluate(SETUP + code, torch)) == text


def test_repr_of_many_lines(torch: ModuleType) -> None:
    """``extra_repr`` may have several lines."""
    class Described(torch.nn.Module):
        def extra_repr(self) -> str:
            return "a\nb"

    expected = "Sequential(\n  (0): Described(\n    a\n    b\n  )\n)"

    assert repr(torch.nn.Sequential(Described())) == expected


MISTAKES = [
    ("s[3]", IndexError, "index 3 is out of range"),
    ("s['0']", TypeError, "'str' object cannot be interpreted as an integer"),
    ("s + 3", ValueError,
     "add operator supports only objects of Sequential class, but <class 'int'> is given."),
    ("s * 0", ValueError, "Non-positive multiplication factor 0 for <class '"),
    ("s * 'a'", TypeError, "unsupported operand type(s) for *: <class '"),
    ("s.insert(4, nn.ReLU())", IndexError, "Index out of range: 4"),
    ("s.insert(0, 3)", AssertionError, "module should be of type: <class '"),
    ("s.append(3)", TypeError, "int is not a Module subclass"),
    ("nn.Sequential({'a': nn.ReLU()})", TypeError, "dict is not a Module subclass"),
    ("s(1, 2)", TypeError,
     "Sequential.forward() takes 2 positional arguments but 3 were given"),
    ("m[9]", IndexError, "index 9 is out of range"),
    ("m[9] = nn.ReLU()", IndexError, "index 9 is out of range"),
    ("m.insert(-1, nn.ReLU())", KeyError, "'-1'"),
    ("m.extend(3)", TypeError,
     "ModuleList.extend should be called with an iterable, but got int"),
    ("m(3)", NotImplementedError,
     'Module [ModuleList] is missing the required "forward" function'),
    ("d['x']", KeyError, "'x'"),
    ("d['keys'] = nn.ReLU()", KeyError, "\"attribute 'keys' already exists\""),
    ("d[3] = nn.ReLU()", TypeError, "module name should be a string. Got int"),
    ("d.update(3)", TypeError,
     "ModuleDict.update should be called with an iterable of key/value pairs, but got int"),
    ("d.update([3])", TypeError,
     "ModuleDict update sequence element #0 should be Iterable; isint"),
    ("d.update([('a',)])", ValueError,
     "ModuleDict update sequence element #0 has length 1; 2 is required"),
    ("p[9]", IndexError, "index 9 is out of range"),
    ("p.extend(3)", TypeError,
     "ParameterList.extend should be called with an iterable, but got int"),
    ("p(1)", RuntimeError, "ParameterList should not be called."),
    ("p[0] = 3", TypeError,
     "cannot assign 'int' as parameter '0' (torch.nn.Parameter or None expected)"),
    ("q['zz']", AttributeError, "'ParameterDict' object has no attribute 'zz'"),
    ("q[3]", TypeError,
     "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
     "'int'). Open an issue on github if you need non-string keys."),
    ("q.update(3)", TypeError,
     "ParametersDict.update should be called with an iterable of key/value pairs, but got int"),
    ("q(1)", RuntimeError, "ParameterDict should not be called."),
    ("q.clear(); q.popitem()", KeyError, "'popitem(): dictionary is empty'"),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: Any, text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, SETUP + code, error, text)
