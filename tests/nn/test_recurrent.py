"""Recurrent layers beside PyTorch: numbers for the same seed, gradients, states and refusals."""

import pickle

import pytest
from beside import assert_alike
from support import assert_mistake, assert_same

LAYERS = [
    "RNN(3, 4)", "RNN(3, 4, 2, 'relu', bidirectional=True)", "RNN(3, 4, 3, dropout=0.4)",
    "GRU(3, 4)", "GRU(3, 4, 2, False, True, bidirectional=True)", "GRU(3, 4, 3, dropout=0.4)",
    "LSTM(3, 4)", "LSTM(3, 4, 2, batch_first=True, bidirectional=True)", "LSTM(3, 4, bias=False)",
    "LSTM(3, 4, 2, proj_size=2, bidirectional=True)", "LSTM(3, 4, proj_size=3, bias=False)",
    "LSTM(3, 4, 3, dropout=0.4)",
]  # fmt: skip
INPUTS = {
    "batched": "x",
    "packed": "torch.nn.utils.rnn.pack_padded_sequence(x, lengths, m.batch_first)",
    "unsorted": "torch.nn.utils.rnn.pack_padded_sequence("
                "x, lengths.flip(0), m.batch_first, enforce_sorted=False)",
    "unbatched": "x[:, 0]",
}  # fmt: skip
SET_UP = """
m = torch.nn.{layer}.double()
x = torch.randn(5, 3, 3, dtype=torch.float64, requires_grad=True)
lengths = torch.tensor([5, 3, 1] if not m.batch_first else [3, 3, 1, 1, 1])
D = m.num_layers * (2 if m.bidirectional else 1)
n = 0 if {is_unbatched} else 5 if m.batch_first else 3
h = torch.randn((D, n, m.proj_size or 4) if n else (D, m.proj_size or 4), dtype=torch.float64,
                requires_grad=True)
state = (h, torch.randn(*h.shape[:-1], 4, dtype=torch.float64)) if m.mode == "LSTM" else h
out, last = m({input}, {state})
results = [out[0] if isinstance(out, tuple) else out, *(last if m.mode == "LSTM" else [last])]
loss = sum((r * torch.arange(r.numel(), dtype=r.dtype).sin().reshape(r.shape)).sum()
           for r in results)
"""


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", INPUTS)
class TestBesidePyTorch:
    """The same program in both libraries."""

    @pytest.mark.parametrize("state", ["None", "state"])
    def test_values_and_gradients(self, torch, reference, layer, kind, state):
        """Outputs, last states and gradients of inputs and weights are PyTorch's."""
        code = SET_UP.format(layer=layer, input=INPUTS[kind], state=state,
                             is_unbatched=kind == "unbatched")
        wanted = "[x, h, *m.parameters()]" if state == "state" else "[x, *m.parameters()]"
        code += f"(*results, *torch.autograd.grad(loss, {wanted}))"

        assert_alike(code, torch, reference)

    def test_second_derivatives(self, torch, reference, layer, kind):
        """Gradients of gradients are PyTorch's."""
        code = SET_UP.format(layer=layer, input=INPUTS[kind], state="state",
                             is_unbatched=kind == "unbatched")
        code += """
leaves = [x, h, *m.parameters()]
first = torch.autograd.grad(loss, leaves, create_graph=True)
torch.autograd.grad(sum((g * g).sum() for g in first), leaves)
"""

        assert_alike(code, torch, reference)


@pytest.mark.parametrize("code", [
    "torch.nn.LSTM(3, 4, dropout=2.0)", "torch.nn.LSTM(3, 4, dropout=True)",
    "torch.nn.LSTM(3, 4, bias=1)", "torch.nn.LSTM(3, 4, batch_first=None)",
    "torch.nn.LSTM(3.0, 4)", "torch.nn.LSTM(0, 4)", "torch.nn.LSTM(3, '4')",
    "torch.nn.LSTM(3, -4)", "torch.nn.LSTM(3, 4, 0)", "torch.nn.LSTM(3, 4, proj_size=-1)",
    "torch.nn.LSTM(3, 4, proj_size=4)", "torch.nn.GRU(3, 4, proj_size=2)",
    "torch.nn.RNN(3, 4, nonlinearity='sin')", "torch.nn.RNNBase('LSTN', 3, 4)",
    *[f"torch.nn.{kind}(3, 4)({args})"
      for kind in ("LSTM", "GRU", "RNN")
      for args in ("torch.zeros(5)", "torch.zeros(5, 2, 4)", "torch.zeros(5, 2, 3).double()",
                   "torch.zeros(0, 2, 3)")],
    *[f"torch.nn.GRU(3, 4)(torch.zeros{size}, torch.zeros{state})"
      for size, state in (((5, 2, 3), (2, 4)), ((5, 3), (1, 2, 4)), ((5, 2, 3), (1, 3, 4)),
                          ((5, 2, 3), (2, 2, 4)), ((5, 2, 3), (1, 2, 5)))],
    *[f"torch.nn.LSTM(3, 4)(torch.zeros{size}, (torch.zeros{state}, torch.zeros{cell}))"
      for size, state, cell in (((5, 2, 3), (2, 4), (1, 2, 4)), ((5, 3), (1, 4), (1, 1, 4)),
                                ((5, 2, 3), (1, 3, 4), (1, 2, 4)),
                                ((5, 2, 3), (1, 2, 4), (1, 2, 5)))],
    *[f"torch.nn.{kind}Cell(3, 4)({args})"
      for kind in ("GRU", "RNN", "LSTM")
      for args in ("torch.zeros(2, 5)", "torch.zeros(1, 2, 3)")],
    "torch.nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(3, 4))",
    "torch.nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(2, 5))",
    "torch.nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(1, 2, 4))",
    "torch.nn.LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(3, 4)))",
    "torch.nn.LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 2, 4)))",
    "torch.nn.LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 4),))",
    "torch.nn.RNNCell(3, 4, nonlinearity='sin')(torch.zeros(2, 3))",
    "torch.lstm(torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4),), [], True, 1, 0., True, False, "
    "False)",
    "torch.gru(torch.zeros(5, 2, 3), torch.zeros(1, 2, 4), [torch.zeros(12, 3)], True, 1, 0., True,"
    " False, False)",
])  # fmt: skip
def test_mistakes(torch, reference, code):
    """Wrong settings, inputs and states raise what PyTorch raises."""
    assert_alike(code, torch, reference)


@pytest.mark.parametrize("cell", ["LSTMCell(3, 4)", "GRUCell(3, 4, bias=False)", "RNNCell(3, 4)",
                                  "RNNCell(3, 4, nonlinearity='relu')"])
@pytest.mark.parametrize("shape", [(2, 3), (3,)])
def test_cells(torch, reference, cell, shape):
    """Steps from zeros and from a state, and their gradients, are PyTorch's."""
    assert_alike(f"""
m = torch.nn.{cell}
x = torch.randn({shape}, requires_grad=True)
first = m(x)
second = m(x, first)
results = [*first, *second] if isinstance(first, tuple) else [first, second]
(*results, *torch.autograd.grad(sum(r.sum() for r in results), [x, *m.parameters()]))
""", torch, reference)


@pytest.mark.parametrize("layer", [*LAYERS, "LSTMCell(3, 4, bias=False)", "GRUCell(3, 4)",
                                   "RNNCell(3, 4, nonlinearity='relu')"])
def test_repr_and_state(torch, reference, layer):
    """The repr, the names in the state and the shapes are PyTorch's."""
    assert_alike(f"""
m = torch.nn.{layer}
(repr(m), *[(k, tuple(v.shape)) for k, v in m.state_dict().items()])
""", torch, reference)


def test_one_layer_with_dropout_warns(torch):
    """There is nothing between the layers of a single one."""
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but") as caught:
        torch.nn.LSTM(3, 4, dropout=0.5)

    assert caught[0].filename == __file__


def test_flat_weights_follow_assignments(torch):
    """A weight that is replaced is the one that is used, however it is replaced."""
    m = torch.nn.GRU(3, 4)
    x = torch.randn(2, 1, 3)
    expected = torch.nn.GRU(3, 4)
    m.load_state_dict(expected.state_dict())
    del m._parameters["weight_hh_l0"]
    m.weight_hh_l0 = expected.weight_hh_l0 * 1
    m.flatten_parameters()

    assert_same(m(x), expected(x))
    assert m._flat_weights[1] is m.weight_hh_l0 is m.all_weights[0][1]


def test_pickled_layer_computes_the_same(torch):
    """A recurrent layer can be pickled."""
    m = torch.nn.LSTM(3, 4, 2, proj_size=2)
    x = torch.randn(2, 1, 3)

    assert_same(pickle.loads(pickle.dumps(m))(x)[0], m(x)[0])


def test_half_precision(torch, reference):
    """float16 is computed as well, forwards and backwards."""
    assert_alike("""
m = torch.nn.GRU(3, 4).half()
x = torch.randn(2, 2, 3).half()
out, last = m(x)
out.float().sum().backward()
str(out.dtype), str(m.weight_ih_l0.grad.dtype), last.float().round(decimals=2)
""", torch, reference)


@pytest.mark.parametrize("code", [
    *[f"torch.nn.{layer}(x)[0]" for layer in (
        "LSTM(3, 4)", "GRU(3, 4)", "RNN(3, 4)", "LSTM(3, 4, batch_first=True)",
        "GRU(3, 4, bidirectional=True)", "LSTM(3, 4).double()")],
    "torch.nn.LSTM(3, 4)(x)[1][1]", "torch.nn.GRU(3, 4)(x[0])[0]", "torch.nn.GRU(3, 4)(x)[1]",
    "torch.nn.LSTMCell(3, 4)(x[0])[0]", "torch.nn.GRUCell(3, 4)(x[0])",
    "torch.nn.RNNCell(3, 4, nonlinearity='relu')(x[0])",
    "torch.nn.GRU(3, 4)(torch.nn.utils.rnn.pack_sequence([x[0], x[1]]))[0].data",
])  # fmt: skip
def test_printed_nodes(torch, reference, code):
    """Results print under the name of PyTorch's node."""
    code = code.replace("double()(x)", "double()(x.double())")
    assert_alike(f"x = torch.zeros(2, 2, 3)\nrepr({code}).split('grad_fn=')[1]", torch, reference)


WEIGHTS = "[torch.ones(12, 3), torch.ones(12, 4), torch.ones(12), torch.ones(12)]"


@pytest.mark.parametrize(("data", "sizes", "state", "weights", "text"), [
    ("torch.ones(6, 3)", "[1, 2, 3]", "(1, 1, 4)", WEIGHTS, "batch_sizes do not fit"),
    ("torch.ones(6, 3)", "[3, 3, 1]", "(1, 3, 4)", WEIGHTS, "batch_sizes do not fit"),
    ("torch.ones(6, 3)", "[9, -3]", "(1, 9, 4)", WEIGHTS, "batch_sizes do not fit"),
    ("torch.ones(6, 3)", "[3, 3]", "(1, 2, 4)", WEIGHTS, "batch_sizes do not fit"),
    ("torch.ones(6, 3)", "[3, 3]", "(1, 3, 5)", WEIGHTS, "expected a tensor of shape (12, 5)"),
    ("torch.ones(6, 3)", "[3, 3]", "(1, 3)", WEIGHTS, "expected the hidden state to have 2"),
    ("torch.ones(6, 2)", "[3, 3]", "(1, 3, 4)", WEIGHTS, "expected a tensor of shape (12, 2)"),
    ("torch.ones(6, 3).double()", "[3, 3]", "(1, 3, 4)", WEIGHTS, "expected all tensors to be"),
])  # fmt: skip
def test_sizes_that_do_not_fit(tapegrad, data, sizes, state, weights, text):
    """The compiled walk trusts sizes and dtypes, so all are looked at before it starts."""
    code = (f"torch.gru({data}, torch.tensor({sizes}), torch.zeros({state}), {weights}, True, 1, "
            "0.0, False, False)")

    assert_mistake(tapegrad, code, RuntimeError, text)


def test_whole_numbers_are_refused(tapegrad):
    """There is no recurrence of integers."""
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        tapegrad.gru_cell(tapegrad.ones(2, 3).long(), tapegrad.zeros(2, 4).long(),
                          tapegrad.ones(12, 3).long(), tapegrad.ones(12, 4).long())


class TestCellsInALoop:
    """Steps by hand, whose products for the weights wait for each other in the sweep."""

    LOOP = """
m = torch.nn.{cell}(5, 7{bias}).double()
x = torch.randn(40, {batch}, 5, dtype=torch.float64, requires_grad=True)
state = torch.randn({batch}, 7, dtype=torch.float64, requires_grad=True)
first = state
if "LSTM" in "{cell}":
    state = state, state.cos()
for row in x:
    state = m(row, state)
hidden = state[0] if isinstance(state, tuple) else state
weights = [*m.parameters()]
"""

    @pytest.mark.parametrize("bias", ["", ", bias=False"])
    @pytest.mark.parametrize("batch", [1, 9, 70])
    @pytest.mark.parametrize("cell", ["LSTMCell", "GRUCell", "RNNCell"])
    def test_gradients(self, torch, reference, cell, batch, bias):
        """Few rows a step are gathered, many are not; the sums are PyTorch's."""
        code = self.LOOP.format(cell=cell, batch=batch, bias=bias)
        code += "(hidden, *torch.autograd.grad((hidden ** 2).sum(), [x, first, *weights]))"

        assert_alike(code, torch, reference)

    @pytest.mark.parametrize("cell", ["LSTMCell", "GRUCell"])
    def test_second_derivatives(self, torch, reference, cell):
        """A recorded sweep goes by the formulas."""
        code = self.LOOP.format(cell=cell, batch=2, bias="").replace("40", "3")
        code += """
first, *_ = torch.autograd.grad((hidden ** 2).sum(), [first, *weights], create_graph=True)
torch.autograd.grad(first.sum(), [x, *weights])
"""

        assert_alike(code, torch, reference)

    def test_frozen_weights_and_hooks(self, torch, reference):
        """Weights without gradient get none, and hooks of a weight see the whole sum once."""
        code = self.LOOP.format(cell="LSTMCell", batch=3, bias="")
        code = code.replace("for row", "m.weight_ih.requires_grad_(False)\nfor row") + """
seen = []
m.weight_hh.register_hook(lambda g: seen.append(g.clone()))
m.bias_hh.register_hook(lambda g: g * 2)
(hidden ** 2).sum().backward()
(m.weight_ih.grad is None, len(seen), seen[0], m.weight_hh.grad, m.bias_ih.grad, m.bias_hh.grad)
"""

        assert_alike(code, torch, reference)

    def test_a_weight_that_is_no_leaf(self, torch, reference):
        """Products for a computed weight are computed at once."""
        code = """
w = torch.randn(8, 2, dtype=torch.float64, requires_grad=True)
h = c = torch.zeros(3, 2, dtype=torch.float64)
x = torch.randn(3, 2, dtype=torch.float64)
for _ in range(4):
    h, c = torch.lstm_cell(x, (h, c), w.sin(), w * 2)
(h, *torch.autograd.grad((h + c).sum(), w))
"""

        assert_alike(code, torch, reference)

    def test_a_written_state_is_noticed(self, torch):
        """What a step saved must not have been changed when it is read."""
        m = torch.nn.LSTMCell(2, 3)
        h, c = m(torch.ones(1, 2), (torch.zeros(1, 3), torch.zeros(1, 3)))
        _, last = m(torch.ones(1, 2), (h, c))
        with torch.no_grad():
            c.add_(1)

        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            last.sum().backward()
